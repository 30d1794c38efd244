"""The same building in two sources: known by its code, or by where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._sql import any_of, field_text, fits_glob

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.geometry.local_plane import LocalPlane

__all__ = ["BUILDING_LAYERS", "CODE_FIELDS", "Twins", "direction", "twins"]

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.intp]

BUILDING_LAYERS = [
    *("*build*", "*Build*", "*BUILD*", "*bldg*", "*Bldg*", "*_bld*", "bld*", "*footprint*"),
    *("*house*", "*建筑*", "*房屋*", "*楼栋*", "*建物*", "*BldA*", "*gebaeude*", "*Gebaeude*"),
]
CODE_FIELDS = ["bldg_id", "building_id", "BuildingID", "Reference", "楼栋编号", "建物ID", "gml_id"]

_BODIES = (
    *("IfcSlab", "IfcSlabStandardCase", "IfcSlabElementedCase", "IfcWall", "IfcWallStandardCase"),
    *("IfcWallElementedCase", "IfcCurtainWall", "IfcColumn", "IfcPlate"),
)
_STRONG = 0.5
"""Of the smaller outline, that two share if they are one building."""


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

    from cimkit.geometry.coverage import sound
    from cimkit.geometry.local_plane import LocalPlane

    named = " OR ".join(fits_glob("source_layer", g) for g in layers) or "FALSE"
    reference = "json_extract_string(properties, '$.pset.Pset_BuildingCommon.Reference')"
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE models AS
        SELECT * FROM things WHERE bbox IS NOT NULL AND ST_Dimension(geometry) = 2 AND ({where})
          AND (kind = 'bim' AND source_class = 'IfcBuilding'
               OR kind = 'citymodel' AND parent_id IS NULL AND source_class LIKE '%Building')"""
    )
    rows = context.table(
        f"""SELECT t.object_id, t.item_id, t.kind, t.z, t.z_max, t.height, t.asset_code,
                   t.source_key, i.vertical_datum AS datum, {field_text(*codes)} AS own,
                   {reference} AS reference, ST_AsWKB(t.geometry) AS shape
            FROM (FROM models UNION ALL
                  SELECT * FROM things WHERE kind = 'gis' AND bbox IS NOT NULL AND ({where})
                    AND ST_Dimension(geometry) = 2 AND EXISTS (FROM models)
                    AND (class_code IN (SELECT class_code FROM models WHERE class_code IS NOT NULL)
                         OR {named})) t
            JOIN (SELECT item_id, vertical_datum FROM items) i USING (item_id)
            ORDER BY object_id"""
    )
    shapes = shapely.from_wkb(rows["shape"].to_numpy(zero_copy_only=False))
    box = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    local = LocalPlane(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    shapes = local.shapes_to_plane(shapes)
    rough = _built(context, rows, shapes, local)
    shapes = sound(shapes)
    one, two = _coded(context, rows)
    coded = np.zeros(len(rows), dtype=bool)
    coded[one] = coded[two] = True
    a, b = _standing(rows, shapes, coded)
    group = _joined(len(rows), np.concatenate([one, a]), np.concatenate([two, b]))
    return Twins(rows, shapes, local, group, rough)


def _built(
    context: CheckContext, rows: pa.Table, shapes: Shapes, local: LocalPlane
) -> npt.NDArray[np.bool_]:
    """Draw the buildings of BIM by their slabs and walls; return those that have none.

    What stands for a building without a body of its own is the hull of its parts.
    """
    import shapely

    rough = np.asarray(rows["kind"].to_numpy(zero_copy_only=False) == "bim", dtype=bool)
    parts = context.table(
        f"""WITH RECURSIVE inside AS (
                SELECT object_id AS building, object_id FROM models WHERE kind = 'bim'
                UNION SELECT i.building, o.object_id
                FROM inside i JOIN (SELECT object_id, parent_id FROM objects WHERE kind = 'bim') o
                     ON o.parent_id = i.object_id)
            SELECT i.building, starts_with(o.source_class, 'IfcSlab') AS slab,
                   ST_AsWKB(o.geometry) AS shape
            FROM inside i JOIN objects o USING (object_id)
            WHERE o.geometry IS NOT NULL AND ST_Dimension(o.geometry) = 2
              AND {any_of("o.source_class", _BODIES)}"""
    )
    outlines = shapely.force_2d(shapely.from_wkb(parts["shape"].to_numpy(zero_copy_only=False)))
    outlines = local.shapes_to_plane(outlines)
    owner = parts["building"].to_numpy(zero_copy_only=False)
    slab = parts["slab"].to_numpy(zero_copy_only=False)
    ids = rows["object_id"].to_numpy(zero_copy_only=False)
    for n in np.flatnonzero(rough):
        mine = owner == ids[n]
        if not mine.any():
            continue
        shape = shapely.union_all(shapely.make_valid(outlines[mine]))
        if not slab[mine].any():  # walls alone go around what they enclose
            rings = shapely.get_exterior_ring(shapely.get_parts(shape))
            shape = shapely.union_all(shapely.polygons(rings[~shapely.is_missing(rings)]))
        shapes[n], rough[n] = shape, False
    return rough


def _coded(context: CheckContext, rows: pa.Table) -> tuple[Whole, Whole]:
    """Return pairs of two kinds that share a code which no other of their kinds has."""
    numbered = rows.select(["kind", "asset_code", "source_key", "own", "reference"])
    context.con.register(
        "coded_rows", numbered.append_column("n", pa.array(np.arange(len(rows)), pa.int64()))
    )
    try:
        found = context.table(
            """WITH held AS (
                   SELECT code, kind, min(n) AS n
                   FROM (SELECT n, kind, unnest([asset_code, source_key, own, reference]) AS code
                         FROM coded_rows)
                   WHERE length(code) > 2 GROUP BY ALL HAVING count(DISTINCT n) = 1)
               SELECT DISTINCT a.n AS one, b.n AS two
               FROM held a JOIN held b ON a.code = b.code AND a.kind < b.kind ORDER BY one, two"""
        )
    finally:
        context.con.unregister("coded_rows")
    one, two = (np.asarray(found[name].to_numpy(), np.intp) for name in ("one", "two"))
    return one, two


def _standing(rows: pa.Table, shapes: Shapes, coded: npt.NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Return pairs of two kinds that stand on each other, where no code says otherwise."""
    import shapely

    kinds = np.unique(rows["kind"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    free = np.flatnonzero(~coded)
    one, two = shapely.STRtree(shapes[free]).query(shapes[free], predicate="intersects")
    one, two = free[one], free[two]
    differ = (one < two) & (kinds[1][one] != kinds[1][two])
    one, two = one[differ], two[differ]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[two]))
    least = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[two]))
    strong = shared > _STRONG * np.maximum(least, 1e-9)
    return one[strong], two[strong]


def _joined(count: int, one: Whole, two: Whole) -> Whole:
    label: Whole = np.arange(count)
    while True:
        least = np.minimum(label[one], label[two])
        before = label.copy()
        np.minimum.at(label, one, least)
        np.minimum.at(label, two, least)
        label = label[label]
        if (label == before).all():
            return label


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
