"""The context package: what it refuses, what of a delivery it knows again, and the checks on it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from cimkit.checks import CheckContext
from cimkit.checks._context import City, city_views, open_context
from cimkit.checks._context_tables import CONTEXT, DOCUMENT, FORMAT, SCHEMA, document_hash
from cimkit.checks._examine import run_rule, spec_of
from cimkit.checks._views import delivery_views
from cimkit.errors import ContextError
from cimkit.model import Declaration, Sheet, SheetRow
from cimkit.standard import Jurisdiction, Rule

LON, LAT = 106.5, 29.57


def package(folder: Path, rows: dict[str, list[dict[str, Any]]], **said: Any) -> Path:
    folder.mkdir(exist_ok=True)
    files = {}
    for name, schema in CONTEXT.items():
        file = folder / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows.get(name, []), schema=schema), file)
        content = file.read_bytes()
        files[file.name] = {"size": len(content), "sha256": sha256(content).hexdigest()}
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "standard": "test.town@1",
        "standard_hash": "f" * 32,
        "version": 3,
        "access": "public",
        "withheld": {},
        "files": files,
        **said,
    }
    document["hash"] = document_hash(document)
    (folder / DOCUMENT).write_text(json.dumps(document), encoding="utf-8")
    return folder


def known(key: str, n: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "object_id": f"city {key}",
        "dataset_id": "city ds",
        "kind": "gis",
        "source_layer": "pole",
        "source_key": key,
        "class_code": "0117",
        "content_hash": "9" * 32,
        "x": LON + n * 0.001,
        "y": LAT,
        **more,
    }


def counted(class_code: str, objects: int, **more: Any) -> dict[str, Any]:
    row = {"dataset_id": "city ds", "kind": "gis", "class_code": class_code, "objects": objects}
    return {**row, "area_m2": 0.0, "length_m": 0.0, **more}


@pytest.fixture
def against(lake: Any, standard: Any, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run a check of the lake against a city's package; give its findings."""

    town = standard

    def runner(
        check: str,
        city: dict[str, Any],
        *,
        sheet: Any = None,
        said: Any = None,
        standard: Any = town,
        **rule: Any,
    ) -> list[dict[str, Any]]:
        made = Rule(id=f"test.town/{check}", check=check, message={"en": "{reason}"}, **rule)
        place = package(tmp_path / "city", city, **(said or {}))
        with open_context(place) as opened, lake.open() as con:
            fits = opened.fits(standard)
            with (
                delivery_views(con, standard, "d1"),
                city_views(con, opened if fits else None, sheet),
            ):
                at_hand = {"catalogue", *(["context"] if fits else [])}
                context = CheckContext(
                    con, standard, "d1", provided=frozenset(at_hand), city=opened, sheet=sheet
                )
                found: list[dict[str, Any]] = run_rule(context, made, spec_of(made)).to_pylist()
                return found

    return runner


def failed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert not [f for f in found if f["status"] == "not checked"], found
    return [f for f in found if f["status"] == "fail"]


def poles(lake: Any, keys: list[str], **more: Any) -> None:
    lake.item("pole.gpkg", dataset_id="ds")
    lake.rows["datasets"].append({"dataset_id": "ds", "name": "poles"})
    for n, key in enumerate(keys):
        lake.object(
            "pole.gpkg", (LON + n * 0.001, LAT), source_key=key, properties={"ObjID": key}, **more
        )


# --- the package itself ---------------------------------------------------------------------


def test_a_zip_and_its_folder_are_one_package(tmp_path: Path) -> None:
    folder = package(tmp_path / "city", {"objects": [known("a")]})
    with zipfile.ZipFile(tmp_path / "city.zip", "w") as made:
        for file in folder.iterdir():
            made.write(file, file.name)
    with open_context(folder) as a, open_context(tmp_path / "city.zip") as b:
        assert a.hash == b.hash
        assert pq.read_table(b.file("objects.parquet")).num_rows == 1
    assert not b.folder.exists()  # what was unpacked is gone


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda f: (f / DOCUMENT).unlink(), "no context package"),
        (lambda f: (f / DOCUMENT).write_text("{"), "no JSON"),
        (lambda f: (f / DOCUMENT).write_text('{"format": "stac"}'), "no context package"),
        (lambda f: (f / "codes.parquet").unlink(), "damaged"),
        (lambda f: (f / "codes.parquet").write_bytes(b"PAR1"), "damaged"),
    ],
)
def test_a_broken_or_foreign_package_is_refused(tmp_path: Path, harm: Any, says: str) -> None:
    folder = package(tmp_path / "city", {})
    harm(folder)
    with pytest.raises(ContextError, match=says), open_context(folder):
        pass


