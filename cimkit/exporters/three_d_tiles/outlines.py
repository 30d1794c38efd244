"""Outlines of objects as arrays, and the columns that go with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

__all__ = ["TEXTS", "WKB", "Reals", "Rows", "corners", "property_sql", "shapes_of"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
WKB = "ST_AsWKB(s.geometry) AS wkb"
"""SQL over ``selected s``: the outline in CRS84."""
TEXTS = 220.0
"""Bytes of a feature's row in the property table, about."""


def property_sql(name: str, kind: str = "DOUBLE") -> str:
    """Return SQL over ``selected s``: one of the object's own properties, NULL if it is none."""
    value = f"json_extract_string(s.properties, '$.{name}')"
    return f"TRY_CAST({value} AS {kind}) AS {name}"


def shapes_of(table: pa.Table) -> tuple[npt.NDArray[Any], Reals, Reals]:
    """Geometries, middles of their boxes (n, 2), and the boxes' diagonals in metres (n,)."""
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    bounds = shapely.bounds(shapes)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    span = (bounds[:, 2:] - bounds[:, :2]) * 111_320.0
    span[:, 0] *= np.cos(np.radians(middle[:, 1]))
    return shapes, middle, np.hypot(span[:, 0], span[:, 1])


def corners(shapes: npt.NDArray[Any]) -> Reals:
    """Count the vertices of each geometry."""
    count: Reals = shapely.get_num_coordinates(shapes).astype(np.float64)
    return count
