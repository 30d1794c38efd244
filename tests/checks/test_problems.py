"""Problems of loaders in three languages: their sentence is kept, and its subject is said."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from typing import Any

import pytest

import cimkit
from cimkit.checks import check_tables, tell
from cimkit.checks._words import PROBLEM, WORDS
from cimkit.standard import Standard

from .conftest import Lake

HERE = Path(cimkit.__file__).parent
MAKERS = ("Problem", "problem", "note", "told", "trouble", "_lost")


def codes() -> set[str]:
    """Return the codes that loaders name where they make problems."""
    found = set()
    for file in (*HERE.glob("loaders/**/*.py"), *HERE.glob("geometry/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
            first = given[0] if given else None
            if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return {code for code in found if "-" in code and " " not in code}


def test_every_problem_has_words_in_three_languages() -> None:
    missing = {c for c in codes() if c not in WORDS and PROBLEM + c not in WORDS}
    assert len(codes()) > 150
    assert missing == set()
    with (HERE / "checks" / "problems.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len({r["code"] for r in rows}) == len(rows)
    assert all(r["zh"] and r["ja"] and None not in r for r in rows)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "unit-missing: It says no unit."),
        ("zh", "unit-missing：未说明长度单位，按米读取（It says no unit.）"),
        ("ja", "unit-missing：長さの単位がなく、メートルとしました（It says no unit.）"),
    ],
)
def test_what_it_is_and_what_the_loader_said(
    lake: Lake, standard: Standard, language: str, said: str
) -> None:
    flaw: dict[str, Any] = {"message": "It says no unit.", "severity": "warning", "place": "x"}
    own = {"code": "unit-missing"} | flaw
    strange = {"code": "made-up"} | flaw
    lake.item("a.ifc", "bim", problems=[own, strange])
    with lake.open() as con:
        verdict = check_tables(con, standard, delivery_id="d1", language=language)
    rows = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
    assert rows[1]["message"] == said
    assert rows[1]["reason"] == "problem:unit-missing"
    assert rows[0]["message"].startswith("made-up")
    result = next(r for r in verdict.rules if r.rule == "cimkit/source-problem")
    assert tell(result.texts, rows[1], language, result.words)[0] == said
