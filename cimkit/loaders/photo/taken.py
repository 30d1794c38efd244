"""When a photograph was taken, as its EXIF says: the camera's clock and the satellites'."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cimkit.loaders.photo.clock import derived_zone, exif_time, in_utc, offset_text, time_zone
from cimkit.loaders.photo.exif_values import corrupt, first_number, text_of
from cimkit.loaders.photo.shot import Shot
from cimkit.model import Problem

__all__ = ["taken"]

Tags = Mapping[int, Any]

_FIRST = datetime(1826, 1, 1)
_AHEAD = timedelta(days=730)
"""The clock of this machine may be wrong, too."""
_STAMPS = ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012), (0x0132, 0x9290, 0x9010))
"""Time, fraction and zone of taking, of digitizing and of the last change."""


def taken(tags: Tags, gps: Tags, shot: Shot, problems: list[Problem]) -> None:
    """Take the camera's time with its zone, else that of the satellites, which is UTC.

    Where only the satellites say UTC, the zone of the camera's clock is derived from the two.

    Parameters
    ----------
    tags, gps : mapping
        Of the EXIF and the GPS directory, by number.
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``time-contradiction``, ``time-unreadable``, ``time-implausible`` and ``exif-corrupt`` are
        appended.
    """
    local = None
    # When a file was changed says when it was taken only of the file that a camera wrote.
    cameras = 0x0110 in tags or 0x010F in tags or bool(gps)
    for stamp, fraction, zone in _STAMPS if cameras else _STAMPS[:2]:
        local = exif_time(text_of(tags.get(stamp)), text_of(tags.get(fraction)))
        if local is not None:
            said = text_of(tags.get(zone)) or text_of(tags.get(0x9010))
            break
    else:
        said = ""
    satellites = _satellites(gps)
    _doubt(text_of(tags.get(0x9003)), local, satellites, problems)
    if local is None:
        shot.moment = satellites
        return
    if local.tzinfo is not None:
        local, said = local.replace(tzinfo=None), said or str(local.strftime("%z"))
    shot.local = local
    zone_said = None
    if said:
        try:
            zone_said = time_zone(said)
        except ValueError:
            problems.append(corrupt(f"OffsetTimeOriginal {said!r}"))
    if zone_said is not None:
        shot.moment = in_utc(local, zone_said)
        shot.zone, shot.origins["time_zone"] = offset_text(zone_said, local), "exif"
        if satellites is not None and shot.moment is not None:
            _compare(shot.moment, satellites, problems)
    elif satellites is not None:
        shot.moment = satellites
        derived = derived_zone(local, satellites)
        if derived is not None:
            shot.zone, shot.origins["time_zone"] = offset_text(derived, local), "derived"
        else:
            problems.append(
                Problem(
                    code="time-contradiction",
                    message="There is no time zone in which the camera's clock shows the "
                    "satellites' time, which was taken.",
                    got=local.isoformat(),
                    expected=f"{satellites:%Y-%m-%dT%H:%M:%SZ} in some zone",
                )
            )


def _doubt(
    original: str, local: datetime | None, satellites: datetime | None, problems: list[Problem]
) -> None:
    """Tell a time that is none, or none at which a photograph was taken."""
    if local is None and any(c in "123456789" for c in original):  # zeros: a clock never set
        problems.append(
            Problem(
                code="time-unreadable",
                message="The time of taking is no time; it is not used.",
                got=original[:60],
                expected="2026:09:01 08:30:00",
            )
        )
    latest = datetime.now(UTC).replace(tzinfo=None) + _AHEAD
    for said in (local, satellites):
        if said is not None and not _FIRST <= said.replace(tzinfo=None) <= latest:
            problems.append(
                Problem(
                    code="time-implausible",
                    message="The time of taking lies before the first photograph, or in the "
                    "future; it was taken as it is.",
                    got=said.replace(tzinfo=None).isoformat(),
                    expected=f"{_FIRST.year} to {latest:%Y-%m-%d}",
                    hint="If the camera's clock was wrong all through, deliver a trajectory and "
                    'say trajectory = { …, time_offset = "…" }.',
                )
            )
            return


def _compare(moment: datetime, satellites: datetime, problems: list[Problem]) -> None:
    apart = abs((moment - satellites).total_seconds())
    if apart > 600:
        problems.append(
            Problem(
                code="time-contradiction",
                message="The camera's clock and the satellites disagree; the clock, which names "
                "its zone, was taken.",
                got=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                expected=f"{satellites:%Y-%m-%dT%H:%M:%SZ}, {apart:.0f} s away",
            )
        )


def _satellites(gps: Tags) -> datetime | None:
    day = exif_time(f"{text_of(gps.get(29)).replace('-', ':')} 00:00:00")
    clock = gps.get(7)
    parts = [first_number(v) for v in clock] if isinstance(clock, tuple | list) else []
    if day is None or len(parts) != 3 or None in parts:
        return None
    seconds = sum((p or 0.0) * s for p, s in zip(parts, (3600, 60, 1), strict=True))
    if not 0 <= seconds < 86_401:
        return None
    return day.replace(tzinfo=UTC) + timedelta(seconds=seconds)
