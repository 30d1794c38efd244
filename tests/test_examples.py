"""The examples run as their reader would run them, one after the other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    _run("01_generate_district.py", folder / "district")
    return folder


def _run(name: str, *arguments: Path) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_makes_a_district(folder: Path) -> None:
    assert (folder / "district" / "PLANTED.json").is_file()
    assert list((folder / "district" / "delivery-1").glob("bim/*.ifc"))


def test_the_second_gives_the_verdict(folder: Path) -> None:
    said = _run("02_check_before_handover.py", folder / "district")
    assert "31 findings; accepted: False" in said
    assert "second delivery accepted: True" in said


def test_the_third_asks_and_the_fourth_joins(folder: Path) -> None:
    said = _run("03_ask_the_catalogue.py", folder / "district", folder / "catalog")
    assert "Buildings before it: 20, now: 19" in said
    assert said.count("   changed ") == 3
    assert said.count("   removed ") == 1
    said = _run("04_register_join.py", folder / "catalog", folder / "answer")
    assert "10 companies with 1785 staff found on the map" in said
    assert (folder / "answer" / "companies.gpkg").is_file()


def test_the_fifth_writes_the_next_edition(folder: Path) -> None:
    if not (folder / "catalog").exists():
        _run("03_ask_the_catalogue.py", folder / "district", folder / "catalog")
    said = _run("05_next_edition.py", folder / "catalog", folder / "edition")
    assert "2 fixtures came out as they say" in said, said
    assert "classes replaced: 0407" in said
    assert "0407 Street seat → 0499 Resting place" in said
    assert "Smart street lamp" in (folder / "edition" / "code-book.html").read_text("utf-8")


def test_the_sixth_mends_and_hands_over(folder: Path) -> None:
    if not (folder / "catalog").exists():
        _run("03_ask_the_catalogue.py", folder / "district", folder / "catalog")
    said = _run("06_a_vendors_week.py", folder / "district", folder / "catalog", folder / "week")
    assert "Monday: fail." in said
    assert "Friday: pass; 2 of Monday's findings are gone" in said, said
    assert "the receipt holds: True" in said
    assert "<html" in (folder / "week" / "monday.html").read_text("utf-8")[:500]


def test_the_seventh_makes_a_city_model(folder: Path) -> None:
    if not (folder / "catalog").exists():
        _run("03_ask_the_catalogue.py", folder / "district", folder / "catalog")
    said = _run("07_city_model.py", folder / "catalog", folder / "model")
    assert "Building with LoD0 MultiSurface, LoD1 Solid" in said
    written, kept = re.findall(r"'(?:written|kept)': (\d+)", said.splitlines()[-1])
    assert int(written) > 0
    assert int(kept) > 0
    assert (folder / "model" / "tiles" / "tileset.json").is_file()


def test_examples_stay_short() -> None:
    for file in EXAMPLES.glob("0*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 60, file.name
