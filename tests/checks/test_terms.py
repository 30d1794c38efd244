"""Rules wanted otherwise, waivers, the last delivery: what they do, and that it is all told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cimkit.checks import Terms, Verdict, check_tables
from cimkit.checks._baseline import read_baseline
from cimkit.checks._waivers import read_waivers
from cimkit.errors import UsageError
from cimkit.standard import Rule

from .conftest import Lake

WAIVED = """
[[waiver]]
id = "W1"
rule = "test.town/class-*"
path = "*.gpkg"
owner = "Li Wei"
why = "agreed"
expires = 2026-12-31
"""


def rule(name: str, **more: Any) -> Rule:
    message = {"en": "{measured} {reason}"}
    return Rule(id=f"test.town/{name}", check=name.replace("-", "_"), message=message, **more)


@pytest.fixture
def verdict(lake: Lake, standard: Any) -> Callable[..., Verdict]:
    def make(*rules: Rule, **terms: Any) -> Verdict:
        used = dataclasses.replace(standard, rules=rules or (rule("class-known"),))
        with lake.open() as con:
            return check_tables(con, used, delivery_id="d1", terms=Terms(**terms))

    return make


@pytest.fixture
def delivery(lake: Lake) -> Lake:
    lake.item("a.gpkg")
    for n in range(3):
        lake.object("a.gpkg", properties={"class": "0117" if n else "0999"})
    return lake


def waivers(tmp_path: Path, text: str = WAIVED) -> Any:
    file = tmp_path / "w.toml"
    file.write_text(text, encoding="utf-8")
    return read_waivers(file)


def report(tmp_path: Path, verdict: Verdict) -> Any:
    file = tmp_path / "last.json"
    file.write_text(json.dumps(verdict.to_json()), encoding="utf-8")
    return read_baseline(file)


def test_a_fingerprint_is_that_of_the_mistake_and_not_of_its_place_in_the_list(
    delivery: Lake, verdict: Callable[..., Verdict]
) -> None:
    first = [f for f in verdict().findings.to_pylist() if f["status"] == "fail"]
    assert len({f["fingerprint"] for f in first} - {""}) == 1
    delivery.item("0.gpkg")
    delivery.object("0.gpkg", properties={"class": "0998"}, source_key="new")
    both = [f for f in verdict().findings.to_pylist() if f["status"] == "fail"]
    assert [f["path"] for f in both] == ["0.gpkg", "a.gpkg"]
    assert both[1]["fingerprint"] == first[0]["fingerprint"] != both[0]["fingerprint"]
    assert {f["fingerprint"] for f in verdict().findings.to_pylist() if f["status"] != "fail"} == {
        ""
    }


def test_what_nothing_tells_apart_is_numbered(lake: Lake, verdict: Callable[..., Verdict]) -> None:
    lake.item("a.gpkg")
    for _ in range(3):
        lake.object("a.gpkg", source_key="same", place="", properties={"class": "0999"})
    marks = [f["fingerprint"] for f in verdict().findings.to_pylist() if f["status"] == "fail"]
    assert len(set(marks)) == 3


def test_a_mandatory_rule_that_is_off_is_not_checked(
    delivery: Lake, verdict: Callable[..., Verdict]
) -> None:
    found = verdict(rules={"class-known": "off"})
    assert found.verdict == "not checked"
    assert found.rules[0].status == "not checked"
    assert "switched off" in found.rules[0].reasons[0]
    assert found.to_json()["overrides"] == [
        {"rule": "test.town/class-known", "was": "error", "now": "off"}
    ]


def test_another_severity(delivery: Lake, verdict: Callable[..., Verdict]) -> None:
    assert verdict().verdict == "fail"
    mild = verdict(rules={"test.town/*": "warning"})
    assert mild.verdict == "pass"
    assert mild.counts["failures"] == {"error": 0, "warning": 1, "info": 0}
    assert mild.overrides[0].now == "warning"
    # the last word counts, and what the standard says itself is no override
    assert verdict(rules={"test.town/*": "warning", "class-known": "error"}).overrides == ()


@pytest.mark.parametrize("wanted", [{"class-konwn": "off"}, {"class-known": "loud"}])
def test_what_is_no_rule_and_no_level(
    delivery: Lake, verdict: Callable[..., Verdict], wanted: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match=r"no such (rule|level)"):
        verdict(rules=wanted)


def test_a_waived_failure_is_shown_and_does_not_count(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    given = waivers(tmp_path)
    found = verdict(waivers=given, today=date(2026, 12, 31))
    assert found.verdict == "pass"
    assert found.counts["failures"]["error"] == 0
    assert found.counts["waived"] == 1
    assert (found.rules[0].failed, found.rules[0].waived, found.rules[0].passed) == (0, 1, 2)
    assert found.rules[0].status == "pass"
    fails = [f for f in found.findings.to_pylist() if f["status"] == "fail"]
    assert [f["waived"] for f in fails] == ["W1"]
    told = found.to_json()["waivers"][0]
    assert (told["owner"], told["expires"], told["count"]) == ("Li Wei", "2026-12-31", 1)


def test_a_waiver_ends_with_its_last_day(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    found = verdict(waivers=waivers(tmp_path), today=date(2027, 1, 1))
    assert found.verdict == "fail"
    assert found.waivers[0].expired
    assert found.waivers[0].count == 0


def test_a_waiver_of_one_failure(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    delivery.object("a.gpkg", properties={"class": "0998"})
    marks = [f["fingerprint"] for f in verdict().findings.to_pylist() if f["status"] == "fail"]
    text = f'[[waiver]]\nfingerprint = "{marks[0]}"\nowner = "a"\nwhy = "b"\nexpires = 2099-01-01\n'
    found = verdict(waivers=waivers(tmp_path, text))
    assert (found.rules[0].failed, found.rules[0].waived) == (1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[waiver]]\nrule = 'a'\nowner = 'x'\nwhy = 'y'\n", "expires"),
        ("[[waiver]]\nowner = 'x'\nwhy = 'y'\nexpires = 2027-01-01\n", "everything"),
        ("[[waiver]]\nruel = 'a'\n", "no such key"),
        ("[[waiver]]\nrule='a'\nowner='x'\nwhy='y'\nexpires='soon'\n", "no date"),
        ("[waiver]\nrule='a'\n", "[[waiver]]"),
        ("rule = ", "TOML"),
    ],
)
def test_waivers_that_are_none(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        waivers(tmp_path, text)
    assert said in str(caught.value)
    assert "w.toml" in str(caught.value)


def test_new_open_and_fixed(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    delivery.object("a.gpkg", properties={"class": "0998"}, source_key="mended")
    last = report(tmp_path, verdict())
    mended = next(r for r in delivery.rows["objects"] if r["source_key"] == "mended")
    mended["properties"] = json.dumps({"class": "0117"})
    delivery.object("a.gpkg", properties={"class": "0997"}, source_key="worse")
    found = verdict(baseline=last)
    assert found.comparison is not None
    assert (found.comparison.new, found.comparison.open) == (1, 1)
    assert found.comparison.fixed.num_rows == 1
    assert "mended" in found.comparison.fixed["place"][0].as_py()
    assert found.comparison.unseen.num_rows == 0
    states = [f["compared"] for f in found.findings.to_pylist() if f["status"] == "fail"]
    assert sorted(states) == ["new", "open"]
    assert found.to_json()["baseline"]["open"] == 1


def test_a_renamed_file_keeps_its_failures(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    last = report(tmp_path, verdict())
    delivery.rows["items"][0]["path"] = "renamed.gpkg"
    found = verdict(baseline=last)
    assert found.comparison is not None
    assert (found.comparison.new, found.comparison.open) == (0, 1)
    assert found.comparison.fixed.num_rows == 0


def test_what_was_not_looked_at_again_is_not_fixed(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    last = report(tmp_path, verdict())
    off = verdict(baseline=last, rules={"class-known": "off"})
    assert off.comparison is not None
    assert (off.comparison.fixed.num_rows, off.comparison.unseen.num_rows) == (0, 1)
    delivery.rows["items"][0]["path"] = "other.gpkg"
    delivery.rows["objects"].clear()
    gone = verdict(baseline=last)
    assert gone.comparison is not None
    assert (gone.comparison.fixed.num_rows, gone.comparison.unseen.num_rows) == (0, 1)


@pytest.mark.parametrize("content", ["[]", "{}", "no json", '{"findings": [{"status": "fail"}]}'])
def test_a_baseline_that_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        read_baseline(file)
    assert "x.json" in str(caught.value)


def test_a_baseline_in_parquet(
    delivery: Lake, verdict: Callable[..., Verdict], tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    pq.write_table(verdict().findings, tmp_path / "last.parquet")
    found = verdict(baseline=read_baseline(tmp_path / "last.parquet"))
    assert found.comparison is not None
    assert (found.comparison.new, found.comparison.open) == (0, 1)
