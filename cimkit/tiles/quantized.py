"""Vertex attributes in few bytes (KHR_mesh_quantization, filters of EXT_meshopt_compression).

Positions lie on a grid whose step is a power of two, at most 2**-10 m, so that no vertex moves by
more than 0.85 mm (half a diagonal of a cell) and every stored value is exact. Up to 64 m the grid
fits 16 bits. Wider contents keep float32, whose values are multiples of the step: the exponential
filter stores them as integers with one exponent, so they compress like integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "FINE",
    "Grid",
    "Stored",
    "colors",
    "features",
    "grid_over",
    "normals",
    "plain",
    "reals",
    "textured",
]

Reals = npt.NDArray[np.float64]

FINE = -11
"""Binary exponent of the finest step, metres: 2**-11 is 0.49 mm."""
_COARSE = -10
_SHORT = 65535
_MANTISSA = 1 << 23


@dataclass(frozen=True, slots=True)
class Stored:
    """Values of one vertex attribute as they are stored."""

    values: npt.NDArray[Any]
    """Shape (n, w): what a reader gets; rows are multiples of 4 bytes."""
    width: int
    """Components that count; the rest fills the row up."""
    normalized: bool = False
    """Integers stand for fractions of their range."""
    filter: str = "NONE"
    """Of EXT_meshopt_compression."""
    coded: npt.NDArray[Any] | None = None
    """What is compressed in the place of the values, of as many bytes; None: the values."""

    def take(self, rows: npt.NDArray[np.int64]) -> Stored:
        """The values of some rows."""
        coded = None if self.coded is None else self.coded[rows]
        return replace(self, values=self.values[rows], coded=coded)

    @property
    def rows(self) -> npt.NDArray[np.uint32]:
        """The rows as words, shape (n, k): equal where the values are."""
        return np.ascontiguousarray(self.values).view(np.uint32).reshape(len(self.values), -1)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where positions may lie: ``origin + steps * 2 ** exponent``."""

    origin: Reals
    """Shape (3,), metres."""
    exponent: int
    """Of the step, metres."""
    short: bool
    """All steps are from 0 to 65535."""

    @property
    def step(self) -> float:
        """Metres."""
        return float(2.0**self.exponent)

    def snap(self, positions: Reals) -> npt.NDArray[np.int32]:
        """Steps, shape (n, 3), of positions, shape (n, 3)."""
        steps: npt.NDArray[np.int32] = np.rint((positions - self.origin) * (1 / self.step)).astype(
            np.int32
        )
        return steps

    def place(self, steps: npt.NDArray[np.int32]) -> Reals:
        """Positions of steps: what a reader gets, to the bit."""
        return self.origin + steps * self.step

    def stored(self, steps: npt.NDArray[np.int32]) -> Stored:
        """Positions as an attribute, counted from the origin."""
        if self.short:
            shorts = np.zeros((len(steps), 4), "<u2")
            shorts[:, :3] = steps
            return Stored(shorts, 3)
        values = (steps * self.step).astype("<f4")
        return Stored(values, 3, False, "EXPONENTIAL", _exponential(steps, self.exponent))

    def node(self) -> dict[str, Any]:
        """The transform that takes the attribute back to metres, for a node."""
        out: dict[str, Any] = {}
        if self.origin.any():
            out["translation"] = self.origin.tolist()
        if self.short:
            out["scale"] = [self.step] * 3
        return out


def grid_over(low: Reals, high: Reals, *, bare: bool = False) -> Grid:
    """Choose the grid for what lies in a box.

    Parameters
    ----------
    low, high : ndarray, shape (3,)
        Corners, metres.
    bare : bool
        Keep float32 and the origin: there is no node to take positions back.
    """
    extent = float((high - low).max())
    if not bare:
        for exponent in (FINE, _COARSE):
            if extent <= (_SHORT - 1) * 2.0**exponent:
                return Grid(low, exponent, True)
    # On whole metres, so that the sums of a reader are exact.
    origin = np.zeros(3) if bare else np.rint((low + high) / 2)
    reach = float(np.maximum(np.abs(low - origin), np.abs(high - origin)).max())
    exponent = FINE
    while reach >= (_MANTISSA - 1) * 2.0**exponent:
        exponent += 1
    return Grid(origin, exponent, False)


def plain(values: npt.NDArray[Any]) -> Stored:
    """Values, shape (n, w), as float32."""
    return Stored(values.astype("<f4"), values.shape[1])


def reals(values: Reals, exponent: int) -> Stored:
    """Values, shape (n, w), as multiples of ``2 ** exponent``; as float32 if there are too many."""
    steps = np.rint(values * 2.0**-exponent)
    if np.abs(steps).max(initial=0) >= _MANTISSA:
        return plain(values)
    whole = steps.astype(np.int32)
    stored = (whole * 2.0**exponent).astype("<f4")
    return Stored(stored, values.shape[1], False, "EXPONENTIAL", _exponential(whole, exponent))


def normals(unit: Reals) -> Stored:
    """Unit vectors, shape (n, 3), in 8 bits: to a degree or so."""
    values = np.zeros((len(unit), 4), "i1")
    values[:, :3] = np.rint(unit * 127)
    x, y, z = (unit / np.abs(unit).sum(axis=1, keepdims=True)).T
    under = z < 0
    u = np.where(under, (1 - np.abs(y)) * np.where(x < 0, -1, 1), x)
    v = np.where(under, (1 - np.abs(x)) * np.where(y < 0, -1, 1), y)
    coded = np.zeros((len(unit), 4), "i1")
    coded[:, 0], coded[:, 1], coded[:, 2] = np.rint(u * 127), np.rint(v * 127), 127
    return Stored(values, 3, True, "OCTAHEDRAL", coded)


def features(ids: npt.NDArray[np.int64]) -> Stored:
    """Feature ids: in 16 bits up to 65535, as float32 up to 2**24, beyond which there is none."""
    most = int(ids.max(initial=0))
    if most <= _SHORT:
        shorts = np.zeros((len(ids), 2), "<u2")
        shorts[:, 0] = ids
        return Stored(shorts, 1)
    if most > 1 << 24:
        raise ValueError(f"a tile holds no {most} features: float32 cannot count them")
    return plain(ids[:, None])


def colors(rgba: npt.NDArray[np.uint8]) -> Stored:
    """Linear RGBA, shape (n, 4)."""
    return Stored(rgba, 4, True)


def textured(uv: npt.NDArray[np.float32]) -> Stored:
    """Texture coordinates, shape (n, 2): in 16 bits within the image, else as they are."""
    if len(uv) and float(uv.min()) >= 0 and float(uv.max()) <= 1:
        return Stored(np.rint(uv * np.float64(_SHORT)).astype("<u2"), 2, True)
    return plain(uv)


def _exponential(steps: npt.NDArray[np.int32], exponent: int) -> npt.NDArray[np.uint32]:
    bits = steps.astype(np.uint32) & np.uint32(0xFFFFFF)
    return bits | np.uint32((exponent & 0xFF) << 24)
