"""``cimkit standard show`` and ``cimkit standard governing``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cimkit_cli.main import main

from tests.checks.ids.made import attribute, document, entity, specified

Run = Callable[..., tuple[int, str, str]]
HEAD = """id = "town"
edition = "{0}"
titles.en = "Town"
effective_from = "{0}-01-01"
unverified = "off"
[[scheme]]
id = "t.2"
titles.en = "Second"
"""
ROWS = """scheme,code,parent,name_en,name_zh,verified
,01,,Facilities,设施,yes
,0101,01,Lamp,路灯,yes
,010101,0101,Head,灯头,yes
,0102,01,Guess,猜测,no
t.2,A,,Other,,yes
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return a function that runs the command where two editions of a town are found."""
    for edition in ("2020", "2026"):
        folder = tmp_path / edition
        folder.mkdir()
        (folder / "standard.toml").write_text(HEAD.format(edition))
        (folder / "classes.csv").write_text(ROWS, "utf-8")
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cimkit", "standard", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(str(left.value.code)), said.out, said.err

    return call


def test_show_prints_each_scheme_as_a_tree(run: Run) -> None:
    status, text, _ = run("show", "town", "--lang", "zh")
    assert status == 0
    assert text.splitlines() == [
        "town@2026  Town",
        "",
        "town  Town  (primary)",
        "  01  设施",
        "    0101  路灯",
        "      010101  灯头",
        "",
        "t.2  Second",
        "  A  Other",
        "4 classes, 0 rules",
        "not verified and left out: classes 1 (town@2026+unverified shows them)",
    ]
    assert "0102  Guess  (not verified)" in run("show", "town+unverified")[1]
    said = json.loads(run("show", "town", "--json")[1])
    assert [s["id"] for s in said["schemes"]] == ["town", "t.2"]
    assert said["left_out"] == {"classes": 1}


def test_show_lists_the_specifications_of_an_ids(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "doors.ids"
    file.write_bytes(document(specified(entity("IFCDOOR"), attribute("Name"))))
    status, text, _ = run("show", str(file))
    assert status == 0
    assert text.splitlines() == ["doors@1  T", "doors/S  T, S", "0 classes, 1 rules"]


def test_governing_says_which_edition_and_why(run: Run) -> None:
    status, text, why = run("governing", "town", "--date", "2023-05-01")
    assert (status, text) == (0, "town@2020\n")
    assert "in force from 2020-01-01" in why
    status, text, why = run("governing", "town@2020", "--date", "2026-05-01", "--lang", "zh")
    assert (status, text) == (1, "town@2020\n")
    assert "已被 town@2026 代替" in why
    assert "also in force or accepted: town@2026" in why
    said = json.loads(run("governing", "town", "--date", "2026-05-01", "--json")[1])
    assert (said["standard_key"], said["warning"]) == ("town@2026", False)
    assert run("governing", "town", "--date", "soon")[0] == 2
