"""Parquet and Arrow files as record batches, up to where they are damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.loaders._layers.sound import verified
from cimkit.loaders._layers.table import distinct
from cimkit.loaders.vector.sniff import STREAM
from cimkit.model import Problem, Source

__all__ = ["Columnar"]

_ROWS = 65_536


class Columnar:
    """One Parquet file, several of one folder, or an Arrow file: what is asked of each of them."""

    def __init__(self, source: Source) -> None:
        import pyarrow.dataset as ds
        import pyarrow.parquet as pq

        self.native: Any = None
        self.data: Any = None
        self.arrow: Any = None
        self.stream: Path | None = None
        self.problems: list[Problem] = []
        self._kinds: dict[str, str] | None = None
        self.repeated = False  # whether columns have the same name
        file = source.file
        if file.is_dir():
            files = sorted(str(f) for f in file.rglob("*.parquet"))
            hive = ds.partitioning(flavor="hive")
            self.data = ds.dataset(files, partitioning=hive, partition_base_dir=str(file))
            self.native = pq.ParquetFile(files[0])
        elif _is_stream(file):
            self.stream = file
            with _stream(file) as reader:
                self.schema = reader.schema
            self.rows = sum(batch.num_rows for batch in self.batches(self.schema.names[:1]))
            return
        elif _is_arrow(file):
            self.arrow = pa.ipc.open_file(str(file))
            self._named(self.arrow.schema)
            self.rows = sum(batch.num_rows for batch in self.batches(self.schema.names[:1]))
            return
        else:
            self.native = pq.ParquetFile(file)
        self._named(self.native.schema_arrow if self.data is None else self.data.schema)
        rows = self.native.metadata.num_rows if self.data is None else self.data.count_rows()
        self.rows = int(rows)

    def _named(self, schema: pa.Schema) -> None:
        names = distinct(schema.names)
        self.repeated = names != schema.names
        fields = [field.with_name(name) for field, name in zip(schema, names, strict=True)]
        self.schema = pa.schema(fields, schema.metadata)

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Give the rows; those of a row group behind damage in it are left out and told."""
        if self.stream is not None:
            yield from self._before_damage(partial(_streamed, self.stream, columns), "the end")
        elif self.arrow is not None:
            for number in range(self.arrow.num_record_batches):
                give = partial(self._record_batch, number, columns)
                yield from self._before_damage(give, f"record batch {number + 1}")
        elif self.data is not None:
            give = partial(
                self.data.to_batches, columns=columns, batch_size=_ROWS, use_threads=False
            )
            yield from self._before_damage(give, "the folder")
        else:
            for group in range(self.native.metadata.num_row_groups):
                give = partial(
                    self.native.iter_batches,
                    batch_size=_ROWS,
                    row_groups=[group],
                    columns=None if self.repeated else columns,
                )
                for batch in self._before_damage(give, f"row group {group + 1}"):
                    named = batch.rename_columns(self.schema.names) if self.repeated else batch
                    yield named.select(columns)

    def _record_batch(self, number: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
        batch = self.arrow.get_batch(number).rename_columns(self.schema.names).select(columns)
        for at in range(0, batch.num_rows, _ROWS):
            yield batch.slice(at, _ROWS)

    def _before_damage(
        self, give: Callable[[], Iterator[pa.RecordBatch]], place: str
    ) -> Iterator[pa.RecordBatch]:
        try:
            for batch in give():
                yield verified(batch)
        except (pa.ArrowException, OSError) as error:
            damage = Problem(
                "read-stopped",
                "It is damaged; the rows before the damage are read.",
                "error",
                place,
                str(error)[:200],
                hint="Deliver it again: it may have been cut short.",
            )
            if place not in {p.place for p in self.problems}:
                self.problems.append(damage)

    def logical(self, column: str) -> str:
        """Parquet's own type of a top-level column, e.g. ``Geometry(crs=srid:5070)``."""
        if self.native is None:
            return ""
        if self._kinds is None:
            schema = self.native.schema
            columns = [schema.column(i) for i in range(len(schema))]
            self._kinds = {c.path: str(c.logical_type) for c in columns}
        return self._kinds.get(column, "")

    def close(self) -> None:
        """Let go of the file."""
        if self.native is not None:
            self.native.close()


def _stream(file: Path) -> Any:
    opened = pa.OSFile(str(file))
    if opened.read(6) == b"ARROW1":  # a file holds a stream, and its index behind that
        opened.seek(8)
    else:
        opened.seek(0)
    return pa.ipc.open_stream(opened)


def _streamed(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with _stream(file) as reader:
        for batch in reader:
            yield batch.select(columns)


def _is_stream(file: Path) -> bool:
    """Return whether a file is an Arrow stream, or an Arrow file whose index was cut off."""
    with file.open("rb") as opened:
        start = opened.read(8)
        opened.seek(max(0, file.stat().st_size - 6))
        return start[:4] == STREAM or (start[:6] == b"ARROW1" and opened.read() != b"ARROW1")


def _is_arrow(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(6) == b"ARROW1"
