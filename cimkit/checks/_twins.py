"""The same building in two sources: known by its code, or by where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.catalog._outlines import outlines
from cimkit.catalog._representations import BUILDING_LAYERS, CODE_FIELDS, representations
from cimkit.catalog._same_as import code_pairs, grammar_of
from cimkit.geometry.same_things import same_things

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.geometry.local_plane import LocalPlane

__all__ = ["BUILDING_LAYERS", "CODE_FIELDS", "Twins", "direction", "twins"]

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Twins:
    """Buildings that two sources show, outlines in a plane of metres."""

    rows: pa.Table
    """``object_id``, ``item_id``, ``kind``, ``z``, ``z_max``, ``height``, ``datum`` of all."""
    shapes: Shapes
    """Their outlines."""
    local: LocalPlane
    """Of the outlines."""
    group: Whole
    """Of each building, the lowest index among those that are one with it."""
    rough: npt.NDArray[np.bool_]
    """Of each, whether its outline is a hull."""

    def pairs(self) -> list[tuple[Whole, Whole]]:
        """Return the buildings that two kinds of source show: indices in one, and in the other."""
        kinds = self.rows["kind"].to_numpy(zero_copy_only=False)
        order = np.argsort(self.group, kind="stable")
        found = []
        for part in np.split(order, np.flatnonzero(np.diff(self.group[order])) + 1):
            if len(part) < 2:
                continue
            sides = [part[kinds[part] == kind] for kind in ("gis", "citymodel", "bim")]
            there = [side for side in sides if len(side)]
            found += [(a, b) for n, a in enumerate(there) for b in there[n + 1 :]]
        return found


def twins(
    context: CheckContext, where: str, *, layers: Sequence[str], codes: Sequence[str]
) -> Twins:
    """Find the buildings of a scope that more than one kind of source shows.

    Parameters
    ----------
    where
        Predicate over ``things``.
    layers
        Globs over the GIS layers that hold buildings, beside those of the classes that the models'
        buildings have.
    codes
        Fields that hold a building's code; the key, the asset code and what a BIM says as
        ``Pset_BuildingCommon.Reference`` count, too.
    """
    import shapely

    from cimkit.geometry.local_plane import LocalPlane

    grammar = grammar_of(context.standard)
    representations(context.con, grammar=grammar, where=where, layers=layers, codes=codes)
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE built_ AS
        SELECT r.*, low AS z, high AS z_max FROM reps_ r JOIN objects o USING (object_id)
        WHERE family IS NOT NULL AND EXISTS (FROM reps_ WHERE rank > 0)
          AND (rank = 2 OR o.bbox IS NOT NULL AND ST_Dimension(o.geometry) = 2)"""
    )
    rows, drawn, rough = outlines(context.con, of="built_")
    found = same_things(drawn, code_pairs(context.con, rows["n"].to_numpy()))
    there = np.flatnonzero(~shapely.is_missing(drawn.shapes))
    # Numbers of those that have no outline are left out.
    number = np.searchsorted(there, np.arange(len(rows)))
    least = np.full(len(rows), len(rows))
    np.minimum.at(least, found.label[there], number[there])
    shapes = drawn.shapes[there]
    box = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    local = LocalPlane(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    return Twins(
        rows.take(pa.array(there)),
        local.shapes_to_plane(shapes),
        local,
        least[found.label[there]],
        rough[there],
    )


def direction(shape: Any) -> tuple[float, float]:
    """Return the direction of most of an outline's sides, degrees 0 to 90, and how many agree.

    Sides at right angles are of one direction; 0 agree in a circle, and all (1) in a box.
    """
    import shapely

    parts = shapely.get_parts(shapely.boundary(shape))
    ring, owner = shapely.get_coordinates(parts, return_index=True)
    sides = np.diff(ring, axis=0)[owner[1:] == owner[:-1]]
    east, north = sides[:, 0], sides[:, 1]
    length = np.hypot(east, north)
    turns = (length * np.exp(4j * np.arctan2(north, east))).sum()
    return float(np.degrees(np.angle(turns)) / 4 % 90), float(np.abs(turns) / length.sum())
