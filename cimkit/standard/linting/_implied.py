"""Whether one condition follows from another, and a quick way to the rows that may shadow a row.

*Follows* is decided on the safe side: where it cannot be decided (two regular expressions, two
alternatives of fields) the answer is no.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from cimkit.standard.classification._conditions import (
    COLUMNS,
    DIMENSIONS,
    LISTS,
    Condition,
    word_pattern,
)
from cimkit.standard.classification._entries import Entry

__all__ = ["Index", "Single", "address_of", "follows", "singles"]

_NUMERIC = ("gt", "ge", "lt", "le")
_EXPRESSIONS = ("word", "matches")
Single = tuple[Condition, ...]
"""Conditions of a row, with one value where it asks for one of several."""


def address_of(condition: Condition) -> str:
    """Return an address as objects see it: bureaus differ in case."""
    address = condition.address
    if address in DIMENSIONS or address in COLUMNS or address in LISTS:
        return address
    return address.lower()


def singles(entry: Entry) -> Iterator[Single]:
    """Yield the conditions of a row once for each choice of values it would match."""
    plain = [c for c in entry.conditions if not c.values]
    listed = [c for c in entry.conditions if c.values]
    for values in product(*(c.values for c in listed)):
        chosen = (Condition(c.address, "equals", v) for c, v in zip(listed, values, strict=True))
        yield (*chosen, *plain)


def follows(wanted: Condition, given: Condition) -> bool:
    """Return whether whatever fulfils ``given`` fulfils ``wanted``, too (of one address).

    Examples
    --------
    >>> follows(Condition("layer", "contains", "lamp"), Condition("layer", "equals", "street lamp"))
    True
    >>> follows(Condition("layer", "equals", "lamp"), Condition("layer", "contains", "lamp"))
    False
    """
    if wanted.op == "exists":
        return given.op != "absent"
    if wanted.op == "absent":
        return given.op == "absent"
    if given.values:
        return all(_holds(wanted, value) for value in given.values)
    text = given.value.strip().lower()
    want = wanted.value.strip().lower()
    if wanted.op in _NUMERIC and given.op in _NUMERIC:
        return _bounds(wanted, given)
    if wanted.op == given.op and wanted.op in ("matches", "word") and want == text:
        return True
    if wanted.op == "prefix":
        return given.op == "prefix" and text.startswith(want)
    if wanted.op == "suffix":
        return given.op == "suffix" and text.endswith(want)
    if wanted.op == "contains":
        if given.op == "word":
            return any(want in token for token in re.split(r"[ _.-]+", text))
        return given.op in ("contains", "prefix", "suffix") and want in text
    return False


def _holds(condition: Condition, value: str) -> bool:
    """Return whether a condition holds for a text in small letters."""
    want = condition.value.strip().lower()
    match condition.op:
        case "equals" | "in":
            return value in condition.values
        case "contains":
            return want in value
        case "prefix":
            return value.startswith(want)
        case "suffix":
            return value.endswith(want)
        case "word":
            return _found(word_pattern(condition.value), value)
        case "matches":
            return _found(condition.value, value)
        case _:
            return _number(condition, value)


def _number(condition: Condition, value: str) -> bool:
    try:
        number, limit = float(value), float(condition.value)
    except ValueError:
        return False
    if condition.op in ("gt", "ge"):
        return number > limit or (condition.op == "ge" and number == limit)
    return number < limit or (condition.op == "le" and number == limit)


@cache
def _found(pattern: str, value: str) -> bool:
    """Search as DuckDB does, with RE2: an expression that explodes in Python's `re` does not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return bool(pc.match_substring_regex(pa.array([value]), pattern, ignore_case=True)[0].as_py())


def _bounds(wanted: Condition, given: Condition) -> bool:
    above = {wanted.op, given.op} <= {"gt", "ge"}
    if not above and not {wanted.op, given.op} <= {"lt", "le"}:
        return False
    want, have = float(wanted.value), float(given.value)
    if not above:
        want, have = -want, -have
    return have > want or (have == want and (given.op == wanted.op or given.op in ("gt", "lt")))


