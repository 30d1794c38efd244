"""Bounds and heights of a layer, read from its rows where the format does not keep them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.errors import UsageError
from cimkit.geometry.crs import is_geographic, parse_crs
from cimkit.geometry.vector import parse_wkb
from cimkit.loaders._layers.shapes import LIMIT
from cimkit.loaders._layers.table import GEOMETRY, Table
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem

__all__ = ["Survey", "beyond", "survey"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """The outcome."""

    table: Table
    """The layer, with its bounds; None there if it has none."""
    z: tuple[float, float] | None = None
    """Its lowest and its highest height."""
    problem: Problem | None = None
    """Rows that lie outside of the Earth, if they are few."""


def survey(table: Table, options: ReadOptions) -> Survey:
    """Read the geometry for its bounds, where they are not known or cannot be, and its heights."""
    sane = table.bounds is not None and max(map(abs, table.bounds)) < LIMIT
    flat = " Z" not in table.geometry_type and table.geometry_type not in ("Unknown", "Geometry")
    degrees = sane and bool(beyond(np.array([table.bounds]))[0]) and _in_degrees(table, options)
    if not table.geometry_type or options.depth == "header" or (sane and flat and not degrees):
        return Survey(table if sane else dataclasses.replace(table, bounds=None))
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    own, far = np.array([np.inf, np.inf, -np.inf, -np.inf]), list[int]()
    row = table.numbered_from
    for batch in table.batches(None):
        shapes = parse_wkb(batch.column(batch.schema.get_field_index(GEOMETRY)))[0]
        xyz = shapely.get_coordinates(shapes, include_z=True)
        xyz[~(np.abs(xyz) < LIMIT)] = np.nan
        known = xyz[np.isfinite(xyz[:, :2]).all(axis=1)]
        if len(known):
            low, high = np.fmin(low, np.fmin.reduce(known)), np.fmax(high, np.fmax.reduce(known))
        if degrees or not sane:
            limits = shapely.bounds(shapes)
            outside = beyond(limits)
            far += (np.flatnonzero(outside) + row).tolist()
            inside = limits[~outside & np.isfinite(limits).all(axis=1)]
            if len(inside):
                own[:2] = np.minimum(own[:2], inside[:, :2].min(axis=0))
                own[2:] = np.maximum(own[2:], inside[:, 2:].max(axis=0))
        row += batch.num_rows
    z = (float(low[2]), float(high[2])) if low[2] <= high[2] else None
    if not sane and not low[0] <= high[0]:
        return Survey(dataclasses.replace(table, bounds=None), z)
    bounds = table.bounds if sane else _box(np.array([*low[:2], *high[:2]]))
    rows = row - table.numbered_from
    few = 0 < len(far) <= max(rows // 50, int(rows > 3)) and own[0] <= own[2]
    if few and (degrees or _in_degrees(table, options)):
        found = dataclasses.replace(table, bounds=_box(own))
        return Survey(found, z, _told(table.name, far))
    return Survey(dataclasses.replace(table, bounds=bounds), z)


def _box(limits: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    west, south, east, north = map(float, limits)
    return west, south, east, north


def beyond(limits: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which boxes reach out of what degrees can be; empty ones do not."""
    wide = np.abs(limits[:, [0, 2]]).max(axis=1) > 360
    found: npt.NDArray[np.bool_] = wide | (np.abs(limits[:, [1, 3]]).max(axis=1) > 90)
    return found


def _in_degrees(table: Table, options: ReadOptions) -> bool:
    said = options.declared.crs or table.crs
    try:
        return said is not None and is_geographic(parse_crs(said))
    except UsageError:  # told where it is placed
        return False


def _told(layer: str, rows: list[int]) -> Problem:
    shown = ", ".join(f"row {n}" for n in rows[:_SHOWN]) + (" …" if len(rows) > _SHOWN else "")
    return Problem(
        "position-out-of-range",
        f"{len(rows)} rows have a longitude beyond 360° or a latitude beyond 90°; those rows alone "
        "have no place.",
        "error",
        f"{layer}: {shown}",
        expected="-180 to 180, -90 to 90",
        hint="Correct the rows; longitude and latitude may be exchanged in them.",
    )
