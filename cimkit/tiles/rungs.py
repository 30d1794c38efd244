"""Contents of things at their levels of detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.tiles.content import content_glb
from cimkit.tiles.deviation import deviations
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import box
from cimkit.tiles.layer import Layer, drawn_rows, table_bytes
from cimkit.tiles.mesh import Instances, Mesh, join
from cimkit.tiles.property_table import table_code
from cimkit.tiles.store import Store
from cimkit.tiles.tileset import Tile, frame_at

__all__ = ["Ladder", "Level", "Rungs"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Chosen = list[tuple[int, Whole]]
"""Levels, each with rows of its objects."""


@dataclass(frozen=True, slots=True)
class Level:
    """Representations of things at one level of detail."""

    name: str
    """Lasting, for the names of contents: ``block``, ``lod2``."""
    layer: Layer
    """The objects, which need not be one to a thing."""
    thing: Whole
    """Shape (m,): the thing that each object shows."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Things with their levels, the coarsest first; every thing has one of them at least."""

    levels: Sequence[Level]
    """Each thing's level that comes first stands for it from farther away, too."""
    count: int
    """Of things."""
    deepest: dict[int, tuple[list[Tile], float]] = field(default_factory=dict)
    """Trees that stand for a thing nearest of all, and how far, in metres, its best level is
    from them."""
    name: str = ""
    """Lasting name, put before those of contents."""


