"""All findings as CSV, one a row, for spreadsheets and scripts.

It begins with a byte order mark: without one, Excel reads UTF-8 as the code page of the machine,
and Chinese and Japanese texts are lost. Python reads it as ``utf-8-sig``; pandas, DuckDB, R and
QGIS by themselves. A text that a spreadsheet would run as a formula begins with an apostrophe.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cimkit.reporters._content import BATCH
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.checks import Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="csv", title="CSV", suffixes=(".csv",), mark=True)

# The wide forms too: Excel takes them for the narrow ones where these are typed.
_FORMULA = r"^[\s\x00-\x20]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|^[\t\r\n]"
_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?$"
_PROVENANCE = ("verdict", "standard", "tool", "checked")


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write every finding, of every status, with its columns as in the table of findings.

    The last columns say the same in each row: the verdict, by which standard, which tool, when.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8, without translation of line ends.
    language, machine
        Not used: messages are in the language of the check, and this is the machine's file.
    """
    import io

    import pyarrow as pa
    from pyarrow import csv

    receipt = verdict.receipt
    known = {"verdict": verdict.word, **{n: receipt.get(n) for n in _PROVENANCE[1:]}}
    table = verdict.findings.drop_columns(["geometry"])
    first = True
    for batch in table.to_batches(BATCH) or [pa.RecordBatch.from_pylist([], table.schema)]:
        rows = pa.table({name: _cells(batch[name]) for name in batch.schema.names})
        for name in _PROVENANCE:
            rows = rows.append_column(name, pa.repeat(str(known[name] or ""), rows.num_rows))
        written = io.BytesIO()
        csv.write_csv(rows, written, csv.WriteOptions(include_header=first))
        out.write(written.getvalue().decode())
        first = False


def _cells(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return column
    formula = pc.and_(
        pc.match_substring_regex(column, _FORMULA),
        pc.invert(pc.match_substring_regex(column, _NUMBER)),
    )
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)
