"""Angles of a table of poses: which they are, their unit, and what north they count from."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_hpr, from_nadir, from_opk, to_hpr
from cimkit.loaders.photo.columns import plain_words
from cimkit.loaders.photo.motion import course
from cimkit.loaders.photo.poses import PoseTable
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem, Trajectory

__all__ = ["grid_to_true", "table_angles"]

Array = npt.NDArray[np.float64]

_UNITS = {"deg": 1.0, "rad": math.degrees(1.0), "gon": 0.9}
_NAMED_UNIT = {
    "rad": re.compile(r"[(\[_（【]\s*(rad|弧度)", re.IGNORECASE),
    "gon": re.compile(r"[(\[_（【]\s*(gon|grad|g)\b", re.IGNORECASE),
    "deg": re.compile(r"[(\[_（【]\s*(deg|°|度)", re.IGNORECASE),
}
_TOWARDS_NADIR = -60.0
_ENOUGH = 10


def table_angles(
    table: PoseTable, named: Trajectory, track: Track, problems: list[Problem]
) -> Array:
    """Return heading, pitch and roll of the poses, from true north."""
    columns = table.columns
    by_opk = bool(columns.omega and columns.phi and columns.kappa)
    by_opk = by_opk and (named.angles == "opk" or not (columns.heading and named.angles))
    wanted = ("omega", "phi", "kappa") if by_opk else ("heading", "pitch", "roll")
    names = [getattr(columns, n) for n in wanted]
    angles = np.column_stack([table.numbers(c) for c in names])
    unit = named.angle_unit or next((u for c in names if (u := _unit(c))), "")
    if not unit and np.isfinite(angles).any():
        _doubt_unit(angles, by_opk, track, problems)
    angles = angles * _UNITS[unit or "deg"]
    if by_opk:
        whole = np.isfinite(angles).all(axis=1)
        found = np.full_like(angles, np.nan)
        if whole.any():
            found[whole] = to_hpr(from_opk(angles[whole]))
            found[:, 0] = (found[:, 0] + _convergence(track)) % 360
        return found
    if named.angles == "nadir" and names[1]:
        whole = np.isfinite(angles).all(axis=1)
        found = np.full_like(angles, np.nan)
        if whole.any():
            found[whole] = to_hpr(from_nadir(angles[whole]))
        return found
    angles[:, 0] %= 360
    if not named.angles and names[1] and plain_words(names[0])[0] == "yaw":
        problems.append(_ambiguous(names, angles))
        angles[:, 1:] = np.nan
    whole = np.isfinite(angles).all(axis=1)
    if whole.any():
        angles[whole] = to_hpr(from_hpr(angles[whole]))
    return angles


def _unit(column: str) -> str:
    return next((u for u, pattern in _NAMED_UNIT.items() if pattern.search(column)), "")


def _ambiguous(names: list[str], angles: Array) -> Problem:
    pitch = float(np.nanmedian(angles[:, 1])) if np.isfinite(angles[:, 1]).any() else 0.0
    likely = "vehicle" if pitch < _TOWARDS_NADIR or pitch > 20 else ""
    return Problem(
        code="angles-ambiguous",
        message="Yaw, pitch and roll may count from the horizon (a vehicle, a gimbal) or from "
        "straight down (Pix4D, Metashape): only the yaw is used.",
        place=", ".join(n for n in names if n),
        got=f"median pitch {pitch:g}",
        expected="trajectory_angles: vehicle or nadir",
        hint='In the delivery sheet: trajectory = { …, angles = "vehicle" }, or "nadir".',
        proposal=(("trajectory_angles", likely),) if likely else (),
    )


def _doubt_unit(angles: Array, by_opk: bool, track: Track, problems: list[Problem]) -> None:
    """Suspect radians where all angles are small and, if they are headings, the track agrees."""
    told = angles[np.isfinite(angles).any(axis=1)]
    first = told[:, 2] if by_opk else told[:, 0]
    first = first[np.isfinite(first)]
    largest = float(np.nanmax(np.abs(told)))
    likely = ""
    if largest > 400:
        likely = "?"
    elif len(first) >= _ENOUGH and largest <= 2 * math.pi + 1e-6 and np.ptp(first) > 1.0:
        moved = course(track.lonlat, np.arange(len(track)))
        if by_opk or not np.isfinite(moved).any():
            likely = "rad"
        else:
            apart = {
                unit: np.nanmedian(np.abs((angles[:, 0] * _UNITS[unit] - moved + 180) % 360 - 180))
                for unit in ("deg", "rad")
            }
            likely = "rad" if apart["rad"] < 30 < apart["deg"] else ""
    if likely:
        problems.append(
            Problem(
                code="angle-unit-suspected",
                message="The angles were taken as degrees, but look like radians."
                if likely == "rad"
                else "The angles were taken as degrees, but are larger than a full turn.",
                got=f"up to {largest:g}",
                expected="trajectory_angle_unit: deg, rad or gon",
                hint='In the delivery sheet: trajectory = { …, angle_unit = "rad" }.',
                proposal=(("trajectory_angle_unit", likely),) if likely == "rad" else (),
            )
        )


def _convergence(track: Track) -> Array:
    """Return the bearing of grid north from true north at each pose, degrees; 0 in degrees."""
    from cimkit.geometry.crs import is_geographic, parse_crs, to_crs84

    if track.crs is None or not np.isfinite(track.lonlat).any():
        return np.zeros(len(track))
    crs = parse_crs(track.crs)
    if is_geographic(crs):
        return np.zeros(len(track))
    up = to_crs84(track.xyz[:, :2] + [0.0, 100.0], crs) - track.lonlat
    east = up[:, 0] * np.cos(np.radians(track.lonlat[:, 1]))
    return np.nan_to_num(np.degrees(np.arctan2(east, up[:, 1])))


def grid_to_true(track: Track) -> Track:
    """Return a placed track whose headings, which are from grid north, are from true north."""
    hpr = track.hpr.copy()
    hpr[:, 0] = (hpr[:, 0] + _convergence(track)) % 360
    return replace(track, hpr=hpr)
