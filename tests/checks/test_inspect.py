"""Checks that look into the bytes: nothing is lost where one of them breaks."""

from __future__ import annotations

import dataclasses
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cimkit import registry
from cimkit.checks import Sources, Verdict, check_tables
from cimkit.standard import Rule

from .conftest import Lake

CHECK = """
    import os, signal
    import pyarrow as pa
    import pyarrow.compute as pc
    from cimkit.checks import CheckSpec, conclude
    from cimkit.errors import SourceUnreadable

    SPEC = CheckSpec(
        name="{name}", title="Short", counts="sources", reads="items",
        parameters={"do": "", "longest": 3},
        words={"long": {"en": "it has {length} bytes", "zh": "共 {length} 字节", "ja": "{length}"}},
    )

    def inspect(source, item, parameters):
        text = source.file.read_text()
        if "evil" in text:
            if parameters["do"] == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if parameters["do"] == "raise":
                raise ZeroDivisionError("broken check")
            if parameters["do"] == "refuse":
                raise SourceUnreadable("it cannot be read", where=item["path"])
        return pa.table({"length": pa.array([len(text)], pa.int64())})

    def run(context, rule):
        found = context.inspected(rule)
        bad = found.rows
        if found.seen:
            bad = bad.filter(pc.greater(bad["length"], 3))
            bad = bad.append_column("reason", pa.array(["long"] * len(bad)))
        return conclude(context, rule, bad, len(found.seen), unchecked=found.unchecked)
"""


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A check as a foreign package would bring it, seen by the workers too."""
    name = f"short_{os.getpid()}"
    site = tmp_path / "site"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(textwrap.dedent(CHECK.replace("{name}", name)))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cimkit.checks]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(str(site))
    registry._table.cache_clear()
    yield name
    sys.modules.pop(name, None)
    registry._table.cache_clear()


@pytest.fixture
def verdict(lake: Lake, standard: Any, tmp_path: Path, short: str) -> Callable[..., Verdict]:
    """Make files with these contents and check them by rules that do this to the evil one."""

    def make(contents: dict[str, str], *does: str, at_hand: bool = True) -> Verdict:
        folder = tmp_path / "delivery"
        folder.mkdir()
        for path, text in contents.items():
            (folder / path).write_text(text)
            lake.item(path, root="r", sha256=None)
        rules = tuple(
            Rule(
                f"t/{do or 'plain'}", check=short, parameters={"do": do}, message={"en": "{reason}"}
            )
            for do in does
        )
        used = dataclasses.replace(standard, rules=rules)
        with lake.open() as con:
            sources = Sources({"r": str(folder)}, 1) if at_hand else None
            return check_tables(con, used, delivery_id="d1", sources=sources)

    return make


def told(verdict: Verdict, rule: str) -> list[tuple[str, str, str]]:
    return [
        (f["status"], f["path"], f["message"])
        for f in verdict.findings.to_pylist()
        if f["rule"] == rule
    ]


def test_what_the_check_saw(verdict: Callable[..., Verdict]) -> None:
    found = verdict({"a.csv": "abc", "b.csv": "abcd"}, "")
    assert told(found, "t/plain") == [
        ("fail", "b.csv", "it has 4 bytes"),
        ("pass", "", "in order"),
    ]
    assert found.rules[0].passed == 1


@pytest.mark.parametrize(
    ("do", "why"), [("raise", "ZeroDivisionError: broken check"), ("refuse", "it cannot be read")]
)
def test_a_question_that_breaks_costs_its_rule_at_that_source(
    verdict: Callable[..., Verdict], do: str, why: str
) -> None:
    found = verdict({"a.csv": "abc", "b.csv": "evil"}, do, "")
    assert [row[:2] for row in told(found, f"t/{do}")] == [("not checked", "b.csv"), ("pass", "")]
    assert why in told(found, f"t/{do}")[0][2]
    assert told(found, "t/plain")[0] == ("fail", "b.csv", "it has 4 bytes")


def test_a_source_that_kills_its_worker_costs_the_rule_that_did_it(
    verdict: Callable[..., Verdict],
) -> None:
    found = verdict({"a.csv": "abc", "b.csv": "evil"}, "die", "")
    assert [row[:2] for row in told(found, "t/die")] == [("not checked", "b.csv"), ("pass", "")]
    # the other rule has its answer all the same
    assert [row[:2] for row in told(found, "t/plain")] == [("fail", "b.csv"), ("pass", "")]
    assert found.rules[0].status == "not checked"


def test_without_the_files_it_is_not_checked(verdict: Callable[..., Verdict]) -> None:
    found = verdict({"a.csv": "abcdef"}, "", at_hand=False)
    assert told(found, "t/plain") == [("not checked", "", "needs source, which was not at hand")]


def test_a_file_that_is_gone(verdict: Callable[..., Verdict], lake: Lake) -> None:
    lake.item("gone.csv", root="r")
    lake.item("elsewhere.csv", root="unknown")
    found = verdict({"a.csv": "abc"}, "")
    assert [row[:2] for row in told(found, "t/plain")] == [
        ("not checked", "elsewhere.csv"),
        ("not checked", "gone.csv"),
        ("pass", ""),
    ]
