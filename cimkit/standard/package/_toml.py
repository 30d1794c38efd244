"""What may stand in the TOML files of a package, checked key by key."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._place import Place


def known(table: Any, allowed: Collection[str], where: str) -> None:
    """Refuse what is no table, or has a key that is not described."""
    if not isinstance(table, dict):
        raise StandardError("a table is wanted here", where=where, got=table)
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            raise StandardError(
                "no such key",
                where=at(where, key),
                got=key,
                expected=", ".join(sorted(allowed)),
                mend=f"Did you mean {near[0]!r}?" if near else "Choose one of them.",
            )


def at(where: str, key: str) -> str:
    """Return the place of a key: in a workbook its cell."""
    return where.cell(key) if isinstance(where, Place) else where


def tables(document: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """Return an array of tables, ``[[key]]``."""
    said = document.get(key, [])
    if not isinstance(said, list) or not all(isinstance(t, dict) for t in said):
        raise StandardError(f"`{key}` is an array of tables", where=where, expected=f"[[{key}]]")
    return said


def table(document: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """Return a table, ``[key]``."""
    said = document.get(key, {})
    if not isinstance(said, dict):
        raise StandardError(f"`{key}` is a table", where=where, got=said, expected=f"[{key}]")
    return said


def texts(document: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    """Return a list of texts, () if it is not there."""
    said = document.get(key, [])
    if not isinstance(said, list) or not all(isinstance(t, str) for t in said):
        raise StandardError(
            f"`{key}` is a list of texts",
            where=at(where, key),
            got=said,
            expected='["...", "..."]',
        )
    return tuple(said)


def scalar(document: dict[str, Any], key: str, kind: type, where: str, default: Any = None) -> Any:
    """Return one value of a kind (str, int, float, bool), or the default."""
    said = document.get(key, default)
    if said is default:
        return default
    fits = isinstance(said, kind) or (kind is float and isinstance(said, int))
    if not fits or (isinstance(said, bool) and kind is not bool):
        name = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
        raise StandardError(f"`{key}` is {name[kind]}", where=at(where, key), got=said)
    return kind(said)


def one_of(value: Any, allowed: Iterable[str], key: str, where: str) -> str:
    """Return a text if it is one of those allowed."""
    if value not in tuple(allowed):
        raise StandardError(
            f"no such {key}",
            where=where,
            got=value,
            expected=" | ".join(a or '""' for a in allowed),
            mend="Choose one of them.",
        )
    return str(value)
