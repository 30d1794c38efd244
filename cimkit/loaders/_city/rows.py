"""Rows of the staged tables from a stream of city objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely
from pyproj import CRS

from cimkit.geometry.coverage import outlined
from cimkit.geometry.validity import made_valid
from cimkit.geometry.vector import boxes, measures, shapes_to_crs84, write_wkb
from cimkit.loaders._city.model import CityGeometry, CityObject
from cimkit.loaders._city.outlines import outlines
from cimkit.loaders._city.tally import Tally
from cimkit.model import STAGED, Problem

__all__ = ["rows"]

_CHUNK = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Extent:
    """Outline and heights of one object in the source's CRS."""

    __slots__ = ("bottom", "outline", "top")

    def __init__(self, outline: Any, bottom: float, top: float) -> None:
        self.outline, self.bottom, self.top = outline, bottom, top


def rows(
    objects: Iterable[CityObject],
    crs: CRS | None,
    crs_text: str | None,
    origin: str,
    tally: Tally,
) -> Iterator[tuple[str, pa.Table]]:
    """Yield ``geometries``, ``relations`` and ``objects`` in chunks.

    Objects without a geometry of their own come last, with the outline of their parts.

    Parameters
    ----------
    objects : iterable of CityObject
    crs : CRS or None
        None: the objects have no place on the earth, their outline stays NULL.
    crs_text : str or None
        How `crs` is named in ``geometries``.
    origin : str
        For ``position_origin`` of those that have a place.
    tally : Tally
        Takes ``key-duplicate``.
    """
    extents: dict[str, list[_Extent]] = {}
    bare: list[CityObject] = []
    waiting: list[tuple[CityObject, list[CityGeometry]]] = []
    seen: set[str] = set()
    for item in objects:
        if item.key in seen:
            tally.add(_duplicate(item))
            item.key = f"{item.key}#{len(seen)}"
        seen.add(item.key)
        own = _own(item)
        if not own:
            bare.append(item)
            continue
        waiting.append((item, own))
        if len(waiting) >= _CHUNK:
            yield from _tables(_measured(waiting, extents), crs, crs_text, origin)
            waiting = []
    yield from _tables(_measured(waiting, extents), crs, crs_text, origin)
    # A whole may have parts that are wholes themselves: twice is as deep as the formats go.
    for _ in range(2):
        for item in bare:
            if item.key in extents and item.parent is not None:
                extents.setdefault(item.parent, [])
                whole = _whole(extents[item.key])
                if not any(e.outline == whole.outline for e in extents[item.parent]):
                    extents[item.parent].append(whole)
    for start in range(0, len(bare), _CHUNK):
        part = bare[start : start + _CHUNK]
        yield from _tables(
            [(i, _whole(extents[i.key]) if i.key in extents else None) for i in part],
            crs,
            crs_text,
            origin,
        )


def _duplicate(item: CityObject) -> Problem:
    return Problem(
        code="key-duplicate",
        message="Two objects of the source have one identifier; the later was renamed.",
        severity="error",
        place=item.place or item.key,
        got=item.key,
        expected="an identifier of its own for each object",
    )


def _own(item: CityObject) -> list[CityGeometry]:
    """Return the geometries that are the object itself, in the CRS of the source."""
    given = [g for g in item.geometries if len(g.vertices) and g.crs is None]
    return [g for g in given if not g.aside] or given


def _measured(
    waiting: list[tuple[CityObject, list[CityGeometry]]], extents: dict[str, list[_Extent]]
) -> list[tuple[CityObject, _Extent | None]]:
    """Return objects with outline and heights, and add those to what their wholes have."""
    measured: list[tuple[CityObject, _Extent | None]] = []
    drawn = outlines([own for _, own in waiting])
    for (item, own), outline in zip(waiting, drawn, strict=True):
        # A footprint is written at height 0 where its maker had none.
        risen = [g for g in own if not (g.lod.startswith("0") and not g.vertices[:, 2].any())]
        heights = [g.vertices[:, 2] for g in risen or own]
        extent = _Extent(
            outline, float(min(h.min() for h in heights)), float(max(h.max() for h in heights))
        )
        if item.parent is not None:
            extents.setdefault(item.parent, []).append(extent)
        measured.append((item, extent))
    return measured


