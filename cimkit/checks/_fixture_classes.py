"""The class of each object of a fixture: as given there, or as the mapping decides."""

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
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _decided(con, standard, [made for _, made in objects]):
        found.setdefault(row["rowid_"], []).append(row)
    for number, (rows, made) in enumerate(objects):
        decided = found.get(number, [])
        said = made.pop("class_code", None)
        if said is not None:
            own = {
                "scheme": standard.scheme,
                "edition": standard.edition,
                "class_code": None if said == NO_CLASS else said,
                "rule": "fixture",
                "confidence": 1.0,
                "decided_by": "person",
                "level": getattr(standard.by_code.get(said), "level", None),
            }
            decided = [own, *(d for d in decided if d["scheme"] != standard.scheme)]
        for row in decided:
            if row["scheme"] == standard.scheme:
                made["class_code"] = row["class_code"]
                made.setdefault("level", row["level"] or None)
            kept = {k: v for k, v in row.items() if k not in ("rowid_", "level")}
            rows.tables["classifications"].append({"object_id": made["object_id"], **kept})


def _decided(
    con: duckdb.DuckDBPyConnection, standard: Standard, objects: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    from cimkit.standard import classify_sql

    schema = STAGED["objects"].append(pa.field("rowid_", pa.int64()))
    rows = [{**made, "rowid_": n, "parent_key": None} for n, made in enumerate(objects)]
    con.register("given_", pa.Table.from_pylist(rows, schema=schema))
    con.execute("CREATE OR REPLACE TEMP TABLE staged AS FROM given_")
    con.unregister("given_")
    try:
        table: pa.Table = con.execute(classify_sql(standard, "staged")).to_arrow_table()
        return list(table.to_pylist())
    finally:
        con.execute("DROP TABLE staged")
