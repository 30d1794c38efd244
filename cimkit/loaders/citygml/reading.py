"""What all objects of one model are read with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.attributes import Attributes
from cimkit.loaders.citygml.links import Links
from cimkit.loaders.citygml.looks import Looks
from cimkit.loaders.citygml.reference import Frames
from cimkit.model import Source

__all__ = ["Reading"]


@dataclass(slots=True)
class Reading:
    """One model while it is read."""

    source: Source
    """The file; what it names lies beside it."""
    frames: Frames
    """Axis orders and CRSs."""
    attributes: Attributes
    """Reads attributes."""
    links: Links
    """Finds what is referred to."""
    tally: Tally
    """Takes problems."""
    looks: Looks = field(default_factory=Looks)
    """Appearances of the file as a whole."""
    packed: dict[Any, list[str]] = field(default_factory=dict)
    """Triangles that `stream` kept as texts."""
    foreign: dict[str, int] = field(default_factory=dict)
    """Number of elements met in each namespace of an extension."""
    library: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """Library objects by their names: the shape, or None and why it cannot be had."""
    lighter: bool = False
    """Whether those are left out."""
