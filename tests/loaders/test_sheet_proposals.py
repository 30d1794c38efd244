"""What problems propose stands in the draft, and holds as soon as a person says so."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from cimkit.errors import SheetError
from cimkit.loaders import read_sheet, write_sheet
from cimkit.model import Asset, Declaration, Problem


def problem(code: str, *proposal: tuple[str, str]) -> Problem:
    return Problem(code, "It is so.", proposal=proposal)


ZONE = problem("coordinates-zone", ("crs", "EPSG:4524"))
HEIGHT = problem("vertical-datum-unknown", ("vertical_datum", "EPSG:5737"))
ASSETS = [
    Asset("gis/roads.shp", kind="gis", problems=(ZONE, HEIGHT)),
    Asset("gis/pipes.shp", kind="gis", problems=(HEIGHT, ZONE)),
    Asset("gis/right.gpkg", kind="gis"),
    Asset("bim/a.ifc", kind="bim", problems=(ZONE, problem("crs-unknown", ("crs", "EPSG:4545")))),
    Asset("track.csv", kind="trajectory", problems=(problem("x", ("trajectory_angles", "opk")),)),
]


def test_what_is_alike_in_a_folder_is_one_row(tmp_path: Path) -> None:
    write_sheet(tmp_path / "d.toml", ASSETS)
    text = (tmp_path / "d.toml").read_text(encoding="utf-8")
    shared, roads = text.split('glob = "gis/*.shp"')[1].split('glob = "gis/roads.shp"')
    assert '# crs = "EPSG:4524"  # would mend coordinates-zone' in shared
    assert '# vertical_datum = "EPSG:5737"' in shared
    assert "EPSG:4524" not in roads.split("track.csv")[0]
    model = text.split('glob = "bim/a.ifc"')[1].split("[[source]]")[0]
    assert '# crs = "EPSG:4524"' in model
    assert '# crs = "EPSG:4545"' in model
    assert '# trajectory_file = "track.csv"' in text
    sheet = read_sheet(tmp_path / "d.toml")
    assert {sheet.declared(a.path) for a in ASSETS} == {Declaration()}  # nothing is obeyed unasked


def test_a_glob_that_matches_what_is_otherwise_is_not_proposed(tmp_path: Path) -> None:
    """``*`` also crosses folders: what lies below would be declared with the rest."""
    below = Asset("gis/old/pipes.shp", kind="gis")
    write_sheet(tmp_path / "d.toml", [*ASSETS[:2], below])
    text = (tmp_path / "d.toml").read_text(encoding="utf-8")
    assert "gis/*.shp" not in text
    assert text.count('# crs = "EPSG:4524"') == 2


def test_a_comment_taken_away_is_a_declaration(tmp_path: Path) -> None:
    write_sheet(tmp_path / "d.toml", ASSETS[:3])
    text = (tmp_path / "d.toml").read_text(encoding="utf-8")
    (tmp_path / "d.toml").write_text(text.replace("# crs =", "crs ="), encoding="utf-8")
    sheet = read_sheet(tmp_path / "d.toml")
    assert sheet.declared("gis/roads.shp").crs == "EPSG:4524"
    assert sheet.declared("gis/right.gpkg") == Declaration()


def filled(file: Path, cells: dict[str, dict[str, str]]) -> Path:
    book = openpyxl.load_workbook(file)
    sheet = book["sources"]
    head = {c.value: c.column for c in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        for name, value in cells.get(str(row[0].value), {}).items():
            sheet.cell(row[0].row, head[name], value)
    book.save(file)
    return file


@pytest.mark.parametrize("word", ["yes", "是", "はい", "x", True])
def test_yes_in_a_cell_accepts(tmp_path: Path, word: str) -> None:
    write_sheet(tmp_path / "d.xlsx", ASSETS)
    filled(tmp_path / "d.xlsx", {"gis/*.shp": {"accept": word, "vertical_datum": "EPSG:5736"}})
    sheet = read_sheet(tmp_path / "d.xlsx")
    found = sheet.declared("gis/pipes.shp")
    assert found == Declaration(crs="EPSG:4524", vertical_datum="EPSG:5736")  # hers, not ours
    assert sheet.declared("gis/right.gpkg") == Declaration()


def test_no_and_nothing_accept_nothing(tmp_path: Path) -> None:
    write_sheet(tmp_path / "d.xlsx", ASSETS)
    filled(tmp_path / "d.xlsx", {"gis/*.shp": {"accept": "no"}})
    sheet = read_sheet(tmp_path / "d.xlsx")
    assert {sheet.declared(a.path) for a in ASSETS} == {Declaration()}


@pytest.mark.parametrize(
    ("glob", "word", "why"),
    [("bim/a.ifc", "yes", "one value"), ("gis/*.shp", "maybe", "yes or no")],
)
def test_what_cannot_be_accepted_is_told(tmp_path: Path, glob: str, word: str, why: str) -> None:
    write_sheet(tmp_path / "d.xlsx", ASSETS)
    filled(tmp_path / "d.xlsx", {glob: {"accept": word}})
    with pytest.raises(SheetError, match=why):
        read_sheet(tmp_path / "d.xlsx")


def test_an_accepted_track_has_its_table(tmp_path: Path) -> None:
    write_sheet(tmp_path / "d.xlsx", ASSETS)
    filled(tmp_path / "d.xlsx", {"track.csv": {"accept": "yes"}})
    found = read_sheet(tmp_path / "d.xlsx").declared("track.csv").trajectory
    assert found is not None
    assert (found.file, found.angles) == ("track.csv", "opk")
