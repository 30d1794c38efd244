"""The layers of models: BIM that is joined to nothing, and city objects that are no buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.bim import element_models, elements
from cimkit.exporters.three_d_tiles.citymodels import WHOLE, city_levels, city_objects
from cimkit.exporters.three_d_tiles.levels import tile_levels
from cimkit.tiles import Tile

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw_bim", "draw_citymodel"]


def draw_bim(making: Making) -> Drawn | None:
    """Draw every placed model that is joined to no other thing, or the one asked for."""
    table, local = elements(making), making.options.local
    if local is not None:
        table = table.filter(
            pc.or_(pc.equal(table["item_id"], local), pc.equal(table["source"], local))
        )
    else:
        joined = making.joined().elements["object_id"].combine_chunks()
        table = table.filter(pc.invert(pc.is_in(table["object_id"], value_set=joined)))
    table = table.append_column("group", pa.array([""] * table.num_rows, pa.string()))
    roots: list[Tile] = []
    count = 0
    for _, model in element_models(making, table, local=local is not None):
        done = model.tile(making, "bim", far=True)
        making.report.leave("no surface to draw", len(done.bare))
        count += len(model.mine) - len(done.bare)
        roots += [] if done.root is None else [done.root]
    return making.finish("bim", count, roots)


def draw_citymodel(making: Making) -> Drawn | None:
    """Draw the city objects that are no buildings, each with all its levels."""
    things = making.joined()
    every = making.selection.fetch(
        "SELECT object_id FROM selected WHERE kind = 'citymodel' ORDER BY object_id"
    )["object_id"].combine_chunks()
    elsewhere = pa.concat_arrays(
        [t["object_id"].combine_chunks() for t in (things.models, things.doubles)]
    )
    found = city_objects(making, every.filter(pc.invert(pc.is_in(every, value_set=elsewhere))))
    count = found.table.num_rows
    role, covered = np.full(count, WHOLE, np.int8), np.zeros(count, bool)
    levels = city_levels(found, making.heights, np.arange(count), role, covered)
    none: dict[int, tuple[list[Tile], float]] = {}
    roots, drawn = tile_levels(making, "citymodel", levels, none)
    making.report.leave("no surface to draw", count - len(drawn))
    return making.finish("citymodel", len(drawn), roots)
