"""XMP of photographs: Google's panoramas, DJI's and Pix4D's poses, EXIF in Adobe's words."""

from __future__ import annotations

import math
import re
from datetime import UTC
from typing import Any

from cimkit.loaders.photo.clock import derived_zone, exif_time, in_utc, offset_text
from cimkit.loaders.photo.shot import Shot, apart_m, contradiction
from cimkit.model import Problem

__all__ = ["MOST_BYTES", "xmp"]

MOST_BYTES = 4_000_000
"""A packet that is longer carries images (depth maps), and its poses stand at its start."""

_GPANO = "http://ns.google.com/photos/1.0/panorama/"
_DJI = "http://www.dji.com/drone-dji/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_PIX4D = ("http://pix4d.com/camera/1.0", "http://pix4d.com/camera/1.0/")
_FAR_M = 30.0
_KEPT = {
    "RelativeAltitude": "altitude_above_start_m",
    "RtkFlag": "rtk_flag",
    "RtkStdLon": "rtk_std_lon_m",
    "RtkStdLat": "rtk_std_lat_m",
    "RtkStdHgt": "rtk_std_height_m",
    "FlightYawDegree": "flight_yaw",
    "FlightPitchDegree": "flight_pitch",
    "FlightRollDegree": "flight_roll",
    "GimbalYawDegree": "gimbal_yaw",
    "GimbalPitchDegree": "gimbal_pitch",
    "GimbalRollDegree": "gimbal_roll",
    "FlightXSpeed": "flight_x_speed_m_s",
    "FlightYSpeed": "flight_y_speed_m_s",
    "FlightZSpeed": "flight_z_speed_m_s",
    "CamReverse": "camera_reversed",
    "GpsStatus": "gps_status",
    "AltitudeType": "altitude_type",
}
_AREA = (
    *("CroppedAreaLeftPixels", "CroppedAreaTopPixels", "CroppedAreaImageWidthPixels"),
    *("CroppedAreaImageHeightPixels", "FullPanoWidthPixels", "FullPanoHeightPixels"),
    *("PoseHeadingDegrees", "PosePitchDegrees", "PoseRollDegrees", "InitialViewHeadingDegrees"),
    *("InitialViewPitchDegrees", "InitialViewRollDegrees", "InitialHorizontalFOVDegrees"),
    *("SourcePhotosCount", "FirstPhotoDate", "LastPhotoDate", "StitchingSoftware"),
)
_COORDINATE = re.compile(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?\s*([NSEW])", re.IGNORECASE)


def xmp(packet: bytes, shot: Shot, problems: list[Problem], place: str = "") -> None:
    """Add what an XMP packet says to a shot; EXIF is not overruled.

    Parameters
    ----------
    packet : bytes
        ``<x:xmpmeta>…``.
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``xmp-corrupt`` is appended.
    place : str
        Name of the file it comes from, if that is not the photograph.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    start = packet.find(b"<x:xmpmeta")
    end = packet.rfind(b"</x:xmpmeta>")
    if start >= 0 and end > start:
        packet = packet[start : end + len(b"</x:xmpmeta>")]
    try:
        if len(packet) > MOST_BYTES:
            raise ValueError(f"{len(packet):,} bytes")
        root = ElementTree.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        problems.append(
            Problem(
                code="xmp-corrupt",
                message="The XMP of the photograph cannot be read.",
                place=place,
                got=f"{type(error).__name__}: {error}"[:200],
                expected="well-formed XML without entities",
            )
        )
        return
    values = _values(root)
    _panorama(values, shot)
    _poses(values, shot)
    _drone(values, shot, problems)
    _adobe(values, shot, problems)


def _values(root: Any) -> dict[str, str]:
    """Return all simple properties by namespace + name, written as attributes or as elements."""
    found: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            found[name.lstrip("{").replace("}", "")] = value
        if not len(element) and element.text and element.text.strip():
            found[element.tag.lstrip("{").replace("}", "")] = element.text.strip()
    return found


def _number(text: str | None) -> float | None:
    """Return a number written as one or, as EXIF's are, as a fraction."""
    if text is None:
        return None
    above, _, below = text.strip().partition("/")
    try:
        number = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _panorama(values: dict[str, str], shot: Shot) -> None:
    shot.panorama = values.get(f"{_GPANO}ProjectionType") or shot.panorama
    held: dict[str, Any] = {}
    for name in _AREA:
        text = values.get(_GPANO + name)
        if text:
            number = _number(text)
            held[name] = text if number is None else number
    if not held:
        return
    shot.more["gpano"] = held
    part, whole = held.get("CroppedAreaImageWidthPixels"), held.get("FullPanoWidthPixels")
    if isinstance(part, float) and isinstance(whole, float) and 0 < part <= whole:
        shot.fov, shot.origins["fov"] = 360 * part / whole, "xmp"


def _poses(values: dict[str, str], shot: Shot) -> None:
    """Take the first pose there is: of the panorama, of the camera, of the drone.

    Pix4D's ``Camera`` counts its pitch from straight down, DJI's gimbal from the horizon.
    """
    poses = [
        (_GPANO, ("PoseHeadingDegrees", "PosePitchDegrees", "PoseRollDegrees"), 0.0),
        *((name, ("Yaw", "Pitch", "Roll"), -90.0) for name in _PIX4D),
        (_DJI, ("GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"), 0.0),
        (_DJI, ("FlightYawDegree", "FlightPitchDegree", "FlightRollDegree"), 0.0),
    ]
    for prefix, names, zero in poses:
        heading, pitch, roll = (_number(values.get(prefix + name)) for name in names)
        if heading is None:
            continue
        if shot.heading is None:
            shot.heading, shot.heading_ref = heading % 360, "T"
            shot.origins["heading"] = "xmp"
        if shot.pitch is None and pitch is not None:
            shot.pitch = pitch + zero
        shot.roll = roll if shot.roll is None else shot.roll
        return


def _place(shot: Shot, lon: float | None, lat: float | None, problems: list[Problem]) -> bool:
    """Take a position if there is none yet and it is one; tell whether it was taken."""
    if lon is None or lat is None or not (lat or lon) or abs(lat) > 90 or abs(lon) > 180:
        return False
    if shot.longitude is not None and shot.latitude is not None:
        apart = apart_m(lon, lat, shot.longitude, shot.latitude)
        if apart > _FAR_M and not shot.datum:
            problems.append(contradiction("XMP", (lon, lat), shot, apart))
        return False
    shot.longitude, shot.latitude = lon, lat
    shot.origins["position"] = "xmp"
    return True


def _drone(values: dict[str, str], shot: Shot, problems: list[Problem]) -> None:
    for name, called in _KEPT.items():
        text = values.get(_DJI + name)
        if text:
            number = _number(text)
            shot.more[called] = text if number is None else number
    exposed = exif_time(values.get(f"{_DJI}UTCAtExposure", ""))
    if exposed is not None and shot.moment is None:
        shot.moment = in_utc(exposed.replace(tzinfo=None), UTC)
        zone = derived_zone(shot.local, shot.moment) if shot.local and shot.moment else None
        if zone is not None and shot.local is not None:
            shot.zone, shot.origins["time_zone"] = offset_text(zone, shot.local), "derived"
    lat = _number(values.get(f"{_DJI}GpsLatitude") or values.get(f"{_DJI}Latitude"))
    lon = _number(
        values.get(f"{_DJI}GpsLongitude")
        or values.get(f"{_DJI}GpsLongtitude")  # DJI's spelling
        or values.get(f"{_DJI}Longitude")
    )
    height = _number(values.get(f"{_DJI}AbsoluteAltitude"))
    if height is not None:
        shot.more["altitude_absolute_m"] = height
    if _place(shot, lon, lat, problems) and shot.altitude is None:
        shot.altitude = height
    for name in _PIX4D:
        for said, called in (
            ("GPSXYAccuracy", "accuracy_xy_m"),
            ("GPSZAccuracy", "accuracy_z_m"),
            ("RigName", "rig"),
            ("BandName", "band"),
        ):
            text = values.get(name + said)
            if text:
                number = _number(text)
                shot.more[called] = text if number is None else number


def _adobe(values: dict[str, str], shot: Shot, problems: list[Problem]) -> None:
    """Take what Adobe's programs carry over from EXIF, where EXIF itself is gone."""
    lat = _coordinate(values.get(f"{_EXIF}GPSLatitude"))
    lon = _coordinate(values.get(f"{_EXIF}GPSLongitude"))
    if _place(shot, lon, lat, problems):
        height = _number(values.get(f"{_EXIF}GPSAltitude"))
        if height is not None and shot.altitude is None:
            shot.altitude = -height if values.get(f"{_EXIF}GPSAltitudeRef") == "1" else height
            shot.altitude_of = "sea level"
    heading = _number(values.get(f"{_EXIF}GPSImgDirection"))
    if shot.heading is None and heading is not None and 0 <= heading <= 360:
        shot.heading, shot.heading_ref = (
            heading % 360,
            values.get(f"{_EXIF}GPSImgDirectionRef") or None,
        )
        shot.origins["heading"] = "xmp"
    if shot.camera is None:
        maker, model = values.get(f"{_TIFF}Make", ""), values.get(f"{_TIFF}Model", "")
        shot.camera = (model if model.startswith(maker) else f"{maker} {model}").strip() or None
    if shot.local is None and shot.moment is None:
        said = exif_time(values.get(f"{_EXIF}DateTimeOriginal", ""))
        fix = exif_time(values.get(f"{_EXIF}GPSTimeStamp", ""))
        if said is not None and said.tzinfo is not None:
            shot.moment = in_utc(said.replace(tzinfo=None), said.tzinfo)
            shot.zone, shot.origins["time_zone"] = offset_text(said.tzinfo, said), "xmp"
        if said is not None:
            shot.local = said.replace(tzinfo=None)
        if shot.moment is None and fix is not None and fix.tzinfo is not None:
            shot.moment = in_utc(fix.replace(tzinfo=None), fix.tzinfo)
            zone = derived_zone(shot.local, shot.moment) if shot.local and shot.moment else None
            if zone is not None and shot.local is not None:
                shot.zone, shot.origins["time_zone"] = offset_text(zone, shot.local), "derived"


def _coordinate(text: str | None) -> float | None:
    """Return degrees of ``45,31.0142N`` or ``45,31,0N``.

    Examples
    --------
    >>> _coordinate("0,4.2S"), _coordinate("34,22,54E")
    (-0.07, 34.38166666666667)
    """
    match = _COORDINATE.fullmatch((text or "").strip())
    if match is None:
        return None
    degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4].upper() in "SW" else degrees
