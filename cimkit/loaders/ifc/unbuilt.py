"""Products of which the geometry kernels made no shape, or not all of it, as problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cimkit.loaders.ifc.instances import key_of
from cimkit.model import Problem

__all__ = ["Unbuilt"]


@dataclass(slots=True)
class Unbuilt:
    """Instance numbers, so that it can travel between processes."""

    failed: list[int] = field(default_factory=list)
    """Those with a body that no kernel could do."""
    said: str = ""
    """What a kernel said that gave up on all of them."""
    astray: list[int] = field(default_factory=list)
    """Those with a placement that cannot be computed."""
    torn: dict[int, int] = field(default_factory=dict)
    """How many triangles of each reach beyond all bounds."""
    fatal: dict[int, str] = field(default_factory=dict)
    """How the process ended in which each was to be built."""

    def add(self, other: Unbuilt) -> None:
        """Take over what another run did not build."""
        self.failed += other.failed
        self.said = self.said or other.said
        self.astray += other.astray
        self.torn |= other.torn
        self.fatal |= other.fatal

    def problems(self, model: Any) -> list[Problem]:
        """Return one problem for each way: ``geometry-failed``, ``geometry-torn``,
        ``geometry-not-built``, ``placement-failed``.

        Parameters
        ----------
        model : ifcopenshell.file
        """
        found = []
        if self.failed:
            kinds = dict.fromkeys(model.by_id(n).is_a() for n in self.failed)
            found.append(
                Problem(
                    "geometry-failed",
                    f"{', '.join(list(kinds)[:5])}: {len(self.failed)} with a body that no "
                    "geometry kernel could build.",
                    "error",
                    place=_keys(model, self.failed),
                    got=self.said[:200] or f"{len(self.failed)} without triangles",
                    expected="triangles",
                    hint=f"Look at the representation of #{self.failed[0]} in the authoring tool.",
                )
            )
        if self.torn:
            found.append(
                Problem(
                    "geometry-torn",
                    f"{len(self.torn)} objects have triangles with corners beyond all bounds; "
                    "these triangles are left out.",
                    "error",
                    place=_keys(model, self.torn),
                    got=f"{sum(self.torn.values())} triangles",
                    hint="Look for coordinates and lengths of extreme size in these objects.",
                )
            )
        if self.fatal:
            found.append(
                Problem(
                    "geometry-not-built",
                    f"The geometry kernel ended over the shapes of {len(self.fatal)} objects; all "
                    "else was read.",
                    "error",
                    place=_keys(model, self.fatal),
                    got="; ".join(dict.fromkeys(self.fatal.values())),
                    expected="triangles",
                    hint="Look in the authoring tool for an element of extreme size or detail.",
                )
            )
        if self.astray:
            placement = model.by_id(self.astray[0]).ObjectPlacement
            found.append(
                Problem(
                    "placement-failed",
                    f"{len(self.astray)} objects have a placement that cannot be computed; their "
                    "bodies are left out, for they stand nowhere.",
                    "error",
                    place=_keys(model, self.astray),
                    got=f"#{placement.id()} {placement.is_a()}",
                    expected="a location and directions that are some",
                    hint="Look at the placements of these objects in the authoring tool.",
                )
            )
        return found


def _keys(model: Any, numbers: Iterable[int]) -> str:
    return ", ".join(key_of(model.by_id(n), {}) for n in list(numbers)[:5])
