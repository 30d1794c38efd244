"""Which SQL is let through: one SELECT, over known tables, with known functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cimkit.catalog._functions import SCALAR, TABLE
from cimkit.catalog._lake import literal
from cimkit.catalog._views import MACROS, TABLE_MACROS
from cimkit.errors import QueryError, QueryRefused

__all__ = ["guard"]

_REFERENCES = {
    "BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY", "TABLE_FUNCTION",
}  # fmt: skip
_SCALAR = SCALAR | set(MACROS)
_TABLE = TABLE | set(TABLE_MACROS)
_PLAIN = re.compile(r"\w+")


def guard(sql: str, tables: set[str]) -> set[str]:
    """Refuse SQL that could read or change what it may not.

    A read-only, locked connection without file access is not enough: ``sqlite_scan``, ``query`` and
    ``ducklake_cleanup_old_files`` read foreign files and delete data through it. So the parsed
    query is walked, and what is not on a list is refused.

    Parameters
    ----------
    sql : str
        The query.
    tables : set of str
        Tables and views that there are, small letters.

    Returns
    -------
    set of str
        Those it names.

    Raises
    ------
    QueryRefused
        If it is more than one SELECT over these tables with listed functions.
    QueryError
        If it cannot be parsed.
    """
    tree = _parse(sql)
    walked = list(_walk(tree))
    queries = {
        str(entry["key"]).lower()
        for node, _ in walked
        for entry in (node.get("cte_map") or {}).get("map", [])
    }
    for label in queries:
        # A quoted name like "a.csv" would be read as a file where the WITH does not reach.
        if not _PLAIN.fullmatch(label):
            raise QueryRefused(
                "the name in WITH is not a plain name", got=label, mend="Use letters and digits."
            )
    used = set()
    for node, parent in walked:
        if "function_name" in node:
            _function(node, in_from=parent == "TABLE_FUNCTION")
        if "sample" in node and "select_list" not in node and "class" not in node:
            kind = node.get("type")
            if kind not in _REFERENCES:
                raise QueryRefused(
                    f"{kind} may not stand in FROM", expected="tables and subqueries"
                )
            if kind == "BASE_TABLE":
                used.add(_table(node, tables | queries))
    return used & tables


def _parse(sql: str) -> Any:
    import duckdb

    con = duckdb.connect(config={"autoload_known_extensions": False})
    try:
        statements = con.extract_statements(sql)
        if len(statements) != 1:
            raise QueryRefused(
                "one statement at a time",
                got=f"{len(statements)} statements",
                expected="one SELECT",
            )
        kind = statements[0].type
        if kind != duckdb.StatementType.SELECT:
            raise QueryRefused(
                "only SELECT is let through",
                got=kind.name,
                mend="The catalogue is changed by `cimkit ingest` alone.",
            )
        # As text: to bind a parameter DuckDB imports pandas, which takes longer than most queries.
        row = con.execute(f"SELECT json_serialize_sql({literal(sql)})").fetchone()
    except duckdb.Error as error:
        raise QueryError("the SQL cannot be parsed", got=str(error)) from error
    finally:
        con.close()
    assert row is not None
    try:
        tree = json.loads(row[0])
    except RecursionError as error:
        raise QueryRefused("the SQL is nested too deeply", mend="Write it with WITH.") from error
    if tree.get("error"):
        raise QueryRefused(
            "this form of SELECT cannot be examined",
            got=tree.get("error_message"),
            mend="Write it as a plain SELECT (no PIVOT, DESCRIBE or SUMMARIZE).",
        )
    return tree["statements"]


def _walk(tree: Any, parent: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    stack: list[tuple[Any, str]] = [(tree, parent)]
    while stack:
        node, above = stack.pop()
        if isinstance(node, dict):
            yield node, above
            here = str(node.get("type", ""))
            stack += [(child, here) for child in node.values()]
        elif isinstance(node, list):
            stack += [(child, above) for child in node]


def _function(node: dict[str, Any], *, in_from: bool) -> None:
    label = str(node["function_name"]).lower()
    foreign = node.get("schema") not in ("", "main", None) or node.get("catalog") not in ("", None)
    if foreign or label not in (_TABLE if in_from else _SCALAR):
        raise QueryRefused(
            "this function is not let through",
            got=label,
            mend="Queries may compute and read the catalogue's tables, nothing else; bring files "
            "in as tables (--with name=FILE)."
            if in_from
            else "Queries may call only functions that compute a value from their arguments.",
        )


def _table(node: dict[str, Any], known: set[str]) -> str:
    label = str(node["table_name"]).lower()
    inside = node.get("schema_name") in ("", "main", None) and not node.get("catalog_name")
    if node.get("at_clause"):
        raise QueryRefused("AT is not let through", mend="Ask with --as-of VERSION or TIME.")
    if not inside or label not in known:
        full = ".".join(
            str(p) for p in (node.get("catalog_name"), node.get("schema_name"), label) if p
        )
        raise QueryRefused(
            "no such table in the catalogue",
            got=full,
            expected=", ".join(sorted(t for t in known if not t.startswith("class_"))),
            mend="Bring your own files in with --with name=FILE.",
        )
    return label
