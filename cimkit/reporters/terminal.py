"""The verdict for people at a terminal: what counts first, five places a rule, nothing hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.model import Status
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cimkit.checks import RuleResult, Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="terminal", title="Text", suffixes=(".txt", ".log"))

_COLOR = {
    "accepted": "bold white on green",
    "rejected": "bold white on red",
    "incomplete": "bold black on yellow",
    "fail": "bold red",
    "pass": "green",
    "not checked": "yellow",
    "not applicable": "dim",
    "error": "red",
    "warning": "yellow",
    "info": "cyan",
}
# Terminals obey these, and a file name can hold them: C0 and C1 controls, bidirectional overrides.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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
    _head(console, verdict, language)
    console.print(_table(verdict, language))
    for result in verdict.rules:
        if result.places:
            _failures(console, verdict, result, language, places)
    _unseen(console, verdict, language)
    console.print()
    if machine is not None:
        console.print(heading("machine", language, file=_clean(str(machine))), soft_wrap=True)
    elif any(r.places > places for r in verdict.rules):
        console.print(heading("machine how", language), style="dim")


def _head(console: Console, verdict: Verdict, language: str) -> None:
    from rich.text import Text

    receipt = verdict.receipt
    line = Text()
    line.append(f" {heading(verdict.word, language)} ", style=_COLOR[verdict.word])
    line.append(f" {heading('by', language, standard=_clean(receipt['standard']))}", style="bold")
    console.print(line)
    title = receipt["title"].get(language) or receipt["title"].get("en") or ""
    console.print(Text(_clean(title), style="dim"))
    governed = receipt.get("governed_by")
    if governed:
        why = Text(_clean(governed["reason"].get(language) or governed["reason"]["en"]))
        if governed["warning"]:
            why = Text(f"{heading('warning', language)}: ", style="bold") + why
            if governed["alternatives"]:
                others = _clean(", ".join(governed["alternatives"]))
                why.append(f" ({heading('alternatives', language, which=others)})")
        why.stylize(_COLOR["warning"] if governed["warning"] else "dim")
        console.print(why)
    said = (
        heading("failures", language, **verdict.counts["failures"]),
        heading("sources", language, count=f"{len(receipt['files']):,}"),
        heading("seconds", language, count=f"{receipt['seconds']:.1f}"),
        f"{receipt['tool']}, {receipt['standard_hash'][:12]}",
    )
    console.print("  ·  ".join(said))
    console.print()


def _table(verdict: Verdict, language: str) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(heading("rule", language), overflow="fold")
    table.add_column(heading("status", language), no_wrap=True)
    for name in ("failed", "passed", "not checked"):
        table.add_column(heading(name, language), justify="right", no_wrap=True)
    table.add_column(heading("of", language), no_wrap=True, style="dim")
    for r in verdict.rules:
        known = r.status != Status.NOT_APPLICABLE
        said = r.worst if r.worst in ("warning", "info") else r.status
        status, color = heading(said, language), _COLOR[said]
        table.add_row(
            Text(_clean(r.rule)),
            Text(status, style=color),
            Text(f"{r.failed:,}" if r.failed else "", style=color),
            f"{r.passed:,}" if known else "",
            Text(f"{r.not_checked:,}" if r.not_checked else "", style=_COLOR["not checked"]),
            r.counts if known else "",
        )
    return table


def _failures(
    console: Console, verdict: Verdict, result: RuleResult, language: str, places: int
) -> None:
    import pyarrow.compute as pc
    from rich.padding import Padding
    from rich.text import Text

    rows = verdict.findings.filter(
        (pc.field("rule") == result.rule) & (pc.field("status") == str(Status.FAIL))
    )
    shown = rows.slice(0, places).to_pylist()
    head = Text(_clean(result.rule), style="bold")
    said = [_clean(s) for s in (result.clause, result.element) if s]
    head.append("  " + " · ".join(said), style="not bold dim")
    console.print()
    console.print(head)
    hints: list[str] = []
    for row in shown:
        console.print(Padding(_place(row), (0, 0, 0, 2), expand=False))
        line = Text(f"{heading(row['severity'], language)}  ", style=_COLOR[row["severity"]])
        line.append(_clean(row["message"]), style="default")
        if row["count"] > 1:
            line.append(f"  ×{row['count']:,}", style="bold")
        console.print(Padding(line, (0, 0, 0, 4), expand=False))
        if row["hint"] and row["hint"] not in hints:
            hints.append(row["hint"])
            hint = f"→ {_clean(row['hint'])} ({heading('mender ' + row['mender'], language)})"
            console.print(Padding(Text(hint, style="dim"), (0, 0, 0, 4), expand=False))
    left = rows.num_rows - len(shown)
    if left:
        text = heading(
            "more", language, count=f"{left:,}", all=f"{result.failed:,}", what=result.counts
        )
        console.print(Padding(Text(text, style="bold"), (0, 0, 0, 2), expand=False))


def _place(row: dict[str, Any]) -> Any:
    from rich.text import Text

    line = Text(_clean(row["path"] or "."))
    for part in (row["layer"], row["place"]):
        if part:
            line.append(f"  {_clean(part)}")
    if row["x"] is not None and row["y"] is not None:
        line.append(f"  {row['x']:.6f}, {row['y']:.6f}", style="dim")
    return line


def _unseen(console: Console, verdict: Verdict, language: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    blind = [r for r in verdict.rules if r.reasons]
    if blind:
        console.print()
        console.print(Text(heading("unseen", language), style="bold"))
    for r in blind:
        line = Text(f"{_clean(r.rule)}: ", style=_COLOR["not checked"])
        line.append("; ".join(_clean(reason) for reason in r.reasons), style="default")
        said = [heading("mandatory", language)] if r.mandatory else []
        if r.not_checked:
            said.insert(0, heading("things", language, count=f"{r.not_checked:,}", what=r.counts))
        if said:
            line.append(f" ({', '.join(said)})", style="default")
        console.print(Padding(line, (0, 0, 0, 2), expand=False))
    ignored = sum(file["status"] == "ignored" for file in verdict.receipt["files"])
    if ignored:
        console.print()
        console.print(Text(heading("aside", language, count=f"{ignored:,}"), style="dim"))


def _clean(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
