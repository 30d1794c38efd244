"""Buffer views compressed by meshoptimizer: whether they are said right, and their bytes.

EXT_meshopt_compression and its successor KHR_meshopt_compression, which has one filter more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import Kind, fits, integer, record

__all__ = ["MESHOPT", "check_packed", "packed", "unpacked"]

MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")

_MOST = 2**28
"""Bytes that one view may unpack to: what says more is not unpacked."""
_STRIDES = {"OCTAHEDRAL": (4, 8), "QUATERNION": (8,), "COLOR": (4, 8)}


def _said(filters: tuple[str, ...]) -> Kind:
    return record(
        buffer_=integer(0),
        byteOffset=integer(0),
        byteLength_=integer(1),
        byteStride_=integer(1, 256),
        count_=integer(1),
        mode_=Kind("string", choices=("ATTRIBUTES", "TRIANGLES", "INDICES")),
        filter=Kind("string", choices=filters),
    )


_FILTERS = ("NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL")
_KINDS = dict(zip(MESHOPT, (_said(_FILTERS), _said((*_FILTERS, "COLOR"))), strict=True))


def packed(view: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a buffer view says of its compression; None if it has none."""
    extensions = view.get("extensions") or {}
    return next((extensions[name] for name in MESHOPT if name in extensions), None)


def check_packed(said: dict[str, Any], issues: Issues) -> bool:
    """Tell of compressed views that cannot be unpacked as they say; return whether all can."""
    right = True
    for i, view in enumerate(said.get("bufferViews") or []):
        for name in MESHOPT:
            inner = (view.get("extensions") or {}).get(name)
            if inner is None:
                continue
            at = f"/bufferViews/{i}/extensions/{name}"
            before = issues.number
            if fits(inner, _KINDS[name], issues, at):
                _rules(view, inner, said.get("buffers") or [], issues, at)
            right &= issues.number == before
    return right


def _rules(
    view: dict[str, Any], inner: dict[str, Any], buffers: list[Any], issues: Issues, at: str
) -> None:
    stride, count, mode = int(inner["byteStride"]), int(inner["count"]), inner["mode"]
    chosen = inner.get("filter", "NONE")
    if inner["buffer"] >= len(buffers):
        issues.tell("index-beyond", f"{at}/buffer", got=inner["buffer"], expected="buffers")
    else:
        end = int(inner.get("byteOffset") or 0) + int(inner["byteLength"])
        size = int(buffers[inner["buffer"]]["byteLength"])
        if end > size:
            issues.tell("bytes-beyond", at, got=end, expected=f"≤ {size}")
    if int(view["byteLength"]) != stride * count:
        issues.tell("bytes-number", at, got=view["byteLength"], expected=f"{stride} × {count}")
    if view.get("byteStride") not in (None, stride):
        issues.tell("bytes-number", f"{at}/byteStride", got=stride, expected=view["byteStride"])
    strides = "n × 4" if mode == "ATTRIBUTES" else "2, 4"
    if stride % 4 if mode == "ATTRIBUTES" else stride not in (2, 4):
        issues.tell("bytes-number", f"{at}/byteStride", got=stride, expected=strides)
    if mode == "TRIANGLES" and count % 3:
        issues.tell("corners-number", f"{at}/count", got=count, expected="n × 3")
    if chosen != "NONE" and mode != "ATTRIBUTES":
        issues.tell("member-unfit", f"{at}/filter", got=chosen, expected="NONE")
    elif chosen in _STRIDES and stride not in _STRIDES[chosen]:
        expected = ", ".join(map(str, _STRIDES[chosen]))
        issues.tell("bytes-number", f"{at}/byteStride", got=stride, expected=expected)


def unpacked(inner: dict[str, Any], data: bytes, issues: Issues, at: str) -> bytes | None:
    """Return the bytes of a view; None if they cannot be had, and then it is told.

    Parameters
    ----------
    inner
        What the view says of its compression; `check_packed` finds nothing wrong with it.
    data
        The compressed bytes.
    """
    import meshoptimizer

    stride, count, chosen = int(inner["byteStride"]), int(inner["count"]), inner.get("filter")
    if stride * count > _MOST or chosen == "COLOR":
        issues.unseen("inside", "positions-packed")
        return None
    try:
        if inner["mode"] != "ATTRIBUTES":
            decode = (
                meshoptimizer.decode_index_buffer
                if inner["mode"] == "TRIANGLES"
                else meshoptimizer.decode_index_sequence
            )
            # The library unpacks indices of two bytes into an array of four.
            found = decode(count, 4, data)
            return bytes(found.astype(f"<u{stride}").tobytes())
        rows = meshoptimizer.decode_vertex_buffer(
            count, stride, data, dtype=np.dtype((np.void, stride))
        ).view(np.uint8)
    except (RuntimeError, ValueError) as error:
        issues.tell("view-broken", at, got=str(error))
        return None
    if chosen in (None, "NONE"):
        return bytes(rows.tobytes())
    restore = {
        "OCTAHEDRAL": meshoptimizer.decode_filter_oct,
        "QUATERNION": meshoptimizer.decode_filter_quat,
        "EXPONENTIAL": meshoptimizer.decode_filter_exp,
    }[chosen]
    return bytes(restore(rows, count, stride).tobytes())
