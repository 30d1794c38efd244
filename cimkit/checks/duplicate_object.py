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

_PAIRS = 50_000  # geometries compared at a time
_DEGREE = 111_320.0  # metres a degree of latitude; only differences of a tolerance's size matter


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects of one class whose geometries are the same within the rule's tolerance.

    Each after the first is one finding that names the first. Tolerance in metres (default 1 mm),
    in plan and, where both have one, in height. A key that two rows of a layer share is reported,
    too, unless it is an identifier code: that is for ``code_unique`` to say.
    """
    parameters(SPEC, rule)
    tolerance = max(rule.tolerance or 0.001, 1e-6)
    here = scope(rule, SPEC, context.standard)
    # What lies in the very same place is put together first: a layer whose rows are all at the
    # origin would give as many pairs as the square of its rows.
    # What makes an object readable is asked of the few that turn out to be twice.
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE spots AS
        SELECT * EXCLUDE (shape), w = 0 AND h = 0 AS dot,
               CASE WHEN w > 0 OR h > 0 THEN coalesce(md5_number(shape), hash(object_id)) END
                   AS form
        FROM (SELECT object_id, hash(coalesce(class_code, source_layer, '')) AS sort, z,
                     x * {_DEGREE} * cos(radians(y)) AS mx, y * {_DEGREE} AS my,
                     (bbox.xmax - bbox.xmin) * {_DEGREE} * cos(radians(y)) AS w,
                     (bbox.ymax - bbox.ymin) * {_DEGREE} AS h,
                     CASE WHEN bbox.xmax > bbox.xmin OR bbox.ymax > bbox.ymin
                          THEN ST_AsWKB(geometry) END AS shape
              FROM things WHERE bbox IS NOT NULL AND {here});
        CREATE OR REPLACE TEMP TABLE leads AS
        SELECT min(object_id) AS object_id, count(*) AS members, sort, mx, my, w, h, z, form, dot
        FROM spots GROUP BY ALL"""
    )
    context.con.register("near", _near(context, tolerance))
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE pairs AS
        WITH held AS (
            SELECT s.object_id, coalesce(n.first_id, l.object_id) AS lead
            FROM spots s JOIN leads l ON s.sort = l.sort AND s.mx = l.mx AND s.my = l.my
                AND s.w = l.w AND s.h = l.h AND s.z IS NOT DISTINCT FROM l.z
                AND s.form IS NOT DISTINCT FROM l.form
            LEFT JOIN near n ON n.object_id = l.object_id
            WHERE l.members > 1
            UNION SELECT object_id, first_id FROM near
            UNION SELECT first_id, first_id FROM near),
        told AS (
            SELECT h.lead, t.object_id, t.rank, t.path || ' ' || t.spot AS said,
                   t.path || chr(1) || coalesce(t.source_layer, '') AS home
            FROM held h JOIN things t USING (object_id)),
        firsts AS (
            SELECT lead, arg_min(object_id, rank) AS first_id, arg_min(said, rank) AS first,
                   arg_min(home, rank) AS home, min(rank) AS first_rank
            FROM told GROUP BY lead)
        SELECT t.object_id, arg_min(f.first, f.first_rank) AS first,
               arg_min(f.home, f.first_rank) AS home
        FROM told t JOIN firsts f USING (lead) WHERE t.object_id <> f.first_id
        GROUP BY t.object_id"""
    )
    context.con.unregister("near")
    bad = context.table(
        """SELECT path, source_layer AS layer, spot AS place, t.object_id, x, y, z,
                  coalesce(class_code, '') AS measured, p.first, 'double-object' AS reason,
                  -- a layer that is delivered twice is one mistake, however many rows it has
                  CASE WHEN p.home <> path || chr(1) || coalesce(source_layer, '')
                       THEN concat('copy', chr(1), p.home, chr(1), path, chr(1), source_layer)
                       END AS mistake
           FROM pairs p JOIN things t USING (object_id) ORDER BY t.rank"""
    )
    keys = context.table(_twins(context, here))
    applicable = context.count("SELECT count(*) FROM spots")
    both = pa.concat_tables([bad, keys], promote_options="permissive")
    return conclude(context, rule, both, applicable)


def _near(context: CheckContext, tolerance: float) -> pa.Table:
    """Return object_id and first_id of leads that lie within the tolerance of another."""
    cell = 4 * tolerance
    # Boxes that agree: each object looks into its own cell and those its tolerance reaches into.
    pairs = f"""
        WITH own AS (SELECT *, floor(mx / {cell})::BIGINT AS i, floor(my / {cell})::BIGINT AS j
                     FROM leads),
        reach AS (SELECT *, unnest(generate_series(floor((my - {tolerance}) / {cell})::BIGINT,
                                                   floor((my + {tolerance}) / {cell})::BIGINT)) AS j
                  FROM (SELECT *, unnest(generate_series(
                            floor((mx - {tolerance}) / {cell})::BIGINT,
                            floor((mx + {tolerance}) / {cell})::BIGINT)) AS i FROM leads)),
        pairs AS (
            SELECT a.object_id AS first_id, b.object_id,
                   a.dot AND b.dot AS dot
            FROM own a JOIN reach b ON a.sort = b.sort AND a.i = b.i AND a.j = b.j
                 AND a.object_id < b.object_id AND abs(a.mx - b.mx) <= {tolerance}
                 AND abs(a.my - b.my) <= {tolerance} AND abs(a.w - b.w) <= {2 * tolerance}
                 AND abs(a.h - b.h) <= {2 * tolerance}
                 AND coalesce(abs(a.z - b.z) <= {tolerance}, TRUE))"""
    found = [
        context.table(
            f"""{pairs} SELECT object_id, min(first_id) AS first_id FROM pairs
            WHERE dot GROUP BY ALL"""
        )
    ]
    shaped = context.con.execute(
        f"""{pairs} SELECT b.object_id, p.first_id,
                   ST_AsWKB(o.geometry) AS one, ST_AsWKB(b.geometry) AS other
        FROM pairs p JOIN objects o ON o.object_id = p.first_id
        JOIN objects b ON b.object_id = p.object_id WHERE NOT p.dot"""
    ).to_arrow_reader(_PAIRS)
    for batch in shaped:
        same = _same(batch["one"].to_pylist(), batch["other"].to_pylist(), tolerance)
        some = pa.Table.from_batches([batch]).select(found[0].column_names)
        found.append(some.filter(pa.array(same, pa.bool_())))
    context.con.register("found", pa.concat_tables(found))
    near = context.table("SELECT object_id, min(first_id) AS first_id FROM found GROUP BY ALL")
    context.con.unregister("found")
    return near


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
