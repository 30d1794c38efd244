"""No object is delivered twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="duplicate_object",
    title="No object twice",
    kinds=("gis",),
    problems=("key-*",),
)

_DEGREE = 111_320.0  # metres a degree of latitude; only differences of a tolerance's size matter


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects of one class whose geometries are the same within the rule's tolerance.

    Each after the first is one finding that names the first. Tolerance in metres (default 1 mm),
    in plan and, where both have one, in height. Keys that the loader found twice are reported, too.
    """
    parameters(SPEC, rule)
    tolerance = max(rule.tolerance or 0.001, 1e-6)
    cell = max(4 * tolerance, 1.0)
    here = scope(rule, SPEC, context.standard)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE spots AS
        SELECT object_id, rank, path, spot, coalesce(class_code, source_layer, '') AS sort, z,
               x * {_DEGREE} * cos(radians(y)) AS mx, y * {_DEGREE} AS my,
               (bbox.xmax - bbox.xmin) * {_DEGREE} * cos(radians(y)) AS w,
               (bbox.ymax - bbox.ymin) * {_DEGREE} AS h
        FROM things WHERE bbox IS NOT NULL AND {here}"""
    )
    # Boxes that agree: each object looks into its own cell and those its tolerance reaches into.
    pairs = context.table(
        f"""
        WITH own AS (SELECT *, floor(mx / {cell})::BIGINT AS i, floor(my / {cell})::BIGINT AS j
                     FROM spots),
        reach AS (SELECT *, unnest(generate_series(floor((my - {tolerance}) / {cell})::BIGINT,
                                                   floor((my + {tolerance}) / {cell})::BIGINT)) AS j
                  FROM (SELECT *, unnest(generate_series(
                            floor((mx - {tolerance}) / {cell})::BIGINT,
                            floor((mx + {tolerance}) / {cell})::BIGINT)) AS i FROM spots))
        SELECT b.object_id, a.object_id AS first_id, a.path || ' ' || a.spot AS first, b.rank,
               ST_AsWKB(p.geometry) AS one, ST_AsWKB(q.geometry) AS other
        FROM own a JOIN reach b ON a.sort = b.sort AND a.i = b.i AND a.j = b.j
             AND a.rank < b.rank AND abs(a.mx - b.mx) <= {tolerance}
             AND abs(a.my - b.my) <= {tolerance} AND abs(a.w - b.w) <= {2 * tolerance}
             AND abs(a.h - b.h) <= {2 * tolerance}
             AND coalesce(abs(a.z - b.z) <= {tolerance}, TRUE)
        JOIN objects p ON p.object_id = a.object_id JOIN objects q ON q.object_id = b.object_id
        ORDER BY b.rank, a.rank"""
    )
    same = _same(pairs["one"].to_pylist(), pairs["other"].to_pylist(), tolerance)
    context.con.register(
        "pairs", pairs.select(["object_id", "first", "rank"]).filter(pa.array(same, pa.bool_()))
    )
    bad = context.table(
        """SELECT path, source_layer AS layer, spot AS place, t.object_id, x, y, z,
                  coalesce(class_code, '') AS measured, p.first, 'double-object' AS reason
           FROM (SELECT object_id, first(first ORDER BY rank) AS first FROM pairs GROUP BY ALL) p
           JOIN things t USING (object_id) ORDER BY t.rank"""
    )
    context.con.unregister("pairs")
    applicable = context.count("SELECT count(*) FROM spots")
    keys = claimed(context, SPEC, rule)
    # A key found twice says nothing about how many objects of the source passed.
    keys = keys.set_column(
        keys.column_names.index("things"), "things", pa.array([0] * len(keys), pa.int32())
    )
    both = pa.concat_tables([bad, keys], promote_options="permissive")
    return conclude(context, rule, both, applicable)


def _same(one: list[bytes | None], other: list[bytes | None], tolerance: float) -> list[bool]:
    import shapely

    first, second = shapely.from_wkb(one), shapely.from_wkb(other)
    if not len(first):
        return []

    def metres(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        scale = np.full(points.shape, _DEGREE)
        scale[:, 0] *= np.cos(np.radians(points[:, 1]))
        scaled: npt.NDArray[np.float64] = points * scale
        return scaled

    apart = shapely.hausdorff_distance(
        shapely.transform(first, metres), shapely.transform(second, metres)
    )
    # Without a geometry the box is all there is; the Hausdorff distance is then not a number.
    return [bool(not d > 2 * tolerance) for d in apart]
