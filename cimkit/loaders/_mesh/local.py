"""Meshes in local metres: placed by the delivery sheet, by an origin that a sidecar names, or not.

Nothing is moved by itself: a mesh of which nobody says where it stands has no place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import geodetic
from cimkit.loaders._placing import guess, place
from cimkit.loaders._placing.heights import heights
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem, Source

__all__ = ["Stands", "earth_centred", "stand"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stands:
    """Where a mesh stands."""

    crs: str | None
    """As `Asset.crs`."""
    origin: str
    """As `Asset.crs_origin`."""
    box: tuple[float, ...] | None
    """(xmin, ymin, zmin, xmax, ymax, zmax) in that CRS, or in local metres."""
    shape: Any
    """Polygon in CRS84, or None."""
    datum: str | None
    """As `Asset.vertical_datum`."""
    problems: tuple[Problem, ...]
    """What is missing."""


def stand(
    low: Array,
    high: Array,
    source: Source,
    options: ReadOptions,
    *,
    crs: str | None = None,
    origin: tuple[float, float, float] | None = None,
) -> Stands:
    """Place a box.

    Parameters
    ----------
    low, high : (3,) arrays
        Its least and greatest x, y, z; z up, metres.
    source, options
        With what the sheet declares: its CRS outranks the sidecar's, its place the origin.
    crs : str, optional
        The CRS that a sidecar names.
    origin : (x, y, z), optional
        What a sidecar says is to be added to the coordinates.
    """
    declared = options.declared
    corners = np.array([[x, y] for x in (low[0], high[0]) for y in (low[1], high[1])])
    corners = corners[[0, 1, 3, 2]]
    z = np.array([low[2], high[2]])
    there = declared.place
    if there is not None:
        turn = np.radians(there.rotation)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        corners = there.scale * corners @ rotation.T + [there.easting, there.northing]
        z = there.scale * z + there.height
    elif origin is not None:
        corners, z = corners + origin[:2], z + origin[2]
    said = declared.crs or crs
    local = (*corners.min(axis=0), z[0], *corners.max(axis=0), z[1])
    box = tuple(float(v) for v in local)
    if said is None or (there is None and crs is None and declared.crs is None):
        return Stands(None, "none", box, None, None, (_nowhere(source, box),))
    flat = (box[0], box[1], box[3], box[4])
    placed = place("", said, "sheet" if declared.crs else "declared", flat, source)
    measured = heights(
        "",
        placed.crs,
        declared.vertical_datum,
        "sheet" if declared.vertical_datum else "none",
        (box[2], box[5]),
        source,
    )
    shape = None
    if placed.crs is not None and placed.box is not None:
        ring = to_crs84(np.vstack([corners, corners[:1]]), parse_crs(said))
        shape = shapely.Polygon(ring) if np.isfinite(ring).all() else shapely.box(*placed.box)
    return Stands(
        placed.name,
        placed.origin if placed.name else "none",
        box,
        shape,
        measured.datum,
        (*placed.problems, *measured.problems),
    )


def _nowhere(source: Source, box: tuple[float, ...]) -> Problem:
    likely = guess((box[0], box[1], box[3], box[4]))  # some are written in a grid's metres
    return Problem(
        "crs-missing",
        "It is a mesh in local metres and does not say where it stands; it is not placed.",
        "warning",
        got=f"x {box[0]:.6g} to {box[3]:.6g}, y {box[1]:.6g} to {box[4]:.6g}, "
        f"z {box[2]:.6g} to {box[5]:.6g}",
        hint=f'In the delivery sheet: glob = "{source.path}", crs = "EPSG:…", '
        "place_easting = …, place_northing = …, place_height = ….",
        proposal=() if "…" in likely or likely == "EPSG:4326" else (("crs", likely),),
    )


def earth_centred(points: Array) -> tuple[Any, tuple[float, float]] | None:
    """Return the outline in CRS84 and the ellipsoidal heights of points in EPSG:4978.

    None if they do not lie near the surface of the Earth.
    """
    if not len(points) or not np.isfinite(points).all():
        return None
    if not 6.2e6 < np.linalg.norm(points.mean(axis=0)) < 6.6e6:
        return None
    places = geodetic(points)
    if np.ptp(places[:, 0]) > 180:
        return None
    shape = shapely.MultiPoint(places[:, :2]).convex_hull
    if shape.geom_type != "Polygon":
        shape = shapely.box(*shape.bounds)
    return shape, (float(places[:, 2].min()), float(places[:, 2].max()))
