"""Predicates in SQL that a package may contain: expressions over one object, nothing else."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.standard._expressions import wrong_with

if TYPE_CHECKING:
    import duckdb

NAMES = (
    "kind", "layer", "source_class", "predefined_type", "name", "type", "pset", "classification",
    "material", "properties", "height", "area_m2", "length_m", "z_min", "z_max",
)  # fmt: skip
"""Columns a predicate sees; ``pset['P']['prop']`` is a text, ``classification`` a list of codes."""
FUNCTIONS = frozenset(
    {
        *("lower", "upper", "trim", "length", "left", "right", "substring", "concat"),
        *("contains", "starts_with", "ends_with", "prefix", "suffix", "split_part", "||"),
        *("regexp_matches", "regexp_full_match", "regexp_extract"),
        *("coalesce", "nullif", "ifnull", "if", "least", "greatest"),
        *("abs", "round", "floor", "ceil", "+", "-", "*", "/", "%"),
        *("len", "list_contains", "array_extract", "element_at", "json_extract_string", "->>"),
    }
)
"""Functions a predicate may call. None reads a file, a setting or another table, and each takes
time and memory in proportion to its arguments. LIKE is not among them (it tries every way to share
out a text among its signs), nor is ``replace`` (ten of them nested make ten billion letters)."""
TYPES = frozenset(
    {
        *("VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP"),
    }
)
"""Types a predicate may cast to."""
LONGEST = 20_000
"""Characters of a predicate."""
_CLASSES = frozenset(
    {
        *("FUNCTION", "COMPARISON", "CONJUNCTION", "CONSTANT", "COLUMN_REF", "CAST", "OPERATOR"),
        *("CASE", "BETWEEN"),
    }
)


def check_predicate(sql: str, where: str) -> None:
    """Raise `StandardError` unless ``sql`` is one harmless expression over one object."""
    if len(sql) > LONGEST:
        raise StandardError(
            f"a predicate of {len(sql)} characters", where=where, expected=f"at most {LONGEST}"
        )
    row = _parser().execute("SELECT json_serialize_sql(?)", [f"SELECT ({sql}) FROM t"]).fetchone()
    try:
        tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    except RecursionError as error:
        raise StandardError("a predicate nested too deeply", where=where) from error
    if tree.get("error"):
        raise StandardError(f"no valid SQL: {tree.get('error_message', '')}", where=where, got=sql)
    node = tree["statements"][0]["node"] if len(tree["statements"]) == 1 else {}
    plain = (
        node.get("type") == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"].get("table_name") == "t"
        and not node["modifiers"]
        and not any(node.get(k) for k in ("where_clause", "group_expressions", "having", "qualify"))
        and not node.get("cte_map", {}).get("map")
    )
    if not plain:
        raise StandardError("a predicate is one expression", where=where, got=sql)
    _walk(node["select_list"], sql, where)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return a database that only parses; to open one takes longer than to parse."""
    import duckdb

    return duckdb.connect(config={"enable_external_access": "false", "threads": 1})


def _walk(tree: Any, sql: str, where: str) -> None:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            _allow(node, sql, where)
            stack += [value for key, value in node.items() if key != "value"]


def _allow(node: dict[str, Any], sql: str, where: str) -> None:
    kind = node.get("class")
    if kind is not None:
        if kind not in _CLASSES:
            raise StandardError(
                f"a predicate may not contain {kind.lower().replace('_', ' ')}",
                where=where,
                got=sql,
            )
        if kind == "FUNCTION" and node["function_name"].lower() not in FUNCTIONS:
            raise StandardError(
                f"a predicate may not call {node['function_name']}",
                where=where,
                got=sql,
                expected=", ".join(sorted(f for f in FUNCTIONS if f.isidentifier())),
                mend="In place of LIKE: contains, starts_with, ends_with or regexp_matches.",
            )
        if kind == "FUNCTION" and node["function_name"] in ("json_extract_string", "->>"):
            _path(node["children"][1:], sql, where)
        if kind == "FUNCTION" and node["function_name"].startswith("regexp_"):
            _expression(node["children"][1:2], sql, where)
        if kind == "COLUMN_REF" and node["column_names"][-1].lower() not in NAMES:
            raise StandardError(
                "a predicate sees no such column",
                where=where,
                got=node["column_names"][-1],
                expected=", ".join(NAMES),
            )
        if kind == "CAST" and node["cast_type"]["id"] not in TYPES:
            raise StandardError(
                "a predicate may not cast to that type",
                where=where,
                got=node["cast_type"]["id"],
                expected=", ".join(sorted(TYPES)),
            )


def _path(arguments: list[dict[str, Any]], sql: str, where: str) -> None:
    """Refuse paths into JSON that are computed, or that search at all depths again and again."""
    for said in map(_text, arguments):
        if said is None or ".." in said or "**" in said:
            raise StandardError(
                "a path into the properties is a text without '..' and '**'", where=where, got=sql
            )


def _expression(arguments: list[dict[str, Any]], sql: str, where: str) -> None:
    """Refuse expressions that are made from the data: they may be as long as the data is."""
    for said in map(_text, arguments):
        wrong = "a regular expression is a text" if said is None else wrong_with(said)
        if wrong:
            raise StandardError(wrong, where=where, got=sql)


def _text(argument: dict[str, Any]) -> str | None:
    """Return the text that an argument is, or None if it is computed."""
    said = argument.get("value", {}).get("value") if argument["class"] == "CONSTANT" else None
    return said if isinstance(said, str) else None
