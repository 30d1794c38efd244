"""The verdict for people at a terminal: what counts first, five places a rule, nothing hidden."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.model import Status
from cimkit.reporters._content import Group, groups, ordered, pick, said
from cimkit.reporters._sections import sections
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._terminal import COLOR, clean, print_section, rules_table
from cimkit.reporters._words import heading, unit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from cimkit.checks import RuleResult, Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="terminal", title="Text", suffixes=(".txt", ".log"))

_TOLD = ("score", "outcome", "provenance", "files")
"""Sections that are said in other words here, or in files only."""
_ROWS = 10
_SPREAD = 12
_GROUPS = 8
"""Entries of a rule."""
_FEW = 3
"""Places of an entry, where a rule has several."""


def write(
    verdict: Verdict,
    out: TextIO,
    *,
    language: str = "en",
    machine: Path | None = None,
    places: int = 5,
    width: int | None = None,
) -> None:
    """Write the report.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Where to; coloured if it is a terminal.
    language
        Of headings: zh, ja or en.
    machine
        The file that holds all findings, if one was written.
    places
        Findings shown of each rule; the totals are always exact.
    width
        Columns; None: those of the terminal, 100 for a file.
    """
    from rich.console import Console

    live = out.isatty()
    console = Console(
        file=out, width=width or (None if live else 100), markup=False, highlight=False, emoji=False
    )
    with console.capture() as written:
        _report(console, verdict, language, machine, places)
    out.writelines(line.rstrip(" ") + "\n" for line in written.get().splitlines())


def _report(
    console: Console, verdict: Verdict, language: str, machine: Path | None, places: int
) -> None:
    from rich.text import Text

    _head(console, verdict, language)
    tables = {section.key: section for section in sections(verdict)}
    if "score" in tables:
        print_section(console, tables["score"], language, _ROWS)
    acting = [r for r in ordered(verdict) if r.status in (Status.FAIL, Status.NOT_CHECKED)]
    if acting:
        console.print(rules_table(console, acting, language))
    found = groups(verdict)
    by_rule: dict[str, list[Group]] = {}
    for group in found:
        by_rule.setdefault(group.rule, []).append(group)
    for result in acting:
        if result.rule in by_rule:
            _failures(console, verdict, result, by_rule[result.rule], language, places)
    for section in tables.values():
        if section.key == "spread":
            spread = [r for r in section.rows if r[1] or len(section.rows) > 1]
            if len({(row[1], row[2]) for row in spread}) > 1:
                print_section(console, section, language, _SPREAD)
        elif section.key == "unchecked":
            _unseen(console, verdict, language)
        elif section.key == "rules":
            _in_order(console, verdict, language)
        elif section.key not in _TOLD:
            print_section(console, section, language, _ROWS)
    console.print()
    receipt = verdict.receipt
    lasted = heading("seconds", language, count=f"{receipt['seconds']:.1f}")
    about = f"{receipt['tool']}, {receipt['standard_hash'][:12]}  ·  {lasted}"
    console.print(Text(clean(about), style="dim"))
    if machine is not None:
        console.print(heading("machine", language, file=clean(str(machine))), soft_wrap=True)
    elif any(len(group.rows) > places for group in found):
        console.print(heading("machine how", language), style="dim")


def _in_order(console: Console, verdict: Verdict, language: str) -> None:
    """Name the rules that passed, and those that speak of nothing here if they are few."""
    from rich.text import Text

    passed = [r for r in verdict.rules if r.status == Status.PASS]
    if passed:
        console.print()
        console.print(Text(f"{heading('passed', language)}: {len(passed):,}", style="bold"))
        console.print(rules_table(console, passed, language))
    apart = [r.rule for r in verdict.rules if r.status == Status.NOT_APPLICABLE]
    if apart:
        about = f"{heading('not applicable', language)}: {len(apart):,}"
        if len(apart) <= _GROUPS:
            about += f" ({', '.join(apart)})"
        console.print(Text(clean(about), style="dim"))


def _head(console: Console, verdict: Verdict, language: str) -> None:
    from rich.text import Text

    receipt = verdict.receipt
    line = Text()
    line.append(f" {heading(verdict.word, language)} ", style=COLOR[verdict.word])
    line.append(f" {heading('by', language, standard=clean(receipt['standard']))}", style="bold")
    console.print(line)
    title = receipt["title"].get(language) or receipt["title"].get("en") or ""
    console.print(Text(clean(title), style="dim"))
    governed = receipt.get("governed_by")
    if governed:
        why = Text(clean(governed["reason"].get(language) or governed["reason"]["en"]))
        if governed["warning"]:
            why = Text(f"{heading('warning', language)}: ", style="bold") + why
            if governed["alternatives"]:
                others = clean(", ".join(governed["alternatives"]))
                why.append(f" ({heading('alternatives', language, which=others)})")
        why.stylize(COLOR["warning"] if governed["warning"] else "dim")
        console.print(why)
    said = (
        heading("failures", language, **verdict.counts["failures"]),
        heading("sources", language, count=f"{len(receipt['files']):,}"),
    )
    console.print("  ·  ".join(said))
    console.print()


def _failures(
    console: Console,
    verdict: Verdict,
    result: RuleResult,
    found: list[Group],
    language: str,
    places: int,
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    head = Text(clean(result.rule), style="bold")
    about = [clean(s) for s in (result.clause, result.element) if s]
    head.append("  " + " · ".join(about), style="not bold dim")
    console.print()
    console.print(head)
    hints: list[str] = []
    for group in found[:_GROUPS]:
        rows = pick(verdict, group.rows[: places if len(found) == 1 else _FEW])
        told = [clean(said(verdict, result, row, language)[0]) for row in rows]
        alike = len({row["measured"] for row in rows}) == 1
        one = len(group.rows) > 1 and ((bool(group.mistake) and alike) or len(set(told)) == 1)
        if one:
            _message(console, group.severity, told[0], language, 2, group)
        for row, message in zip(rows, told, strict=True):
            console.print(Padding(_place(row, language), (0, 0, 0, 4 if one else 2), expand=False))
            if not one:
                _message(console, row["severity"], message, language, 4, None, row["count"])
        left = len(group.rows) - len(rows)
        if left:
            about_all = {"all": f"{group.things:,}", "what": unit(result.counts)[language]}
            text = heading("more", language, count=f"{left:,}", **about_all)
            indent = 4 if one else 2
            console.print(Padding(Text(text, style="bold"), (0, 0, 0, indent), expand=False))
        hint = clean(said(verdict, result, rows[0], language)[1])
        if hint and hint not in hints:
            hints.append(hint)
            text = f"→ {hint} ({heading('mender ' + rows[0]['mender'], language)})"
            console.print(Padding(Text(text, style="dim"), (0, 0, 0, 4), expand=False))
    rest = found[_GROUPS:]
    if rest:
        count = f"{sum(len(group.rows) for group in rest):,}"
        text = heading("more groups", language, count=f"{len(rest):,}", places=count)
        console.print(Padding(Text(text, style="bold"), (0, 0, 0, 2), expand=False))


def _message(
    console: Console,
    severity: str,
    message: str,
    language: str,
    indent: int,
    group: Group | None,
    count: int = 1,
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    line = Text(f"{heading(severity, language)}  ", style=COLOR[severity])
    line.append(message, style="default")
    if group is not None:
        key = "copies" if group.mistake else "alike"
        places = heading(key, language, count=f"{len(group.rows):,}")
        line.append(f"  ({places})", style="bold")
    elif count > 1:
        line.append(f"  ×{count:,}", style="bold")
    console.print(Padding(line, (0, 0, 0, indent), expand=False))


def _place(row: dict[str, Any], language: str) -> Text:
    from rich.text import Text

    line = Text(clean(row["path"] or "."))
    for part in (row["layer"], row["place"]):
        if part:
            line.append(f"  {clean(part)}")
    if row["x"] is not None and row["y"] is not None:
        line.append(f"  {row['x']:.6f}, {row['y']:.6f}", style="dim")
    if row["compared"]:
        line.append(f"  {heading(row['compared'], language)}", style="dim")
    return line


def _unseen(console: Console, verdict: Verdict, language: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    blind = [r for r in verdict.rules if r.reasons]
    if blind:
        console.print()
        console.print(Text(heading("unseen", language), style="bold"))
    for r in blind:
        line = Text(f"{clean(r.rule)}: ", style=COLOR["not checked"])
        line.append("; ".join(clean(reason) for reason in r.reasons), style="default")
        said = [heading("mandatory", language)] if r.mandatory else []
        if r.not_checked:
            said.insert(
                0,
                heading(
                    "things", language, count=f"{r.not_checked:,}", what=unit(r.counts)[language]
                ),
            )
        if said:
            line.append(f" ({', '.join(said)})", style="default")
        console.print(Padding(line, (0, 0, 0, 2), expand=False))
    ignored = sum(file["status"] == "ignored" for file in verdict.receipt["files"])
    if ignored:
        console.print()
        console.print(Text(heading("aside", language, count=f"{ignored:,}"), style="dim"))
