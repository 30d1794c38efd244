"""Rows of the staged tables from a cloud whose points were counted."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from pyproj import CRS

from cimkit.loaders.pointcloud.chunk import KEY_POINT, OVERLAP, SYNTHETIC, WITHHELD, CloudFacts
from cimkit.loaders.pointcloud.tally import Tally
from cimkit.model import STAGED, Asset

__all__ = ["footprint", "key_of", "objects", "summary"]


def key_of(path: str) -> str:
    """Return what a cloud is called: its file, or the folder of its tiles (``ept.json``)."""
    at = PurePosixPath(path)
    return at.parent.name if at.name.lower() == "ept.json" and at.parent.name else at.name


def summary(tally: Tally) -> dict[str, Any]:
    """Return what to remember of the points as JSON values."""
    held: dict[str, Any] = {
        "points": tally.points,
        "classes": _counted(tally.classes),
        "returns": _counted(tally.returns),
        "returns_of_pulse": _counted(tally.pulses),
        "channels": _counted(tally.channels),
        "sources": _counted(tally.sources, 50),
        "density": round(tally.density(), 3),
        "colored": bool(tally.color),
    }
    for name, bit in (
        ("synthetic", SYNTHETIC),
        ("key_points", KEY_POINT),
        ("withheld", WITHHELD),
        ("overlap", OVERLAP),
    ):
        if tally.flagged(bit):
            held[name] = tally.flagged(bit)
    for name, span in (
        ("intensity", tally.intensity),
        ("nir", tally.nir),
        ("gps_time", tally.time),
    ):
        if span is not None:
            held[name] = list(span)
    if tally.extra:
        held["ranges"] = {k: list(v) for k, v in tally.extra.items()}
    if tally.color is not None:
        held["color_max"] = tally.color
    if tally.waves:
        held["wave_packets"] = tally.waves
    if tally.timeless:
        held["without_time"] = tally.timeless
    return {k: v for k, v in held.items() if v not in ({}, None)}


def _counted(held: Any, most: int = 256) -> dict[str, int]:
    return {str(i): int(held[i]) for i in np.flatnonzero(held)[:most]}


def footprint(tally: Tally, crs: CRS) -> Any:
    """Return the outline of a cloud in CRS84, or None if it has none there."""
    import shapely

    from cimkit.geometry.coverage import outlined
    from cimkit.geometry.crs import to_crs84

    own = tally.grid.footprint(tally.low, tally.high)
    placed = to_crs84(shapely.get_coordinates(own), crs)
    if not np.isfinite(placed).all():
        return None
    return outlined(np.array([shapely.set_coordinates(own, placed)], object))[0]


def objects(name: str, asset: Asset, facts: CloudFacts, tally: Tally | None) -> pa.Table:
    """Return the table of the one object that a cloud is.

    Parameters
    ----------
    name : str
        Its file name, which is its key: a tile keeps its name over deliveries.
    asset : Asset
        As probed.
    facts : CloudFacts
    tally : Tally or None
        None if the cloud has no points.
    """
    import orjson
    import shapely

    unit = float(asset.properties.get("z_unit_m", 1.0))
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": name,
        "key_origin": "id",
        "source_class": asset.kind,
        "kind": asset.kind,
        "name": name,
        "position_origin": "none",
        "place": "",
    }
    held: dict[str, Any] = {"format": facts.format, "points": facts.points, **facts.counts}
    if tally is not None:
        held |= summary(tally)
        row |= {
            "z_min": float(tally.low[2]) * unit,
            "z_max": float(tally.high[2]) * unit,
            "height": float(tally.high[2] - tally.low[2]) * unit,
            "area_m2": tally.area(),
        }
    if asset.observed_start:
        row["observed"] = datetime.fromisoformat(asset.observed_start)
    if asset.footprint is not None:
        outline = shapely.from_wkb(asset.footprint)
        sides = ("xmin", "ymin", "xmax", "ymax")
        row |= {
            "geometry": asset.footprint,
            "bbox": dict(zip(sides, map(float, shapely.bounds(outline)), strict=True)),
            "position_origin": "sheet" if asset.crs_origin == "sheet" else "file",
        }
    text = orjson.dumps(held, option=orjson.OPT_SORT_KEYS).decode()
    row["properties"] = text
    shape = hashlib.sha256(str(tally.box() if tally else None).encode())
    row["content_hash"] = shape.hexdigest()[:16] + hashlib.sha256(text.encode()).hexdigest()[:16]
    return pa.Table.from_pylist([row], STAGED["objects"])
