"""Models held against the schema their header names: every attribute, and every WHERE rule.

``parts`` says which of ``schema`` (syntax of ISO 10303-21, classes, number and types of attributes,
references, one GlobalId for each) and ``where`` (what the schema says in WHERE clauses) a rule
speaks of. Models of versions that were never published have no schema to be held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.ifc_schema.words import WORDS
from cimkit.checks.ifc_valid.telling import FOUND, bad_rows, no_rows

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="ifc_schema",
    title="Models are what their schema asks for",
    counts="instances",
    kinds=("bim",),
    reads="items",
    problems=(
        *("instance-duplicate", "reference-dangling", "reference-mistyped", "type-unknown"),
        *("value-invalid", "attributes-surplus", "attributes-missing", "globalid-*"),
        *("step-syntax", "entities-lost"),
    ),
    parameters={"parts": ["schema", "where"], "seconds": 60.0},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], given: Mapping[str, Any]) -> pa.Table:
    """Hold one model against its schema; ``seconds`` is what WHERE rules may take.

    Returns
    -------
    pyarrow.Table
        `cimkit.checks.ifc_valid.telling.FOUND`.

    Raises
    ------
    SourceUnreadable
        If no parser reads the model.
    """
    from cimkit.checks.ifc_schema.express import hold_rules
    from cimkit.checks.ifc_schema.scan import hold_schema
    from cimkit.checks.ifc_valid.model import model_of
    from cimkit.checks.ifc_valid.outcome import Found

    model = model_of(source, item.get("encoding"))
    rows: list[dict[str, Any]] = []
    for part in given["parts"] or ():
        found = Found()
        if model.header.schema != model.schema:
            found.unchecked = model.header.schema
        elif part == "schema":
            hold_schema(model, found)
        else:
            hold_rules(model, found, float(given["seconds"]))
        rows.append(no_rows(part) | {"applicable": found.applicable, "error": found.unchecked})
        rows += [
            no_rows(part)
            | {
                "place": f"#{place.number}" if place.number else "",
                "entity": place.entity,
                "guid": place.guid,
                "title": place.name,
                "measured": place.measured,
                "expected": place.expected,
                "reason": place.reason,
                "count": place.count,
            }
            for place in found.places()
        ]
    return pa.Table.from_pylist(rows, schema=FOUND)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Report instances that are not what the schema asks for.

    ``parts`` are what is asked (``schema``, ``where``), ``seconds`` what WHERE rules may take in
    one model; what is left then is *not checked*.
    """
    parameters(SPEC, rule)
    inspected = context.inspected(rule)
    bad, applicable, unchecked = bad_rows(context, inspected)
    for row in unchecked:
        row["reason"] = "time-short" if "s: " in row["error"] else "schema-unpublished"
    return conclude(context, rule, bad, applicable, unchecked=[*inspected.unchecked, *unchecked])
