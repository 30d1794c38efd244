"""One export in the making: heaps of rows to city objects with their geometries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.exporters._cityjson.bodies import bodies
from cimkit.exporters._cityjson.boundaries import DEPTH, renumbered, tidied
from cimkit.exporters._cityjson.drafts import Draft
from cimkit.exporters._cityjson.frame import OUT_OF_REACH
from cimkit.exporters._cityjson.gathering import Gathering
from cimkit.exporters._cityjson.looks import Looks
from cimkit.exporters._cityjson.streams import Heap
from cimkit.exporters._cityjson.vertices import Pool, number_within

__all__ = ["Feature", "Making"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(slots=True)
class Feature:
    """A top-level object with all below it, or all objects of a heap."""

    key: str
    """Of the top-level object."""
    objects: dict[str, Any]
    """As in ``CityObjects``."""
    vertices: Whole
    """Shape (n, 3), whole steps; empty where they are in the document's pool."""
    looks: Looks
    """Its appearance."""


@dataclass(slots=True)
class Making:
    """What holds for all objects of an export."""

    gathering: Gathering
    """Where geometries come from."""
    pool: Pool | None
    """Vertices of the whole document; None: each feature has its own."""
    folder: str
    """Of the images, relative to the document."""
    images: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name of each image by item and name in the source."""
    bare: int = 0
    """Objects without a geometry."""
    low: npt.NDArray[np.float64] = field(default_factory=lambda: np.full(3, np.inf))
    """Least x, y, z of all vertices, steps."""
    high: npt.NDArray[np.float64] = field(default_factory=lambda: np.full(3, -np.inf))
    """Greatest x, y, z of all vertices, steps."""
    _looks: Looks | None = None

    def looks(self) -> Looks:
        """Return the appearance of the document, or a new one for each feature."""
        if self.pool is None:
            return Looks(self.images, self.folder)
        if self._looks is None:
            self._looks = Looks(self.images, self.folder)
        return self._looks

    def features(self, heap: Heap) -> Iterator[Feature]:
        """Yield the features of a heap; with a pool it is one, whose vertices are in the pool."""
        keys, made, said = bodies(heap)
        rows = [s["row"] for s in said]
        families = np.cumsum([row["depth"] == 0 for row in rows]) - 1
        if self.pool is not None:
            families = np.zeros(len(rows), np.int64)
        drafts, points = self._moved(self.gathering.drafts(heap, made, said, rows))
        sizes = np.array([len(p) for p in points], np.int64)
        steps = (
            self.gathering.frame.steps(np.concatenate(points))
            if points
            else np.empty((0, 3), np.int64)
        )
        owner = np.array([d.owner for d in drafts], np.int64)
        order = np.argsort(families[owner], kind="stable") if len(drafts) else owner
        ends = np.cumsum(sizes)
        # The drafts of a family stand together, so that each numbers its vertices from 0.
        turn = np.concatenate(
            [np.arange(ends[d] - sizes[d], ends[d]) for d in order.tolist()]
            or [np.empty(0, np.int64)]
        )
        steps, group = steps[turn], np.repeat(families[owner[order]], sizes[order])
        if self.pool is not None:
            number, first = self.pool.numbers(steps), np.empty(0, np.int64)
        else:
            number, first = number_within(steps, group)
        at = 0
        extents: dict[int, tuple[Any, Any]] = {}
        family_looks: dict[int, Looks] = {}
        for index in order.tolist():
            draft, size = drafts[index], int(sizes[index])
            own = steps[at : at + size]
            family = int(families[draft.owner])
            looks = family_looks.get(family) or family_looks.setdefault(family, self.looks())
            shape = self._shape(draft, number[at : at + size].tolist(), looks)
            at += size
            if shape is None:
                continue
            if draft.address is not None:
                draft.address["location"] = shape
                continue
            made[draft.owner].setdefault("geometry", []).append(shape)
            low, high = own.min(axis=0), own.max(axis=0)
            known = extents.get(draft.owner)
            if known is not None:
                low, high = np.minimum(low, known[0]), np.maximum(high, known[1])
            extents[draft.owner] = (low, high)
        for index, (low, high) in extents.items():
            made[index]["geographicalExtent"] = self.gathering.frame.extent(low, high)
        if len(steps):
            self.low = np.minimum(self.low, steps.min(axis=0))
            self.high = np.maximum(self.high, steps.max(axis=0))
        self.bare += len(rows) - len(extents)
        yield from self._cut(keys, made, families, steps[first], group[first], family_looks)

    def _moved(self, drafts: list[Draft]) -> tuple[list[Draft], list[Reals]]:
        """Take drafts to the coordinate system of the model, those that it reaches."""
        found, points = [], []
        for draft in drafts:
            moved = self.gathering.frame.moved(draft.points, draft.crs)
            if not np.isfinite(moved).all():
                self.gathering.lost[OUT_OF_REACH] += 1
                continue
            found.append(draft)
            points.append(moved)
        return found, points

    def _cut(
        self,
        keys: list[str],
        made: list[dict[str, Any]],
        families: Whole,
        vertices: Whole,
        group: Whole,
        looks: dict[int, Looks],
    ) -> Iterator[Feature]:
        starts = np.flatnonzero(np.diff(families, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
            family = int(families[start])
            a, b = np.searchsorted(group, [family, family + 1])
            objects = dict(zip(keys[start:end], made[start:end], strict=True))
            if self.pool is None:
                _without_members(objects)
            yield Feature(
                keys[start],
                objects,
                vertices[a:b],
                looks.get(family) or self.looks(),
            )

    def _shape(self, draft: Draft, numbers: list[int], looks: Looks) -> dict[str, Any] | None:
        shape = draft.shape
        if shape["type"] == "GeometryInstance":
            return shape | {"boundaries": numbers}
        depth = DEPTH[shape["type"]]
        shape["boundaries"], twice = renumbered(shape["boundaries"], depth, numbers)
        if draft.appearance is not None:
            shape |= looks.take(draft.appearance, draft.item)
        return shape if tidied(shape, twice, self.gathering.lost) else None


def _without_members(objects: dict[str, Any]) -> None:
    """Turn the members of a group that are in other features into an attribute of it."""
    for body in objects.values():
        if body["type"] != "CityObjectGroup":
            continue
        roles = body.pop("children_roles", [""] * len(body["children"]))
        pairs = list(zip(body["children"], roles, strict=True))
        away = [{"key": k} | ({"role": r} if r else {}) for k, r in pairs if k not in objects]
        if away:
            body["attributes"]["group_members"] = away
        body["children"] = [k for k, _ in pairs if k in objects]
        if any(r for k, r in pairs if k in objects):
            body["children_roles"] = [r for k, r in pairs if k in objects]