class Rungs:
    """Writes the content of some things, each at a level of its own."""

    def __init__(
        self, ladder: Ladder, store: Store, folder: str, cap: float, encoding: Encoding
    ) -> None:
        self.ladder = ladder
        self.drawn = [np.zeros(one.layer.features.num_rows, bool) for one in ladder.levels]
        """For each level, which of its objects had a triangle."""
        self.large = 0
        """Contents above the cap."""
        self._store, self._folder, self._cap, self._encoding = store, folder, cap, encoding
        self._rows = [np.argsort(one.thing, kind="stable") for one in ladder.levels]
        self._starts: list[Whole] = [
            np.concatenate([[0], np.cumsum(np.bincount(one.thing, minlength=ladder.count))])
            for one in ladder.levels
        ]
        self._weights: Reals = np.stack(
            [
                np.bincount(one.thing, weights=one.layer.weight, minlength=ladder.count)
                for one in ladder.levels
            ]
        )

    def best(self, things: Whole, k: int) -> Whole:
        """For each thing its best level up to k, else its first."""
        out: Whole = np.full(len(things), -1)
        for j, starts in enumerate(self._starts):
            has = np.diff(starts)[things] > 0
            out[has & ((j <= k) | (out < 0))] = j
        return out

    def weight(self, things: Whole, level: Whole) -> Reals:
        """Bytes of each thing at its level."""
        found: Reals = self._weights[level, things]
        return found

    def places(self, level: Whole) -> tuple[Reals, Reals]:
        """Middles (n, 3) and sizes (n,) of all things at their levels."""
        count = self.ladder.count
        low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
        for j, one in enumerate(self.ladder.levels):
            mine = level[one.thing] == j
            thing, half = one.thing[mine], one.layer.size[mine, None] / 2
            np.minimum.at(low, thing, one.layer.centre[mine] - half)
            np.maximum.at(high, thing, one.layer.centre[mine] + half)
        # The boxes are cubes about each object's middle.
        return (low + high) / 2, (high - low).max(axis=1)

    def content(
        self, things: Whole, level: Whole, after: Whole, name: str
    ) -> tuple[Tile | None, bool]:
        """Write things at their levels.

        Parameters
        ----------
        things, level, after : ndarray, shape (k,)
            With the level of each, and the one that stands for it nearer.
        name : str
            Of the content.

        Returns
        -------
        tile : Tile or None
            None without a triangle.
        halves : bool
            It is larger than the cap and was not written: try with half of the things.
        """
        chosen = self._objects(things, level, np.ones(len(things), bool))
        changed = self._objects(things, after, after != level)
        centre = np.concatenate([self.ladder.levels[j].layer.centre[rows] for j, rows in chosen])
        low, high = box(centre)
        frame = frame_at((low + high) / 2)
        name = f"{self.ladder.name}{name}"
        file = f"{self._folder}/{name}.glb" if self._folder else f"{name}.glb"
        key = self._key(chosen, changed, frame)
        kept = None if key is None else self._store.keep(file, key)
        said = self._made(file, key, chosen, changed, things, frame) if kept is None else kept.said
        if "halves" in said:
            return None, True
        for (j, rows), seen in zip(chosen, said["drawn"], strict=True):
            self.drawn[j][rows[seen]] = True
        if "low" not in said:
            return None, False
        self.large += bool(said["large"])
        low, high = np.array(said["low"]), np.array(said["high"])
        return Tile(frame, low, high, said["error"], f"{name}.glb"), False

    def _objects(self, things: Whole, level: Whole, wanted: npt.NDArray[np.bool_]) -> Chosen:
        found = []
        for j in sorted(set(level[wanted].tolist())):
            rows, starts = self._rows[j], self._starts[j]
            mine = things[wanted & (level == j)].tolist()
            own = np.concatenate([rows[starts[t] : starts[t + 1]] for t in mine])
            found.append((j, np.sort(own)))
        return found

    def _made(
        self,
        file: str,
        key: str | None,
        chosen: Chosen,
        changed: Chosen,
        things: Whole,
        frame: Reals,
    ) -> dict[str, Any]:
        """Build and write a content; return what is to be said of it."""
        meshes = self._built(chosen)
        parts: list[Mesh | Instances] = []
        at = 0
        for (_, rows), mine in zip(chosen, meshes, strict=True):
            parts += [replace(part, feature=part.feature + at) for part in mine]
            at += len(rows)
        features = pa.concat_tables(
            [self.ladder.levels[j].layer.features.take(rows) for j, rows in chosen],
            promote_options="permissive",
        )
        color = self.ladder.levels[chosen[0][0]].layer.color
        made = content_glb(parts, frame, features, color=color, encoding=self._encoding)
        large = made is not None and len(made.data) > self._cap
        said: dict[str, Any] = {
            "drawn": [
                np.flatnonzero(drawn_rows(mine, len(rows))).tolist()
                for (_, rows), mine in zip(chosen, meshes, strict=True)
            ]
        }
        if large and len(things) > 1:
            said = {"halves": True}
        elif made is not None:
            error = self._error(chosen, meshes, changed, things)
            said |= {
                "low": made.low.tolist(), "high": made.high.tolist(), "error": error,
                "large": large,
            }  # fmt: skip
            self._store.put(file, key or self._store.key(made.data), made.data, said)
            return said
        if key is not None:
            self._store.remember(file, key, said)
        return said

    def _built(self, chosen: Chosen) -> list[list[Mesh | Instances]]:
        found: list[list[Mesh | Instances]] = []
        for j, rows in chosen:
            built = self.ladder.levels[j].layer.build(rows)
            found.append([built] if isinstance(built, Mesh) else list(built))
        return found

    def _error(
        self,
        chosen: Chosen,
        meshes: list[list[Mesh | Instances]],
        changed: Chosen,
        things: Whole,
    ) -> float:
        """Metres between what is drawn here and what stands for it nearer."""
        if not changed:
            return 0.0
        fine = self._by_thing(changed, self._built(changed), things)
        coarse = self._by_thing(chosen, meshes, things)
        return round(float(deviations(coarse, fine, len(things)).max()), 3)

    def _by_thing(
        self, chosen: Chosen, meshes: list[list[Mesh | Instances]], things: Whole
    ) -> Mesh:
        place = np.zeros(self.ladder.count, np.int64)
        place[things] = np.arange(len(things))
        found = [
            Mesh(
                part.positions,
                part.indices,
                place[self.ladder.levels[j].thing[rows]][part.feature],
            )
            for (j, rows), mine in zip(chosen, meshes, strict=True)
            for part in mine
            if isinstance(part, Mesh)
        ]
        if not found:
            none = np.empty(0, np.int64)
            return Mesh(np.empty((0, 3)), none.reshape(0, 3), none)
        return join(found)

    def _key(self, chosen: Chosen, changed: Chosen, frame: Reals) -> str | None:
        parts = [frame.tobytes(), np.array([self._cap, len(chosen)]).tobytes()]
        for j, rows in (*chosen, *changed):
            layer = self.ladder.levels[j].layer
            if layer.inputs is None:
                return None
            features = layer.features.take(rows)
            parts += [
                self.ladder.levels[j].name.encode(),
                table_bytes(features),
                table_code(features, self._encoding.schema),
                table_bytes(layer.inputs.take(rows)),
                np.array(layer.color).tobytes(),
            ]
        return self._store.key(*parts)
