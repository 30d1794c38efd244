"""The delivery as a whole: names, lists, products, references, metadata."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.checks import CheckContext
from cimkit.checks._examine import run_rule, spec_of
from cimkit.checks._views import delivery_views
from cimkit.checks.delivery_manifest.lists import read_list
from cimkit.checks.delivery_metadata.records import ELEMENTS, elements_of
from cimkit.model import Sheet
from cimkit.standard import AppliesTo, FileGrammar, Naming, Part, Rule

LON, LAT = 106.5, 29.57
Rows = list[dict[str, Any]]


@pytest.fixture
def hold(lake: Any, standard: Any, tmp_path: Path) -> Callable[..., Rows]:
    """Run a check over the lake, whose files lie in ``tmp_path``; give its findings."""

    def runner(check: str, *, std: Any = None, sheet: Any = None, **rule: Any) -> Rows:
        used = std or standard
        message = {"en": "{reason}", "zh": "{reason}", "ja": "{reason}"}
        made = Rule(id=f"test.town/{check}", check=check, message=message, **rule)
        for item in lake.rows["items"]:
            item.setdefault("root", "r")
        with lake.open() as con, delivery_views(con, used, "d1"):
            context = CheckContext(
                con,
                used,
                "d1",
                provided=frozenset({"catalogue", "measures", "source"}),
                sheet=sheet,
                roots={"r": str(tmp_path)},
            )
            found: Rows = run_rule(context, made, spec_of(made)).to_pylist()
            return found

    return runner


def failed(found: Rows) -> Rows:
    assert not [f for f in found if f["status"] == "not checked"], found
    return [f for f in found if f["status"] == "fail"]


def reasons(found: Rows) -> dict[str, str]:
    return {f["path"]: f["reason"] for f in failed(found)}


def passed(found: Rows) -> int:
    return sum(f["count"] for f in found if f["status"] == "pass")


def put(lake: Any, folder: Path, path: str, content: bytes | str = b"x", **more: Any) -> None:
    """Lay a file down and enter it as the catalogue does."""
    content = content.encode() if isinstance(content, str) else content
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    said = {"status": "ignored", "kind": "document", **more}
    kind = said.pop("kind")
    lake.item(path, kind, sha256=hashlib.sha256(content).hexdigest(), size=len(content), **said)


# --- names and folders ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gis/a<b.shp", "name-forbidden"),
        ("gis/a\tb.shp", "name-forbidden"),
        ("gis/con.shp", "name-reserved"),
        ("LPT1/a.shp", "name-reserved"),
        ("gis/a.shp ", "name-ends"),
        ("gis./a.shp", "name-ends"),
        ("gis/" + "道" * 90 + ".shp", "name-long"),
        ("/".join(["folder"] * 40) + "/a.shp", "path-long"),
    ],
)
def test_names_that_some_system_cannot_keep(lake: Any, hold: Any, path: str, reason: str) -> None:
    lake.item(path)
    lake.item("gis ok/道路 (1).shp")
    found = failed(hold("delivery_tree"))
    assert {f["reason"] for f in found} == {reason}
    assert all(f["message"] for f in found)


def test_names_in_two_writings_of_one_character_are_twins(lake: Any, hold: Any) -> None:
    lake.item("\u00e9.shp")
    lake.item("e\u0301.shp")
    assert [f["reason"] for f in failed(hold("delivery_tree"))] == ["name-twins"]


def test_a_wrong_folder_is_one_finding(lake: Any, hold: Any) -> None:
    for n in range(5):
        lake.item(f"aux/{n}.shp")
    assert reasons(hold("delivery_tree")) == {"aux": "name-reserved"}


def test_folders_that_a_city_asks_for(lake: Any, hold: Any) -> None:
    for path in ("01_gis/a.shp", "02_bim/x/b.ifc", "misc/deep/c.txt"):
        lake.item(path)
    wanted = {"required": ["01_gis", "03_dem", "*.ifc"], "allowed": ["0[1-3]_*", "02_bim/*"]}
    bad = reasons(hold("delivery_tree", parameters=wanted))
    assert bad == {"03_dem": "folder-missing", "misc": "folder-strange"}
    (aside,) = hold("delivery_tree", parameters={**wanted, "where": ["udx"]})
    assert aside["status"] == "not applicable"
    strict = {"lower": True, "ascii": True, "deepest": 1}
    lake.item("A.shp")
    lake.item("路.shp")
    bad = reasons(hold("delivery_tree", parameters=strict))
    assert bad["A.shp"] == "name-capitals"
    assert bad["路.shp"] == "name-letters"
    assert bad["02_bim/x/b.ifc"] == "path-deep"


# --- lists of files ---------------------------------------------------------------------------

MD5 = hashlib.md5(b"x").hexdigest()
SHA1 = hashlib.sha1(b"x").hexdigest()
SHA256 = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SHA256SUMS", f"{SHA256}  gis/a.bin\n"),
        ("checksums.txt", f"# made by us\r\n{SHA1} *gis\\a.bin\r\n"),
        ("a.md5", f"MD5 (gis/a.bin) = {MD5.upper()}\n"),
        ("gis/a.bin.md5", f"{MD5}\n"),
        ("manifest.csv", f"path,size,sha256\ngis/a.bin,1,{SHA256}\n"),
        ("manifest.txt", f"{MD5}\t./gis/a.bin\n"),
        ("文件清单.csv", f"序号;文件夹;文件名;文件大小(字节);MD5值\n1;gis;a.bin;1;{MD5}\n"),
        ("納品一覧.csv", "納品物の一覧\n\nフォルダ,ファイル名,サイズ（バイト）\ngis,a.bin,1\n"),
        ("SHA256SUMS", f"{SHA256}  delivery/gis/a.bin\n"),
        ("SHA256SUMS", f"{SHA256}  a.bin\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "legacy"])
def test_lists_are_read_and_hold(
    lake: Any, hold: Any, tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    if encoding == "legacy":
        encoding = "cp932" if "納" in name else "gb18030"
    put(lake, tmp_path, "gis/a.bin")
    put(lake, tmp_path, name, text.encode(encoding))
    found = hold("delivery_manifest", parameters={"required": True})
    assert failed(found) == []
    assert passed(found) == 1


def test_what_was_changed_lost_or_added_is_told(lake: Any, hold: Any, tmp_path: Path) -> None:
    for name in ("same", "changed", "longer", "extra"):
        put(lake, tmp_path, f"gis/{name}.bin")
    (tmp_path / "gis/longer.bin").write_bytes(b"xyz")
    lines = [
        "path,md5,size",
        f"gis/same.bin,{MD5},1",
        f"gis/changed.bin,{'0' * 32},1",
        f"gis/longer.bin,{MD5},1",
        f"gis/lost.bin,{MD5},1",
        f"gis/same.bin,{'1' * 32},1",
    ]
    put(lake, tmp_path, "manifest.csv", "\n".join(lines))
    found = failed(hold("delivery_manifest"))
    assert {(f["path"], f["reason"]) for f in found} == {
        ("gis/changed.bin", "hash-wrong"),
        ("gis/longer.bin", "size-wrong"),
        ("gis/lost.bin", "listed-missing"),
        ("gis/extra.bin", "listed-not"),
        ("gis/same.bin", "listed-twice"),
    }
    by = {f["reason"]: f for f in found}
    assert (by["size-wrong"]["measured"], by["size-wrong"]["expected"]) == ("3", "1")
    assert by["listed-not"]["severity"] == "warning"
    assert "manifest.csv" in by["listed-missing"]["message"]
    assert "5" in by["listed-missing"]["message"]
    quiet = failed(hold("delivery_manifest", parameters={"extra": ""}))
    assert "listed-not" not in {f["reason"] for f in quiet}


def test_a_file_of_several_parts_is_hashed_by_itself(lake: Any, hold: Any, tmp_path: Path) -> None:
    """Of a shapefile the catalogue has one hash for all its files."""
    (tmp_path / "a.dbf").write_bytes(b"y")
    put(lake, tmp_path, "a.shp", members=["a.dbf"], status="ok")
    lake.rows["items"][-1]["sha256"] = "0" * 64
    other = hashlib.sha256(b"y").hexdigest()
    put(lake, tmp_path, "SHA256SUMS", f"{SHA256}  a.shp\n{other}  a.dbf\n")
    found = hold("delivery_manifest")
    assert failed(found) == []
    assert passed(found) == 2


def test_an_archive_and_what_is_in_it(lake: Any, hold: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("in.txt", b"x")
    lake.item("a.zip/in.txt", "document", status="ignored")
    lake.rows["items"][-1]["sha256"] = None
    whole = hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    put(lake, tmp_path, "SHA256SUMS", f"{whole}  a.zip\n{SHA256}  a.zip/in.txt\n")
    found = hold("delivery_manifest")
    assert failed(found) == []
    assert passed(found) == 2


def test_no_list_is_nothing_unless_one_is_required(lake: Any, hold: Any, tmp_path: Path) -> None:
    put(lake, tmp_path, "gis/a.bin")
    put(lake, tmp_path, "classes.csv", "code,name\n1,a\n")
    assert {f["status"] for f in hold("delivery_manifest")} == {"not applicable"}
    (bad,) = failed(hold("delivery_manifest", parameters={"required": True}))
    assert bad["reason"] == "list-none"
    (bad,) = failed(hold("delivery_manifest", parameters={"files": ["classes.csv"]}))
    assert bad["reason"] == "list-unread"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_lists(text: str) -> None:
    for entry in read_list(text, "manifest.csv"):
        assert entry.path
        assert not entry.hash or len(entry.hash) in (32, 40, 56, 64, 96, 128)


@given(
    st.lists(st.from_regex(r"[a-z道]{1,8}( [a-z]{1,4})?\.[a-z]{3}", fullmatch=True), unique=True)
)
def test_a_list_says_what_was_written(names: list[str]) -> None:
    text = "".join(f"{MD5} *{name}\n" for name in names)
    assert [e.path for e in read_list(text, "MD5SUMS")] == names


# --- leftovers and doubles --------------------------------------------------------------------


def test_leftovers_are_told_by_their_kind(lake: Any, hold: Any, tmp_path: Path) -> None:
    for path in (
        "gis/~$plan.docx",
        "x/.DS_Store",
        "a.0001.rvt",
        "a.rvt",
        "b.tmp",
        "plan - 副本.dwg",
    ):
        put(lake, tmp_path, path)
    put(lake, tmp_path, "empty.pdf", b"")
    put(lake, tmp_path, "keep/.gitkeep", b"")
    assert reasons(hold("delivery_leftovers")) == {
        "gis/~$plan.docx": "left-lock",
        "x/.DS_Store": "left-system",
        "a.0001.rvt": "left-backup",
        "b.tmp": "left-temporary",
        "plan - 副本.dwg": "left-backup",
        "empty.pdf": "empty-file",
    }
    spared = hold("delivery_leftovers", parameters={"ignore": ["*"]})
    assert failed(spared) == []


def test_a_layer_without_objects_is_told(lake: Any, hold: Any) -> None:
    layers = [{"name": "full", "features": 3}, {"name": "void", "features": 0}]
    lake.item("a.gpkg", properties={"layers": layers})
    # There it is the format that decides which layers there are.
    lake.item("drive.gpx", format="GPX", properties={"layers": layers})
    (bad,) = failed(hold("delivery_leftovers"))
    assert (bad["layer"], bad["reason"], bad["severity"]) == ("void", "empty-layer", "info")
    assert failed(hold("delivery_leftovers", parameters={"empty_layers": False})) == []


def test_the_same_bytes_twice_name_the_first(lake: Any, hold: Any) -> None:
    for path in ("b.gpkg", "a.gpkg", "c.gpkg"):
        lake.item(path, sha256="s" * 64)
    lake.item("note.txt", "document", status="ignored", sha256="s" * 64)
    found = hold("delivery_duplicates")
    assert reasons(found) == {"b.gpkg": "twice", "c.gpkg": "twice"}
    assert "a.gpkg" in failed(found)[0]["message"]
    assert passed(found) == 1
    assert len(failed(hold("delivery_duplicates", parameters={"documents": True}))) == 3


# --- products ---------------------------------------------------------------------------------


def meshed(standard: Any) -> Any:
    parts = {
        "mesh": Part("mesh", "[0-9]{8}"),
        "kind": Part("kind", "[a-z]+"),
        "ext": Part("ext", "[a-z]+"),
    }
    return replace(standard, naming=Naming((FileGrammar("f", "{mesh}_{kind}.{ext}", parts),)))


def test_so_many_of_a_product_for_each_tile(lake: Any, hold: Any, standard: Any) -> None:
    for path in ("53394525_bldg.gml", "53394525_dem.tif", "53394526_bldg.gml", "README.txt"):
        lake.item(path, "raster" if "dem" in path else "citymodel")
    rule = {
        "applies_to": AppliesTo(kinds=("raster",)),
        "parameters": {"per": "mesh", "paths": ["*_dem.tif"]},
        "std": meshed(standard),
    }
    (bad,) = failed(hold("delivery_products", **rule))
    assert bad["reason"] == "product-missing"
    assert "53394526" in bad["place"]
    rule["parameters"] = {"per": "mesh", "values": ["53394525", "53394599"]}
    (bad,) = failed(hold("delivery_products", **rule))
    assert "53394599" in bad["place"]
    (unnamed,) = hold("delivery_products", parameters={"per": "mesh"})
    assert unnamed["status"] == "not checked"


def test_so_many_of_a_product_for_each_building(lake: Any, hold: Any) -> None:
    lake.item("b.gpkg")
    for n in (1, 2, 3):
        lake.object("b.gpkg", (LON, LAT), properties={"no": f"B{n}"})
    for path in ("bim/B1_arch.ifc", "bim/B1_mep.ifc", "bim/B2_arch.ifc"):
        lake.item(path, "bim", format="IFC4")
    parameters = {"per": "field:no", "paths": ["bim/{value}_*.ifc"], "least": 1, "most": 1}
    bad = failed(
        hold("delivery_products", applies_to=AppliesTo(kinds=("bim",)), parameters=parameters)
    )
    assert {(f["place"].split()[0], f["reason"]) for f in bad} == {
        ("B1", "product-many"),
        ("B3", "product-missing"),
    }


def test_products_by_format_and_by_objects(lake: Any, hold: Any) -> None:
    lake.item("a.ifc", "bim", format="IFC2X3")
    lake.item("b.gpkg")
    lake.object("b.gpkg")
    kinds = {"applies_to": AppliesTo(kinds=("bim",))}
    (bad,) = failed(hold("delivery_products", parameters={"formats": ["IFC4*"]}, **kinds))
    assert bad["reason"] == "product-missing"
    assert failed(hold("delivery_products", parameters={"formats": ["IFC2*"]}, **kinds)) == []
    few = {"of": "objects", "least": 2}
    (bad,) = failed(hold("delivery_products", applies_to=AppliesTo(kinds=("gis",)), parameters=few))
    assert (bad["reason"], bad["measured"], bad["expected"]) == ("product-few", "1", "≥ 2")
    (wrong,) = hold("delivery_products", parameters={"of": "things"})
    assert wrong["status"] == "not checked"


# --- references -------------------------------------------------------------------------------


def test_files_that_attributes_name(lake: Any, hold: Any) -> None:
    lake.item("gis/poles.gpkg")
    for name in ("photos/1.jpg", "gis/plan.pdf", "docs/照片 3.JPG"):
        lake.item(name, "document", status="ignored")
    values = [
        "photos/1.jpg",
        "..\\photos\\1.JPG",
        "1.jpg; plan.pdf",
        "照片 3.jpg",
        "http://a.b/c.jpg",
        "photos/9.jpg",
        None,
    ]
    for value in values:
        lake.object("gis/poles.gpkg", properties={"照片": value, "note": "see fig. 3.a"})
    found = hold("delivery_references")
    (bad,) = failed(found)
    assert (bad["measured"], bad["reason"]) == ("photos/9.jpg", "reference-missing")
    assert passed(found) == 5
    (far,) = [f for f in found if f["status"] == "not applicable"]
    assert far["count"] == 1


def test_files_that_were_never_part_of_the_delivery_are_set_aside(lake: Any, hold: Any) -> None:
    lake.item("poles.gpkg")
    for n in range(3):
        lake.object("poles.gpkg", properties={"photo": f"D:/photos/{n}.jpg"})
    found = hold("delivery_references")
    assert failed(found) == []
    assert [(f["status"], f["count"]) for f in found if f["count"]] == [("not applicable", 3)]
    assert len(failed(hold("delivery_references", parameters={"fields": ["photo"]}))) == 3


def test_attributes_of_city_models_name_files_too(lake: Any, hold: Any) -> None:
    lake.item("b.gml", "citymodel")
    lake.item("a.pdf", "document", status="ignored")
    for name in ("a.pdf", "b.pdf"):
        lake.object("b.gml", properties={"attributes": {"plan": name}})
    (bad,) = failed(hold("delivery_references"))
    assert bad["measured"] == "b.pdf"


def test_keys_into_another_layer(lake: Any, hold: Any) -> None:
    lake.item("a.gpkg")
    lake.object("a.gpkg", source_layer="pipe", properties={"id": "P1"})
    for key in ("P1", "P2", None):
        lake.object("a.gpkg", source_layer="manhole_2026", properties={"pipe": key})
    said = {"from": "manhole*.pipe", "to": "pipe.id"}
    (bad,) = failed(hold("delivery_foreign_keys", parameters=said))
    assert (bad["measured"], bad["reason"]) == ("P2", "key-missing")
    assert bad["message"] == "manhole*.pipe is P2, and no row of pipe.id has that"
    both = failed(hold("delivery_foreign_keys", parameters={**said, "obligatory": True}))
    assert {f["reason"] for f in both} == {"key-missing", "key-empty"}
    (blind,) = hold("delivery_foreign_keys", parameters={**said, "to": "duct.id"})
    assert (blind["status"], blind["count"]) == ("not checked", 2)
    (wrong,) = hold("delivery_foreign_keys", parameters={"from": "pipe", "to": "a.b"})
    assert "layer and a field" in wrong["message"]


# --- one of a kind, days, meshes --------------------------------------------------------------


def test_the_minority_is_told(lake: Any, hold: Any) -> None:
    for n, crs in enumerate(("EPSG:4544", "EPSG:4544", "EPSG:4545", None)):
        lake.item(f"{n}.gpkg", crs=crs)
    lake.item("5.las", "pointcloud", crs="EPSG:4326")
    bad = failed(hold("delivery_mixture", parameters={"of": ["crs"]}))
    assert [(f["path"], f["measured"], f["expected"]) for f in bad] == [
        ("5.las", "EPSG:4326", "EPSG:4544"),
        ("2.gpkg", "EPSG:4545", "EPSG:4544"),
    ] or {f["path"] for f in bad} == {"5.las", "2.gpkg"}
    by_kind = failed(hold("delivery_mixture", parameters={"of": ["crs"], "by_kind": True}))
    assert [f["path"] for f in by_kind] == ["2.gpkg"]
    (wrong,) = hold("delivery_mixture", parameters={"of": ["colour"]})
    assert wrong["status"] == "not checked"


def test_days_are_held_against_that_of_the_delivery(lake: Any, hold: Any) -> None:
    def seen(path: str, day: int, month: int = 9) -> None:
        lake.item(path, observed_start=datetime(2026, month, day, tzinfo=UTC))

    seen("old.las", 1, 1)
    seen("good.las", 1)
    seen("late.las", 20)
    sheet = Sheet((), {"date": "2026-09-10"})
    assert reasons(hold("delivery_dates", sheet=sheet)) == {"late.las": "date-future"}
    strict = hold("delivery_dates", sheet=sheet, parameters={"oldest_days": 90})
    assert reasons(strict) == {"late.las": "date-future", "old.las": "date-old"}


def test_a_file_lies_in_the_mesh_of_its_name(lake: Any, hold: Any, standard: Any) -> None:
    def box(x: float, y: float) -> dict[str, float]:
        return {"xmin": x, "ymin": y, "xmax": x + 0.013, "ymax": y + 0.003}

    lake.item("53394525_bldg.gml", bbox=box(139.6875, 35.6834))
    lake.item("53394526_bldg.gml", bbox=box(139.6875, 35.6834))
    lake.item("53394599_bldg.gml", bbox=box(139.6875, 35.6834))
    lake.item("99999999_bldg.gml", bbox=box(139.6875, 35.6834))
    lake.item("other.gml", bbox=box(0, 0))
    std = meshed(standard)
    found = hold("delivery_mesh", std=std)
    assert reasons(found) == {
        "53394599_bldg.gml": "mesh-elsewhere",
        "99999999_bldg.gml": "mesh-none",
    }
    assert passed(found) == 2
    whole = reasons(hold("delivery_mesh", std=std, parameters={"whole": True}))
    assert whole["53394525_bldg.gml"] == "mesh-beyond"
    pattern = {"pattern": "(?P<mesh>[0-9]{8})_.*"}
    assert reasons(hold("delivery_mesh", parameters=pattern)) == reasons(found)
    (unnamed,) = hold("delivery_mesh")
    assert unnamed["status"] == "not checked"


# --- metadata ---------------------------------------------------------------------------------

ISO = """<?xml version="1.0" encoding="UTF-8"?>
<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco">
 <gmd:contact><gmd:CI_ResponsibleParty><gmd:organisationName><gco:CharacterString>Office</gco:CharacterString>
 </gmd:organisationName></gmd:CI_ResponsibleParty></gmd:contact>
 <gmd:dateStamp><gco:Date>2026-09-01</gco:Date></gmd:dateStamp>
 <gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation><gmd:title>
 <gco:CharacterString>Roads</gco:CharacterString></gmd:title></gmd:CI_Citation></gmd:citation>
 <gmd:abstract><gco:CharacterString> </gco:CharacterString></gmd:abstract>
 </gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>"""


def test_records_of_several_kinds_are_told_from_other_files() -> None:
    assert elements_of(ISO.encode()) == {"title", "contact", "date"}
    stac = {"stac_version": "1.1.0", "bbox": [1, 2, 3, 4], "properties": {"datetime": "2026"}}
    assert elements_of(json.dumps(stac).encode()) == {"extent", "date"}
    fgdc = b"<metadata><idinfo><citation><title>R</title></citation></idinfo></metadata>"
    assert elements_of(fgdc) == {"title"}
    for other in (b"<kml/>", b"<broken", b"{}", b"[1]", b"\x89PNG", b"", b"<metadata/>"):
        assert elements_of(other) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader_of_records(content: bytes) -> None:
    told = elements_of(content)
    assert told is None or told <= set(ELEMENTS)


def test_what_sheet_and_sources_must_say(lake: Any, hold: Any) -> None:
    lake.item("a.gpkg", dataset_id="ds", vertical_datum="EPSG:5737")
    lake.item("b.gpkg", dataset_id="ds")
    lake.rows["datasets"].append({"dataset_id": "ds", "owner": "office"})
    said = {"sheet": ["date", "author"], "sources": ["owner", "licence", "vertical_datum"]}
    sheet = Sheet((), {"date": "2026-09-10"})
    bad = failed(hold("delivery_metadata", parameters=said, sheet=sheet))
    assert sorted((f["path"], f["place"]) for f in bad) == [
        ("", "author"),
        ("a.gpkg", "licence"),
        ("b.gpkg", "licence"),
        ("b.gpkg", "vertical_datum"),
    ]
    without = failed(hold("delivery_metadata", parameters={"sheet": ["date"]}))
    assert [f["reason"] for f in without] == ["sheet-none"]
    (wrong,) = hold("delivery_metadata", parameters={"sources": ["colour"]})
    assert "colour" in wrong["message"]


def test_records_for_folders_and_sources(lake: Any, hold: Any, tmp_path: Path) -> None:
    for path in ("gis/roads.gpkg", "gis/poles.gpkg", "dem/a.tif"):
        lake.item(path)
    put(lake, tmp_path, "gis/roads_metadata.xml", ISO)
    put(lake, tmp_path, "gis/style.xml", "<sld/>")
    bad = reasons(hold("delivery_metadata", parameters={"record": "folder"}))
    assert bad == {"dem": "record-none"}
    bad = reasons(hold("delivery_metadata", parameters={"record": "source"}))
    assert sorted(bad) == ["dem/a.tif", "gis/poles.gpkg"]
    told = {"record": "delivery", "elements": ["title", "lineage"]}
    (silent,) = failed(hold("delivery_metadata", parameters=told))
    assert (silent["path"], silent["place"]) == ("gis/roads_metadata.xml", "lineage")
