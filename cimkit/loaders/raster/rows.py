"""The rows of a raster: one object, its outline, and what was measured in its bands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.loaders.raster.asked import take
from cimkit.model import STAGED, Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["rows"]

_STATISTICS = (
    ("minimum", "band_minimum"),
    ("maximum", "band_maximum"),
    ("mean", "band_mean"),
    ("deviation", "band_deviation"),
)


def rows(source: Source, asset: Asset) -> Iterator[tuple[str, pa.Table]]:
    """Give the rows of a raster that was probed, or of each of those in a container.

    Parameters
    ----------
    source : Source
        The raster.
    asset : Asset
        What `probe` found out, the outline and statistics of the bands included.
    """
    import pyarrow as pa

    tables: dict[str, list[dict[str, Any]]] = {"objects": [], "geometries": [], "measures": []}
    own = {k: v for k, v in asset.properties.items() if k != "rasters"}
    counts = {k: v for k, v in asset.counts.items() if k != "rasters"}
    own |= {"crs": asset.crs, "bbox": asset.bbox, "placed": asset.footprint is not None}
    first = {"name": asset.properties.get("raster", "")} | counts | own
    for said in (first, *asset.properties.get("rasters", ())):
        _add(tables, said, source, asset)
    tables["measures"] += [_measure(first["name"], *row) for row in take(source)]
    for name, held in tables.items():
        if held:
            yield name, pa.Table.from_pylist(held, schema=STAGED[name])


def _add(
    tables: dict[str, list[dict[str, Any]]], said: dict[str, Any], source: Source, asset: Asset
) -> None:
    """Add the object, the outline and the measures of one raster."""
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.vector import boxes, content_hash, measures, write_wkb
    from cimkit.loaders.raster.footprint import footprint

    layer = said["name"]
    box, crs = said.get("bbox"), said.get("crs")
    facts = {k: v for k, v in said.items() if k not in ("name", "crs", "bbox", "placed", "raster")}
    own = shapely.geometry.shape(said["outline"]) if "outline" in said else None
    known = parse_crs(crs) if said["placed"] and crs else None
    outline = np.array([own], dtype=object)
    there = footprint(own, known) if own is not None and known is not None else None
    placed = np.array([there], dtype=object)
    area = measures(outline, known)[0]
    heights = said["class"] == "dem" and box is not None and len(box) == 6
    text = json.dumps({**facts, "sha256": asset.sha256})
    wkb = write_wkb(outline)
    row: dict[str, Any] = {
        "source_layer": layer,
        "source_key": asset.sha256 or source.path,
        "key_origin": "sha256",
        "source_class": said["class"],
        "kind": "raster",
        "name": layer or PurePosixPath(source.path).stem,
        "geometry": write_wkb(placed)[0].as_py(),
        "bbox": boxes(placed)[0].as_py(),
        "z_min": box[2] if heights and box else None,
        "z_max": box[5] if heights and box else None,
        "area_m2": None if np.isnan(area[0]) else float(area[0]),
        "position_origin": _origin(asset, placed=there is not None),
        "properties": json.dumps(facts),
        "content_hash": content_hash(wkb, pa.array([text]))[0].as_py(),
    }
    tables["objects"].append(row)
    if own is not None:
        outline_row = {k: row[k] for k in ("source_layer", "source_key")}
        outline_row |= {"geometry_type": own.geom_type, "crs": crs, "wkb": wkb[0].as_py()}
        tables["geometries"].append(outline_row)
    tables["measures"] += _measures(layer, said)


def _measures(layer: str, said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for i, band in enumerate(said.get("bands", ()), 1):
        cell = f"band {i}"
        unit = band.get("unit")
        for name, measure in _STATISTICS:
            if name in band:
                yield _measure(layer, measure, cell, band[name], unit)
        if "valid_share" in band:
            yield _measure(layer, "band_valid_share", cell, band["valid_share"], "1")
    if "pixels_read" in said:
        yield _measure(layer, "pixels_read_share", "", said["pixels_read"], "1")
    if said.get("resolution_m"):
        for cell, value in zip(("column", "row"), said["resolution_m"], strict=True):
            yield _measure(layer, "resolution", cell, value, "m")
    if "voids" in said:
        yield _measure(layer, "void_share", "", said["voids"], "1")


def _measure(layer: str, name: str, cell: str, value: float, unit: str | None) -> dict[str, Any]:
    number = float(value)
    kept = number if math.isfinite(number) else None
    return {"source_layer": layer, "name": name, "cell": cell, "value": kept, "unit": unit}


def _origin(asset: Asset, *, placed: bool) -> str:
    if not placed:
        return "none"
    return "sheet" if asset.crs_origin == "sheet" else "file"
