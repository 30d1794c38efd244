from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cimkit_cli.main import main

GOOD, WRONG = "5099120118000007", "5099120199000007"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command: exit code, stdout, stderr."""

    def call(*words: object, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cimkit", "standard", "code", *map(str, words)])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(str(left.value.code)), said.out, said.err

    return call


def test_a_code_is_explained_segment_by_segment(run: Run) -> None:
    status, text, _ = run("cn.components", GOOD)
    assert status == 0
    assert text.splitlines()[0] == f"{GOOD}  valid"
    assert "class 0118 Street lamp" in text
    assert "路灯" in run("cn.components", GOOD, "--lang", "zh")[1]


def test_one_wrong_code_makes_the_exit_code_1(run: Run) -> None:
    status, text, _ = run("cn.components", GOOD, WRONG, "--json")
    assert status == 1
    good, wrong = json.loads(text)
    assert (good["valid"], wrong["valid"]) == (True, False)
    (part,) = [p for p in wrong["parts"] if p["wrong"]]
    assert (part["segment"], part["text"]) == ("minor", "99")
    assert part["wrong"]["en"] == "0199 is no class of cn.components@2007"


def test_codes_come_from_stdin(run: Run) -> None:
    status, text, _ = run("cn.components", "-", "--json", stdin=f"{GOOD}\n\n {GOOD[:-1]}8 \n")
    assert status == 0
    assert [c["code"] for c in json.loads(text)] == [GOOD, f"{GOOD[:-1]}8"]


@pytest.mark.parametrize("words", [["cn.components"], ["no.such", GOOD]])
def test_what_cannot_start_leaves_with_2(run: Run, words: list[str]) -> None:
    assert run(*words)[0] == 2


def test_a_standard_without_codes_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "standard.toml").write_text(
        'id = "no.codes"\nedition = "1"\n[titles]\nen = "x"\nzh = "x"\nja = "x"\n'
    )
    (tmp_path / "classes.csv").write_text("code,name_en,name_zh,name_ja\n01,a,a,a\n")
    status, _, said = run(tmp_path, GOOD)
    assert status == 2
    assert "the standard has no identifier codes" in said
