"""What is known of one photograph, whoever said it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cimkit.model import Problem

__all__ = ["Shot", "apart_m", "contradiction"]


@dataclass(slots=True)
class Shot:
    """What the metadata of a photograph and its trajectory say; None for what they do not."""

    longitude: float | None = None
    """Degrees, east positive, in `datum`."""
    latitude: float | None = None
    """Degrees, north positive, in `datum`."""
    datum: str = ""
    """CRS of longitude and latitude where the metadata name another than WGS 84."""
    surveyed: tuple[float, float] | None = None
    """Easting and northing in the trajectory's own CRS."""
    surveyed_crs: str | None = None
    """That CRS; None: the trajectory does not say it, and its positions are degrees."""
    altitude: float | None = None
    """Metres above `altitude_of`, negative below."""
    altitude_of: str = ""
    """``sea level`` or ``ellipsoid``, as the metadata say."""
    heading: float | None = None
    """Degrees clockwise from north: of the optical axis; of a nadir photograph, of its top."""
    heading_ref: str | None = None
    """``T`` true or ``M`` magnetic north."""
    pitch: float | None = None
    """Degrees of the optical axis above the horizon; -90 looks down."""
    roll: float | None = None
    """Degrees, clockwise positive: the right of the image is low."""
    moment: datetime | None = None
    """Time of exposure in UTC."""
    local: datetime | None = None
    """Time of exposure as the camera's clock showed it."""
    zone: str | None = None
    """Of the camera's clock, ``+08:00``."""
    camera: str | None = None
    """Maker and model."""
    orientation: int | None = None
    """EXIF orientation, 1 to 8."""
    panorama: str | None = None
    """Projection that the metadata name, e.g. ``equirectangular``."""
    fov: float | None = None
    """Horizontal field of view of the image as it is shown, degrees."""
    sequence: str | None = None
    """The drive or flight that the metadata name."""
    origins: dict[str, str] = field(default_factory=dict)
    """Who said ``position``, ``heading`` and ``time_zone``: exif, xmp, trajectory, derived …"""
    more: dict[str, Any] = field(default_factory=dict)
    """All else they say, as JSON values."""


def apart_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance of two positions in degrees, metres on a sphere (haversine).

    Examples
    --------
    >>> round(apart_m(0, 0, 0, 1))
    111195
    """
    up, across = math.radians(other_lat - lat), math.radians(other_lon - lon)
    flat = math.cos(math.radians(lat)) * math.cos(math.radians(other_lat))
    half = math.sin(up / 2) ** 2 + flat * math.sin(across / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(1.0, half)))


def contradiction(who: str, said: tuple[float, float], shot: Shot, apart: float) -> Problem:
    """Return the problem that somebody says another place (longitude, latitude) than was taken."""
    return Problem(
        code="position-contradiction",
        message=f"{who} places the photograph {apart:,.0f} m from where "
        f"{shot.origins.get('position', 'it')} does, which was taken.",
        got=f"{said[1]:.6f}, {said[0]:.6f}",
        expected=f"{shot.latitude:.6f}, {shot.longitude:.6f}",
    )
