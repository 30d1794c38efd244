"""Outlines of the plane as geometries of city objects: blocks, surfaces, lines and points."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.exporters._cityjson.drafts import Draft
from cimkit.exporters._cityjson.types import fitting

__all__ = ["outlined"]

Reals = npt.NDArray[np.float64]
_CRS84 = "OGC:CRS84"
_MIXED = "geometry collections"


def outlined(rows: list[dict[str, Any]], given: dict[int, tuple[bytes, str]]) -> _Outlines:
    """Return the geometries of objects that have an outline in the plane.

    Parameters
    ----------
    rows : list of dict
        Columns of the objects, with ``properties`` read.
    given : dict
        For rows with a geometry in the source's own CRS: WKB and CRS.
    """
    found = _Outlines()
    mine = [n for n, row in enumerate(rows) if n in given or row["wkb"] is not None]
    own = _read([given[n][0] if n in given else None for n in mine])
    flat = _read([rows[n]["wkb"] for n in mine])
    for n, exact, plain in zip(mine, own, flat, strict=True):
        # In a collection there may be curves and TINs, which GEOS does not read.
        shape, crs = (plain, _CRS84) if exact is None else (exact, given[n][1])
        if shape is not None and not shape.is_empty:
            found.draw(n, rows[n], shape, crs)
    return found


def _read(wkb: list[bytes | None]) -> npt.NDArray[Any]:
    if not wkb:
        return np.empty(0, object)
    shapes: npt.NDArray[Any] = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore")
    return shapes


class _Outlines:
    """Geometries, and what was assumed."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.flat = 0
        """Objects that stand at 0 m because nobody knows better."""
        self.lost: Counter[str] = Counter()
        """What has no geometry in CityJSON."""

    def draw(self, owner: int, row: dict[str, Any], shape: Any, crs: str) -> None:
        """Add the geometries of one object."""
        kind = shape.geom_type
        level = _number(row["z_min"])
        level = _number(row["properties"].get("base_z")) if level is None else level
        if level is None and not shape.has_z:
            self.flat += 1
        base = level or 0.0
        if kind in ("Point", "MultiPoint"):
            points = _points(shape, base)
            self._add(owner, row, points, crs, "MultiPoint", "0", list(range(len(points))))
        elif kind in ("LineString", "MultiLineString", "LinearRing"):
            lines = [_points(part, base) for part in shapely.get_parts(shape)]
            nested, points = _numbered(lines)
            self._add(owner, row, points, crs, "MultiLineString", "0", nested)
        elif kind in ("Polygon", "MultiPolygon"):
            self._surfaces(owner, row, shape, crs, base)
        else:
            self.lost[_MIXED] += 1

    def _surfaces(self, owner: int, row: dict[str, Any], shape: Any, crs: str, base: float) -> None:
        height = _number(row["height"])
        if height is None:
            height = _number(row["properties"].get("height"))
        parts = [p for p in shapely.get_parts(shape) if not p.is_empty]
        surfaces = [_rings(part, base) for part in parts]
        nested: list[Any] = []
        start = 0
        for rings in surfaces:
            indices, points = _numbered(rings)
            nested.append([[i + start for i in ring] for ring in indices])
            start += len(points)
        whole = np.concatenate([ring for rings in surfaces for ring in rings])
        self._add(owner, row, whole, crs, "MultiSurface", "0", nested)
        if height is None or not height > 0 or fitting(row["type"], "Solid") is None:
            return
        for rings in surfaces:
            points, shell, values = block(rings, height)
            semantics = None
            if row["type"].startswith("Building"):
                names = ("GroundSurface", "RoofSurface", "WallSurface")
                semantics = {"surfaces": [{"type": n} for n in names], "values": [values]}
            self._add(owner, row, points, crs, "Solid", "1", [shell], semantics)

    def _add(
        self,
        owner: int,
        row: dict[str, Any],
        points: Reals,
        crs: str,
        kind: str,
        lod: str,
        nested: list[Any],
        semantics: dict[str, Any] | None = None,
    ) -> None:
        shape: dict[str, Any] = {"type": kind, "lod": lod, "boundaries": nested}
        if semantics is not None:
            shape["semantics"] = semantics
        self.drafts.append(Draft(owner, points, crs, shape, item=row["item_id"]))


def block(rings: list[Reals], height: float) -> tuple[Reals, list[Any], list[int]]:
    """Return the vertices, the shell and the kind of each surface of a block.

    Parameters
    ----------
    rings : list of ndarray
        Open rings, shape (n, 3), the outer one counter-clockwise, holes clockwise, from above.
    height : float
        In the unit of z.

    Returns
    -------
    points : ndarray, shape (2 n, 3)
        All bottom corners, then all top corners.
    shell : list
        Surfaces facing outwards: bottom, top, walls.
    values : list of int
        0 bottom, 1 top, 2 wall.
    """
    ground = np.concatenate(rings)
    low = float(ground[:, 2].min())
    bottom, roof = ground.copy(), ground.copy()
    bottom[:, 2], roof[:, 2] = low, low + height
    count, start = len(ground), 0
    floor: list[list[int]] = []
    cover: list[list[int]] = []
    walls: list[list[list[int]]] = []
    for ring in rings:
        n = len(ring)
        own = list(range(start, start + n))
        floor.append(own[::-1])
        cover.append([i + count for i in own])
        for a, b in zip(own, [*own[1:], own[0]], strict=True):
            walls.append([[a, b, b + count, a + count]])
        start += n
    values = [0, 1, *([2] * len(walls))]
    return np.concatenate([bottom, roof]), [floor, cover, *walls], values


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None


def _points(shape: Any, base: float) -> Reals:
    points = shapely.get_coordinates(shape, include_z=True)
    points[~np.isfinite(points[:, 2]), 2] = base
    return points


def _rings(polygon: Any, base: float) -> list[Reals]:
    """Return open rings, the outer one counter-clockwise from above, holes clockwise."""
    found = []
    for number, ring in enumerate([polygon.exterior, *polygon.interiors]):
        points = _points(ring, base)[:-1]
        found.append(points[::-1] if ring.is_ccw == (number > 0) else points)
    return found


def _numbered(parts: list[Reals]) -> tuple[list[list[int]], Reals]:
    starts = np.cumsum([0, *map(len, parts)])
    nested = [list(range(a, b)) for a, b in pairwise(starts.tolist())]
    return nested, np.concatenate(parts)
