"""Types of city objects: what CityJSON 2.0 knows, and what other names become.

The types, and the geometries that each may have, are those of the specification 2.0.1
(https://www.cityjson.org/specs/2.0.1/).
"""

from __future__ import annotations

import re

__all__ = ["HOSTS", "SECOND", "SURFACES", "city_type", "fitting", "of_class", "surface_type", "top"]

_FIRST = {
    *("Building", "Bridge", "Tunnel", "OtherConstruction", "CityFurniture", "CityObjectGroup"),
    *("GenericCityObject", "LandUse", "PlantCover", "Railway", "Road", "TransportSquare"),
    *("SolitaryVegetationObject", "TINRelief", "WaterBody", "Waterway"),
}
SECOND = {
    *("BuildingPart", "BuildingInstallation", "BuildingConstructiveElement", "BuildingFurniture"),
    *("BuildingStorey", "BuildingRoom", "BuildingUnit", "BridgePart", "BridgeInstallation"),
    *("BridgeConstructiveElement", "BridgeRoom", "BridgeFurniture", "TunnelPart"),
    *("TunnelInstallation", "TunnelConstructiveElement", "TunnelHollowSpace", "TunnelFurniture"),
}
"""Types that are part of another object."""
HOSTS = {
    *("Building", "Bridge", "Tunnel", "BuildingPart", "BridgePart", "TunnelPart"),
    *("BuildingStorey", "BuildingRoom", "BuildingUnit", "BridgeRoom", "TunnelHollowSpace"),
}
"""Types that others are part of."""
_OTHER_NAMES = {
    "Room": "BuildingRoom",
    "Storey": "BuildingStorey",
    "IntBuildingInstallation": "BuildingInstallation",
    "BridgeConstructionElement": "BridgeConstructiveElement",
    "IntBridgeInstallation": "BridgeInstallation",
    "IntTunnelInstallation": "TunnelInstallation",
    "HollowSpace": "TunnelHollowSpace",
    "Square": "TransportSquare",
    "GenericOccupiedSpace": "GenericCityObject",
    "GenericLogicalSpace": "GenericCityObject",
    "GenericUnoccupiedSpace": "GenericCityObject",
    "GenericThematicSurface": "GenericCityObject",
    "+GenericCityObject": "GenericCityObject",
}
SURFACES = {
    *("RoofSurface", "GroundSurface", "WallSurface", "ClosureSurface", "OuterCeilingSurface"),
    *("OuterFloorSurface", "Window", "Door", "InteriorWallSurface", "CeilingSurface"),
    *("FloorSurface", "WaterSurface", "WaterGroundSurface", "WaterClosureSurface"),
    *("TrafficArea", "AuxiliaryTrafficArea", "TransportationHole", "TransportationMarking"),
}
"""Types of semantic surfaces."""
_OTHER_SURFACES = {
    "Marking": "TransportationMarking",
    "Hole": "TransportationHole",
    "WindowSurface": "Window",
    "DoorSurface": "Door",
}
_BODIES = {"MultiSurface", "CompositeSurface", "Solid", "CompositeSolid"}
_WAYS = {"MultiLineString", "MultiSurface", "CompositeSurface"}
_FIT = {
    **dict.fromkeys(("Building", "BuildingPart", "BuildingRoom"), _BODIES),
    **dict.fromkeys(("BuildingUnit", "BuildingStorey", "OtherConstruction"), _BODIES),
    **dict.fromkeys(("Bridge", "BridgePart", "Tunnel", "TunnelPart"), _BODIES | {"MultiSolid"}),
    **dict.fromkeys(("Road", "Railway", "TransportSquare", "Waterway"), _WAYS),
    "LandUse": {"MultiSurface", "CompositeSurface"},
    "TINRelief": {"CompositeSurface"},
    "WaterBody": _BODIES | {"MultiLineString"},
    "PlantCover": _BODIES | {"MultiSolid"},
}
# One geometry said in another word, where a type has no place for the first.
_INSTEAD = {
    ("MultiSolid", "CompositeSolid"),
    ("MultiSurface", "CompositeSurface"),
    ("CompositeSurface", "MultiSurface"),
}
_WORD = re.compile(r"\W+")


def city_type(name: str | None) -> str:
    """Return the type for the class that a city model has: "+" and its name if CityJSON has none.

    Examples
    --------
    >>> city_type("Room"), city_type("UseDistrict"), city_type("+Noise")
    ('BuildingRoom', '+UseDistrict', '+Noise')
    """
    said = (name or "").strip()
    said = _OTHER_NAMES.get(said, said)
    if said in _FIRST or said in SECOND:
        return said
    plain = _WORD.sub("", said)
    return f"+{plain[:1].upper()}{plain[1:]}" if plain else "GenericCityObject"


def of_class(name: str | None) -> str | None:
    """Return the type for a class of the scheme ``int.citygml``, None if it has none."""
    found = _OTHER_NAMES.get(name or "", name or "")
    return found if found in _FIRST or found in SECOND else None


def surface_type(name: str) -> str:
    """Return the type of a semantic surface: "+" and its name if CityJSON has none."""
    said = _OTHER_SURFACES.get(name, name)
    if said in SURFACES or said.startswith("+"):
        return said
    plain = _WORD.sub("", said)
    return f"+{plain[:1].upper()}{plain[1:]}" if plain else "+Surface"


def top(kind: str) -> str:
    """Return the type of something that is part of nothing, for one that has to be.

    Examples
    --------
    >>> top("BridgePart"), top("BuildingRoom"), top("Road")
    ('Bridge', 'GenericCityObject', 'Road')
    """
    if kind not in SECOND:
        return kind
    return kind.removesuffix("Part") if kind.endswith("Part") else "GenericCityObject"


def fitting(kind: str, shape: str) -> str | None:
    """Return the type that a geometry has to have in an object of a type, None if there is none.

    Examples
    --------
    >>> fitting("TINRelief", "MultiSurface"), fitting("Building", "MultiPoint")
    ('CompositeSurface', None)
    """
    allowed = _FIT.get(kind)
    if allowed is None or shape in allowed:
        return shape
    return next((b for a, b in sorted(_INSTEAD) if a == shape and b in allowed), None)
