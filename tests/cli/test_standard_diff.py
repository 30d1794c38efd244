"""``cimkit standard diff``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .test_commands import lamps, ok, run

HEAD = """id = "city"
edition = "{edition}"
extends = ["cn.components@2007"]
[titles]
en = "City"
[jurisdiction]
division = "509912"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two editions of an overlay: the second gives up street lamps and re-uses 0119."""
    home = tmp_path_factory.mktemp("diff")
    changes = {
        "2025": "change,code,parent,name_zh,name_en,replaces\nadd,0150,01,新杆,New pole,\n",
        "2026": "change,code,parent,name_zh,name_en,replaces\nretire,0118,,路灯,Street lamp,\n"
        "replace,0119,01,长椅,Bench,\nadd,0151,01,道路照明,Road lighting,0118\n"
        "add,0150,01,新杆,New pole,\n",
    }
    for edition, text in changes.items():
        (home / edition).mkdir()
        (home / edition / "standard.toml").write_text(HEAD.format(edition=edition))
        (home / edition / "classes.csv").write_text(text, encoding="utf-8")
    return home


def test_what_is_otherwise_the_grave_first(home: Path) -> None:
    said = ok("standard", "diff", "./2025", "./2026", cwd=home)
    assert said.startswith("city@2025 → city@2026\n\nATTENTION: 1 change")
    assert "reused 0119: " in said.split("classes:")[0]
    assert "(2026/classes.csv:3)" in said
    assert "replaced 0118" in said
    assert "retired: 0119 地灯 → no heir" in said
    assert "replaced: 0118 路灯 → 0151 道路照明 (exact)" in said


def test_json(home: Path) -> None:
    found = json.loads(ok("standard", "diff", "./2025", "./2026", "--json", cwd=home))
    assert found["grave"] == 1
    assert found["fates"]["replaced"] == 1
    assert found["fates"]["retired"] == 1
    assert found["dry_run"] is None
    assert [c["key"] for c in found["changes"] if c["what"] == "reused"] == ["0119"]


def test_the_same_twice(home: Path) -> None:
    assert "No difference." in ok("standard", "diff", "./2025", "./2025", cwd=home)


def test_the_migration_as_a_table_for_the_package(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "migration.csv"
    done = run("standard", "diff", "./2025", "./2026", "--migration", out, cwd=home)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = {r["from_code"]: r for r in csv.DictReader(file)}
    assert rows["0118"]["to_code"] == "0151"
    assert (rows["0118"]["from_scheme"], rows["0118"]["to_scheme"]) == ("city@2025", "city@2026")
    assert rows["0119"]["to_code"] == "-"
    # It is a table of the package as it stands.
    package = home / "2026"
    (package / "crosswalk").mkdir()
    (package / "crosswalk" / "migration.csv").write_bytes(out.read_bytes())
    try:
        found = json.loads(ok("standard", "diff", "./2025", "./2026", "--json", cwd=home))
    finally:
        (package / "crosswalk" / "migration.csv").unlink()
        (package / "crosswalk").rmdir()
    assert found["fates"]["replaced"] == 1
    assert found["fates"]["retired"] == 1


def test_the_dry_run_over_a_catalogue(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "city"
    ok("init", place, "--standard", home / "2025", cwd=tmp_path)
    lamps(tmp_path / "in" / "lamps.geojson")
    ok("-C", place, "ingest", tmp_path / "in", "-q", cwd=tmp_path)
    said = ok("standard", "diff", "./2025", "./2026", "--catalog", place, cwd=home)
    assert "Dry run: nothing was written." in said
    words = ("-C", place, "standard", "diff", "./2025", "./2026", "--json")
    dry = json.loads(ok(*words, cwd=home))["dry_run"]
    assert dry["objects"] == 5
    assert dry["changed"] + dry["lost"] == 5
    assert dry["version"] is None
    history = json.loads(ok("-C", place, "log", "--json", cwd=home))
    assert len(history) == 2
