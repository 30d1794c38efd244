"""Levels of a building model: its large elements simplified, all elements, the dense ones whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.exporters.three_d_tiles.making import over
from cimkit.tiles import Layer, ShapePack, Tile, Tiled
from cimkit.tiles.deviation import deviations
from cimkit.tiles.ladder import filled
from cimkit.tiles.layer import table_bytes
from cimkit.tiles.tree import cells, cut

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making
    from cimkit.exporters.three_d_tiles.placed import Placed

__all__ = ["DENSE", "Model"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
DENSE = 4_000
"""Triangles of a shape that is shown simplified first."""
_FINE = 100.0  # a dense shape is first shown to this part of its diagonal
_FAR = 250.0  # and a model from afar to this part of its own
_SHARE = 5.0  # part of a tile that the view from afar may take


@dataclass(frozen=True, slots=True)
class Model:
    """The elements of one model, or of one building of it."""

    placed: Placed
    """Of the whole model."""
    mine: Rows
    """Rows of those that are drawn."""
    name: str
    """Lasting, unlike those of all others."""
    layer: Layer
    """All of them, in full."""
    local: bool
    """In the metres of the model."""

    def tile(self, making: Making, folder: str, *, far: bool) -> Tiled:
        """Tile them into the folder of a layer.

        Parameters
        ----------
        making : Making
            The export.
        folder : str
            Of the layer.
        far : bool
            Nothing else stands for the model from afar: its largest elements, simplified, do.

        Returns
        -------
        Tiled
            ``bare`` counts in `layer`.
        """
        plan = self._plan(making)
        dense = np.array(plan["dense"], np.int64)
        done = Tiled()
        roots: list[Tile] = []
        rest = np.setdiff1d(np.arange(len(self.mine)), dense)
        if len(rest):
            main = making.tile(folder, self.layer.take(rest, self.layer.name))
            done.bare += rest[main.bare].tolist()
            roots += [] if main.root is None else [main.root]
        if len(dense):
            roots = self._with_dense(making, folder, plan, roots, done)
        done.bare.sort()
        if roots:
            done.root = roots[0] if len(roots) == 1 else over(roots)
        if far and done.root is not None and plan["far"]:
            self._afar(making, folder, plan, done)
        return done

    def _with_dense(
        self, making: Making, folder: str, plan: dict[str, Any], roots: list[Tile], done: Tiled
    ) -> list[Tile]:
        dense, apart = np.array(plan["dense"], np.int64), np.array(plan["apart"])
        less = self._part(making, dense, "less", np.array(plan["less"]))
        true = self.layer.take(dense, f"{self.layer.name}true-")
        code = cells(true.centre, local=self.local)
        found: list[Tile] = []
        every = np.arange(len(dense))
        for _, part in cut(code, every, true.weight, making.options.cap):
            fine = making.tile(folder, true.take(part, true.name))
            done.bare += dense[part[fine.bare]].tolist()
            if fine.root is None:
                continue
            coarse = making.tile(folder, less.take(part, less.name))
            if coarse.root is None or coarse.root.children or coarse.bare != fine.bare:
                found.append(fine.root)
                continue
            coarse.root.error = float(apart[part].max())
            coarse.root.refine, coarse.root.children = "REPLACE", filled([fine.root])
            found.append(coarse.root)
        if roots and found:
            roots[0].children += found
            roots[0].error = max(roots[0].error, float(true.size.max()))
            return roots
        return roots or found

    def _afar(self, making: Making, folder: str, plan: dict[str, Any], done: Tiled) -> None:
        rows = np.array(plan["far"], np.int64)
        error = np.full(len(self.placed.pack.low), plan["tolerance"])
        coarse = making.tile(folder, self._part(making, rows, "far", error))
        if coarse.root is None or coarse.root.children or done.root is None:
            return
        coarse.root.error = max(float(plan["error"]), done.root.error)
        coarse.root.refine, coarse.root.children = "REPLACE", filled([done.root])
        done.root = coarse.root

    def _part(self, making: Making, rows: Rows, part: str, less: Reals) -> Layer:
        layer = self.placed.layer(
            making, self.mine[rows], self.name, local=self.local, less=less
        )  # fmt: skip
        return replace(layer, name=f"{layer.name}{part}-")

    def _plan(self, making: Making) -> dict[str, Any]:
        """Which elements are drawn twice, and how far that is from what they are."""
        inputs = self.layer.inputs
        assert inputs is not None
        name = f"{self.layer.name}levels"
        cap = making.options.cap
        key = making.store.key(table_bytes(inputs), np.array([cap, DENSE], float).tobytes())
        kept = making.store.keep(name, key)
        if kept is not None:
            return kept.said
        plan = self._dense() | self._far(cap / _SHARE)
        making.store.remember(name, key, plan)
        return plan

    def _dense(self) -> dict[str, Any]:
        placed, pack = self.placed, self.placed.pack
        faces = np.diff(pack.first_face)
        less = np.where(faces > DENSE, np.linalg.norm(pack.high - pack.low, axis=1) / _FINE, 0.0)
        none: dict[str, Any] = {"dense": [], "apart": [], "less": []}
        if not less.any():
            return none
        fewer = pack.simplified(less)
        less[np.diff(fewer.first_face) * 2 > faces] = 0.0
        rows = np.flatnonzero(np.maximum.reduceat(less[placed.shape], placed.start[:-1])[self.mine])
        if not len(rows):
            return none
        apart = self._apart(fewer, np.flatnonzero(less))[self.mine[rows]]
        return {
            "dense": rows.tolist(), "apart": np.round(apart, 4).tolist(), "less": less.tolist()
        }  # fmt: skip

    def _far(self, budget: float) -> dict[str, Any]:
        placed, mine = self.placed, self.mine
        none: dict[str, Any] = {"far": [], "tolerance": 0.0, "error": 0.0}
        if self.layer.weight.sum() <= 2 * budget:
            return none
        whole = placed.high[mine].max(axis=0) - placed.low[mine].min(axis=0)
        across = float(np.linalg.norm(whole))
        tolerance = across / _FAR
        order = np.lexsort((np.arange(len(mine)), -placed.size[mine]))
        shapes = np.unique(placed.shape)
        error = np.full(len(placed.pack.low), tolerance)
        fewer = placed.pack.simplified(error)
        heap = np.cumsum(placed.weight(fewer)[mine[order]])
        take = int(np.searchsorted(heap, budget, side="right"))
        left = float(placed.size[mine[order[take:]]].max(initial=0.0))
        if take == 0 or left > across / 2:
            return none
        rows = np.sort(order[:take])
        apart = float(self._apart(fewer, shapes)[mine[rows]].max())
        return {
            "far": rows.tolist(), "tolerance": tolerance, "error": round(max(apart, left), 3)
        }  # fmt: skip

    def _apart(self, fewer: ShapePack, shapes: Rows) -> Reals:
        """Metres, shape (n,), between each element and what it is simplified to."""
        placed = self.placed
        apart = np.zeros(len(placed.pack.low))
        coarse, fine = fewer.mesh(shapes), placed.pack.mesh(shapes)
        apart[shapes] = deviations(coarse, fine, len(shapes))
        grown = np.linalg.norm(placed.matrix[:, :3, :3], axis=1).max(axis=1)
        found: Reals = np.maximum.reduceat(apart[placed.shape] * grown, placed.start[:-1])
        return found
