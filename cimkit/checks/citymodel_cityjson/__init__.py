"""CityJSON is built as its specification has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.citymodel_cityjson.notes import Notes
from cimkit.checks.citymodel_cityjson.words import LENIENT, WORDS

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="citymodel_cityjson",
    title="CityJSON is built as specified",
    counts="sources",
    kinds=("citymodel",),
    reads="items",
    problems=(
        *("citymodel-invalid", "boundary-invalid", "relation-*", "feature-id-unknown"),
        *("version-missing", "semantics-mismatch", "appearance-invalid", "metadata-missing"),
        *("json-not-a-number", "extent-*"),
    ),
    parameters={"unused_vertices": True, "without": []},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Return what is wrong with one CityJSON source; nothing of other city models."""
    from cimkit.checks.citymodel_cityjson.document import examine

    notes = Notes()
    if str(item.get("loader") or "").startswith("cityjson"):
        examine(source, notes)
    return notes.table()


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find documents, objects and geometries that are not as CityJSON 1.0, 1.1 and 2.0 have them.

    One finding is one place, with the path into the document in ``pointer``; where one mistake
    is made many times, the first places are named and the others counted.

    Parameters of the rule: ``unused_vertices`` (tell of vertices that nothing uses, and of those
    that are there twice), ``without`` (words that are not reported).
    """
    said = parameters(SPEC, rule)
    without = set(map(str, said["without"]))
    if not said["unused_vertices"]:
        without |= {"vertices-unused", "vertices-double"}
    found = context.inspected(rule)
    rows = [r for r in found.rows.to_pylist() if r["reason"] not in without]
    first: set[str] = set()
    for row in rows:
        row["severity"] = "warning" if row["reason"] in LENIENT else None
        row["things"] = int(row["item_id"] not in first)
        first.add(row["item_id"])
        if row["count"] > 1:
            row["mistake"] = f"{row['path']} {row['reason']}"
    asked = context.table("SELECT item_id, path FROM items WHERE loader LIKE 'cityjson%'")
    ids, paths = set(asked["item_id"].to_pylist()), set(asked["path"].to_pylist())
    blind = [b for b in found.unchecked if b["path"] in paths]
    return conclude(
        context, rule, pa.Table.from_pylist(rows), len(ids & set(found.seen)), unchecked=blind
    )
