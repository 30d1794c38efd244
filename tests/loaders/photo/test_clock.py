"""Time zones, leap seconds, GPS weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.loaders.photo.clock import derived_zone, exif_time, offset_text, time_zone
from cimkit.loaders.photo.gnss_time import GPS_EPOCH, gps_to_utc, leap_seconds


@pytest.mark.parametrize(
    ("text", "hours"),
    [("+08:00", 8), ("-0330", -3.5), ("UTC+8", 8), ("Z", 0), ("Asia/Shanghai", 8)],
)
def test_names_of_zones(text: str, hours: float) -> None:
    at = datetime(2026, 9, 1)
    assert at.replace(tzinfo=time_zone(text)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "+25:00", "Atlantis/City", "../etc/passwd", "eight"])
def test_no_zones(text: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        time_zone(text)


@pytest.mark.parametrize(
    ("text", "fraction", "micro"),
    [
        ("2026:09:01 08:30:00", "", 0),
        ("2026:09:01 08:30:00", "5", 500_000),
        ("2026:09:01 08:30:00", " 123456789 ", 123_456),
        ("2026-09-01T08:30:00.250", "", 250_000),
        ("2026/09/01 08:30:00", "", 0),
        ("2026.09.01 08.30.00", "x", 0),
    ],
)
def test_times_of_exif(text: str, fraction: str, micro: int) -> None:
    assert exif_time(text, fraction) == datetime(2026, 9, 1, 8, 30, 0, micro)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "2026:13:01 0"])
def test_no_times(text: str) -> None:
    assert exif_time(text) is None


@given(st.integers(-48, 56), st.floats(-290, 290))
def test_a_zone_is_derived_within_minutes(quarters: int, late: float) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    utc = datetime(2026, 9, 1, 12, tzinfo=UTC)
    local = (utc + timedelta(seconds=late)).astimezone(zone).replace(tzinfo=None)
    found = derived_zone(local, utc)
    assert found is not None
    assert found.utcoffset(None) == zone.utcoffset(None)


def test_no_zone_fits_a_clock_that_is_wrong() -> None:
    utc = datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert derived_zone(datetime(2026, 9, 1, 20, 7), utc) is None
    assert derived_zone(datetime(2025, 9, 1, 20, 0), utc) is None
    assert offset_text(time_zone("Asia/Kathmandu"), datetime(2026, 1, 1)) == "+05:45"


def test_leap_seconds_as_the_iers_announced_them() -> None:
    said = dict(leap_seconds())
    assert said[datetime(1999, 1, 1, tzinfo=UTC).timestamp()] == 13
    assert said[datetime(2017, 1, 1, tzinfo=UTC).timestamp()] == 18
    day = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
    assert gps_to_utc([day - GPS_EPOCH])[0] == day - 18


def test_the_leap_second_itself() -> None:
    start = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    around = [start - GPS_EPOCH + 17 - 1, start - GPS_EPOCH + 18]
    assert gps_to_utc(around).tolist() == [start - 1, start]
