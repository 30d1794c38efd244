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
    """Give the rows of a raster that was probed.

    Parameters
    ----------
    source : Source
        The raster.
    asset : Asset
        What `probe` found out, the outline and statistics of the bands included.
    """
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.vector import boxes, content_hash, measures, write_wkb

    said = asset.properties
    own = shapely.geometry.shape(said["outline"]) if "outline" in said else None
    outline = np.array([own], dtype=object)
    placed = np.array([shapely.from_wkb(asset.footprint) if asset.footprint else None], object)
    known = parse_crs(asset.crs) if asset.footprint and asset.crs else None
    area = measures(outline, known)[0]
    heights = said["class"] == "dem" and asset.bbox is not None and len(asset.bbox) == 6
    text = json.dumps({**asset.counts, **said, "sha256": asset.sha256})
    wkb = write_wkb(outline)
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": asset.sha256 or source.path,
        "key_origin": "sha256",
        "source_class": said["class"],
        "kind": "raster",
        "name": PurePosixPath(source.path).stem,
        "geometry": write_wkb(placed)[0].as_py(),
        "bbox": boxes(placed)[0].as_py(),
        "z_min": asset.bbox[2] if heights and asset.bbox else None,
        "z_max": asset.bbox[5] if heights and asset.bbox else None,
        "area_m2": None if np.isnan(area[0]) else float(area[0]),
        "position_origin": _origin(asset),
        "properties": json.dumps({**asset.counts, **said}),
        "content_hash": content_hash(wkb, pa.array([text]))[0].as_py(),
    }
    yield "objects", pa.Table.from_pylist([row], schema=STAGED["objects"])
    if own is not None:
        outline_row = {k: row[k] for k in ("source_layer", "source_key")}
        outline_row |= {
            "geometry_type": own.geom_type,
            "crs": asset.crs,
            "wkb": wkb[0].as_py(),
        }
        yield "geometries", pa.Table.from_pylist([outline_row], schema=STAGED["geometries"])
    measured = list(_measures(said))
    measured += [_measure(*row) for row in take(source)]
    if measured:
        yield "measures", pa.Table.from_pylist(measured, schema=STAGED["measures"])


def _measures(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for i, band in enumerate(said.get("bands", ()), 1):
        cell = f"band {i}"
        unit = band.get("unit")
        for name, measure in _STATISTICS:
            if name in band:
                yield _measure(measure, cell, band[name], unit)
        if "valid_share" in band:
            yield _measure("band_valid_share", cell, band["valid_share"], "1")
    if "pixels_read" in said:
        yield _measure("pixels_read_share", "", said["pixels_read"], "1")
    if said.get("resolution_m"):
        for cell, value in zip(("column", "row"), said["resolution_m"], strict=True):
            yield _measure("resolution", cell, value, "m")
    if "voids" in said:
        yield _measure("void_share", "", said["voids"], "1")


def _measure(name: str, cell: str, value: float, unit: str | None) -> dict[str, Any]:
    number = float(value)
    kept = number if math.isfinite(number) else None
    return {"source_layer": "", "name": name, "cell": cell, "value": kept, "unit": unit}


def _origin(asset: Asset) -> str:
    if asset.footprint is None:
        return "none"
    return "sheet" if asset.crs_origin == "sheet" else "file"
