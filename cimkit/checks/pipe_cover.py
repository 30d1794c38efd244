"""Pipes lie as deep under the ground as they should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._pipes import DIAMETER_FIELDS, PIPE_WORDS, Pipes, pipes
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._terrain import TERRAIN_WORDS, ask_terrain, ground, thinned, why_not

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "ask", "inspect", "run"]

SPEC = CheckSpec(
    name="pipe_cover",
    title="Pipes lie deep enough",
    kinds=("gis",),
    parameters={"minimum": 0.0, "maximum": 30.0, "diameter": DIAMETER_FIELDS},
    words={
        **TERRAIN_WORDS,
        **PIPE_WORDS,
        "bare": phrase(
            "its top comes out of the ground", "管顶露出地面", "管頂が地面から出ています"
        ),
        "shallow": phrase("it is covered less than asked", "覆土深度不足", "土被りが足りません"),
        "deep": phrase(
            "it lies deeper than pipes do",
            "埋深超出合理范围",
            "考えられないほど深くにあります",
        ),
    },
)

_SPOTS = 24  # places asked for along one pipe


def ask(context: CheckContext, rule: Rule) -> Mapping[str, pa.Table]:
    """Ask for the ground above the pipes' vertices."""
    said = parameters(SPEC, rule)
    known = pipes(context, scope(rule, SPEC, context.standard), said["diameter"])
    return ask_terrain(context, _spots(context, known))


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Look the ground up in an elevation model."""
    return ground(source, item, parameters["asked"])


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find pipes whose tops come nearer to the ground than asked, or that lie too deep.

    The cover is the ground of the delivery's elevation models less the axis and the radius, at the
    vertices; each pipe is one finding, where its cover is least (or most).

    Parameters of the rule: ``minimum`` (m of cover; the tolerance is taken off), ``maximum`` (m)
    and ``diameter`` (fields that hold it).
    """
    said = parameters(SPEC, rule)
    least, most = float(said["minimum"]), float(said["maximum"])
    known = pipes(context, scope(rule, SPEC, context.standard), said["diameter"])
    found = context.inspected(rule)
    looked = found.rows if found.rows.num_rows else _nothing()
    context.con.register("cover_spots", _spots(context, known))
    context.con.register("cover_ground", looked)
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE covered AS
        WITH g AS (SELECT key, n, avg(ground) AS ground FROM cover_ground GROUP BY ALL),
        c AS (SELECT s.key, s.object_id, s.item_id, s.datum, s.x, s.y, s.top,
                     g.ground - s.top AS cover
              FROM cover_spots s LEFT JOIN g USING (key, n))
        SELECT object_id, item_id, datum, count(cover) > 0 AS seen,
               min(cover) AS least, max(cover) AS most,
               arg_min(x, cover) AS x_least, arg_min(y, cover) AS y_least,
               arg_max(x, cover) AS x_most, arg_max(y, cover) AS y_most
        FROM c GROUP BY object_id, item_id, datum"""
    )
    for name in ("cover_spots", "cover_ground"):
        context.con.unregister(name)
    low = least - (rule.tolerance or 0.0)
    bad = context.table(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, c.object_id,
                   CASE WHEN least < {low} THEN x_least ELSE x_most END AS x,
                   CASE WHEN least < {low} THEN y_least ELSE y_most END AS y, t.z,
                   printf('%.2f m', CASE WHEN least < {low} THEN least ELSE most END) AS measured,
                   CASE WHEN least < {low} THEN '≥ {least:g} m' ELSE '≤ {most:g} m' END AS expected,
                   CASE WHEN least < {low} AND least < 0 THEN 'bare'
                        WHEN least < {low} THEN 'shallow' ELSE 'deep' END AS reason
            FROM covered c JOIN things t USING (object_id)
            WHERE seen AND (least < {low} OR most > {most}) ORDER BY t.rank"""
    )
    blind = [*found.unchecked, *why_not(context, "covered")]
    if known.flat:
        blind.append({"path": "", "reason": "no-heights", "count": known.flat})
    count = context.count("SELECT count(*) FROM covered WHERE seen")
    return conclude(context, rule, bad, count, unchecked=blind)


def _nothing() -> pa.Table:
    columns = [("key", pa.uint64()), ("n", pa.int32()), ("ground", pa.float64())]
    return pa.schema(columns).empty_table()


def _spots(context: CheckContext, known: Pipes) -> pa.Table:
    """Return the places along the pipes, with the height of their tops."""
    import shapely

    xyz, owner = shapely.get_coordinates(known.lines, include_z=True, return_index=True)
    xyz, owner, number = thinned(xyz, owner, _SPOTS)
    places = known.local.from_plane(xyz)
    spots = pa.table(
        {
            "line": owner,
            "n": number,
            "x": places[:, 0],
            "y": places[:, 1],
            "top": xyz[:, 2] + known.radius[owner],
        }
    )
    context.con.register("along", spots)
    context.con.register(
        "whose", known.rows.append_column("line", pa.array(np.arange(len(known.lines))))
    )
    try:
        # A pipe of several parts has several vertices of one number.
        return context.table(
            """SELECT hash(w.object_id, a.line) AS key, a.n, a.x, a.y, a.top, w.object_id,
                      w.item_id, w.datum
               FROM along a JOIN whose w USING (line) WHERE w.kind = 'gis'"""
        )
    finally:
        for name in ("along", "whose"):
            context.con.unregister(name)
