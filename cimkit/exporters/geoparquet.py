"""GeoParquet 1.1: the objects in one file, in spatial order, with boxes that readers prune by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cimkit.exporters._attributes import attributes as typed
from cimkit.exporters._geo import TYPES, geoparquet_metadata, with_boxes
from cimkit.exporters._heights_told import heights_told
from cimkit.exporters._objects import COLUMNS, batches, columns
from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="geoparquet", title="GeoParquet 1.1", suffix=".parquet")

_NAMES = {name.upper(): name for name in TYPES.values()}
# Where a row has no place it goes last; DuckDB's curve wants one box for all.
_ORDER = """s.geometry IS NULL, ST_Hilbert((s.bbox.xmin + s.bbox.xmax) / 2,
    (s.bbox.ymin + s.bbox.ymax) / 2, ST_Extent(ST_MakeEnvelope(-180, -90, 180, 90))), s.object_id"""


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    attributes: Sequence[str] = (),
) -> ExportReport:
    """Write the objects as one GeoParquet file in CRS84, streamed.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    attributes : sequence of str
        Names of properties that become columns, of the types that the standard gives them.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    write = partial(_write, wanted=tuple(attributes))
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)


def _write(selection: Selection, part: Path, report: ExportReport, wanted: Sequence[str]) -> None:
    import pyarrow.parquet as pq

    asked = typed(selection, wanted, [name for name, _ in COLUMNS], report)

    types = selection.fetch(
        "SELECT DISTINCT ST_GeometryType(geometry)::VARCHAR AS type FROM selected "
        "WHERE geometry IS NOT NULL ORDER BY 1"
    )["type"].to_pylist()
    extent = selection.fetch(
        "SELECT min(bbox.xmin), min(bbox.ymin), max(bbox.xmax), max(bbox.ymax) FROM selected "
        "WHERE geometry IS NOT NULL"
    ).to_pylist()[0]
    bounds = [v for v in extent.values() if v is not None and np.isfinite(v)]
    geo = geoparquet_metadata("geometry", [_NAMES[t] for t in types if t in _NAMES], bounds, True)
    empty = with_boxes(pa.schema(columns(asked)).empty_table(), "geometry")
    schema = empty.schema.with_metadata({b"geo": geo})
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in batches(selection, "true", _ORDER, asked=asked):
            table = with_boxes(pa.Table.from_batches([batch]), "geometry")
            # Small groups in spatial order: a reader of a quarter reads little more than it.
            writer.write_table(
                table.replace_schema_metadata(schema.metadata), row_group_size=10_240
            )
    counts = selection.fetch("SELECT kind, count(*) AS n FROM selected GROUP BY 1 ORDER BY 1")
    report.notes += heights_told(selection, named=True)
    report.counts = {row["kind"]: row["n"] for row in counts.to_pylist()}
