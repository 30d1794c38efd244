"""Names that CityJSON knows, by version.

They are those of the specifications 1.0.3, 1.1.3 and 2.0.1 (https://www.cityjson.org/specs/).
"""

from __future__ import annotations

__all__ = ["DEPTH", "FORMS", "ROOTS", "SECOND", "SURFACES", "TYPES", "VERSIONS"]

VERSIONS = ("1.0", "1.1", "2.0")
_OLD = frozenset(
    {
        *("Building", "BuildingPart", "BuildingInstallation", "Bridge", "BridgePart"),
        *("BridgeInstallation", "BridgeConstructionElement", "CityFurniture", "CityObjectGroup"),
        *("GenericCityObject", "LandUse", "PlantCover", "Railway", "Road"),
        *("SolitaryVegetationObject", "TINRelief", "TransportSquare", "Tunnel", "TunnelPart"),
        *("TunnelInstallation", "WaterBody"),
    }
)
_NEW = (_OLD - {"GenericCityObject", "BridgeConstructionElement"}) | {
    *("BuildingConstructiveElement", "BuildingFurniture", "BuildingStorey", "BuildingRoom"),
    *("BuildingUnit", "BridgeConstructiveElement", "BridgeRoom", "BridgeFurniture"),
    *("TunnelConstructiveElement", "TunnelHollowSpace", "TunnelFurniture", "OtherConstruction"),
    *("GenericCityObject", "Waterway"),
}
# Generic objects were an extension in 1.1, and are part of CityJSON before and after.
TYPES = {"1.0": _OLD, "1.1": _NEW - {"GenericCityObject"}, "2.0": _NEW}
"""Types of city objects."""
SECOND = frozenset(
    name
    for name in _OLD | _NEW
    if name.startswith(("Building", "Bridge", "Tunnel"))
    and name not in ("Building", "Bridge", "Tunnel")
)
"""Types that are part of another object."""
SURFACES = frozenset(
    {
        *("RoofSurface", "GroundSurface", "WallSurface", "ClosureSurface", "OuterCeilingSurface"),
        *("OuterFloorSurface", "Window", "Door", "InteriorWallSurface", "CeilingSurface"),
        *("FloorSurface", "WaterSurface", "WaterGroundSurface", "WaterClosureSurface"),
        *("TrafficArea", "AuxiliaryTrafficArea", "TransportationHole", "TransportationMarking"),
    }
)
"""Types of semantic surfaces."""
DEPTH = {
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiSurface": 3,
    "CompositeSurface": 3,
    "Solid": 4,
    "MultiSolid": 5,
    "CompositeSolid": 5,
}
"""How many lists deep the boundaries of each type of geometry are."""
FORMS = frozenset({"type", "lod", "boundaries", "semantics", "material", "texture"})
"""Members of a geometry."""
ROOTS = frozenset(
    {
        *("type", "version", "metadata", "transform", "CityObjects", "vertices", "appearance"),
        *("geometry-templates", "extensions"),
    }
)
"""Members of a document."""
