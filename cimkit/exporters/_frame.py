"""A table of WKB as a GeoDataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.errors import UsageError
from cimkit.exporters._geo import geometry_column

if TYPE_CHECKING:
    import geopandas
    import pyarrow as pa

__all__ = ["needed_geometry", "to_geodataframe"]


def needed_geometry(table: pa.Table, for_what: str) -> str:
    """Return the name of the geometry column.

    Raises
    ------
    UsageError
        If there is none.
    """
    column = geometry_column(table)
    if column is None:
        raise UsageError(
            f"{for_what} needs a geometry",
            got=", ".join(table.column_names),
            expected="a column named geometry",
            mend="Select geometry too, or take csv, json, parquet or xlsx.",
        )
    return column


def to_geodataframe(table: pa.Table) -> geopandas.GeoDataFrame:
    """Return the answer of a query as a GeoDataFrame in CRS84 (longitude, latitude).

    Parameters
    ----------
    table : pyarrow.Table
        A column named ``geometry`` (or tagged ``geoarrow.wkb``) is WKB. The other columns keep
        their Arrow types.

    Raises
    ------
    UsageError
        If it has no geometry.

    Examples
    --------
    >>> import pyarrow as pa, shapely
    >>> lamp = shapely.to_wkb(shapely.Point(106.5, 29.57))
    >>> frame = to_geodataframe(pa.table({"name": ["lamp"], "geometry": [lamp]}))
    >>> frame.crs.name, frame.geometry.iloc[0].x
    ('WGS 84 (CRS84)', 106.5)
    """
    import geopandas
    import pandas as pd

    column = needed_geometry(table, "a GeoDataFrame")
    frame = table.drop_columns([column]).to_pandas(types_mapper=pd.ArrowDtype)
    frame[column] = geopandas.GeoSeries.from_wkb(table[column].to_numpy(), crs="OGC:CRS84")
    return geopandas.GeoDataFrame(frame, geometry=column)
