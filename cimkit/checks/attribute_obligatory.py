"""Attributes that the standard makes obligatory for a class have a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._attributes import ask
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="attribute_obligatory",
    title="Obligatory attributes are filled",
    counts="values",
    kinds=("gis", "citymodel"),
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find values that are missing; a field that a whole layer lacks is one finding.

    Lacking means that none of the layer's objects of that class has a value in it.
    """
    parameters(SPEC, rule)
    attributes = ask(context, rule, SPEC, lambda a: a.obligation == "M")
    # One look at the answers gives both their number and those that are missing.
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE groups AS
        SELECT item_id, layer, class_code, number, count(*) AS n, count(value) AS filled,
               list(object_id) FILTER (value IS NULL) AS blank
        FROM answers GROUP BY ALL;
        CREATE OR REPLACE TEMP TABLE missing AS
        SELECT layer, class_code, number, unnest(blank) AS object_id
        FROM groups WHERE filled > 0 OR n = 1"""
    )
    rows = context.table(
        f"""
        SELECT path, layer, '' AS place, NULL::VARCHAR AS object_id, NULL::DOUBLE AS x,
               NULL::DOUBLE AS y, NULL::DOUBLE AS z, class_code, number, n AS count,
               'field-missing' AS reason, '' AS rank
        FROM groups JOIN (SELECT item_id, path FROM items) USING (item_id)
        WHERE filled = 0 AND n > 1
        UNION ALL BY NAME
        SELECT t.path, m.layer, t.spot AS place, m.object_id, t.x, t.y, t.z, m.class_code, m.number,
               1 AS count, 'value-missing' AS reason, t.rank
        FROM missing m JOIN {things_of("missing")} t USING (object_id)
        ORDER BY path, layer, number, rank"""
    )
    named = pa.array([attributes[n].name for n in rows["number"].to_pylist()], pa.string())
    titles = pa.array([attributes[n].title for n in rows["number"].to_pylist()], pa.string())
    bad = rows.append_column("measured", named).append_column("expected", titles)
    bad = bad.append_column("attribute", named)
    return conclude(context, rule, bad, context.count("SELECT sum(n) FROM groups"))
