"""EXIF of photographs: position, direction, time, camera."""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

from cimkit.model import Problem

__all__ = ["Shot", "exif"]

_OFFSET = re.compile(r"^([+-])(\d{2}):?(\d{2})$")


@dataclass(slots=True)
class Shot:
    """What the metadata of a photograph say; None for what they do not."""

    longitude: float | None = None
    """Degrees, east positive, WGS 84."""
    latitude: float | None = None
    """Degrees, north positive, WGS 84."""
    surveyed: tuple[float, float] | None = None
    """Easting and northing in the trajectory's own CRS."""
    altitude: float | None = None
    """Metres above sea level, negative below."""
    heading: float | None = None
    """Degrees clockwise from north."""
    heading_ref: str | None = None
    """``T`` true or ``M`` magnetic north."""
    pitch: float | None = None
    """Degrees, up positive."""
    roll: float | None = None
    """Degrees, clockwise positive."""
    moment: datetime | None = None
    """Time of exposure in UTC."""
    local_time: str | None = None
    """Time of exposure as the camera's clock showed it, where its zone is not known."""
    camera: str | None = None
    """Maker and model."""
    orientation: int | None = None
    """EXIF orientation, 1 to 8."""
    panorama: str | None = None
    """Projection that the metadata name, e.g. ``equirectangular``."""
    origins: dict[str, str] = field(default_factory=dict)
    """Who said ``position`` and ``heading``: exif, xmp, trajectory."""


def exif(file: Path, problems: list[Problem]) -> Shot:
    """Read the EXIF of an image.

    Parameters
    ----------
    file : Path
        JPEG, MPO, PNG, HEIC or TIFF.
    problems : list of Problem
        ``exif-corrupt`` and ``gps-invalid`` are appended.
    """
    import exifread

    tags: Mapping[str, Any] = {}
    try:
        with _opened(file) as opened, _heard(problems):
            tags = exifread.process_file(opened, details=False, extract_thumbnail=False)
    except Exception as error:  # it trusts the offsets it finds, and anything may follow
        problems.append(_corrupt(f"{type(error).__name__}: {error}"))
        return Shot()
    shot = Shot(camera=_camera(tags), orientation=_whole(tags, "Image Orientation"))
    _position(tags, shot, problems)
    _time(tags, shot)
    return shot


def _opened(file: Path) -> BinaryIO:
    """Open what holds the EXIF: the file itself, or the item of a HEIC that holds it.

    exifread finds that item only as one maker of cameras places it.
    """
    opened = file.open("rb")
    if opened.read(12)[4:8] != b"ftyp":
        opened.seek(0)
        return opened
    opened.close()
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    with Image.open(file) as image:
        return io.BytesIO(bytes(image.info.get("exif") or b"").removeprefix(b"Exif\0\0"))


@contextmanager
def _heard(problems: list[Problem]) -> Iterator[None]:
    """Turn what exifread logs of damage into a problem, and keep the rest off the screen."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = logging.getLogger("exifread")
    kept, listener = logger.propagate, Listener(logging.WARNING)
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(listener)
        logger.propagate = kept
    damage = [text for text in said if "corrupt" in text.lower()]
    if damage:
        problems.append(_corrupt("; ".join(damage)))


def _corrupt(why: str) -> Problem:
    return Problem(
        code="exif-corrupt",
        message="The EXIF of the photograph cannot be read.",
        got=why[:200],
        expected="EXIF 2.3",
        hint="Deliver the camera's own file, or a trajectory.",
    )


def _values(tags: Mapping[str, Any], name: str) -> list[Any]:
    tag = tags.get(name)
    if tag is None:
        return []
    values = tag.values
    return list(values) if isinstance(values, list | tuple) else [values]


def _text(tags: Mapping[str, Any], name: str) -> str:
    tag = tags.get(name)
    return str(tag.printable if tag is not None else "").replace("\0", "").strip()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _first(tags: Mapping[str, Any], name: str) -> float | None:
    values = _values(tags, name)
    return _number(values[0]) if values else None


def _whole(tags: Mapping[str, Any], name: str) -> int | None:
    value = _first(tags, name)
    return int(value) if value is not None and value == int(value) else None


def _camera(tags: Mapping[str, Any]) -> str | None:
    make, model = _text(tags, "Image Make"), _text(tags, "Image Model")
    return (model if model.startswith(make) else f"{make} {model}").strip() or None


def _angle(tags: Mapping[str, Any], name: str, negative: str) -> float | None:
    parts = [_number(v) for v in _values(tags, name)]
    if not parts or any(p is None for p in parts):
        return None
    degrees = sum(p / s for p, s in zip(parts, (1, 60, 3600), strict=False) if p is not None)
    return -degrees if _text(tags, f"{name}Ref").upper().startswith(negative) else degrees


def _position(tags: Mapping[str, Any], shot: Shot, problems: list[Problem]) -> None:
    lat = _angle(tags, "GPS GPSLatitude", "S")
    lon = _angle(tags, "GPS GPSLongitude", "W")
    if lat is not None and lon is not None:
        if abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon):
            shot.latitude, shot.longitude = lat, lon
            shot.origins["position"] = "exif"
        else:
            problems.append(
                Problem(
                    code="gps-invalid",
                    message="The GPS position of the photograph is no position of a camera.",
                    got=f"{lat:g}, {lon:g}",
                    expected="latitude within 90, longitude within 180 degrees, not 0, 0",
                    hint="Name a trajectory in the delivery sheet.",
                )
            )
    elif _values(tags, "GPS GPSLatitude") or _values(tags, "GPS GPSLongitude"):
        problems.append(_corrupt("GPS latitude or longitude without a value"))
    altitude = _first(tags, "GPS GPSAltitude")
    if altitude is not None:
        shot.altitude = -altitude if _whole(tags, "GPS GPSAltitudeRef") == 1 else altitude
    heading = _first(tags, "GPS GPSImgDirection")
    if heading is not None and 0 <= heading <= 360:
        shot.heading = heading % 360
        shot.heading_ref = _text(tags, "GPS GPSImgDirectionRef")[:1].upper() or None
        shot.origins["heading"] = "exif"


def _time(tags: Mapping[str, Any], shot: Shot) -> None:
    """Prefer the camera's time with its zone, then that of the satellites, which is UTC."""
    said = _text(tags, "EXIF DateTimeOriginal") or _text(tags, "Image DateTime")
    local = _parsed(said.replace(".", ":"))
    zone = _OFFSET.match(_text(tags, "EXIF OffsetTimeOriginal") or _text(tags, "EXIF OffsetTime"))
    if local is not None and zone is not None:
        away = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
        if away < timedelta(hours=24):
            sign = -1 if zone[1] == "-" else 1
            shot.moment = local.replace(tzinfo=timezone(sign * away)).astimezone(UTC)
            return
    day = _parsed(f"{_text(tags, 'GPS GPSDate').replace('-', ':')} 00:00:00")
    clock = [_number(v) for v in _values(tags, "GPS GPSTimeStamp")]
    if day is not None and len(clock) == 3:
        seconds = sum(c * s for c, s in zip(clock, (3600, 60, 1), strict=True) if c is not None)
        if 0 <= seconds < 86_401:
            shot.moment = day.replace(tzinfo=UTC) + timedelta(seconds=seconds)
            return
    if local is not None:
        shot.local_time = local.isoformat()


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None  # "0000:00:00", blanks: a camera whose clock was never set
