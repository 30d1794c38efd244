"""Values of TOML as texts of cells, and back: plain where that is exact, JSON where it is not."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cimkit.errors import StandardError

_SEGMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^.]+')
_ITEM = re.compile(r"[;；\n]")
_PARAMETER = re.compile(r"\s*([\w-]+)\s*=(.*)", re.DOTALL)


def literal(text: str) -> Any:
    """Return what a cell says: a number, true, false, a JSON text, list or table, else its text."""
    text = text.strip()
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def literal_text(value: Any) -> str:
    """Return the text that `literal` reads as this value."""
    if isinstance(value, str) and literal(value) == value and value:
        return value
    return _json(value)


def plain(text: str) -> str:
    """Return a cell's text; one in double quotes is JSON, which keeps blanks at its ends."""
    text = text.strip()
    if text.startswith('"') and text.endswith('"'):
        said = literal(text)
        return said if isinstance(said, str) else text
    return text


def plain_text(value: Any) -> str:
    """Return the text that `plain` reads as this one."""
    if isinstance(value, str) and plain(value) == value and value:
        return value
    return _json(value)


def exact(text: str) -> str:
    """Return a cell's text with the blanks at its ends; JSON as in `plain`."""
    said = literal(text) if text.startswith('"') else text
    return said if isinstance(said, str) else text


def exact_text(value: Any) -> str:
    """Return the text that `exact` reads as this one."""
    if isinstance(value, str) and exact(value) == value and value:
        return value
    return _json(value)


def items(text: str) -> list[Any]:
    """Return the items of a list: ``a; b``, one a line, or JSON."""
    text = text.strip()
    said = literal(text) if text.startswith("[") else None
    if isinstance(said, list):
        return said
    return [plain(part) for part in _ITEM.split(text) if part.strip()]


def items_text(value: Any) -> str:
    """Return the text that `items` reads as this list."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        text = "; ".join(value)
        if items(text) == value and value:
            return text
    return _json(value)


def parameters(text: str, where: str) -> dict[str, Any]:
    """Return ``name=value; ...`` or a JSON table.

    Raises
    ------
    StandardError
        If it is neither.
    """
    text = text.strip()
    if text.startswith("{"):
        said = literal(text)
        if isinstance(said, dict):
            return said
    found = {}
    for part in _ITEM.split(text):
        if not part.strip():
            continue
        match = _PARAMETER.fullmatch(part)
        if match is None:
            raise StandardError(
                "no parameters can be read here",
                where=where,
                got=text,
                expected='name=value; name=value, or JSON such as {"name": [1, 2]}',
            )
        found[match[1]] = literal(match[2])
    return found


def parameters_text(value: Any) -> str:
    """Return the text that `parameters` reads as this table."""
    if not isinstance(value, dict):
        return _json(value)
    text = "; ".join(f"{k}={literal_text(v)}" for k, v in value.items())
    try:
        same = list(parameters(text, "").items()) == list(value.items()) and bool(value)
    except StandardError:
        same = False
    # 4 and 4.0 are equal, but a check may care.
    return text if same and _json(parameters(text, "")) == _json(value) else _json(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_date)
    except ValueError as error:
        raise StandardError(f"no value for a cell: {error}", got=value) from error


def _date(value: Any) -> str:
    # TOML has dates of its own; a package writes its dates as texts.
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    raise TypeError(value)


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(key, value)`` of a document, tables and arrays of tables taken apart.

    Examples
    --------
    >>> list(leaves({"crs": {"allowed": ["EPSG:4490"]}, "scheme": [{"id": "a"}]}))
    [('crs.allowed', ['EPSG:4490']), ('scheme.1.id', 'a')]
    """
    for name, value in table.items():
        bare = re.fullmatch(r"[\w-]+", name) and not re.fullmatch("[0-9]+", name)
        key = above + (name if bare else _json(name))
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{key}.")
        elif isinstance(value, list) and value and all(isinstance(v, dict) and v for v in value):
            for number, entry in enumerate(value, 1):
                yield from leaves(entry, f"{key}.{number}.")
        else:
            yield key, value


def kind_of_key(key: str) -> str:
    """Return a key without the numbers of array entries: ``scheme.1.id`` is ``scheme.id``."""
    return re.sub(r"\.[0-9]+(?=\.)", "", key)


def put(table: dict[str, Any], key: str, value: Any, where: str) -> None:
    """Set the value at a key as `leaves` writes it.

    Raises
    ------
    StandardError
        If the key is none, or is taken.
    """
    parts: list[str | int] = []
    at = 0
    while match := _SEGMENT.match(key, at):
        text = match[0].strip()
        if text.startswith('"'):
            parts.append(str(literal(text)))
        else:
            parts.append(int(text) if re.fullmatch("[0-9]+", text) else text)
        at = match.end() + 1
        if key[match.end() : at] not in ("", "."):
            break
    if at != len(key) + 1 or not isinstance(parts[0], str):
        raise StandardError("no key can be read here", where=where, got=key)
    inside: Any = table
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        last = following is None
        default = value if last else [] if isinstance(following, int) else {}
        if isinstance(part, int):
            if not isinstance(inside, list) or not 0 < part <= len(inside) + 1:
                raise StandardError("entries are numbered 1, 2, 3 ...", where=where, got=key)
            if part > len(inside):
                inside.append(default)
            elif last:
                raise StandardError("this key stands twice", where=where, got=key)
            inside = inside[part - 1]
        else:
            if not isinstance(inside, dict) or (last and part in inside):
                raise StandardError("this key stands twice", where=where, got=key)
            inside = inside.setdefault(part, default)
