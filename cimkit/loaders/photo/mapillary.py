"""What Mapillary's tools write: the description in EXIF, and mapillary_image_description.json.

The names are those of mapillary_tools (``image_description_schema``, ``exif_write``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cimkit.loaders.photo.shot import Shot, apart_m, contradiction
from cimkit.model import Problem

__all__ = ["captured", "described", "take"]

_FAR_M = 30.0
_KEPT = {
    "MAPPhotoUUID": "mapillary_photo",
    "MAPOrientation": "mapillary_orientation",
    "MAPDeviceMake": "device_make",
    "MAPDeviceModel": "device_model",
    "MAPGPSAccuracyMeters": "position_error_m",
    "MAPGpsSource": "gps_source",
    "MAPCameraMode": "camera_mode",
    "MAPLocalTimeZone": "local_time_zone",
}
# Left out: keys of users and organisations (MAPSettingsUserKey, MAPOrganizationKey …).


def described(shot: Shot, problems: list[Problem]) -> None:
    """Take what Mapillary's description in EXIF says; what EXIF itself says is not overruled.

    Parameters
    ----------
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``position-contradiction`` is appended.
    """
    text = str(shot.more.get("description", ""))
    if not text.startswith("{") or '"MAP' not in text:
        return
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return  # a description that is no JSON is a description
    if isinstance(said, dict):
        del shot.more["description"]
        take(said, shot, problems, "mapillary")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def captured(text: Any) -> datetime | None:
    """Return the moment of MAPCaptureTime: ``2016_07_07_21_42_20_480``, UTC.

    Examples
    --------
    >>> captured("2016_07_07_21_42_20_480").isoformat()
    '2016-07-07T21:42:20.480000+00:00'
    """
    parts = str(text).split("_")
    if len(parts) not in (6, 7) or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    micro = int(parts[6].ljust(6, "0")[:6]) if len(parts) == 7 else 0
    year, month, day, hour, minute, second = (int(p) for p in parts[:6])
    try:
        return datetime(year, month, day, hour, minute, second, micro, UTC)
    except ValueError:
        return None


def take(said: Mapping[str, Any], shot: Shot, problems: list[Problem], who: str) -> None:
    """Take one description.

    Parameters
    ----------
    said : mapping
        With MAPLatitude, MAPLongitude, MAPAltitude, MAPCompassHeading, MAPCaptureTime …
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``position-contradiction`` is appended.
    who : str
        Goes to `Shot.origins`.
    """
    lat, lon = _number(said.get("MAPLatitude")), _number(said.get("MAPLongitude"))
    if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon):
        if shot.longitude is None or shot.latitude is None:
            shot.longitude, shot.latitude, shot.origins["position"] = lon, lat, who
            if shot.altitude is None:
                shot.altitude = _number(said.get("MAPAltitude"))
        elif (apart := apart_m(lon, lat, shot.longitude, shot.latitude)) > _FAR_M:
            problems.append(contradiction("Mapillary's description", (lon, lat), shot, apart))
    compass = said.get("MAPCompassHeading")
    if isinstance(compass, dict) and shot.heading is None:
        for name, ref in (("TrueHeading", "T"), ("MagneticHeading", "M")):
            heading = _number(compass.get(name))
            if heading is not None and 0 <= heading <= 360:  # -1: the phone did not know
                shot.heading, shot.heading_ref = heading % 360, ref
                shot.origins["heading"] = who
                break
    moment = captured(said.get("MAPCaptureTime", ""))
    if shot.moment is None and moment is not None:
        shot.moment = moment
    sequence = said.get("MAPSequenceUUID")
    if isinstance(sequence, str) and sequence:
        shot.sequence = sequence
    for name, called in _KEPT.items():
        value = said.get(name)
        if isinstance(value, str | int | float) and value != "":
            shot.more.setdefault(called, value)
