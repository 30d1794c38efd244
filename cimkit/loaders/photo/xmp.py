"""XMP of photographs: Google's panorama schema (GPano) and DJI's drone schema."""

from __future__ import annotations

import math
from typing import Any

from cimkit.loaders.photo.exif import Shot
from cimkit.model import Problem

__all__ = ["xmp"]

_GPANO = "http://ns.google.com/photos/1.0/panorama/"
_DJI = "http://www.dji.com/drone-dji/1.0/"


def xmp(packet: bytes, shot: Shot, problems: list[Problem]) -> None:
    """Add what an XMP packet says to a shot; EXIF is not overruled.

    Parameters
    ----------
    packet : bytes
        ``<x:xmpmeta>…``.
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``xmp-corrupt`` is appended.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    start = packet.find(b"<x:xmpmeta")
    end = packet.rfind(b"</x:xmpmeta>")
    if start >= 0 and end > start:
        packet = packet[start : end + len(b"</x:xmpmeta>")]
    try:
        root = ElementTree.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError) as error:
        problems.append(
            Problem(
                code="xmp-corrupt",
                message="The XMP of the photograph cannot be read.",
                got=f"{type(error).__name__}: {error}"[:200],
                expected="well-formed XML without entities",
            )
        )
        return
    values = _values(root)
    shot.panorama = values.get(f"{_GPANO}ProjectionType") or shot.panorama
    _heading(shot, values)
    lat = _number(values.get(f"{_DJI}GpsLatitude"))
    lon = _number(
        values.get(f"{_DJI}GpsLongitude") or values.get(f"{_DJI}GpsLongtitude")  # DJI's spelling
    )
    if shot.longitude is None and lat is not None and lon is not None and (lat or lon):
        shot.longitude, shot.latitude = lon, lat
        shot.origins["position"] = "xmp"
        if shot.altitude is None:
            shot.altitude = _number(values.get(f"{_DJI}AbsoluteAltitude"))


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
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _heading(shot: Shot, values: dict[str, str]) -> None:
    for prefix, names in (
        (_GPANO, ("PoseHeadingDegrees", "PosePitchDegrees", "PoseRollDegrees")),
        (_DJI, ("GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree")),
        (_DJI, ("FlightYawDegree", "FlightPitchDegree", "FlightRollDegree")),
    ):
        heading, pitch, roll = (_number(values.get(prefix + name)) for name in names)
        if heading is None:
            continue
        if shot.heading is None:
            shot.heading, shot.heading_ref = heading % 360, "T"
            shot.origins["heading"] = "xmp"
        shot.pitch = pitch if shot.pitch is None else shot.pitch
        shot.roll = roll if shot.roll is None else shot.roll
        return
