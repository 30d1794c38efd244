"""A layer of any vector format as a stream of Arrow batches: what readers give and rows take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from cimkit.model import Problem

__all__ = ["GEOMETRY", "Batches", "Opened", "Table"]

GEOMETRY = "\0geometry"
"""Name of the WKB column in the batches of a `Table`: no attribute can be called so."""

Batches = Callable[[Sequence[str] | None], Iterator[pa.RecordBatch]]
"""Give the rows, with all attributes and the geometry, or with these attributes alone."""


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


@dataclass(slots=True)
class Opened:
    """A vector source, open."""

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
    """What was wrong."""
