"""What follows from a track: the direction of motion, and the camera from the body it is on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_hpr, to_enu, to_hpr
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["course", "with_course", "with_lever_arm"]

Array = npt.NDArray[np.float64]

_MOVED_M = 0.3
"""Over a shorter way the direction of motion is noise."""


def course(lonlat: Array, order: npt.NDArray[np.int64]) -> Array:
    """Return the direction of motion at each pose, degrees clockwise from true north.

    Parameters
    ----------
    lonlat : ndarray, shape (n, 2)
        CRS84 degrees.
    order : ndarray of int
        Rows in the order of the track.

    Returns
    -------
    ndarray, shape (n,)
        From the pose before to the pose after, at the ends from or to the next; NaN where there
        was no motion to tell it from.
    """
    found = np.full(len(lonlat), np.nan)
    rows = order[np.isfinite(lonlat[order, 0])]
    if len(rows) < 2:
        return found
    here = lonlat[rows]
    lat = np.radians(here[:, 1])
    step_east = np.diff((here[:, 0] + 180) % 360 - 180)
    step_east = ((step_east + 180) % 360 - 180) * 111_320.0 * np.cos((lat[:-1] + lat[1:]) / 2)
    step_north = np.diff(here[:, 1]) * 110_574.0
    east = np.concatenate([[0.0], np.cumsum(step_east)])
    north = np.concatenate([[0.0], np.cumsum(step_north)])
    ends = np.arange(len(rows))
    first, last = np.maximum(ends - 1, 0), np.minimum(ends + 1, len(rows) - 1)
    across, up = east[last] - east[first], north[last] - north[first]
    told = np.degrees(np.arctan2(across, up)) % 360
    told[np.hypot(across, up) < _MOVED_M] = np.nan
    found[rows] = told
    return found


def with_course(track: Track) -> Track:
    """Return the track with the direction of motion where it says no heading, marked `derived`."""
    missing = ~np.isfinite(track.hpr[:, 0])
    if not missing.any():
        return track
    rows = np.flatnonzero(np.isfinite(track.time))
    order = rows[np.argsort(track.time[rows], kind="stable")]
    if len(order) < len(track):
        order = np.arange(len(track))  # no clock: the order of the file is the order of the drive
    hpr = track.hpr.copy()
    hpr[missing, 0] = course(track.lonlat, order)[missing]
    return replace(track, hpr=hpr, derived=missing & np.isfinite(hpr[:, 0]))


def with_lever_arm(
    track: Track, arm: tuple[float, float, float], turn: tuple[float, float, float]
) -> Track:
    """Return the track of the camera from that of the point and body that the poses are of.

    Parameters
    ----------
    track : Track
        Placed.
    arm : tuple of float
        Metres forward, right and down from that point to the camera, in the body.
    turn : tuple of float
        Boresight: roll, pitch, yaw of the camera in the body, degrees.

    Returns
    -------
    Track
        ``lonlat`` and height moved, ``hpr`` turned, ``xyz`` NaN in the plane where they moved.
        Where pitch or roll are not known the body is taken to be level, and the track says so.
    """
    hpr = track.hpr
    known = np.isfinite(hpr[:, 0])
    level = known & ~np.isfinite(hpr).all(axis=1)
    full = np.where(np.isfinite(hpr), hpr, 0.0)
    body = from_hpr(full)
    problems = list(track.problems)
    if any(arm) and (level.any() or not known.all()):
        lost = int((~known).sum())
        problems.append(
            Problem(
                code="lever-arm-level",
                message=f"{int(level.sum())} poses have no pitch or roll: for the lever arm the "
                f"body was taken to be level; {lost} have no heading and were not moved.",
                got=f"{arm[0]:g}, {arm[1]:g}, {arm[2]:g} m",
            )
        )
    offset = np.where(known[:, None], (to_enu(body) @ np.asarray(arm, float)), 0.0)
    lonlat, xyz = track.lonlat.copy(), track.xyz.copy()
    if any(arm):
        from cimkit.loaders.photo.view import metres_per_degree

        east, north = metres_per_degree(lonlat[:, 1])
        lonlat[:, 0] += offset[:, 0] / east
        lonlat[:, 1] += offset[:, 1] / north
        xyz[:, 2] += offset[:, 2]
        xyz[:, :2] = _back(lonlat, track.crs)
    if any(turn):
        roll, pitch, yaw = turn
        turned = to_hpr(body @ from_hpr([[yaw, pitch, roll]]))
        turned[~known] = np.nan
        turned[level, 1:] = np.nan
        hpr = turned
    return replace(track, xyz=xyz, lonlat=lonlat, hpr=hpr, problems=tuple(problems))


def _back(lonlat: Array, crs: str | None) -> Array:
    """Return CRS84 degrees in the CRS of a track."""
    from cimkit.geometry.crs import from_crs84, parse_crs

    return lonlat if crs is None else from_crs84(lonlat, parse_crs(crs))
