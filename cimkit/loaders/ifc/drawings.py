"""The table ``geometries`` of an IFC model: axes, footprints, alignments and other lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.loaders.ifc.boundaries import boundary_rings
from cimkit.loaders.ifc.linear import TOLERANCE_M, lines
from cimkit.loaders.ifc.meshes import Extent
from cimkit.loaders.ifc.place import Georeference
from cimkit.model import STAGED, Problem

__all__ = ["drawings"]

Reals = npt.NDArray[np.float64]
_CHUNK = 2_048


def drawings(
    model: Any,
    products: Sequence[Any],
    keys: dict[int, str],
    place: Georeference,
    extents: dict[int, Extent],
    problems: list[Problem],
) -> Iterator[pa.Table]:
    """Yield what of products is drawn as lines and points, one row for each representation, and
    the outlines of space boundaries, one row for each.

    Parameters
    ----------
    model : ifcopenshell.file
    products : sequence of IfcProduct
        Those that may have lines.
    keys : dict
        Source key by instance number.
    place : Georeference
        Takes metres of the model to metres of the CRS.
    extents : dict
        Extents of objects without triangles are added.
    problems : list of Problem
        As `lines` appends them.
    """
    for start in range(0, len(products), _CHUNK):
        chunk = products[start : start + _CHUNK]
        yield from _drawn(lines(model, chunk, problems=problems), keys, place, extents)
    yield from _drawn(boundary_rings(model, TOLERANCE_M, problems), keys, place, extents)


def _drawn(
    drawn: Iterable[tuple[int, str, Reals]],
    keys: dict[int, str],
    place: Georeference,
    extents: dict[int, Extent],
) -> Iterator[pa.Table]:
    found: dict[tuple[int, str], list[Reals]] = {}
    for n, name, points in drawn:
        if n in keys:
            found.setdefault((n, name), []).append(points)
    if found:
        shapes = [_geometry(chains, place.matrix) for chains in found.values()]
        _extend(list(found), shapes, extents)
        yield _table([keys[n] for n, _ in found], [name for _, name in found], shapes, place)


def _geometry(chains: list[Reals], world: Reals) -> Any:
    moved = [c @ world[:3, :3].T + world[:3, 3] for c in chains]
    parts: list[Any] = [
        shapely.linestrings(c) if len(c) > 1 else shapely.points(c[0]) for c in moved
    ]
    if len(parts) == 1:
        return parts[0]
    kinds = {p.geom_type for p in parts}
    if kinds == {"LineString"}:
        return shapely.multilinestrings(parts)
    return shapely.multipoints(parts) if kinds == {"Point"} else shapely.geometrycollections(parts)


def _extend(owners: list[tuple[int, str]], shapes: list[Any], extents: dict[int, Extent]) -> None:
    """Give objects that have no triangles the extent of their lines."""
    flat = shapely.force_2d(shapes)
    fresh: dict[int, Extent] = {}
    for (n, _), ground, shape in zip(owners, flat, shapes, strict=True):
        if n in extents:
            continue
        z = shapely.get_coordinates(shape, include_z=True)[:, 2]
        digest = _hash(shape)
        one = Extent(ground, float(z.min()), float(z.max()), digest)
        held = fresh.get(n)
        if held is not None:
            ground = shapely.geometrycollections([held.ground, ground])
            ground = shapely.union_all([ground])
            one = Extent(ground, min(held.bottom, one.bottom), max(held.top, one.top), held.digest)
        fresh[n] = one
    extents.update(fresh)


def _hash(shape: Any) -> str:
    coordinates = np.round(shapely.get_coordinates(shape, include_z=True), 4) + 0.0
    return hashlib.sha256(coordinates.tobytes()).hexdigest()[:16]


def _table(keys: list[str], names: list[str], shapes: list[Any], place: Georeference) -> pa.Table:
    count = len(keys)
    schema = STAGED["geometries"]
    columns = {
        "source_layer": pa.array([""] * count),
        "source_key": pa.array(keys),
        "lod": pa.array(names),
        "geometry_type": pa.array([s.geom_type for s in shapes]),
        "crs": pa.array([place.crs] * count, pa.string()),
        "wkb": pa.array(shapely.to_wkb(shapes, output_dimension=3, flavor="iso"), pa.binary()),
    }
    return pa.Table.from_arrays(
        [columns.get(f.name, pa.nulls(count, f.type)) for f in schema], schema=schema
    )
