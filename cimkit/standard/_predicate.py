"""Predicates in SQL that a package may contain: expressions over one object, nothing else."""

from __future__ import annotations

import json
from typing import Any

from cimkit.errors import StandardError

NAMES = (
    "kind", "layer", "source_class", "predefined_type", "name", "type", "pset", "classification",
    "material", "properties", "height", "area_m2", "length_m", "z_min", "z_max",
)  # fmt: skip
"""Columns a predicate sees; ``pset['P']['prop']`` is a text, ``classification`` a list of codes."""
FUNCTIONS = frozenset(
    {
        *("lower", "upper", "trim", "length", "replace", "left", "right", "substring", "concat"),
        *("contains", "starts_with", "ends_with", "prefix", "suffix", "split_part", "||"),
        *("regexp_matches", "regexp_full_match", "regexp_extract", "~~", "!~~", "~~*", "!~~*"),
        *("coalesce", "nullif", "ifnull", "if", "least", "greatest"),
        *("abs", "round", "floor", "ceil", "+", "-", "*", "/", "%"),
        *("len", "list_contains", "array_extract", "element_at", "json_extract_string", "->>"),
    }
)
"""Functions a predicate may call: none reads a file, a setting or another table."""
_CLASSES = frozenset(
    {
        *("FUNCTION", "COMPARISON", "CONJUNCTION", "CONSTANT", "COLUMN_REF", "CAST", "OPERATOR"),
        *("CASE", "BETWEEN"),
    }
)


def check_predicate(sql: str, where: str) -> None:
    """Raise `StandardError` unless ``sql`` is one harmless expression over one object."""
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as con:
        row = con.execute("SELECT json_serialize_sql(?)", [f"SELECT ({sql}) FROM t"]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
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


def _walk(node: Any, sql: str, where: str) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, sql, where)
        return
    if not isinstance(node, dict):
        return
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
            )
        if kind == "COLUMN_REF" and node["column_names"][-1].lower() not in NAMES:
            raise StandardError(
                "a predicate sees no such column",
                where=where,
                got=node["column_names"][-1],
                expected=", ".join(NAMES),
            )
    for key, value in node.items():
        if key != "value":
            _walk(value, sql, where)
