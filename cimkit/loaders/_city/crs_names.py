"""CRS names as makers of city models write them, to those that PROJ knows."""

from __future__ import annotations

import re

__all__ = ["named"]

_ADV = re.compile(r"urn:adv:crs:(?P<plane>[\w/]+)(?:\*(?P<heights>[\w]+))?", re.IGNORECASE)
_COMPOUND = re.compile(r"crs:EPSG:[\d.]*:(\d+)", re.IGNORECASE)
_ZONE = re.compile(r"(?:DE_)?(ETRS89_UTM|DHDN_3GK|42/83_3GK|40/83_3GK)(\d+)", re.IGNORECASE)
_FIRST = {"ETRS89_UTM": 25800, "DHDN_3GK": 31464, "42/83_3GK": 2394, "40/83_3GK": 3394}
_HEIGHTS = {
    "DE_DHHN92_NH": "5783",
    "DE_DHHN2016_NH": "7837",
    "DE_DHHN12_NOH": "7699",
    "DE_DHHN85_NH": "5784",
}


def named(text: str | None) -> str | None:
    """Return a CRS name that PROJ knows for those that German surveyors and old writers use.

    Examples
    --------
    >>> named("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH"), named("urn:adv:crs:DE_DHDN_3GK4")
    ('EPSG:25832+5783', 'EPSG:31468')
    >>> named("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783")
    'EPSG:25832+5783'
    """
    said = (text or "").strip()
    if not said:
        return None
    german = _ADV.fullmatch(said)
    if german:
        zone = _ZONE.match(german["plane"])
        if zone is None:
            return said
        plane = str(_FIRST[zone[1].upper()] + int(zone[2]))
        above = _HEIGHTS.get((german["heights"] or "").upper())
        return f"EPSG:{plane}+{above}" if above else f"EPSG:{plane}"
    if said.lower().startswith("urn:") and "def:crs," in said.lower():
        codes = _COMPOUND.findall(said)
        if codes:
            return "EPSG:" + "+".join(codes)
    return said
