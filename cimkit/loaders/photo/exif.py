"""EXIF of photographs: position, direction, time, camera (CIPA DC-008, EXIF 2.3 to 3.0)."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cimkit.loaders.photo.exif_values import corrupt, first_number, text_of
from cimkit.loaders.photo.image import head
from cimkit.loaders.photo.shot import Shot
from cimkit.loaders.photo.taken import taken
from cimkit.model import Problem

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["exif"]

Tags = Mapping[int, Any]
_EXIF, _GPS = 0x8769, 0x8825
_METRES_PER_S = {"K": 1 / 3.6, "M": 0.44704, "N": 1852 / 3600}
_DATUMS = {
    **dict.fromkeys(("TOKYO", "TOKYODATUM", "JGD", "TKY"), "EPSG:4301"),
    **dict.fromkeys(("JGD2000", "ITRF94"), "EPSG:4612"),
    "JGD2011": "EPSG:6668",
    "CGCS2000": "EPSG:4490",
    "BEIJING1954": "EPSG:4214",
    "XIAN1980": "EPSG:4610",
    "NAD27": "EPSG:4267",
    "NAD83": "EPSG:4269",
    "ETRS89": "EPSG:4258",
    "ED50": "EPSG:4230",
    "GDA94": "EPSG:4283",
}
"""Of GPSMapDatum; the codes are those of the EPSG registry."""
_WGS84 = ("", "WGS84", "WGS1984", "WGS", "G-WGS84")
_CODES = (b"ASCII", b"UNICODE", b"JIS", b"")
_PLAIN = {
    0x0131: "software",
    0x010E: "description",
    0x8298: "copyright",
    0x013B: "artist",
    0xA431: "camera_serial",
    0xA433: "lens_make",
    0xA434: "lens",
    0xA420: "image_id",
}


def exif(image: Image.Image, problems: list[Problem]) -> tuple[Shot, Tags]:
    """Read the EXIF of an image.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened; its pixels are not read.
    problems : list of Problem
        ``exif-corrupt``, ``gps-invalid``, ``gps-reference-missing``, ``gps-void``,
        ``map-datum-unknown`` and ``time-contradiction`` are appended.

    Returns
    -------
    shot, tags
        What it says, and its tags by number.
    """
    try:
        first = head(image)
        tags: dict[int, Any] = {**first, **first.get_ifd(_EXIF)} if first else {}
        gps: Tags = first.get_ifd(_GPS) if first else {}
    except (
        *(SyntaxError, ValueError, LookupError, TypeError, OSError, EOFError, ArithmeticError),
        *(struct.error, AttributeError, RecursionError),
    ) as error:  # Pillow trusts the offsets it finds, and any of these may follow
        problems.append(corrupt(f"{type(error).__name__}: {error}"))
        return Shot(), {}
    orientation = _whole(tags.get(0x0112))
    shot = Shot(
        camera=_camera(tags),
        orientation=orientation if orientation is not None and 1 <= orientation <= 8 else None,
    )
    _position(gps, shot, problems)
    taken(tags, gps, shot, problems)
    for tag, name in _PLAIN.items():
        if said := text_of(tags.get(tag)):
            shot.more[name] = said
    return shot, tags


def _whole(value: Any) -> int | None:
    number = first_number(value)
    return int(number) if number is not None and number == int(number) else None


def _camera(tags: Tags) -> str | None:
    make, model = text_of(tags.get(0x010F)), text_of(tags.get(0x0110))
    return (model if model.startswith(make) else f"{make} {model}").strip() or None


def _angle(value: Any) -> float | None:
    """Return degrees of degrees, minutes and seconds; seconds of 0/0 are none."""
    given = list(value) if isinstance(value, tuple | list) else [value]
    parts = [first_number(v) for v in given[:3]]
    if not parts or parts[0] is None or (len(parts) > 1 and parts[1] is None):
        return None
    return math.fsum((p or 0.0) / s for p, s in zip(parts, (1, 60, 3600), strict=False))


def _position(gps: Tags, shot: Shot, problems: list[Problem]) -> None:
    lat, lon = _angle(gps.get(2)), _angle(gps.get(4))
    if lat is not None and lon is not None:
        south, east = text_of(gps.get(1)).upper()[:1], text_of(gps.get(3)).upper()[:1]
        lat, lon = -lat if south == "S" else lat, -lon if east == "W" else lon
        if abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon):
            shot.latitude, shot.longitude = lat, lon
            shot.origins["position"] = "exif"
            _doubts(gps, shot, problems)
            if south not in ("N", "S") or east not in ("E", "W"):
                problems.append(
                    Problem(
                        code="gps-reference-missing",
                        message="The GPS position does not say north or south, east or west; "
                        "its signs are taken as they are.",
                        got=f"{lat:g} {south or '?'}, {lon:g} {east or '?'}",
                        expected="GPSLatitudeRef N or S, GPSLongitudeRef E or W",
                    )
                )
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
    elif lat is None and lon is None and 2 in gps and 4 in gps:
        problems.append(
            Problem(
                code="gps-void",
                message="The receiver had no fix: latitude and longitude are without a value.",
                got=f"{gps[2]}, {gps[4]}"[:80],
                expected="degrees, minutes and seconds",
                hint="Name a trajectory in the delivery sheet.",
            )
        )
    elif 2 in gps or 4 in gps:
        problems.append(corrupt("GPS latitude or longitude without a value"))
    altitude, reference = first_number(gps.get(6)), _whole(gps.get(5))
    if altitude is not None:
        # 2 and 3 came with EXIF 3.0: ellipsoidal height, above and below.
        shot.altitude = -abs(altitude) if reference in (1, 3) else altitude
        shot.altitude_of = "ellipsoid" if reference in (2, 3) else "sea level"
    heading = first_number(gps.get(17))
    if heading is not None and 0 <= heading <= 360:
        shot.heading = heading % 360
        shot.heading_ref = text_of(gps.get(16))[:1].upper() or None
        shot.origins["heading"] = "exif"
    _around(gps, shot)


def _doubts(gps: Tags, shot: Shot, problems: list[Problem]) -> None:
    if text_of(gps.get(9)).upper() == "V":
        problems.append(
            Problem(
                code="gps-void",
                message="The receiver had no fix: the position is that of an earlier moment.",
                got="GPSStatus V",
                expected="A",
            )
        )
    said = text_of(gps.get(18))
    plain = "".join(c for c in said.upper() if c.isalnum() or c == "-").replace("WGS-", "WGS")
    if plain in _WGS84:
        return
    shot.datum = _DATUMS.get(plain.replace("-", ""), "")
    if not shot.datum:
        problems.append(
            Problem(
                code="map-datum-unknown",
                message="The position is in a datum that is not known; it is taken for WGS 84, "
                "which may be some hundred metres away.",
                got=said[:60],
                expected="WGS-84",
                hint="Say the datum of the photographs in the delivery sheet: crs = …",
            )
        )


def _around(gps: Tags, shot: Shot) -> None:
    """Keep what else the receiver said."""
    for tag, name in (
        *((11, "dop"), (31, "position_error_m"), (15, "track"), (24, "dest_bearing")),
        (30, "differential"),
    ):
        value = first_number(gps.get(tag))
        if value is not None:
            shot.more[name] = value
    speed = first_number(gps.get(13))
    if speed is not None:
        shot.more["speed_m_s"] = speed * _METRES_PER_S.get(text_of(gps.get(12)).upper(), 1 / 3.6)
    for tag, name in ((14, "track_ref"), (23, "dest_bearing_ref"), (18, "map_datum")):
        if tag in gps and text_of(gps[tag]):
            shot.more[name] = text_of(gps[tag])
    mode = text_of(gps.get(10))
    if mode in ("2", "3"):
        shot.more["fix"] = f"{mode}D"
    method = gps.get(27)
    if isinstance(method, bytes):
        coded = (
            method[8:]
            if method[:8].rstrip(b"\0") in (b"ASCII", b"UNICODE", b"JIS", b"")
            else method
        )
        method = coded
    if method is not None and text_of(method):
        shot.more["positioning"] = text_of(method)
