"""Models held against buildingSMART IDS 1.0, one rule for each specification.

The text of a model is read into columns once for all specifications, and each facet is a question
to columns. A specification is checked whatever release the model is of, as the test cases of IDS
1.0 have it; ``versions = "named"`` among the parameters keeps it to those it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks.ids._words import HINTS, WORDS

if TYPE_CHECKING:
    from cimkit.loaders.ifc.columns import Columns
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run", "spec_of"]

SPEC = CheckSpec(
    name="ids",
    title="IDS specification",
    counts="objects",
    kinds=("bim",),
    reads="items",
    parameters={"specification": {}, "versions": "any"},
    words=WORDS,
)

_kept: dict[str, Columns] = {}
"""The columns of the last model, by the hash of its content."""


def spec_of(rule: Rule) -> CheckSpec:
    """Return the check under the name of the specification that a rule holds models against."""
    name = rule.parameters.get("specification", {}).get("name")
    return replace(SPEC, title=str(name)) if name else SPEC


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Hold one model against one specification; its columns are kept for the next."""
    from cimkit.checks.ids._specification import held_against

    return held_against(_columns(source, item), parameters["specification"])


def _columns(source: Source, item: Mapping[str, Any]) -> Columns:
    from cimkit.loaders.ifc.columns import columns_of

    key = str(item.get("sha256") or source.path)
    if key not in _kept:
        _kept.clear()
        _kept[key] = columns_of(source.file)
    return _kept[key]


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Return the findings of one specification.

    Parameters
    ----------
    context : CheckContext
    rule : Rule
        Its ``specification`` is one as `cimkit.standard.requirements` reads it; the key ``ids`` of
        a rule and a bare `.ids` fill it in. ``versions`` is *any*, or *named* to leave models of
        another release than the specification names aside.
    """
    found = context.inspected(rule)
    rows = found.rows
    one = rule.parameters["specification"]
    only_named = rule.parameters.get("versions") == "named"
    if not rows.num_rows:
        return conclude(context, rule, pa.table({}), 0, unchecked=found.unchecked)
    heads = rows.filter(pc.equal(rows["kind"], "applicable"))
    foreign = heads.filter(pc.not_equal(heads["measured"], ""))
    if only_named:
        rows = rows.filter(pc.invert(pc.is_in(rows["path"], foreign["path"].combine_chunks())))
        heads = rows.filter(pc.equal(rows["kind"], "applicable"))
    aside = [
        {
            "path": row["path"],
            "reason": "version-aside" if only_named else "other-version",
            "count": row["count"] if only_named else 0,
            "versions": ", ".join(one["versions"]),
            "schema": row["measured"],
        }
        for row in foreign.to_pylist()
    ]
    # What was read of a damaged file is checked, and what was not is no pass.
    unchecked = [
        *found.unchecked,
        *(
            {"path": row["path"], "reason": row["hint"], "count": 0}
            for row in heads.to_pylist()
            if row["hint"]
        ),
    ]
    bad = rows.filter(pc.equal(rows["kind"], "fail"))
    if not any(rule.hint.values()):
        reasons = pc.fill_null(bad["reason"], "").to_pylist()
        hints = [
            h or HINTS.get(r, "fill-in")
            for h, r in zip(bad["hint"].to_pylist(), reasons, strict=True)
        ]
        at = bad.column_names.index("hint")
        bad = bad.set_column(at, "hint", pa.array(hints, pa.string()))
    applicable = int(pc.sum(heads["count"]).as_py() or 0)
    return conclude(context, rule, bad, applicable, unchecked=unchecked, aside=aside)
