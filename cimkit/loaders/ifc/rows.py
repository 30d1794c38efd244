"""Rows of the staged tables from an IFC model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.ifc.claims import length_unit
from cimkit.loaders.ifc.geometry import Element, elements
from cimkit.loaders.ifc.origins import origins
from cimkit.loaders.ifc.place import Georeference
from cimkit.loaders.ifc.properties import Relations
from cimkit.loaders.ifc.values import json_text
from cimkit.model import STAGED, Problem

__all__ = ["rows"]

Reals = npt.NDArray[np.float64]
_CHUNK = 2_000


class _Extent:
    """Hull and heights of one object, in metres of the CRS if the model is placed."""

    __slots__ = ("bottom", "digest", "hull", "top")

    def __init__(self, hull: Reals, bottom: float, top: float, digest: str = "") -> None:
        self.hull, self.bottom, self.top, self.digest = hull, bottom, top, digest


def rows(
    model: Any, place: Georeference, threads: int, problems: list[Problem]
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables ``shapes``, ``placements`` and ``objects`` of a model.

    Parameters
    ----------
    model : ifcopenshell.file
    place : Georeference
        Takes metres of the model to metres of the CRS.
    threads : int
        For the geometry kernels.
    problems : list of Problem
        What cannot be read is appended.
    """
    products = model.by_type("IfcProduct")
    keys = _keys(products)
    extents: dict[int, _Extent] = {}
    wanted = [p for p in products if not p.is_a("IfcFeatureElementSubtraction")]
    spaces = {p.id() for p in wanted if p.is_a("IfcSpace")}
    seen: set[str] = set()
    shapes: list[dict[str, Any]] = []
    placements: list[dict[str, Any]] = []
    for element in elements(model, wanted, threads, problems):
        matrix = place.matrix @ element.matrix
        extents[element.number] = _extent(element, place.matrix, matrix)
        if element.number in spaces:
            continue
        for part in element.parts:
            if part.shape_id not in seen:
                seen.add(part.shape_id)
                shapes.append(
                    {
                        "shape_id": part.shape_id,
                        "positions": part.positions.ravel(),
                        "indices": part.indices.ravel(),
                    }
                )
            centred = matrix.copy()
            centred[:3, 3] += matrix[:3, :3] @ part.centre
            placements.append(
                {
                    "source_layer": "",
                    "source_key": keys[element.number],
                    "shape_id": part.shape_id,
                    "matrix": centred.ravel(order="F"),
                    "lod": None,
                    "color": part.color,
                }
            )
        if len(placements) >= _CHUNK:
            yield from _meshes(shapes, placements)
            shapes, placements = [], []
    yield from _meshes(shapes, placements)
    yield from _objects(model, products, keys, extents, place)


def _meshes(
    shapes: list[dict[str, Any]], placements: list[dict[str, Any]]
) -> Iterator[tuple[str, pa.Table]]:
    if shapes:
        yield "shapes", pa.Table.from_pylist(shapes, STAGED["shapes"])
    if placements:
        yield "placements", pa.Table.from_pylist(placements, STAGED["placements"])


def _keys(products: Any) -> dict[int, str]:
    """Return a key for each product: its GlobalId, or told apart where that is not unique."""
    keys: dict[int, str] = {}
    used: set[str] = set()
    for product in products:
        key = product.GlobalId or ""
        if not key or key in used:
            key = f"{key}#{product.id()}"
        used.add(key)
        keys[product.id()] = key
    return keys


def _extent(element: Element, world: Reals, matrix: Reals) -> _Extent:
    import shapely

    points = element.vertices @ world[:3, :3].T + world[:3, 3]
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(points[:, :2])))
    digest = hashlib.sha256()
    for part in element.parts:
        digest.update(part.shape_id.encode())
        digest.update(np.round(part.centre, 4).tobytes())
    digest.update((np.round(matrix, 4) + 0.0).tobytes())
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    return _Extent(hull, low, high, digest.hexdigest()[:16])


