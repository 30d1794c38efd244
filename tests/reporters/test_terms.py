"""Score, last delivery, overrides: in each form that people read, in each language."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import json
import re
import zipfile

import jsonschema
import openpyxl
import pyarrow as pa
import pytest

from cimkit.checks._baseline import Comparison
from cimkit.checks._overrides import Override
from cimkit.checks._score import Score
from cimkit.reporters import save, write
from cimkit.reporters.json import schema


@pytest.fixture(scope="module")
def judged(verdict):
    gone = {"fingerprint": "g1", "rule": "t/ring", "reason": "ring-open", "path": "gone.gml"}
    gone |= {"layer": "", "place": "line 7", "severity": "error", "message": "was open"}
    fixed = pa.Table.from_pylist([gone])
    unit = {"unit": "0.gml", "judged": True, "points": 31.256, "grade": "failed"}
    unit |= {"A": 1, "B": 2, "C": 0, "D": 0, "failed_by": "veto"}
    part = {"element": "logical consistency", "part": "topological", "weight": 0.4}
    part |= {"part_weight": 1.0, "points": 31.256}
    score = Score(
        passed=False,
        points=31.256,
        grade="failed",
        lot=40,
        judged=8,
        seed="abc",
        units=(unit,),
        elements=(part,),
        overview={"A": 0, "B": 3, "C": 0, "D": 0},
        reasons=("units",),
        unscored=5,
    )
    return dataclasses.replace(
        verdict,
        score=score,
        comparison=Comparison("last.json", "2026-01-01", 6, 6, fixed, fixed.slice(0, 0)),
        overrides=(Override("t/soft", "error", "warning"),),
    )


TOLD = {
    "en": ("31.3 points", "Sample drawn with seed abc", "6 new, 6 still open, 1 fixed"),
    "zh": ("31.3 分", "抽样种子：abc", "新增 6，仍未解决 6，已解决 1"),
    "ja": ("31.3 点", "抽出の種：abc", "新規 6、未解決 6、解決済 1"),
}
NAMED = ("gone.gml", "City office", "veto", "topological")


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_texts_say_it(judged, form: str, language: str) -> None:
    out = io.StringIO()
    write(form, judged, out, language=language)
    said = re.sub(r"\s+", " ", out.getvalue())
    for text in (*TOLD[language], *NAMED):
        assert text in said


def test_the_page_the_workbook_and_the_first_topic_say_it(judged, tmp_path) -> None:
    for form in ("html", "xlsx", "bcf"):
        save(judged, tmp_path / f"r.{form}", language="zh")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/gzip" id="data">([^<]*)</script>', text)[1]
    held = json.dumps(
        json.loads(gzip.decompress(base64.b64decode(data)))["sections"], ensure_ascii=False
    )
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    cells = " ".join(str(c.value) for s in book for line in s.iter_rows() for c in line if c.value)
    with zipfile.ZipFile(tmp_path / "r.bcf") as archive:
        topic = "".join(archive.read(n).decode() for n in archive.namelist())
    for said in (held, cells, topic):
        for text in (*TOLD["zh"], *NAMED):
            assert text in said


def test_the_schema_knows_it(judged) -> None:
    out = io.StringIO()
    write("json", judged, out)
    plain = json.loads(out.getvalue())
    jsonschema.Draft202012Validator(schema()).validate(plain)
    assert plain["score"]["seed"] == "abc"
    assert plain["baseline"]["fixed"][0]["path"] == "gone.gml"


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("language", ["en", "zh", "ja"])
def test_terminals_of_any_width_hold_it(judged, width: int, language: str) -> None:
    from rich.cells import cell_len

    from cimkit.reporters import terminal

    out = io.StringIO()
    terminal.write(judged, out, language=language, width=width)
    lines = out.getvalue().splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert "\x1b" not in out.getvalue()
    # Columns begin below their headings also where letters are two cells wide.
    at = next(n for n, line in enumerate(lines) if " t/ring " in line)
    rule = next(line for line in reversed(lines[:at]) if set(line.strip()) == {"─"})
    assert cell_len(rule) >= cell_len(lines[at])
