"""No object is delivered twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="duplicate_object",
    title="No object twice",
    kinds=("gis",),
)

_DEGREE = 111_320.0  # metres a degree of latitude; only differences of a tolerance's size matter


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects of one class whose geometries are the same within the rule's tolerance.

    Each after the first is one finding that names the first. Tolerance in metres (default 1 mm),
    in plan and, where both have one, in height. A key that two rows of a layer share is reported,
    too, unless it is an identifier code: that is for ``code_unique`` to say.
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
    keys = context.table(_twins(context, here))
    context.con.unregister("pairs")
    applicable = context.count("SELECT count(*) FROM spots")
    both = pa.concat_tables([bad, keys], promote_options="permissive")
    return conclude(context, rule, both, applicable)


def _twins(context: CheckContext, here: str) -> str:
    """Return SQL for the rows whose key another row of their layer has.

    The loader made the key unique by a suffix (``#2``). Keys that are hashes are left out: rows
    with the same hash lie in the same place and are found there.
    """
    grammar = context.standard.grammar
    code = field_text(*(grammar.field_names if grammar else ()))
    return f"""
        SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
               t.key AS measured, 'double-key' AS reason, o.path || ' ' || o.spot AS first,
               0 AS things
        FROM (SELECT *, regexp_extract(source_key, '^(.+)#[0-9]+$', 1) AS key, {code} AS code
              FROM things WHERE {here} AND source_key LIKE '%#%') t
        JOIN things o ON o.item_id = t.item_id AND o.source_key = t.key
             AND o.source_layer IS NOT DISTINCT FROM t.source_layer
        WHERE NOT regexp_full_match(t.key, '[0-9a-f]{{32,64}}')
          AND t.key IS DISTINCT FROM t.code
          AND t.object_id NOT IN (SELECT object_id FROM pairs)
        ORDER BY t.rank"""


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
