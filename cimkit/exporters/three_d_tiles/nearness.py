"""How far the elements of a building are from the block or model that stands for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import to_frame
from cimkit.tiles import Instances, Layer, Mesh, Store, baked, frame_at, join
from cimkit.tiles.deviation import distances, samples
from cimkit.tiles.glb import box
from cimkit.tiles.layer import table_bytes
from cimkit.tiles.rungs import Level

__all__ = ["Nearness"]

Reals = npt.NDArray[np.float64]
_LARGEST = 300
"""Elements, the largest, that stand for the whole of a model."""


class Nearness:
    """Measures how wrong the best level of a thing is, compared with its elements.

    What is inside a building does not count: measured are the surfaces of the level from the
    nearest of the elements, and how far the elements stand out of its box.

    Parameters
    ----------
    store : Store
        Remembers what was measured in an earlier run.
    levels : sequence of Level
        The coarsest first.
    """

    def __init__(self, store: Store, levels: Sequence[Level]) -> None:
        self._store, self._levels = store, levels
        self._gaps: dict[int, Reals] = {}
        self._out: dict[int, float] = {}

    def learn(self, thing: int, layer: Layer) -> None:
        """Take in the elements of one of the models of a thing."""
        found = self._best(thing)
        if found is None:
            return
        level, rows = found
        large = np.sort(np.lexsort((np.arange(len(layer.size)), -layer.size))[:_LARGEST])
        assert level.layer.inputs is not None
        assert layer.inputs is not None
        name = f"{layer.name}{level.name}"
        key = self._store.key(
            table_bytes(level.layer.inputs.take(rows)),
            table_bytes(layer.inputs.take(large)),
            layer.centre[large].tobytes(),
        )
        kept = self._store.keep(name, key)
        if kept is None:
            coarse = _mesh(level.layer.build(rows))
            fine = _mesh(layer.build(large))
            points, of = samples(_one(coarse), 1)
            gaps = np.round(distances(points, of, _one(fine), 1), 3)
            out = round(_outside(coarse, fine), 3)
            self._store.remember(name, key, {"gaps": gaps.tolist(), "out": out})
        else:
            gaps, out = np.array(kept.said["gaps"], np.float64), kept.said["out"]
        self._gaps[thing] = np.minimum(self._gaps.get(thing, np.inf), gaps)
        self._out[thing] = max(self._out.get(thing, 0.0), out)

    def metres(self, thing: int) -> float:
        """Return the greatest distance; 0 if no level stands for the thing."""
        gaps = self._gaps.get(thing, np.zeros(1))
        known = gaps[np.isfinite(gaps)]
        return max(float(known.max(initial=0.0)), self._out.get(thing, 0.0))

    def _best(self, thing: int) -> tuple[Level, npt.NDArray[np.int64]] | None:
        for level in reversed(self._levels):
            rows = np.flatnonzero(level.thing == thing)
            if len(rows):
                return level, rows
        return None


def _mesh(built: Mesh | Sequence[Mesh | Instances]) -> Mesh:
    if isinstance(built, Mesh):
        return built
    return join([part if isinstance(part, Mesh) else baked(part) for part in built])


def _one(mesh: Mesh) -> Mesh:
    """The same triangles as one thing."""
    return Mesh(mesh.positions, mesh.indices, np.zeros(len(mesh.positions), np.int64))


def _outside(coarse: Mesh, fine: Mesh) -> float:
    if not len(coarse.positions) or not len(fine.positions):
        return 0.0
    low, high = box(coarse.positions)
    frame = frame_at((low + high) / 2)
    low, high = box(to_frame(coarse.positions, frame))
    least, most = box(to_frame(fine.positions, frame))
    return float(max((low - least).max(), (most - high).max(), 0.0))
