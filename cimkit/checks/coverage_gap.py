"""Areas that should tile leave nothing open between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._planes import Plane, located, planes, unplaced
from cimkit.checks._space_words import UNPLACED, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="coverage_gap",
    title="Areas that tile leave no gaps",
    kinds=("gis",),
    parameters={"widest": 1.0, "area": 0.05},
    words={
        **UNPLACED,
        "gap": phrase(
            "a gap beside this area that nothing covers",
            "与相邻面之间存在未覆盖的缝隙",
            "隣の面との間に覆われていない隙間があります",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find narrow openings between polygons of one layer: parcels, land use, districts.

    Each gap is one finding, at one of the areas beside it, with the gap as geometry. The rule says
    by ``applies_to`` which layers should tile: that cannot be seen of the data.

    Parameters of the rule: ``widest`` (metres: wider openings are meant) and ``area`` (m²: smaller
    ones do not count).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    found: list[pa.Table] = []
    count = 0
    for plane in planes(context, here, 2, more=("source_layer", "item_id")):
        if plane.seam:
            continue
        count += len(plane.rows)
        found.extend(_of(plane, said))
    rows = located(context, pa.concat_tables(found)) if found else pa.table({})
    return conclude(context, rule, rows, count, unchecked=unplaced(context, here, 2))


def _of(plane: Plane, said: dict[str, Any]) -> Iterator[pa.Table]:
    import shapely

    from cimkit.geometry.coverage import gaps, sound
    from cimkit.geometry.vector import write_wkb

    ids = plane.column("object_id")
    for group in plane.groups():
        shapes = sound(plane.shapes[group])
        left, beside = gaps(shapes, widest=float(said["widest"]), area=float(said["area"]))
        if not len(left):
            continue
        size = shapely.area(left)
        placed = plane.to_crs84(left)
        spot = shapely.get_coordinates(shapely.point_on_surface(placed))
        _, at, again = np.unique(beside, return_index=True, return_inverse=True)
        yield pa.table(
            {
                "object_id": pa.array(ids[group][beside], pa.string()),
                "reason": ["gap"] * len(left),
                "x": spot[:, 0],
                "y": spot[:, 1],
                "geometry": write_wkb(placed),
                "measured": [f"{a:.2f} m²" for a in size],
                "things": (at[again] == np.arange(len(left))).astype(int),
            }
        )
