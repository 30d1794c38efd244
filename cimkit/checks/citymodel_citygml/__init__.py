"""CityGML is built as its specification has it, and what it names is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.citymodel_citygml.words import LENIENT, WORDS
from cimkit.checks.citymodel_cityjson.notes import Notes

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="citymodel_citygml",
    title="CityGML is built as specified",
    counts="sources",
    kinds=("citymodel",),
    reads="items",
    problems=(
        *("xlink-unresolved", "codelist-*", "code-not-listed", "key-duplicate", "id-missing"),
        *("boundary-invalid", "citymodel-invalid"),
    ),
    parameters={"without": []},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Return what is wrong with one CityGML source; nothing of other city models."""
    from cimkit.checks.citymodel_citygml.document import examine

    notes = Notes()
    if str(item.get("loader") or "").startswith("citygml"):
        examine(source, notes)
    return notes.table()


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find identifiers, references, codes, values and geometries that are not as CityGML has them.

    Held against CityGML 1.0 to 3.0 without their XML schemas: what these would say of the order of
    elements is not checked. Addresses on the web are not asked.

    Parameters of the rule: ``without`` (words that are not reported).
    """
    said = parameters(SPEC, rule)
    without = set(map(str, said["without"]))
    found = context.inspected(rule)
    rows = [r for r in found.rows.to_pylist() if r["reason"] not in without]
    first: set[str] = set()
    for row in rows:
        row["severity"] = "warning" if row["reason"] in LENIENT else None
        row["things"] = int(row["item_id"] not in first)
        first.add(row["item_id"])
        # What one exporter does it does in all of its files.
        if row["reason"] in ("id-form", "uom-missing"):
            row["mistake"] = row["reason"]
        elif row["reason"] == "codelist-missing":
            row["mistake"] = row["measured"].rpartition("/")[2]
        elif row["count"] > 1:
            row["mistake"] = f"{row['path']} {row['reason']}"
    asked = context.table("SELECT item_id, path FROM items WHERE loader LIKE 'citygml%'")
    ids, paths = set(asked["item_id"].to_pylist()), set(asked["path"].to_pylist())
    blind = [b for b in found.unchecked if b["path"] in paths]
    return conclude(
        context, rule, pa.Table.from_pylist(rows), len(ids & set(found.seen)), unchecked=blind
    )
