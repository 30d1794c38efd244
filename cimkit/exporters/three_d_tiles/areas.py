"""The layer of areas: polygons without a height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, corners, shapes_of
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, flatten

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Polygons without a height, as flat surfaces."""
    table = features(making.selection, "areas", WKB)
    shapes, middle, span = shapes_of(table)
    level = making.heights.ellipsoidal(
        middle,
        making.heights.ground(middle, number(table, "z_min"), texts(table, "vertical_datum")),
        texts(table, "vertical_datum"),
    )
    layer = Layer(
        table.drop_columns(["wkb"]),
        ecef(middle[:, 0], middle[:, 1], level),
        span,
        corners(shapes) * 40.0 + TEXTS,
        lambda rows: flatten(shapes[rows], level[rows]),
        color=(0.62, 0.74, 0.55, 1.0),
        inputs=pa.table({"shape": table["wkb"], "level": level}),
    )
    return making.draw("areas", [layer])
