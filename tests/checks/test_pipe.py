"""The whole way: files, a throw-away catalogue, the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.catalog import create, ingest
from cimkit.checks import check, check_catalog
from cimkit.errors import StandardNotFound, UsageError

LON, LAT = 106.5, 29.57


def _lamps(folder: Path, *, twice: bool = False, name: str = "lamp") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"509912_fac_{name}_20260901.geojson"
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [LON + n * 1e-4, LAT]},
            "properties": {
                "ObjID": f"50991201180000{1 if twice else n + 1:02}",
                "ObjName": f"路灯 {n + 1}",
                "ObjState": "01",
                "class": "0118",
            },
        }
        for n in range(4)
    ]
    text = json.dumps({"type": "FeatureCollection", "name": "lamp", "features": features})
    file.write_text(text, encoding="utf-8")
    return file


def _status(verdict):
    return {r.rule.partition("/")[2]: r.status for r in verdict.rules}


def test_a_good_delivery_is_accepted(tmp_path):
    _lamps(tmp_path / "d")
    (tmp_path / "d" / "README.txt").write_text("lamps", encoding="utf-8")
    verdict = check([tmp_path / "d"], standard="city.linjiang", jobs=1, work=tmp_path)
    assert verdict.exit_code == 0, [
        r for r in verdict.findings.to_pylist() if r["status"] in ("fail", "not checked")
    ]
    assert _status(verdict)["code-grammar"] == "pass"
    assert _status(verdict)["ifc-storeys"] == "not applicable"
    assert {f["status"] for f in verdict.receipt["files"]} == {"ok", "ignored"}
    assert [p.name for p in tmp_path.iterdir()] == ["d"]  # nothing is left behind


def test_a_bad_delivery_is_rejected_for_what_is_wrong_with_it(tmp_path):
    _lamps(tmp_path / "d", twice=True)
    verdict = check([tmp_path / "d"], standard="city.linjiang", jobs=1)
    assert verdict.exit_code == 1
    failed = [r for r in verdict.findings.to_pylist() if r["status"] == "fail"]
    assert [r["rule"] for r in failed] == ["cn.components/code-unique"] * 3
    assert {r["message"].partition(" ")[0] for r in failed} == {"Identifier"}


def test_a_catalogue_read_only_at_the_surface_is_incomplete(tmp_path):
    catalog = create(tmp_path / "city", standard="city.linjiang")
    _lamps(tmp_path / "d")
    ingest(catalog, [tmp_path / "d"], jobs=1, depth="header")
    verdict = check_catalog(catalog)
    assert verdict.exit_code == 3
    assert _status(verdict)["code-grammar"] == "not checked"
    assert _status(verdict)["file-naming"] == "pass"


def test_a_catalogue_is_checked_against_its_own_standard(tmp_path):
    catalog = create(tmp_path / "city", standard="city.linjiang")
    _lamps(tmp_path / "d")
    ingest(catalog, [tmp_path / "d"], jobs=1)
    _lamps(tmp_path / "e", twice=True, name="lampnew")
    report = ingest(catalog, [tmp_path / "e"], jobs=1)
    verdict = check_catalog(catalog, report.delivery_id, language="zh", record=True)
    assert verdict.exit_code == 1
    said = [r["message"] for r in verdict.findings.to_pylist() if r["status"] == "fail"]
    assert sum("对应两个对象" in m for m in said) == 3
    with catalog.connect() as con:
        kept = con.execute("SELECT count(*) FROM findings").fetchone()
        status = con.execute(
            "SELECT status FROM deliveries WHERE delivery_id = ?", [report.delivery_id]
        ).fetchone()
    assert kept == (verdict.findings.num_rows,)
    assert status == ("rejected",)


def test_what_cannot_be_asked(tmp_path):
    with pytest.raises(StandardNotFound):
        check([tmp_path], standard="no.such")
    with pytest.raises(UsageError, match="no standard"):
        check_catalog(create(tmp_path / "bare"))
    city = create(tmp_path / "city", standard="cn.components")
    with pytest.raises(UsageError, match="recorded at a delivery"):
        check_catalog(city, record=True)
