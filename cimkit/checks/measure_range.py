"""A measure of a survey lies within bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, bad_rows, measured_items, number, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.errors import StandardError

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="measure_range",
    title="Measure lies within bounds",
    counts="sources",
    reads="items",
    parameters={
        "measure": "",
        "cell": "*",
        "of": None,
        "unit": "1",
        "minimum": -math.inf,
        "maximum": math.inf,
    },
    words=UNMEASURED,
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources with a measure below the least or above the greatest value that is allowed.

    Parameters of the rule: ``measure`` and ``cell`` (a glob) as in the table ``measures``, of which
    the worst counts; ``unit`` for the message; ``minimum``, ``maximum``; ``of``, the classes that a
    raster may have (``dem``, ``orthophoto`` …). The rule's tolerance is in the measure's unit.

    Raises
    ------
    StandardError
        If the rule names no measure.
    """
    said = parameters(SPEC, rule)
    name = str(said["measure"])
    if not name:
        raise StandardError("the rule names no measure", where=rule.origin or rule.id)
    allowed = rule.tolerance or 0.0
    least, most = float(said["minimum"]), float(said["maximum"])
    rows = measured_items(
        context, rule, SPEC, {"value": (name, str(said["cell"]))}, of=said["of"] or ()
    )
    missing = unmeasured(rows, "value_low")
    bad: list[dict[str, Any]] = []
    for row in rows:
        low, high = row["value_low"], row["value_high"]
        if low is None:
            continue
        if low < least - allowed:
            worst, bound = low, f"≥ {number(least, name, said['unit'])}"
        elif high > most + allowed:
            worst, bound = high, f"≤ {number(most, name, said['unit'])}"
        else:
            continue
        where = {k: row[k] for k in ("path", "x", "y", "z")}
        measured = number(worst, name, said["unit"])
        bad.append({**where, "measured": measured, "expected": bound})
    lost = sum(map(len, missing.values()))
    return conclude(context, rule, bad_rows(bad), len(rows) - lost, **missing)
