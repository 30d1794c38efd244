"""A layer of any format as a stream of Arrow batches: what readers give and rows take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from cimkit.loaders._layers.joins import Join
from cimkit.loaders._layers.times import Times
from cimkit.model import Problem

__all__ = ["GEOMETRY", "Batches", "Opened", "Relations", "Table", "distinct"]

GEOMETRY = "\0geometry"
"""Name of the WKB column in the batches of a `Table`: no attribute can be called so.

Further geometries of a row are in columns called so with their own name behind it.
"""

Batches = Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]
"""Give the rows, with all attributes and the geometry, or with these attributes alone."""
Relations = Callable[[], Iterator[pa.Table]]
"""Give what rows have to do with each other, as the staged table ``relations``."""


def distinct(names: Sequence[str]) -> list[str]:
    """Return names of which each comes once; what comes again gets ``_2``, ``_3``.

    Examples
    --------
    >>> distinct(["a", "b", "a", "a_2"])
    ['a', 'b', 'a_3', 'a_2']
    """
    given, taken = set(names), set[str]()
    unique = []
    for name in names:
        number, new = 2, name
        while new in taken or (new != name and new in given):
            new = f"{name}_{number}"
            number += 1
        taken.add(new)
        unique.append(new)
    return unique


@dataclass(frozen=True, slots=True)
class Table:
    """One layer."""

    name: str
    """As the source calls it."""
    features: int
    """Number of rows."""
    geometry_type: str
    """OGC name, "" for a table without geometry."""
    crs: str | None
    """As the source says it, in any form; None if it does not."""
    crs_origin: Literal["declared", "assumed", "none"]
    """Whether the source says it, or its format."""
    fields: tuple[tuple[str, str], ...]
    """(name, type) of the attributes."""
    bounds: tuple[float, float, float, float] | None
    """In its own CRS, x before y."""
    batches: Batches
    """Read the rows."""
    key_field: str | None = None
    """Attribute that identifies a row by the rules of the format (handle, gml:id, osm_id)."""
    merged: str | None = None
    """Attribute of JSON objects whose members are attributes of the row themselves (OSM tags)."""
    parent_field: str | None = None
    """Attribute that names the key of the row this one belongs to."""
    times: Times = field(default_factory=Times)
    """Attributes that hold times of the rows by the rules of the format."""
    numbered_from: int = 1
    """Number of the first row, for people who look for it in the file."""
    row_id: str | None = None
    """What the source calls the identifiers of its rows that are in the column `ROW_ID`."""


@dataclass(slots=True)
class Opened:
    """A source of layers, open."""

    format: str
    """Its name, with the version where there is one."""
    media_type: str
    """IANA media type."""
    tables: list[Table]
    """Its layers, in its own order."""
    encoding: str | None = "utf-8"
    """Of its texts."""
    encoding_origin: Literal["declared", "detected", "sheet", "none"] = "declared"
    """Who said so."""
    class_field: str | None = None
    """Attribute that says what a row is, for formats with one layer for all (DXF)."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong; reading the rows may add to it."""
    properties: dict[str, Any] = field(default_factory=dict)
    """What the source says of itself and its layers beyond rows; JSON values."""
    relations: Relations | None = None
    """Read the relations, where the source has some."""
    joins: list[Join] = field(default_factory=list)
    """Relationships between its tables that values of fields make."""
    vertical: str | None = None
    """What its heights are measured from, by the rules of the format."""
    counts: dict[str, int] = field(default_factory=dict)
    """What else was counted (entities)."""
    surveyed: bool = False
    """Whether the bounds of its tables are those of their rows."""