def _whole(parts: list[_Extent]) -> _Extent:
    outlines = [p.outline for p in parts if p.outline is not None]
    merged = shapely.union_all(made_valid(outlines)) if outlines else None
    return _Extent(merged, min(p.bottom for p in parts), max(p.top for p in parts))


def _tables(
    chunk: list[tuple[CityObject, _Extent | None]],
    crs: CRS | None,
    crs_text: str | None,
    origin: str,
) -> Iterator[tuple[str, pa.Table]]:
    if not chunk:
        return
    geometries = [
        _geometry(item, geometry, crs_text) for item, _ in chunk for geometry in item.geometries
    ]
    if geometries:
        yield "geometries", pa.Table.from_pylist(geometries, STAGED["geometries"])
    relations = [
        {"source_layer": "", "source_key": i.key, "relation": r, "other_layer": "", "other_key": o}
        for i, _ in chunk
        for r, o in i.relations
    ]
    if relations:
        yield "relations", pa.Table.from_pylist(relations, STAGED["relations"])
    shapes = np.full(len(chunk), None, dtype=object)
    shapes[:] = [e.outline if e is not None else None for _, e in chunk]
    placed = outlined(shapes_to_crs84(shapes, crs))
    area, length, _, _ = measures(shapes, crs)
    facts = [_facts(item, extent) for item, extent in chunk]
    unit = _height_unit(crs)
    for row, (_, extent) in zip(facts, chunk, strict=True):
        if extent is not None:
            row["z_min"], row["z_max"] = extent.bottom * unit, extent.top * unit
            row["height"] = (extent.top - extent.bottom) * unit
    for index, row in enumerate(facts):
        row["position_origin"] = origin if placed[index] is not None else "none"
        if area[index] > 0:
            row["area_m2"] = float(area[index])
        elif length[index] > 0:
            row["length_m"] = float(length[index])
    table = pa.Table.from_pylist(facts, STAGED["objects"])
    for name, column in (("geometry", write_wkb(placed)), ("bbox", boxes(placed))):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, STAGED["objects"].field(name), column)
    yield "objects", table


def _height_unit(crs: CRS | None) -> float:
    if crs is None or len(crs.axis_info) < 3:
        return 1.0
    return float(crs.axis_info[2].unit_conversion_factor) or 1.0


def _geometry(item: CityObject, geometry: CityGeometry, crs_text: str | None) -> dict[str, Any]:
    return {
        "source_layer": "",
        "source_key": item.key,
        "lod": geometry.lod or None,
        "geometry_type": geometry.type,
        "crs": geometry.crs or crs_text,
        "vertices": geometry.vertices.ravel(),
        "boundaries": orjson.dumps(geometry.boundaries).decode(),
        "semantics": orjson.dumps(geometry.semantics).decode() if geometry.semantics else None,
        "appearance": orjson.dumps(geometry.appearance).decode() if geometry.appearance else None,
    }


def _facts(item: CityObject, extent: _Extent | None) -> dict[str, Any]:
    said: dict[str, Any] = {"attributes": item.attributes}
    if item.beside:
        said["beside"] = item.beside
    if item.instances:
        said["instances"] = item.instances
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    shape = hashlib.sha256()
    for geometry in item.geometries:
        # To a tenth of a millimetre: a transform's rounding is no change.
        shape.update(np.round(geometry.vertices, 4).tobytes())
        shape.update(orjson.dumps([geometry.type, geometry.lod, geometry.boundaries]))
    return {
        "source_layer": "",
        "source_key": item.key,
        "key_origin": "id",
        "source_class": item.type,
        "kind": "citymodel",
        "parent_key": item.parent,
        "name": item.name,
        "lifecycle": item.lifecycle,
        "valid_from": _microseconds(item.valid_from),
        "valid_to": _microseconds(item.valid_to),
        "properties": text.decode(),
        "content_hash": shape.hexdigest()[:16] + hashlib.sha256(text).hexdigest()[:16],
        "place": item.place,
    }


def _microseconds(moment: datetime | None) -> int | None:
    """Return what Arrow keeps; it would load pandas to find that out from a `datetime`."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
