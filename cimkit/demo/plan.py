"""The plan of the district: blocks between streets, lots in the blocks, nothing written yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.demo.footprints import footprints
from cimkit.demo.frame import JURISDICTION, Reals, Terrain, is_west, project
from cimkit.errors import UsageError

__all__ = ["Buildings", "Plan", "Streets", "plan"]

Wholes = npt.NDArray[np.int64]
PITCH = (96.0, 72.0)
"""Metres from street to street, along u and v."""
_EDGE = 160.0  # metres that stay free along the city's boundary
_LOTS = np.array([[1, 1], [2, 1], [2, 2], [3, 2], [4, 2], [5, 2], [6, 2]])  # columns, rows
_SPARSE = 3.4  # buildings in a block while there is room for more blocks
_NAMES = np.array(
    [
        "临江",
        "望江",
        "滨河",
        "朝阳",
        "锦绣",
        "长安",
        "和平",
        "建设",
        "解放",
        "文化",
        "科技",
        "翠湖",
        "桂花",
    ]
)
_USES = ("residential", "commercial", "office", "public", "industrial")
_USE_NAMES = np.array(["住宅楼", "商业楼", "办公楼", "公共服务楼", "厂房"])


@dataclass(frozen=True, slots=True)
class Streets:
    """Street segments between two crossings; every array has one row a segment."""

    start: Reals
    """(n, 2) metres in the street frame."""
    end: Reals
    """(n, 2) metres in the street frame."""
    width: Reals
    """Metres between the building lines."""
    name: npt.NDArray[np.str_]
    """Name of the street."""

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Buildings:
    """Buildings; every array has one row each."""

    outline: npt.NDArray[np.object_]
    """shapely polygons in the street frame, outer rings counter-clockwise."""
    use: npt.NDArray[np.str_]
    """Code of the domain ``usage``."""
    name: npt.NDArray[np.str_]
    """Street and number, and what it is."""
    floors: Wholes
    """Storeys above ground."""
    height: Reals
    """Metres from `base_z` to the roof."""
    base_z: Reals
    """Height of the ground at the lowest corner, metres."""
    built: Wholes
    """Year."""
    west: npt.NDArray[np.bool_]
    """Whether it is delivered in the western zone."""

    def __len__(self) -> int:
        return len(self.outline)


@dataclass(frozen=True, slots=True)
class Plan:
    """A district."""

    seed: int
    """Everything follows from it."""
    terrain: Terrain
    """The ground."""
    blocks: Wholes
    """(n, 2) column and row of each block."""
    streets: Streets
    """All segments around the blocks."""
    buildings: Buildings
    """All buildings, nearest to the centre first by block."""


def plan(buildings: int, seed: int) -> Plan:
    """Plan a district of exactly that many buildings.

    It grows outwards from the centre block by block; when the jurisdiction is full the blocks get
    denser, up to twelve houses a block.

    Raises
    ------
    UsageError
        If there are fewer than 20 or more than the city has room for.
    """
    room = _blocks()
    if not 20 <= buildings <= len(room) * 11:
        raise UsageError(
            "no such size of a district", got=buildings, expected=f"20 to {len(room) * 11:,}"
        )
    sparse = int(np.ceil(buildings / _SPARSE * 1.12))
    blocks = room[: min(len(room), sparse)]
    terrain = Terrain.seeded(seed)
    rng = np.random.default_rng([seed, 2])
    lots, block = _lots(blocks, buildings, rng)
    return Plan(seed, terrain, blocks, _streets(blocks), _built(lots, blocks[block], terrain, rng))


def line_width(index: Wholes) -> Reals:
    """Return the width of the street on a grid line: every fifth one is an avenue."""
    return np.where(index % 5 == 0, 22.0, 14.0)


def _blocks() -> Wholes:
    """Return all blocks that lie in the jurisdiction, those near the centre first."""
    i, j = np.meshgrid(np.arange(-80, 80), np.arange(-100, 100), indexing="ij")
    cells = np.column_stack([i.ravel(), j.ravel()])
    inside = np.ones(len(cells), bool)
    west, south, east, north = JURISDICTION
    free = _EDGE / 111_000.0
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        lon, lat = project((cells + corner) * np.array(PITCH), "OGC:CRS84").T
        inside &= (lon > west + free * 1.15) & (lon < east - free * 1.15)
        inside &= (lat > south + free) & (lat < north - free)
    cells = cells[inside]
    distance = np.hypot(*((cells + 0.5) * np.array(PITCH)).T)
    return cells[np.lexsort((cells[:, 1], cells[:, 0], distance.round(3)))]


def _lots(blocks: Wholes, wanted: int, rng: np.random.Generator) -> tuple[Reals, Wholes]:
    """Divide blocks into exactly ``wanted`` lots: (n, 4) u, v, width, depth; and their block."""
    sizes = _LOTS.prod(axis=1)
    target = wanted / len(blocks) * np.exp(rng.normal(0, 0.45, len(blocks)))
    if wanted / len(blocks) < 5:
        target[4::9] = 0  # every ninth block is a park
    kind = np.where(target > 0, np.abs(sizes - target[:, None]).argmin(axis=1), -1)
    while (missing := wanted - int(sizes[kind[kind >= 0]].sum())) > 0:
        free = np.flatnonzero((kind >= 0) & (kind < len(sizes) - 1))
        kind[rng.permutation(free)[: max(1, missing // 3)]] += 1
    used = np.flatnonzero(kind >= 0)
    columns, rows = _LOTS[kind[used]].T
    number = columns * rows
    block = np.repeat(used, number)
    within = np.arange(len(block)) - np.repeat(np.cumsum(number) - number, number)
    column, row = within % np.repeat(columns, number), within // np.repeat(columns, number)
    origin, size = block_interior(blocks[block])
    lot = size / np.column_stack([np.repeat(columns, number), np.repeat(rows, number)])
    lots = np.column_stack([origin + lot * np.column_stack([column, row]), lot])
    keep = np.sort(rng.permutation(len(lots))[:wanted])
    return lots[keep], block[keep]


def block_interior(blocks: Wholes) -> tuple[Reals, Reals]:
    """Return lower corner and size, both (n, 2), of what the streets leave of each block."""
    lower = blocks * np.array(PITCH) + line_width(blocks) / 2
    upper = (blocks + 1) * np.array(PITCH) - line_width(blocks + 1) / 2
    return lower, upper - lower


def _streets(blocks: Wholes) -> Streets:
    along_u = np.unique(np.vstack([blocks, blocks + np.array([0, 1])]), axis=0)
    along_v = np.unique(np.vstack([blocks, blocks + np.array([1, 0])]), axis=0)
    start = np.vstack([along_u, along_v]).astype(float) * PITCH
    step = np.repeat([[PITCH[0], 0.0], [0.0, PITCH[1]]], [len(along_u), len(along_v)], axis=0)
    line = np.concatenate([along_u[:, 1], along_v[:, 0]])
    kind = np.repeat(["街", "路"], [len(along_u), len(along_v)])
    return Streets(start, start + step, line_width(line), street_name(line, kind))


def street_name(line: Wholes, kind: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Return the names of the streets on grid lines, e.g. 临江一路."""
    ordinal = np.array(list("一二三四五六七八九十"))[(line // len(_NAMES)) % 10]
    return np.char.add(np.char.add(_NAMES[line % len(_NAMES)], ordinal), kind)


def _built(lots: Reals, block: Wholes, terrain: Terrain, rng: np.random.Generator) -> Buildings:
    count = len(lots)
    outline, tower = footprints(lots, rng)
    middle = lots[:, :2] + lots[:, 2:] / 2
    near = np.exp(-np.hypot(*middle.T) / 900.0)
    use = rng.choice(5, count, p=[0.52, 0.16, 0.16, 0.11, 0.05])
    use[tower] = rng.choice([0, 2], int(tower.sum()))
    low = np.array([3, 2, 4, 2, 1])[use]
    high = np.array([11, 5, 10, 5, 2])[use] + (near * np.array([7, 2, 8, 1, 0])[use]).astype(int)
    floors = rng.integers(low, high + 1)
    floors = np.where(tower, rng.integers(14, 27, count), floors)
    storey = np.array([3.0, 4.2, 3.6, 3.9, 5.4])[use]
    corners, owner = shapely.get_coordinates(outline, return_index=True)
    base = np.full(count, np.inf)
    np.minimum.at(base, owner, terrain.height(corners))
    street = street_name(block[:, 1], np.full(count, "街"))
    number = np.char.mod("%d号", np.arange(1, count + 1))
    name = np.char.add(np.char.add(street, number), _USE_NAMES[use])
    built = rng.integers(1985, 2026, count)
    centre = shapely.get_coordinates(shapely.centroid(outline))
    return Buildings(
        outline,
        np.array(_USES)[use],
        name,
        floors,
        np.round(floors * storey, 2),
        np.round(base, 2),
        built,
        is_west(centre),
    )
