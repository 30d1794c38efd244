"""What is known of one photograph, whoever said it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Shot"]


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
