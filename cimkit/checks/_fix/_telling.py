"""The list of what was changed: as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.checks._fix import Fixed

__all__ = ["as_csv", "as_json", "as_markdown"]

_SHOWN = 200
_HEAD = {
    "en": (
        "What was mended",
        "file",
        "place",
        "before",
        "after",
        "What could not be mended",
        "why",
    ),
    "zh": ("已修正的内容", "文件", "位置", "修正前", "修正后", "未能修正的内容", "原因"),
    "ja": ("修正した内容", "ファイル", "箇所", "修正前", "修正後", "修正できなかった内容", "理由"),
}
_SUM = {
    "en": "{changes} changes; {fixed} findings mended, {open} still open, {new} new. Verdict: "
    "{before} before, {after} now.",
    "zh": "修改 {changes} 处；已消除问题 {fixed} 个，仍存在 {open} 个，新增 {new} 个。"
    "结论：原为 {before}，现为 {after}。",
    "ja": "変更 {changes} 件、解消した指摘 {fixed} 件、未解消 {open} 件、新規 {new} 件。"
    "判定：修正前 {before}、修正後 {after}。",
}


def as_json(fixed: Fixed) -> str:
    """Return the list as one JSON document."""
    return json.dumps(fixed.to_json(), ensure_ascii=False, indent=1) + "\n"


def as_csv(fixed: Fixed) -> str:
    """Return the changes as CSV with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("fix", "path", "place", "before", "after"))
    writer.writerows((c.fix, c.path, c.place, c.before, c.after) for c in fixed.changes)
    return out.getvalue()


def as_markdown(fixed: Fixed, language: str = "en") -> str:
    """Return the list for people, each fix with its changes."""
    head = _HEAD[language]
    lines = [f"# {head[0]}", "", sentence(fixed, language), ""]
    counted = Counter(c.fix for c in fixed.changes)
    for name, count in counted.items():
        lines += [f"## {fixed.titles[name][language]} ({count})", ""]
        lines += [f"| {' | '.join(head[1:5])} |", "|---|---|---|---|"]
        own = [c for c in fixed.changes if c.fix == name]
        lines += [_line(c.path, c.place, c.before, c.after) for c in own[:_SHOWN]]
        if count > _SHOWN:
            lines.append(_line("…", "", "", f"+ {count - _SHOWN}"))
        lines.append("")
    if fixed.left:
        lines += [f"## {head[5]}", "", f"| {head[1]} | {head[6]} |", "|---|---|"]
        lines += [_line(x.path, x.why) for x in fixed.left]
        lines.append("")
    return "\n".join(lines)


def sentence(fixed: Fixed, language: str = "en") -> str:
    """Return the figures in one sentence."""
    figures: dict[str, Any] = {
        "changes": len(fixed.changes),
        "fixed": len(fixed.mended),
        "open": fixed.open,
        "new": fixed.new,
        "before": fixed.before.verdict,
        "after": fixed.after.verdict,
    }
    return _SUM[language].format(**figures)


def _line(*cells: str) -> str:
    plain = (" ".join(c.replace("|", "\\|").split()) for c in cells)
    return "| " + " | ".join(c if len(c) <= 200 else c[:199] + "…" for c in plain) + " |"
