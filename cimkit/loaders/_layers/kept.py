"""Rows that a reader made itself and keeps, for formats that can only be read from end to end."""

from __future__ import annotations

import json
import os
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import pyarrow as pa

from cimkit.loaders._layers.attributes import text_of
from cimkit.loaders._layers.table import GEOMETRY

__all__ = ["MORE", "Kept"]

MORE = "\0more"
"""Name of the column of JSON objects with what only some rows have: `Table.merged`."""
_BATCH = 16_384
_IN_MEMORY = 48 << 20
"""Rows beyond this go to a file."""


class Kept:
    """Rows, kept as Arrow batches: many of them in a file that goes with the object.

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
        self._size = 0
        self._file: Path | None = None
        self._out: pa.ipc.RecordBatchWriter | None = None

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
        if self._out is not None:
            self._out.close()
            self._out = None
        for batch in self._all():
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
        batch = pa.RecordBatch.from_pydict(given)
        self._made.append(batch)
        self._size += batch.nbytes
        if self._size > _IN_MEMORY:
            self._spill(batch.schema)

    def _spill(self, schema: pa.Schema) -> None:
        if self._out is None:
            number, name = mkstemp(prefix="cimkit-rows-", suffix=".arrow")
            os.close(number)
            self._file = Path(name)
            weakref.finalize(self, self._file.unlink, missing_ok=True)
            packed = pa.ipc.IpcWriteOptions(compression="lz4")
            self._out = pa.ipc.new_file(name, schema, options=packed)
        for batch in self._made:
            self._out.write_batch(batch)
        self._made.clear()

    def _all(self) -> Iterator[pa.RecordBatch]:
        if self._file is not None:
            with pa.OSFile(str(self._file)) as opened, pa.ipc.open_file(opened) as reader:
                for n in range(reader.num_record_batches):
                    yield reader.get_batch(n)
        yield from self._made
