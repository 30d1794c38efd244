"""No cloud and no elevation model is off another one by the geoid, or in another unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks._findings import conclude
from cimkit.checks._height_offsets import OFFSET_WORDS, offset
from cimkit.checks._meetings import boxes_of, neighbours
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import scope
from cimkit.checks._terrain import ground

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "ask", "inspect", "run"]

SPEC = CheckSpec(
    name="displaced_surfaces",
    title="No cloud or elevation model off by the geoid or in another unit",
    counts="sources",
    kinds=("pointcloud", "raster"),
    words=OFFSET_WORDS,
)

Reals = npt.NDArray[np.float64]

_PLACES = 300  # held against each other, of two sources
_RIVALS = 3  # sources held against one
_FEWEST = 30
_SHARE = 3  # a third of the places show one ground; on others stand crowns and roofs
_CELL_M = 2.0  # in which the lowest point of a cloud is its ground
_M = 111_195.0  # in one degree


def ask(context: CheckContext, rule: Rule) -> Mapping[str, pa.Table]:
    """Ask two surfaces for their heights at places that both cover, if one is silent on them."""
    items = _surfaces(context, rule)
    asked: dict[str, list[pa.Table]] = {}
    boxes = boxes_of(items)
    for pair, (one, other) in enumerate(_pairs(items)):
        low = np.maximum(boxes[one, :2], boxes[other, :2])
        high = np.minimum(boxes[one, 2:], boxes[other, 2:])
        xy = np.random.default_rng(7).uniform(low, high, (_PLACES, 2))
        places = pa.table(
            {
                "key": pa.array(np.full(_PLACES, pair), pa.uint64()),
                "n": pa.array(np.arange(_PLACES), pa.int32()),
                "x": xy[:, 0],
                "y": xy[:, 1],
            }
        )
        for side in (one, other):
            asked.setdefault(items["item_id"][side].as_py(), []).append(places)
    return {item: pa.concat_tables(tables) for item, tables in asked.items()}


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Look heights up: in a raster between its pixels, in a cloud the lowest of each cell."""
    asked = parameters["asked"]
    found = ground(source, item, asked) if item["kind"] == "raster" else _low(source, item, asked)
    # Of the places only those that were met are known by their number.
    xy = asked.select(["key", "n", "x", "y"])
    return found.join(xy, ["key", "n"], join_type="inner")


def _low(source: Source, item: Mapping[str, Any], asked: pa.Table) -> pa.Table:
    from cimkit.geometry.crs import from_crs84, is_geographic, metres_per_unit, parse_crs
    from cimkit.loaders.pointcloud import stream

    crs = parse_crs(item["crs"])
    lonlat = np.column_stack([asked["x"].to_numpy(), asked["y"].to_numpy()])
    step = _CELL_M / (_M if is_geographic(crs) else metres_per_unit(crs))
    cells = _cells(from_crs84(lonlat, crs), step)
    order = np.argsort(cells)
    wanted = cells[order]
    low = np.full(len(wanted), np.inf)
    for chunk in stream(source, fields=frozenset()):
        mine = _cells(chunk.xyz[:, :2], step)
        first = np.searchsorted(wanted, mine)
        met = first < len(wanted)
        met[met] = wanted[first[met]] == mine[met]
        np.minimum.at(low, first[met], chunk.xyz[met, 2])
    low = low[np.searchsorted(wanted, wanted)]  # places of one cell share its lowest point
    unit = float(json.loads(item["properties"] or "{}").get("z_unit_m") or 1.0)
    heights = np.empty(len(low))
    heights[order] = low * unit
    table = pa.table([asked["key"], asked["n"], pa.array(heights)], names=["key", "n", "ground"])
    return table.filter(pa.array(np.isfinite(heights)))


def _cells(xy: Reals, step: float) -> npt.NDArray[np.int64]:
    i, j = np.floor(xy / step).astype(np.int64).T
    cells: npt.NDArray[np.int64] = i * 1_000_000_000 + j
    return cells


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds and elevation models whose heights differ from another's by the geoid or a unit.

    Held against each other are two that overlap, where not both say what their heights are measured
    from. Of a cloud the lowest point of a cell counts, and of the differences the third that agree
    best: roofs and crowns of a surface model do not count. The rule's tolerance is in metres, about
    the geoid (default 1.0).
    """
    near = 1.0 if rule.tolerance is None else float(rule.tolerance)
    found = context.inspected(rule)
    items = _surfaces(context, rule)
    rows = found.rows
    bad: dict[int, dict[str, Any]] = {}
    for pair, ends in enumerate(_pairs(items)):
        if not rows.num_rows or bad.keys() & set(ends):
            continue
        here = rows.filter(pc.equal(rows["key"], pair))
        sides = [here.filter(pc.equal(here["path"], items["path"][n])) for n in ends]
        both = sides[0].join(
            sides[1].select(["n", "ground"]), "n", join_type="inner", right_suffix="_there"
        )
        names = ("x", "y", "ground", "ground_there")
        places = np.column_stack([both[name].to_numpy() for name in names])
        if len(places) < _FEWEST:
            continue
        for (mine, rival), held in zip(
            (ends, ends[::-1]), (places, places[:, [0, 1, 3, 2]]), strict=True
        ):
            told = offset(_alike(held), items["crs"][mine].as_py(), near)
            if told is not None:
                spot = dict(zip("xyz", np.median(held[:, :3], axis=0).tolist(), strict=True))
                path, other = (items["path"][n].as_py() for n in (mine, rival))
                bad[mine] = {"path": path, "other": other, **spot, **told}
                break
    told_of = pa.Table.from_pylist([bad[n] for n in sorted(bad)])
    return conclude(context, rule, told_of, items.num_rows, unchecked=found.unchecked)


def _surfaces(context: CheckContext, rule: Rule) -> pa.Table:
    here = scope(rule, SPEC, context.standard, items=True)
    return context.table(
        f"""SELECT item_id, path, kind, crs, vertical_datum AS datum,
            bbox.xmin AS xmin, bbox.ymin AS ymin, bbox.xmax AS xmax, bbox.ymax AS ymax
        FROM items WHERE status = 'ok' AND bbox IS NOT NULL AND crs IS NOT NULL AND ({here})
            AND (kind = 'pointcloud' OR json_extract_string(properties, '$.class') = 'dem'
                 AND json_extract(properties, '$.transform[5]') IS NOT NULL) ORDER BY path"""
    )


def _pairs(items: pa.Table) -> list[tuple[int, int]]:
    """Return two that overlap, one silent on its heights: the silent one first."""
    if items.num_rows < 2:
        return []
    silent = items["datum"].is_null().to_numpy()
    count = np.zeros(items.num_rows, int)
    pairs = []
    boxes = boxes_of(items)
    for one, other in neighbours(boxes, boxes).tolist():
        later = silent[other] and one > other  # of two silent ones the pair is one
        if one != other and silent[one] and not later and count[one] < _RIVALS:
            count[one] += 1
            pairs.append((one, other))
    return sorted(pairs)


def _alike(places: Reals) -> Reals:
    """Return the third of the places whose differences agree best."""
    apart = places[:, 2] - places[:, 3]
    order = np.argsort(apart)
    width = len(order) // _SHARE
    spread = apart[order][width:] - apart[order][: len(order) - width]
    first = int(spread.argmin())
    return places[order[first : first + width]]
