"""``cimkit explain``, ``decide``, ``adopt`` and ``standard suggest``."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CLI = Path(__file__).resolve().parents[2] / "cli"


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(CLI)!r}); from cimkit_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    )


def ok(*words: object, cwd: Path) -> str:
    done = run(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(*words: object, cwd: Path) -> Any:
    return json.loads(ok(*words, "--json", cwd=cwd))


def layer(file: Path, *keys: str, **fields: str) -> None:
    features = [
        {
            "type": "Feature",
            "id": key,
            "geometry": {"type": "Point", "coordinates": [106.5 + n * 1e-4, 29.57]},
            "properties": {"ref": key, **fields},
        }
        for n, key in enumerate(keys)
    ]
    file.parent.mkdir(exist_ok=True)
    collection = {"type": "FeatureCollection", "features": features}
    file.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("classes")
    layer(home / "in" / "street_lamp.geojson", "L1", "L2")
    layer(home / "in" / "古樹.geojson", "T1", "T2", "T3", 樹種="榕")
    ok("init", home / "city", "--standard", "cn.components", cwd=home)
    report = said("-C", home / "city", "ingest", home / "in", cwd=home)
    assert report["classed"] == 2
    return home / "city"


def keys(city: Path, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = said("query", sql, cwd=city)
    return found


def test_decide_explain_withdraw(city: Path) -> None:
    one = keys(city, "SELECT object_id FROM objects WHERE class_code = '0118' LIMIT 1")[0]
    name = one["object_id"]
    before = said("explain", name, cwd=city)
    assert before["class_code"] == "0118"
    text = ok("decide", name, "0117", "--because", "a pole", "--author", "Li", cwd=city)
    assert "class 0118 → 0117" in text
    after = said("explain", name, cwd=city)
    assert (after["class_code"], after["decisions"][0]["author"]) == ("0117", "Li")
    told = ok("explain", name, cwd=city)
    assert "a pole" in told
    assert "✓ cn.components 0118" in told
    assert said("decide", name, "--withdraw", cwd=city)["objects"] == 1
    assert said("explain", name, cwd=city)["class_code"] == "0118"
    table = city.parent / "d.csv"
    table.write_text(f"object,class\n{name},-\n", encoding="utf-8")
    assert said("decide", "--from", table, "--because", "drawn", cwd=city)["objects"] == 1
    assert said("decide", name, "--withdraw", cwd=city)["changes"][0]["class_code"] == "0118"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["explain", "nobody"], "no such object"),
        (["decide", "nobody"], "Say OBJECT and CLASS"),
        (["decide", "nobody", "0118", "--withdraw"], "no CLASS"),
        (["decide", "nobody", "0811", "--because", "x"], "0111 Gas manhole cover"),
        (["adopt", "no.such"], "no.such"),
        (["standard", "suggest", "no.such"], "no.such"),
    ],
)
def test_what_cannot_start(city: Path, words: list[str], message: str) -> None:
    done = run(*words, cwd=city)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr


def test_adopt(city: Path) -> None:
    said_ = said("adopt", "city.linjiang", "--dry-run", cwd=city)
    assert (said_["before"], said_["standard"]) == ("cn.components@2007", "city.linjiang@2026")
    assert (said_["objects"], said_["lost"], said_["version"]) == (5, 0, None)
    text = ok("adopt", "city.linjiang", "--dry-run", cwd=city)
    assert "5 objects" in text
    assert "Dry run: nothing was written." in text


def test_suggest_from_a_catalogue_and_from_files(city: Path) -> None:
    found = said("standard", "suggest", "cn.components", cwd=city)
    assert [(p["layer"], p["class_code"], p["objects"]) for p in found[:1]] == [("古樹", "0401", 3)]
    files = said("standard", "suggest", "cn.components", city.parent / "in", cwd=city.parent)
    assert files == found
    text = ok("standard", "suggest", "cn.components", "--csv", "--limit", "1", cwd=city)
    rows = list(csv.DictReader(text.splitlines()))
    assert (rows[0]["layer"], rows[0]["class"]) == ("古樹", "0401")
    assert "古樹" in ok("standard", "suggest", "cn.components", cwd=city)
    # Nothing was applied.
    assert keys(city, "SELECT objects FROM unclassed") == [{"objects": 3}]
