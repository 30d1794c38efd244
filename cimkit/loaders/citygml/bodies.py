"""What the geometry elements of one object come to: polygons, lines and points by texts of numbers.

Nothing is parsed here: rings are numbers of texts, which `assembly` reads all at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Body", "Poly", "Texts"]


@dataclass(slots=True, eq=False)
class Poly:
    """One polygon, however often it is referred to."""

    rings: list[int]
    """Numbers of texts, the outer ring first."""
    ids: tuple[str, ...] = ()
    """Its ``gml:id`` and those of the surfaces around it: what an appearance may point at."""
    surface: int | None = None
    """Number of the thematic surface it belongs to."""
    ring_ids: tuple[str | None, ...] = ()
    """``gml:id`` of each ring."""
    line: int = 0
    """Line in the file."""


@dataclass(slots=True)
class Body:
    """One geometry: a row of ``geometries`` to be."""

    type: str
    """As in CityJSON."""
    lod: str
    """Level of detail."""
    polys: list[Any] = field(default_factory=list)
    """(Poly, turned over) nested as in CityJSON: flat, by shell, or by solid and shell."""
    runs: list[tuple[int, int | None]] = field(default_factory=list)
    """Lines or points: number of the text, and of the thematic surface."""
    srs: str | None = None
    """Its own CRS, if it names one."""
    frame: tuple[Any, ...] | None = None
    """Matrix, and number of the text of the reference point, of an implicit geometry."""
    aside: bool = False
    """Whether it belongs to data about the object."""


@dataclass(slots=True)
class Texts:
    """Coordinate lists as they are written."""

    text: list[str] = field(default_factory=list)
    """Numbers."""
    width: list[int] = field(default_factory=list)
    """How many make a position; 0: all of the text is one."""
    place: list[int] = field(default_factory=list)
    """Line in the file."""

    def add(self, text: str, width: int, line: int) -> int:
        """Return the number of a new text."""
        self.text.append(text)
        self.width.append(width)
        self.place.append(line)
        return len(self.text) - 1

    def extend(self, other: Texts) -> None:
        """Append the texts of another object."""
        self.text += other.text
        self.width += other.width
        self.place += other.place
