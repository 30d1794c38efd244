"""GPS time of points: seconds of a week, or adjusted standard time, to UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["ADJUSTMENT", "WEEK", "gps_to_utc", "week_to_utc"]

EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
ADJUSTMENT = 1_000_000_000
"""Taken off standard GPS time to make it adjusted (LAS 1.4 R15, 2.4)."""
WEEK = 604_800.0
"""Seconds of a GPS week."""

# UTC days from which GPS time is so many seconds ahead (IERS Bulletin C).
_LEAPS = (
    (datetime(2017, 1, 1, tzinfo=UTC), 18),
    (datetime(2015, 7, 1, tzinfo=UTC), 17),
    (datetime(2012, 7, 1, tzinfo=UTC), 16),
    (datetime(2009, 1, 1, tzinfo=UTC), 15),
    (datetime(2006, 1, 1, tzinfo=UTC), 14),
    (datetime(1999, 1, 1, tzinfo=UTC), 13),
    (datetime(1997, 7, 1, tzinfo=UTC), 12),
    (datetime(1996, 1, 1, tzinfo=UTC), 11),
    (datetime(1994, 7, 1, tzinfo=UTC), 10),
    (datetime(1993, 7, 1, tzinfo=UTC), 9),
    (datetime(1992, 7, 1, tzinfo=UTC), 8),
    (datetime(1991, 1, 1, tzinfo=UTC), 7),
    (datetime(1990, 1, 1, tzinfo=UTC), 6),
    (datetime(1988, 1, 1, tzinfo=UTC), 5),
    (datetime(1985, 7, 1, tzinfo=UTC), 4),
    (datetime(1983, 7, 1, tzinfo=UTC), 3),
    (datetime(1982, 7, 1, tzinfo=UTC), 2),
    (datetime(1981, 7, 1, tzinfo=UTC), 1),
)


def gps_to_utc(seconds: float) -> datetime:
    """Return the UTC moment of seconds since 1980-01-06, leap seconds taken off.

    Examples
    --------
    >>> gps_to_utc(1_400_000_018.0).isoformat()
    '2024-05-17T16:53:20+00:00'
    """
    moment = EPOCH + timedelta(seconds=seconds)
    for since, ahead in _LEAPS:
        if moment - timedelta(seconds=ahead) >= since:
            return moment - timedelta(seconds=ahead)
    return moment


def week_to_utc(seconds: float, day: str) -> datetime:
    """Return the last UTC moment of these seconds of a GPS week until the end of a day.

    Examples
    --------
    >>> week_to_utc(272_000.0, "2026-09-20").date(), week_to_utc(272_000.0, "2026-09-24").date()
    (datetime.date(2026, 9, 16), datetime.date(2026, 9, 23))

    Parameters
    ----------
    seconds : float
        Since Sunday, 0:00 GPS time.
    day : str
        ISO 8601 date.
    """
    given = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    week = (given - EPOCH).days // 7
    moment = gps_to_utc(week * WEEK + seconds)
    return moment if moment < given + timedelta(days=1) else gps_to_utc((week - 1) * WEEK + seconds)
