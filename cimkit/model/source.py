"""A source, and what a probe learns of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["DEPTHS", "Asset", "Depth", "Kind", "Layer", "Problem", "Source"]

Kind = Literal[
    "bim",
    "citymodel",
    "document",
    "gis",
    "imagery",
    "mesh",
    "pointcloud",
    "raster",
    "requirements",
    "stac",
    "tiles",
    "trajectory",
]
Depth = Literal["header", "sample", "full"]
DEPTHS: tuple[Depth, ...] = ("header", "sample", "full")
"""From little read to all."""


@dataclass(frozen=True, slots=True)
class Source:
    """One thing delivered: a file or a folder format, with the files that belong to it."""

    path: str
    """Name relative to the delivered folder, ``/`` between parts; in an archive ``a.zip/b.shp``."""
    file: Path
    """Where its bytes lie now (inside an archive: where they were unpacked). Opened read-only."""
    members: tuple[str, ...] = ()
    """Other delivered files that belong to it, named like `path`: sidecars, siblings, textures."""
    size: int = 0
    """Bytes of the file and its members."""
    loader: str | None = None
    """Name of the loader that recognised the content, or None if none did."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a source that could not be understood or that contradicts itself.

    A problem becomes a `cimkit.model.Finding` of the rule ``source.<code>``.
    """

    code: str
    """Stable name in kebab-case, e.g. ``crs-missing``."""
    message: str
    """One sentence for the person who has to mend it."""
    severity: Literal["error", "warning", "info"] = "warning"
    """How bad it is: *error* means that something of the source is lost."""
    place: str = ""
    """Line, row, GlobalId or layer."""
    got: str = ""
    """The value met."""
    expected: str = ""
    """The value that was wanted."""
    hint: str = ""
    """How to mend it; for what files do not say, the line for the delivery sheet."""
    proposal: tuple[tuple[str, str], ...] = ()
    """(column, value) of the delivery sheet that would mend it; obeyed only if a person says so."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One table or layer inside a source."""

    name: str
    """Its name as the source gives it."""
    features: int = 0
    """Number of rows."""
    geometry_type: str = ""
    """OGC name of the geometry type, "" for a table without geometry."""
    crs: str | None = None
    """``EPSG:n`` where there is one, else WKT2; None if the source does not say."""
    fields: tuple[tuple[str, str], ...] = ()
    """(name, type) of each attribute, in the source's order."""
    key_field: str | None = None
    """The attribute that identifies a row for good, if one is declared or detected."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What a probe learns of a source. It becomes one item of the catalogue."""

    path: str
    """As `Source.path`."""
    members: tuple[str, ...] = ()
    """As `Source.members`."""
    status: Literal["ok", "refused", "ignored"] = "ok"
    """*refused*: geodata that cannot be read; *ignored*: no geodata; `problems` says why."""
    kind: Kind = "document"
    """What kind of data it is."""
    format: str = ""
    """Name and version, e.g. ``IFC4``, ``LAS 1.2``, ``GeoPackage``."""
    media_type: str = "application/octet-stream"
    """IANA media type."""
    size: int = 0
    """Bytes, members included."""
    sha256: str = ""
    """Hash of the content of the file and its members; independent of their names."""
    loader: str | None = None
    """The loader that read it."""
    counts: dict[str, int] = field(default_factory=dict)
    """entities, products, points, features, objects, top_level, width, height, bands."""
    crs: str | None = None
    """``EPSG:n`` where there is one, else WKT2; None if unknown."""
    crs_origin: Literal["declared", "assumed", "sheet", "none"] = "none"
    """Who said so: the file, a convention of the format, or the delivery sheet."""
    vertical_datum: str | None = None
    """Name or ``EPSG:n`` of the vertical CRS; None if unknown."""
    epoch: str | None = None
    """Coordinate epoch, decimal year."""
    bbox: tuple[float, ...] | None = None
    """(xmin, ymin, xmax, ymax) or (xmin, ymin, zmin, xmax, ymax, zmax) in the source's CRS."""
    bbox_wgs84: tuple[float, float, float, float] | None = None
    """(west, south, east, north) in CRS84 degrees; None if the place is unknown."""
    footprint: bytes | None = None
    """WKB polygon in CRS84 of what the source covers, where that is more than its box."""
    position: tuple[float, float] | None = None
    """(longitude, latitude) in CRS84 of a photograph."""
    observed_start: str | None = None
    """ISO 8601 in UTC."""
    observed_end: str | None = None
    """ISO 8601 in UTC."""
    encoding: str | None = None
    """Character encoding of its texts."""
    encoding_origin: Literal["declared", "detected", "sheet", "none"] = "none"
    """Who said so."""
    sequence: str | None = None
    """Name of the drive or flight a photograph belongs to."""
    layers: tuple[Layer, ...] = ()
    """Its layers, for formats that have them."""
    properties: dict[str, Any] = field(default_factory=dict)
    """What only this format has to say; JSON values."""
    problems: tuple[Problem, ...] = ()
    """What was wrong."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values without the empty fields (``problems`` and so on stay)."""
        keep = {"path", "members", "status", "kind", "format", "counts", "position", "problems"}
        # Not `asdict`, which copies all values: thousands of photographs come through here.
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain["footprint"] = self.footprint.hex() if self.footprint else None
        plain["layers"] = tuple(dataclasses.asdict(layer) for layer in self.layers)
        plain["problems"] = tuple(dataclasses.asdict(problem) for problem in self.problems)
        return {k: v for k, v in plain.items() if k in keep or v not in (None, "", (), {}, [])}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Asset:
        """Read back what `to_json` wrote (after JSON made lists of the tuples)."""
        given = dict(plain)
        for name in ("members", "bbox", "bbox_wgs84", "position"):
            if given.get(name) is not None:
                given[name] = tuple(given[name])
        if given.get("footprint"):
            given["footprint"] = bytes.fromhex(given["footprint"])
        given["layers"] = tuple(
            Layer(**{**x, "fields": tuple(tuple(f) for f in x.get("fields", ()))})
            for x in given.get("layers", ())
        )
        given["problems"] = tuple(
            Problem(**{**p, "proposal": tuple(tuple(x) for x in p.get("proposal", ()))})
            for p in given.get("problems", ())
        )
        return cls(**given)
