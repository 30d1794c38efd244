"""Rules of buildingSMART's validation service, held against the models of a delivery.

Each rule of `cimkit.checks.ifc_valid.table` has the number under which users find it explained
there. A rule of a standard names those it asks for::

    check = "ifc_valid"
    parameters = { rules = ["SPS002", "GEM003"] }        # none may be broken
    # parameters = { required = ["CLS000", "GRF000"] }   # parts that each model must hold
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.ifc_valid.table import rule_rows
from cimkit.checks.ifc_valid.telling import FOUND, bad_rows, no_rows
from cimkit.checks.ifc_valid.words import HINTED, WORDS
from cimkit.errors import StandardError
from cimkit.model import Severity

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="ifc_valid",
    title="Models follow the rules of IFC",
    counts="instances",
    kinds=("bim",),
    reads="items",
    parameters={"rules": None, "required": None},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], given: Mapping[str, Any]) -> pa.Table:
    """Hold the rules against one model.

    Returns
    -------
    pyarrow.Table
        `FOUND`: a row for each rule with how often it applied, and one for each place it is broken.

    Raises
    ------
    SourceUnreadable
        If no parser reads the model.
    """
    from cimkit.checks.ifc_valid.evaluate import evaluate_all
    from cimkit.checks.ifc_valid.model import model_of

    model = model_of(source, item.get("encoding"))
    rows: list[dict[str, Any]] = []
    for code, found in evaluate_all(model, given["rules"] or ()).items():
        rows.append(no_rows(code) | {"applicable": found.applicable, "error": found.unchecked})
        rows += [
            no_rows(code)
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
    for code, found in evaluate_all(model, given["required"] or ()).items():
        rows.append(no_rows(code) | {"applicable": 1, "error": found.unchecked})
        if found.verdict == "na":
            rows.append(no_rows(code) | {"reason": f"{code}-absent", "count": 1})
    return pa.Table.from_pylist(rows, schema=FOUND)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Report where models break the rules; what is only good practice is a warning at most.

    ``rules`` are the numbers of those that none may break, ``required`` of those whose part of IFC
    each model must hold.
    """
    given = parameters(SPEC, rule)
    known = rule_rows()
    for code in (*(given["rules"] or ()), *(given["required"] or ())):
        if code not in known:
            raise StandardError(
                "no such rule of the validation service",
                where=rule.origin or rule.id,
                got=code,
                expected=", ".join(known),
            )
    inspected = context.inspected(rule)
    soft = {code for code, row in known.items() if row.level == "warning"}
    softer = str(Severity.WARNING) if rule.severity == Severity.ERROR else None
    bad, applicable, unchecked = bad_rows(
        context, inspected, soft=soft, softer=softer, hinted=HINTED
    )
    return conclude(context, rule, bad, applicable, unchecked=[*inspected.unchecked, *unchecked])
