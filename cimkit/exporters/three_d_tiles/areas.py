"""The layer of areas: polygons without a height.

Where objects are set on the terrain they follow it, in steps of some 10 metres, or of a
hundredth of their extent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cimkit.exporters.three_d_tiles.clamping import ground_key
from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, Reals, Rows, corners, shapes_of
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, flatten

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["AREA_ABOVE", "draw"]

AREA_ABOVE = 0.03
"""Metres that areas lie above the ground, so that neither flickers; roads lie higher."""
_WIDE = 10_000.0
"""Metres of extent from which the ground of the next object is not that of an area."""
_CURVED, _RELIEF = 1000.0, 10.0
"""Metres between vertices: the earth bends by 20 mm in a kilometre, the ground by more."""
_PARTS = 24.0, 100.0
"""Vertices along an area, at most, where it follows the earth, and the ground."""


def draw(making: Making) -> Drawn | None:
    """Polygons without a height, as surfaces on the ground."""
    table = features(making.selection, "areas", WKB)
    shapes, middle, span = shapes_of(table)
    heights, low = making.heights, number(table, "z_min")
    datum = texts(table, "vertical_datum")
    free = np.isnan(low)
    # A land or a province lies at the level of the sea: what is near its middle says nothing.
    wide = free & (span > _WIDE)
    heights.at_zero += int(wide.sum())
    low[wide] = 0.0
    level = heights.ellipsoidal(middle, heights.ground(middle, low, datum), datum) + AREA_ABOVE
    terrain = heights.terrain
    draped = free & (terrain is not None)
    step = np.where(
        draped, np.maximum(_RELIEF, span / _PARTS[1]), np.maximum(_CURVED, span / _PARTS[0])
    )

    def build(rows: Rows) -> Mesh:
        def ground(xy: Reals, own: Rows) -> Reals:
            on = draped[rows[own]]
            z = np.full(len(xy), np.nan)
            if terrain is not None and on.any():
                z[on] = terrain(xy[on]) + AREA_ABOVE
            return z

        return flatten(shapes[rows], level[rows], step[rows], ground)

    layer = Layer(
        table.drop_columns(["wkb"]),
        ecef(middle[:, 0], middle[:, 1], level),
        span,
        corners(shapes) * 40.0 + (span / step) ** 2 * 8.0 + TEXTS,
        build,
        color=(0.62, 0.74, 0.55, 1.0),
        inputs=pa.table(
            {
                "shape": table["wkb"],
                "level": level,
                "step": step,
                "ground": pa.array([ground_key(making)] * table.num_rows, pa.string()),
            }
        ),
    )
    return making.draw("areas", [layer])
