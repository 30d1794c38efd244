"""Rows that a reader made itself and keeps, for formats that can only be read from end to end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from cimkit.loaders._layers.attributes import text_of
from cimkit.loaders._layers.table import GEOMETRY

__all__ = ["MORE", "Kept"]

MORE = "\0more"
"""Name of the column of JSON objects with what only some rows have: `Table.merged`."""
_BATCH = 16_384


class Kept:
    """Rows, kept as Arrow batches.

    Parameters
    ----------
    columns : sequence of str
        Attributes that all rows have, all of them text.
    shapes : sequence of str
        Names of geometries beside the first.
    """

    def __init__(self, columns: Sequence[str], shapes: Sequence[str] = ()) -> None:
        self.columns, self.shapes = tuple(columns), tuple(shapes)
        self.count = 0
        self.names: Counter[str] = Counter()
        self._waiting: list[tuple[Mapping[str, Any], dict[str, Any], Mapping[str, Any]]] = []
        self._made: list[pa.RecordBatch] = []

    def add(
        self,
        row: Mapping[str, Any],
        more: dict[str, Any],
        wkb: bytes | None,
        others: Mapping[str, bytes | None] | None = None,
    ) -> None:
        """Take a row: what all rows have, what this one says beyond it, its geometries."""
        self._waiting.append((row, more, {"": wkb, **(others or {})}))
        self.names.update(more.keys())
        self.count += 1
        if len(self._waiting) == _BATCH:
            self._pack()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the attributes, the rarer ones after the common ones."""
        names = [*self.columns, *(n for n, _ in self.names.most_common(500))]
        return tuple((n, "string") for n in dict.fromkeys(names))

    def batches(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Give the rows, as a `Table` does."""
        self._pack()
        for batch in self._made:
            if columns is None:
                yield batch
                continue
            given = [text_of(batch, n, MORE) for n in columns]
            yield pa.RecordBatch.from_arrays(given, names=list(columns))

    def _pack(self) -> None:
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        given = {n: pa.array([r.get(n) for r, _, _ in rows], pa.string()) for n in self.columns}
        more = [json.dumps(m, ensure_ascii=False, default=str) for _, m, _ in rows]
        given[MORE] = pa.array(more, pa.string())
        for name in ("", *self.shapes):
            given[f"{GEOMETRY}{name}"] = pa.array([s.get(name) for _, _, s in rows], pa.binary())
        self._made.append(pa.RecordBatch.from_pydict(given))
