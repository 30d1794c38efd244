"""A draft as the rows of a workbook's sheets; `_workbook_gather` is the way back."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Row
from cimkit.standard.workbook._layout import (
    ENTRY_LISTS,
    FOLDERS,
    LIST_KEYS,
    NAMING_COLUMNS,
    NUMBER_KEYS,
    RULE_TEXTS,
    SEGMENT_COLUMNS,
    TABLES,
    TEXT_KEYS,
)
from cimkit.standard.workbook._values import (
    exact_text,
    items_text,
    kind_of_key,
    leaves,
    literal_text,
    parameters_text,
    plain_text,
)

CELL = 32_767
"""Characters that a cell holds."""
NOTES = "NOTES.md"
"""File of a package that is the sheet ``notes``."""
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
"""What XML cannot say, and what would be read as an escape of it."""
SCOPE = {"kinds": "applies_to", "classes": "applies_to", "layers": "applies_to"}
_LISTS = (*SCOPE, "needs")


def to_sheets(draft: Draft) -> dict[str, list[Row]]:
    """Return the rows of each sheet.

    Raises
    ------
    StandardError
        If a rule has a key that no column is for.
    """
    head = dict(draft.head)
    sheets: dict[str, list[Row]] = {"standard": []}
    code = head.get("code")
    if isinstance(code, dict) and _are_tables(code.get("segments")):
        sheets["code"] = [_entry(s, SEGMENT_COLUMNS) for s in code["segments"]]
        head["code"] = {k: v for k, v in code.items() if k != "segments"}
    for key, value in leaves(head):
        kind = kind_of_key(key)
        write = (
            plain_text if kind in TEXT_KEYS else items_text if kind in LIST_KEYS else literal_text
        )
        if key != "code" or "code" not in sheets:
            sheets["standard"].append({"key": key, "value": write(value)})
    for sheet in TABLES:
        sheets[sheet] = getattr(draft, sheet)
    for sheet, column in FOLDERS.items():
        tables: Mapping[str, list[Row]] = getattr(draft, sheet)
        # A row that has but its name says that a list without values is there.
        sheets[sheet] = [{column: n, **row} for n, t in tables.items() for row in t or [{}]]
    sheets["rules"] = [
        {"file": name, **_rule(entry, kind, name)}
        for name, document in draft.rules.items()
        for kind in document
        for entry in _entries(document, kind, name)
    ]
    sheets["naming"] = _naming_rows(draft.naming)
    files = dict(draft.files)
    notes = _note_rows(files.get(NOTES, b""))
    if notes:
        sheets["notes"] = notes
        del files[NOTES]
    sheets["files"] = [row for name in sorted(files) for row in _file_rows(name, files[name])]
    return sheets


def escaped(text: str) -> str:
    """Return a text as the cells of workbooks write it."""
    return _ESCAPE.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _entries(document: Mapping[str, Any], kind: str, where: str) -> list[dict[str, Any]]:
    if kind not in ("rule", "change") or not _are_tables(document[kind]):
        raise StandardError(
            "the sheet `rules` cannot hold this", where=where, got=kind, expected="rule | change"
        )
    entries: list[dict[str, Any]] = document[kind]
    return entries


def _entry(table: Mapping[str, Any], columns: list[str]) -> Row:
    """Return the cells of an entry; a key that has no column gets one."""
    row = {}
    for key, value in table.items():
        known = key in columns
        as_list = known and key in ENTRY_LISTS
        as_text = known and key not in NUMBER_KEYS
        write = items_text if as_list else plain_text if as_text else literal_text
        row[key] = write(value)
    return row


def _rule(entry: Mapping[str, Any], kind: str, where: str) -> Row:
    row = {} if kind == "rule" else {"change": "change" if entry.get("enabled", True) else "retire"}
    said = dict(entry)
    said.pop("enabled", None)
    scope = said.pop("applies_to", {})
    for key in RULE_TEXTS:
        if key in said:
            row[key] = (exact_text if key == "sql" else plain_text)(said.pop(key))
    for key, value in [*scope.items(), *((k, said.pop(k)) for k in ("needs",) if k in said)]:
        if key not in _LISTS:
            raise StandardError("the sheet `rules` has no column for this", where=where, got=key)
        row[key] = items_text(value)
    for key in ("tolerance", "weight"):
        if key in said:
            row[key] = literal_text(said.pop(key))
    for key in ("title", "message", "hint"):
        for language, text in said.pop(key, {}).items():
            row[f"{key}_{language}"] = plain_text(text)
    if "parameters" in said:
        row["parameters"] = parameters_text(said.pop("parameters"))
    if "mandatory" in said:
        row["mandatory"] = "yes" if said.pop("mandatory") else "no"
    if said:
        raise StandardError(
            "the sheet `rules` has no column for this", where=where, got=next(iter(said))
        )
    return row


def _naming_rows(naming: Mapping[str, Any]) -> list[Row]:
    rows = []
    for key, value in naming.items():
        if key == "exempt" and isinstance(value, list) and value:
            rows += [{"what": key, "pattern": plain_text(v)} for v in value]
        elif key == "part" and isinstance(value, dict) and value:
            rows += [
                {"what": key, "name": plain_text(name), **_entry(entry, NAMING_COLUMNS)}
                for name, entry in value.items()
            ]
        elif _are_tables(value):
            rows += [{"what": key, **_entry(entry, NAMING_COLUMNS)} for entry in value]
        else:
            rows.append({"what": f"{key} =", "values": literal_text(value)})
    return rows


def _file_rows(name: str, content: bytes) -> list[Row]:
    try:
        form, parts = "", _parts(content.decode("utf-8"))
    except UnicodeDecodeError:
        form, parts = "base64", []
    if form or any(len(escaped(part)) > CELL for part in parts):
        form, parts = "base64", _parts(base64.b64encode(content).decode())
    return [{"name": name, "form": form, "text": part} for part in parts]


def _note_rows(content: bytes) -> list[Row]:
    """Return a row a line, [] if rows would not say the same."""
    lines = content.decode("utf-8", "replace").split("\n")[:-1]
    same = "".join(f"{line}\n" for line in lines).encode() == content
    fits = all(len(escaped(line)) <= CELL for line in lines)
    return [{"text": line} for line in lines] if same and fits and lines and lines[-1] else []


def _parts(text: str) -> list[str]:
    # Half a cell: Excel counts UTF-16.
    size = CELL // 2
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]
