"""Mending in a copy: what is changed, what is left, and that the delivery is as it was."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

import cimkit
from cimkit.checks._fix import Change, Job
from cimkit.checks._fix._dbf import DbfError, write_values
from cimkit.checks._fix._sheet import sheet_text
from cimkit.errors import ExportError, UsageError
from cimkit.loaders import probe, read_sheet
from cimkit.model import Asset, Declaration, Place, Sheet, SheetRow, Trajectory
from cimkit.registry import names

LON, LAT = 106.5, 29.57


@pytest.fixture
def mend(tmp_path: Path, standard: Any) -> Any:
    """Run one fix over ``tmp_path``; give its changes and the job."""

    def runner(
        name: str, assets: list[Asset], declared: Any = None, *, std: Any = None, failures: Any = ()
    ) -> tuple[list[Change], Job]:
        rows = (SheetRow("*", declared),) if declared else ()
        job = Job(tmp_path, {a.path: a for a in assets}, Sheet(rows), std or standard, failures)
        return list(import_module(f"cimkit.checks._fix.{name}").run(job)), job

    return runner


def layer(file: Path, **columns: list[Any]) -> Path:
    count = len(next(iter(columns.values())))
    points = [shapely.Point(645_300 + 10 * n, 3_272_900) for n in range(count)]
    frame = gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4544")
    frame.to_file(file, engine="pyogrio", **({"encoding": "GBK"} if file.suffix == ".shp" else {}))
    return file


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_each_fix_says_what_it_does_in_three_languages() -> None:
    for name in names("cimkit.checks._fix"):
        spec = import_module(f"cimkit.checks._fix.{name}").SPEC
        assert spec.name == name
        assert sorted(spec.title) == ["en", "ja", "zh"]


# --- shapefiles -------------------------------------------------------------------------------


def test_a_prj_is_written_from_the_sheet_and_read_back_alike(mend: Any, tmp_path: Path) -> None:
    from pyproj import CRS

    file = layer(tmp_path / "pole.shp", name=["a"])
    file.with_suffix(".prj").unlink()
    (change,), job = mend("shapefile_prj", [Asset("pole.shp")], Declaration(crs="EPSG:4544"))
    assert not job.left
    assert change.after == file.with_suffix(".prj").read_text()
    assert CRS.from_wkt(change.after).equals(CRS.from_epsg(4544), ignore_axis_order=True) or (
        CRS.from_wkt(change.after).to_epsg(min_confidence=60) == 4544
    )
    (asset,) = probe([tmp_path])
    assert asset.crs == "EPSG:4544"
    again, _ = mend("shapefile_prj", [Asset("pole.shp")], Declaration(crs="EPSG:4545"))
    assert again == []  # what is there is not judged


def test_a_local_grid_stays_with_its_owner(mend: Any, tmp_path: Path) -> None:
    file = layer(tmp_path / "pole.shp", name=["a"])
    file.with_suffix(".prj").unlink()
    changes, job = mend("shapefile_prj", [Asset("pole.shp")], Declaration(crs="local:town"))
    assert changes == []
    assert [x.path for x in job.left] == ["pole.shp"]
    assert not file.with_suffix(".prj").exists()


def test_a_cpg_says_how_the_table_was_read(mend: Any, tmp_path: Path) -> None:
    file = layer(tmp_path / "pole.shp", name=["立杆", "路灯"])
    file.with_suffix(".cpg").unlink()
    plain = layer(tmp_path / "plain.shp", name=["a", "b"])
    plain.with_suffix(".cpg").unlink()
    found = [
        Asset(f"{n}.shp", encoding="gb18030", encoding_origin="detected") for n in ("pole", "plain")
    ]
    (change,), _ = mend("shapefile_cpg", found)
    assert (change.path, change.after) == ("pole.shp", "GB18030")
    (asset,) = (a for a in probe([tmp_path]) if a.path == "pole.shp")
    assert (asset.encoding, asset.encoding_origin) == ("gb18030", "declared")


# --- texts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "encoding", "wanted"),
    [
        ("a.csv", "名称,高\n路灯,3\n", "gb18030", "名称,高\n路灯,3\n"),
        ("a.csv", "名前,高さ\r\n街灯,3\r\n", "cp932", "名前,高さ\r\n街灯,3\r\n"),
        (
            "a.gml",
            '<?xml version="1.0" encoding="GB18030"?>\n<a>路</a>',
            "gb18030",
            '<?xml version="1.0" encoding="UTF-8"?>\n<a>路</a>',
        ),
        ("a.mif", 'Version 300\nCharset "WindowsSimpChinese"\n路', "gbk", None),
    ],
)
def test_texts_become_utf8(
    mend: Any, tmp_path: Path, name: str, text: str, encoding: str, wanted: str | None
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    (change,), _ = mend("text_utf8", [Asset(name, encoding=encoding)])
    found = (tmp_path / name).read_bytes().decode("utf-8")
    assert found == (wanted or 'Version 300\nCharset "UTF-8"\n路')
    assert change.after == "utf-8"


def test_bytes_that_are_not_what_they_are_said_to_be_stay(mend: Any, tmp_path: Path) -> None:
    content = "路灯".encode("gbk") + b"\xff\xff"
    (tmp_path / "a.csv").write_bytes(content)
    changes, job = mend("text_utf8", [Asset("a.csv", encoding="gbk")])
    assert changes == []
    assert [x.path for x in job.left] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == content


# --- models -----------------------------------------------------------------------------------


def model(schema: str, file: Path, prefix: str | None = "MILLI") -> Path:
    import ifcopenshell
    from ifcopenshell import guid

    made = ifcopenshell.file(schema=schema)
    person = made.create_entity("IfcPerson", FamilyName="N")
    organisation = made.create_entity("IfcOrganization", Name="N")
    both = made.create_entity("IfcPersonAndOrganization", person, organisation)
    program = made.create_entity("IfcApplication", organisation, "1", "x", "x")
    owner = made.create_entity("IfcOwnerHistory", both, program, None, "ADDED", None, None, None, 1)
    origin = made.create_entity("IfcCartesianPoint", (0.0, 0.0, 0.0))
    axes = made.create_entity("IfcAxis2Placement3D", origin)
    context = made.create_entity(
        "IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, axes, None
    )
    unit = made.create_entity("IfcSIUnit", None, "LENGTHUNIT", prefix, "METRE")
    units = made.create_entity("IfcUnitAssignment", [unit])
    project = made.create_entity("IfcProject", guid.new(), owner, "项目")
    project.RepresentationContexts, project.UnitsInContext = [context], units
    place = made.create_entity("IfcLocalPlacement", None, axes)
    site = made.create_entity("IfcSite", guid.new(), owner, "site", ObjectPlacement=place)
    made.create_entity("IfcRelAggregates", guid.new(), owner, None, None, project, [site])
    made.write(str(file))
    return file


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
@pytest.mark.parametrize("prefix", ["MILLI", None])
def test_a_model_says_what_the_sheet_says(
    mend: Any, tmp_path: Path, schema: str, prefix: str | None
) -> None:
    file = model(schema, tmp_path / "a.ifc", prefix)
    former = file.read_bytes()
    place = Place(645_300.25, 3_272_900.5, 201.5, rotation=30.0, scale=0.9996)
    said = Declaration(crs="EPSG:4544", vertical_datum="EPSG:5737", place=place)
    (by_sheet,) = probe([file], sheet=Sheet((SheetRow("*", said),)))
    (change,), job = mend("ifc_georeference", [by_sheet], said)
    assert not job.left
    now = file.read_bytes()
    at = next(n for n, (a, b) in enumerate(zip(former, now, strict=False)) if a != b)
    assert now.endswith(former[at:])  # lines were added, nothing else
    (by_file,) = probe([file])
    assert by_file.crs == "EPSG:4544"
    assert by_file.vertical_datum == "EPSG:5737"
    own, other = by_file.properties["georeference"], by_sheet.properties["georeference"]
    assert own["origin"] == pytest.approx(other["origin"], abs=1e-11)
    assert own["rotation"] == pytest.approx(30.0)
    assert "EPSG:4544" in change.after
    assert mend("ifc_georeference", [by_sheet], said)[0] == []  # once is enough


def test_a_model_that_cannot_be_told_its_place_is_left(mend: Any, tmp_path: Path) -> None:
    (tmp_path / "a.ifc").write_text("ISO-10303-21; broken")
    (tmp_path / "b.ifczip").write_bytes(b"PK")
    said = Declaration(crs="EPSG:4544", place=Place(1.0, 2.0))
    assets = [Asset("a.ifc", kind="bim"), Asset("b.ifczip", kind="bim")]
    changes, job = mend("ifc_georeference", assets, said)
    assert changes == []
    assert sorted(x.path for x in job.left) == ["a.ifc", "b.ifczip"]


# --- values -----------------------------------------------------------------------------------


def failure(path: str, row: int, before: str, **more: Any) -> dict[str, Any]:
    details = {"attribute": more.pop("attribute", "ObjState"), "code": more.pop("code", "01")}
    return {
        "path": path,
        "layer": Path(path).stem,
        "place": f"row {row} (key)",
        "measured": before,
        "check": "attribute_domain",
        "reason": "domain-name",
        "details": json.dumps(details),
        **more,
    }


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_names_of_a_list_become_codes_in_place(mend: Any, tmp_path: Path, suffix: str) -> None:
    file = layer(tmp_path / f"pole{suffix}", ObjState=["完好", "01", "完好"], other=["完好"] * 3)
    path = file.name
    failures = [failure(path, 1, "完好"), failure(path, 2, "完好"), failure(path, 9, "完好")]
    changes, _ = mend("code_values", [Asset(path, encoding="gbk")], failures=failures)
    assert [(c.place, c.before, c.after) for c in changes] == [("row 1, ObjState", "完好", "01")]
    now = gpd.read_file(file, engine="pyogrio", **({"encoding": "GBK"} if suffix == ".shp" else {}))
    assert now["ObjState"].tolist() == ["01", "01", "完好"]  # the third was not asked for
    assert now["other"].tolist() == ["完好"] * 3
    assert now.geometry.notna().all()
    if suffix == ".gpkg":
        with closing(sqlite3.connect(file)) as con:
            triggers = con.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'pole'"
            ).fetchone()
            assert triggers[0] > 0  # the spatial index still follows the layer


def test_identifier_codes_are_tidied_and_never_invented(mend: Any, tmp_path: Path) -> None:
    file = layer(tmp_path / "pole.gpkg", ObjID=["５099120117000001", "50991201170000", "x"])
    shape = {"check": "code_grammar", "reason": "code-shape"}
    failures = [
        failure("pole.gpkg", 1, "５099120117000001", **shape),
        failure("pole.gpkg", 2, "50991201170000", **shape),
    ]
    (change,), _ = mend("code_values", [Asset("pole.gpkg")], failures=failures)
    assert change.after == "5099120117000001"
    assert gpd.read_file(file, engine="pyogrio")["ObjID"][1] == "50991201170000"


def test_values_elsewhere_are_left(mend: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ObjState\n完好\n")
    changes, job = mend("code_values", [Asset("a.csv")], failures=[failure("a.csv", 1, "完好")])
    assert changes == []
    assert "1 values" in job.left[0].why


def test_a_value_that_does_not_fit_its_field_stays(tmp_path: Path) -> None:
    fields = b"A".ljust(11, b"\0") + b"C" + bytes(4) + b"\x02" + bytes(15)
    head = struct.pack("<BBBBIHH", 3, 26, 1, 1, 3, 65, 3) + bytes(20)
    file = tmp_path / "a.dbf"
    file.write_bytes(head + fields + b"\r" + b"*xx" + b" ab" + b" cd")
    given = [(1, ["A"], "ab", "toolong"), (2, ["A"], "cd", "ef"), (2, ["A"], "zz", "yy")]
    assert write_values(file, "ascii", given) == ["", "A", ""]  # the deleted row does not count
    assert file.read_bytes().endswith(b"*xx ab ef")
    (tmp_path / "b.dbf").write_bytes(b"x")
    with pytest.raises(DbfError):
        write_values(tmp_path / "b.dbf", "ascii", [])


# --- names ------------------------------------------------------------------------------------

NAMED = [{"check": "file_naming", "path": ""}]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("509912_FAC_20260901.GPKG", "509912_fac_20260901.gpkg"),
        ("509912 fac 20260901.gpkg", "509912_fac_20260901.gpkg"),
        ("509912-fac-2026-09-01.gpkg", "509912_fac_20260901.gpkg"),
        ("５09912_fac＿20260901.gpkg", "509912_fac_20260901.gpkg"),
        ("509912_xyz_20260901.gpkg", None),
        ("bus stops NEW.gpkg", None),
        ("509912_fac_20260901.gpkg", None),
    ],
)
def test_names_are_mended_where_all_parts_are_there(
    mend: Any, tmp_path: Path, name: str, wanted: str | None
) -> None:
    (tmp_path / name).write_bytes(b"x")
    changes, job = mend("file_names", [Asset(name, kind="gis")], failures=NAMED)
    assert [c.after for c in changes] == ([wanted] if wanted else [])
    assert (tmp_path / (wanted or name)).is_file()
    assert job.renamed == ({name: wanted} if wanted else {})


def test_the_parts_of_a_source_go_with_it_and_nothing_is_overwritten(
    mend: Any, tmp_path: Path
) -> None:
    members = ("x/509912 FAC 20260901.dbf", "x/509912 FAC 20260901.shp.xml", "x/other.txt")
    for path in ("x/509912 FAC 20260901.shp", *members):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    asset = Asset("x/509912 FAC 20260901.shp", members, kind="gis")
    (change,), _ = mend("file_names", [asset], failures=NAMED)
    assert change.path == asset.path
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == [
        "509912_fac_20260901.dbf",
        "509912_fac_20260901.shp",
        "509912_fac_20260901.shp.xml",
        "other.txt",
    ]
    (tmp_path / "x/509912-fac-20260901.shp").write_text("second")
    second = Asset("x/509912-fac-20260901.shp", kind="gis")
    changes, job = mend("file_names", [second], failures=NAMED)
    assert changes == []
    assert "already" in job.left[0].why


def test_without_a_rule_for_names_nothing_is_renamed(mend: Any, tmp_path: Path) -> None:
    (tmp_path / "509912 fac 20260901.gpkg").write_bytes(b"x")
    asset = Asset("509912 fac 20260901.gpkg", kind="gis")
    assert mend("file_names", [asset])[0] == []


# --- all together -----------------------------------------------------------------------------


def test_a_copy_is_mended_checked_and_told(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    layer(given / "509912 FAC pole 2026-09-01.shp", ObjID=["5099120117000001"], ObjName=["立杆"])
    for suffix in (".prj", ".cpg"):
        (given / f"509912 FAC pole 2026-09-01{suffix}").unlink()
    sheet = Sheet(
        (SheetRow("509912 FAC*", Declaration(crs="EPSG:4544", encoding="gbk")),), {"name": "d"}
    )
    was = bytes_of(given)
    fixed = cimkit.fix(given, tmp_path / "copy", standard="city.linjiang", sheet=sheet)
    assert bytes_of(given) == was
    assert [c.fix for c in fixed.changes] == ["shapefile_cpg", "shapefile_prj", "file_names"]
    assert (tmp_path / "copy/509912_fac_pole_20260901.shp").is_file()
    assert "cn.components/file-naming" in {f["rule"] for f in fixed.mended}
    assert fixed.new == 0
    assert "file-naming" not in {
        f["rule"].rpartition("/")[2]
        for f in fixed.after.findings.to_pylist()
        if f["status"] == "fail"
    }
    # what lies beside the copy says the same in three ways
    told = json.loads((tmp_path / "copy.changes.json").read_text())
    assert [c["fix"] for c in told["changes"]] == [c.fix for c in fixed.changes]
    assert len((tmp_path / "copy.changes.csv").read_text().splitlines()) == 4
    text = (tmp_path / "copy.changes.md").read_text()
    assert "509912 FAC pole 2026-09-01.shp" in text
    for language in ("zh", "ja"):
        assert fixed.to_markdown(language) != text
    # the sheet follows the new name
    again = read_sheet(tmp_path / "copy.delivery.toml")
    assert again.declared("509912_fac_pole_20260901.shp").crs == "EPSG:4544"
    assert again.declared("509912_fac_pole_20260901.shp").encoding == "gbk"


def test_a_copy_never_goes_where_something_is(tmp_path: Path) -> None:
    given, taken = tmp_path / "given", tmp_path / "taken"
    given.mkdir()
    taken.mkdir()
    (taken / "x").touch()
    for out in (given, given / "copy", tmp_path):
        with pytest.raises(UsageError):
            cimkit.fix(given, out)
    with pytest.raises(ExportError, match="already"):
        cimkit.fix(given, taken)
    with pytest.raises(UsageError, match="no such"):
        cimkit.fix(tmp_path / "none", tmp_path / "new")


def test_a_sheet_is_read_back_as_it_was(tmp_path: Path) -> None:
    poses = Trajectory("a.csv", image="图", time_scale="gps")
    rows = (
        SheetRow("*", Declaration(crs='PROJCS["x"]', owner="局", place=Place(1.5, 2.0, 3.0, 45.0))),
        SheetRow("a/*.jpg", Declaration(trajectory=poses, access="internal")),
    )
    sheet = Sheet((replace(rows[0], declared=replace(rows[0].declared, crs="EPSG:4544")), rows[1]))
    file = tmp_path / "s.toml"
    file.write_text(sheet_text(replace(sheet, delivery={"name": "一", "date": "2026-09-01"})))
    again = read_sheet(file)
    assert again.delivery == {"name": "一", "date": "2026-09-01"}
    assert again.declared("x") == sheet.declared("x")
    assert again.declared("a/b.jpg") == sheet.declared("a/b.jpg")
