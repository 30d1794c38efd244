"""Heights along the edges of a tile, for those of its neighbours to be held against."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import PointChunk

__all__ = ["Borders"]

Reals = npt.NDArray[np.float64]

_BAND_M = 2.0
_SEGMENT_M = 10.0
_MOST = 512  # segments of one edge
_NOISE = (7, 18)
_GROUND = 2
_SIDES = (("W", 0, 0), ("E", 0, 3), ("S", 1, 1), ("N", 1, 4))  # name, axis, where in the box


class Borders:
    """The lowest points in two bands of 2 m along each edge, by segments of 10 m or more.

    Segments are counted from the origin of the CRS, so that those of two tiles are the same. Where
    a cloud has ground points these alone count; noise never does.

    Parameters
    ----------
    box : tuple of float
        (xmin, ymin, zmin, xmax, ymax, zmax) of the tile, in units of the source.
    metres, z_unit : float
        Metres in one unit of x and y, and of z.
    """

    def __init__(self, box: tuple[float, ...], metres: float, z_unit: float) -> None:
        self.box, self.z_unit = box, z_unit
        self.band, self.segment = _BAND_M / metres, _SEGMENT_M / metres
        while max(box[3] - box[0], box[4] - box[1]) / self.segment > _MOST:
            self.segment *= 2
        self._lows: dict[str, npt.NDArray[np.float64]] = {}
        self._first: dict[str, int] = {}
        for side, axis, _ in _SIDES:
            along = 1 - axis
            first = int(np.floor(box[along] / self.segment))
            count = int(np.floor(box[along + 3] / self.segment)) - first + 1
            self._first[side] = first
            self._lows[side] = np.full((2, 2, count), np.inf)  # all or ground, band, segment

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk that lie near an edge."""
        for side, axis, at in _SIDES:
            away = np.abs(chunk.xyz[:, axis] - self.box[at])
            near = np.flatnonzero(away < 2 * self.band)
            if len(near):
                self._add(chunk, side, axis, near, away[near])

    def _add(
        self,
        chunk: PointChunk,
        side: str,
        axis: int,
        near: npt.NDArray[np.intp],
        away: Reals,
    ) -> None:
        lows, z = self._lows[side], chunk.xyz[near, 2]
        band = (away >= self.band).astype(np.int64)
        segment = np.floor(chunk.xyz[near, 1 - axis] / self.segment) - self._first[side]
        inside = (segment >= 0) & (segment < lows.shape[2]) & np.isfinite(z)
        kinds = [inside]
        if chunk.classification is not None:
            classes = chunk.classification[near]
            kinds[0] = inside & ~np.isin(classes, _NOISE)
            kinds.append(inside & (classes == _GROUND))
        for kind, chosen in enumerate(kinds):
            where = band[chosen], segment[chosen].astype(np.int64)
            np.minimum.at(lows[kind], where, z[chosen])

    def rows(self) -> Iterator[tuple[str, str, float]]:
        """Yield name, cell and value of each height in metres.

        ``edge_height``: cell ``side coordinate length number reach``, side W, E, S or N, the number
        that of the segment; the height is that at the edge, of the two bands straight on, so that
        ground which slopes across the edge makes no step. ``edge_slope``: the same cell, how much
        it rises outward by one unit of the CRS.
        """
        for side, _, at in _SIDES:
            every, ground = self._lows[side]
            lows = ground if np.isfinite(ground).sum() > 0.5 * np.isfinite(every).sum() else every
            met = np.flatnonzero(np.isfinite(lows).all(axis=0))
            slopes = (lows[0, met] - lows[1, met]) * self.z_unit
            edge = lows[0, met] * self.z_unit + 0.5 * slopes
            name = f"{side} {self.box[at]:.12g} {self.segment:.9g}"
            for number, height, slope in zip(
                met.tolist(), edge.tolist(), slopes.tolist(), strict=True
            ):
                cell = f"{name} {number + self._first[side]} {2 * self.band:.9g}"
                yield "edge_height", cell, height
                yield "edge_slope", cell, slope / self.band
