"""The metadata schema of a tileset: from the standard in force, with the attributes asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely

from cimkit.catalog import Catalog
from cimkit.exporters import export
from cimkit.exporters._spec import ExportReport
from cimkit.standard import load
from cimkit.standard.rows import Level

LON, LAT = 106.5, 29.57
ID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def house(i: int) -> Any:
    return shapely.box(LON + i * 1e-3, LAT, LON + i * 1e-3 + 2e-4, LAT + 2e-4)


@pytest.fixture
def town(
    make_city: Callable[..., Catalog],
    make_thing: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Catalog:
    def thing(i: int, class_: str, level: str | None = "CIM2", **properties: Any) -> dict[str, Any]:
        return make_thing(
            f"h{i}", "gis", house(i), z_min=200.0, height=10.0 + i, class_code=class_, level=level,
            properties=properties,
        )  # fmt: skip

    def named(code: str, parent: str, en: str, zh: str) -> dict[str, Any]:
        return {"standard": "s@1", "scheme": "s", "code": code, "parent": parent, "name_en": en,
                "name_zh": zh, "name_ja": zh}  # fmt: skip

    def attribute(code: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"standard": "s@1", "class_code": code, "name": name, "type": kind, "unit": "",
                "domain": "", "obligation": "O", "access": "public"} | more  # fmt: skip

    uses = pa.table({"code": ["home", "shop"], "name_zh": ["居住", "商业"],
                     "name_ja": ["住宅", "商業"], "name_en": ["Home", "Shop"]})  # fmt: skip
    shipped = load("city.linjiang")
    standard = replace(
        shipped,
        levels=(Level("CIM1", name_zh="地表", name_en="Ground"),
                Level("CIM2", name_zh="框架", name_en="Block")),
        domains={"uses": uses},
        attributes=(replace(shipped.attributes[0], name="floors", title="Storeys"),),
        models=(),
    )  # fmt: skip
    monkeypatch.setattr(Catalog, "standard", lambda self: standard)
    return make_city(
        thing(0, "5001", usage="home", floors=3, owner="Li", 层数=4, serial=2**60, old=True),
        thing(1, "5001", usage="barn", floors="7", owner="Wang", area="12.5", code="0417"),
        thing(2, "5002", level="CIM9", usage="shop", owner="open", area=3, height=1.25),
        thing(3, "5002", level=None, area="many"),
        classes=[named("50", "", "Buildings", "建筑"), named("5001", "50", "House", "住宅"),
                 named("5002", "50", "Works", "厂房")],
        standards=[{"standard": "s@1", "scheme": "s", "hash": "x"}],
        attributes=[
            attribute("50", "usage", "text", domain="uses"),
            attribute("5001", "floors", "integer", unit="1"),
            attribute("50", "area", "number", unit="m2"),
            attribute("5001", "owner", "text", access="secret"),
            attribute("50", "serial", "integer"),
        ],
    )  # fmt: skip


def write(town: Catalog, out: Path, *names: str, **more: Any) -> ExportReport:
    return export(town, "3dtiles", out, attributes=names, **more)


def tables(out: Path, read_tiles: Any) -> dict[str, dict[str, Any]]:
    found = {}
    for content in read_tiles(out / "tileset.json"):
        columns = content.table()
        for i, name in enumerate(columns["object_id"]):
            found[name] = {key: column[i] for key, column in columns.items()}
    return found


def test_attributes_have_the_types_that_hold_them(
    town: Catalog, tmp_path: Path, read_tiles: Any
) -> None:
    report = write(
        town, tmp_path / "t", "usage", "floors", "area", "层数", "serial", "old", "code", "height",
        "none",
    )  # fmt: skip
    schema = json.loads((tmp_path / "t" / "schema.json").read_text())
    said = schema["classes"]["feature"]["properties"]
    kinds = {name: p.get("componentType", p["type"]) for name, p in said.items()}
    assert kinds["usage"] == "ENUM"
    assert kinds["floors"] == "INT32"
    assert kinds["area"] == "STRING"  # one of them is no number
    assert kinds["_u5c42u6570"] == "INT32"
    assert kinds["serial"] == "STRING"  # no number of a style holds 2**60
    assert kinds["old"] == "ENUM"
    assert kinds["code"] == "STRING"
    assert kinds["attribute_height"] == "FLOAT64"
    assert kinds["class_code"] == "STRING"
    assert said["_u5c42u6570"]["name"] == "层数"
    assert said["floors"]["name"] == "Storeys"
    names = [value["name"] for value in schema["enums"][said["usage"]["enumType"]]["values"]]
    assert names == ["none", "home", "shop", "barn"]  # what is not in the list comes after it
    own = schema["classes"]["class_5001"]["properties"]["usage"]["enumType"]
    assert len(schema["enums"][own]["values"]) == 3
    rows = tables(tmp_path / "t", read_tiles)
    first, second, third = (rows[f"id-h{i}"] for i in range(3))
    assert (first["usage"], second["usage"], third["usage"]) == ("home", "barn", "shop")
    assert (first["floors"], second["floors"]) == (3, 7)
    assert first["_u5c42u6570"] == 4
    assert first["serial"] == str(2**60)
    assert second["code"] == "0417"
    assert first["old"] == "true"
    assert third["attribute_height"] == 1.25
    assert third["level"] == "CIM9"
    assert rows["id-h3"]["level"] is None
    assert first["class_name_zh"] == "住宅"
    assert any("no object has a value of none" in note for note in report.notes)
    assert any(note.startswith("area is written as text") for note in report.notes)


def test_attributes_above_the_access_are_withheld_and_counted(
    town: Catalog, tmp_path: Path, read_tiles: Any
) -> None:
    report = write(town, tmp_path / "p", "owner")
    assert [n for n in report.notes if n.startswith("2 values of owner are withheld")]
    rows = tables(tmp_path / "p", read_tiles)
    assert [rows[f"id-h{i}"].get("owner", "") for i in range(4)] == ["", "", "open", ""]
    schema = json.loads((tmp_path / "p" / "schema.json").read_text())
    assert "owner" not in schema["classes"]["class_5001"]["properties"]
    everything = b"".join(f.read_bytes() for f in (tmp_path / "p").rglob("*.glb"))
    assert b"Wang" not in everything
    report = write(town, tmp_path / "s", "owner", access="secret")
    assert not [n for n in report.notes if "withheld" in n]
    rows = tables(tmp_path / "s", read_tiles)
    assert [rows[f"id-h{i}"].get("owner", "") for i in range(4)] == ["Li", "Wang", "open", ""]


def test_what_stands_beside_the_tiles(town: Catalog, tmp_path: Path, gltf_judge: Any) -> None:
    out = tmp_path / "t"
    write(town, out, "usage", "floors", "层数")
    schema_obeys_the_specification(out)
    statistics_count_what_is_drawn(out)
    styles_name_every_class_and_level(out)
    said = gltf_judge(out)
    assert (said["errors"], said["warnings"]) == (0, 0)


def schema_obeys_the_specification(out: Path) -> None:
    root = json.loads((out / "tileset.json").read_text())
    assert root["schemaUri"] == "schema.json"
    assert "schema" not in root
    schema = json.loads((out / "schema.json").read_text())
    assert ID.fullmatch(schema["id"])
    assert {"feature", "point", "layer", "class_5001", "class_5002"} <= schema["classes"].keys()
    for name, entry in schema["classes"].items():
        assert ID.fullmatch(name)
        for key, p in entry["properties"].items():
            assert ID.fullmatch(key)
            assert ("componentType" in p) == (p["type"] == "SCALAR")
            assert ("enumType" in p) == (p["type"] == "ENUM")
            if p["type"] == "ENUM":
                values = schema["enums"][p["enumType"]]["values"]
                assert p["noData"] in [value["name"] for value in values]
    for name, enum in schema["enums"].items():
        assert ID.fullmatch(name)
        for key in ("name", "value"):
            listed = [value[key] for value in enum["values"]]
            assert len(set(listed)) == len(listed)
    own = schema["classes"]["class_5001"]
    assert own["extras"] == {"code": "5001", "name_en": "House", "name_zh": "住宅",
                             "name_ja": "住宅"}  # fmt: skip
    assert set(own["properties"]) == {"level", "usage", "floors", "area", "serial"}
    assert own["properties"]["area"]["description"] == "Unit: m2"
    assert schema["enums"]["level"]["values"][2]["extras"]["name_zh"] == "框架"
    assert root["groups"][0]["class"] in schema["classes"]
    about = root["metadata"]
    assert about["properties"].keys() <= schema["classes"][about["class"]]["properties"].keys()
    assert about["properties"]["heights"].startswith("Heights: orthometric, not shifted")
    assert about["properties"]["standard"] == "city.linjiang@2026"


def statistics_count_what_is_drawn(out: Path) -> None:
    root = json.loads((out / "tileset.json").read_text())
    said = root["statistics"]["classes"]
    schema = json.loads((out / "schema.json").read_text())
    for name, entry in said.items():
        assert entry["properties"].keys() <= schema["classes"][name]["properties"].keys()
        assert entry["properties"]
    feature = said["feature"]
    assert feature["count"] == 4
    assert feature["properties"]["height"] == {"min": 10, "max": 13, "mean": 11.5, "sum": 46}
    assert feature["properties"]["floors"]["max"] == 7
    assert feature["properties"]["usage"]["occurrences"] == {"home": 1, "shop": 1, "barn": 1}
    assert feature["properties"]["level"]["occurrences"] == {"CIM2": 2, "CIM9": 1}
    assert said["class_5001"] == {
        "count": 2, "properties": {"level": {"occurrences": {"CIM2": 2}}}
    }  # fmt: skip


def styles_name_every_class_and_level(out: Path) -> None:
    by = json.loads((out / "styles" / "by_class.json").read_text())
    conditions = by["color"]["conditions"]
    assert [c for c, _ in conditions] == [
        '${class_code} === "5001"', '${class_code} === "5002"', "true"
    ]  # fmt: skip
    colors = [color for _, color in conditions]
    assert len(set(colors)) == 3
    assert all(re.fullmatch(r"color\('#[0-9a-f]{6}'\)", color) for color in colors)
    levels = json.loads((out / "styles" / "by_level.json").read_text())
    assert '${level} === "CIM9"' in [c for c, _ in levels["color"]["conditions"]]
