"""Point clouds to an additive octree, in bounded memory.

Points are spooled as fixed records of 0.25 mm whole numbers in one frame. A node keeps at most one
point for each cell of a grid over its cube and hands the rest to its octants; a cloud that does
not fit in memory is dealt out to files, octant by octant, until its parts do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import to_frame
from cimkit.tiles.points_glb import cloud_glb
from cimkit.tiles.tileset import Tile, frame_at

__all__ = ["NODE_POINTS", "QUANTUM", "Points", "write_cloud"]

NODE_POINTS = 40_000
"""Points in one tile at most: 24 bytes each, below 1 MB."""
QUANTUM = 0.00025
"""Metres that one step of a spooled coordinate stands for."""
_RECORD = np.dtype(
    [("xyz", "<i4", 3), ("rgba", "u1", 4), ("intensity", "<u2"), ("class", "u1"), ("pad", "u1")]
)
_GRID = 96
_IN_MEMORY = 4_000_000
_READ = 1_000_000
_DEEPEST = 26


class Points(Protocol):
    """A chunk of a cloud; `cimkit.loaders` streams them."""

    xyz: npt.NDArray[np.float64]
    rgb: npt.NDArray[np.uint8] | None
    intensity: npt.NDArray[np.uint16] | None
    classification: npt.NDArray[np.uint8] | None


def write_cloud(
    chunks: Iterable[Points],
    to_earth: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    folder: Path,
    prefix: str = "",
    *,
    group: int | None = None,
    local: bool = False,
    in_memory: int = _IN_MEMORY,
) -> tuple[Tile | None, list[Path], int, int]:
    """Write a cloud's contents.

    Parameters
    ----------
    chunks : iterable of Points
        In the source's coordinates.
    to_earth : callable
        Takes those, shape (n, 3), to earth-centred metres; rows that are not finite are dropped.
    folder, prefix : Path, str
        Where the contents go, and how their names begin.
    group : int, optional
        Group of the contents in their tileset.
    local : bool
        ``to_earth`` gives local coordinates instead.
    in_memory : int
        Points that may be held at one time.

    Returns
    -------
    tuple
        The root tile (None without points), the files, points written, points dropped.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-points-") as work:
        cloud = _Cloud(Path(work), folder, prefix, group, in_memory)
        dropped = cloud.spool(chunks, to_earth, local)
        if cloud.count == 0:
            return None, [], 0, dropped
        size = int((cloud.high - cloud.low).max()) + 1
        root = cloud.node(Path(work) / "all", cloud.count, cloud.low, size, "r")
        return root, cloud.files, cloud.count, dropped


