"""Values of attributes are of the type, list, range and form that the standard gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._attributes import ask
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, quote

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
    rows = context.table(
        f"""SELECT * EXCLUDE (value), value AS measured FROM
            (SELECT *, {reason} AS reason FROM answers WHERE value IS NOT NULL)
            WHERE reason IS NOT NULL ORDER BY rank, number"""
    ).to_pylist()
    for row in rows:
        _explain(context, row, attributes[row["number"]])
    applicable = "SELECT count(value) FROM answers"
    return conclude(context, rule, pa.Table.from_pylist(rows), context.count(applicable))


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


def _explain(context: CheckContext, row: dict[str, object], a: Attribute) -> None:
    row["attribute"] = a.name
    row["wanted"], row["domain"] = a.type, a.domain
    match row["reason"]:
        case "type":
            row["expected"] = a.type
        case "minimum":
            row["expected"] = f"≥ {a.minimum:g} {a.unit}".strip()
        case "maximum":
            row["expected"] = f"≤ {a.maximum:g} {a.unit}".strip()
        case "pattern":
            row["expected"] = a.pattern
        case "domain":
            domain = context.standard.domains[a.domain].to_pylist()
            shown = [
                " ".join(filter(None, (d["code"], d[f"name_{context.language}"]))) for d in domain
            ]
            more = f" … ({len(shown)})" if len(shown) > 8 else ""
            row["expected"] = ", ".join(shown[:8]) + more
            for entry in domain:
                if row["measured"] in (entry["name_zh"], entry["name_ja"], entry["name_en"]):
                    row["reason"], row["code"] = "domain-name", entry["code"]
