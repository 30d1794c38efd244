"""GeoPackage: one layer for each kind of objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.errors import ExportError
from cimkit.exporters._objects import COLUMNS, batches
from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="gpkg", title="GeoPackage", suffix=".gpkg")


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
) -> ExportReport:
    """Write the objects as a GeoPackage in WGS 84, with a layer for each kind.

    Objects without a place are rows without geometry. ``properties`` is the JSON of what the
    source says of the object.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.

    Raises
    ------
    ExportError
        If there is no object, or the file cannot be written.
    """
    return one_file(SPEC, out, _write, catalog, where=where, as_of=as_of, access=access)


def _write(selection: Selection, part: Path, report: ExportReport) -> None:
    import pyogrio

    kinds = selection.fetch("SELECT kind, count(*) AS n FROM selected GROUP BY 1 ORDER BY 1")
    if kinds.num_rows == 0:
        kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
        raise ExportError(
            "there is no object to write", where=str(report.out), got="; ".join(kept) or None
        )
    schema = pa.schema(
        [
            pa.field(name, kind, metadata={b"ARROW:extension:name": b"geoarrow.wkb"})
            if name == "geometry"
            else pa.field(name, kind)
            for name, kind in COLUMNS
        ]
    )
    for row in kinds.to_pylist():
        kind = row["kind"]

        def rows(kind: str = kind) -> Iterator[pa.RecordBatch]:
            for batch in batches(selection, f"kind = '{kind}'"):
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, rows()),
            part,
            driver="GPKG",
            layer=kind,
            geometry_name="geometry",
            geometry_type="Unknown",
            crs="EPSG:4326",
        )
        report.counts[kind] = row["n"]
