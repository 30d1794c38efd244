"""What a writer could not carry, counted over the flattened standard."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cimkit.standard.draft import Draft, Loss, Row

__all__ = ["Ledger", "shown", "standard_row", "tables"]

_PARTS = (
    *("classes", "attributes", "mapping", "domains", "levels", "level_rules", "models"),
    "crosswalk",
)
_OTHER = {
    "rules": "rules are checks, not words of a list",
    "naming": "names of files are nothing that it describes",
    "files": "other files of the package stay where they are",
}
_ORIGIN = ("code_origin", "verified", "source")
_DEFAULTS = {
    ("classes", "access"): "public",
    ("attributes", "access"): "public",
    ("attributes", "type"): "text",
    ("attributes", "obligation"): "O",
    ("mapping", "confidence"): "1",
}
"""Cells that say no more than an empty one; `verified` = no is another."""
_KEYS = {
    "schemes": "id",
    "attributes": "name",
    "mapping": "class",
    "level_rules": "level",
    "models": "class",
    "crosswalk": "from_code",
}


def tables(draft: Draft) -> Iterator[tuple[str, str, list[Row]]]:
    """Yield ``(part, name, rows)`` of all tables; the name is ``part`` or ``part/name``."""
    for part in _PARTS:
        said = getattr(draft, part)
        if isinstance(said, dict):
            for name, rows in said.items():
                yield part, f"{part}/{name}", rows
        elif said:
            yield part, part, said
    if "scheme" in draft.head:
        yield "schemes", "schemes", [_spread(scheme) for scheme in draft.head["scheme"]]
    yield "standard", "standard", [standard_row(draft)]


def standard_row(draft: Draft) -> Row:
    """Return the head of a package as one row; titles become ``titles.zh`` and so on."""
    usual = {"method": "zero-error", "maximum": 0}
    left = (
        "id",
        "edition",
        "scheme",
        *(["acceptance"] if draft.head.get("acceptance") == usual else []),
    )
    return _spread({k: v for k, v in draft.head.items() if k not in left})


def _spread(document: Mapping[str, Any]) -> Row:
    row: Row = {}
    for key, value in document.items():
        if key == "titles":
            row |= {f"titles.{language}": text for language, text in value.items()}
        else:
            row[key] = value if isinstance(value, str) else repr(value)
    return row


class Ledger:
    """Collects losses while a standard is written.

    Parameters
    ----------
    draft : Draft
        The flattened standard.
    title : str
        Of the format, for the sentences.
    carried : mapping
        Columns that the format carries, by part of the standard.
    reasons : mapping, optional
        Why a part or a ``part.column`` is not carried, where the usual sentence says too little.
    """

    def __init__(
        self,
        draft: Draft,
        title: str,
        carried: Mapping[str, Collection[str]],
        reasons: Mapping[str, str] | None = None,
    ) -> None:
        self._draft = draft
        self._title = title
        self._carried = carried
        self._reasons = reasons or {}
        self._rows: dict[tuple[str, tuple[str, ...], str], list[int]] = {}
        self._more: list[Loss] = []

    def row(self, table: str, number: int, why: str, *columns: str) -> None:
        """Note a row that is not carried, or only some cells of it."""
        numbers = self._rows.setdefault((table, columns, why), [])
        if number not in numbers:
            numbers.append(number)

    def add(self, what: str, why: str, *, which: str = "", columns: tuple[str, ...] = ()) -> None:
        """Note something else."""
        self._more.append(Loss(what, which or ", ".join(columns), why, columns))

    def losses(self) -> list[Loss]:
        """Return all losses: what is not carried at all, then columns, rows and cells."""
        whole: dict[str, Loss] = {}
        columns: dict[tuple[str, str], set[str]] = {}
        gone = {
            (table, n)
            for (table, cells, _), numbers in self._rows.items()
            for n in numbers
            if not cells
        }
        for part, table, rows in tables(self._draft):
            carried = self._carried.get(part)
            if carried is None and part != "standard":
                whole[part] = Loss(part, "", self._why(part))
                continue
            for number, row in enumerate(rows):
                for column, text in row.items():
                    if (
                        (table, number) in gone
                        or column in (carried or ())
                        or _says_nothing(part, column, text)
                    ):
                        continue
                    columns.setdefault((part, self._why(part, column)), set()).add(column)
        for part, why in _OTHER.items():
            if getattr(self._draft, part):
                whole[part] = Loss(part, "", self._reasons.get(part, f"{self._title}: {why}."))
        found = list(whole.values())
        for (part, why), names in sorted(columns.items(), key=lambda item: sorted(item[1])):
            found.append(Loss(part, ", ".join(sorted(names)), why, tuple(sorted(names))))
        found += self._more
        named = {name: (part, rows) for part, name, rows in tables(self._draft)}
        for (table, cells, why), lines in self._rows.items():
            numbers = lines if not cells else [n for n in lines if (table, n) not in gone]
            if not numbers or table not in named:
                continue
            part, rows = named[table]
            which = shown([rows[n].get(_KEYS.get(part, "code"), "") for n in numbers])
            which = " of ".join(filter(None, [", ".join(cells), which]))
            found.append(Loss(table, which, why, cells, tuple(numbers)))
        return found

    def _why(self, part: str, column: str = "") -> str:
        said = self._reasons.get(f"{part}.{column}") or self._reasons.get(part)
        if said and (not column or f"{part}.{column}" in self._reasons):
            return said
        if column in _ORIGIN:
            return f"{self._title} has no place for where a row comes from."
        return f"{self._title} has no word for it."


def _says_nothing(part: str, column: str, text: str) -> bool:
    return (
        not text or _DEFAULTS.get((part, column)) == text or (column == "verified" and text == "no")
    )


def shown(names: list[str]) -> str:
    """Return names for a sentence, the first of them if they are many."""
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - 8} more" if len(names) > 9 else ""
    return ", ".join(names[: 8 if more else 9]) + more
