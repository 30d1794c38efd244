"""Positions of RTKLIB (.pos) as a track."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from pathlib import Path

import numpy as np

from cimkit.loaders.photo.clock import exif_time
from cimkit.loaders.photo.gnss_time import GPS_EPOCH, WEEK_S, gps_to_utc
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["is_pos", "pos_track"]

_HEAD = re.compile(r"%\s*(GPST|UTC|JST)\s+(.*)", re.IGNORECASE)
_JST = timedelta(hours=9)


def is_pos(start: bytes) -> bool:
    """Tell whether a text begins as RTKLIB writes positions."""
    return (
        start.startswith(b"%") and re.search(rb"(?m)^%\s*(GPST|UTC|JST)\s+\S+", start) is not None
    )


def pos_track(file: Path) -> Track:
    """Read the solutions of a .pos file; its header says scale of time and kind of coordinates.

    Parameters
    ----------
    file : Path
        Text; the quality of a solution (Q), its satellites and deviations stay with its row.

    Raises
    ------
    ValueError
        If it has no header or no rows that are understood.
    """
    scale, columns = "", list[str]()
    height = "ellipsoidal"
    rows: list[list[float]] = []
    lost: list[int] = []
    more: list[dict[str, object]] = []
    with file.open("r", encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("%"):
                head = _HEAD.match(line)
                if head:
                    scale, columns = head[1].upper(), re.split(r"[\s,;]+", head[2].strip())
                elif "geodetic" in line.lower():
                    height = "geodetic"
                continue
            row, beside = _row(re.split(r"[\s,;]+", line.strip()), scale, columns)
            if row is not None:
                rows.append(row)
                more.append(beside)
            elif line.strip():
                lost.append(number)
    if not rows:
        raise ValueError("there are no positions that are understood")
    data = np.array(rows, dtype=float)
    lonlat, z = data[:, 1:3], data[:, 3]
    if columns[0].lower().startswith("x-ecef"):
        from cimkit.geometry.frames import geodetic

        found = geodetic(data[:, 1:4])
        lonlat, z = found[:, :2], found[:, 2]
    problems = []
    if lost:
        problems.append(
            Problem(
                "pose-without-position",
                f"{len(lost)} lines are no solutions and were passed over.",
                place=f"line {lost[0]}",
                expected=" ".join(columns[:5]),
            )
        )
    return Track(
        what="RTKLIB positions",
        xyz=np.column_stack([lonlat, z]),
        lonlat=np.array(lonlat),
        hpr=np.full((len(data), 3), np.nan),
        time=data[:, 0],
        crs="OGC:CRS84",
        crs_origin="declared",
        vertical="EPSG:4979" if height == "ellipsoidal" else None,
        header=(scale, *columns),
        more=tuple(more),
        problems=tuple(problems),
    )


def _row(
    words: list[str], scale: str, columns: list[str]
) -> tuple[list[float] | None, dict[str, object]]:
    """Return time, longitude, latitude, height (or X, Y, Z) of one line, and what else it says."""
    if not columns or len(words) < 5:
        return None, {}
    seconds = _moment(words[0], words[1], scale)
    first = columns[0].lower()
    try:
        values = [float(w) for w in words[2:]]
    except ValueError:
        return None, {}
    if first.startswith("x-ecef"):
        place, rest = values[:3], values[3:]
    elif "d'" in first and len(values) >= 7:  # degrees, minutes and seconds, the sign on degrees
        parts = [
            (-1 if words[2 + 3 * k].startswith("-") else 1)
            * (abs(values[3 * k]) + values[3 * k + 1] / 60 + values[3 * k + 2] / 3600)
            for k in (0, 1)
        ]
        place, rest = [parts[1], parts[0], values[6]], values[7:]
    elif first.startswith("latitude"):
        place, rest = [values[1], values[0], values[2]], values[3:]
    else:
        return None, {}  # a baseline: east, north, up of a base station that the line does not name
    beside: dict[str, object] = {}
    if rest:
        beside["Q"] = int(rest[0])
    if len(rest) > 4:
        beside |= {"ns": int(rest[1]), "sd_m": rest[2:5]}
    return [seconds, *place], beside


def _moment(first: str, second: str, scale: str) -> float:
    """Return seconds since 1970 in UTC of a day and a time, or of a week and its seconds."""
    said = exif_time(f"{first} {second}")
    if said is not None:
        if scale == "JST":
            said -= _JST
        stamp = said.replace(tzinfo=UTC).timestamp()
        return float(gps_to_utc([stamp - GPS_EPOCH])[0]) if scale == "GPST" else stamp
    try:
        week, seconds = int(first), float(second)
    except ValueError:
        return float("nan")
    since = week * WEEK_S + seconds
    return float(gps_to_utc([since])[0]) if scale == "GPST" else since + GPS_EPOCH
