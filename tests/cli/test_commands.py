"""The command line as a user meets it: exit codes, what is on stdout, what is on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).resolve().parents[2] / "cli"


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(CLI)!r}); from cimkit_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=cwd, capture_output=True, text=True
    )


def ok(*words: object, cwd: Path) -> str:
    done = run(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lamps(file: Path, count: int = 5, moved: int = 0, renamed: str = "") -> Path:
    """GeoJSON of street lamps in the jurisdiction, all of them what the standard asks for."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [106.5 + i * 1e-4 + (5e-5 if i < moved else 0), 29.57],
            },
            "properties": {
                "ObjID": f"5099120118{i + 1:06d}",
                "ObjName": renamed or f"路灯 {i + 1}",
                "DeptName1": "路灯管理处",
                "ObjState": "01",
                "ORDate": "2026-09-01",
                "class": "0118",
            },
        }
        for i in range(count)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )
    return file


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with two deliveries: five lamps, then four of them, two moved."""
    home = tmp_path_factory.mktemp("cli")
    lamps(home / "first" / "509912_fac_lamp_20260901.geojson")
    lamps(home / "second" / "509912_fac_lights_20261001.geojson", count=4, moved=2)
    folder = home / "city"
    ok("init", folder, "--definition", "linjiang", "--standard", "city.linjiang", cwd=home)
    first = json.loads(ok("-C", folder, "ingest", home / "first", "--json", cwd=home))
    second = json.loads(ok("-C", folder, "ingest", home / "second", "--json", cwd=home))
    assert first["objects"]["new"] == 5
    assert second["objects"] == {"new": 0, "changed": 2, "unchanged": 2, "retired": 1}
    return folder


def test_no_catalogue_is_a_usage_error_with_a_mend(tmp_path: Path) -> None:
    done = run("query", "select 1", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "cimkit init" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["query"], ["ingest", "no-such-file"], ["search", "--bbox", "1,2,3"]],
)
def test_wrong_usage_leaves_with_2(tmp_path: Path, words: list[str]) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""


def test_every_command_has_help(tmp_path: Path) -> None:
    text = ok("--help", cwd=tmp_path)
    for name in (CLI / "cimkit_cli" / "commands").glob("[a-z]*.py"):
        assert name.stem in text
        assert "Usage: " in ok(name.stem, "--help", cwd=tmp_path)


def test_a_catalogue_is_not_made_twice(catalog: Path) -> None:
    assert run("init", catalog, cwd=catalog.parent).returncode == 2


def test_the_catalogue_is_found_from_below(catalog: Path) -> None:
    below = catalog / "reports" / "2026"
    below.mkdir(parents=True)
    answer = json.loads(ok("query", "select count(*) as n from objects", "--json", cwd=below))
    assert answer == [{"n": 4}]


def test_as_of_answers_for_an_earlier_version(catalog: Path) -> None:
    versions = json.loads(ok("-C", catalog, "log", "--json", cwd=catalog))
    deliveries = [v["version"] for v in versions if v["delivery_id"]]
    counts = {
        v: json.loads(
            ok("-C", catalog, "query", "select count(*) as n from objects", "--as-of", v, "--json",
               cwd=catalog)
        )[0]["n"]
        for v in deliveries
    }  # fmt: skip
    assert sorted(counts.values()) == [4, 5]


def test_diff_names_what_changed(catalog: Path) -> None:
    versions = sorted(
        v["version"]
        for v in json.loads(ok("-C", catalog, "log", "--json", cwd=catalog))
        if v["delivery_id"]
    )
    rows = json.loads(ok("-C", catalog, "diff", *versions, "--json", cwd=catalog))
    assert sorted(r["change"] for r in rows) == ["changed", "changed", "removed"]


def test_a_table_of_ones_own_joins_in(catalog: Path, tmp_path: Path) -> None:
    register = tmp_path / "companies.csv"
    register.write_bytes("编号,单位\n5099120118000001,临江照明公司\n".encode("gbk"))
    sql = (
        'select c."单位" as owner from objects o join companies c '
        'on o.asset_code = cast(c."编号" as varchar)'
    )
    answer = ok(
        "-C", catalog, "query", sql, "--with", f"companies={register}", "--json", cwd=catalog
    )
    assert json.loads(answer) == [{"owner": "临江照明公司"}]


def test_a_query_may_not_write(catalog: Path) -> None:
    done = run("-C", catalog, "query", "delete from objects", cwd=catalog)
    assert done.returncode == 2
    assert done.stdout == ""
    assert json.loads(ok("-C", catalog, "query", "select count(*) n from objects", "--json",
                         cwd=catalog)) == [{"n": 4}]  # fmt: skip


def test_search_finds_by_place_and_class(catalog: Path) -> None:
    here = ["--bbox", "106.49,29.56,106.51,29.58"]
    assert "509912_fac" in ok("-C", catalog, "search", *here, cwd=catalog)
    far = ["--bbox", "10,10,11,11", "--json"]
    assert ok("-C", catalog, "search", *far, cwd=catalog).strip() == ""
    lines = ok("-C", catalog, "search", "--class", "01", "--objects", "--json", cwd=catalog)
    assert len(lines.splitlines()) == 4


def test_query_writes_files(catalog: Path, tmp_path: Path) -> None:
    import pyogrio

    out = tmp_path / "lamps.gpkg"
    ok("-C", catalog, "query", "select object_id, name, geometry from objects", "-o", out,
       cwd=catalog)  # fmt: skip
    assert pyogrio.read_info(out)["features"] == 4


def test_check_accepts_what_is_right_and_rejects_what_is_wrong(tmp_path: Path) -> None:
    good = lamps(tmp_path / "good" / "509912_fac_lamp_20260901.geojson")
    report = tmp_path / "report.json"
    words = ("--standard", "city.linjiang", "--report", report)
    done = run("check", good.parent, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = lamps(tmp_path / "bad" / "lamps.geojson")
    done = run("check", bad.parent, *words, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = {f["rule"] for f in json.loads(report.read_text())["findings"]
              if f["status"] == "fail"}  # fmt: skip
    assert failed == {"cn.components/file-naming"}


def test_probe_gives_one_json_document_a_line(tmp_path: Path) -> None:
    lamps(tmp_path / "d" / "lamps.geojson")
    (tmp_path / "d" / "note.txt").write_text("hello")
    found = {
        s["path"]: s
        for s in map(json.loads, ok("probe", "--json", tmp_path / "d", cwd=tmp_path).splitlines())
    }
    assert found["lamps.geojson"]["counts"]["features"] == 5
    assert found["note.txt"]["status"] == "ignored"
    assert found["note.txt"]["problems"]


def test_the_draft_of_the_sheet_is_obeyed_once_corrected(tmp_path: Path) -> None:
    lamps(tmp_path / "d" / "lamps.geojson")
    sheet = tmp_path / "delivery.toml"
    ok("probe", tmp_path / "d", "--sheet", sheet, cwd=tmp_path)
    assert "lamps.geojson" in sheet.read_text(encoding="utf-8")
    ok("init", "city", "--standard", "cn.components", cwd=tmp_path)
    ok("-C", "city", "ingest", "d", "--sheet", sheet, cwd=tmp_path)


def test_the_sheet_may_name_the_standard(tmp_path: Path) -> None:
    lamps(tmp_path / "d" / "509912_fac_lamp_20260901.geojson")
    sheet = tmp_path / "delivery.toml"
    sheet.write_text("[delivery]\nname = 'lamps'\n")
    assert "int.quality@1.0" in ok("check", "d", "--sheet", sheet, cwd=tmp_path)
    sheet.write_text("[delivery]\nname = 'lamps'\nstandard = 'city.linjiang@2026'\n")
    assert "city.linjiang@2026" in ok("check", "d", "--sheet", sheet, cwd=tmp_path)


def test_an_unknown_format_names_those_there_are(catalog: Path, tmp_path: Path) -> None:
    done = run("-C", catalog, "export", "i3s", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "3dtiles, cityjson, cityjsonseq, cog, context, copc, flatgeobuf, geoparquet" in (
        done.stderr
    )
