from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest

from cimkit.checks import CheckSpec
from cimkit.checks._verdict import judge
from cimkit.errors import UsageError
from cimkit.model import LAKE
from cimkit.reporters import for_file, write
from cimkit.reporters.json import schema
from cimkit.standard import Acceptance, Rule

HOSTILE = "a[red]b[/red]\x1b[2Jc\u202ed.gpkg"


def row(rule, status, count=1, **more):
    blank = dict.fromkeys(("path", "layer", "place", "measured", "expected", "tolerance"), "")
    return {
        **blank,
        "delivery_id": "d1",
        "rule": f"t/{rule}",
        "status": status,
        "severity": "error",
        "message": f"{rule} {status}",
        "hint": "",
        "mender": "vendor",
        "clause": "T 4.2",
        "element": "completeness",
        "count": count,
        **more,
    }


@pytest.fixture(scope="module")
def verdict():
    rows = [
        row("many", "fail", path=f"{n}.shp", place=f"row {n}", hint="mend it") for n in range(12)
    ]
    rows += [
        row("many", "pass", 1000),
        row("hostile", "fail", 3, path=HOSTILE, x=106.5, y=29.5, message="[bold]no[/bold]"),
        row("soft", "fail", severity="warning", path="a.shp", message="编码：未声明"),
        row("blind", "not checked", 0, message="needs measures"),
        row("half", "not checked", 4, path="b.ifc", message="place unknown"),
        row("half", "pass", 2),
        row("nothing", "not applicable", 0),
    ]
    names = ("many", "hostile", "soft", "blind", "half", "nothing")
    checked = [(Rule(id=f"t/{n}", clause="T 4.2"), CheckSpec(n, n.title())) for n in names]
    receipt = {
        "standard": "t@1",
        "title": {"en": "Town", "zh": "镇"},
        "standard_hash": "f" * 32,
        "tool": "cimkit 0",
        "governed_by": {
            "standard": "t@1",
            "date": "2026-09-01",
            "reason": {"en": "t@1 is \x1b[31mold", "zh": "t@1 已失效", "ja": "t@1 は失効"},
            "alternatives": ["t@2"],
            "warning": True,
        },
        "context_hash": None,
        "sheet_hash": None,
        "delivery": "d1",
        "language": "en",
        "checked": "2026-09-01T00:00:00+00:00",
        "seconds": 1.25,
        "files": [
            {"path": HOSTILE, "sha256": "0", "size": 1, "status": "ok"},
            {"path": "c.txt", "sha256": "0", "size": 1, "status": "ignored"},
        ],
    }
    table = pa.Table.from_pylist(rows, schema=LAKE["findings"])
    return judge(table, checked, Acceptance(), receipt)


def text(form, verdict, **more):
    out = io.StringIO()
    write(form, verdict, out, **more)
    return out.getvalue()


def test_json_is_what_its_schema_says(verdict):
    plain = json.loads(text("json", verdict))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(plain, schema())
    assert plain == json.loads(json.dumps(verdict.to_json()))
    assert (plain["verdict"], plain["exit_code"]) == ("rejected", 1)


def test_the_schema_refuses_what_the_report_never_holds(verdict):
    plain = verdict.to_json()
    plain["findings"][0]["status"] = "skipped"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, schema())


def test_an_empty_report_is_still_json():
    import dataclasses

    nothing = judge(LAKE["findings"].empty_table(), [], Acceptance(), {"files": []})
    assert json.loads(text("json", dataclasses.replace(nothing)))["findings"] == []


def test_counts_agree(verdict):
    plain = verdict.to_json()
    for rule in plain["rules"]:
        rows = [f for f in plain["findings"] if f["rule"] == rule["rule"]]
        failed = [f for f in rows if f["status"] == "fail"]
        assert rule["failed"] == sum(f["count"] for f in failed)
        assert rule["places"] == len(failed)
        assert rule["passed"] == sum(f["count"] for f in rows if f["status"] == "pass")
    assert sum(plain["counts"]["findings"].values()) == len(plain["findings"])
    assert plain["counts"]["failures"] == {"error": 13, "warning": 1, "info": 0}
    assert "errors 13, warnings 1, notes 0" in text("terminal", verdict)


def test_terminal_shows_five_places_and_the_exact_rest(verdict):
    said, _, by_file = text("terminal", verdict).partition("Failures by rule, class and file")
    assert "REJECTED" in said
    assert sum(f"{n}.shp" in by_file for n in range(12)) == 12
    assert sum(f"{n}.shp" in said for n in range(12)) == 5
    assert "7 more places, 12 objects in all" in said
    assert said.count("→ mend it") == 1
    assert "1,000" in said


def test_terminal_says_what_was_not_checked_and_why(verdict):
    said = text("terminal", verdict)
    below = said.partition("What was not checked, and why")[2]
    assert "t/blind: needs measures (mandatory)" in below
    assert "t/half: place unknown (4 objects, mandatory)" in below
    assert "Sources without geodata, not judged: 1" in below


def test_data_cannot_command_the_terminal(verdict):
    said = text("terminal", verdict)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "a[red]b[/red]\ufffd[2Jc\ufffdd.gpkg" in said
    assert "[bold]no[/bold]" in said


def test_terminal_keeps_within_a_hundred_columns(verdict):
    from rich.cells import cell_len

    for language in ("en", "zh", "ja"):
        said = text("terminal", verdict, language=language)
        assert max(cell_len(line) for line in said.splitlines()) <= 100


def test_the_table_shows_how_bad_it_is(verdict):
    assert [r.worst for r in verdict.rules] == ["error", "error", "warning", "", "", ""]
    said = text("terminal", verdict).splitlines()
    assert "warning" in next(line for line in said if " t/soft " in line)
    assert "FAIL" in next(line for line in said if " t/many " in line)


def test_terminal_leaves_no_blanks_at_line_ends(verdict):
    assert not [x for x in text("terminal", verdict).splitlines() if x.endswith(" ")]


def test_headings_in_three_languages(verdict):
    assert "不通过" in text("terminal", verdict, language="zh")
    assert "不合格" in text("terminal", verdict, language="ja")


def test_the_machine_file_is_named(verdict):
    assert "All findings: r.json" in text("terminal", verdict, machine=Path("r.json"))


def test_reports_by_suffix():
    assert for_file(Path("a/REPORT.JSON")) == "json"
    assert for_file(Path("report.txt")) == "terminal"
    with pytest.raises(UsageError, match=r"\.json"):
        for_file(Path("report.docx"))
