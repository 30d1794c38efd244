"""The camera: focal length, sensor, field of view; and how the image is turned to be seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cimkit.loaders.photo.shot import Shot

__all__ = ["camera", "upright"]

_FILM_MM = 43.2666  # diagonal of 24 x 36 mm, what "35 mm equivalent" compares (CIPA DCG-001)
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}


def upright(width: int, height: int, orientation: int | None) -> tuple[int, int]:
    """Return width and height as the image is to be seen.

    Examples
    --------
    >>> upright(600, 450, 6)
    (450, 600)
    """
    return (height, width) if orientation in (5, 6, 7, 8) else (width, height)


def _real(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def camera(tags: Mapping[int, Any], width: int, height: int, shot: Shot) -> None:
    """Add what EXIF says of lens and sensor, and the field of view that follows.

    Parameters
    ----------
    tags : mapping
        Of the EXIF directory.
    width, height : int
        As stored, pixels.
    shot : Shot
        Changed in place.

    Notes
    -----
    The field of view is that of a pinhole, ``2 atan(w / 2 f)``: from the 35 mm equivalent, else
    from the resolution of the focal plane. Neither knows of a lens's distortion.
    """
    focal, film = _real(tags.get(0x920A)), _real(tags.get(0xA405))
    for tag, name in ((0x829D, "f_number"), (0x829A, "exposure_s"), (0x8827, "iso")):
        value = tags.get(tag)
        number = _real(value[0] if isinstance(value, tuple) and value else value)
        if number is not None:
            shot.more[name] = number
    seen = upright(width, height, shot.orientation)[0]
    if focal is not None:
        shot.more["focal_length_mm"] = focal
    sensor = _sensor_mm(tags, width, height)
    if sensor is not None:
        shot.more["sensor_mm"] = [round(s, 3) for s in sensor]
    if film is not None:
        shot.more["focal_length_35mm"] = film
        half = _FILM_MM * seen / math.hypot(width, height) / 2
        shot.fov, shot.origins["fov"] = 2 * math.degrees(math.atan(half / film)), "35mm-equivalent"
    elif focal is not None and sensor is not None:
        half = upright(1, 2, shot.orientation)[0] == 1
        across = sensor[0] if half else sensor[1]
        shot.fov, shot.origins["fov"] = 2 * math.degrees(math.atan(across / 2 / focal)), "sensor"


def _sensor_mm(tags: Mapping[int, Any], width: int, height: int) -> tuple[float, float] | None:
    """Return the size of the sensor, if it is one that a camera may have."""
    across, down = _real(tags.get(0xA20E)), _real(tags.get(0xA20F))
    unit = tags.get(0xA210, 2)
    if across is None or unit not in _UNIT_MM:
        return None
    wide, high = _real(tags.get(0xA002)) or width, _real(tags.get(0xA003)) or height
    size = wide / across * _UNIT_MM[unit], high / (down or across) * _UNIT_MM[unit]
    return size if all(1.0 <= s <= 120.0 for s in size) else None
