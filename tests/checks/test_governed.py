"""Which standard a delivery was held against, and why, is in the verdict and its reports."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cimkit.catalog import create, ingest
from cimkit.checks import check, check_catalog
from cimkit.loaders import read_sheet
from cimkit.reporters import write

HEAD = 'id = "town"\nedition = "{0}"\ntitles.en = "Town {0}"\neffective_from = "{0}-01-01"\n'


@pytest.fixture
def delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for edition in ("2020", "2026"):
        folder = tmp_path / "standards" / edition
        folder.mkdir(parents=True)
        (folder / "standard.toml").write_text(HEAD.format(edition))
        (folder / "classes.csv").write_text("code,name_en\n01,All\n")
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path / "standards"))
    data = tmp_path / "data"
    data.mkdir()
    point = {"type": "Point", "coordinates": [106.5, 29.5]}
    feature = {"type": "Feature", "geometry": point, "properties": {"id": "1"}}
    text = json.dumps({"type": "FeatureCollection", "name": "a", "features": [feature]})
    (data / "a.geojson").write_text(text)
    return data


def _sheet(folder: Path, date: str):
    file = folder / "sheet.toml"
    file.write_text(f"[delivery]\ndate = {date}\n")
    return read_sheet(file)


def test_the_day_of_the_delivery_chooses_the_edition(delivery: Path, tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, "2023-04-01")
    verdict = check([delivery], standard="town", sheet=sheet, jobs=1)
    assert verdict.receipt["standard"] == "town@2020"
    assert verdict.receipt["governed_by"] == {
        "standard": "town@2020",
        "date": "2023-04-01",
        "reason": {
            "en": "town@2020 governs on 2023-04-01: in force from 2020-01-01",
            "zh": "2023-04-01 适用 town@2020：自 2020-01-01 起施行",
            "ja": "2023-04-01 には town@2020 を適用します：2020-01-01 施行",
        },
        "alternatives": [],
        "warning": False,
    }
    assert check([delivery], standard="town", jobs=1).receipt["standard"] == "town@2026"


def test_an_edition_that_is_not_in_force_is_a_warning(delivery: Path, tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, '"2026-09-01"')
    verdict = check([delivery], standard="town@2020", sheet=sheet, jobs=1)
    governed = verdict.receipt["governed_by"]
    assert verdict.receipt["standard"] == "town@2020"
    assert governed["warning"]
    assert governed["alternatives"] == ["town@2026"]
    for language, said in (
        ("en", "warning: town@2020 was named"),
        ("zh", "警告: 指定的 town@2020"),
    ):
        out = io.StringIO()
        write("terminal", verdict, out, language=language)
        assert said in " ".join(out.getvalue().split())
    out = io.StringIO()
    write("json", verdict, out)
    assert json.loads(out.getvalue())["receipt"]["governed_by"] == governed


def test_a_catalogue_is_judged_by_the_day_of_each_delivery(delivery: Path, tmp_path: Path) -> None:
    catalog = create(tmp_path / "lake", standard="town@2026")
    told = ingest(catalog, [delivery], sheet=_sheet(tmp_path, "2025-06-01"), jobs=1)
    early = check_catalog(catalog, told.delivery_id).receipt["governed_by"]
    assert (early["date"], early["warning"]) == ("2025-06-01", True)
    assert not check_catalog(catalog).receipt["governed_by"]["warning"]
