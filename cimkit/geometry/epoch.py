"""Coordinate epochs: the moment for which coordinates on a moving plate hold."""

from __future__ import annotations

import json
import re

from pyproj import CRS

__all__ = ["moves", "split_epoch"]

_METADATA = re.compile(
    r"^\s*COORDINATEMETADATA\s*\[(?P<crs>.*?),\s*(?:COORD)?EPOCH\s*\[\s*(?P<epoch>[\d.]+)\s*\]"
    r"\s*\]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_AT = re.compile(r"^(?P<crs>[^\[{]+?)\s*@\s*(?P<epoch>(?:19|20)\d\d(?:\.\d+)?)\s*$")
_MOVING = re.compile(r"\bITRF|\bIGS\d|\bIGb\d|WGS 84 \(G\d|\bITRS\b|PZ-90", re.IGNORECASE)


def split_epoch(text: str) -> tuple[str, str | None]:
    """Take the coordinate epoch off the name of a CRS.

    Parameters
    ----------
    text : str
        Any name of a CRS; of WKT 2 ``COORDINATEMETADATA[…, EPOCH[…]]`` (ISO 19162, 16.3), of
        PROJJSON ``CoordinateMetadata``, and ``ITRF2014@2020.5`` have an epoch.

    Returns
    -------
    crs, epoch : str, str or None
        The CRS alone, and the decimal year.

    Examples
    --------
    >>> split_epoch("EPSG:9000@2021.5"), split_epoch("EPSG:4490")
    (('EPSG:9000', '2021.5'), ('EPSG:4490', None))
    """
    found = _METADATA.match(text) or _AT.match(text)
    if found is not None:
        return found["crs"].strip(), found["epoch"]
    if text.lstrip().startswith("{") and "CoordinateMetadata" in text:
        try:
            said = json.loads(text)
        except ValueError:
            return text, None
        epoch = said.get("coordinateEpoch")
        if isinstance(said.get("crs"), dict):
            return json.dumps(said["crs"]), None if epoch is None else str(epoch)
    return text, None


def moves(crs: CRS) -> bool:
    """Return whether positions in a CRS change with the plates, so that an epoch belongs to them.

    Examples
    --------
    >>> moves(CRS.from_epsg(9000)), moves(CRS.from_epsg(4490)), moves(CRS.from_epsg(4326))
    (True, False, False)
    """
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return False
    datum = geodetic.datum.name if geodetic.datum is not None else ""
    return _MOVING.search(f"{datum} {geodetic.name}") is not None
