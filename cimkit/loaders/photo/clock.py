"""When a photograph was taken: the camera's clock, its zone, and the satellites' time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

__all__ = ["derived_zone", "exif_time", "in_utc", "iso", "offset_text", "time_zone"]

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?")
_STAMP = re.compile(
    r"\s*(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})[ T:]+"
    r"(\d{1,2})[:.](\d{1,2})[:.](\d{1,2})(?:[.,](\d+))?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_QUARTER_S = 900
_SLACK_S = 300.0
"""A camera's clock and the satellites' may differ by so much; zones differ by quarter hours."""


@lru_cache(maxsize=64)
def time_zone(text: str) -> tzinfo:
    """Return the zone that a text names.

    Parameters
    ----------
    text : str
        ``Z``, ``+08:00``, ``UTC+8``, or a name of the IANA database.

    Raises
    ------
    ValueError
        If there is no such zone.

    Examples
    --------
    >>> time_zone("+0800").utcoffset(None)
    datetime.timedelta(seconds=28800)
    """
    from zoneinfo import ZoneInfo

    said = text.strip()
    if said.upper() in ("Z", "UTC", "GMT"):
        return UTC
    match = _OFFSET.fullmatch(said.upper())
    if match is not None:
        away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if away > timedelta(hours=15):
            raise ValueError(f"no zone is {said} away from UTC")
        return timezone(-away if match[1] == "-" else away)
    try:
        return ZoneInfo(said)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {said!r}") from error


def exif_time(text: str, fraction: str = "") -> datetime | None:
    """Return the time that a text of EXIF or XMP says; without a zone unless it names one.

    Parameters
    ----------
    text : str
        ``2026:09:01 08:30:00``, or the same in ISO 8601.
    fraction : str
        ``SubSecTime``: the digits after the decimal point.

    Examples
    --------
    >>> exif_time("2026:09:01 08:30:00", "25")
    datetime.datetime(2026, 9, 1, 8, 30, 0, 250000)
    """
    match = _STAMP.match(text)
    if match is None:
        return None  # "0000:00:00 …" or blanks: a camera whose clock was never set
    digits = (match[7] or fraction.strip())[:6]
    micro = int(digits.ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    try:
        year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
        zone = time_zone(match[8]) if match[8] else None
        return datetime(year, month, day, hour, minute, second, micro, zone)
    except ValueError:
        return None


def in_utc(local: datetime, zone: tzinfo) -> datetime | None:
    """Return the moment at which clocks in a zone show a time; None outside the years 1 to 9999."""
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None


def derived_zone(local: datetime, utc: datetime) -> timezone | None:
    """Return the zone in which a clock shows ``local`` at ``utc``; None if no zone fits.

    The satellites' time of a photograph may be that of the last fix, so minutes may be missing;
    zones lie a whole number of quarter hours apart, in practice.

    Examples
    --------
    >>> print(derived_zone(datetime(2026, 9, 1, 8, 30, 2), datetime(2026, 9, 1, 0, 30, tzinfo=UTC)))
    UTC+08:00
    """
    away = (local - utc.replace(tzinfo=None)).total_seconds()
    whole = round(away / _QUARTER_S) * _QUARTER_S
    if abs(away - whole) > _SLACK_S or not -12 * 3600 <= whole <= 14 * 3600:
        return None
    return timezone(timedelta(seconds=whole))


def offset_text(zone: tzinfo, at: datetime) -> str:
    """Return ``+08:00`` of a zone at a time."""
    away = at.replace(tzinfo=zone).strftime("%z")
    return f"{away[:3]}:{away[3:5]}"


def iso(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
