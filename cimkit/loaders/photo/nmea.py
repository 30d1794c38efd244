"""Logs of receivers in NMEA 0183 as a track."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np

from cimkit.loaders.photo.track import Track
from cimkit.model import Problem

__all__ = ["is_nmea", "nmea_track"]

_SENTENCE = re.compile(r"\$([A-Z]{2})(GGA|RMC|ZDA|HDT|GNS),([^*\r\n]*)(?:\*([0-9A-Fa-f]{2}))?")
_DAY_S = 86_400.0


def is_nmea(start: bytes) -> bool:
    """Tell whether a text begins as a log of sentences.

    Examples
    --------
    >>> is_nmea(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47")
    True
    """
    return re.match(rb"\s*(\S{0,40}[,\s])?\$[A-Z]{2}[A-Z]{3},[ -~]*(\r?\n|$)", start) is not None


def nmea_track(file: Path, day: str = "") -> Track:
    """Read GGA, GNS, RMC, ZDA and HDT of a log.

    Positions are those of GGA (with heights), else of RMC. GGA says no day: it is that of the last
    RMC or ZDA, before the first of them that of the first, else ``day``; each midnight counts.

    Parameters
    ----------
    file : Path
        Text; lines that are no sentences are passed over, wrong checksums are counted.
    day : str
        ``YYYY-MM-DD`` of a log without dates, as the sheet declares it.

    Raises
    ------
    ValueError
        If it holds no positions.
    """
    rows: list[list[float]] = []
    wrong = 0
    today, midnights = _given(day), 0
    heading, heading_at, last = math.nan, -1.0, -1.0
    with file.open("r", encoding="ascii", errors="replace") as lines:
        for line in lines:
            match = _SENTENCE.search(line)
            if match is None:
                continue
            if match[4] is not None and not _sums(match):
                wrong += 1
                continue
            kind, words = match[2], match[3].split(",")
            if kind == "HDT":
                heading, heading_at = _number(words[0]), last
                continue
            clock = _clock(words[0] if words else "")
            if math.isnan(clock):
                continue
            passed = clock < last - _DAY_S / 2
            midnights += passed
            today = today + _DAY_S if passed and today is not None else today
            last = clock
            said = _said_day(kind, words)
            if said is not None:
                if today is None:  # the first date dates what came before it
                    for before in rows:
                        before[3] = said - (midnights - before[6]) * _DAY_S + before[5]
                today = said
            row = _position(kind, words)
            seconds = clock + today if today is not None else math.nan
            if rows and rows[-1][5] == clock:
                _merge(rows[-1], row, seconds)
            elif row is not None:
                told = heading if heading_at >= clock - 1.5 else math.nan
                rows.append([*row, seconds, told, clock, midnights])
    if not rows:
        raise ValueError("the log has no positions")
    data = np.array(rows, dtype=float)
    problems = _problems(data, wrong)
    hpr = np.full((len(data), 3), np.nan)
    hpr[:, 0] = data[:, 4]
    return Track(
        what="NMEA 0183",
        xyz=data[:, :3],
        lonlat=data[:, :2].copy(),
        hpr=hpr,
        time=data[:, 3],
        crs="OGC:CRS84",
        crs_origin="assumed",
        vertical="mean sea level",
        problems=problems,
    )


def _problems(
    data: np.ndarray[tuple[int, ...], np.dtype[np.float64]], wrong: int
) -> tuple[Problem, ...]:
    found = []
    if wrong:
        found.append(
            Problem(
                "checksum-wrong",
                f"{wrong} sentences do not fit their checksum and were passed over.",
                expected="the exclusive or of all characters between $ and *",
            )
        )
    if not np.isfinite(data[:, 3]).any():
        found.append(
            Problem(
                "time-scale-unknown",
                "The log says times of day, and nothing says which day.",
                expected="RMC or ZDA sentences",
                hint='In the delivery sheet: trajectory = { …, date = "2026-09-01" }.',
            )
        )
    return tuple(found)


def _sums(match: re.Match[str]) -> bool:
    body = f"{match[1]}{match[2]},{match[3]}"
    return reduce(xor, body.encode("ascii", "replace"), 0) == int(match[4], 16)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _clock(text: str) -> float:
    """Return the seconds of the day of ``hhmmss.ss``."""
    if not re.fullmatch(r"\d{6}(\.\d*)?", text):
        return math.nan
    return int(text[:2]) * 3600 + int(text[2:4]) * 60 + float(text[4:])


def _degrees(text: str, side: str) -> float:
    """Return degrees of ``dddmm.mmmm`` and its side."""
    whole = _number(text)
    size = abs(whole)  # some loggers write the sign before the number, and N or E after it
    degrees = math.copysign(size // 100 + (size % 100) / 60, whole)
    return -degrees if side in ("S", "W") else degrees


def _position(kind: str, words: list[str]) -> list[float] | None:
    """Return longitude, latitude and height above sea level of a valid fix."""
    if kind in ("GGA", "GNS"):
        if len(words) < 9 or (kind == "GGA" and words[5] in ("", "0")):
            return None
        lat, lon = _degrees(words[1], words[2]), _degrees(words[3], words[4])
        height = _number(words[8])
    elif kind == "RMC":
        if len(words) < 9 or words[1] != "A":
            return None
        lat, lon = _degrees(words[2], words[3]), _degrees(words[4], words[5])
        height = math.nan
    else:
        return None
    return None if math.isnan(lat) or math.isnan(lon) else [lon, lat, height]


def _merge(row: list[float], other: list[float] | None, seconds: float) -> None:
    """Complete a row by the other sentence of the same epoch."""
    if other is not None and math.isnan(row[2]) and not math.isnan(other[2]):
        row[:3] = other
    if not math.isnan(seconds):
        row[3] = seconds


def _day(year: int, month: int, day: int) -> float | None:
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _said_day(kind: str, words: list[str]) -> float | None:
    if kind == "RMC":
        return _rmc_day(words)
    return _zda_day(words) if kind == "ZDA" else None


def _rmc_day(words: list[str]) -> float | None:
    text = words[8] if len(words) > 8 else ""
    if not re.fullmatch(r"\d{6}", text):
        return None
    year = int(text[4:])
    return _day(year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[:2]))


def _zda_day(words: list[str]) -> float | None:
    if len(words) < 4 or not all(w.isdigit() for w in words[1:4]):
        return None
    return _day(int(words[3]), int(words[2]), int(words[1]))


def _given(day: str) -> float | None:
    try:
        said = date.fromisoformat(day)
    except ValueError:
        return None
    return _day(said.year, said.month, said.day)
