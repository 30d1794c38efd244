"""What the sheets of a workbook say: a draft, and the places of its rows and rules."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Row
from cimkit.standard.package._place import Place
from cimkit.standard.workbook._cells import Report, SheetRows, stop
from cimkit.standard.workbook._draft import NOTES, SCOPE
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
    exact,
    items,
    kind_of_key,
    literal,
    parameters,
    plain,
    put,
)

_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


class Gathered:
    """What the sheets of a workbook say, and where."""

    def __init__(self, sheets: Mapping[str, SheetRows], report: Report = stop) -> None:
        self.draft = Draft(head={})
        self._report = report
        self.tables: dict[str, tuple[SheetRows, list[tuple[Place, Row]]]] = {}
        """Sheet and rows of each file of rows."""
        self.entries: dict[tuple[str, str, int], Place] = {}
        """Places of rules, templates and segments, by file, key and number."""
        self.keys: dict[str, Place] = {}
        """Places of the keys of the sheet ``standard``."""
        self.files: dict[str, Place] = {}
        """Places of the other files."""
        for name, sheet in sheets.items():
            if name in TABLES:
                self.tables[TABLES[name]] = (sheet, sheet.lines)
                setattr(self.draft, name, [row for _, row in sheet.lines])
            elif name in FOLDERS:
                self._folder(sheet, FOLDERS[name])
            else:
                try:
                    getattr(self, f"_{name}")(sheet)
                except StandardError as error:
                    report(error)
        if "code" in sheets and sheets["code"].lines:
            try:
                self._segments(sheets["code"])
            except StandardError as error:
                report(error)
        for tables in (self.draft.mapping, self.draft.crosswalk):
            for name in [n for n, rows in tables.items() if not rows]:
                del tables[name]

    def _folder(self, sheet: SheetRows, column: str) -> None:
        found = getattr(self.draft, sheet.name)
        for place, row in sheet.lines:
            if column == "list" and not row.get(column):
                self._report(
                    StandardError(
                        "`list` is empty",
                        where=place.cell(column),
                        mend="Name the list of values that the row is of, in every row.",
                    )
                )
                continue
            name = row.get(column, sheet.name)
            rest = {c: text for c, text in row.items() if c != column}
            table = found.setdefault(name, [])
            _, lines = self.tables.setdefault(f"{sheet.name}/{name}.csv", (sheet, []))
            if rest:
                table.append(rest)
                lines.append((place, rest))

    def _standard(self, sheet: SheetRows) -> None:
        for place, row in sheet.lines:
            key, text = row.get("key", ""), row.get("value", "")
            if not text:
                continue
            kind = kind_of_key(key)
            read: Any = plain if kind in TEXT_KEYS else items if kind in LIST_KEYS else literal
            try:
                put(self.draft.head, key, read(text), place.cell("key"))
            except StandardError as error:
                self._report(error)
            self.keys[kind] = place

    def _code(self, sheet: SheetRows) -> None:
        """Leave the segments until the sheet ``standard`` has been read."""

    def _segments(self, sheet: SheetRows) -> None:
        code = self.draft.head.setdefault("code", {})
        if not isinstance(code, dict) or "segments" in code:
            raise StandardError("the segments of `code` stand in the sheet `code`", where=sheet.top)
        code["segments"] = [_read_entry(row, SEGMENT_COLUMNS) for _, row in sheet.lines]
        for number, (place, _) in enumerate(sheet.lines, 1):
            self.entries["standard.toml", "segment", number] = place

    def _rules(self, sheet: SheetRows) -> None:
        for place, row in sheet.lines:
            file = row.get("file", "rules")
            change = row.get("change", "")
            kind = "change" if change else "rule"
            try:
                said = _read_rule(row, place)
            except StandardError as error:
                self._report(error)
                continue
            entries = self.draft.rules.setdefault(file, {}).setdefault(kind, [])
            entries.append(said)
            if change == "retire":
                entries[-1]["enabled"] = False
            self.entries[f"rules/{file}.toml", kind, len(entries)] = place

    def _naming(self, sheet: SheetRows) -> None:
        naming = self.draft.naming
        for place, row in sheet.lines:
            what = row.get("what", "")
            rest = _read_entry({c: t for c, t in row.items() if c != "what"}, NAMING_COLUMNS)
            if what == "exempt":
                naming.setdefault("exempt", []).append(rest.get("pattern", ""))
            elif what == "part":
                name = rest.pop("name", "")
                if name in naming.setdefault("part", {}):
                    raise StandardError("one part stands twice", where=place.cell("name"), got=name)
                naming["part"][name] = rest
            elif what.endswith("="):
                naming[what.removesuffix("=").rstrip()] = literal(row.get("values", '""'))
            elif what:
                naming.setdefault(what, []).append(rest)
                self.entries["naming.toml", what, len(naming[what])] = place
            else:
                raise StandardError(
                    "`what` is empty", where=place.cell("what"), expected="file, part or exempt"
                )

    def _notes(self, sheet: SheetRows) -> None:
        lines = [row.get("text", "") for _, row in sheet.lines]
        if any(lines):
            self.draft.files[NOTES] = "".join(f"{line}\n" for line in lines).encode()

    def _files(self, sheet: SheetRows) -> None:
        texts: dict[str, list[str]] = {}
        forms: dict[str, str] = {}
        for place, row in sheet.lines:
            name, form = row.get("name", ""), row.get("form", "")
            if not name or form not in ("", "base64"):
                raise StandardError(
                    "a file has a name, and its form is base64 or nothing", where=place
                )
            self.files.setdefault(name, place)
            texts.setdefault(name, []).append(row.get("text", ""))
            forms[name] = form
        for name, parts in texts.items():
            text = "".join(parts)
            try:
                content = base64.b64decode(text, validate=True) if forms[name] else text.encode()
            except ValueError as error:
                raise StandardError(f"no base64: {error}", where=sheet.top, got=name) from error
            self.draft.files[name] = content


def _read_entry(row: Row, columns: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, text in row.items():
        known = key in columns
        as_list = known and key in ENTRY_LISTS
        read: Any = items if as_list else plain if known and key not in NUMBER_KEYS else literal
        said[key] = read(text)
    return said


def _read_rule(row: Row, place: Place) -> dict[str, Any]:
    if row.get("change", "") not in ("", "change", "retire"):
        raise StandardError(
            "no such change",
            where=place.cell("change"),
            got=row["change"],
            expected="change | retire, or nothing for a rule of this package",
        )
    said: dict[str, Any] = {}
    for column, text in row.items():
        key, _, language = column.partition("_")
        if column in RULE_TEXTS:
            said[column] = (exact if column == "sql" else plain)(text)
        elif column in SCOPE:
            said.setdefault("applies_to", {})[column] = items(text)
        elif column == "needs":
            said[column] = items(text)
        elif key in ("title", "message", "hint"):
            said.setdefault(key, {})[language] = plain(text)
        elif column == "parameters":
            said[column] = parameters(text, place.cell(column))
        elif column == "mandatory":
            if text.lower() not in _TRUTHS:
                raise StandardError(
                    "`mandatory` says yes or no",
                    where=place.cell(column),
                    got=text,
                    mend="Write yes, no or nothing.",
                )
            said[column] = _TRUTHS[text.lower()]
        elif column in ("tolerance", "weight"):
            said[column] = literal(text)
    return said
