"""Values of attributes are of the type, list, range and form that the standard gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._attributes import ask
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, quote
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from cimkit.standard import Attribute, Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="attribute_domain",
    title="Attribute values are allowed",
    counts="values",
    kinds=("gis", "citymodel"),
)

_CASTS = {"integer": "HUGEINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find values that are not of the type, not in the code list, out of range or out of form."""
    parameters(SPEC, rule)
    attributes = ask(context, rule, SPEC, lambda a: bool(_tests(context, a)))
    judged = [
        f"WHEN number = {n} THEN CASE {' '.join(_tests(context, a))} END"
        for n, a in enumerate(attributes)
    ]
    reason = f"CASE {' '.join(judged)} END" if judged else "CAST(NULL AS VARCHAR)"
    # One look at the answers gives both their number and those that are wrong.
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE held AS
        SELECT class_code, number, count(*) AS n,
               list({{'object_id': object_id, 'layer': layer, 'measured': value, 'reason': reason}})
                   FILTER (reason IS NOT NULL) AS bad
        FROM (SELECT *, {reason} AS reason FROM answers WHERE value IS NOT NULL) GROUP BY ALL;
        CREATE OR REPLACE TEMP TABLE wrong AS
        SELECT class_code, number, unnest(bad, recursive := true) FROM held"""
    )
    _keep(context, "limits", _limits(context, attributes))
    _keep(context, "named", _names(context, attributes))
    rows = context.table(
        f"""SELECT t.path, w.layer, t.spot AS place, w.object_id, t.x, t.y, t.z, w.class_code,
                   w.measured, l.expected, l.attribute, l.wanted, l.domain, n.code,
                   CASE WHEN n.code IS NULL THEN w.reason ELSE 'domain-name' END AS reason
            FROM wrong w JOIN limits l USING (number, reason)
            LEFT JOIN named n ON w.reason = 'domain' AND n.number = w.number
                 AND n.name = w.measured
            JOIN {things_of("wrong")} t USING (object_id) ORDER BY t.rank, w.number"""
    )
    return conclude(context, rule, rows, context.count("SELECT sum(n) FROM held"))


def _tests(context: CheckContext, a: Attribute) -> list[str]:
    tests = []
    cast = _CASTS.get(a.type)
    if cast == "HUGEINT":
        # 3.0 is how a shapefile writes the integer 3; 3.5 is none.
        tests.append("WHEN coalesce(try_cast(value AS DOUBLE) % 1, 1) <> 0 THEN 'type'")
    elif a.type == "date":
        # ISO 8601, and how shapefiles and office software write days.
        forms = "['%Y%m%d', '%Y/%m/%d']"
        tests.append(
            f"WHEN coalesce(try_cast(value AS TIMESTAMP), try_strptime(value, {forms})) IS NULL"
            " THEN 'type'"
        )
    elif cast:
        tests.append(f"WHEN try_cast(value AS {cast}) IS NULL THEN 'type'")
    if a.domain:
        codes = context.standard.domains[a.domain]["code"].to_pylist()
        tests.append(f"WHEN NOT {any_of('value', codes)} THEN 'domain'")
    if a.minimum is not None:
        tests.append(f"WHEN try_cast(value AS DOUBLE) < {a.minimum!r} THEN 'minimum'")
    if a.maximum is not None:
        tests.append(f"WHEN try_cast(value AS DOUBLE) > {a.maximum!r} THEN 'maximum'")
    if a.pattern:
        tests.append(f"WHEN NOT regexp_full_match(value, {quote(a.pattern)}) THEN 'pattern'")
    return tests


def _limits(context: CheckContext, attributes: list[Attribute]) -> pa.Table:
    """Return what is expected of each attribute, by the reason why a value is not it."""
    names = ("number", "reason", "attribute", "wanted", "domain", "expected")
    rows = []
    for number, a in enumerate(attributes):
        expected = {"type": a.type, "pattern": a.pattern}
        if a.minimum is not None:
            expected["minimum"] = f"≥ {a.minimum:g} {a.unit}".strip()
        if a.maximum is not None:
            expected["maximum"] = f"≤ {a.maximum:g} {a.unit}".strip()
        if a.domain:
            domain = context.standard.domains[a.domain].to_pylist()
            shown = [
                " ".join(filter(None, (d["code"], d[f"name_{context.language}"]))) for d in domain
            ]
            more = f" … ({len(shown)})" if len(shown) > 8 else ""
            expected["domain"] = ", ".join(shown[:8]) + more
        rows += [(number, why, a.name, a.type, a.domain, said) for why, said in expected.items()]
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    types = (pa.int64(), *[pa.string()] * 5)
    return pa.table(
        {n: pa.array(list(c), t) for n, c, t in zip(names, columns, types, strict=True)}
    )


def _names(context: CheckContext, attributes: list[Attribute]) -> pa.Table:
    """Return the codes whose names a deliverer may have written in their place."""
    codes: dict[tuple[int, str], str] = {}
    for number, a in enumerate(attributes):
        for entry in context.standard.domains[a.domain].to_pylist() if a.domain else ():
            for language in ("zh", "ja", "en"):
                codes[number, entry[f"name_{language}"]] = entry["code"]
    return pa.table(
        {
            "number": pa.array([number for number, _ in codes], pa.int64()),
            "name": pa.array([name for _, name in codes], pa.string()),
            "code": pa.array(list(codes.values()), pa.string()),
        }
    )


def _keep(context: CheckContext, name: str, rows: pa.Table) -> None:
    context.con.register("rows_given", rows)
    context.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM rows_given")
    context.con.unregister("rows_given")
