"""``cimkit standard lint`` and ``cimkit standard try`` as a standards officer meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cimkit_cli.main import cli
from click.testing import CliRunner, Result

HEAD = """
id = "town"
edition = "1"
status = "draft"
issuer = "Town"
licence = "CC0"
{more}
[titles]
en = "Town"
"""
CLASSES = "code,parent,name_en,verified\n01,,Facilities,yes\n0102,01,Street lamp,yes\n"
RULE = """
[[rule]]
id = "leaf"
check = "class_leaf"
clause = "1"
element = "x"
message.en = "{measured} is a group"
hint.en = "take a class below it"
"""
GOOD = {
    "classes.csv": CLASSES,
    "rules/r.toml": RULE,
    "tests/leaf/fail-a.csv": "class\n01\n",
    "tests/leaf/pass-a.csv": "class\n0102\n",
}
FIELDS = 'class_fields = ["class"]'


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    def write(files: dict[str, str], more: str = FIELDS) -> Path:
        for name, text in ({"standard.toml": HEAD.format(more=more)} | files).items():
            file = tmp_path / "town" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "town"

    return write


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["standard", *map(str, words)], catch_exceptions=False)


def test_a_clean_package_leaves_with_0(package: Callable[..., Path]) -> None:
    done = run("lint", package(GOOD), "--strict")
    assert done.exit_code == 0
    assert "clean" in done.stdout
    assert "proven: 1 of 1 rules, 0 of 0 mapping rows; 2 of 2 fixtures" in done.stdout


def test_errors_leave_with_1_and_name_the_cell(package: Callable[..., Path]) -> None:
    done = run("lint", package({**GOOD, "tests/leaf/fail-a.csv": "class\n0102\n"}))
    assert done.exit_code == 1
    assert "error fixture-passes (1)" in done.stdout
    assert "town/tests/leaf/fail-a.csv" in done.stdout


def test_warnings_leave_with_1_if_asked_to(package: Callable[..., Path]) -> None:
    folder = package({"classes.csv": CLASSES, "rules/r.toml": RULE})
    assert run("lint", folder).exit_code == 0
    done = run("lint", folder, "--strict")
    assert done.exit_code == 1
    assert "warning rule-without-pass (1)" in done.stdout


def test_many_findings_of_a_kind_are_counted(package: Callable[..., Path]) -> None:
    rows = "".join(f"01{n:02},01,,yes\n" for n in range(20, 40))
    folder = package({"classes.csv": CLASSES + rows})
    assert "... and 12 more" in run("lint", folder).stdout
    assert run("lint", folder, "--all").stdout.count("has no English name") == 20


def test_json_says_it_all(package: Callable[..., Path]) -> None:
    folder = package({"classes.csv": CLASSES + "0103,07,Bench,yes\n"})
    done = run("lint", folder, "--json")
    (said,) = json.loads(done.stdout)["packages"]
    assert done.exit_code == 1
    assert said["clean"] is False
    assert said["findings"][0]["code"] == "class-dangling-parent"
    assert said["findings"][0]["where"] == "town/classes.csv:4, column parent"


def test_try_says_what_is_classed_and_what_is_not(
    package: Callable[..., Path], tmp_path: Path
) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"use": use, "class": said},
            "geometry": {"type": "Point", "coordinates": [106.5 + n / 1e4, 29.5]},
        }
        for n, (use, said) in enumerate([("lamp", None), ("bin", None), ("bin", None), ("x", "01")])
    ]
    delivered = tmp_path / "in" / "things.geojson"
    delivered.parent.mkdir()
    delivered.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    mapping = {"mapping/a.csv": "kind,field,op,value,class\ngis,use,equals,lamp,0102\n"}
    folder = package(GOOD | mapping)
    done = run("try", folder, delivered.parent, "-q")
    assert done.exit_code == 0
    assert "classed 50.0 % (2 of 4)" in done.stdout
    assert "gis" in done.stdout
    assert "× things" in done.stdout
    assert "01 Facilities is a group" in done.stdout
    said = json.loads(run("try", folder, delivered.parent, "-q", "--json").stdout)
    assert said["unmapped"][0]["count"] == 2
    assert "use" in said["unmapped"][0]["fields"]
    assert said["sources"] == {"ok": 1, "refused": 0, "ignored": 0}


def test_try_of_what_is_not_there_leaves_with_2(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["standard", "try", "town", str(tmp_path / "no")])
    assert done.exit_code == 2
