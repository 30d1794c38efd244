"""Conditions of a mapping row, and each of them as SQL."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from cimkit.errors import StandardError
from cimkit.standard._expressions import wrong_with
from cimkit.standard.classification._predicate import check_predicate
from cimkit.standard.package._place import Place
from cimkit.standard.rows import MappingRow

DIMENSIONS = {
    "kind": "kind",
    "layer": "source_layer",
    "source_class": "source_class",
}
"""Addresses of columns that repeat over many objects, with the name of the column."""
COLUMNS = {"name": "name", "source_key": "source_key"}
"""Addresses of other columns with text."""
NUMBERS = ("height", "area_m2", "length_m", "z_min", "z_max")
"""Columns with numbers, addressed as ``measure.<column>``."""
LISTS = {
    "classification": ("/classification", "$[*].code"),
    "classification.system": ("/classification", "$[*].system"),
    "classification.name": ("/classification", "$[*].name"),
    "material": ("/material", "$[*]"),
    "presentation_layer": ("/layer", "$[*]"),
    "system": ("/system", "$[*]"),
}
"""Addresses that may have several values: a condition holds if it holds for one of them."""
OPS = (
    *("equals", "in", "contains", "prefix", "suffix", "word", "matches"),
    *("exists", "absent", "gt", "ge", "lt", "le"),
)
_NUMERIC = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison."""

    address: str
    op: str
    value: str

    @property
    def values(self) -> tuple[str, ...]:
        """Values it may equal, in small letters; () if it is no equality."""
        if self.op == "equals":
            return (self.value.strip().lower(),)
        if self.op == "in":
            return tuple(v.strip().lower() for v in self.value.split("|") if v.strip())
        return ()

    def sql(self, text: str) -> str:
        """Return the predicate over an SQL expression: a text in small letters, or NULL."""
        value = literal(self.value.strip().lower())
        if self.values:
            return f"{text} IN ({', '.join(map(literal, self.values))})"
        if self.op == "contains":
            return f"contains({text}, {value})"
        if self.op == "prefix":
            return f"starts_with({text}, {value})"
        if self.op == "suffix":
            return f"ends_with({text}, {value})"
        if self.op == "word":
            return f"regexp_matches({text}, {literal(word_pattern(self.value))})"
        if self.op == "matches":
            return f"regexp_matches({text}, {literal(self.value)}, 'i')"
        if self.op == "exists":
            return f"nullif({text}, '') IS NOT NULL"
        if self.op == "absent":
            return f"nullif({text}, '') IS NULL"
        return f"TRY_CAST({text} AS DOUBLE) {_NUMERIC[self.op]} {float(self.value)!r}"


def conditions(row: MappingRow) -> tuple[Condition, ...]:
    """Return what must hold for a row, apart from its ``sql``."""
    said = [
        Condition(address, "equals", value)
        for address, value in (
            ("kind", row.kind),
            ("layer", row.layer),
            ("source_class", row.source_class),
            ("predefined_type", row.predefined_type),
        )
        if value
    ]
    if row.op:
        said.append(Condition(row.field, row.op, row.value))
    return tuple(said)


def check_row(row: MappingRow, place: Place) -> None:
    """Raise `StandardError` if a row cannot be compiled."""
    if row.sql:
        if row.field or row.op or row.value:
            raise StandardError(
                "`sql` stands alone, without field, op and value",
                where=place.cell("sql"),
                mend="Take out the one or the others.",
            )
        check_predicate(row.sql, place.cell("sql"))
        return
    if bool(row.field) != bool(row.op):
        empty, other = ("op", "field") if row.field else ("field", "op")
        raise StandardError(
            "`field` and `op` go together",
            where=place.cell(empty),
            mend=f"Fill in `{empty}`, or empty `{other}` and `value`.",
        )
    if not conditions(row):
        raise StandardError(
            "a mapping row without a condition",
            where=place,
            mend="Say what such objects are known by: kind, layer, source_class, or a field with "
            "op and value.",
        )
    if not row.op:
        return
    if row.op not in OPS:
        near = difflib.get_close_matches(row.op.casefold(), OPS, 1)
        raise StandardError(
            "no such op",
            where=place.cell("op"),
            got=row.op,
            expected=" | ".join(OPS),
            mend=f"Did you mean {near[0]!r}?" if near else "Choose one of them.",
        )
    if row.op in ("exists", "absent") and row.value:
        raise StandardError(
            f"`{row.op}` and `value` do not fit",
            where=place.cell("value"),
            got=row.value,
            mend=f"Empty the cell: `{row.op}` compares with nothing.",
        )
    _check_value(row, place)
    several = row.field.split("|")
    if len(several) > 1 and not all(a and a not in LISTS and a not in DIMENSIONS for a in several):
        raise StandardError(
            "only fields with one value can stand for each other",
            where=place.cell("field"),
            got=row.field,
            mend="Write a row for each of them.",
        )
    if row.field.startswith("measure.") and row.field[8:] not in NUMBERS:
        raise StandardError(
            "no such measure",
            where=place.cell("field"),
            got=row.field,
            expected=" | ".join(f"measure.{n}" for n in NUMBERS),
        )


def _check_value(row: MappingRow, place: Place) -> None:
    at = place.cell("value")
    if row.op not in ("exists", "absent") and not row.value:
        raise StandardError(
            f"`{row.op}` and `value` do not fit", where=at, got="", mend="Say what is compared."
        )
    if row.op in _NUMERIC:
        try:
            float(row.value)
        except ValueError as error:
            raise StandardError(
                "a number is wanted",
                where=at,
                got=row.value,
                mend=f"Write the number alone, without its unit: `{row.op}` compares numbers.",
            ) from error
    if row.op == "matches":
        wrong = wrong_with(row.value)
        if wrong:
            raise StandardError(wrong, where=at, got=row.value)


def pointer(address: str) -> str:
    """Return the JSON pointer of an address into ``lower(properties)``: bureaus differ in case."""
    if address in LISTS:
        return LISTS[address][0]
    head, dot, rest = address.lower().partition(".")
    if not dot or head not in ("pset", "quantities", "attributes"):
        return "/" + _step(address.lower())
    steps = [rest] if head == "attributes" else rest.split(".", 1)
    return "/" + "/".join(map(_step, [head, *steps]))


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def word_pattern(text: str) -> str:
    """Return the expression that finds words in a layer name, for RE2 in small letters.

    ``street lamp`` is found in ``street_lamps``, ``StreetLamp`` and ``fac-street-lamp_2026``; a
    text that is not ASCII has no word borders and is looked for as it is.
    """
    words = re.split(r"[ _.-]+", text.strip().lower())
    body = "[ _.-]*".join(map(re.escape, words))
    if not text.isascii():
        return body
    return f"(^|[^a-z0-9]){body}(e?s)?([^a-z]|$)"


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
