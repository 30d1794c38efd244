"""Write tables as GeoPackage and Shapefile, a batch at a time, the same bytes for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from cimkit.demo.frame import projected
from cimkit.demo.tables import Table

__all__ = ["write_gpkg", "write_shapefile"]

_BATCH = 50_000
_MOMENT = "2026-09-01T00:00:00.000Z"


def write_gpkg(file: Path, tables: dict[str, Table], crs: str) -> None:
    """Write one GeoPackage.

    Parameters
    ----------
    tables : dict
        Tables by layer name; empty ones are left out.
    crs : str
        CRS they are delivered in.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # GeoPackage notes when it was written; the district is the same whenever it is made.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
    try:
        for layer, table in tables.items():
            if len(table):
                _write(file, layer, "GPKG", table, crs, None, append=file.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_shapefile(
    file: Path, table: Table, crs: str, *, encoding: str = "GBK", cpg: bool = True, prj: bool = True
) -> None:
    """Write one Shapefile.

    Parameters
    ----------
    crs : str
        CRS of its coordinates.
    encoding : str
        Of the texts in the .dbf.
    cpg, prj : bool
        Whether the files that declare encoding and CRS are delivered. Without .cpg the language
        driver in the .dbf header is 0 too: nothing says how to read it.
    """
    if not len(table):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, file.stem, "ESRI Shapefile", table, crs, encoding, append=False)
    dbf = file.with_suffix(".dbf")
    with dbf.open("r+b") as header:
        header.seek(29)
        header.write(b"\x00" if not cpg else b"\x4d" if encoding == "GBK" else b"\x00")
    if not cpg:
        file.with_suffix(".cpg").unlink()
    if not prj:
        file.with_suffix(".prj").unlink()


def _write(
    file: Path,
    layer: str,
    driver: str,
    table: Table,
    crs: str,
    encoding: str | None,
    *,
    append: bool,
) -> None:
    options = {"DBF_DATE_LAST_UPDATE": _MOMENT[:10]} if encoding else {}
    first = table.geometry[0]
    batches = _batches(table, crs)
    start = next(batches)

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield start
        yield from batches

    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(start.schema, all_of_them()),
        file,
        layer=layer,
        driver=driver,
        geometry_name="geometry",
        geometry_type=first.geom_type + (" Z" if first.has_z else ""),
        crs=crs,
        encoding=encoding,
        append=append,
        layer_options=options,
    )


def _batches(table: Table, crs: str) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(table), _BATCH):
        part = slice(start, start + _BATCH)
        columns = {k: pa.array(v[part], from_pandas=True) for k, v in table.fields.items()}
        moved = shapely.to_wkb(projected(table.geometry[part], crs), output_dimension=3)
        columns["geometry"] = pa.array(np.asarray(moved, dtype=object), pa.binary())
        yield pa.RecordBatch.from_pydict(columns)
