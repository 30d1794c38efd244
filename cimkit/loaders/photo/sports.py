"""Tracks of watches, gliders and telephones: TCX, IGC and the tracks of KML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.loaders.photo.gpx import bare, child, number, seconds
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["igc_track", "is_igc", "kml_track", "tcx_track"]

_FIX = re.compile(
    r"B(\d\d)(\d\d)(\d\d)(\d\d)(\d{5})([NS])(\d{3})(\d{5})([EW])([AV])(-?\d{4,5})(-?\d{4,5})"
)
_DATE = re.compile(r"HFDTE(?:DATE:)?\s*(\d\d)(\d\d)(\d\d)")
_DAY_S = 86_400.0


def is_igc(start: bytes) -> bool:
    """Tell whether a text is a log of a glider (IGC, appendix A): maker first, then the date."""
    return start[:1] == b"A" and re.search(rb"(?m)^HFDTE(DATE:)?\s*\d{6}", start) is not None


def igc_track(file: Path) -> Track:
    """Read the fixes of an IGC; heights are those of the satellites, above the ellipsoid.

    Raises
    ------
    ValueError
        If it holds no fixes.
    """
    rows: list[list[float]] = []
    day, last = math.nan, -1.0
    with file.open("r", encoding="latin-1") as lines:
        for line in lines:
            if (date := _DATE.match(line)) is not None:
                day, last = _day(*(int(date[n]) for n in (3, 2, 1))), -1.0
                continue
            fix = _FIX.match(line)
            if fix is None:
                continue
            clock = int(fix[1]) * 3600 + int(fix[2]) * 60 + int(fix[3])
            day += _DAY_S if clock < last - _DAY_S / 2 else 0.0
            last = clock
            lat = (int(fix[4]) + int(fix[5]) / 60_000) * (-1 if fix[6] == "S" else 1)
            lon = (int(fix[7]) + int(fix[8]) / 60_000) * (-1 if fix[9] == "W" else 1)
            height = float(fix[12]) if fix[10] == "A" else math.nan  # V: no fix in space
            rows.append([lon, lat, height, day + clock])
    return _track("IGC", rows, vertical="EPSG:4979")


def _day(year: int, month: int, day: int) -> float:
    try:
        full = year + (1900 if year >= 80 else 2000)
        return datetime(full, month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return math.nan


def tcx_track(file: Path) -> Track:
    """Read the points of a TCX (Garmin's Training Center, schema 2).

    Raises
    ------
    ValueError
        If it holds no points.
    """
    problems: list[Problem] = []
    rows = []
    for point in _elements(file, "Trackpoint", problems):
        place = next((e for e in point if bare(e.tag) == "Position"), None)
        if place is not None:
            degrees = [number(child(place, n)) for n in ("LongitudeDegrees", "LatitudeDegrees")]
            rows.append([*degrees, number(child(point, "AltitudeMeters")), seconds(point, "Time")])
    return _track("TCX", rows, problems)


def kml_track(file: Path) -> Track:
    """Read the tracks of a KML: moments and coordinates stand beside each other.

    Raises
    ------
    ValueError
        If it holds no tracks.
    """
    from cimkit.loaders.photo.clock import exif_time

    problems: list[Problem] = []
    rows = []
    for track in _elements(file, "Track", problems):
        moments = [exif_time(e.text or "") for e in track if bare(e.tag) == "when"]
        places = [(e.text or "").split() for e in track if bare(e.tag) == "coord"]
        turns = [(e.text or "").split() for e in track if bare(e.tag) == "angles"]
        for n, place in enumerate(places):
            said = moments[n] if n < len(moments) else None
            time = said.replace(tzinfo=said.tzinfo or UTC).timestamp() if said else math.nan
            heading = number(turns[n][0]) if n < len(turns) and turns[n] else math.nan
            if len(place) >= 2:  # an empty one: no fix at that moment
                lon, lat, height = (number(v) for v in (*place, "")[:3])
                rows.append([lon, lat, height, time, heading])
    return _track("KML track", rows, problems)


def _elements(file: Path, name: str, problems: list[Problem]) -> Iterator[Any]:
    from lxml import etree

    reader = etree.iterparse(
        str(file), events=("end",), resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        for _, element in reader:
            if bare(element.tag) == name:
                yield element
                element.clear()
    except etree.XMLSyntaxError as error:
        problems.append(
            Problem(
                "gpx-damaged", "The track ends or breaks off early.", "error", got=str(error)[:200]
            )
        )


def _track(
    what: str, rows: list[list[float]], problems: list[Problem] | None = None, vertical: str = ""
) -> Track:
    if not rows:
        raise ValueError(f"the {what} has no positions")
    data = np.array(rows, dtype=float)
    hpr = np.full((len(data), 3), np.nan)
    if data.shape[1] > 4:
        hpr[:, 0] = data[:, 4] % 360
    return Track(
        what=what,
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=hpr,
        time=data[:, 3],
        crs="OGC:CRS84",
        crs_origin="declared",
        vertical=vertical or None,
        problems=tuple(problems or ()),
    )
