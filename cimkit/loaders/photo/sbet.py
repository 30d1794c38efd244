"""Smoothed best estimates of trajectory (Applanix POSPac's SBET) as a track.

A record is 17 little-endian float64: seconds of the GPS week, latitude, longitude (radians),
ellipsoidal height, three velocities, roll, pitch, platform heading, wander angle (radians), three
accelerations, three angular rates. The heading from true north is the platform heading less the
wander angle.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.gnss_time import WEEK_S, gps_to_utc
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem, Trajectory

__all__ = ["RECORD", "is_sbet", "sbet_track"]

RECORD = np.dtype(
    [
        *((n, "<f8") for n in ("time", "lat", "lon", "height", "vx", "vy", "vz")),
        *((n, "<f8") for n in ("roll", "pitch", "heading", "wander")),
        *((n, "<f8") for n in ("ax", "ay", "az", "wx", "wy", "wz")),
    ]
)


def is_sbet(start: bytes, size: int) -> bool:
    """Tell whether bytes are records of a trajectory: by their size and by what they say."""
    if size < 2 * RECORD.itemsize or size % RECORD.itemsize:
        return False
    whole = len(start) // RECORD.itemsize
    if whole < 2:
        return False
    with np.errstate(all="ignore"):
        return _plausible(np.frombuffer(start, RECORD, whole))


def _plausible(rows: npt.NDArray[np.void]) -> bool:
    if not all(np.isfinite(rows[n]).all() for n in RECORD.names or ()):
        return False
    steps = np.diff(rows["time"])
    return bool(
        (rows["time"] >= 0).all()
        and (rows["time"] <= 3 * WEEK_S).all()
        and (steps > 0).all()
        and (steps < 60).all()
        and (np.abs(rows["lat"]) <= np.pi / 2).all()
        and (np.abs(rows["lon"]) <= np.pi + 1e-9).all()
        and rows["lat"].any()
        and (np.abs(rows["height"]) < 20_000).all()
        and all((np.abs(rows[n]) < 400).all() for n in ("vx", "vy", "vz"))
        and all((np.abs(rows[n]) < 2 * np.pi + 1e-9).all() for n in ("roll", "pitch", "heading"))
    )


def sbet_track(file: Path, named: Trajectory) -> Track:
    """Read an SBET.

    Parameters
    ----------
    file : Path
        Whole records.
    named : Trajectory
        ``gps_week`` of its first record; ``time_scale`` ``utc`` if its seconds count leap seconds.

    Raises
    ------
    ValueError
        If it is no SBET.
    """
    size = file.stat().st_size
    rows = np.memmap(file, RECORD, "r", shape=(size // RECORD.itemsize,)) if size >= 272 else None
    if rows is None or not _plausible(rows[:400]):
        raise ValueError("these are no records of an SBET")
    seconds = np.array(rows["time"])
    problems: list[Problem] = []
    if named.gps_week.isdigit():
        since = int(named.gps_week) * WEEK_S + seconds
        time = gps_to_utc(since)
        if named.time_scale == "utc":
            time = since + 315_964_800.0
    else:
        time = np.full(len(seconds), np.nan)
        problems.append(
            Problem(
                "gps-week-missing",
                "The times are seconds of a GPS week, and the file does not say which week.",
                got=f"{seconds[0]:.3f} to {seconds[-1]:.3f}",
                hint='In the delivery sheet: trajectory = { …, gps_week = "2356" }.',
            )
        )
    if size % RECORD.itemsize:
        problems.append(
            Problem(
                "sbet-truncated",
                "The last record is not whole and was left out.",
                "error",
                got=f"{size:,} bytes",
                expected=f"a multiple of {RECORD.itemsize}",
            )
        )
    lonlat = np.degrees(np.column_stack([rows["lon"], rows["lat"]]))
    heading = np.degrees(rows["heading"] - rows["wander"]) % 360
    hpr = np.column_stack([heading, np.degrees(rows["pitch"]), np.degrees(rows["roll"])])
    return Track(
        what="SBET",
        xyz=np.column_stack([lonlat, rows["height"]]),
        lonlat=lonlat,
        hpr=hpr,
        time=time,
        crs=named.crs or "OGC:CRS84",
        crs_origin="sheet" if named.crs else "assumed",
        vertical="EPSG:4979",
        problems=tuple(problems),
    )
