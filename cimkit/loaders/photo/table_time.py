"""The clock of a table of poses: in which scale its times are, and what they are in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, tzinfo

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.clock import exif_time, in_utc, time_zone
from cimkit.loaders.photo.columns import plain_words
from cimkit.loaders.photo.gnss_time import GPS_EPOCH, WEEK_S, day_start, gps_to_utc
from cimkit.loaders.photo.poses import PoseTable
from cimkit.model import Problem, Trajectory

__all__ = ["table_times"]

Array = npt.NDArray[np.float64]

_WEEKLY = {
    *("sow", "tow", "gpssow", "gpstow", "gpssec", "secondsofweek", "weekseconds"),
    *("周秒", "gps周秒"),
}
_GPS = {"gpstime", "gpst", "gpsseconds", "gps秒", "gps时间", "gps時刻"}
_UNIX = {"unix", "unixtime", "epoch", "timestamp"}
_UTC = {"utc", "utctime", "utcdate"}
_SURVEYS = (3e8, 4e9)  # seconds since 1970, or since 1980, that can be a survey's
_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)\s*")
_ROLLED = 1024


def table_times(
    table: PoseTable, named: Trajectory, zone_said: str | None, problems: list[Problem]
) -> Array:
    """Return the moments of the rows of a table.

    Parameters
    ----------
    table : PoseTable
        As read.
    named : Trajectory
        What the sheet says of its clock; it outranks the names of the columns.
    zone_said : str or None
        Time zone that the sheet declares for local times.
    problems : list of Problem
        ``time-scale-unknown``, ``time-zone-missing``, ``gps-week-missing`` and
        ``gps-week-rolled`` are appended: then there are no times.

    Returns
    -------
    ndarray, shape (n,)
        Seconds since 1970 in UTC; NaN where there is none.
    """
    nothing = np.full(len(table.cells), np.nan)
    column = table.columns.time
    if not column or not len(nothing):
        return nothing
    called = set(plain_words(column))
    numbers = table.numbers(column, plain=True)
    if np.isfinite(numbers).mean() < 0.5:
        return _written(table, named, called, zone_said, problems)
    weeks = _weeks(table, named)
    scale = named.time_scale or _scale(called, numbers, weeks is not None)
    if scale == "utc":
        return numbers
    if scale == "gps":
        return gps_to_utc(numbers)
    if scale == "gps-week":
        return _of_week(numbers, weeks, column, problems)
    if scale in ("utc-day", "gps-day"):
        days = _days(table, named)
        if days is not None:
            seconds = days + numbers
            return gps_to_utc(seconds - GPS_EPOCH) if scale == "gps-day" else seconds
    problems.append(_unknown(column, numbers, scale))
    return nothing


def _scale(called: set[str], numbers: Array, weeks: bool) -> str:
    """Return the scale that the columns name; "" if they do not say it."""
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if called & _WEEKLY or (weeks and low >= 0 and high <= 2 * WEEK_S):
        return "gps-week"
    surveyed = _SURVEYS[0] < low and high < _SURVEYS[1]
    if called & _GPS:
        # Since 1980 it is more than 6e8 s since 1999; "adjusted" by 1e9 it is less.
        return "gps" if surveyed and low > 6e8 else ""
    if called & (_UNIX | _UTC) and surveyed:
        return "utc"
    return ""


def _weeks(table: PoseTable, named: Trajectory) -> Array | None:
    if named.gps_week.isdigit():
        return np.full(len(table.cells), float(named.gps_week))
    if table.columns.gps_week:
        return table.numbers(table.columns.gps_week)
    return None


def _of_week(seconds: Array, weeks: Array | None, column: str, problems: list[Problem]) -> Array:
    if weeks is None or not np.isfinite(weeks).any():
        problems.append(
            Problem(
                code="gps-week-missing",
                message="The times are seconds of a GPS week, and nothing says which week.",
                place=column,
                got=f"{np.nanmin(seconds):.3f} to {np.nanmax(seconds):.3f}",
                hint='In the delivery sheet: trajectory = { …, gps_week = "2356" }.',
            )
        )
        return np.full(len(seconds), np.nan)
    if np.nanmedian(weeks) < _ROLLED:
        later = int(np.nanmedian(weeks)) + 2 * _ROLLED
        problems.append(
            Problem(
                code="gps-week-rolled",
                message="The GPS week is one before August 1999, as of a receiver that counts "
                "1024 weeks and begins again; the times were taken as they are.",
                place=column,
                got=f"{np.nanmedian(weeks):.0f}",
                proposal=(("trajectory_gps_week", str(later)),),
            )
        )
    if np.nanmin(weeks) == np.nanmax(weeks):
        # A drive over the midnight of Saturday: its seconds begin again, its week does not.
        held = np.where(np.isfinite(seconds), seconds, 0.0)
        weeks = weeks + np.concatenate([[0], np.cumsum(np.diff(held) < -WEEK_S / 2)])
    return gps_to_utc(weeks * WEEK_S + seconds)


def _days(table: PoseTable, named: Trajectory) -> Array | None:
    """Return the seconds since 1970 at which the day of each row begins."""
    if named.date and named.date not in table.header:
        try:
            return np.full(len(table.cells), day_start(date.fromisoformat(named.date)))
        except ValueError:
            return None
    if not table.columns.date:
        return None
    told = [exif_time(f"{text} 00:00:00") for text in table.texts(table.columns.date)]
    return np.array([np.nan if d is None else d.replace(tzinfo=UTC).timestamp() for d in told])


def _unknown(column: str, numbers: Array, scale: str) -> Problem:
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    likely = "gps-week" if high <= WEEK_S * 2 else "utc"
    if high <= 90_000:
        likely = "utc-day"
    day = scale.endswith("-day")
    return Problem(
        code="time-scale-unknown",
        message="The times are seconds of a day, and nothing says which day."
        if day
        else "The times are numbers, and nothing says what they count from: they are not used.",
        place=column,
        got=f"{low:.3f} to {high:.3f}",
        expected="trajectory_date" if day else "trajectory_time_scale",
        hint="In the delivery sheet: trajectory = { …, "
        + ('date = "2026-09-01" }.' if day else f'time_scale = "{likely}" }}.'),
        proposal=() if day else (("trajectory_time_scale", likely),),
    )


def _written(
    table: PoseTable,
    named: Trajectory,
    called: set[str],
    zone_said: str | None,
    problems: list[Problem],
) -> Array:
    """Return the moments of times that are written as such."""
    texts = table.texts(table.columns.time)
    if any(_CLOCK.fullmatch(t) for t in texts[:20]):
        day = named.date if named.date and named.date not in table.header else ""
        days = [day] * len(texts) if day else table.texts(table.columns.date)
        texts = [f"{d} {t.strip()}" for d, t in zip(days, texts, strict=True)]
    said = [exif_time(text) for text in texts]
    found = np.full(len(texts), np.nan)
    bare = [n for n, t in enumerate(said) if t is not None and t.tzinfo is None]
    scale = named.time_scale or ("utc" if called & _UTC else "gps" if called & _GPS else "")
    zone: tzinfo | None = time_zone(zone_said) if zone_said else None
    if scale == "utc":
        zone = UTC
    for n, told in enumerate(said):
        if told is None:
            continue
        if told.tzinfo is None and scale.startswith("gps"):
            seconds = told.replace(tzinfo=UTC).timestamp() - GPS_EPOCH
            found[n] = float(gps_to_utc([seconds])[0])
        elif told.tzinfo is not None or zone is not None:
            moment = in_utc(told.replace(tzinfo=None), told.tzinfo or zone or UTC)
            found[n] = moment.timestamp() if moment is not None else np.nan
    if bare and zone is None and not scale.startswith("gps"):
        problems.append(
            Problem(
                code="time-zone-missing",
                message=f"{len(bare)} times do not say their time zone: they are not used.",
                place=f"row {bare[0] + 1}",
                got=texts[bare[0]],
                expected="2026-09-01T08:00:00+08:00",
                hint='In the delivery sheet: trajectory = { …, time_scale = "utc" }, or '
                'time_zone = "+08:00".',
                proposal=(("trajectory_time_scale", "utc"),),
            )
        )
    return found
