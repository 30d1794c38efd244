"""The table [acceptance]: what it says, in the folder and in the workbook."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit import check
from cimkit.standard import Acceptance, load
from cimkit.standard.draft import flatten, read_draft, write_draft
from cimkit.standard.workbook._write import workbook_bytes

from .conftest import Make

SCORE = """
[acceptance]
method = "score"
unit = "dataset"
deductions = { A = 40, B = 10 }
veto = []
sample = ["20:3", "40:5"]
overview = { A = 1 }

[acceptance.weights]
"positional accuracy" = 30
"positional accuracy: absolute" = 2.5
"""
RULE = """
[[rule]]
id = "lon"
element = "positional accuracy: absolute"
sql = "SELECT object_id, 'x' AS measured FROM things WHERE x > 106.55"
defect_class = "{kind}"
message.en = "{{measured}}"
clause = "1"
"""


def package(make: Make, **files: str) -> Path:
    folder = make("a", files)
    with (folder / "standard.toml").open("a", encoding="utf-8") as file:
        file.write(SCORE)
    return folder


def test_what_it_says(make: Make) -> None:
    said = load(str(package(make))).acceptance
    assert said == Acceptance(
        method="score",
        unit="dataset",
        weights={"positional accuracy": 30.0, "positional accuracy: absolute": 2.5},
        deductions={"A": 40.0, "B": 10.0},
        veto=(),
        overview={"A": 1.0},
        sample=((20, 3), (40, 5)),
    )


def test_the_workbook_says_the_same(make: Make, tmp_path: Path) -> None:
    folder = package(make)
    (tmp_path / "a.xlsx").write_bytes(workbook_bytes(read_draft(folder)))
    assert load(str(tmp_path / "a.xlsx")).hash == load(str(folder)).hash


def test_written_flat_it_stays_the_same(make: Make, tmp_path: Path) -> None:
    standard = load(str(package(make)))
    write_draft(flatten(standard), tmp_path / "flat")
    assert load(str(tmp_path / "flat")).acceptance == standard.acceptance


@pytest.mark.parametrize(("kind", "verdict"), [("D", "pass"), ("A", "fail"), ("", "pass")])
def test_the_verdict_is_that_of_the_score(
    make: Make, tmp_path: Path, kind: str, verdict: str
) -> None:
    folder = make("a", {"rules/r.toml": RULE.format(kind=kind)})
    with (folder / "standard.toml").open("a", encoding="utf-8") as file:
        file.write('[acceptance]\nmethod = "score"\ngross_ratio = 0\n')
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.csv").write_text("lon,lat\n106.5,29.5\n106.6,29.5\n")
    found = check(tmp_path / "d", standard=folder, jobs=1)
    assert found.verdict == verdict
    assert found.score is not None
    assert found.counts["failures"]["error"] == 1
    assert found.score.points == {"D": 99.0, "A": 58.0, "": 100.0}[kind]
    assert found.score.unscored == (kind == "")
    assert found.to_json()["score"]["grade"] == found.score.grade
