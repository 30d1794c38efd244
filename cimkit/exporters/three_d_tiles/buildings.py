"""The layer of buildings: blocks from afar, city models nearer, their elements up close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.bim import element_models, elements
from cimkit.exporters.three_d_tiles.citymodels import city_levels, city_objects
from cimkit.exporters.three_d_tiles.levels import tile_levels
from cimkit.exporters.three_d_tiles.nearness import Nearness
from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, corners, shapes_of
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Tile, extrude
from cimkit.tiles.rungs import Level

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]

Whole = npt.NDArray[np.int64]


def draw(making: Making) -> Drawn | None:
    """Footprints that have a height, buildings of city models, and the BIM joined to them."""
    things = making.joined()
    table = features(making.selection, "buildings", WKB)
    table = table.filter(pc.invert(_among(table, things.doubles)))
    names = pc.unique(
        pa.chunked_array(
            [c for t in (things.blocks, things.models, things.elements) for c in t["thing"].chunks],
            pa.string(),
        )
    ).sort()
    shared = _among(table, things.blocks)
    roots: list[Tile] = []
    count = 0
    alone = table.filter(pc.invert(shared))
    if alone.num_rows:
        done = making.tile("buildings", _blocks(making, alone, ""))
        roots += [] if done.root is None else [done.root]
        count += alone.num_rows - len(done.bare)
        making.report.leave("no surface to draw", len(done.bare))
    levels: list[Level] = []
    covered = np.zeros(len(names), bool)
    blocks = table.filter(shared)
    if blocks.num_rows:
        thing = _things(blocks, things.blocks, names)
        covered[thing] = True
        levels.append(Level("block", _blocks(making, blocks, ""), thing))
    levels += _models(making, names, covered)
    deepest, drawn = _deepest(making, names, levels)
    count += drawn
    trees, shown = tile_levels(making, "buildings", levels, deepest)
    count += len(shown)
    listed = {i for one in levels for i in one.layer.features["object_id"].to_pylist()}
    making.report.leave("no surface to draw", len(listed - shown))
    making.report.leave("shown as the same thing by another object", things.doubles.num_rows)
    return making.finish("buildings", count, [*roots, *trees])


def _blocks(making: Making, table: pa.Table, name: str) -> Layer:
    shapes, middle, span = shapes_of(table)
    base = making.heights.ellipsoidal(
        middle,
        making.heights.ground(middle, number(table, "z_min"), texts(table, "vertical_datum")),
        texts(table, "vertical_datum"),
    )
    height = number(table, "height")
    return Layer(
        table.drop_columns(["wkb"]),
        ecef(middle[:, 0], middle[:, 1], base + height / 2),
        np.hypot(span, height),
        corners(shapes) * 35.0 + TEXTS,
        lambda rows: extrude(shapes[rows], base[rows], height[rows]),
        color=(0.72, 0.68, 0.62, 1.0),
        inputs=pa.table({"shape": table["wkb"], "base": base, "height": height}),
        name=name,
    )


def _models(making: Making, names: pa.Array, covered: npt.NDArray[np.bool_]) -> list[Level]:
    """Levels of the buildings of city models."""
    things = making.joined()
    if not things.models.num_rows:
        return []
    found = city_objects(making, things.models["object_id"].combine_chunks())
    thing = _things(found.table, things.models, names)
    role = things.models["role"].to_numpy().astype(np.int8)[_rows(found.table, things.models)]
    levels = city_levels(found, making.heights, thing, role, covered)
    listed = {i for one in levels for i in one.layer.features["object_id"].to_pylist()}
    making.report.leave(
        "shown by what is finer of the same thing", found.table.num_rows - len(listed)
    )
    return levels


def _deepest(
    making: Making, names: pa.Array, levels: list[Level]
) -> tuple[dict[int, tuple[list[Tile], float]], int]:
    """Trees of the elements of each thing, and how many elements they hold."""
    things = making.joined()
    trees: dict[int, list[Tile]] = {}
    drawn = 0
    if not things.elements.num_rows:
        return {}, 0
    table = elements(making)
    table = table.filter(_among(table, things.elements))
    group = things.elements["thing"].take(_rows(table, things.elements))
    near = Nearness(making.store, levels)
    shown = {int(thing) for level in levels for thing in np.unique(level.thing)}
    for name, model in element_models(making, table.append_column("group", group)):
        thing = pc.index(names, name).as_py()
        done = model.tile(making, "buildings", far=thing not in shown)
        making.report.leave("no surface to draw", len(done.bare))
        drawn += len(model.mine) - len(done.bare)
        if done.root is not None:
            near.learn(thing, model.layer)
            trees.setdefault(thing, []).append(done.root)
    return {thing: (found, near.metres(thing)) for thing, found in trees.items()}, drawn


def _among(table: pa.Table, other: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(table["object_id"], value_set=other["object_id"].combine_chunks())


def _rows(table: pa.Table, other: pa.Table) -> pa.Array:
    """For each object its row in another table."""
    found = pc.index_in(table["object_id"], value_set=other["object_id"].combine_chunks())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _things(table: pa.Table, other: pa.Table, names: pa.Array) -> Whole:
    thing = other["thing"].combine_chunks().take(_rows(table, other))
    return np.asarray(pc.index_in(thing, value_set=names).to_numpy(), np.int64)
