"""Headers of IFC files say in due form who wrote what, when and for which view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.ifc_header.words import WORDS
from cimkit.model import Severity

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="ifc_header",
    title="Headers of models are complete",
    counts="models",
    kinds=("bim",),
    reads="items",
    parameters={"wanted": None, "views": None},
    words=WORDS,
)

_FAULTS = pa.schema(
    [
        ("reason", pa.string()),
        ("place", pa.string()),
        ("measured", pa.string()),
        ("expected", pa.string()),
        ("things", pa.int64()),
    ]
)


def inspect(source: Source, item: Mapping[str, Any], given: Mapping[str, Any]) -> pa.Table:
    """Read the header of one model.

    ``wanted`` names what must be said beyond what the format asks for: name, time_stamp, author,
    organization, preprocessor, originating_system, authorization, view. ``views`` are the model
    view definitions of which one must be claimed; any will do if none is named.

    Returns
    -------
    pyarrow.Table
        A row for each fault.
    """
    from cimkit.checks.ifc_header.form import faults

    rows = [
        {"reason": f.reason, "place": f.place, "measured": f.measured, "expected": f.expected}
        for f in faults(source.file, given["wanted"] or (), given["views"] or ())
    ]
    for n, row in enumerate(rows):
        row["things"] = int(n == 0)  # type: ignore[assignment]
    return pa.Table.from_pylist(rows, schema=_FAULTS)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Report what headers lack or say in another form; equal faults are copies of one mistake.

    ``wanted`` names what must be said beyond what the format asks for, ``views`` the model view
    definitions of which one must be claimed (see `inspect`).
    """
    parameters(SPEC, rule)
    inspected = context.inspected(rule)
    bad = inspected.rows
    if bad.num_rows:
        keys = [f"{row['reason']} {row['place']} {row['measured']}" for row in bad.to_pylist()]
        bad = bad.append_column("mistake", pa.array(keys, pa.string()))
        # Many programs leave out what they do not know; no reader minds.
        slight = [
            str(Severity.INFO) if reason == "argument-empty" else None
            for reason in bad["reason"].to_pylist()
        ]
        bad = bad.append_column("severity", pa.array(slight, pa.string()))
    return conclude(context, rule, bad, len(inspected.seen), unchecked=inspected.unchecked)
