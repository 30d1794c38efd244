"""Parts at fault, small enough to be embedded: millimetres about a point of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cimkit.reporters._places import points, shapes

__all__ = ["Shapes"]

_METRES = 111_320.0
"""Of a degree of latitude, as good as a drawing needs."""
_EACH = 2_000
_ALL = 300_000


class Shapes:
    """Shapes by row of the page, until there are vertices enough."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        """at (longitude, latitude), parts (d: dimension, c: x, y, z ... in millimetres)."""
        self._left = _ALL

    def spot(self, finding: Mapping[str, Any]) -> list[float | None]:
        """Return longitude, latitude and height of a finding, None where they are not known."""
        import shapely

        x, y, z = (finding[k] for k in ("x", "y", "z"))
        if (x is None or y is None) and finding["geometry"]:
            shape = shapes([finding])[0]
            if shape is not None and not shape.is_empty:
                middle = shapely.point_on_surface(shape)
                x, y = middle.x, middle.y
        elif points([finding])[0] is None:
            x = y = None
        return [None if v is None or v != v else v for v in (x, y, z)]

    def add(self, row: int, finding: Mapping[str, Any]) -> None:
        """Keep the part at fault of a finding that has one."""
        import shapely

        if not finding["geometry"] or self._left <= 0:
            return
        shape = shapes([finding])[0]
        if shape is None or shape.is_empty or shapely.get_num_coordinates(shape) > _EACH:
            return
        corners = shapely.get_coordinates(shape, include_z=True)
        at = corners[0, :2].round(7)
        if not np.isfinite(corners[:, :2]).all():
            return
        self._left -= len(corners)
        level = finding["z"] or 0.0
        scale = np.array([_METRES * np.cos(np.radians(at[1])), _METRES, 1.0]) * 1000.0
        parts = []
        for part in shapely.get_parts(shape):
            dimension = int(shapely.get_dimensions(part))
            rings = shapely.get_rings(part) if dimension == 2 else [part]
            for ring in rings:
                c = shapely.get_coordinates(ring, include_z=True)
                c[:, 2] = np.where(np.isfinite(c[:, 2]), c[:, 2], level)
                local = ((c - [at[0], at[1], 0.0]) * scale).round().astype(np.int64)
                parts.append({"d": dimension, "c": local.ravel().tolist()})
        self.rows[row] = {"at": at.tolist(), "parts": parts}
