"""Statistics of a band, taken piece by piece."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Band", "End", "Sums"]

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class End:
    """Least or greatest value of a band, how often it is met, and the value next to it."""

    upper: bool
    """Whether it is the greatest."""
    value: float = math.nan
    """As stored."""
    count: int = 0
    """Pixels that have it."""
    following: float = math.nan
    """Next value inward; NaN if there is none."""
    share: float = 0.0
    """Part of the valid pixels that have it, 0 to 1."""

    def add(self, values: npt.NDArray[Any]) -> None:
        """Take up values, at least one."""
        best = values.max() if self.upper else values.min()
        outward = best > self.value if self.upper else best < self.value
        if self.count and not outward and best != self.value:
            self.following = self._inner(self.following, float(best))
            return
        at = values == best
        rest = values[~at]
        inner = float(rest.max() if self.upper else rest.min()) if rest.size else math.nan
        if self.count and outward:
            self.following, self.count = self._inner(self.value, inner), 0
        else:
            self.following = self._inner(self.following, inner)
        self.value, self.count = float(best), self.count + int(at.sum())

    def _inner(self, one: float, other: float) -> float:
        known = [v for v in (one, other) if not math.isnan(v)]
        return math.nan if not known else max(known) if self.upper else min(known)


@dataclass(frozen=True, slots=True)
class Band:
    """What one band holds, in the unit of its values: scale and offset are applied."""

    minimum: float = math.nan
    """Least value that is data; NaN if none is."""
    maximum: float = math.nan
    """Greatest value."""
    mean: float = math.nan
    """Mean."""
    deviation: float = math.nan
    """Standard deviation of the population."""
    valid: float = 0.0
    """Share of the pixels that hold data, 0 to 1."""
    ends: tuple[End, ...] = ()
    """Lower and upper end of what is stored in a band of heights that declares no nodata."""


class Sums:
    """Running sums over the pieces of one band.

    Mean and deviation are joined from those of the pieces (Chan, Golub and LeVeque 1979).
    """

    def __init__(
        self,
        dtype: str,
        nodata: float | None,
        scaling: tuple[float, float],
        flags: set[str],
        *,
        alpha: bool,
    ) -> None:
        self.nodata = nodata
        self.masked = bool(flags & {"per_dataset", "alpha"}) and "nodata" not in flags
        self.undeclared = self.nodata is None and not self.masked
        self.scale, self.offset = scaling
        self.alpha = alpha
        self.seen = self.count = 0
        self.low, self.high = math.inf, -math.inf
        self.mean = self.squares = 0.0
        heights = dtype in ("int16", "int32", "float32", "float64")
        self.ends = (End(False), End(True)) if self.undeclared and heights else ()

    @classmethod
    def of(cls, dataset: Any) -> list[Sums]:
        """Return those of all bands of a raster."""
        each = zip(
            *(dataset.dtypes, dataset.nodatavals, dataset.scales, dataset.offsets),
            *(dataset.mask_flag_enums, dataset.colorinterp),
            strict=True,
        )
        return [
            cls(d, n, (float(s), float(o)), {f.name for f in m}, alpha=c.name == "alpha")
            for d, n, s, o, m, c in each
        ]

    def add(self, pixels: npt.NDArray[Any], common: Mask | None) -> None:
        """Take up a piece; ``common`` is where all bands hold data, None: not said."""
        self.seen += pixels.size
        if pixels.dtype == np.uint8 and common is None:
            self._join_counted(np.bincount(pixels.ravel(), minlength=256))
            return
        held = self.held(pixels, common)
        if pixels.dtype.kind == "c":
            self.count += pixels.size if held is None else int(held.sum())
            return  # complex numbers have no order
        values = pixels.ravel() if held is None else pixels[held]
        if values.size:
            self._join(values)

    def held(self, pixels: npt.NDArray[Any], common: Mask | None) -> Mask | None:
        """Return where pixels hold data, or None for everywhere."""
        held: Mask | None = common
        if self.nodata is not None and not self.masked:
            if math.isnan(self.nodata):
                held = None  # as for every NaN, below
            else:
                given = pixels != self._stored(pixels.dtype)
                held = None if given.all() else given
        if pixels.dtype.kind in "fc":
            finite = np.isfinite(pixels)
            if not finite.all():
                held = finite if held is None else held & finite
        return held

    def _stored(self, dtype: np.dtype[Any]) -> Any:
        nodata = float(self.nodata or 0.0)
        if dtype == np.float32:
            with np.errstate(over="ignore"):
                return np.float32(nodata)
        return nodata

    def _join_counted(self, counts: npt.NDArray[np.intp]) -> None:
        """Take up a piece of bytes by how often each value is met."""
        if self.nodata is not None and self.nodata in range(256):
            counts[int(self.nodata)] = 0
        met = np.flatnonzero(counts)
        if not len(met):
            return
        weights = counts[met].astype(np.float64)
        mean = float(np.dot(met, weights) / weights.sum())
        squares = float(np.dot((met - mean) ** 2, weights))
        self._merge(int(weights.sum()), float(met[0]), float(met[-1]), mean, squares)

    def _join(self, values: npt.NDArray[Any]) -> None:
        plain = values.astype(np.float64)
        mean = float(plain.mean())
        plain -= mean
        squares = float(np.dot(plain, plain))
        self._merge(values.size, float(values.min()), float(values.max()), mean, squares)
        for end in self.ends:
            end.add(values)

    def _merge(self, count: int, low: float, high: float, mean: float, squares: float) -> None:
        both = self.count + count
        apart = mean - self.mean
        self.squares += squares + apart * apart * self.count * count / both
        self.mean += apart * count / both
        self.count = both
        self.high = max(self.high, high)
        self.low = min(self.low, low)

    def band(self) -> Band:
        """Return what was found."""
        valid = self.count / self.seen if self.seen else 0.0
        if not math.isfinite(self.low):
            return Band(valid=valid)
        ends = sorted(v * self.scale + self.offset for v in (self.low, self.high))
        for end in self.ends:
            end.share = end.count / self.count
        return Band(
            minimum=ends[0],
            maximum=ends[1],
            mean=self.mean * self.scale + self.offset,
            deviation=math.sqrt(self.squares / self.count) * abs(self.scale),
            valid=valid,
            ends=self.ends,
        )
