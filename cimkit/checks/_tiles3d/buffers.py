"""Buffers and buffer views of subtrees and models."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cimkit.checks._tiles3d.compression import packed
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import TEXT, array, fits, integer, record

__all__ = ["Buffers", "check_buffers", "inline"]

_VIEW = {
    "buffer_": integer(0),
    "byteOffset": integer(0),
    "byteLength_": integer(1),
    "name": TEXT,
}
_STRUCTURE = record(
    buffers=array(record(uri=TEXT, byteLength_=integer(1), name=TEXT), 1),
    bufferViews=array(record(**_VIEW), 1),
)


@dataclass(slots=True)
class Buffers:
    """The bytes of buffers, read when they are asked for."""

    buffers: Sequence[Any]
    views: Sequence[Any]
    load: Callable[[int], bytes | None]
    """Bytes of a buffer by its index; None if they cannot be had (it tells why)."""
    unpack: Callable[[int, dict[str, Any], bytes], bytes | None] = lambda view, said, data: None
    """Bytes of a compressed view from those in the file (it tells what is wrong with them)."""
    _held: dict[int, bytes | None] = field(default_factory=dict)
    _unpacked: dict[int, bytes | None] = field(default_factory=dict)

    def buffer(self, index: int) -> bytes | None:
        """Return the bytes of a buffer."""
        if index not in self._held:
            self._held[index] = self.load(index)
        return self._held[index]

    def view(self, index: Any) -> bytes | None:
        """Return the bytes of a buffer view; None if there are none, or not all of them."""
        if not isinstance(index, int) or not 0 <= index < len(self.views):
            return None
        inner = packed(self.views[index])
        if inner is None:
            return self._part(self.views[index])
        if index not in self._unpacked:
            data = self._part(inner)
            self._unpacked[index] = None if data is None else self.unpack(index, inner, data)
        return self._unpacked[index]

    def _part(self, of: dict[str, Any]) -> bytes | None:
        data = self.buffer(of["buffer"])
        if data is None:
            return None
        start, length = int(of.get("byteOffset") or 0), int(of["byteLength"])
        return data[start : start + length] if start + length <= len(data) else None

    def offset(self, index: int) -> int:
        """Return where a buffer view begins in its buffer."""
        return int(self.views[index].get("byteOffset") or 0)


def inline(uri: str) -> bytes | None:
    """Return the bytes of a ``data:`` URI; None if it is broken."""
    head, comma, body = uri.partition(",")
    if not comma:
        return None
    try:
        return base64.b64decode(body, validate=False) if head.endswith(";base64") else body.encode()
    except (ValueError, binascii.Error):
        return None


def check_buffers(holder: dict[str, Any], issues: Issues, *, own: bool, pointer: str = "") -> bool:
    """Tell of buffers and views that cannot be; return whether they can be used.

    Parameters
    ----------
    own
        The first buffer may be the binary part of the file itself.
    """
    if not fits(
        {k: holder[k] for k in ("buffers", "bufferViews") if k in holder},
        _STRUCTURE,
        issues,
        pointer,
    ):
        return False
    buffers, views = holder.get("buffers") or [], holder.get("bufferViews") or []
    right = True
    if views and not buffers:
        issues.tell("member-missing", pointer, got="bufferViews", expected="buffers")
        return False
    if buffers and not views:
        issues.tell(
            "member-idle", f"{pointer}/buffers", got="buffers", expected="bufferViews",
            severity="warning",
        )  # fmt: skip
    for i, buffer in enumerate(buffers):
        if buffer.get("uri") is None and not (own and i == 0):
            issues.tell("member-missing", f"{pointer}/buffers/{i}", expected="uri")
            right = False
    for i, view in enumerate(views):
        at = f"{pointer}/bufferViews/{i}"
        if view["buffer"] >= len(buffers):
            issues.tell(
                "index-beyond", f"{at}/buffer", got=view["buffer"], expected=f"< {len(buffers)}"
            )
            right = False
            continue
        end = int(view.get("byteOffset") or 0) + int(view["byteLength"])
        size = int(buffers[view["buffer"]]["byteLength"])
        if end > size:
            issues.tell("bytes-beyond", at, got=end, expected=f"≤ {size}")
            right = False
    return right