def test_a_document_that_was_edited_is_refused(tmp_path: Path) -> None:
    folder = package(tmp_path / "city", {})
    said = json.loads((folder / DOCUMENT).read_text())
    (folder / DOCUMENT).write_text(json.dumps({**said, "access": "secret"}))
    with pytest.raises(ContextError, match="damaged"), open_context(folder):
        pass


def test_a_package_of_another_schema_names_both(tmp_path: Path) -> None:
    folder = package(tmp_path / "city", {}, schema=99)
    with pytest.raises(ContextError, match="another version") as met, open_context(folder):
        pass
    assert met.value.got == "schema 99"


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    folder = package(tmp_path / "city", {})
    pq.write_table(pa.table({"x": [1]}), folder / "codes.parquet")
    content = (folder / "codes.parquet").read_bytes()
    said = json.loads((folder / DOCUMENT).read_text())
    facts = {"size": len(content), "sha256": sha256(content).hexdigest()}
    said["files"]["codes.parquet"] = facts
    said["hash"] = document_hash(said)
    (folder / DOCUMENT).write_text(json.dumps(said))
    with pytest.raises(ContextError, match="damaged"), open_context(folder):
        pass


def test_a_zip_cannot_write_outside_of_its_folder(tmp_path: Path) -> None:
    folder = package(tmp_path / "city", {})
    said = json.loads((folder / DOCUMENT).read_text())
    said["files"]["../outside"] = {"size": 1, "sha256": "0"}
    said["hash"] = document_hash(said)
    with zipfile.ZipFile(tmp_path / "city.zip", "w") as made:
        made.writestr(DOCUMENT, json.dumps(said))
        made.writestr("../outside", "x")
    with pytest.raises(ContextError, match="damaged"), open_context(tmp_path / "city.zip"):
        pass
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"hello"])
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "city.zip").write_bytes(content)
    with pytest.raises(ContextError), open_context(tmp_path / "city.zip"):
        pass
    with pytest.raises(ContextError, match="no such"), open_context(tmp_path / "none.zip"):
        pass


# --- which standard it is of ----------------------------------------------------------------


def test_under_another_standard_the_rule_is_not_checked_and_says_why(
    lake: Any, against: Any
) -> None:
    poles(lake, ["a"])
    (found,) = against("city_codes", {}, said={"standard": "city.other@2020"})
    assert found["status"] == "not checked"
    assert "city.other@2020" in found["message"]
    assert "test.town@1" in found["message"]


def test_the_receipt_tells_that_the_standard_was_written_otherwise(
    tmp_path: Path, standard: Any
) -> None:
    with open_context(package(tmp_path / "city", {})) as city:
        assert city.told(standard)["same_standard"]
        assert not city.told(replace(standard, hash="0" * 32))["same_standard"]
        assert not City(city.folder, {**city.document, "standard": "x@1"}).fits(standard)


# --- codes ----------------------------------------------------------------------------------


def code(asset_code: str, key: str | None, **more: Any) -> dict[str, Any]:
    held = {"object_id": f"city {key}", "dataset_id": "city ds", "source_key": key} if key else {}
    return {"asset_code": asset_code, "class_code": "0117", **held, **more}


def test_a_code_of_another_object_is_taken_and_that_of_the_same_is_not(
    lake: Any, against: Any
) -> None:
    poles(lake, ["5099120117000001", "5099120117000002", "5099120117000003"])
    lake.object("pole.gpkg", (LON, LAT + 0.01), properties={"ObjID": "5099120117000009"})
    lake.object("pole.gpkg", (LON, LAT + 0.02), properties={"ObjID": "5099120117000008"})
    city = {
        "objects": [known(f"509912011700000{n}", n - 1) for n in (1, 2, 3)],
        "datasets": [{"dataset_id": "city ds", "name": "masts"}],
        "codes": [
            *(code(f"509912011700000{n}", f"509912011700000{n}") for n in (1, 2, 3)),
            code("5099120117000009", "other"),
            code("5099120117000008", None),
        ],
    }
    found = against("city_codes", city, said={"withheld": {"codes": {"secret": 4}}})
    bad = {f["measured"]: f["reason"] for f in failed(found)}
    assert bad == {"5099120117000009": "code-taken", "5099120117000008": "code-retired"}
    assert sum(f["count"] for f in found if f["status"] == "pass") == 3
    (aside,) = [f for f in found if f["status"] == "not applicable"]
    assert aside["count"] == 4
    assert "masts" in next(f["message"] for f in failed(found) if f["reason"] == "code-taken")


