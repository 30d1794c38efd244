"""Vector geometry in bulk: to CRS84, measured, hashed. Arrow in, Arrow out, shapely within."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
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
    raw = wkb.to_numpy(zero_copy_only=False)
    given: Shapes = np.empty(len(raw), dtype=object)
    try:
        given[:] = shapely.from_wkb(raw, on_invalid="ignore") if len(raw) else []
    except NotImplementedError:  # a curve among them: one by one, curves are drawn below
        given[:] = [_one(value) for value in raw]
    _without_hidden_curves(given)
    bad = np.asarray(wkb.is_valid()) & shapely.is_missing(given)
    for i in np.flatnonzero(bad):
        try:
            given[i] = linearize(raw[i])
            bad[i] = False
        except (ValueError, shapely.errors.ShapelyError):
            continue  # told to the caller in the second array
    return given, bad


def _without_hidden_curves(given: Shapes) -> None:
    """Take out collections with a curve in them: GEOS parses those, and then does nothing more."""
    at = np.flatnonzero(shapely.get_type_id(given) == 7)
    if not len(at):
        return
    try:
        shapely.get_coordinates(given[at])
    except shapely.errors.GEOSException:
        for i in at:
            try:
                shapely.get_coordinates(given[i])
            except shapely.errors.GEOSException:
                given[i] = None


def _one(wkb: bytes | None) -> Any:
    try:
        return shapely.from_wkb(wkb, on_invalid="ignore")
    except NotImplementedError:
        return None


def write_wkb(shapes: Shapes) -> pa.Array:
    """Return ISO WKB, NULL for None."""
    written = shapely.to_wkb(shapes, flavor="iso").tolist() if len(shapes) else []
    return pa.array(written, pa.binary())


def boxes(shapes: Shapes) -> pa.StructArray:
    """Return the boxes of geometries as `cimkit.model.tables.BBOX`, NULL for None and empty."""
    limits = shapely.bounds(shapes) if len(shapes) else np.empty((0, 4))
    none = ~np.isfinite(limits).all(axis=1)
    columns = [pa.array(limits[:, i]) for i in range(4)]
    return pa.StructArray.from_arrays(columns, fields=list(BBOX), mask=pa.array(none))


def shapes_to_crs84(shapes: Shapes, crs: CRS | None) -> Shapes:
    """Return two-dimensional copies in CRS84; None where a coordinate has no place there."""
    if crs is None:
        none: Shapes = np.full(len(shapes), None, dtype=object)
        return none
    flat = _flat(shapes)
    xy, index = shapely.get_coordinates(flat, return_index=True)
    moved = to_crs84(xy, crs)
    unknown = np.isnan(moved).any(axis=1)
    lost = np.unique(index[unknown])
    moved[unknown] = 0
    placed: Shapes = shapely.set_coordinates(flat.copy(), moved)
    placed[lost] = None
    placed[shapely.is_empty(placed)] = None
    return placed


def _flat(shapes: Shapes) -> Shapes:
    """Return them in two dimensions; as they are, not as copies, if they all are so already."""
    if not (shapely.has_z(shapes) | shapely.has_m(shapes)).any():
        return shapes
    flat: Shapes = shapely.force_2d(shapes)
    return flat


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
    flat = _flat(shapes)
    xy, index = shapely.get_coordinates(flat, return_index=True)
    local = (xy - middle[index]) * np.column_stack([east, north])[index]
    plane: Shapes = shapely.set_coordinates(flat.copy(), local)
    return plane


def content_hash(
    wkb: pa.Array,
    attributes: pa.Array,
    parsed: tuple[Shapes, npt.NDArray[np.bool_]] | None = None,
    *,
    ordered: bool = False,
) -> pa.Array:
    """Return 32 hex digits per object: 16 of its geometry, then 16 of its attributes.

    Parameters
    ----------
    wkb : pa.Array
        The source's own geometry. Rings that begin elsewhere and parts in another order are the
        same geometry. NULL has a hash too.
    attributes : pa.Array
        JSON objects; the order of their fields does not matter. NULL is the empty object.
    parsed : tuple, optional
        What `parse_wkb` made of ``wkb``, if that is known.
    ordered : bool
        Whether ``attributes`` were written by DuckDB, with their names in the order of their code
        points at every level: then they need not be read.
    """
    shapes, bad = parse_wkb(wkb) if parsed is None else parsed
    plain = write_wkb(shapely.normalize(shapes)) if len(shapes) else pa.array([], pa.binary())
    if bad.any():
        plain = pc.if_else(pa.array(bad), wkb, plain)
    said = "said" if ordered else "json(said)"
    text = attributes if ordered else _ordered(attributes)
    con = _database().cursor()
    con.register("given", pa.table({"shape": plain, "said": text}))
    rows = con.execute(
        f"""
        SELECT md5(coalesce(shape, ''::BLOB))[:16] || md5(coalesce({said}, '{{}}'))[:16] AS h
        FROM given
        """
    )
    return rows.to_arrow_table().column("h").combine_chunks().cast(pa.string())


def _ordered(attributes: pa.Array) -> pa.Array:
    """Return JSON with the names sorted at every level."""
    return pa.array(
        [
            orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS) if text else b"{}"
            for text in attributes.to_pylist()
        ],
        pa.binary(),
    ).cast(pa.string())


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})
