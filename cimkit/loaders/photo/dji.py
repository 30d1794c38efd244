"""What DJI's drones write beside their pictures: marks of exposures, and subtitles of videos."""

from __future__ import annotations

import math
import re
from datetime import UTC
from pathlib import Path

import numpy as np

from cimkit.loaders.photo.clock import exif_time, in_utc, time_zone
from cimkit.loaders.photo.columns import PHOTOGRAPH
from cimkit.loaders.photo.gnss_time import WEEK_S, gps_to_utc
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["is_marks", "is_subtitles", "marks_track", "subtitles_track"]

_MARK = re.compile(
    r"\s*(\d+)\s+([\d.]+)\s+\[(\d+)\]\s+(-?[\d.]+),N\s+(-?[\d.]+),E\s+(-?[\d.]+),V\s+"
    r"(-?[\d.]+),Lat\s+(-?[\d.]+),Lon\s+(-?[\d.]+),Ellh\s+"
    r"(-?[\d.]+),\s*(-?[\d.]+),\s*(-?[\d.]+)\s+(\d+),Q\s*"
)
_NUMBERED = re.compile(r"_(\d{4})(?:_[^_]*)*\.[a-z]+$")
_FLIGHT = re.compile(r"(\d{3}_\d{4}_)timestamp")
_CUE = re.compile(r"\d\d:\d\d:\d\d[,.]\d{3} --> ")
_PLACES = (
    (re.compile(r"latitude\s*[:=]\s*(-?[\d.]+)"), re.compile(r"longt?itude\s*[:=]\s*(-?[\d.]+)")),
    (re.compile(r"GPS\s*\([-\d.]+,\s*(-?[\d.]+)"), re.compile(r"GPS\s*\(\s*(-?[\d.]+)")),
    (re.compile(r"\bLat=(-?[\d.]+)"), re.compile(r"\bLon=(-?[\d.]+)")),
)
_HEIGHT = re.compile(r"abs_alt\s*:\s*(-?[\d.]+)|altitude\s*:\s*(-?[\d.]+)")
_STAMP = re.compile(r"\d{4}[-.]\d\d[-.]\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?")


def is_marks(start: bytes) -> bool:
    """Tell whether a text begins as the marks of exposures (``…_Timestamp.MRK``)."""
    return _MARK.match(start[:400].decode("ascii", "replace")) is not None


def marks_track(file: Path) -> Track:
    """Read the moments and places of exposures of a drone with RTK.

    Positions are those of the sensor as the drone knew them in flight; the way from the antenna to
    it, their deviations and the quality (50 fixed, 34 float, 16 single, 0 none) stay with the row.
    The photographs are those beside the file whose number is that of the mark; lens by lens there
    may be several.

    Parameters
    ----------
    file : Path
        Text.

    Raises
    ------
    ValueError
        If it holds no marks.
    """
    beside = _photographs(file)
    rows: list[list[float]] = []
    names: list[str] = []
    more: list[dict[str, object]] = []
    lost: list[int] = []
    with file.open("r", encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            match = _MARK.fullmatch(line.rstrip())
            if match is None:
                lost += [number] if line.strip() else []
                continue
            value = [float(match[n]) for n in range(1, 14)]
            said: dict[str, object] = {
                "arm_m": [value[n] / 1000 for n in (3, 4, 5)],
                "sd_m": value[9:12],
                "Q": int(value[12]),
            }
            expected = f"{_flight(file)}{int(value[0]):04d}.jpg"
            for name in beside.get(int(value[0]), [expected]):
                rows.append([value[7], value[6], value[8], value[2] * WEEK_S + value[1]])
                names.append(name)
                more.append(said)
    if not rows:
        raise ValueError("there are no marks")
    data = np.array(rows, dtype=float)
    data[~data[:, :2].any(axis=1), :3] = np.nan  # 0, 0: the receiver had no fix
    problems = []
    if lost:
        problems.append(
            Problem(
                "pose-without-position",
                f"{len(lost)} lines are no marks and were passed over.",
                place=f"line {lost[0]}",
            )
        )
    return Track(
        what="DJI marks of exposures",
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=np.full((len(data), 3), np.nan),
        time=gps_to_utc(data[:, 3]),
        names=tuple(names),
        crs="OGC:CRS84",
        crs_origin="assumed",
        vertical="EPSG:4979",
        more=tuple(more),
        problems=tuple(problems),
    )


def _flight(file: Path) -> str:
    """Return what the photographs of one flight begin with, where its marks say so."""
    match = _FLIGHT.match(file.name.lower())
    return match[1] if match else ""


def _photographs(file: Path) -> dict[int, list[str]]:
    """Return the photographs beside the marks by their number, in small letters."""
    found: dict[int, list[str]] = {}
    for path in sorted(file.parent.iterdir()):
        name = path.name.lower()
        number = _NUMBERED.search(name)
        if number and PHOTOGRAPH.search(name) and name.startswith(_flight(file)):
            found.setdefault(int(number[1]), []).append(name)
    return found


def is_subtitles(start: bytes) -> bool:
    """Tell whether a text is subtitles that say where a video was taken."""
    text = start[:4096].decode("utf-8", "replace")
    return bool(_CUE.search(text)) and any(a.search(text) and o.search(text) for a, o in _PLACES)


def subtitles_track(file: Path, zone: str | None) -> Track:
    """Read where a video was taken, subtitle by subtitle.

    Parameters
    ----------
    file : Path
        SubRip as DJI's drones and GPSBabel write it.
    zone : str or None
        Of the drone's clock, as the sheet declares it; without it there are no times.

    Raises
    ------
    ValueError
        If it says no positions.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    rows: list[list[float]] = []
    clocks = 0
    for cue in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        for above, across in _PLACES:
            lat, lon = above.search(cue), across.search(cue)
            if lat is not None and lon is not None:
                break
        else:
            continue
        height, stamp = _HEIGHT.search(cue), _STAMP.search(cue)
        said = exif_time(stamp[0]) if stamp else None
        clocks += said is not None
        moment = in_utc(said, time_zone(zone)) if said is not None and zone else None
        rows.append(
            [
                *(_real(lon[1]), _real(lat[1])),
                _real(height[1] or height[2]) if height else math.nan,
                moment.astimezone(UTC).timestamp() if moment else math.nan,
            ]
        )
    if not rows:
        raise ValueError("the subtitles say no positions")
    data = np.array(rows, dtype=float)
    data[~data[:, :2].any(axis=1), :3] = np.nan
    problems = []
    if clocks and not zone:
        problems.append(
            Problem(
                "time-zone-missing",
                f"{clocks} times do not say their time zone: they are not used.",
                hint='In the delivery sheet: trajectory = { …, time_zone = "+08:00" }.',
            )
        )
    return Track(
        what="subtitles of a video",
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=np.full((len(data), 3), np.nan),
        time=data[:, 3],
        crs="OGC:CRS84",
        crs_origin="assumed",
        encoding="utf-8",
        problems=tuple(problems),
    )


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
