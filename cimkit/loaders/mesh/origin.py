"""What says from which origin the coordinates of a mesh count: metadata.xml, .xyz, .prj."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, parse_crs
from cimkit.model import Problem, Source

__all__ = ["Origin", "origin_of"]

_ENU = re.compile(r"ENU:\s*([-+\d.]+)\s*,\s*([-+\d.]+)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(slots=True)
class Origin:
    """The outcome."""

    crs: str | None = None
    """``EPSG:n`` or WKT; None if nothing says so."""
    offset: tuple[float, float, float] | None = None
    """What is to be added to the coordinates to be in that CRS."""
    properties: dict[str, Any] = field(default_factory=dict)
    """As it was said; JSON values."""


def origin_of(source: Source, problems: list[Problem]) -> Origin:
    """Read the sidecars of a mesh.

    ContextCapture writes ``<SRS>EPSG:n</SRS><SRSOrigin>x,y,z</SRSOrigin>`` (or ``ENU:lat,lon``: a
    plane that touches the Earth there) into metadata.xml; Pix4D writes x, y, z into a ``.xyz``.
    """
    found = Origin()
    for member, file in _sidecars(source).items():
        name = posixpath.basename(member).lower()
        if not file.is_file() or file.stat().st_size > 10_000_000:
            continue
        if name == "metadata.xml":
            _metadata(file.read_bytes(), member, found, problems)
        elif name.endswith(".xyz") and file.stat().st_size < 1000:
            words = _NUMBER.findall(file.read_text("utf-8", "replace"))
            if len(words) == 3:
                found.offset = (float(words[0]), float(words[1]), float(words[2]))
        elif name.endswith(".prj"):
            _named(file.read_text("utf-8", "replace").strip(), member, found, problems)
    if found.offset is not None:
        found.properties["offset"] = list(found.offset)
    return found


def _sidecars(source: Source) -> dict[str, Path]:
    """Return the members, and the metadata.xml that many tiles share and one of them has."""
    folder = posixpath.dirname(source.path)
    found = {m: source.file.parent / posixpath.relpath(m, folder or ".") for m in source.members}
    at, name = source.file.parent, folder
    for _ in range(3):
        shared = at / "metadata.xml"
        if shared.is_file():
            found.setdefault(posixpath.join(name, "metadata.xml"), shared)
            break
        if not name:
            break
        at, name = at.parent, posixpath.dirname(name)
    return found


def _metadata(data: bytes, member: str, found: Origin, problems: list[Problem]) -> None:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError) as error:
        problems.append(
            Problem(
                "sidecar-unreadable",
                "The metadata.xml of the mesh is no XML that can be read.",
                place=member,
                got=str(error),
            )
        )
        return
    texts = {e.tag.rsplit("}")[-1]: (e.text or "").strip() for e in root.iter()}
    srs, origin = texts.get("SRS", ""), texts.get("SRSOrigin", "")
    if srs:
        found.properties["srs"] = srs[:2000]
    numbers = [float(n) for n in _NUMBER.findall(origin)]
    local = _ENU.match(srs)
    if local:
        # a plane about a point: as metres of a projection that is true there
        lat, lon = float(local[1]), float(local[2])
        found.crs = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m +type=crs"
        found.offset = (0.0, 0.0, 0.0)
        found.properties["enu_origin"] = [lon, lat]
        return
    if srs:
        _named(srs, member, found, problems)
    if len(numbers) >= 2:
        found.offset = (numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0.0)


def _named(text: str, member: str, found: Origin, problems: list[Problem]) -> None:
    try:
        found.crs = crs_name(parse_crs(text))
    except UsageError:
        problems.append(
            Problem(
                "crs-unknown",
                "The coordinate system that its sidecar names is not known.",
                "error",
                member,
                got=text[:200],
                expected="EPSG:n, or WKT",
            )
        )
