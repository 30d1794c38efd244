"""Scene layer packages (I3S, .slpk): what the layer says of itself. OGC 17-014r9."""

from __future__ import annotations

import json
from typing import Any

import shapely

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import parse_crs
from cimkit.loaders._placing import place
from cimkit.loaders._placing.heights import heights
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.tiles3d.store import ZipStore
from cimkit.model import Asset, Problem, Source

__all__ = ["probe_i3s"]

_LARGEST = 64_000_000
"""Bytes of the layer's description, unpacked."""


def probe_i3s(store: ZipStore, source: Source, options: ReadOptions) -> Asset:
    """Say what a scene layer holds and where it lies; its nodes are counted, not read.

    Raises
    ------
    SourceUnreadable
        If its description cannot be read.
    """
    said = _layer(store, source)
    problems: list[Problem] = []
    extent = said.get("fullExtent")
    store_extent = (said.get("store") or {}).get("extent")
    reference = said.get("spatialReference") or {}
    bounds, z = None, None
    if isinstance(extent, dict):
        try:
            bounds = tuple(float(extent[k]) for k in ("xmin", "ymin", "xmax", "ymax"))
            z = (float(extent["zmin"]), float(extent["zmax"])) if "zmin" in extent else None
            reference = extent.get("spatialReference") or reference
        except (KeyError, TypeError, ValueError):
            bounds = None
    if bounds is None and isinstance(store_extent, list) and len(store_extent) == 4:
        bounds = tuple(float(v) for v in store_extent)
    crs = _crs(reference)
    declared = options.declared
    placed = place(
        "",
        declared.crs or crs,
        "sheet" if declared.crs else "declared",
        bounds,  # type: ignore[arg-type]
        source,
    )
    vertical = declared.vertical_datum or _vertical(reference, said)
    measured = heights(
        "",
        placed.crs,
        vertical,
        "sheet" if declared.vertical_datum else "declared" if vertical else "none",
        z,
        source,
    )
    problems += [*placed.problems, *measured.problems]
    shape = shapely.box(*placed.box) if placed.box else None
    nodes = sum(n.startswith("nodes/") and n.count("/") >= 2 for n in store.sizes)
    pages = sum(n.startswith("nodepages/") for n in store.sizes)
    fields = {f["name"]: f.get("type") for f in said.get("fields") or [] if "name" in f}
    box = None
    if bounds is not None:
        box = bounds if z is None else (*bounds[:2], z[0], *bounds[2:], z[1])
    keep = ("layerType", "name", "copyrightText", "description", "version", "heightModelInfo")
    return Asset(
        path=source.path,
        kind="tiles",
        format=f"I3S {(said.get('store') or {}).get('version', '')}".strip(),
        media_type="application/zip",
        counts={"members": len(store.sizes), "node_files": nodes, "node_pages": pages},
        crs=placed.name,
        crs_origin=placed.origin if placed.name else "none",  # type: ignore[arg-type]
        vertical_datum=measured.datum,
        bbox=box,
        bbox_wgs84=placed.box,
        footprint=None if shape is None else shape.wkb,
        properties={"class": "scene layer", "fields": fields}
        | {k: said[k] for k in keep if said.get(k)}
        | ({"heights": list(z)} if z else {}),
        problems=tuple(problems),
    )


def _layer(store: ZipStore, source: Source) -> dict[str, Any]:
    try:
        name = "3dSceneLayer.json"
        raw = store.read(name if store.size(name) is not None else f"{name}.gz", _LARGEST)
        said = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable(
            "the description of the scene layer cannot be read", where=source.path, got=str(error)
        ) from error
    if not isinstance(said, dict):
        raise SourceUnreadable("the description of the scene layer is no object", where=source.path)
    return said


def _crs(reference: Any) -> str | None:
    if not isinstance(reference, dict):
        return None
    if isinstance(reference.get("wkt"), str):
        return str(reference["wkt"])
    for key in ("latestWkid", "wkid"):
        code = reference.get(key)
        if isinstance(code, int) and code > 0:
            name = f"{'ESRI' if code > 100_000 else 'EPSG'}:{code}"
            try:
                parse_crs(name)
            except ValueError:
                continue
            return name
    return None


def _vertical(reference: Any, said: dict[str, Any]) -> str | None:
    for key in ("latestVcsWkid", "vcsWkid"):
        code = reference.get(key) if isinstance(reference, dict) else None
        if isinstance(code, int) and 0 < code < 100_000:
            return f"EPSG:{code}"
    model = said.get("heightModelInfo")
    if isinstance(model, dict) and model.get("heightModel") == "ellipsoidal":
        return "EPSG:4979"
    return None