def test_numbers_alone_make_no_dataset_known(lake: Any, against: Any) -> None:
    """Rows 1, 2, 3 of another layer far away are other objects, and their codes are taken."""
    lake.item("a.gpkg", dataset_id="ds")
    for n in (1, 2, 3):
        at = (LON + 0.05, LAT + 0.01 * n)
        lake.object("a.gpkg", at, source_key=str(n), properties={"ObjID": f"509912011700000{n}"})
    city = {
        "objects": [known(str(n)) for n in (1, 2, 3)],
        "codes": [code(f"509912011700000{n}", str(n)) for n in (1, 2, 3)],
    }
    assert len(failed(against("city_codes", city))) == 3


# --- counts ---------------------------------------------------------------------------------


def test_counts_by_class_within_the_tolerance_pass(lake: Any, against: Any) -> None:
    poles(lake, [f"k{n}" for n in range(20)])
    objects = [known(f"k{n}", n) for n in range(20)]
    near = {"objects": objects, "counts": [counted("0117", 21)]}
    assert failed(against("city_counts", near)) == []
    far = {"objects": objects, "counts": [counted("0117", 40), counted("0118", 30)]}
    bad = {f["place"].split()[0]: f for f in failed(against("city_counts", far))}
    assert bad["0117"]["reason"] == "count-fewer"
    assert (bad["0117"]["measured"], bad["0117"]["expected"]) == ("20", "40")
    assert bad["0118"]["reason"] == "count-none"
    assert bad["0117"]["path"] == "pole.gpkg"
    assert failed(against("city_counts", far, parameters={"least": 100})) == []


def test_counts_by_district_see_what_a_sum_hides(lake: Any, against: Any) -> None:
    poles(lake, [f"k{n}" for n in range(20)])
    west = shapely.box(LON - 0.01, LAT - 0.01, LON + 0.0145, LAT + 0.01)
    east = shapely.box(LON + 0.0145, LAT - 0.01, LON + 0.05, LAT + 0.01)
    areas = [{"name": n, "geometry": shapely.to_wkb(a)} for n, a in (("W", west), ("E", east))]
    city = {
        "objects": [known(f"k{n}", n) for n in range(20)],
        "districts": areas,
        "counts": [counted("0117", 5, district="W"), counted("0117", 15, district="E")],
    }
    bad = {f["place"].split()[-1]: f["reason"] for f in failed(against("city_counts", city))}
    assert bad == {"W": "count-more", "E": "count-fewer"}


def test_counts_of_the_whole_city_want_every_class(lake: Any, against: Any) -> None:
    lake.item("new.gpkg", dataset_id="new")
    for n in range(10):
        lake.object("new.gpkg", (LON, LAT + n / 1000))
    city = {"counts": [counted("0117", 10), counted("0118", 30)]}
    rule = {"parameters": {"against": "city"}}
    assert [f["reason"] for f in failed(against("city_counts", city, **rule))] == ["count-none"]
    # a new dataset replaces nothing
    (nothing,) = against("city_counts", city)
    assert nothing["status"] == "not applicable"


def test_a_parameter_that_says_nothing_known_is_told(lake: Any, against: Any) -> None:
    poles(lake, ["a"])
    (found,) = against("city_counts", {}, parameters={"against": "town"})
    assert found["status"] == "not checked"
    assert "town" in found["message"]


# --- the former delivery --------------------------------------------------------------------


def test_what_is_gone_moved_or_of_another_class_is_found(lake: Any, against: Any) -> None:
    poles(lake, ["a", "b", "c"])
    city = {
        "objects": [
            known("a", 0),
            known("b", 1, class_code="0118"),
            known("c", 2, x=LON + 0.0021),  # 10 m
            known("d", 3),
            known("e", 4, lifecycle="demolished"),
        ]
    }
    found = against("city_former", city, parameters={})
    bad = {f["place"]: f["reason"] for f in failed(found)}
    assert sorted(bad.values()) == ["former-class", "former-missing", "former-moved"]
    assert bad["d"] == "former-missing"
    gone = next(f for f in failed(found) if f["reason"] == "former-missing")
    assert gone["x"] == pytest.approx(LON + 0.003)
    assert sum(f["count"] for f in found if f["status"] == "pass") == 2
    loose = against("city_former", city, tolerance=20.0, parameters={"class": False})
    assert [f["reason"] for f in failed(loose)] == ["former-missing"]


