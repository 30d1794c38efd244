"""The extension that declares types which CityJSON does not know, in a file beside the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

__all__ = ["NAME", "declared", "write_extension"]

NAME = "cimkit"
"""Under which it stands in ``extensions``."""
_SCHEMA = "cityobjects.schema.json#/_AbstractCityObject"


def declared(head: dict[str, Any]) -> bool:
    """Return whether a document declares it."""
    return NAME in (head.get("extensions") or {})


def write_extension(file: Path, kinds: set[str]) -> None:
    """Write the file of an extension (CityJSON 2.0.1, section 8).

    Parameters
    ----------
    file : Path
    kinds : set of str
        Types of objects and surfaces; those that begin with "+" are declared.
    """
    objects, surfaces = {}, {}
    for kind in sorted(k for k in kinds if k.startswith("+")):
        own = {"type": "object", "properties": {"type": {"enum": [kind]}}, "required": ["type"]}
        objects[kind] = {"allOf": [{"$ref": _SCHEMA}, own]}
        surfaces[kind] = own
    said = {
        "type": "CityJSONExtension",
        "name": NAME,
        "url": file.name,
        "version": "1.0",
        "versionCityJSON": "2.0",
        "description": "Types of objects and surfaces that the sources have and CityJSON has not.",
        "extraAttributes": {},
        "extraCityObjects": objects,
        "extraRootProperties": {},
        "extraSemanticSurfaces": surfaces,
    }
    file.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
