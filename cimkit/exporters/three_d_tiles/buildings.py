"""The layer of buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, corners, shapes_of
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, extrude

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Footprints that have a height, as blocks."""
    table = features(making.selection, "buildings", WKB)
    shapes, middle, span = shapes_of(table)
    base = making.heights.ellipsoidal(
        middle,
        making.heights.ground(middle, number(table, "z_min")),
        texts(table, "vertical_datum"),
    )
    height = number(table, "height")
    layer = Layer(
        table.drop_columns(["wkb"]),
        ecef(middle[:, 0], middle[:, 1], base + height / 2),
        np.hypot(span, height),
        corners(shapes) * 180.0 + TEXTS,
        lambda rows: extrude(shapes[rows], base[rows], height[rows]),
        color=(0.72, 0.68, 0.62, 1.0),
        inputs=pa.table({"shape": table["wkb"], "base": base, "height": height}),
    )
    return making.draw("buildings", [layer])
