"""Where a layer or a raster lies: its CRS, who said so, whether its coordinates can be in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.crs import (
    crs_name,
    is_earth,
    is_geographic,
    parse_crs,
    to_crs84,
    valid_area,
)
from cimkit.model import Problem, Source

__all__ = ["Placed", "box_crs84", "guess", "place"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome."""

    crs: CRS | None
    """The CRS to place it with; None if it cannot be placed."""
    name: str | None
    """The CRS as it is named, even where it cannot be used."""
    origin: str
    """declared, assumed, sheet or none."""
    box: Box | None
    """(west, south, east, north)."""
    problems: tuple[Problem, ...]
    """What was wrong."""


def place(where: str, said: str | None, origin: str, bounds: Box | None, source: Source) -> Placed:
    """Decide where something lies.

    Parameters
    ----------
    where : str
        Name of the layer, for the problems.
    said : str or None
        The CRS as the sheet or the file names it; None if neither does.
    origin : str
        Who said it: declared, assumed or sheet.
    bounds : tuple or None
        (xmin, ymin, xmax, ymax) in that CRS, x before y.
    source : Source
        For the line to write in the delivery sheet.
    """
    if said is None:
        return Placed(None, None, "none", None, (_missing(where, bounds, source),))
    try:
        crs = parse_crs(said)
    except UsageError as error:
        bad = Problem("crs-unknown", str(error), "error", where, hint=_line(source, "EPSG:…"))
        return Placed(None, said, origin, None, (bad,))
    name = crs_name(crs)
    if crs.is_engineering:
        return Placed(None, name, origin, None, (_missing(where, bounds, source, crs.name),))
    if not is_earth(crs):
        foreign = Problem(
            "crs-not-earth",
            f"Its coordinate system is not one of the Earth ({crs.name}); it is not placed.",
            place=where,
            got=crs.name,
        )
        return Placed(None, name, origin, None, (foreign,))
    if bounds is None:
        return Placed(crs, name, origin, None, ())
    problem = _contradiction(bounds, crs, where, source)
    if problem is not None and problem.severity == "error":
        return Placed(None, name, origin, None, (problem,))
    box = box_crs84(bounds, crs)
    if problem is None and box is not None:
        problem = _outside(box, crs, where)
    return Placed(crs, name, origin, box, (problem,) if problem else ())


def box_crs84(bounds: Box, crs: CRS) -> Box | None:
    """Return the box in CRS84 degrees; its edges are bent, so each is taken at 21 points."""
    xmin, ymin, xmax, ymax = bounds
    t = np.linspace(0, 1, 21)
    x, y = xmin + (xmax - xmin) * t, ymin + (ymax - ymin) * t
    edge = np.concatenate(
        [
            np.column_stack([x, np.full_like(x, ymin)]),
            np.column_stack([x, np.full_like(x, ymax)]),
            np.column_stack([np.full_like(y, xmin), y]),
            np.column_stack([np.full_like(y, xmax), y]),
        ]
    )
    moved = to_crs84(edge, crs)
    moved = moved[np.isfinite(moved).all(axis=1)]
    if not len(moved):
        return None
    west, south = moved.min(axis=0)
    east, north = moved.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _contradiction(bounds: Box, crs: CRS, where: str, source: Source) -> Problem | None:
    xmin, ymin, xmax, ymax = bounds
    shown = f"x {xmin:.6g} to {xmax:.6g}, y {ymin:.6g} to {ymax:.6g}"
    degrees = xmin >= -180 and xmax <= 180 and ymin >= -90 and ymax <= 90
    if is_geographic(crs) and not (xmin >= -360 and xmax <= 360 and ymin >= -90 and ymax <= 90):
        return Problem(
            "coordinates-contradict-crs",
            f"Its coordinates are no degrees, but {crs.name} says that they are; it is not placed.",
            "error",
            where,
            got=shown,
            expected="longitude -180 to 180, latitude -90 to 90",
            hint=_line(source, guess(bounds)),
        )
    if not is_geographic(crs) and degrees and max(abs(xmin), abs(xmax)) > 1:
        far = valid_area(crs)
        inside = far is not None and far[0] <= xmin and xmax <= far[2]
        return Problem(
            "coordinates-contradict-crs",
            f"Its coordinates look like degrees, but {crs.name} has metres; it is not placed.",
            "error" if inside else "warning",
            where,
            got=shown,
            expected=f"coordinates of {crs.name}",
            hint=_line(source, guess(bounds)),
        )
    return None


def _outside(box: Box, crs: CRS, where: str) -> Problem | None:
    area = valid_area(crs)
    if area is None or area[0] > area[2] or box[2] - box[0] > 300:  # across the antimeridian
        return None
    slack = 3.0  # degrees: the published areas are those of a country's survey, not of the formula
    if (
        box[0] >= area[0] - slack
        and box[1] >= area[1] - slack
        and box[2] <= area[2] + slack
        and box[3] <= area[3] + slack
    ):
        return None
    return Problem(
        "outside-crs-area",
        f"Part of it lies outside the area in which {crs.name} may be used.",
        place=where,
        got=", ".join(f"{v:.4f}" for v in box),
        expected=", ".join(f"{v:.4f}" for v in area),
        hint="Is it the right zone, and are x and y in the right order?",
    )


def _line(source: Source, crs: str) -> str:
    return f'In the delivery sheet: glob = "{source.path}", crs = "{crs}".'


def _missing(where: str, bounds: Box | None, source: Source, local: str = "") -> Problem:
    shown = "" if bounds is None else "x {0:.6g} to {2:.6g}, y {1:.6g} to {3:.6g}".format(*bounds)
    why = (
        f"It is in a local system ({local}) of which nobody knows where it lies"
        if local
        else "It does not say in which coordinate system it is"
    )
    return Problem(
        "crs-missing",
        f"{why}, so it cannot be placed.",
        "error",
        where,
        got=shown,
        hint=_line(source, guess(bounds) if bounds else "EPSG:…"),
    )


def guess(bounds: Box) -> str:
    """Return the CRS that coordinates look like, for a person to confirm: never used unasked.

    Examples
    --------
    >>> guess((36500100.0, 3270000.0, 36502000.0, 3272000.0)), guess((106.4, 29.5, 106.5, 29.6))
    ('EPSG:4524', 'EPSG:4326')
    """
    xmin, ymin, xmax, ymax = bounds
    if xmin >= -180 and xmax <= 180 and ymin >= -90 and ymax <= 90:
        return "EPSG:4326"
    zone = int(xmin // 1_000_000)
    if zone == int(xmax // 1_000_000) and ymin > 0 and ymax < 6_500_000:
        if 25 <= zone <= 45:
            return f"EPSG:{4513 + zone - 25}"  # CGCS2000, 3 degrees wide, zone number in front
        if 13 <= zone <= 23:
            return f"EPSG:{4491 + zone - 13}"  # CGCS2000, 6 degrees wide
    return "EPSG:…"
