"""A person's decision, and tables of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from cimkit.errors import UsageError

__all__ = ["Decision", "read_decisions"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of one object."""

    object: str
    """Its object id, identifier code or source key."""
    class_code: str | None
    """The class; None or ``-``: no class is due."""
    reason: str
    """Why, in a sentence."""
    level: str | None = None
    """The level; None: as the rules say for that class."""
    scheme: str | None = None
    """Scheme of the class; None: the primary one."""
    place: str = ""
    """Where it is written, for messages."""


def read_decisions(file: Path, *, reason: str = "") -> list[Decision]:
    """Read decisions from a CSV file: object, class, reason, and if wished level, scheme.

    Parameters
    ----------
    file : Path
        In UTF-8 or GBK; the first line names the columns.
    reason : str
        That of rows which name none.

    Raises
    ------
    UsageError
        If the file cannot be read, or lacks a column.
    """
    try:
        reader = csv.DictReader(_text(file).splitlines())
        rows = [(reader.line_num, row) for row in reader]
        names = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            "the decisions cannot be read",
            where=str(file),
            got=str(error),
            mend="Save the table as CSV in UTF-8.",
        ) from error
    known = ("object", "class", "reason", "level", "scheme")
    wrong = [n for n in names if n not in known]
    lacking = [n for n in known[:2] if n not in names]
    if wrong or lacking:
        raise UsageError(
            "a table of decisions has the columns object, class, reason, level, scheme",
            where=str(file),
            got=", ".join(names) or "an empty file",
        )
    if not rows:
        raise UsageError("a table of decisions without a row", where=str(file))
    for line, row in rows:
        if None in row:
            raise UsageError(
                "a row with more cells than the first line has columns",
                where=f"{file.name}:{line}",
                got=", ".join(map(str, row[None])),
                mend="Put a text with commas in double quotes.",
            )
    return [
        Decision(
            object=(row["object"] or "").strip(),
            class_code=(row["class"] or "").strip(),
            reason=(row.get("reason") or "").strip() or reason,
            level=(row.get("level") or "").strip() or None,
            scheme=(row.get("scheme") or "").strip() or None,
            place=f"{file.name}:{line}",
        )
        for line, row in rows
    ]


def _text(file: Path) -> str:
    plain = file.read_bytes()
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        return plain.decode("gb18030")  # as spreadsheets in China save it