class _Cloud:
    def __init__(
        self, work: Path, folder: Path, prefix: str, group: int | None, in_memory: int
    ) -> None:
        self.work, self.folder, self.prefix = work, folder, prefix
        self.group, self.in_memory = group, in_memory
        self.files: list[Path] = []
        self.count = 0
        self.frame = np.eye(4)
        self.low = np.full(3, np.iinfo(np.int64).max)
        self.high = np.full(3, np.iinfo(np.int64).min)
        self.has: set[str] = set()

    def spool(self, chunks: Iterable[Points], to_earth: Callable[..., Any], local: bool) -> int:
        dropped = 0
        with (self.work / "all").open("wb") as out:
            for chunk in chunks:
                earth = to_earth(chunk.xyz)
                good = np.isfinite(earth).all(axis=1)
                if not good.any():
                    dropped += len(earth)
                    continue
                if self.count == 0:
                    inside = earth[good]
                    self.frame = frame_at(
                        (inside.min(axis=0) + inside.max(axis=0)) / 2, local=local
                    )
                steps = np.rint(to_frame(earth[good], self.frame) / QUANTUM)
                near = (np.abs(steps) < 2**31 - 1).all(axis=1)
                good[np.flatnonzero(good)[~near]] = False
                dropped += int((~good).sum())
                if not good.any():
                    continue
                record = np.zeros(int(good.sum()), _RECORD)
                record["xyz"] = steps[near]
                for name, value in (
                    ("intensity", chunk.intensity),
                    ("class", chunk.classification),
                ):
                    if value is not None:
                        record[name] = value[good]
                        self.has.add(name)
                record["rgba"] = 255
                if chunk.rgb is not None:
                    record["rgba"][:, :3] = chunk.rgb[good]
                    self.has.add("rgb")
                self.low = np.minimum(self.low, record["xyz"].min(axis=0))
                self.high = np.maximum(self.high, record["xyz"].max(axis=0))
                self.count += len(record)
                record.tofile(out)
        return dropped

    def node(
        self, file: Path, count: int, corner: npt.NDArray[np.int64], size: int, route: str
    ) -> Tile:
        """Tile of the points in a file, which is used up."""
        if count <= self.in_memory:
            points = np.fromfile(file, _RECORD)
            file.unlink()
            return self.branch(points, corner, size, route)
        grid = self._fit(lambda: _read(file), corner, size)
        taken = np.zeros(grid**3, bool)
        kept, counts = [], [0] * 8
        outs = [(self.work / f"{route}{i}").open("wb") for i in range(8)]
        for part in _read(file):
            first = _firsts(part, corner, size, grid, taken)
            kept.append(part[first])
            rest = part[~first]
            octant = _octants(rest, corner, size)
            for i, out in enumerate(outs):
                mine = rest[octant == i]
                mine.tofile(out)
                counts[i] += len(mine)
        for out in outs:
            out.close()
        file.unlink()
        tile = self._tile(np.concatenate(kept), route, _error(size, grid))
        for i in range(8):
            if counts[i]:
                at, half = _inner(corner, size, i)
                tile.children.append(
                    self.node(self.work / f"{route}{i}", counts[i], at, half, f"{route}{i}")
                )
        return tile

    def branch(
        self, points: npt.NDArray[Any], corner: npt.NDArray[np.int64], size: int, route: str
    ) -> Tile:
        """Tile of points in memory."""
        if len(points) <= NODE_POINTS or len(route) > _DEEPEST:
            return self._tile(points, route, 0.0)
        grid = self._fit(lambda: [points], corner, size)
        first = _firsts(points, corner, size, grid, np.zeros(grid**3, bool))
        tile = self._tile(points[first], route, _error(size, grid))
        rest = points[~first]
        octant = _octants(rest, corner, size)
        for i in range(8):
            mine = rest[octant == i]
            if len(mine):
                at, half = _inner(corner, size, i)
                tile.children.append(self.branch(mine, at, half, f"{route}{i}"))
        return tile

    def _fit(
        self,
        parts: Callable[[], Iterable[npt.NDArray[Any]]],
        corner: npt.NDArray[np.int64],
        size: int,
    ) -> int:
        """The finest grid of which at most as many cells hold points as a tile may."""
        grid = min(_GRID, size)
        while grid > 1:
            taken = np.zeros(grid**3, bool)
            for part in parts():
                taken[_cells(part, corner, size, grid)] = True
            if int(taken.sum()) <= NODE_POINTS:
                return grid
            grid //= 2
        return 1

    def _tile(self, points: npt.NDArray[Any], route: str, error: float) -> Tile:
        low, high = points["xyz"].min(axis=0), points["xyz"].max(axis=0)
        middle = (low.astype(np.int64) + high) // 2
        frame = self.frame.copy()
        frame[:3, 3] = self.frame[:3, :3] @ (middle * QUANTUM) + self.frame[:3, 3]
        local = ((points["xyz"] - middle) * QUANTUM).astype(np.float32)
        file = self.folder / f"{self.prefix}{route}.glb"
        file.write_bytes(cloud_glb(local, points, self.has))
        self.files.append(file)
        box = local.astype(np.float64)
        return Tile(frame, box.min(axis=0), box.max(axis=0), error, file.name, self.group)


def _read(file: Path) -> Iterator[npt.NDArray[Any]]:
    with file.open("rb") as source:
        while len(part := np.fromfile(source, _RECORD, _READ)):
            yield part


def _cells(
    points: npt.NDArray[Any], corner: npt.NDArray[np.int64], size: int, grid: int
) -> npt.NDArray[np.int64]:
    at = (points["xyz"].astype(np.int64) - corner) * grid // size
    cell: npt.NDArray[np.int64] = (at[:, 0] * grid + at[:, 1]) * grid + at[:, 2]
    return cell


def _firsts(
    points: npt.NDArray[Any],
    corner: npt.NDArray[np.int64],
    size: int,
    grid: int,
    taken: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """The first point in each cell that is not taken yet; takes the cells."""
    cell = _cells(points, corner, size, grid)
    order = np.arange(len(points))
    winner = np.empty(grid**3, np.int64)
    winner[cell[::-1]] = order[::-1]  # the last write stands: the first point
    first: npt.NDArray[np.bool_] = (winner[cell] == order) & ~taken[cell]
    taken[cell] = True
    return first


def _octants(
    points: npt.NDArray[Any], corner: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.int64]:
    upper = points["xyz"] - corner >= (size + 1) // 2
    octant: npt.NDArray[np.int64] = upper @ np.array([4, 2, 1])
    return octant


def _inner(
    corner: npt.NDArray[np.int64], size: int, octant: int
) -> tuple[npt.NDArray[np.int64], int]:
    half = (size + 1) // 2
    return corner + half * np.array([octant >> 2 & 1, octant >> 1 & 1, octant & 1]), half


def _error(size: int, grid: int) -> float:
    """A point left to the children lies within one cell of a point that is drawn: metres."""
    return 3**0.5 * size * QUANTUM / grid