def _spread(products: Any, relations: Relations, extents: dict[int, _Extent]) -> None:
    """Give wholes without a body of their own (storeys, sites, assemblies) the hull of their parts.

    Their heights are those of the parts. A storey then answers to "what is here".
    """
    import shapely

    gathered: dict[int, list[_Extent]] = {}
    for product in products:
        extent = extents.get(product.id())
        above, passed = relations.parent.get(product.id()), {product.id()}
        while extent is not None and above is not None and above.id() not in passed:
            passed.add(above.id())
            if above.id() not in extents:
                gathered.setdefault(above.id(), []).append(extent)
            above = relations.parent.get(above.id())
    for number, parts in gathered.items():
        points = np.concatenate([p.hull for p in parts])
        hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(points)))
        extents[number] = _Extent(hull, min(p.bottom for p in parts), max(p.top for p in parts))


def _objects(
    model: Any,
    products: Any,
    keys: dict[int, str],
    extents: dict[int, _Extent],
    place: Georeference,
) -> Iterator[tuple[str, pa.Table]]:
    relations = Relations(model)
    _spread(products, relations, extents)
    points = origins(model)
    unit = length_unit(model)
    for start in range(0, len(products), _CHUNK):
        chunk = products[start : start + _CHUNK]
        shown = [_facts(p, keys, relations, extents.get(p.id()), unit) for p in chunk]
        if place.placed:
            _locate(chunk, shown, extents, points, place)
        yield "objects", pa.Table.from_pylist(shown, STAGED["objects"])


def _facts(
    product: Any,
    keys: dict[int, str],
    relations: Relations,
    extent: _Extent | None,
    unit: float,
) -> dict[str, Any]:
    found, measures = relations.properties(product)
    above = relations.parent.get(product.id())
    text = json_text(found)
    attributes = found.get("attributes", {})
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {
        "source_layer": "",
        "source_key": keys[product.id()],
        "key_origin": "globalid" if keys[product.id()] == product.GlobalId else "id",
        "source_class": product.is_a(),
        "kind": "bim",
        "parent_key": keys.get(above.id()) if above is not None else None,
        "name": attributes.get("Name") or attributes.get("LongName"),
        "z_min": extent.bottom if extent else None,
        "z_max": extent.top if extent else None,
        "height": extent.top - extent.bottom if extent else None,
        "area_m2": measures.get("area"),
        "length_m": measures["length"] * unit if "length" in measures else None,
        "position_origin": "none",
        "properties": text,
        "content_hash": (extent.digest if extent else "").rjust(16, "0") + digest,
        "place": f"#{product.id()}",
    }


def _locate(
    chunk: Any,
    shown: list[dict[str, Any]],
    extents: dict[int, _Extent],
    points: dict[int, tuple[float, float, float]],
    place: Georeference,
) -> None:
    """Write footprint and box in CRS84 into the rows; without a shape, the placement's origin."""
    import shapely

    from cimkit.geometry.crs import parse_crs, to_crs84

    rings: list[Reals] = []
    owners: list[int] = []
    for index, product in enumerate(chunk):
        extent = extents.get(product.id())
        if extent is not None:
            rings.append(extent.hull)
        elif product.id() in points:
            local = np.array(points[product.id()])
            rings.append((place.matrix[:3, :3] @ local + place.matrix[:3, 3])[None, :2])
        else:
            continue
        owners.append(index)
    if not rings:
        return
    lengths = [len(r) for r in rings]
    lonlat = to_crs84(np.concatenate(rings), parse_crs(place.crs or ""))
    parts = np.repeat(np.arange(len(rings)), lengths)
    sound = np.isfinite(lonlat).all(axis=1)
    hulls = shapely.convex_hull(shapely.multipoints(lonlat[sound], indices=parts[sound]))
    present = np.unique(parts[sound])
    for at, wkb, box in zip(present, shapely.to_wkb(hulls), shapely.bounds(hulls), strict=True):
        row = shown[owners[at]]
        row["geometry"] = wkb
        row["bbox"] = dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, box), strict=True))
        row["position_origin"] = place.origin
