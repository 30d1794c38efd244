"""Rows of the staged tables from an IFC model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from cimkit.loaders.ifc.apart import elements_apart, forked
from cimkit.loaders.ifc.boundaries import boundaries
from cimkit.loaders.ifc.drawings import drawings
from cimkit.loaders.ifc.geometry import elements
from cimkit.loaders.ifc.grids import settle
from cimkit.loaders.ifc.held import Opened
from cimkit.loaders.ifc.histories import Histories
from cimkit.loaders.ifc.instances import each, get, number, things_of
from cimkit.loaders.ifc.meshes import Extent, Meshes
from cimkit.loaders.ifc.place import Georeference
from cimkit.loaders.ifc.properties import Properties
from cimkit.loaders.ifc.relations import Structure, relations
from cimkit.loaders.ifc.representations import Representations
from cimkit.loaders.ifc.rings import cut_rings
from cimkit.loaders.ifc.schedules import Schedules
from cimkit.loaders.ifc.unbuilt import Unbuilt
from cimkit.loaders.ifc.units import length_unit
from cimkit.loaders.ifc.values import json_text
from cimkit.model import STAGED, Problem

__all__ = ["keys_of", "rows"]

_CHUNK = 8_192


def rows(
    held: Opened, threads: int, problems: list[Problem], *, apart_s: float | None = None
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables ``relations, shapes, placements, geometries`` and ``objects`` of a model.

    Parameters
    ----------
    held : Opened
    threads : int
        For the geometry kernels.
    problems : list of Problem
        What cannot be read is appended.
    apart_s : float, optional
        Run the geometry kernels in processes of their own, and no longer than so many seconds:
        objects that end one stand where they are placed, without triangles.
    """
    model, place = held.model, held.place
    products = model.by_type("IfcProduct")
    things = things_of(model)
    keys = keys_of(things)
    for table in relations(model, keys):
        yield "relations", table
    numbered = {number(t): t for t in things}
    structure = Structure(model, numbered, problems)
    passed = {number(p) for p in each(model, "IfcFeatureElementSubtraction")}
    shown = Representations(products, model.schema_identifier)
    nowhere = cut_rings(model, problems)
    _ = held.origins  # by the placements as the file has them
    settle(model)
    if nowhere:
        passed |= {number(p) for p in products if _placement(p) in nowhere}
    wanted = [p for p in shown.bodies if number(p) not in passed]
    meshes = Meshes(keys, {number(p) for p in each(model, "IfcSpace")})
    unbuilt = Unbuilt()
    built = (
        elements(model, wanted, threads, unbuilt)
        if apart_s is None
        else elements_apart(model, wanted, apart_s, unbuilt)
    )
    yield from meshes.tables(built, place.matrix)
    drawn = [p for p in shown.drawn if number(p) not in passed]
    tables = drawings(model, drawn, keys, place, meshes.extents, problems)
    if apart_s is not None and drawn:
        sound = forked(lambda: len(list(drawings(model, drawn, keys, place, {}, []))))
        if isinstance(sound, str):
            unbuilt.fatal |= {number(p): sound for p in drawn}
            tables = iter(())
    for table in tables:
        yield "geometries", table
    problems += unbuilt.problems(model)
    problems += shown.problems(set(meshes.extents))
    yield from _objects(held, things, keys, structure, meshes.extents, shown, problems)


def _placement(product: Any) -> int:
    placement = getattr(product, "ObjectPlacement", None)
    return number(placement) if placement is not None else 0


def keys_of(things: list[Any]) -> dict[int, str]:
    """Return a key for each object: its GlobalId, or told apart where that is not unique."""
    keys: dict[int, str] = {}
    used: set[str] = set()
    for thing in things:
        n, said = number(thing), get(thing, 0)
        key = said if isinstance(said, str) else ""
        if not key or key in used:
            key = f"{key}#{n}"
        used.add(key)
        keys[n] = key
    return keys


def _spread(things: dict[int, str], structure: Structure, extents: dict[int, Extent]) -> None:
    """Give wholes without a body of their own (storeys, sites, assemblies) the hull of their parts.

    Their heights are those of the parts. A storey then answers to "what is here".
    """
    gathered: dict[int, list[Extent]] = {}
    for n in things:
        extent = extents.get(n)
        above = structure.parent.get(n) if extent is not None else None
        while above is not None:
            if above not in extents:
                gathered.setdefault(above, []).append(extent)  # type: ignore[arg-type]
            above = structure.parent.get(above)
    for n, parts in gathered.items():
        ground = shapely.convex_hull(shapely.geometrycollections([p.ground for p in parts]))
        extents[n] = Extent(ground, min(p.bottom for p in parts), max(p.top for p in parts))