def test_a_layer_that_is_gone_whole_is_one_finding(lake: Any, against: Any) -> None:
    poles(lake, ["a", "b", "c"])
    city = {
        "objects": [
            *(known(k, n) for n, k in enumerate("abc")),
            *(known(f"l{n}", n, source_layer="lamp") for n in range(3)),
        ]
    }
    (bad,) = failed(against("city_former", city))
    assert (bad["reason"], bad["layer"], bad["count"]) == ("former-missing-all", "lamp", 3)


def test_a_patch_need_not_have_all(lake: Any, against: Any) -> None:
    poles(lake, ["a", "b"])
    city = {"objects": [known(k, n) for n, k in enumerate("abcd")]}
    assert len(failed(against("city_former", city))) == 2
    sheet = Sheet((SheetRow("*", Declaration(action="patch")),))
    assert failed(against("city_former", city, sheet=sheet)) == []


def test_a_layer_called_after_its_day_is_known_by_its_keys(lake: Any, against: Any) -> None:
    poles(lake, ["a", "b"])
    city = {"objects": [known(k, n, source_layer="pole_2025") for n, k in enumerate("ab")]}
    found = against("city_former", city)
    assert failed(found) == []
    assert sum(f["count"] for f in found if f["status"] == "pass") == 2


def test_a_size_that_changed_is_found(lake: Any, against: Any) -> None:
    poles(lake, ["a", "b"], area_m2=100.0)
    city = {"objects": [known("a", 0, area_m2=110.0), known("b", 1, area_m2=1000.0)]}
    (bad,) = failed(against("city_former", city))
    assert (bad["reason"], bad["measured"], bad["expected"]) == (
        "former-size",
        "100 m²",
        "1,000 m²",
    )


# --- coverage -------------------------------------------------------------------------------


def test_cells_that_had_objects_and_are_empty_now_are_gaps(lake: Any, against: Any) -> None:
    poles(lake, ["k0", "k1", "k2"])
    city = {"objects": [known(f"k{n}", n) for n in range(3)]}
    city["objects"] += [known(f"g{n}", 20 + n / 10) for n in range(3)]
    (bad,) = failed(against("city_coverage", city, parameters={"cell": 300.0}))
    assert bad["reason"] == "cells-empty"
    shape = shapely.from_wkb(bad["geometry"])
    assert shape.contains(shapely.Point(LON + 0.0201, LAT))
    assert failed(against("city_coverage", city, parameters={"cell": 300.0, "least": 9})) == []


def test_the_jurisdiction_is_covered_by_a_raster_or_has_a_gap(lake: Any, against: Any) -> None:
    area = shapely.box(106.44, 29.52, 106.56, 29.62)
    half = shapely.box(106.44, 29.52, 106.50, 29.62)

    def item(path: str, shape: Any) -> None:
        box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
        lake.item(path, "raster", geometry=shapely.to_wkb(shape), bbox=box)

    item("west.tif", half)
    rule = {"parameters": {"of": "jurisdiction", "cell": 500.0}}
    (bad,) = failed(against("city_coverage", {}, **rule))
    gap = shapely.from_wkb(bad["geometry"])
    rest = area.difference(half)
    assert gap.intersection(rest).area > 0.9 * rest.area
    assert gap.intersection(half).area < 0.1 * rest.area
    assert failed(against("city_coverage", {}, tolerance=0.6, **rule)) == []
    item("east.tif", area)
    assert failed(against("city_coverage", {}, **rule)) == []


def test_too_many_cells_are_refused(lake: Any, against: Any) -> None:
    poles(lake, ["a"])
    rule = {"parameters": {"of": "jurisdiction", "cell": 1.0}}
    (found,) = against("city_coverage", {}, **rule)
    assert found["status"] == "not checked"
    assert "too many cells" in found["message"]


def test_the_city_names_its_area_where_the_standard_does_not(
    lake: Any, against: Any, standard: Any
) -> None:
    bare = replace(standard, jurisdiction=Jurisdiction())
    poles(lake, ["a"])
    lake.object("pole.gpkg", (LON + 0.5, LAT))
    area = {"geometry": shapely.to_wkb(shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1))}
    (bad,) = failed(against("inside_jurisdiction", {"jurisdiction": [area]}, standard=bare))
    assert bad["x"] == pytest.approx(LON + 0.5)
    (unsaid,) = against("inside_jurisdiction", {}, standard=bare)
    assert unsaid["status"] == "not checked"
