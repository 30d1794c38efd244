"""What terrain is made from: heights at posts, and pictures of the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.tiles.terrain_content import Picture
from cimkit.tiles.terrain_grid import Cell, Tiling

__all__ = ["Lattice", "Relief"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Heights at the posts of one level."""

    heights: Reals
    """Shape (rows + 1, columns + 1), from the south-west: metres above the ellipsoid, NaN where
    there is no ground."""
    source: npt.NDArray[np.int32]
    """The same shape: number of the elevation model that a height is from, -1 for none."""
    loss: Reals
    """Shape (tiles to the north, tiles to the east): metres by which the posts of each tile of
    that level are off from the pixels of the elevation models."""


class Relief(Protocol):
    """What the ground of a place is made from."""

    @property
    def tiling(self) -> Tiling:
        """How cells and posts lie."""
        ...

    def roots(self) -> list[Cell]:
        """Cells that hold all."""
        ...

    def deepest(self, cell: Cell) -> int | None:
        """The level that what lies in a cell is worth; None: there is no elevation model."""
        ...

    def key(self, cell: Cell) -> bytes:
        """All that decides what is seen in a cell."""
        ...

    def heights(self, cell: Cell, level: int) -> Lattice:
        """Heights at the posts of a level at or below that of the cell."""
        ...

    def picture(self, cell: Cell) -> Picture | None:
        """Imagery of a cell; None: there is none."""
        ...

    def features(self, cell: Cell, sources: Whole) -> tuple[pa.Table, Whole]:
        """Rows that tell of the models that a cell's heights are from, and each model's row."""
        ...

    def names(self, sources: Whole) -> list[str]:
        """Lasting names of models."""
        ...