def _objects(
    held: Opened,
    things: list[Any],
    keys: dict[int, str],
    structure: Structure,
    extents: dict[int, Extent],
    drawn: Representations,
    problems: list[Problem],
) -> Iterator[tuple[str, pa.Table]]:
    model = held.model
    properties = Properties(model)
    histories, schedules = Histories(model, things), Schedules(model)
    bounded = boundaries(model)
    _spread(keys, structure, extents)
    unit = length_unit(model)
    schema = STAGED["objects"]
    for start in range(0, len(things), _CHUNK):
        chunk = things[start : start + _CHUNK]
        numbers = [number(t) for t in chunk]
        columns: dict[str, list[Any]] = {name: [] for name in _TOLD}
        for n, thing in zip(numbers, chunk, strict=True):
            found, measures = properties.of(thing)
            storey = structure.storey(n)
            if storey is not None:
                found["storey"] = storey
            if n in bounded:
                found["boundary"] = bounded[n]
            if n in drawn.labels:
                found["representation"] = drawn.labels[n]
            if n in drawn.texts:
                found["text"] = drawn.texts[n]
            _tell(columns, found, measures, unit)
            extent = extents.get(n)
            text = columns["properties"][-1].encode()
            digest = hashlib.sha256(text).hexdigest()[:16]
            if history := histories.of(thing):  # no attribute of the thing: not in its hash
                columns["properties"][-1] = json_text(found | {"history": history})
            begin, end = schedules.of(thing, found.get("attributes", {}))
            columns["valid_from"].append(begin)
            columns["valid_to"].append(end)
            columns["content_hash"].append(
                (extent.digest if extent else "").rjust(16, "0") + digest
            )
            columns["source_key"].append(keys[n])
            columns["key_origin"].append("globalid" if keys[n] == get(thing, 0) else "id")
            columns["source_class"].append(thing.is_a())
            columns["parent_key"].append(keys.get(structure.parent.get(n, -1)))
            columns["place"].append(f"#{n}")
        shown = [extents.get(n) for n in numbers]
        columns["z_min"] = [e.bottom if e else None for e in shown]
        columns["z_max"] = [e.top if e else None for e in shown]
        columns["height"] = [e.top - e.bottom if e else None for e in shown]
        arrays = {name: pa.array(v, schema.field(name).type) for name, v in columns.items()}
        arrays |= _located(numbers, shown, held.origins, held.place)
        arrays["source_layer"] = pa.array([""] * len(chunk))
        arrays["kind"] = pa.array(["bim"] * len(chunk))
        yield (
            "objects",
            pa.Table.from_arrays(
                [arrays.get(f.name, pa.nulls(len(chunk), f.type)) for f in schema], schema=schema
            ),
        )
    problems += properties.problems()


_TOLD = (
    "source_key",
    "key_origin",
    "source_class",
    "parent_key",
    "name",
    "area_m2",
    "length_m",
    "valid_from",
    "valid_to",
    "properties",
    "content_hash",
    "place",
)


def _tell(
    columns: dict[str, list[Any]], found: dict[str, Any], measures: dict[str, Any], unit: float
) -> None:
    attributes = found.get("attributes", {})
    name = attributes.get("Name") or attributes.get("LongName")
    columns["name"].append(str(name) if name else None)
    columns["area_m2"].append(measures.get("area"))
    columns["length_m"].append(measures["length"] * unit if "length" in measures else None)
    columns["properties"].append(json_text(found))


def _located(
    numbers: list[int],
    shown: list[Extent | None],
    points: dict[int, tuple[float, float, float]],
    place: Georeference,
) -> dict[str, pa.Array]:
    """Return footprint, box and origin of the position; without a shape, that of the placement."""
    count = len(numbers)
    grounds = np.full(count, None, dtype=object)
    if place.placed:
        for at, extent in enumerate(shown):
            if extent is not None:
                grounds[at] = extent.ground
        bare = [n for n, e in enumerate(shown) if e is None and numbers[n] in points]
        if bare:
            local = np.array([points[numbers[n]] for n in bare])
            moved = local @ place.matrix[:2, :3].T + place.matrix[:2, 3]
            grounds[bare] = shapely.points(moved)
        grounds = _lonlat(grounds, place.crs or "")
    known = grounds != None  # noqa: E711 element by element
    boxes = shapely.bounds(grounds)
    mask = pa.array(~known)
    return {
        "geometry": pa.array(shapely.to_wkb(grounds), pa.binary()),
        "bbox": pa.StructArray.from_arrays(
            [pa.array(boxes[:, i]) for i in range(4)],
            fields=list(STAGED["objects"].field("bbox").type),
            mask=mask,
        ),
        "position_origin": pa.array(np.where(known, place.origin, "none").tolist()),
    }


def _lonlat(grounds: Any, crs: str) -> Any:
    """Return geometries in CRS84; None for what lies outside the projection."""
    from cimkit.geometry.coverage import outlined
    from cimkit.geometry.crs import parse_crs, to_crs84

    coordinates, owner = shapely.get_coordinates(grounds, return_index=True)
    if not len(coordinates):
        return grounds
    lonlat = to_crs84(coordinates, parse_crs(crs))
    lost = np.unique(owner[~np.isfinite(lonlat).all(axis=1)])
    if len(lost):
        kept = ~np.isin(owner, lost)
        grounds[lost] = None
        lonlat = lonlat[kept]
    return outlined(shapely.set_coordinates(grounds, lonlat))
