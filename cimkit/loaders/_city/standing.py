"""A city model in coordinates of its own, where the delivery sheet says that it stands."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from cimkit.loaders._placing import Placed, place
from cimkit.loaders._placing.heights import Heights, heights
from cimkit.model import Declaration, Place, Source

__all__ = ["lies", "stood", "stood_box"]

Reals = npt.NDArray[np.float64]


def stood(points: Reals, place: Place | None) -> Reals:
    """Return positions of a model in the CRS that is declared for it.

    Parameters
    ----------
    points : (n, 3) float64 array
        x first, in the model's own coordinates.
    place : Place or None
        None: they are in the CRS as they are.

    Examples
    --------
    >>> stood(np.array([[1.0, 0.0, 2.0]]), Place(100.0, 200.0, 5.0, 90.0)).round(6).tolist()
    [[100.0, 201.0, 7.0]]
    """
    if place is None or not len(points):
        return points
    turn = math.radians(place.rotation)
    cos, sin = math.cos(turn) * place.scale, math.sin(turn) * place.scale
    x, y, z = points.T
    return np.column_stack(
        [
            place.easting + x * cos - y * sin,
            place.northing + x * sin + y * cos,
            place.height + z * place.scale,
        ]
    )


def lies(
    said: str | None, box: tuple[float, ...] | None, declared: Declaration, source: Source
) -> tuple[Literal["sheet", "declared", "none"], Placed, Heights]:
    """Decide where a model lies, who said so, and what its heights are measured from.

    Parameters
    ----------
    said : str or None
        The CRS that the sheet, else the file, names.
    box : tuple or None
        (xmin, ymin, zmin, xmax, ymax, zmax) in it.
    """
    origin: Literal["sheet", "declared", "none"] = (
        "sheet" if declared.crs else "declared" if said else "none"
    )
    flat = (box[0], box[1], box[3], box[4]) if box else None
    placed = place("", said, origin, flat, source)
    datum = declared.vertical_datum
    high = (box[2], box[5]) if box else None
    told = heights("", placed.crs, datum, "sheet" if datum else "none", high, source)
    return origin, placed, told


def stood_box(box: tuple[float, ...] | None, place: Place | None) -> tuple[float, ...] | None:
    """Return the box around a box that has been moved: (xmin, ymin, zmin, xmax, ymax, zmax)."""
    if box is None or place is None:
        return box
    xs, ys, zs = (box[0], box[3]), (box[1], box[4]), (box[2], box[5])
    corners = stood(np.array([(x, y, z) for x in xs for y in ys for z in zs]), place)
    return tuple(float(v) for v in (*corners.min(axis=0), *corners.max(axis=0)))
