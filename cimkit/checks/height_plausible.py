"""Heights of buildings are possible, and what is said of them agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, quote, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["HEIGHT_FIELDS", "SPEC", "STOREY_FIELDS", "run", "said_of"]

HEIGHT_FIELDS = [
    *(
        "measuredHeight",
        "height.value",
        "bldg:measuredHeight",
        "measured_height",
        "height",
        "HEIGHT",
        "Height",
    ),
    *(
        "bldg_height",
        "building_height",
        "建筑高度",
        "房屋高度",
        "高度",
        "建物高さ",
        "計測高さ",
        "高さ",
    ),
]
STOREY_FIELDS = [
    *("storeysAboveGround", "bldg:storeysAboveGround", "storeys_above_ground", "floors", "FLOORS"),
    *("storeys", "stories", "levels", "building:levels", "NumberOfStoreys", "num_floors"),
    *("地上层数", "层数", "楼层数", "地上階数", "階数"),
]

SPEC = CheckSpec(
    name="height_plausible",
    title="Heights are possible and agree",
    kinds=("gis", "citymodel"),
    parameters={
        "lowest": 0.0,
        "highest": 1000.0,
        "storey_least": 2.0,
        "storey_most": 8.0,
        "share": 0.25,
        "height": HEIGHT_FIELDS,
        "storeys": STOREY_FIELDS,
    },
    words={
        "too-low": phrase("no building is that low", "建筑高度过低", "建物としては低すぎます"),
        "too-high": phrase("no building is that high", "建筑高度过高", "建物としては高すぎます"),
        "storeys": phrase(
            "its storeys would be {each} m high",
            "折合每层 {each} 米，不合理",
            "一階あたり {each} m になります",
        ),
        "storeys-none": phrase(
            "a number of storeys that cannot be",
            "楼层数不合理",
            "階数としてありえない値です",
        ),
        "shape": phrase(
            "its shape is {shape} high",
            "几何高度为 {shape}",
            "形状の高さは {shape} です",
        ),
    },
)


def said_of(fields: Sequence[str]) -> str:
    """Return SQL for the first of these attributes, those of city models included."""
    steps = (quote("/attributes/" + f.replace("~", "~0").replace("/", "~1")) for f in fields)
    inside = ", ".join(f"json_extract_string(properties, {s})" for s in steps)
    return f"CASE kind WHEN 'citymodel' THEN coalesce({inside}) ELSE {field_text(*fields)} END"


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find heights that cannot be, or that contradict the storeys or the shape.

    Attributes are held against each other and against the shape where it has heights of its own;
    of GIS only areas, for the height of a lamp is another matter. The rule's tolerance is in metres
    (default 2.0): what height and shape may differ by, beside ``share``. An attribute that is no
    number is for ``attribute_domain`` to say.

    Parameters of the rule: ``lowest`` and ``highest`` (m), ``storey_least`` and ``storey_most`` (m
    a storey), ``share`` (0 to 1, of the height, that it may differ from the shape's), ``height``
    and ``storeys`` (fields that hold them, the first that has a value counts).
    """
    said = parameters(SPEC, rule)
    allowed = 2.0 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    number = "TRY_CAST(regexp_extract({}, '^-?[0-9]+([.][0-9]+)?') AS DOUBLE)"
    tall, storeys = (number.format(said_of(said[name])) for name in ("height", "storeys"))
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE tall AS
        SELECT object_id, tall, storeys, shape, tall / nullif(storeys, 0) AS each
        FROM (SELECT object_id, {tall} AS tall, {storeys} AS storeys,
                     CASE WHEN kind = 'citymodel' THEN z_max - z_min END AS shape
              FROM objects WHERE (kind = 'citymodel' OR geometry IS NULL
                                  OR ST_Dimension(geometry) = 2) AND ({here}))
        -- 0 and below stand for "not known" in many registers
        WHERE tall IS NOT NULL AND tall NOT IN (0, -1, -9, -99, -999, -9999)"""
    )
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE untrue AS
        SELECT *, CASE WHEN tall <= {float(said["lowest"])} THEN 'too-low'
                       WHEN tall > {float(said["highest"])} THEN 'too-high'
                       WHEN storeys > 0 AND NOT each BETWEEN {float(said["storey_least"])}
                            AND {float(said["storey_most"])} THEN 'storeys'
                       WHEN storeys > 200 OR storeys <> floor(storeys) THEN 'storeys-none'
                       WHEN shape > 0 AND abs(tall - shape) >
                            greatest({allowed}, {float(said["share"])} * tall) THEN 'shape'
                       END AS reason
        FROM tall"""
    )
    bad = context.table(
        """SELECT t.path, t.source_layer AS layer, t.spot AS place, u.object_id, t.x, t.y, t.z,
                  u.reason, printf('%.1f m', u.tall) ||
                  CASE WHEN u.reason = 'storeys' THEN printf(', %d', u.storeys::BIGINT) ELSE '' END
                      AS measured,
                  printf('%.1f', u.each) AS each, printf('%.1f m', u.shape) AS shape
           FROM untrue u JOIN things t USING (object_id)
           WHERE u.reason IS NOT NULL ORDER BY t.rank"""
    )
    return conclude(context, rule, bad, context.count("SELECT count(*) FROM tall"))
