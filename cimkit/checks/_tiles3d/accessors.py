"""Accessors of a model: where their elements lie, and whether they are what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.compression import packed
from cimkit.checks._tiles3d.gltf_members import COMPONENT_BYTES, PARTS
from cimkit.checks._tiles3d.issues import Issues

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.buffers import Buffers

__all__ = ["Accessors"]

Values = npt.NDArray[Any]

_DTYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}


class Accessors:
    """The accessors of a document, read when they are asked for."""

    def __init__(self, said: dict[str, Any], buffers: Buffers | None, issues: Issues) -> None:
        self.listed: list[dict[str, Any]] = said.get("accessors") or []
        self.views: list[dict[str, Any]] = said.get("bufferViews") or []
        self.buffers = buffers
        self.issues = issues
        self.broken: set[int] = set()
        self._held: dict[int, Values | None] = {}

    def check(self) -> None:
        """Tell of accessors that do not lie in their views, or whose limits are not theirs."""
        for i, accessor in enumerate(self.listed):
            before = self.issues.number
            self._lies(i, accessor)
            if self.issues.number > before:
                self.broken.add(i)
            else:
                self._limits(i, accessor)

    def values(self, index: Any) -> Values | None:
        """Return the elements, shape (count, parts); None if they cannot be had."""
        if not isinstance(index, int) or not 0 <= index < len(self.listed):
            return None
        if index in self.broken:
            return None
        if index not in self._held:
            self._held[index] = self._read(self.listed[index])
        return self._held[index]

    def packed(self, accessor: dict[str, Any]) -> bool:
        """Return whether its elements are compressed in their buffer view."""
        view = accessor.get("bufferView")
        if view is None:
            return False
        return packed(self.views[view]) is not None

    def _lies(self, index: int, accessor: dict[str, Any]) -> None:
        at, tell = f"/accessors/{index}", self.issues.tell
        component = COMPONENT_BYTES[accessor["componentType"]]
        parts = PARTS[accessor["type"]]
        if accessor.get("normalized") is True and accessor["componentType"] in (5125, 5126):
            tell("member-unfit", f"{at}/normalized", got=accessor["componentType"],
                 expected="5120 … 5123")  # fmt: skip
        for name in ("min", "max"):
            ends = accessor.get(name)
            if ends is not None and len(ends) != parts:
                tell("length-wrong", f"{at}/{name}", got=len(ends), expected=str(parts))
        if accessor.get("bufferView") is None:
            if accessor.get("byteOffset") is not None:
                tell("member-missing", at, got="byteOffset", expected="bufferView")
            return
        view = self.views[accessor["bufferView"]]
        start = int(accessor.get("byteOffset") or 0)
        if start % component:
            tell("bytes-misaligned", f"{at}/byteOffset", got=start, expected=f"n × {component}")
        whole = start + int(view.get("byteOffset") or 0)
        if whole % component and not start % component:
            tell("bytes-misaligned", at, got=whole, expected=f"n × {component}")
        size = self.element(accessor)
        stride = int(view.get("byteStride") or size)
        if stride < size:
            tell("bytes-number", f"{at}/bufferView", got=stride, expected=f"≥ {size}")
        if stride % component:
            tell("bytes-misaligned", f"/bufferViews/{accessor['bufferView']}/byteStride",
                 got=stride, expected=f"n × {component}")  # fmt: skip
        end = start + stride * (int(accessor["count"]) - 1) + size
        if end > int(view["byteLength"]):
            tell("bytes-beyond", at, got=end, expected=f"≤ {view['byteLength']}")

    @staticmethod
    def element(accessor: dict[str, Any]) -> int:
        """Return the bytes of one element; columns of matrices begin at multiples of 4."""
        component, kind = COMPONENT_BYTES[accessor["componentType"]], accessor["type"]
        if kind.startswith("MAT"):
            rows = int(kind[3])
            return rows * (-(-rows * component // 4) * 4)
        return PARTS[kind] * component

    def _read(self, accessor: dict[str, Any]) -> Values | None:
        count, parts = int(accessor["count"]), PARTS[accessor["type"]]
        dtype = np.dtype(_DTYPES[accessor["componentType"]])
        if self.buffers is None:
            return None
        out: Values
        if accessor.get("bufferView") is None:
            if accessor.get("sparse") is None:
                return None  # an extension fills it in
            out = np.zeros((count, parts), dtype)
        else:
            data = self.buffers.view(accessor["bufferView"])
            if data is None:
                return None
            view = self.views[accessor["bufferView"]]
            size = self.element(accessor)
            stride = int(view.get("byteStride") or size)
            start = int(accessor.get("byteOffset") or 0)
            if accessor["type"].startswith("MAT") and dtype.itemsize < 4:
                return None  # padded columns; nothing that is checked has them
            out = np.ndarray((count, parts), dtype, data, start, (stride, dtype.itemsize))
        return self._sparse(accessor, out, parts, dtype)

    def _sparse(
        self, accessor: dict[str, Any], out: Values, parts: int, dtype: Any
    ) -> Values | None:
        sparse = accessor.get("sparse")
        if sparse is None:
            return out
        assert self.buffers is not None
        many = int(sparse["count"])
        where = self.buffers.view(sparse["indices"]["bufferView"])
        what = self.buffers.view(sparse["values"]["bufferView"])
        if where is None or what is None:
            return None
        kind = np.dtype(_DTYPES[sparse["indices"]["componentType"]])
        try:
            at = np.frombuffer(where, kind, many, int(sparse["indices"].get("byteOffset") or 0))
            new = np.frombuffer(
                what, dtype, many * parts, int(sparse["values"].get("byteOffset") or 0)
            )
        except ValueError:
            return None
        if bool(np.any(at >= len(out))):
            return None
        out = out.copy()
        out[at] = new.reshape(many, parts)
        return out

    def _limits(self, index: int, accessor: dict[str, Any]) -> None:
        real = accessor["componentType"] == 5126
        if not real and accessor.get("min") is None and accessor.get("max") is None:
            return
        values = self.values(index)
        if values is None:
            return
        at = f"/accessors/{index}"
        if real and not bool(np.isfinite(values).all()):
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            self.issues.tell("number-unreal", at, got=f"[{row}] {values[row].tolist()}")
            self.broken.add(index)
            return
        for name, best in (("min", np.min), ("max", np.max)):
            ends = accessor.get(name)
            if ends is None:
                continue
            seen = best(values, axis=0)
            # JSON has decimal numbers; the nearest single-precision one is meant.
            said = np.asarray(ends, np.float64).astype(values.dtype if real else np.float64)
            if not np.array_equal(seen.astype(said.dtype), said):
                self.issues.tell(
                    "limit-wrong", f"{at}/{name}", got=ends, expected=str(seen.tolist())
                )
