"""The class and the level of each object of a fixture: as given there, or as the standard says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._fixture_rows import Rows
from cimkit.model import STAGED
from cimkit.standard.rows import NO_CLASS

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["classify"]


def classify(con: duckdb.DuckDBPyConnection, standard: Standard, given: Sequence[Rows]) -> None:
    """Set class and level of all objects, and the rows of ``classifications``, in one pass."""
    objects = [(rows, made) for rows in given for made in rows.tables["objects"]]
    if not objects:
        return
    lods: dict[str, str] = {}
    for rows in given:
        for shape in rows.tables["geometries"]:
            lods[shape["object_id"]] = shape.get("lod") or ""
    _stage(con, [{**made, "lod": lods.get(made["object_id"])} for _, made in objects])
    decided, levels = _decide(con, standard)
    for number, (rows, made) in enumerate(objects):
        said = made.pop("class_code", None)
        own = decided.get(number, [])
        if said is not None:
            person = {
                "scheme": standard.scheme,
                "edition": standard.edition,
                "class_code": None if said == NO_CLASS else said,
                "rule": "fixture",
                "confidence": 1.0,
                "decided_by": "person",
                "level": levels.get(number),
            }
            own = [person, *(d for d in own if d["scheme"] != standard.scheme)]
        for row in own:
            if row["scheme"] == standard.scheme:
                made["class_code"] = row["class_code"]
                made.setdefault("level", row["level"] or None)
            # A row without a rule says a level, and that nothing gave a class.
            if row["rule"] is not None:
                kept = {k: v for k, v in row.items() if k not in ("rowid_", "level")}
                rows.tables["classifications"].append({"object_id": made["object_id"], **kept})


def _stage(con: duckdb.DuckDBPyConnection, objects: list[dict[str, Any]]) -> None:
    """Make the table ``staged`` as the coordinator has it, with the classes that are given."""
    schema = STAGED["objects"]
    for name, kind in (("rowid_", pa.int64()), ("lod", pa.string()), ("class_code", pa.string())):
        schema = schema.append(pa.field(name, kind))
    rows = [{**made, "rowid_": n, "parent_key": None} for n, made in enumerate(objects)]
    con.register("given_", pa.Table.from_pylist(rows, schema=schema))
    con.execute("CREATE OR REPLACE TEMP TABLE staged AS FROM given_")
    con.unregister("given_")


def _decide(
    con: duckdb.DuckDBPyConnection, standard: Standard
) -> tuple[dict[int, list[dict[str, Any]]], dict[int, str]]:
    """Return what the mapping decides, and the levels of those whose class is given, by row."""
    from cimkit.standard import classify_sql
    from cimkit.standard.classification._levels import levels_sql

    relation = "(SELECT * EXCLUDE (class_code) FROM staged)"
    found: dict[int, list[dict[str, Any]]] = {}
    for row in con.execute(classify_sql(standard, relation)).to_arrow_table().to_pylist():
        found.setdefault(row["rowid_"], []).append(row)
    given = "(FROM staged WHERE class_code IS NOT NULL)"
    rows = con.execute(f"SELECT rowid_, level FROM ({levels_sql(standard, given)})").fetchall()
    con.execute("DROP TABLE staged")
    return found, dict(rows)
