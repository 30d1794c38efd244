"""The table of what is kept, in the loaders' README: each tick has a test, each test its tick."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASPECTS = (
    *("geometry", "z", "exact", "crs", "vertical", "attributes", "relations", "semantics"),
    *("levels", "appearance", "time", "identity", "text", "instances", "statistics"),
    *("contradictions", "damage"),
)
TICK, NOTHING = "✓", "–"


def marks() -> Iterator[tuple[str, str, str]]:
    """Give (format, aspect, test file) of each ``pytest.mark.keeps``."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "keeps"
            ):
                kind, *aspects = (ast.literal_eval(a) for a in node.args)
                for aspect in aspects:
                    yield kind, aspect, file.name


def table() -> dict[tuple[str, str], str]:
    """Return the cells of the README's table by format and aspect."""
    text = (ROOT / "cimkit" / "loaders" / "README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in re.findall(r"^\| .*\|$", text, re.MULTILINE)
    ]
    start = next(i for i, row in enumerate(rows) if row[0] == "format" and "geometry" in row)
    head = rows[start]
    cells = {}
    for row in rows[start + 1 :]:
        if len(row) != len(head):
            break
        cells |= {(row[0], aspect): cell for aspect, cell in zip(head[1:], row[1:], strict=True)}
    return cells


def test_marks_use_the_words_of_the_table() -> None:
    assert [m for m in marks() if m[1] not in ASPECTS] == []
    assert {aspect for _, aspect in table()} == set(ASPECTS)
    assert set(table().values()) <= {TICK, NOTHING, ""}


def test_ticks_and_tests_are_the_same() -> None:
    shown = {(kind, aspect) for kind, aspect, _ in marks()}
    ticks = {where for where, cell in table().items() if cell == TICK}
    assert ticks - shown == set(), "ticks without a test"
    assert shown - ticks == set(), "tests without a tick"
