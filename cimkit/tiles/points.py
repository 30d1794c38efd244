"""Point clouds to 3D Tiles: an additive octree, out of core, its nodes as glTF.

Points stay whole numbers of their source on the way; a tile's own places are taken from them once,
exactly but for half a quantum (`cimkit.tiles.placing`). Engine: `cimkit.tiles.octree`.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.tiles.encoding import Encoding
from cimkit.tiles.points_glb import Measure, cloud_glb, point_bytes
from cimkit.tiles.tileset import Tile

if TYPE_CHECKING:
    from cimkit.tiles.octree import Batch, Cell
    from cimkit.tiles.placing import Placing

__all__ = ["NODE_POINTS", "CloudPlan", "CloudTree", "write_cloud"]

NODE_POINTS = 65_536
"""Points in one tile at most."""
_BYTES = 1_000_000
_FEW = 32
_QUANTUM = 5e-4
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CloudPlan:
    """What the points of a tree are, and where they lie."""

    payload: np.dtype[Any]
    """What a point carries, by name. ``rgb``, three of u1 or u2, becomes its colour; the rest is
    read by the measures of the same names; ``cloud`` tells clouds apart whose colours may have
    different ranges."""
    to_earth: Callable[[Reals], Reals]
    """Takes coordinates of the source, shape (n, 3), to earth-centred metres; NaN where there is
    no place for them."""
    measures: tuple[Measure, ...] = ()
    """Property attributes."""
    unit: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Metres of one unit of the source, by axis; roughly, for angles."""
    local: bool = False
    """`to_earth` gives the metres of a local model instead."""
    follow: Callable[[Callable[[], Reals]], None] | None = None
    """Told of each content's points once, on the thread that just called `to_earth` for them:
    takes what gives their coordinates of the source."""


@dataclass(slots=True)
class CloudTree:
    """What was written."""

    root: Tile | None = None
    """None without points."""
    count: int = 0
    """Points written."""
    dropped: int = 0
    """Points that are nowhere on the earth."""
    names: list[str] = field(default_factory=list)
    """Contents, in ascending order."""


def write_cloud(
    batches: Iterable[Batch],
    plan: CloudPlan,
    put: Callable[[str, bytes], None],
    prefix: str = "",
    *,
    group: int | None = None,
    encoding: Encoding | None = None,
    cap: int = _BYTES,
    bucket: int | None = None,
    threads: int | None = None,
) -> CloudTree:
    """Write a tree of points, at whatever number of them in the same memory.

    Parameters
    ----------
    batches : iterable of Batch
        In the source's coordinates.
    plan : CloudPlan
        What they are.
    put : callable
        Takes the name of a content and its bytes; called from several threads.
    prefix : str
        How the names begin.
    group : int, optional
        Group of the contents in their tileset.
    encoding : Encoding, optional
        How contents are written.
    cap : int
        Bytes that a content may hold.
    bucket, threads : int, optional
        See `Octree`.

    Raises
    ------
    ExportError
        If the disk of the temporary folder is too small.
    """
    from cimkit.tiles.octree import BUCKET, Cube, Octree, Spool
    from cimkit.tiles.placing import Placing

    with tempfile.TemporaryDirectory(prefix="cimkit-points-") as work:
        spool = Spool(Path(work), plan.payload)
        peaks: dict[int, int] = {}
        for batch in batches:
            spool.add(batch)
            _learn_peaks(batch, peaks)
        tree = CloudTree(dropped=spool.dropped)
        if not spool.count:
            return tree
        lattice = spool.lattice()
        unit = np.array(plan.unit) * lattice.step
        low, high = (np.rint((c - lattice.origin) / lattice.step) for c in spool.box)
        cube = Cube.over(low.astype(np.int64), high.astype(np.int64), unit)
        finest = max(_QUANTUM, float(unit.min()))
        placing = Placing(lattice, plan.to_earth, unit=unit, local=plan.local, finest=finest)
        tiles = _Tiles(plan, placing, put, prefix, group, encoding or Encoding(), cap, tree)
        tiles.record = spool.record
        tiles.shifts = {cloud: 8 if peak > 255 else 0 for cloud, peak in peaks.items()}
        found = Octree(
            spool, cube, tiles, bucket=BUCKET if bucket is None else bucket, threads=threads
        ).root()
        tree.root = found
        tree.names.sort()
    return tree


