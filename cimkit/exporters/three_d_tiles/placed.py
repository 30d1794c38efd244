"""Elements of one building model with the shapes they consist of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.exporters.three_d_tiles.heights import to_earth
from cimkit.tiles import Instances, Layer, Mesh, ShapePack, arrange, fewer_bytes

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["ELEMENTS", "Placed"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
ELEMENTS = ["item_crs", "sha256"]
"""Columns of elements that are no properties."""
_WIDEST = 100_000.0
"""Metres: what is wider is no element but a mistake, and would spoil the tiles of the others."""
_SHARED = 8  # copies that the bytes of a shape are divided by at most


class Placed:
    """Elements with their placed shapes, in the coordinates of their model.

    Parameters
    ----------
    table : pyarrow.Table
        One row an element, of one item.
    pack : ShapePack
        The shapes.
    digest : pyarrow.Array
        What tells each of them apart.
    shape, matrix, color : ndarray
        Of each placement: row of the pack, (k, 4, 4), linear RGBA (k, 4).
    start : ndarray, shape (n + 1,)
        First placement of each element, which has one at least.
    """

    def __init__(
        self,
        table: pa.Table,
        pack: ShapePack,
        digest: pa.Array,
        shape: Rows,
        matrix: Reals,
        color: npt.NDArray[np.float32],
        start: Rows,
    ) -> None:
        self.table, self.pack, self.shape = table, pack, shape
        self.matrix, self.color, self.start = matrix, color, start
        half = (pack.high[shape] - pack.low[shape]) / 2
        middle = (pack.high[shape] + pack.low[shape]) / 2
        middle = np.einsum("nij,nj->ni", matrix[:, :3, :3], middle) + matrix[:, :3, 3]
        radius = np.einsum("nij,nj->ni", np.abs(matrix[:, :3, :3]), half)
        self.low = np.minimum.reduceat(middle - radius, start[:-1])
        self.high = np.maximum.reduceat(middle + radius, start[:-1])
        self.size: Reals = np.linalg.norm(self.high - self.low, axis=1)
        self.inputs = pa.table(
            {
                "shapes": _listed(start, digest.take(pa.array(shape))),
                "matrix": _listed(start * 16, pa.array(matrix.reshape(-1))),
                "color": _listed(start * 4, pa.array(color.reshape(-1))),
                "crs": table["item_crs"],
                "datum": table["vertical_datum"],
            }
        )

    def weight(self, pack: ShapePack) -> Reals:
        """Bytes of each element, shape (n,), drawn by the shapes of a pack."""
        shape = self.shape
        once = np.diff(pack.first)[shape] * 12.0 + np.diff(pack.first_face)[shape] * 3.0
        count = np.bincount(shape, minlength=len(pack.first) - 1)[shape]
        shared = np.where(fewer_bytes(pack, shape, count), np.minimum(count, _SHARED), 1)
        return np.add.reduceat(once / shared, self.start[:-1]) + 220.0

    def sound(self, making: Making, mine: Rows, *, local: bool) -> Rows:
        """Keep elements that are somewhere and of a sensible size; the others are counted."""
        middle = self.earth(making, ((self.low + self.high) / 2)[mine], local=local)
        there = np.isfinite(middle).all(axis=1)
        making.report.leave("place is not on the earth", int((~there).sum()))
        wide = there & ~(self.size[mine] <= _WIDEST)
        making.report.leave("wider than 100 km", int(wide.sum()))
        return mine[there & ~wide]

    def earth(self, making: Making, xyz: Reals, *, local: bool) -> Reals:
        """Earth-centred coordinates, or the model's own; not finite where there are none."""
        if local:
            return xyz
        crs, datum = self.table["item_crs"][0].as_py(), self.table["vertical_datum"][0].as_py()
        with np.errstate(invalid="ignore"):
            return to_earth(xyz, crs, making.heights, datum)

    def layer(
        self,
        making: Making,
        mine: Rows,
        name: str,
        *,
        local: bool,
        less: Reals | None = None,
    ) -> Layer:
        """Layer of some of the elements.

        Parameters
        ----------
        making : Making
            The export.
        mine : ndarray
            Rows of the elements.
        name : str
            Of the model and the part of it, unlike all others.
        local : bool
            In the metres of the model.
        less : ndarray, shape (s,), optional
            Metres that each shape may be simplified by.
        """
        packs: list[ShapePack] = []

        def earth(xyz: Reals) -> Reals:
            return self.earth(making, xyz, local=local)

        def build(rows: Rows) -> list[Mesh | Instances]:
            if not packs:
                packs.append(self.pack if less is None else self.pack.simplified(less))
            own = mine[rows]
            which = np.concatenate([np.arange(self.start[r], self.start[r + 1]) for r in own])
            of = np.repeat(np.arange(len(own)), self.start[own + 1] - self.start[own])
            return arrange(
                packs[0], self.shape[which], self.matrix[which], self.color[which], of, earth
            )  # fmt: skip

        inputs = self.inputs
        if less is not None:
            inputs = inputs.append_column(
                "less", _listed(self.start, pa.array(less[self.shape]))
            )  # fmt: skip
        return Layer(
            self.table.take(mine).drop_columns([*ELEMENTS, "group"]),
            earth((self.low + self.high)[mine] / 2),
            self.size[mine],
            self.weight(self.pack)[mine],
            build,
            local=local,
            inputs=inputs.take(mine),
            name=hashlib.blake2b(name.encode(), digest_size=6).hexdigest() + "-",
        )


def _listed(start: Rows, values: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(start, pa.int64()), values)
