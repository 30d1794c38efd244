"""The rows of a table of text as Arrow batches, and those that do not fit its columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.model import Problem

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TextRows"]


_ROWS = 65_536
_BLOCK, _LARGE_BLOCK = 2 << 20, 32 << 20
"""No row is longer than a large block: an area of half a million corners as WKT is not."""


class TextRows:
    """Streams the rows as text, and counts those that do not fit the columns."""

    def __init__(self, file: Path, separator: str, begin: int, names: list[str]) -> None:
        self.file, self.separator, self.begin, self.names = file, separator, begin, names
        self.bad: list[tuple[int | None, int]] = []
        self.bad_count = 0
        self._told = False
        self._block = _BLOCK

    def widen(self) -> bool:
        """Make room for longer rows, and begin again; False if there is no more."""
        if self._block == _LARGE_BLOCK:
            return False
        self._block = _LARGE_BLOCK
        self.bad, self.bad_count = [], 0
        return True

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows, all cells as text."""
        import pyarrow as pa
        from pyarrow import csv as pacsv

        def skip(row: Any) -> str:
            if not self._told:
                self.bad_count += 1
                if len(self.bad) < 5:
                    self.bad.append((row.number, row.actual_columns))
            return "skip"

        reader = pacsv.open_csv(
            self.file,
            read_options=pacsv.ReadOptions(
                column_names=self.names,
                skip_rows=self.begin,
                use_threads=False,
                block_size=self._block,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self.separator,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=False
            ),
        )
        with reader:
            for block in reader:
                for start in range(0, block.num_rows, _ROWS):
                    yield block.slice(start, _ROWS)
        self._told = True

    def problems(self) -> list[Problem]:
        """Return what is to be told of rows that were left out."""
        if not self.bad_count:
            return []
        shown = ", ".join(
            f"row {n + self.begin}" if n is not None else "a row" for n, _ in self.bad
        )
        return [
            Problem(
                "row-unreadable",
                f"{self.bad_count} rows have another number of cells than the table has columns; "
                "they are left out.",
                "error",
                shown,
                str(self.bad[0][1]),
                f"{len(self.names)} cells",
            )
        ]
