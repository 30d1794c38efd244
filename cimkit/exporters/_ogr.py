"""Writing tables by GDAL, with nothing in the file that differs from run to run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

__all__ = ["SETTLED", "write_ogr"]

SETTLED = "2000-01-01T00:00:00.000Z"
"""The time that stands where a format wants one: the same objects are the same bytes."""


def write_ogr(
    file: Path,
    driver: str,
    layer: str,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    geometry_type: str,
    **options: Any,
) -> None:
    """Write batches as one layer, streamed.

    Parameters
    ----------
    file : Path
        A GeoPackage may have layers already.
    driver, layer : str
        Of GDAL.
    schema : pa.Schema
        Of the batches; ``geometry`` is WKB in WGS 84 (longitude, latitude).
    batches : iterable of pa.RecordBatch
        The rows.
    geometry_type : str
        As OGC names it; "" for a table without geometry.
    **options
        Of `pyogrio.write_arrow`, where there is a geometry.
    """
    import pyogrio

    if geometry_type:
        i = schema.get_field_index("geometry")
        tag = {b"ARROW:extension:name": b"geoarrow.wkb"}
        schema = schema.set(i, schema.field(i).with_metadata(tag))
        options |= {"geometry_type": geometry_type, "crs": "EPSG:4326"}
    else:
        options = {}
    rows = (pa.RecordBatch.from_arrays(b.columns[: len(schema)], schema=schema) for b in batches)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": SETTLED})
    try:
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, rows),
            file,
            driver=driver,
            layer=layer,
            append=False,
            **options,
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
