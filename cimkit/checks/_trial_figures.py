"""Figures of a trial, from the tables of the catalogue that it filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from cimkit.checks._sql import field_text, quote

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["codes", "kinds", "levels", "naming", "unmapped"]

_EXAMPLES = 5
_FIELDS = 12
Figures = tuple[int, int, tuple[str, ...]]
"""How many are good, how many there are, and some that are not."""


def _exempt(standard: Standard) -> str:
    """Return the query for the objects to which no class is due."""
    return (
        "SELECT object_id FROM classifications WHERE class_code IS NULL AND rule IS NOT NULL "
        f"AND scheme = {quote(standard.scheme)}"
    )


def kinds(con: duckdb.DuckDBPyConnection, standard: Standard) -> list[dict[str, Any]]:
    """Return how many objects of each kind are classed, exempt and unclassed."""
    return _rows(
        con,
        f"""SELECT kind, count(*) AS objects, count(class_code) AS classed,
                   count(*) FILTER (class_code IS NULL AND exempt) AS exempt,
                   count(*) FILTER (class_code IS NULL AND NOT exempt) AS unclassed
            FROM (SELECT kind, class_code, object_id IN ({_exempt(standard)}) AS exempt
                  FROM objects) GROUP BY kind ORDER BY kind""",
    )


def unmapped(
    con: duckdb.DuckDBPyConnection, standard: Standard, top: int
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many groups of objects nothing classes, and the largest with keys and fields."""
    rows = _rows(
        con,
        f"""WITH bare AS (SELECT * FROM objects WHERE class_code IS NULL
                          AND object_id NOT IN ({_exempt(standard)})),
        grouped AS (
            SELECT kind, coalesce(source_class, '') AS source_class,
                   coalesce(source_layer, '') AS layer, count(*) AS count,
                   min(source_key, 3) AS keys, any_value(properties) AS example
            FROM bare GROUP BY ALL)
        SELECT kind, source_class, layer, count, keys, example, count(*) OVER () AS groups
        FROM grouped ORDER BY count DESC, kind, source_class, layer LIMIT {int(top)}""",
    )
    groups = rows[0]["groups"] if rows else 0
    for row in rows:
        row["fields"] = list(islice(_addresses(json.loads(row.pop("example") or "{}")), _FIELDS))
        del row["groups"]
    return groups, rows


def _addresses(properties: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of an object as the mapping addresses them."""
    for name, value in properties.items():
        inside = value if isinstance(value, dict) else {}
        if name == "attributes":
            yield from (f"attributes.{inner}" for inner in inside)
        elif name in ("pset", "quantities"):
            for group, inner in inside.items():
                yield from (f"{name}.{group}.{one}" for one in inner)
        else:
            yield name


def levels(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return how many objects have each level."""
    return _rows(
        con,
        "SELECT coalesce(level, '') AS level, count(*) AS count FROM objects "
        "GROUP BY ALL ORDER BY level",
    )


def naming(con: duckdb.DuckDBPyConnection, standard: Standard) -> Figures | None:
    """Return how many files are called as the standard says; None if it does not say."""
    if standard.naming is None:
        return None
    paths = [
        p
        for (p,) in con.execute(
            "SELECT path FROM items WHERE status <> 'ignored' ORDER BY path"
        ).fetchall()
    ]
    due = [p for p in paths if not standard.naming.is_exempt(p)]
    bad = [p for p in due if standard.naming.parse(p) is None]
    return len(due) - len(bad), len(due), tuple(bad[:_EXAMPLES])


def codes(con: duckdb.DuckDBPyConnection, standard: Standard) -> Figures | None:
    """Return how many of the codes that a delivery states are well formed; None if it has none."""
    grammar = standard.grammar
    if grammar is None or not grammar.field_names:
        return None
    stated = con.execute(
        f"""SELECT code, count(*) FROM (SELECT {field_text(*grammar.field_names)} AS code
            FROM objects) WHERE code IS NOT NULL GROUP BY code ORDER BY code"""
    ).fetchall()
    bad = [(code, n) for code, n in stated if grammar.validate(code)]
    every = sum(n for _, n in stated)
    if not every:
        return None
    return every - sum(n for _, n in bad), every, tuple(code for code, _ in bad[:_EXAMPLES])


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.execute(sql).to_arrow_table().to_pylist()
    return found
