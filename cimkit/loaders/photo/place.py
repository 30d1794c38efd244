"""Where and when a photograph was taken, once everybody has said what they know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.photo.clock import in_utc, offset_text, time_zone
from cimkit.loaders.photo.shot import Shot
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from cimkit.loaders._placing.heights import Heights

__all__ = ["Where", "observed", "placed"]

_FAR_S = 600.0
_LOWEST_M, _HIGHEST_M = -500.0, 8000.0


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a photograph."""

    position: tuple[float, float] | None
    """(longitude, latitude) in CRS84."""
    crs: str | None
    """Of the position as it was given."""
    origin: str
    """declared, assumed, sheet or none."""
    vertical_datum: str | None
    """Of its height."""


def observed(shot: Shot, options: ReadOptions, problems: list[Problem]) -> None:
    """Find the moment of exposure of a clock whose zone the sheet declares.

    Parameters
    ----------
    shot : Shot
        Changed in place.
    options : ReadOptions
        The sheet's zone outranks that of EXIF.
    problems : list of Problem
        ``time-zone-missing`` and ``time-contradiction`` are appended.
    """
    if shot.local is None:
        return
    declared = options.declared.time_zone
    if declared:
        zone = time_zone(declared)
        moment = in_utc(shot.local, zone)
        if moment is not None and shot.moment is not None:
            apart = abs((moment - shot.moment).total_seconds())
            if apart > _FAR_S:
                problems.append(
                    Problem(
                        code="time-contradiction",
                        message="The photograph's own time is another than its clock shows in the "
                        "zone that the sheet declares, which was taken.",
                        got=f"{shot.moment:%Y-%m-%dT%H:%M:%SZ}",
                        expected=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                    )
                )
        shot.moment = moment
        shot.zone, shot.origins["time_zone"] = offset_text(zone, shot.local), "sheet"
    elif shot.moment is None:
        problems.append(
            Problem(
                code="time-zone-missing",
                message="The camera's clock does not say its time zone: when the photograph was "
                "taken is not known in UTC.",
                severity="info",
                got=shot.local.isoformat(),
                expected="OffsetTimeOriginal, or the satellites' time",
                hint='In the delivery sheet: time_zone = "+08:00", or a name like "Asia/Tokyo".',
            )
        )


def placed(shot: Shot, source: Source, options: ReadOptions, problems: list[Problem]) -> Where:
    """Take the position to CRS84 and say who placed it, and what its height is measured from.

    EXIF and XMP are in degrees of WGS 84 unless they name a datum. A trajectory in the sheet has
    its own CRS.
    """
    from cimkit.loaders._placing import place

    lon, lat = shot.longitude, shot.latitude
    if lon is None or lat is None:
        return Where(None, None, "none", None)
    declared = options.declared.crs
    if declared is not None and not _degrees(declared):
        declared = None  # meant for others of the delivery: EXIF is in degrees by definition
    position: tuple[float, float] | None = (lon, lat)
    if shot.surveyed is not None:
        named = shot.surveyed_crs
        name = _name(named) if named else "OGC:CRS84"
        where = Where(position, name, "sheet" if named else "assumed", None)
    elif declared or shot.datum:
        origin = "sheet" if declared else "declared"
        found = place("", declared or shot.datum, origin, (lon, lat, lon, lat), source)
        problems.extend(found.problems)
        position = found.box[:2] if found.box else None
        where = Where(position, found.name, found.origin, None)
    else:
        where = Where(position, "OGC:CRS84", "declared", None)
    return replace(where, vertical_datum=_vertical(shot, source, options, where.crs, problems))


@lru_cache(maxsize=64)
def _name(text: str) -> str:
    from cimkit.geometry.crs import crs_name, parse_crs

    return crs_name(parse_crs(text))


@lru_cache(maxsize=64)
def _degrees(text: str) -> bool:
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import is_geographic, parse_crs

    try:
        return is_geographic(parse_crs(text))
    except UsageError:
        return True  # nothing PROJ knows; the placing says what it makes of it


def _vertical(
    shot: Shot, source: Source, options: ReadOptions, crs: str | None, problems: list[Problem]
) -> str | None:
    """Name what the height is measured from; EXIF says sea level, or since 3.0 the ellipsoid."""
    from cimkit.loaders._placing.heights import heights

    z = shot.altitude
    if z is None:
        return options.declared.vertical_datum
    if shot.surveyed is not None and not options.declared.vertical_datum:
        return None  # the trajectory, which says so once
    said = options.declared.vertical_datum
    origin = "sheet" if said else "declared" if shot.altitude_of else "none"
    said = said or {"sea level": "EPSG:5714", "ellipsoid": "EPSG:4979"}.get(shot.altitude_of)
    if said and _LOWEST_M < z < _HIGHEST_M and not (found := _known(crs, said, origin)).problems:
        return found.datum  # thousands of one flight say the same
    from cimkit.geometry.crs import parse_crs

    asked = heights("", parse_crs(crs) if crs else None, said, origin, (z, z), source)
    problems.extend(asked.problems)
    return asked.datum


@lru_cache(maxsize=64)
def _known(crs: str | None, said: str, origin: str) -> Heights:
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders._placing.heights import heights

    nobody = Source("", Path())
    return heights("", parse_crs(crs) if crs else None, said, origin, (1.0, 1.0), nobody)
