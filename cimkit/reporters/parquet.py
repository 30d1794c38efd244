"""All findings as Parquet: the table itself, geometry included, with the report in its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.reporters._content import head
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "save"]

SPEC = ReporterSpec(name="parquet", title="Parquet", suffixes=(".parquet", ".geoparquet"))

_ROWS = 100_000


def save(
    verdict: Verdict, file: Path, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write every finding as it is; a GeoParquet 1.1 file whose geometry is the part at fault.

    The file's metadata has the key ``cimkit``: the JSON report without its findings.

    Parameters
    ----------
    verdict
        The verdict.
    file
        The file to write.
    language, machine
        Not used: messages are in the language of the check, and this is the machine's file.
    """
    import pyarrow.parquet as pq

    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    known = {
        b"cimkit": json.dumps(head(verdict), ensure_ascii=False).encode(),
        b"geo": json.dumps(geo).encode(),
    }
    table = verdict.findings.replace_schema_metadata(known)
    pq.write_table(table, file, compression="zstd", compression_level=9, row_group_size=_ROWS)
