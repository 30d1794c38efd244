"""The layers of the district as columns: what the bureaus' GIS tables hold, not yet written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.demo.frame import Reals, Terrain, is_west
from cimkit.demo.plan import Plan, Streets, block_interior

__all__ = ["DIVISION", "KINDS", "Table", "buildings", "furniture", "pipes", "roads", "trees"]

DIVISION = "509912"
"""The fictional city's division code."""


@dataclass(frozen=True, slots=True)
class Table:
    """A layer: columns and a geometry each row, in the street frame."""

    fields: dict[str, npt.NDArray[Any]]
    """Columns by name, all of one length; None for a missing text."""
    geometry: npt.NDArray[np.object_]
    """shapely geometries, metres in the street frame; Z is height above the datum."""

    def __len__(self) -> int:
        return len(self.geometry)

    def rows(self, chosen: npt.NDArray[Any]) -> Table:
        """Return the rows that a mask or an index array chooses."""
        return Table({k: v[chosen] for k, v in self.fields.items()}, self.geometry[chosen])

    def put(self, row: int, **values: object) -> Table:
        """Return the table with other values in one row; ``geometry`` is one of them."""
        fields = {k: v.astype(object) if k in values else v for k, v in self.fields.items()}
        geometry = self.geometry.copy()
        for name, value in values.items():
            (geometry if name == "geometry" else fields[name])[row] = value
        return Table(fields, geometry)

    def with_rows(self, other: Table) -> Table:
        """Return the table with the rows of another one behind its own."""
        fields = {k: np.concatenate([v, other.fields[k]]) for k, v in self.fields.items()}
        return Table(fields, np.concatenate([self.geometry, other.geometry]))

    def west(self) -> npt.NDArray[np.bool_]:
        """Tell which rows lie west of the meridian where the zones meet."""
        return is_west(shapely.get_coordinates(shapely.centroid(self.geometry)))


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of street furniture stands along a street."""

    layer: str
    """Name of its layer and of its product in file names."""
    code: str
    """Class in the standard."""
    name: str
    """What people call it."""
    bureau: str
    """Who looks after it."""
    every: float
    """Metres from one to the next; 0: one a street."""
    first: float
    """Metres from the crossing to the first."""
    behind: float
    """Metres behind the kerb; negative: on the roadway."""
    sides: int = 1
    """1: one side, 2: both, 0: in turns."""
    of: int = 1
    """On every how manieth street."""


KINDS = (
    Kind("manhole_water", "0101", "给水井盖", "自来水公司", 42.0, 20.0, -2.6),
    Kind("storm_grating", "0104", "雨水箅子", "排水管理处", 36.0, 16.0, -0.3, 2),
    Kind("hydrant", "0113", "消火栓", "消防救援支队", 0.0, 21.5, 0.6),
    Kind("pole", "0117", "综合杆", "城市照明管理处", 0.0, 12.5, 0.7, -1),
    Kind("street_lamp", "0118", "路灯", "城市照明管理处", 24.0, 13.5, 0.6, 0),
    Kind("camera", "0136", "监控摄像头", "公安局", 0.0, 13.1, 0.7, -1, 2),
    Kind("bus_stop", "0203", "公交站亭", "公共交通集团", 0.0, 45.5, 1.2, -1, 5),
    Kind("traffic_sign", "0209", "交通标志牌", "交通管理局", 0.0, 15.5, 0.5),
    Kind("litter_bin", "0305", "垃圾箱", "环境卫生管理处", 0.0, 29.5, 0.8),
    Kind("seat", "0407", "座椅", "园林管理处", 0.0, 53.5, 2.3, -1, 2),
)
"""The ten kinds of street furniture; they stand between the trees (17.5 m, then every 8 m)."""

_SPECIES = np.array(["黄葛树", "小叶榕", "香樟", "银杏", "桂花", "天竺桂"])
_CROSSING = 12.0  # metres that stay free before the crossing


def buildings(plan: Plan) -> Table:
    """Return the layer ``building``."""
    b = plan.buildings
    return Table(
        {
            "bldg_id": _numbered("LJB", len(b)),
            "class": np.full(len(b), "5001"),
            "name": b.name,
            "usage": b.use,
            "floors": b.floors.astype(np.int32),
            "height": b.height,
            "base_z": b.base_z,
            "built": b.built.astype(np.int32),
        },
        b.outline,
    )


def furniture(plan: Plan, kind: Kind) -> Table:
    """Return the layer of one kind of street furniture."""
    at, street = _along(plan.streets, kind)
    rng = np.random.default_rng([plan.seed, 3, int(kind.code)])
    count = len(at)
    label = np.char.add(plan.streets.name[street], kind.name)
    return Table(
        {
            "ObjID": asset_codes(kind.code, count),
            "ObjName": np.char.add(label, np.char.mod("%03d", np.arange(1, count + 1))),
            "DeptName1": np.full(count, kind.bureau),
            "ObjState": rng.choice(["01", "02", "04"], count, p=[0.93, 0.05, 0.02]),
            "ORDate": np.datetime64("2016-01-01") + rng.integers(0, 3600, count),
            "class": np.full(count, kind.code),
        },
        _on_ground(at, plan.terrain),
    )


def trees(plan: Plan) -> Table:
    """Return the layer ``tree``: rows along the kerbs and groups in the parks."""
    row = Kind("tree", "0402", "行道树", "园林管理处", 8.0, 17.5, 1.4, 2)
    at, street = _along(plan.streets, row)
    rng = np.random.default_rng([plan.seed, 4])
    parks = _park_trees(plan, rng)
    at = np.vstack([at, parks])
    # One species a street, as cities plant them; parks are mixed.
    planted = np.unique(plan.streets.name, return_inverse=True)[1][street] % len(_SPECIES)
    species = np.concatenate([planted, rng.integers(0, len(_SPECIES), len(parks))])
    count = len(at)
    return Table(
        {
            "ObjID": asset_codes("0402", count),
            "ObjName": np.char.mod("行道树%06d", np.arange(1, count + 1)),
            "species": _SPECIES[species],
            "dbh_cm": np.round(rng.uniform(12, 48, count), 1),
            "ObjState": rng.choice(["01", "02"], count, p=[0.97, 0.03]),
            "class": np.full(count, "0402"),
        },
        _on_ground(at, plan.terrain),
    )


def roads(plan: Plan) -> Table:
    """Return the layer ``road``: centre lines from crossing to crossing."""
    s = plan.streets
    return Table(
        {
            "road_id": _numbered("LJR", len(s)),
            "name": s.name,
            "class": np.full(len(s), "5021"),
            "lanes": np.where(s.width > 20, 4, 2).astype(np.int32),
            "width": s.width - 6.0,
        },
        _lines(s, plan.terrain, 0.0, 0.0),
    )


def pipes(plan: Plan) -> Table:
    """Return the layer ``pipe``: water, sewage and gas under each street, with depth."""
    rng = np.random.default_rng([plan.seed, 5])
    parts = []
    for code, prefix, sizes, material, depth, aside in (
        ("5022", "JS", (100, 200, 300), "球墨铸铁", 1.2, -2.6),
        ("5023", "WS", (300, 400, 600), "钢筋混凝土", 3.1, 0.4),
        ("5024", "RQ", (90, 110, 160), "聚乙烯", 0.9, 2.4),
    ):
        count = len(plan.streets)
        fields: dict[str, npt.NDArray[Any]] = {
            "pipe_id": _numbered(prefix, count),
            "class": np.full(count, code),
            "diameter": rng.choice(sizes, count).astype(np.int32),
            "material": np.full(count, material),
            "depth": np.full(count, depth),
        }
        parts.append(Table(fields, _lines(plan.streets, plan.terrain, aside, depth)))
    return parts[0].with_rows(parts[1]).with_rows(parts[2])


def asset_codes(code: str, count: int, first: int = 1) -> npt.NDArray[np.str_]:
    """Return identifiers of 16 digits: division, class, sequence."""
    return np.char.add(DIVISION + code, np.char.mod("%06d", np.arange(first, first + count)))


def _numbered(prefix: str, count: int) -> npt.NDArray[np.str_]:
    return np.char.add(prefix + "-", np.char.mod("%06d", np.arange(1, count + 1)))


def _along(streets: Streets, kind: Kind) -> tuple[Reals, npt.NDArray[np.int64]]:
    """Return positions (n, 2) along the kerbs, and the street of each."""
    chosen = np.arange(len(streets))[:: kind.of]
    step = streets.end - streets.start
    length = np.hypot(*step.T)
    number = np.ones(len(chosen), int)
    if kind.every:
        room = length[chosen] - kind.first - _CROSSING
        number = np.maximum(0, room // kind.every + 1).astype(int)
    both = 2 if kind.sides == 2 else 1
    street = np.repeat(chosen, number * both)
    within = np.arange(len(street)) - np.repeat(np.cumsum(number) - number, number * both) * both
    station = kind.first + within // both * kind.every
    side = {2: 1 - within % 2 * 2, 0: 1 - within % 2 * 2, 1: 1 + 0 * within, -1: -1 + 0 * within}
    along = step / length[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    kerb = streets.width / 2 - 3.0 + kind.behind
    # On the roadway, what is named by its distance from the kerb must stay on it.
    offset = (kerb[street] * side[kind.sides])[:, None] * across[street]
    return streets.start[street] + station[:, None] * along[street] + offset, street


def _park_trees(plan: Plan, rng: np.random.Generator) -> Reals:
    """Return jittered rows of trees (n, 2) on the blocks that hold no building."""
    built = np.floor(
        shapely.get_coordinates(shapely.centroid(plan.buildings.outline)) / [96.0, 72.0]
    )
    taken = set(map(tuple, built.astype(int).tolist()))
    empty = np.array([b for b in plan.blocks.tolist() if tuple(b) not in taken], int).reshape(-1, 2)
    lower, size = block_interior(empty)
    grid = np.stack(np.meshgrid(np.arange(7), np.arange(5)), axis=-1).reshape(-1, 2) + 0.5
    at = lower[:, None, :] + grid * (size[:, None, :] / [7.0, 5.0])
    jittered: Reals = at.reshape(-1, 2) + rng.uniform(-2.5, 2.5, (len(empty) * len(grid), 2))
    return jittered


def _on_ground(at: Reals, terrain: Terrain) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.points(np.column_stack([at, terrain.height(at).round(3)])))


def _lines(
    streets: Streets, terrain: Terrain, aside: float, depth: float
) -> npt.NDArray[np.object_]:
    """Return lines of five vertices, metres left of the centre line and below ground."""
    step = streets.end - streets.start
    left = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(*step.T)[:, None]
    part = np.linspace(0, 1, 5)[None, :, None]
    at = (streets.start + aside * left)[:, None, :] + part * step[:, None, :]
    height = terrain.height(at.reshape(-1, 2)).reshape(-1, 5, 1) - depth
    return np.asarray(shapely.linestrings(np.concatenate([at, height.round(3)], axis=2)))
