"""The time of satellites: weeks and seconds without leap seconds, to seconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

__all__ = ["GPS_EPOCH", "WEEK_S", "day_start", "gps_to_utc", "leap_seconds"]

Array = npt.NDArray[np.float64]

GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC).timestamp()
"""Of GPS, Galileo's week in RINEX, and QZSS; seconds since 1970."""
WEEK_S = 604_800.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def leap_seconds() -> tuple[tuple[float, int], ...]:
    """Return the leap seconds since 1980 as (first moment after it in UTC, seconds of GPS - UTC).

    The table is that of the IANA time zone database (``leapseconds`` of the package ``tzdata``),
    which follows the IERS Bulletin C.

    Examples
    --------
    >>> leap_seconds()[17]
    (1483228800.0, 18)
    """
    text = resources.files("tzdata").joinpath("zoneinfo", "leapseconds").read_text("ascii")
    found, ahead = [], 0
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] != "Leap":
            continue
        _, year, month, day, _, sign, _ = words
        last = datetime(int(year), _MONTHS.index(month) + 1, int(day), tzinfo=UTC)
        if last.timestamp() > GPS_EPOCH:
            ahead += 1 if sign == "+" else -1
            found.append((last.timestamp() + 86_400, ahead))
    return tuple(found)


def gps_to_utc(seconds: npt.ArrayLike) -> Array:
    """Return seconds since 1970 in UTC of seconds since 1980-01-06 in GPS time.

    Examples
    --------
    >>> gps_to_utc([1_167_264_018.0]).tolist()  # 2017-01-01, with 18 leap seconds
    [1483228800.0]
    """
    given = np.asarray(seconds, float) + GPS_EPOCH
    table = leap_seconds()
    starts = np.array([start + ahead for start, ahead in table])
    ahead = np.array([0, *(a for _, a in table)], float)
    held = np.where(np.isfinite(given), given, 0.0)
    return np.asarray(given - ahead[np.searchsorted(starts, held, side="right")])


def day_start(day: date) -> float:
    """Return the seconds since 1970 at which a day begins, in the scale it is counted in."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
