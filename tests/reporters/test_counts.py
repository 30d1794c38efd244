"""All forms of one verdict say the same figures."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from cimkit.reporters import save

FORMS = (
    *("html", "json", "sarif", "xml", "xlsx", "csv", "parquet"),
    *("gpkg", "geojson", "bcf", "bcfzip", "md", "txt"),
)
FAILED = {"t/ring": 12, "t/origin": 40, "t/hostile": 1, "t/soft": 1}
WAIVED = {"t/waived": 1}


@pytest.fixture(scope="module")
def reports(verdict, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    for form in FORMS:
        save(verdict, folder / f"r.{form}")
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"r.{form}" for form in FORMS)
    return folder


def page(file: Path) -> dict:
    text = file.read_text(encoding="utf-8")
    data = re.search(r'<script type="application/gzip" id="data">([^<]*)</script>', text)
    return json.loads(gzip.decompress(base64.b64decode(data[1])))


def counted(pairs) -> dict[str, int]:
    found: dict[str, int] = {}
    for rule, n in pairs:
        found[rule] = found.get(rule, 0) + n
    return found


def test_places_by_rule_agree(reports: Path, verdict) -> None:
    both = {**FAILED, **WAIVED}
    assert {r.rule: r.places for r in verdict.rules if r.places} == FAILED

    plain = json.loads((reports / "r.json").read_bytes())
    assert counted((f["rule"], 1) for f in plain["findings"] if f["status"] == "fail") == both

    run = json.loads((reports / "r.sarif").read_bytes())["runs"][0]
    failed = [r for r in run["results"] if r["kind"] == "fail"]
    assert counted((r["ruleId"], 1) for r in failed if "suppressions" not in r) == FAILED
    assert counted((r["ruleId"], 1) for r in failed) == both

    table = pq.read_table(reports / "r.parquet").to_pylist()
    assert counted((r["rule"], 1) for r in table if r["status"] == "fail") == both

    text = (reports / "r.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert counted((r["rule"], 1) for r in rows if r["status"] == "fail") == both

    features = json.loads((reports / "r.geojson").read_bytes())["features"]
    found = [f["properties"] for f in features if f["properties"]["status"] == "fail"]
    assert counted((f["rule"], 1) for f in found) == both

    book = openpyxl.load_workbook(reports / "r.xlsx", read_only=True)
    sheet = list(book["Findings"].values)
    assert counted((row[0], 1) for row in sheet[1:]) == both
    sheet = list(book["Finding"].values)
    assert counted((row[0], row[2]) for row in sheet[1:]) == FAILED
    sheet = list(book["All rules"].values)[1:]
    assert {row[0]: row[5] for row in sheet if row[5]} == FAILED
    line, _, *sheet = book["What fails"].values
    assert line[0] == "REJECTED by t@1 · errors 53, warnings 1, notes 0"
    assert {row[0]: row[4] for row in sheet if row[4]} == FAILED

    with sqlite3.connect(reports / "r.gpkg") as con:
        placed = con.execute("SELECT rule FROM places UNION ALL SELECT rule FROM without_place")
        assert counted((rule, 1) for (rule,) in placed) == both
        assert dict(con.execute("SELECT rule, places FROM rules WHERE places > 0")) == FAILED
    con.close()

    suites = ET.parse(reports / "r.xml").getroot().findall("testsuite")
    places = {s.get("name"): s.find("properties/property[@name='places']") for s in suites}
    assert {k: int(v.get("value")) for k, v in places.items() if v.get("value") != "0"} == FAILED

    shown = page(reports / "r.html")
    by = [shown["rules"][n]["rule"] for n in shown["columns"]["rule"]]
    assert counted((rule, 1) for rule in by) == both
    groups = [(shown["rules"][g["rule"]]["rule"], g["places"]) for g in shown["groups"]]
    assert counted(groups) == FAILED

    said = (reports / "r.md").read_text(encoding="utf-8")
    assert {
        rule: int(re.search(rf"\| {rule} \|(?:[^|]*\|){{3}} (\d+) \|", said)[1]) for rule in FAILED
    } == FAILED
    said = (reports / "r.txt").read_text(encoding="utf-8")
    assert {
        rule: int(re.search(rf"^ {rule} +\S+ +\d+ +(\d+)", said, re.MULTILINE)[1])
        for rule in FAILED
    } == FAILED


def test_severities_agree(reports: Path) -> None:
    line = "errors 53, warnings 1, notes 0"
    for form in ("md", "txt"):
        assert line in (reports / f"r.{form}").read_text(encoding="utf-8")
    assert page(reports / "r.html")["counts"]["en"].startswith(line)
    plain = json.loads((reports / "r.json").read_bytes())
    assert plain["counts"]["failures"] == {"error": 53, "warning": 1, "info": 0}
    run = json.loads((reports / "r.sarif").read_bytes())["runs"][0]
    levels = counted(
        (r["level"], 1) for r in run["results"] if r["kind"] == "fail" and "suppressions" not in r
    )
    assert levels == {"error": 53, "warning": 1}


@pytest.mark.parametrize("form", [f for f in FORMS if f not in ("xlsx", "gpkg", "parquet")])
def test_each_says_what_was_not_checked_and_why(reports: Path, form: str) -> None:
    if form == "html":
        text = json.dumps(page(reports / "r.html"))
    elif form.startswith("bcf"):
        with zipfile.ZipFile(reports / f"r.{form}") as held:
            text = "".join(held.read(name).decode() for name in held.namelist())
    else:
        text = (reports / f"r.{form}").read_text(encoding="utf-8-sig")
    assert "needs measures" in text
    assert "place unknown" in text


def test_tables_say_what_was_not_checked_and_why(reports: Path) -> None:
    book = openpyxl.load_workbook(reports / "r.xlsx", read_only=True)
    sheet = book["What was not checked, and why"]
    assert [row[:3] for row in sheet.values][1:3] == [
        ("t/blind", "needs measures", None),
        ("t/half", "place unknown", 4),
    ]
    with sqlite3.connect(reports / "r.gpkg") as con:
        found = con.execute("SELECT rule, reason, count FROM not_checked").fetchall()
    con.close()
    assert found == [("t/blind", "needs measures", None), ("t/half", "place unknown", 4)]
    report = json.loads(pq.read_schema(reports / "r.parquet").metadata[b"cimkit"])
    assert report["rules"][4]["reasons"] == ["needs measures"]


def test_each_says_by_which_standard(reports: Path) -> None:
    for form in ("json", "sarif", "xml", "csv", "md", "txt", "geojson"):
        text = (reports / f"r.{form}").read_text(encoding="utf-8-sig")
        assert "t@1" in text or "t&#64;1" in text, form
    assert page(reports / "r.html")["title"]["zh"] == "不通过 依据 t@1"


def test_a_report_replaces_the_last_one_whole_or_not_at_all(verdict, tmp_path, monkeypatch) -> None:
    from cimkit.reporters import markdown

    file = tmp_path / "r.md"
    file.write_text("the last one")

    def broken(*_args: object, **_more: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(markdown, "sections", broken)
    with pytest.raises(OSError, match="disk full"):
        save(verdict, file)
    assert file.read_text() == "the last one"
    assert [p.name for p in tmp_path.iterdir()] == ["r.md"]
