"""Write buildings of the plan as CityJSON: solids of LoD 1 on their GIS footprints."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cimkit.demo.frame import WEST, projected
from cimkit.demo.plan import Plan

__all__ = ["write_citymodel"]

_STEP = 0.001  # metres of the integer coordinates


def write_citymodel(
    file: Path, plan: Plan, rows: Sequence[int], *, roofless: int, unnamed: Collection[int] = ()
) -> None:
    """Write CityJSON 2.0: a prism a building, in the western zone.

    Parameters
    ----------
    rows : sequence of int
        Buildings of the plan.
    roofless : int
        Row of the one whose solid lacks its roof (a planted defect).
    unnamed : collection of int
        Rows of those known by a number of the producer's own instead of ``bldg_id``.
    """
    b = plan.buildings
    vertices: list[list[float]] = []
    objects: dict[str, Any] = {}
    outlines = projected(b.outline[list(rows)], WEST)
    for row, outline in zip(rows, outlines, strict=True):
        low = float(b.base_z[row])
        prism, shell = _prism(outline, low, low + float(b.height[row]), len(vertices))
        vertices += prism
        if row == roofless:
            del shell[1]
        key = f"LOD-{row + 1:06d}" if row in unnamed else f"LJB-{row + 1:06d}"
        objects[key] = {
            "type": "Building",
            "attributes": {
                "measuredHeight": float(b.height[row]),
                "storeysAboveGround": int(b.floors[row]),
                "yearOfConstruction": int(b.built[row]),
            },
            "geometry": [{"type": "Solid", "lod": "1.2", "boundaries": [shell]}],
        }
    xyz = np.array(vertices)
    origin = np.floor(xyz.min(axis=0))
    whole = np.round((xyz - origin) / _STEP).astype(int)
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [_STEP] * 3, "translate": origin.tolist()},
        "metadata": {
            "title": "临江市示范片区",
            "referenceDate": "2026-09-01",
            "referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/" + WEST.rpartition(":")[2],
        },
        "CityObjects": objects,
        "vertices": whole.tolist(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def _prism(
    outline: shapely.Polygon, low: float, high: float, first: int
) -> tuple[list[list[float]], list[list[list[int]]]]:
    """Return the corners of a prism, numbered from ``first``, and its floor, roof and walls."""
    corners: list[list[float]] = []
    floor: list[list[int]] = []
    roof: list[list[int]] = []
    walls: list[list[list[int]]] = []
    # Outer ring counter-clockwise, holes clockwise: the inside is on the left of every edge.
    for ring in (outline.exterior, *outline.interiors):
        xy = shapely.get_coordinates(ring)[:-1].tolist()
        count, start = len(xy), first + len(corners)
        corners += [[x, y, z] for z in (low, high) for x, y in xy]
        below = list(range(start, start + count))
        above = list(range(start + count, start + 2 * count))
        floor.append(below[::-1])
        roof.append(above)
        for k in range(count):
            after = (k + 1) % count
            walls.append([[below[k], below[after], above[after], above[k]]])
    return corners, [floor, roof, *walls]