class Index:
    """Rows in their order, by what an object must have to be theirs.

    Each row stands under the rarest of its conditions; a row that could be shadowed by it has a
    condition from which that one follows, and finds it by the same key.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._wanted = [[(address_of(c), c) for c in e.conditions] for e in entries]
        self._found = _texts_found(self._wanted)
        keys = [[list(self._keys(a, c)) for a, c in row] for row in self._wanted]
        often: dict[tuple[str, ...], int] = defaultdict(int)
        for row in keys:
            for group in row:
                for key in group:
                    often[key] += 1
        self._rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._lengths: dict[str, set[int]] = defaultdict(set)
        for number, (entry, row) in enumerate(zip(entries, keys, strict=True)):
            rarest = min(row, key=lambda group: max(often[k] for k in group), default=None)
            for key in rarest or [("sql", entry.sql)]:
                self._rows[key].append(number)
                if key[0] == "part":
                    self._lengths[key[1]].add(len(key[2]))

    def before(self, number: int, single: Single) -> int | None:
        """Return the first row before a row that decides whatever has these conditions."""
        sql = self._entries[number].sql
        given = [(address_of(c), c) for c in single]
        found = {n for address, c in given for n in self._near(address, c) if n < number}
        found |= {n for n in self._rows.get(("sql", sql), ()) if n < number}
        for candidate in sorted(found):
            own = self._entries[candidate].sql
            if (not own or own == sql) and all(
                any(a == address and self._follows(wanted, c) for a, c in given)
                for address, wanted in self._wanted[candidate]
            ):
                return candidate
        return None

    def _follows(self, wanted: Condition, given: Condition) -> bool:
        if wanted.op in _EXPRESSIONS and given.op == "equals":
            return given.value.strip().lower() in self._found[address_of(wanted), _pattern(wanted)]
        return follows(wanted, given)

    def _near(self, address: str, condition: Condition) -> Iterator[int]:
        text = condition.value.strip().lower()
        yield from self._rows.get(("any", address), ())
        yield from self._rows.get(("same", address, _pattern(condition)), ())
        if condition.op == "equals":
            yield from self._rows.get(("is", address, text), ())
        for length in self._lengths.get(address, ()):
            for start in range(len(text) - length + 1):
                yield from self._rows.get(("part", address, text[start : start + length]), ())

    def _keys(self, address: str, condition: Condition) -> Iterator[tuple[str, ...]]:
        text = condition.value.strip().lower()
        if condition.values:
            for value in condition.values:
                yield "is", address, value
        elif condition.op in ("contains", "prefix", "suffix"):
            yield "part", address, text
        elif condition.op in _EXPRESSIONS:
            yield "same", address, _pattern(condition)
            for value in self._found[address, _pattern(condition)]:
                yield "is", address, value
        else:
            yield "any", address


def _texts_found(
    rows: Sequence[Sequence[tuple[str, Condition]]],
) -> dict[tuple[str, str], set[str]]:
    """Return for each expression, by address, the values asked for elsewhere in which it is found.

    One search a distinct expression over all values: RE2, as in DuckDB, so that an expression that
    explodes in Python's `re` does not.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values: dict[str, set[str]] = defaultdict(set)
    patterns: set[tuple[str, str]] = set()
    for row in rows:
        for address, condition in row:
            values[address].update(condition.values)
            if condition.op in _EXPRESSIONS:
                patterns.add((address, _pattern(condition)))
    arrays = {address: pa.array(sorted(texts), pa.string()) for address, texts in values.items()}
    found = {}
    for address, pattern in patterns:
        texts = arrays[address]
        fits = pc.match_substring_regex(texts, pattern, ignore_case=True)
        found[address, pattern] = set(texts.filter(fits).to_pylist())
    return found


def _pattern(condition: Condition) -> str:
    return word_pattern(condition.value) if condition.op == "word" else condition.value
