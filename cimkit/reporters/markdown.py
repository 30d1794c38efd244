"""The report as Markdown, for a pull request or a wiki: GitHub's and GitLab's kind, with tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.reporters._content import Group, groups, pick, results, said, where
from cimkit.reporters._section import Section, cell
from cimkit.reporters._sections import sections
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="markdown", title="Markdown", suffixes=(".md", ".markdown"))

_PLACES = 5
_ROWS = 50
"""Rows of a table; the rest is counted."""
_WHOLE = ("outcome", "unchecked")
_ROOM = 45_000
"""Characters for findings: a comment at GitHub may have 65,536 in all."""
# A name that a source gives must not become markup, a link, a mention or a line of its own; what
# none of these is made of stays readable in the source.
_MARKUP = re.compile(
    r"(^[-+=]|^\d+(?=[.)](?:\s|$))|(?<!\w)_|_(?!\w)|[\\`*\[\]<>|~$]|&(?=[\w#])|!(?=\[)"
    r"|(?<![\w.])@(?=\w)|(?<=\w)@(?=[\w-]+\.[a-z])|^#|(?<!\w)#(?=\d)|(?<=\w)#(?=\d)"
    r"|:(?=//)|(?<=www)\.)",
    re.IGNORECASE,
)
_PLAIN = "_*[]~\\"
"""What a backslash before it makes plain in every reader; the rest is written as entities."""
_BLANK = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_MARK = {"accepted": "✅", "rejected": "❌", "incomplete": "⚠️"}


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write the report.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of headings and messages: zh, ja or en.
    machine
        The file that holds all findings, if one was written.
    """
    word = heading(verdict.word, language)
    by = heading("by", language, standard=_safe(verdict.receipt.get("standard") or ""))
    out.write(f"# {_MARK[verdict.word]} {word} {by}\n\n")
    out.write(heading("failures", language, **verdict.counts["failures"]) + "\n")
    failing = {group.rule for group in groups(verdict)}
    for section in sections(verdict):
        if section.key == "spread":
            _findings(out, verdict, language)
        if section.rows or section.note:
            _section(out, section, language, failing)
    if machine is not None:
        out.write("\n" + heading("machine", language, file=_safe(str(machine))) + "\n")


def _section(out: TextIO, section: Section, language: str, failing: set[str]) -> None:
    out.write(f"\n## {section.title[language]}\n\n")
    rows = section.rows if section.key in _WHOLE else section.rows[:_ROWS]
    folded = section.key in ("files", "spread", "rules") and len(rows) > 10
    if folded:
        out.write(f"<details><summary>{len(section.rows):,}</summary>\n\n")
    if rows:
        names = [c[language] for c in section.columns] or [""] * len(rows[0])
        numeric = [isinstance(value, int | float) for value in rows[0]]
        out.write(f"| {' | '.join(names)} |\n")
        out.write("|" + "|".join(" ---: " if n else " --- " for n in numeric) + "|\n")
        for row in rows:
            told = [_safe(cell(value, language)) for value in row]
            if section.key == "outcome":
                at = str(row[0]) if row[0] in failing else heading("unseen", language)
                told[1] = f"[{told[1]}](#{_anchor(at)})"
            out.write(f"| {' | '.join(told)} |\n")
    left = len(section.rows) - len(rows)
    if left:
        out.write("\n" + heading("more rows", language, count=f"{left:,}") + "\n")
    if folded:
        out.write("\n</details>\n")
    if section.note:
        out.write(f"\n{section.note[language]}\n")


def _findings(out: TextIO, verdict: Verdict, language: str) -> None:
    found = groups(verdict)
    if not found:
        return
    out.write(f"\n## {heading('findings', language)}\n")
    room, rule = _ROOM, ""
    for n, group in enumerate(found):
        text = _group(verdict, group, language)
        room -= len(text)
        if room < 0:
            places = sum(len(g.rows) for g in found[n:])
            left = f"{len(found) - n:,}"
            more = heading("more groups", language, count=left, places=f"{places:,}")
            out.write(f"\n{more}\n")
            return
        if group.rule != rule:
            rule = group.rule
            result = results(verdict)[rule]
            behind = " · ".join(_safe(s) for s in (result.clause, result.element) if s)
            out.write(f"\n### {_safe(rule)}\n\n{behind}\n")
        out.write(text)


def _group(verdict: Verdict, group: Group, language: str) -> str:
    result = results(verdict)[group.rule]
    rows = pick(verdict, group.rows[:_PLACES])
    message, hint = said(verdict, result, rows[0], language)
    severity = heading(group.severity, language)
    places = f"{len(group.rows):,}"
    lines = [""]
    alike = bool(group.mistake) and len({row["measured"] for row in rows}) == 1
    if alike:
        copies = heading("copies", language, count=places)
        lines += [f"- **{severity}** {_safe(message)} — *{copies}*"]
    else:
        lines += [f"- **{severity}** {heading('alike', language, count=places)}"]
    for row in rows:
        own = "" if alike else ": " + _safe(said(verdict, result, row, language)[0])
        lines.append(f"  - {_place(row)}{own}")
    left = len(group.rows) - len(rows)
    if left:
        lines.append("  - " + heading("more rows", language, count=f"{left:,}"))
    if hint:
        mender = heading(f"mender {rows[0]['mender']}", language)
        lines.append(f"  - → {_safe(hint)} ({mender})")
    return "\n".join(lines) + "\n"


def _place(row: dict[str, Any]) -> str:
    text = _safe(row["path"] or ".")
    if where(row):
        text += f" {_safe(where(row))}"
    if row["x"] is not None and row["y"] is not None:
        text += f" ({row['x']:.6f}, {row['y']:.6f})"
    return text


def _anchor(title: str) -> str:
    """Return what GitHub and GitLab call the place of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _safe(text: str) -> str:
    return _MARKUP.sub(_entity, _BLANK.sub(" ", str(text)))


def _entity(found: re.Match[str]) -> str:
    return "".join(f"\\{c}" if c in _PLAIN else f"&#{ord(c)};" for c in found[0])
