"""Metadata of 3D Tiles 1.1 and EXT_structural_metadata: classes, properties, enumerations.

One schema for all tiles, so that a style or a query written for one holds for the others.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

__all__ = [
    "FEATURE",
    "LAYER",
    "NO_DATA",
    "NO_HEIGHT",
    "POINT",
    "TILESET",
    "Choice",
    "Enumeration",
    "Property",
    "Schema",
    "identifier",
    "schema_json",
    "values",
]

NO_HEIGHT = -9999.0
"""Stands for an unknown height, as JSON has no NaN."""
NO_DATA: dict[str, Any] = {
    "STRING": "",
    "FLOAT32": NO_HEIGHT,
    "FLOAT64": -1.7976931348623157e308,
    "INT32": -(2**31),
}
"""What stands for NULL, by kind of property; other kinds have no NULL, those of `ENUM` a value."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an enumeration."""

    name: str
    """The value, as objects have it."""
    title_en: str = ""
    """Name for people, English."""
    title_zh: str = ""
    """Name for people, Chinese."""
    title_ja: str = ""
    """Name for people, Japanese."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A closed list of values. Number 0 says that there is none, 1 is the first choice."""

    id: str
    """Identifier."""
    title: str
    """Name for people."""
    choices: tuple[Choice, ...]
    """Names differ; fewer than 65536."""

    @property
    def nothing(self) -> str:
        """Name of the value that says that there is none."""
        names = {choice.name for choice in self.choices}
        name = "none"
        while name in names:
            name += "_"
        return name

    def json(self) -> dict[str, Any]:
        """Return the enum of a schema."""
        listed: list[dict[str, Any]] = [{"name": self.nothing, "value": 0}]
        for number, choice in enumerate(self.choices, start=1):
            value: dict[str, Any] = {"name": choice.name, "value": number}
            titles = {
                "name_en": choice.title_en,
                "name_zh": choice.title_zh,
                "name_ja": choice.title_ja,
            }
            said = {key: title for key, title in titles.items() if title}
            if said:
                value |= {"description": " / ".join(dict.fromkeys(said.values())), "extras": said}
            listed.append(value)
        return {"name": self.title, "valueType": "UINT16", "values": listed}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a metadata class."""

    name: str
    """Identifier: also the column of the Arrow table it is filled from."""
    title: str
    """Short name for people."""
    kind: str = "STRING"
    """``STRING``, ``ENUM``, or a component type of EXT_structural_metadata."""
    description: str = ""
    """What it means, with its unit."""
    enumeration: Enumeration | None = None
    """Of an ``ENUM``."""

    def json(self) -> dict[str, Any]:
        """Return the property of a schema's class."""
        said: dict[str, Any] = {"name": self.title}
        if self.description:
            said["description"] = self.description
        if self.kind == "STRING":
            said |= {"type": "STRING", "noData": ""}
        elif self.enumeration is not None:
            said |= {"type": "ENUM", "enumType": self.enumeration.id}
            said["noData"] = self.enumeration.nothing
        else:
            said |= {"type": "SCALAR", "componentType": self.kind}
            if self.kind in NO_DATA:
                said["noData"] = NO_DATA[self.kind]
        if self.name == "object_id":
            said["semantic"] = "ID"
        elif self.name == "name":
            said["semantic"] = "NAME"
        return said


FEATURE = (
    Property("object_id", "Object", description="Lasting identity of the object in the catalogue"),
    Property("class_code", "Class", description="Code in the catalogue's primary scheme"),
    Property("class_name", "Class name", description="Name of the class in English"),
    Property("asset_code", "Identifier", description="Identifier code of the asset"),
    Property("name", "Name", description="Name as delivered"),
    Property("level", "Level", description="CIM level of detail"),
    Property("kind", "Kind", description="Kind of source: bim, gis, citymodel, imagery"),
    Property("source", "Source", description="Delivered file"),
    Property("source_class", "Source class", description="Class or layer in the source"),
    Property("source_key", "Source key", description="Identity in the source"),
    Property("z_min", "Lowest", "FLOAT32", "Metres in the source's vertical datum"),
    Property("height", "Height", "FLOAT32", "Metres"),
)
"""Properties of every object that has triangles."""

POINT = (
    Property("intensity", "Intensity", "UINT16", "Strength of the return, as recorded"),
    Property("classification", "Classification", "UINT8", "ASPRS class"),
    Property("return_number", "Return", "UINT8", "Number of the return, from 1"),
    Property("return_count", "Returns", "UINT8", "Returns of the pulse"),
    Property("point_source", "Point source", "UINT16", "Flight line or scanner"),
    Property("nir", "Near infrared", "UINT16", "As stored"),
    Property("cloud", "Cloud", "UINT16", "Which of the group's sources it is from"),
)
"""Properties that points of a cloud may have."""

LAYER = (
    Property("name", "Layer", description="Folder of the layer"),
    Property("title", "Title", description="Name of the layer, English"),
    Property("title_zh", "Title (zh)", description="Name of the layer, Chinese"),
    Property("title_ja", "Title (ja)", description="Name of the layer, Japanese"),
    Property("features", "Features", "UINT32", "Number of objects"),
)
"""Properties of a layer, in the groups of the root tileset."""

TILESET = (
    Property("title", "Title", description="Title of the catalogue"),
    Property("version", "Version", "UINT32", "Version of the catalogue"),
    Property("heights", "Heights", description="What the heights of the tiles are measured from"),
    Property("standard", "Standard", description="Standard that the classes are of, id@edition"),
)
"""Properties of the tileset as a whole."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One metadata schema that all contents of a tileset refer to."""

    uri: str
    """Of the schema's file, relative to the contents."""
    document: dict[str, Any]
    """The schema: classes and enums, as 3D Tiles 1.1 and EXT_structural_metadata have it."""
    feature: tuple[Property, ...]
    """Properties of its class ``feature``: of every object that has triangles."""


def schema_json(classes: dict[str, tuple[Property, ...]], **said: Any) -> dict[str, Any]:
    """Return the metadata schema of 3D Tiles 1.1 and EXT_structural_metadata.

    ``said`` are more of its members, e.g. ``description``.
    """
    listed = {
        name: {"properties": {p.name: p.json() for p in properties}}
        for name, properties in classes.items()
    }
    enums = {
        p.enumeration.id: p.enumeration.json()
        for properties in classes.values()
        for p in properties
        if p.enumeration is not None
    }
    out = {"id": "cimkit", "version": "1", **said, "classes": listed}
    return out | {"enums": enums} if enums else out


def values(row: dict[str, Any], properties: tuple[Property, ...]) -> dict[str, Any]:
    """Return the properties of one metadata entity, for the JSON of a tileset."""
    return {p.name: row[p.name] for p in properties if row.get(p.name) not in (None, "")}


def identifier(name: str) -> str:
    """Return a name as schemas may have it: letters of ASCII, digits and underscores.

    Other letters are written as their code points, so that different names stay different.

    Examples
    --------
    >>> identifier("Building use"), identifier("层数"), identifier("5001")
    ('Building_use', '_u5c42u6570', '_5001')
    """
    plain = unicodedata.normalize("NFKC", name)
    text = re.sub(
        r"[^\x00-\x7f]+", lambda found: "_" + "".join(f"u{ord(c):x}" for c in found[0]), plain
    )
    text = re.sub(r"[^A-Za-z0-9_]", "_", text)
    return text if re.match(r"[A-Za-z_]", text) else f"_{text}"
