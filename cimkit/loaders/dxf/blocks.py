"""What inserts show: the lines and texts of their blocks, drawn once and set where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from cimkit.loaders.dxf.shapes import DRAWN, WRITTEN, insert_point
from cimkit.loaders.dxf.wkb import Shape, collection

__all__ = ["Blocks"]

_PARTS = 5_000
"""An insert shows at most so many lines; what is cut off is told."""
_COPIES = 10_000
"""An array shows at most so many copies."""
_DEEPEST = 16
_TEXTS = 200


class Blocks:
    """The blocks of a drawing; each is drawn when an insert first shows it."""

    def __init__(self) -> None:
        self.cut: dict[str, str] = {}
        """Blocks that are not shown whole, and why."""
        self._drawn: dict[str, tuple[Shape, ...]] = {}
        self._texts: dict[str, list[str]] = {}
        self._open: list[str] = []

    def shape(self, insert: Any) -> Shape | None:
        """Return the lines of the block that an insert shows, where it shows it."""
        return collection(self._shown(insert))

    def places(self, insert: Any) -> Shape | None:
        """Return the point of an insert; of an array all its points."""
        if insert.mcount <= 1:
            return insert_point(insert)
        return collection([insert_point(copy) for copy in self._copies(insert)])

    def texts(self, insert: Any) -> list[str]:
        """Return the texts that stand in the block of an insert."""
        name = insert.dxf.name
        if name not in self._texts:
            block = insert.block()
            written = (e.plain_text() for e in block or () if e.dxftype() in ("TEXT", "MTEXT"))
            self._texts[name] = list(islice((t.strip() for t in written if t.strip()), _TEXTS))
        return self._texts[name]

    def _copies(self, insert: Any) -> Iterator[Any]:
        if insert.mcount <= 1:
            yield insert
            return
        if insert.mcount > _COPIES:
            self.cut[insert.dxf.name] = f"an array of {insert.mcount} copies"
        yield from islice(insert.multi_insert(), min(insert.mcount, _COPIES))

    def _shown(self, insert: Any) -> list[Shape]:
        parts = self._of_block(insert)
        shown: list[Shape] = []
        for copy in self._copies(insert):
            matrix = copy.matrix44()
            if _keeps_circles(matrix) or not any(p.curved() for p in parts):
                shown += [p.moved(matrix.transform_vertices) for p in parts]
            else:
                shown += self._collected(insert.dxf.name, copy.virtual_entities())
            if not parts or len(shown) > _PARTS:
                break
        if len(shown) > _PARTS:
            self.cut.setdefault(insert.dxf.name, f"more than {_PARTS} lines")
        return shown[:_PARTS]

    def _of_block(self, insert: Any) -> tuple[Shape, ...]:
        name, block = insert.dxf.name, insert.block()
        if block is None:
            return ()
        if name in self._open or len(self._open) > _DEEPEST:
            self.cut[name] = "it shows itself"
            return ()
        if name not in self._drawn:
            self._open.append(name)
            try:
                self._drawn[name] = tuple(self._collected(name, block))
            finally:
                self._open.pop()
        return self._drawn[name]

    def _collected(self, name: str, entities: Any) -> list[Shape]:
        parts: list[Shape] = []
        for entity in entities:
            kind = entity.dxftype()
            if kind == "INSERT":
                parts += self._shown(entity)
            elif kind in DRAWN and kind not in WRITTEN:
                shape = DRAWN[kind](entity)
                parts += [shape] if shape is not None else []
            if len(parts) > _PARTS:
                self.cut.setdefault(name, f"more than {_PARTS} lines")
                break
        return parts[: _PARTS + 1]


def _keeps_circles(matrix: Any) -> bool:
    """Whether circles in the plane stay circles in the plane."""
    x, y, z = matrix.ux, matrix.uy, matrix.uz
    size = max(x.magnitude, y.magnitude, 1e-300)
    level = abs(x.z) + abs(y.z) + abs(z.x) + abs(z.y) < 1e-9 * size
    return bool(level and abs(x.magnitude - y.magnitude) + abs(x.dot(y)) / size < 1e-9 * size)
