"""Which members tilesets, tiles and contents have (OGC 22-025r4, annex A; 18-053r2 for 1.0)."""

from __future__ import annotations

from cimkit.checks._tiles3d.shapes import TEXT, Kind, array, dictionary, integer, number, record

__all__ = ["CONTENT", "EXTENSIONS", "KNOWN", "TILE", "TILESET", "TILING"]

_NAMES = array(TEXT, 1, unique=True)
_OBJECTS = array(Kind("object"))

TILESET = record(
    asset_=record(version_=TEXT, tilesetVersion=TEXT),
    properties=dictionary(record(maximum_=number(), minimum_=number())),
    groups=array(Kind("object"), 1),
    geometricError_=number(0),
    root_=Kind("object"),
    extensionsUsed=_NAMES,
    extensionsRequired=_NAMES,
)
TILE = record(
    geometricError_=number(0),
    refine=TEXT,
    transform=array(number(), 16, 16),
    content=Kind("object"),
    contents=_OBJECTS,
    children=_OBJECTS,
    implicitTiling=Kind("object"),
)
CONTENT = record(uri_=TEXT, group=integer(0))
TILING = record(
    subdivisionScheme_=Kind("any"),
    availableLevels_=integer(1),
    subtreeLevels_=integer(1),
    subtrees_=record(uri_=TEXT),
)
EXTENSIONS = {
    "3DTILES_content_gltf": record(extensionsUsed=_NAMES, extensionsRequired=_NAMES),
    "MAXAR_content_geojson": record(propertiesSchemaUri=TEXT),
}
"""Members of extensions that speak of a tileset as a whole."""
KNOWN = frozenset(
    {
        "3DTILES_batch_table_hierarchy",
        "3DTILES_bounding_volume_S2",
        "3DTILES_bounding_volume_cylinder",
        "3DTILES_content_conditional",
        "3DTILES_content_gltf",
        "3DTILES_draco_point_compression",
        "3DTILES_ellipsoid",
        "3DTILES_implicit_tiling",
        "3DTILES_metadata",
        "3DTILES_multiple_contents",
        "CESIUM_primitive_outline",
        "MAXAR_content_3tz",
        "MAXAR_content_geojson",
    }
)
"""Extensions of tilesets that are published; others may be sound, but nobody here knows them."""
