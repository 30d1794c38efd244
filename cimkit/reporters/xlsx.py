"""The report as an Excel workbook: summary, rules, findings, what was not checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cimkit.model import Status
from cimkit.reporters._content import Group, batches, groups, pick, results, said, where
from cimkit.reporters._section import Cell, Section
from cimkit.reporters._sections import sections
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "save"]

SPEC = ReporterSpec(name="xlsx", title="Excel workbook", suffixes=(".xlsx",))

LAST = 1_048_576
"""Rows that a sheet has."""
_LONGEST = 32_767
"""Characters that a cell holds."""
_LISTED = 100_000
"""Entries of the sheet of mistakes."""
_FINDING = (
    *(("rule", 34), ("severity", 10), ("file", 34), ("class", 16), ("place", 34), ("finding", 70)),
    *(("hint", 50), ("measured", 22), ("expected", 22), ("tolerance", 12), ("count", 9)),
    *(("mender", 16), ("state", 12), ("waiver", 14), ("clause", 22), ("element", 28)),
)
_PLAIN = (
    *(("X (CRS84)", 14), ("Y (CRS84)", 14), ("Z (m)", 10), ("reason", 16), ("mistake", 20)),
    *(("object_id", 24), ("fingerprint", 20)),
)
_WIDTH = {"rule": 34, "title": 40, "reason": 70, "file": 40, "class": 20, "clause": 24}


def save(
    verdict: Verdict, file: Path, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the report; a sheet that cannot hold all findings says so in its first row.

    Texts are written as texts: none becomes a formula or a link.

    Parameters
    ----------
    verdict
        The verdict.
    file
        The file to write.
    language
        Of headings and messages: zh, ja or en.
    machine
        A file that holds all findings, named where a sheet cannot.
    """
    with TemporaryDirectory(prefix=".cimkit-", dir=file.absolute().parent) as folder:
        _save(verdict, file, language, machine, folder)


def _save(verdict: Verdict, file: Path, language: str, machine: Path | None, folder: str) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "tmpdir": folder,
    }
    with xlsxwriter.Workbook(str(file), options) as book:
        writer = _Writer(book, language)
        tables = {section.key: section for section in sections(verdict)}
        counted = heading("failures", language, **verdict.counts["failures"])
        by = heading("by", language, standard=verdict.receipt.get("standard") or "")
        line = f"{heading(verdict.word, language)} {by} · {counted}"
        writer.sheet(tables.pop("outcome"), line)
        if "score" in tables:
            writer.sheet(tables.pop("score"))
        writer.rows(
            heading("finding", language),
            _columns(language, _GROUPED),
            _grouped(verdict, language),
            0,
        )
        failed = verdict.counts["findings"][str(Status.FAIL)]
        room = LAST - 2
        note = None
        if failed > room:
            note = heading("limit", language, shown=f"{room:,}", count=f"{failed:,}")
            if machine is not None:
                note += " " + heading("machine", language, file=str(machine))
        columns = _columns(language, _FINDING) + list(_PLAIN)
        writer.rows(
            heading("findings", language), columns, _findings(verdict, language), room, note
        )
        for section in tables.values():
            writer.sheet(section)


_GROUPED = (
    *(("rule", 34), ("severity", 10), ("places", 9), ("failed", 9), ("finding", 70), ("hint", 50)),
    *(("file", 34), ("place", 34), ("mender", 16)),
)


