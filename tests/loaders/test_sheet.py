"""The delivery sheet, read and drafted."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from cimkit.errors import SheetError
from cimkit.loaders import read_sheet, write_sheet
from cimkit.model import Asset, Declaration, Place, Problem, Trajectory

TOML = """
[delivery]
name = "first"

[[source]]
glob = "*"
owner = "规划局"
crs = "EPSG:4544"

[[source]]
glob = "bim/*.ifc"
crs = "EPSG:4545"
place = { easting = 500000, northing = 3270000.5, rotation = 30 }
detected = "never obeyed: crs unknown"

[[source]]
glob = "img/*"
trajectory_file = "trj/poses.csv"
trajectory_heading = "yaw"
observed = 2026-09-01
"""


def workbook(file: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "sources"
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file


def test_rows_of_toml(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(TOML, encoding="utf-8")
    sheet = read_sheet(tmp_path / "s.toml")
    assert sheet.delivery == {"name": "first"}
    assert sheet.declared("a.shp") == Declaration(owner="规划局", crs="EPSG:4544")
    tower = sheet.declared("bim/tower.ifc")
    assert tower.crs == "EPSG:4545"
    assert tower.owner == "规划局"
    assert tower.place == Place(500000, 3270000.5, rotation=30)
    photo = sheet.declared("img/1.jpg")
    assert photo.trajectory == Trajectory("trj/poses.csv", heading="yaw")
    assert photo.observed == "2026-09-01"


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "s.xlsx",
        ("glob", "crs", "epoch", "place_easting", "place_northing", "observed", "detected"),
        ("*", 4544, None, None, None, None, "something"),
        (None, None, None, None, None, None, None),
        ("a.ifc", None, 2024.5, 1.5, "2.5", datetime.datetime(2026, 9, 1), None),
    )
    found = read_sheet(file).declared("a.ifc")
    assert found == Declaration(
        crs="4544", epoch="2024.5", place=Place(1.5, 2.5), observed="2026-09-01"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('glob = "*"\ncsr = "EPSG:4544"', "csr"),
        ('glob = "*"\ncrs = "EPSG:1"', "crs"),
        ('glob = "*"\nencoding = "hanzi"', "encoding"),
        ('glob = "*"\naccess = "everybody"', "public, internal, secret"),
        ('glob = "*"\nobserved = "yesterday"', "2026-09-01"),
        ('glob = "*"\nplace_easting = 1', "place_northing"),
        ('glob = "*"\nplace_easting = "x"\nplace_northing = 1', "number"),
        ('glob = "*"\ntrajectory_x = "lon"', "trajectory_file"),
        ('crs = "EPSG:4544"', "glob"),
    ],
)
def test_what_cannot_be_is_refused_by_row(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "s.toml").write_text(f'[[source]]\nglob = "ok"\n[[source]]\n{row}\n')
    with pytest.raises(SheetError) as raised:
        read_sheet(tmp_path / "s.toml")
    assert said in str(raised.value)
    assert "[[source]] 2" in str(raised.value)


def test_what_cannot_be_is_refused_by_cell(tmp_path: Path) -> None:
    file = workbook(tmp_path / "s.xlsx", ("glob", "crs"), ("*", "EPSG:4544"), ("b", "nowhere"))
    with pytest.raises(SheetError, match=r"sources!B3"):
        read_sheet(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.toml", b"[["), ("a.xlsx", b"no zip"), ("a.txt", b""), ("b.toml", b"[sources]\n")],
)
def test_files_that_are_no_sheet(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetError, match=name):
        read_sheet(tmp_path / name)
    with pytest.raises(SheetError, match="no such"):
        read_sheet(tmp_path / "missing.toml")


@pytest.mark.parametrize("suffix", ["toml", "xlsx"])
def test_a_draft_reads_back_and_declares_nothing(tmp_path: Path, suffix: str) -> None:
    missing = Problem("crs-missing", 'It says "nothing".\nAt all.', hint='crs = "EPSG:4524"')
    assets = [
        Asset("gis/道路[1].shp", kind="gis", format="Shapefile", problems=(missing,)),
        Asset("img/1.jpg", kind="imagery", format="JPEG"),
        Asset("img/2.jpg", kind="imagery", format="JPEG"),
        Asset("readme.txt", status="ignored"),
    ]
    file = tmp_path / f"draft.{suffix}"
    write_sheet(file, assets)
    sheet = read_sheet(file)
    assert [r.glob for r in sheet.rows] == ["*", "gis/道路[[]1].shp", "img/*.jpg"]
    assert sheet.unmatched([a.path for a in assets]) == []
    assert sheet.declared("gis/道路[1].shp") == Declaration()
    detected = sheet.rows[1].detected
    assert "crs-missing" in detected
    assert "EPSG:4524" in detected
    assert "2 sources" in sheet.rows[2].detected
    with pytest.raises(SheetError, match="already"):
        write_sheet(file, assets)


def test_a_sheet_in_another_encoding_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(TOML.encode("gbk"))
    with pytest.raises(SheetError, match="Save it as UTF-8"):
        read_sheet(tmp_path / "s.toml")


def test_a_glob_is_one_text(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('[[source]]\nglob = ["a", "b"]\n')
    with pytest.raises(SheetError, match="one row for each"):
        read_sheet(tmp_path / "s.toml")


@pytest.mark.parametrize("said", ["2026-09-01", '"2026-09-01"'])
def test_the_day_of_a_delivery(tmp_path: Path, said: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f"[delivery]\ndate = {said}\n")
    assert read_sheet(file).delivery == {"date": "2026-09-01"}
    file.write_text('[delivery]\ndate = "last week"\n')
    with pytest.raises(SheetError, match="YYYY-MM-DD"):
        read_sheet(file)


def test_a_slip_in_delivery_is_told(tmp_path: Path) -> None:
    file = tmp_path / "delivery.toml"
    file.write_text('[delivery]\nauthro = "survey team"\n')
    with pytest.raises(SheetError, match="'authro', expected author"):
        read_sheet(file)


WRONG = {
    "csr": ("EPSG:4544", "csr"),
    "crs": ("EPGS:4544", "EPSG:4544"),  # and what is meant
    "access": ("everybody", "public, internal, secret"),
    "place_easting": ("500000,5", "500000.5"),
    "observed": ("yesterday", "2026-09-01"),
}


@pytest.mark.parametrize("suffix", ["toml", "xlsx"])
def test_all_mistakes_are_told_at_once(tmp_path: Path, suffix: str) -> None:
    values = {"glob": "测绘/*.shp", **{k: v for k, (v, _) in WRONG.items()}, "place_northing": "1"}
    file = tmp_path / f"s.{suffix}"
    if suffix == "xlsx":
        ok = ["测绘/*.shp", None, "EPSG:4545"]
        workbook(file, tuple(values), tuple(ok), tuple(values.values()), (None, "x"))
    else:
        lines = "\n".join(f'{k} = "{v}"' for k, v in values.items())
        file.write_text(f'[[source]]\ncrs = "EPSG:4545"\n[[source]]\n{lines}\n', encoding="utf-8")
    with pytest.raises(SheetError) as raised:
        read_sheet(file)
    said = str(raised.value)
    assert "mistakes in the delivery sheet" in said
    for name, (value, mend) in WRONG.items():
        assert value in said
        assert mend in said
        place = (
            "[[source]] 2"
            if suffix == "toml"
            else f"sources!{'ABCDEFG'[list(values).index(name)]}3"
        )
        assert place in said
    assert "a row without a glob" in said


@pytest.mark.parametrize("other", ["EPSG:4545", "EPSG:4544"])
def test_one_glob_says_one_thing(tmp_path: Path, other: str) -> None:
    file = workbook(tmp_path / "s.xlsx", ("glob", "crs"), ("a*", "EPSG:4544"), ("a*", other))
    if other == "EPSG:4544":
        assert len(read_sheet(file).rows) == 2
        return
    with pytest.raises(SheetError, match=r"sources!B3: crs contradicts another row") as raised:
        read_sheet(file)
    assert "sources!2:2" in str(raised.value)


OFFICE = '''date,2026/9/1,,
glob,owner,crs,observed
"测绘/东京*.shp","計画局, 東京",EPSG:4545,2026年9月3日
,,,
img/*,"a ""b""",,
'''


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_office_programs(tmp_path: Path, encoding: str, separator: str) -> None:
    text = OFFICE.replace("計画局, 東京", "計画局 東京").replace(",", separator)
    (tmp_path / "s.csv").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    sheet = read_sheet(tmp_path / "s.csv")
    assert sheet.delivery == {"date": "2026-09-01"}
    said = Declaration(owner="計画局 東京", crs="EPSG:4545", observed="2026-09-03")
    assert [(row.glob, row.declared) for row in sheet.rows] == [
        ("测绘/东京*.shp", said),
        ("img/*", Declaration(owner='a "b"')),
    ]


def test_text_of_japanese_programs_and_its_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    text = 'sep=,\nglob,crs,onwer\n"測量/道路台帳*.shp","EPSG:6677",道路管理課\nb*,EPSG:1,\n'
    file.write_bytes(text.encode("cp932"))
    with pytest.raises(SheetError) as raised:
        read_sheet(file)
    said = str(raised.value)
    assert "s.csv: C3" in said  # onwer
    assert "owner" in said
    assert "s.csv: B4" in said  # EPSG:1
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SheetError, match="no line names the columns"):
        read_sheet(file)
    file.write_text('glob,crs\n"a,b\n', encoding="utf-8")
    with pytest.raises(SheetError, match="no table of text"):
        read_sheet(file)