def _learn_peaks(batch: Batch, peaks: dict[int, int]) -> None:
    """Remember the greatest colour of a cloud: many writers put 8 bits into fields of 16."""
    rgb = batch.columns.get("rgb")
    if rgb is None or rgb.dtype.itemsize == 1 or not len(rgb):
        return
    cloud = int(batch.columns["cloud"][0]) if "cloud" in batch.columns else 0
    if peaks.get(cloud, 0) <= 255:
        peaks[cloud] = max(peaks.get(cloud, 0), int(rgb.max()))


class _Tiles:
    """Writes the nodes of the octree as contents."""

    regular = False

    def __init__(
        self,
        plan: CloudPlan,
        placing: Placing,
        put: Callable[[str, bytes], None],
        prefix: str,
        group: int | None,
        encoding: Encoding,
        cap: int,
        tree: CloudTree,
    ) -> None:
        self.plan, self.placing, self.put = plan, placing, put
        self.prefix, self.group, self.encoding, self.tree = prefix, group, encoding, tree
        self.colored = "rgb" in (plan.payload.names or ())
        each = point_bytes(plan.measures, self.colored)
        self.cap = max(min(NODE_POINTS, cap // each), 1)
        self.few = self.cap // _FEW
        self.record = np.dtype([])
        self.shifts: dict[int, int] = {}
        self._lock = threading.Lock()

    def node(
        self, cell: Cell, rows: npt.NDArray[np.int32], children: list[Tile], spacing: float
    ) -> Tile:
        """Write a node; where more points than the cap are in one place, several tiles."""
        route = "r" + "".join(
            str((cell.x >> down & 1) << 2 | (cell.y >> down & 1) << 1 | (cell.z >> down & 1))
            for down in range(cell.level - 1, -1, -1)
        )
        if not len(rows) and len(children) == 1:
            return children[0]
        parts = [rows[i : i + self.cap] for i in range(0, len(rows), self.cap)] or [rows]
        tiles = [
            self._tile(part, route if not i else f"{route}-{i}", spacing)
            for i, part in enumerate(parts)
        ]
        first = tiles[0]
        first.children = [*children, *tiles[1:]]
        if first.uri is None and first.children:
            first.frame = first.children[0].frame
        return first

    def _tile(self, rows: npt.NDArray[np.int32], route: str, spacing: float) -> Tile:
        placed = self.placing.place(rows) if len(rows) else None
        kept = len(placed.steps) if placed is not None else 0
        with self._lock:
            self.tree.count += kept
            self.tree.dropped += len(rows) - kept
        if placed is None:
            nowhere = np.full(3, np.inf)
            return Tile(np.eye(4), nowhere, -nowhere, spacing)
        held = np.ascontiguousarray(rows).view(self.record)[:, 0]["with"]
        if placed.kept is not None:
            held, rows = held[placed.kept], rows[placed.kept]
        if self.plan.follow is not None:
            self.plan.follow(lambda: self.placing.lattice.real(rows[:, :3]))
        data = cloud_glb(placed, self._color(held), self._values(held), self.plan.measures,
                         self.encoding)  # fmt: skip
        name = f"{self.prefix}{route}.glb"
        self.put(name, data)
        with self._lock:
            self.tree.names.append(name)
        uri = name.rpartition("/")[2]
        return Tile(placed.frame, placed.low, placed.high, spacing, uri, self.group)

    def _values(self, held: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        return {m.known.name: held[m.known.name] for m in self.plan.measures}

    def _color(self, held: npt.NDArray[Any]) -> npt.NDArray[np.uint8] | None:
        if not self.colored:
            return None
        rgb = held["rgb"]
        made = np.zeros((len(held), 4), np.uint8)
        if rgb.dtype.itemsize == 1:
            made[:, :3] = rgb
        elif len(set(self.shifts.values())) <= 1:
            np.right_shift(rgb, max(self.shifts.values(), default=0), out=made[:, :3],
                           casting="unsafe")  # fmt: skip
        else:
            table = np.zeros(max(self.shifts) + 1, np.uint16)
            table[list(self.shifts)] = list(self.shifts.values())
            made[:, :3] = rgb >> table[held["cloud"]][:, None]
        return made
