"""What an evaluator found of one rule in one model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Found", "Place", "place_of"]

_NEAR = 300
"""Instances looked at to find the object that one belongs to."""
_SHOWN = 200
"""Places kept of one rule in one model; the others are counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a rule is broken."""

    number: int | None = None
    """Instance number."""
    entity: str = ""
    """Its class."""
    guid: str = ""
    """Its GlobalId, or that of the object it belongs to."""
    name: str = ""
    """Name of that object."""
    measured: str = ""
    """What was met."""
    expected: str = ""
    """What should be there."""
    reason: str = ""
    """A word for it, where the rule itself is not said precisely enough."""
    count: int = 1
    """Places it stands for."""


def place_of(
    thing: Any, measured: object = "", expected: object = "", reason: str = "", count: int = 1
) -> Place:
    """Return the place of an instance; None stands for the whole model."""
    if thing is None:
        return Place(None, "", "", "", str(measured), str(expected), reason, count)
    owner = thing if thing.is_a("IfcRoot") else _owner(thing)
    guid = getattr(owner, "GlobalId", None)
    name = getattr(owner, "Name", None)
    return Place(
        thing.id() or None,
        thing.is_a(),
        str(guid or ""),
        str(name or ""),
        str(measured),
        str(expected),
        reason,
        count,
    )


def _owner(thing: Any) -> Any:
    """Return a product that an instance is part of the shape of, None if none is near."""
    seen = {thing.id()}
    front = [thing]
    while front and len(seen) < _NEAR:
        above = [a for one in front if one.id() for a in thing.file.get_inverse(one)]
        for one in above:
            if one.is_a("IfcProduct"):
                return one
        front = [a for a in above if a.id() not in seen and not a.is_a("IfcRelationship")]
        seen |= {a.id() for a in front}
    return None


@dataclass(slots=True)
class Found:
    """How often a rule applied, and where it was broken."""

    applicable: int = 0
    """Things it was held against."""
    failed: int = 0
    """Of them, those that break it."""
    bad: list[Place] = field(default_factory=list)
    """The first of those."""
    unchecked: str = ""
    """Why it could not be held against them all."""

    def look(self, n: int = 1) -> None:
        """Count things that the rule speaks of."""
        self.applicable += n

    def fail(
        self,
        thing: Any,
        measured: object = "",
        expected: object = "",
        reason: str = "",
        count: int = 1,
    ) -> None:
        """Note a place."""
        self.failed += count
        if len(self.bad) < _SHOWN:
            self.bad.append(place_of(thing, measured, expected, reason, count))

    def places(self) -> Iterator[Place]:
        """Yield the places; the last stands for those that were only counted."""
        yield from self.bad
        rest = self.failed - sum(place.count for place in self.bad)
        if rest > 0:
            yield Place(count=rest)

    @property
    def verdict(self) -> str:
        """Fail, pass, na (nothing it speaks of) or not checked."""
        if self.failed:
            return "fail"
        if self.unchecked:
            return "not checked"
        return "pass" if self.applicable else "na"
