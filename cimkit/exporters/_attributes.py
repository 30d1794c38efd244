"""What sources say of objects beyond the columns that all have: typed as the standard types it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.exporters._select import ACCESS

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["Attribute", "attributes", "of_classes", "open_properties"]

_TYPES = {
    "integer": ("BIGINT", pa.int64()),
    "number": ("DOUBLE", pa.float64()),
    "boolean": ("BOOLEAN", pa.bool_()),
    "date": ("DATE", pa.date32()),
}
_STANDARD = """
SELECT name, CASE WHEN count(DISTINCT type) = 1 THEN any_value(type) ELSE 'text' END AS type,
    any_value(unit ORDER BY standard, class_code) AS unit,
    any_value(domain ORDER BY standard, class_code) AS domain,
    max(CASE access WHEN 'internal' THEN 1 WHEN 'secret' THEN 2 ELSE 0 END) AS rank
FROM attributes GROUP BY name ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One key of objects' properties as a column."""

    name: str
    """Of the column, and the key."""
    sql: str
    """Its value, over ``selected s``."""
    type: pa.DataType
    """Of the column."""
    unit: str
    """As the standard says; "" for none."""
    domain: str
    """List of codes its values are of; "" for none."""


def attributes(
    selection: Selection, asked: Sequence[str], taken: Sequence[str], report: ExportReport
) -> list[Attribute]:
    """Return the properties that were asked for as columns.

    Parameters
    ----------
    selection : Selection
        An open selection.
    asked : sequence of str
        Keys; those that the access does not cover are left out and noted.
    taken : sequence of str
        Names that columns already have; such a property gets a ``_`` after its name.
    report : ExportReport
        Where notes go.
    """
    known = {row["name"]: row for row in selection.fetch(_STANDARD).to_pylist()}
    found: list[Attribute] = []
    names = {name.lower() for name in taken}
    for key in dict.fromkeys(asked):
        said = known.get(key, {})
        if said.get("rank", 0) > selection.rank:
            report.notes.append(f"attribute {key}: withheld, access {ACCESS[said['rank']]}")
            continue
        name = key
        while name.lower() in names:
            name += "_"
        names.add(name.lower())
        sql, kind = _TYPES.get(said.get("type") or "", ("VARCHAR", pa.string()))
        path = "$." + '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
        value = f"json_extract_string(s.properties, {_literal(path)})"
        found.append(
            Attribute(
                name,
                f"TRY_CAST({value} AS {sql})",
                kind,
                said.get("unit") or "",
                said.get("domain") or "",
            )
        )
    return found


def of_classes(selection: Selection, where: str) -> list[str]:
    """Return the names of the attributes that the standard gives to the classes of some objects.

    ``where`` is SQL over ``selected s``, written by an exporter.
    """
    found = selection.fetch(
        f"""WITH RECURSIVE line AS (
            SELECT DISTINCT c.standard, c.code FROM classes c
            JOIN selected s ON s.class_code = c.code WHERE {where}
            UNION
            SELECT c.standard, c.parent FROM line l
            JOIN classes c USING (standard, code) WHERE coalesce(c.parent, '') <> ''
        )
        SELECT DISTINCT a.name FROM attributes a
        JOIN line l ON l.standard = a.standard AND l.code = a.class_code ORDER BY a.name"""
    )
    names: list[str] = found["name"].to_pylist()
    return names


def open_properties(selection: Selection) -> str:
    """Return SQL over ``selected s``: the properties without those the access does not cover."""
    closed = [
        row["name"]
        for row in selection.fetch(_STANDARD).to_pylist()
        if row["rank"] > selection.rank
    ]
    if not closed:
        return "s.properties"
    import json

    patch = json.dumps(dict.fromkeys(closed), ensure_ascii=False)
    return f"json_merge_patch(s.properties, {_literal(patch)})::VARCHAR"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
