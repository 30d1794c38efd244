"""What an element inside of a city object is: an object, a surface of one, or data about it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from cimkit.loaders.citygml.names import identifier, is_gml, local, namespace, split

__all__ = ["BOUNDS", "KINDS", "about", "is_inner", "is_object", "level_of"]

_LOD = re.compile(r"lod(\d)(.*)")
# Objects inside objects, also where they have no gml:id.
_PARTS = {
    *("BuildingPart", "BuildingInstallation", "IntBuildingInstallation", "BuildingFurniture"),
    *("BuildingConstructiveElement", "BuildingRoom", "BuildingUnit", "Room", "Storey"),
    *("BridgePart", "BridgeInstallation", "IntBridgeInstallation", "BridgeConstructionElement"),
    *("BridgeConstructiveElement", "BridgeRoom", "BridgeFurniture"),
    *("TunnelPart", "TunnelInstallation", "IntTunnelInstallation", "TunnelFurniture"),
    *("TunnelConstructiveElement", "HollowSpace", "TINRelief", "RasterRelief"),
    *("MassPointRelief", "BreaklineRelief", "TrafficSpace", "AuxiliaryTrafficSpace"),
    *("ClearanceSpace", "Section", "Intersection", "Dynamizer", "Transaction"),
}
# Properties that hold a surface of the object rather than an object.
BOUNDS = {
    *("boundedBy", "boundary", "opening", "fillingSurface", "trafficArea"),
    *("auxiliaryTrafficArea", "marking"),
}
_DATA = {
    *("Address", "ExternalReference", "ExternalObject", "CityObjectRelation", "Appearance"),
    *("Role", "GenericAttributeSet", "genericAttributeSet", "RectifiedGridCoverage"),
    *("ImplicitGeometry", "PointCloud", "File", "ConstructionEvent", "Elevation", "Height"),
    *("Occupancy", "RoomHeight", "QualifiedArea", "QualifiedVolume", "SensorConnection"),
    *("GenericTimeseries", "TabulatedFileTimeseries", "StandardFileTimeseries"),
    *("CompositeTimeseries", "TimeseriesComponent", "TimeValuePair"),
}

KINDS = {
    "FootPrint": "FootPrint",
    "RoofEdge": "RoofEdge",
    "TerrainIntersection": "TerrainIntersection",
    "TerrainIntersectionCurve": "TerrainIntersection",
    "extent": "Extent",
    "ridgeOrValleyLines": "RidgeOrValleyLine",
    "breaklines": "Breakline",
}


@lru_cache(maxsize=4_096)
def level_of(name: str) -> str | None:
    """Return the level of detail in the name of a property, None if there is none.

    Examples
    --------
    >>> level_of("lod2Solid"), level_of("lodType")
    ('2', None)
    """
    found = _LOD.fullmatch(name)
    return found[1] if found else None


def is_object(element: Any, owner: str) -> bool:
    """Return whether an element inside an object is an object too, and no data of it."""
    space, name = split(element.tag)
    if name in _PARTS:
        return True
    if not name[:1].isupper() or name in _DATA or is_gml(space) or "oasis" in space:
        return False
    if "citygml/appearance" in space:
        return False
    if identifier(element) is None:
        return False
    if "citygml" in namespace(element):
        return True
    return any(
        (level_of(local(c)) and len(c)) or local(c) in BOUNDS for c in element.iterchildren("*")
    )


def is_inner(element: Any) -> bool:
    """Return whether an element inside an object is an object of its own."""
    above = local(element.getparent())
    return above[:1].islower() and above not in BOUNDS and is_object(element, above)


@lru_cache(maxsize=4_096)
def about(tag: str) -> tuple[str, str, str, str | None]:
    """Return namespace, name, whose it is ("" for that of an extension) and level of a tag."""
    space, name = split(tag)
    known = "gml" if is_gml(space) else "citygml" if "citygml" in space or "oasis" in space else ""
    return space, name, known, level_of(name)
