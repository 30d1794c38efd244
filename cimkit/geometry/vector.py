"""Vector geometry in bulk: to CRS84, measured, hashed. Arrow in, Arrow out, shapely within."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import shapely
from pyproj import CRS, Geod

from cimkit.geometry.crs import is_geographic, metres_per_unit, to_crs84
from cimkit.geometry.curves import linearize
from cimkit.geometry.named_crs import NamedCRS
from cimkit.model.tables import BBOX

__all__ = [
    "boxes",
    "content_hash",
    "measures",
    "parse_wkb",
    "shapes_to_crs84",
    "wkb_to_crs84",
    "write_wkb",
]

Shapes = npt.NDArray[np.object_]
Reals = npt.NDArray[np.float64]

_SMALL = 0.02
"""Degrees: up to this size a local plane measures to about 1e-5, and is far quicker."""


def parse_wkb(wkb: pa.Array) -> tuple[Shapes, npt.NDArray[np.bool_]]:
    """Return shapely geometries, and which of the values could not be parsed.

    Parameters
    ----------
    wkb : pa.Array
        Binary; NULL gives None. Curves come back as straight pieces, with their heights.
    """
    raw = np.asarray(wkb.to_pylist(), dtype=object)
    given: Shapes = np.empty(len(raw), dtype=object)
    try:
        given[:] = shapely.from_wkb(raw, on_invalid="ignore") if len(raw) else []
    except NotImplementedError:  # a curve among them: one by one, curves are drawn below
        given[:] = [_one(value) for value in raw]
    bad = np.array([r is not None for r in raw], dtype=bool) & shapely.is_missing(given)
    for i in np.flatnonzero(bad):
        try:
            given[i] = linearize(raw[i])
            bad[i] = False
        except (ValueError, shapely.errors.ShapelyError):
            continue  # told to the caller in the second array
    return given, bad


def _one(wkb: bytes | None) -> Any:
    try:
        return shapely.from_wkb(wkb, on_invalid="ignore")
    except NotImplementedError:
        return None


def write_wkb(shapes: Shapes) -> pa.Array:
    """Return ISO WKB, NULL for None."""
    return pa.array(shapely.to_wkb(shapes, flavor="iso") if len(shapes) else [], pa.binary())


def boxes(shapes: Shapes) -> pa.StructArray:
    """Return the boxes of geometries as `cimkit.model.tables.BBOX`, NULL for None and empty."""
    limits = shapely.bounds(shapes) if len(shapes) else np.empty((0, 4))
    none = ~np.isfinite(limits).all(axis=1)
    columns = [pa.array(limits[:, i]) for i in range(4)]
    return pa.StructArray.from_arrays(columns, fields=list(BBOX), mask=pa.array(none))


def shapes_to_crs84(shapes: Shapes, crs: CRS | None) -> Shapes:
    """Return two-dimensional copies in CRS84; None where a coordinate has no place there."""
    flat = shapely.force_2d(shapes)
    if crs is None:
        none: Shapes = np.full(len(shapes), None, dtype=object)
        return none
    xy, index = shapely.get_coordinates(flat, return_index=True)
    moved = to_crs84(xy, crs)
    lost = np.unique(index[np.isnan(moved).any(axis=1)])
    placed: Shapes = shapely.set_coordinates(flat.copy(), np.nan_to_num(moved))
    placed[lost] = None
    placed[shapely.is_empty(placed)] = None
    return placed


def wkb_to_crs84(wkb: pa.Array, crs: CRS | None) -> tuple[pa.Array, pa.StructArray]:
    """Take geometries to CRS84.

    Parameters
    ----------
    wkb : pa.Array
        Binary, in ``crs``, x before y.
    crs : CRS or None
        None: unknown, and all come back NULL.

    Returns
    -------
    wkb : pa.Array
        Two-dimensional WKB in CRS84; NULL where there is no geometry or no place for it.
    bbox : pa.StructArray
        Their boxes in degrees.
    """
    placed = shapes_to_crs84(parse_wkb(wkb)[0], crs)
    return write_wkb(placed), boxes(placed)


def measures(shapes: Shapes, crs: CRS | None) -> tuple[Reals, Reals, Reals, Reals]:
    """Measure geometries in their own CRS.

    Parameters
    ----------
    shapes : (n,) array of shapely geometries or None
        x before y.
    crs : CRS or None
        Geographic: measured on its ellipsoid. Projected: in its plane, in metres whatever its unit.
        One that has only a name: in what it is based on.
        None: areas and lengths are NaN.

    Returns
    -------
    area_m2, length_m, z_min, z_max : (n,) float64 arrays
        NaN where it does not apply: area of what is no polygon, length of what is no line, heights
        (in the source's own unit) of what is two-dimensional.
    """
    area, length = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    dimension = shapely.get_dimensions(shapes)
    heights = _heights(shapes)
    if isinstance(crs, NamedCRS) and crs.move is not None:
        shapes, crs = shapely.transform(shapes, crs.to_base), crs.base
    if crs is not None and len(shapes):
        if is_geographic(crs):
            area, length = _on_ellipsoid(shapes, crs)
        else:
            unit = metres_per_unit(crs)
            area, length = shapely.area(shapes) * unit**2, shapely.length(shapes) * unit
    area = np.where(dimension == 2, area, np.nan)
    length = np.where(dimension == 1, length, np.nan)
    return (area, length, *heights)


def _heights(shapes: Shapes) -> tuple[Reals, Reals]:
    low, high = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    solid = np.flatnonzero(shapely.has_z(shapes)) if len(shapes) else np.empty(0, dtype=np.intp)
    if len(solid):
        xyz, index = shapely.get_coordinates(shapes[solid], include_z=True, return_index=True)
        known = np.isfinite(xyz[:, 2])
        np.minimum.at(low, solid[index[known]], xyz[known, 2])
        np.maximum.at(high, solid[index[known]], xyz[known, 2])
    none = ~np.isfinite(low)
    low[none] = high[none] = np.nan
    return low, high


def _on_ellipsoid(shapes: Shapes, crs: CRS) -> tuple[Reals, Reals]:
    ellipsoid = crs.ellipsoid
    a = float(ellipsoid.semi_major_metre) if ellipsoid else 6_378_137.0
    f = 1 / float(ellipsoid.inverse_flattening or np.inf) if ellipsoid else 1 / 298.257223563
    to_radians = float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else np.pi / 180
    limits = shapely.bounds(shapes)
    size = np.maximum(limits[:, 2] - limits[:, 0], limits[:, 3] - limits[:, 1])
    small = np.flatnonzero(size * np.degrees(to_radians) <= _SMALL)
    area, length = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    if len(small):
        plane = _local_planes(shapes[small], limits[small], a, f, to_radians)
        area[small], length[small] = shapely.area(plane), shapely.length(plane)
    geod = Geod(a=a, f=f)
    for i in np.flatnonzero(size * np.degrees(to_radians) > _SMALL):
        degrees = shapely.transform(shapes[i], lambda xy: xy * np.degrees(to_radians))
        covered, around = geod.geometry_area_perimeter(shapely.normalize(degrees))
        area[i], length[i] = abs(covered), around
    return area, length


def _local_planes(shapes: Shapes, limits: Reals, a: float, f: float, to_radians: float) -> Shapes:
    """Scale each geometry to metres about its own middle, with the ellipsoid's two radii there."""
    middle = np.column_stack([limits[:, [0, 2]].mean(axis=1), limits[:, [1, 3]].mean(axis=1)])
    latitude = middle[:, 1] * to_radians
    e2 = f * (2 - f)
    curved = 1 - e2 * np.sin(latitude) ** 2
    east = a / np.sqrt(curved) * np.cos(latitude) * to_radians
    north = a * (1 - e2) / curved**1.5 * to_radians
    flat: Shapes = shapely.force_2d(shapes)
    xy, index = shapely.get_coordinates(flat, return_index=True)
    local = (xy - middle[index]) * np.column_stack([east, north])[index]
    plane: Shapes = shapely.set_coordinates(flat.copy(), local)
    return plane


def content_hash(
    wkb: pa.Array,
    attributes: pa.Array,
    parsed: tuple[Shapes, npt.NDArray[np.bool_]] | None = None,
) -> pa.Array:
    """Return 32 hex digits per object: 16 of its geometry, then 16 of its attributes.

    Parameters
    ----------
    wkb : pa.Array
        The source's own geometry. Rings that begin elsewhere and parts in another order are the
        same geometry. NULL has a hash too.
    attributes : pa.Array
        JSON objects; the order of their fields does not matter.
    parsed : tuple, optional
        What `parse_wkb` made of ``wkb``, if that is known.
    """
    shapes, bad = parse_wkb(wkb) if parsed is None else parsed
    normal: Any = shapely.to_wkb(shapely.normalize(shapes), flavor="iso") if len(shapes) else []
    raw = wkb.to_pylist()
    plain = [
        given if wrong or written is None else written
        for given, wrong, written in zip(raw, bad, normal, strict=True)
    ]
    return pa.array(
        [
            _digest(shape or b"") + _digest(_sorted(text))
            for shape, text in zip(plain, attributes.to_pylist(), strict=True)
        ],
        pa.string(),
    )


def _sorted(text: str | None) -> bytes:
    if not text:
        return b"{}"
    value: Any = orjson.loads(text)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
