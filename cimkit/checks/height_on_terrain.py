"""Objects stand on the ground: not in the air, and not under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._terrain import TERRAIN_WORDS, ask_terrain, ground, thinned, why_not

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "ask", "inspect", "run"]

SPEC = CheckSpec(
    name="height_on_terrain",
    title="Objects stand on the ground",
    kinds=("gis", "bim", "citymodel"),
    parameters={"below": 1.0, "basement": 15.0},
    words={
        **TERRAIN_WORDS,
        "floating": phrase("it floats above the ground", "悬浮于地面之上", "地面から浮いています"),
        "buried": phrase("it lies under the ground", "埋于地面之下", "地面の下にあります"),
        "deep": phrase(
            "its base lies deeper under the ground than a basement does",
            "底部低于地面的深度超过地下室",
            "底面が地下室より深くにあります",
        ),
        "layer-off": phrase(
            "the whole layer lies off the ground by one and the same height: a wrong datum or unit",
            "整层与地面相差同一高度：高程基准或单位有误",
            "レイヤ全体が地面から同じ高さだけずれています（高さの基準か単位の誤り）",
        ),
    },
)

_SPOTS = 12  # places asked for under one outline
_MOST_OF = 0.9  # of a layer, all off alike: the layer is wrong and not its objects
_FEW = 10
_SPREAD = 1.0  # metres

_STANDING = """
    bbox IS NOT NULL AND z IS NOT NULL AND ST_Dimension(geometry) <> 1
    AND CASE kind WHEN 'bim' THEN source_class = 'IfcBuilding'
             WHEN 'citymodel' THEN parent_id IS NULL ELSE TRUE END"""
"""Lines lie under the ground, on it and above it, and parts stand on other parts."""


def ask(context: CheckContext, rule: Rule) -> Mapping[str, pa.Table]:
    """Ask for the ground at points, and along the outlines of areas."""
    import shapely

    here = scope(rule, SPEC, context.standard)
    rows = context.table(
        f"""SELECT hash(object_id) AS key, i.vertical_datum AS datum, ST_AsWKB(t.geometry) AS shape
            FROM (SELECT * FROM things WHERE {_STANDING} AND ({here})) t
            JOIN (SELECT item_id, vertical_datum FROM items) i USING (item_id)
            WHERE i.vertical_datum IS NOT NULL"""
    )
    shapes = shapely.from_wkb(rows["shape"].to_numpy(zero_copy_only=False))
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    points, owner, number = thinned(points, owner, _SPOTS)
    places = rows.select(["key", "datum"]).take(pa.array(owner))
    places = places.append_column("n", pa.array(number))
    places = places.append_column("x", pa.array(points[:, 0]))
    return ask_terrain(context, places.append_column("y", pa.array(points[:, 1])))


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Look the ground up in an elevation model."""
    return ground(source, item, parameters["asked"])


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find what floats above the ground of the delivery's elevation models or lies under it.

    A point stands where it is; of an area, the base is held against the lowest and the highest
    ground along its outline. Heights of another vertical datum than the model's are not checked.
    The rule's tolerance is in metres (default 1.0), upwards.

    Parameters of the rule: ``below`` (m that a point may lie under the ground) and ``basement`` (m
    that the base of an area may).
    """
    said = parameters(SPEC, rule)
    above = 1.0 if rule.tolerance is None else float(rule.tolerance)
    found = context.inspected(rule)
    here = scope(rule, SPEC, context.standard)
    looked = found.rows if found.rows.num_rows else _nothing()
    context.con.register("ground_found", looked)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE stood AS
        WITH g AS (SELECT key, min(ground) AS low, max(ground) AS high FROM ground_found
                   GROUP BY key)
        SELECT t.object_id, t.item_id, t.source_layer AS layer, t.z, t.z_max,
               ST_Dimension(t.geometry) = 0 AS point, i.vertical_datum AS datum,
               g.key IS NOT NULL AS seen, g.low, g.high,
               CASE WHEN t.z > g.high THEN t.z - g.high WHEN t.z < g.low THEN t.z - g.low ELSE 0
                    END AS off
        FROM (SELECT * FROM things WHERE {_STANDING} AND ({here})) t
        JOIN (SELECT item_id, vertical_datum FROM items) i USING (item_id)
        LEFT JOIN g ON g.key = hash(t.object_id)"""
    )
    context.con.unregister("ground_found")
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE fallen AS
        SELECT *, CASE WHEN off > {above} THEN 'floating'
                       WHEN point AND off < -{float(said["below"])} THEN 'buried'
                       WHEN NOT point AND z_max < low THEN 'buried'
                       WHEN NOT point AND off < -{float(said["basement"])} THEN 'deep'
                       END AS reason
        FROM stood WHERE seen"""
    )
    bad = _told(context)
    applicable = context.count("SELECT count(*) FROM stood WHERE seen")
    blind = [*found.unchecked, *why_not(context, "stood")]
    return conclude(context, rule, bad, applicable, unchecked=blind)


def _nothing() -> pa.Table:
    return pa.table({"key": pa.array([], pa.uint64()), "ground": pa.array([], pa.float64())})


def _told(context: CheckContext) -> pa.Table:
    """Return the bad rows; of a layer that is off as a whole, one."""
    layers = context.table(
        f"""SELECT item_id, layer, count(reason) AS count, median(off) AS off,
                   arg_min(object_id, object_id) AS object_id
            FROM fallen GROUP BY ALL
            HAVING count(reason) >= {_FEW} AND count(reason) >= {_MOST_OF} * count(*)
               AND quantile_cont(off, 0.9) - quantile_cont(off, 0.1) < {_SPREAD}"""
    )
    context.con.register("off_layers", layers)
    try:
        return context.table(
            """SELECT t.path, t.source_layer AS layer, '' AS place, NULL AS object_id,
                      t.x, t.y, t.z, printf('%+.2f m', l.off) AS measured, NULL AS expected,
                      'layer-off' AS reason, l.count, t.rank
               FROM off_layers l JOIN things t USING (object_id)
               UNION ALL
               SELECT t.path, t.source_layer, t.spot, t.object_id, t.x, t.y, t.z,
                      printf('%+.2f m', f.off),
                      CASE WHEN f.point OR f.high - f.low < 0.01 THEN printf('%.2f m', f.high)
                           ELSE printf('%.2f to %.2f m', f.low, f.high) END,
                      f.reason, 1, t.rank
               FROM (SELECT * FROM fallen WHERE reason IS NOT NULL) f
               ANTI JOIN off_layers l
                    ON l.item_id = f.item_id AND l.layer IS NOT DISTINCT FROM f.layer
               JOIN things t USING (object_id)
               ORDER BY rank"""
        ).drop_columns(["rank"])
    finally:
        context.con.unregister("off_layers")