def _columns(language: str, columns: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    return [(heading(name, language), width) for name, width in columns]


def _grouped(verdict: Verdict, language: str) -> Iterator[list[Any]]:
    by_rule = results(verdict)
    found: list[Group] = groups(verdict)[:_LISTED]
    firsts = pick(verdict, [group.rows[0] for group in found])
    for group, row in zip(found, firsts, strict=True):
        message, hint = said(verdict, by_rule[group.rule], row, language)
        yield [
            *(group.rule, heading(group.severity, language), len(group.rows), group.things),
            *(message, hint, row["path"] or ".", where(row)),
            heading(f"mender {row['mender']}", language),
        ]


def _findings(verdict: Verdict, language: str) -> Iterator[list[Any]]:
    by_rule = results(verdict)
    severities = {s: heading(s, language) for s in ("error", "warning", "info")}
    menders = {m: heading(f"mender {m}", language) for m in ("vendor", "office", "tool")}
    states = {s: heading(s, language) for s in ("new", "open")}
    for batch in batches(verdict, Status.FAIL):
        for row in batch:
            message, hint = said(verdict, by_rule[row["rule"]], row, language)
            yield [
                *(row["rule"], severities[row["severity"]], row["path"] or "."),
                row["object_class"] or row["layer"],
                *(row["place"], message, hint, row["measured"], row["expected"]),
                *(row["tolerance"], row["count"], menders[row["mender"]]),
                *(states.get(row["compared"] or "", ""), row["waived"], row["clause"]),
                *(row["element"], row["x"], row["y"], row["z"], row["reason"], row["mistake"]),
                *(row["object_id"], row["fingerprint"]),
            ]


class _Writer:
    """Writes sheets row by row; what has been written is no longer in memory."""

    def __init__(self, book: Any, language: str) -> None:
        self.book = book
        self.language = language
        self.head = book.add_format(
            {"bold": True, "bg_color": "#E7ECF3", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.whole = book.add_format({"num_format": "#,##0", "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14})

    def sheet(self, section: Section, line: str = "") -> None:
        """Write a section as a sheet of its own, below a line where one is given."""
        sheet = self._add(section.title[self.language])
        top = 0
        if line:
            self._text(sheet, 0, 0, line, self.title)
            top = 1
        if not section.columns:
            sheet.set_column(0, 0, 26)
            sheet.set_column(1, 1, 90)
            sheet.write_string(0, 0, section.title[self.language], self.title)
            top = 1
        else:
            for n, names in enumerate(section.columns):
                key = names["en"].lower()
                width = next((w for k, w in _WIDTH.items() if k in key), 16)
                sheet.set_column(n, n, width)
                self._text(sheet, top, n, names[self.language], self.head)
            sheet.freeze_panes(top + 1, 0)
            if section.rows:
                last = min(top + len(section.rows), LAST - 1)
                sheet.autofilter(top, 0, last, len(section.columns) - 1)
            top += 1
        for row in section.rows[: LAST - 2]:
            for n, value in enumerate(row):
                self._cell(sheet, top, n, value)
            top += 1
        if section.note:
            self._text(sheet, top, 0, section.note[self.language])

    def rows(
        self,
        title: str,
        columns: list[tuple[str, int]],
        rows: Iterator[list[Any]],
        room: int,
        note: str | None = None,
    ) -> None:
        """Write a list as a sheet of its own, at most ``room`` rows of it (0: all)."""
        sheet = self._add(title)
        top = 0
        if note:
            self._text(sheet, 0, 0, note, self.title)
            top = 1
        for n, (name, width) in enumerate(columns):
            sheet.set_column(n, n, width)
            self._text(sheet, top, n, name, self.head)
        first = top
        for row in rows:
            if room and top - first >= room:
                break
            top += 1
            for n, value in enumerate(row):
                if isinstance(value, str):
                    if value:
                        sheet.write_string(top, n, value[:_LONGEST])
                elif value is not None and value == value:
                    sheet.write_number(top, n, value)
        sheet.freeze_panes(first + 1, 0)
        if top > first:
            sheet.autofilter(first, 0, top, len(columns) - 1)

    def _add(self, title: str) -> Any:
        # A sheet's name has at most 31 characters, and not these.
        name = re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
        return self.book.add_worksheet(name)

    def _cell(self, sheet: Any, top: int, n: int, value: Cell) -> None:
        if isinstance(value, int | float):
            sheet.write_number(top, n, value, self.whole if isinstance(value, int) else None)
        elif isinstance(value, dict):
            self._text(sheet, top, n, value.get(self.language) or value.get("en") or "", self.wrap)
        elif value:
            self._text(sheet, top, n, value, self.wrap)

    def _text(self, sheet: Any, top: int, n: int, text: str, form: Any = None) -> None:
        sheet.write_string(top, n, text[:_LONGEST], form)
