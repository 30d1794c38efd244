from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import pyogrio
import pytest

from cimkit.errors import UsageError
from cimkit.exporters import export


def ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as con:
        return con.execute(sql).fetchall()


@pytest.fixture(scope="module")
def file(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gpkg") / "city.gpkg"
    report = export(city, "gpkg", out)
    assert sum(report.counts.values()) == 15
    assert report.withheld == {"secret": 1}
    return out


def test_a_table_has_one_type_of_geometry_and_no_object_is_lost(file: Path) -> None:
    found = dict(pyogrio.list_layers(file))
    assert found == {
        "areas": "Polygon",
        "bim": "Polygon",
        "bim_unplaced": None,
        "buildings": "Polygon",
        "citymodel": "Polygon",
        "collections": "GeometryCollection",
        "imagery": "Point",
        "layer_styles": None,
        "lines": "LineString",
        "points": "MultiPoint",
        "raster": "Polygon",
        "unplaced": None,
    }
    house = gpd.read_file(file, layer="buildings").set_index("source_key").loc["house"]
    assert house["name"] == "名 house"
    assert (house["class_name"], house["class_zh"], house["class_ja"]) == (
        "Building",
        "建筑",
        "建物",
    )
    assert house["height"] == 30
    assert {"z_min", "vertical_datum"} <= set(house.index)  # no height without what it is above
    assert house.geometry.bounds[0] == pytest.approx(106.5)
    assert gpd.read_file(file, layer="lines").crs.to_epsg() == 4326
    points = gpd.read_file(file, layer="points").set_index("source_key")
    assert len(points.loc["tree"].geometry.geoms) == 2
    assert len(points.loc["lamp"].geometry.geoms) == 1
    lost = pyogrio.read_dataframe(file, layer="unplaced")
    assert lost["source_key"].tolist() == ["lost"]


def test_every_table_with_places_has_a_spatial_index(file: Path) -> None:
    found = ask(file, "SELECT table_name FROM gpkg_extensions WHERE extension_name LIKE '%rtree%'")
    assert len(found) == 9


def test_qgis_finds_a_style_in_each_language(file: Path) -> None:
    rows = ask(
        file,
        "SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, "
        "update_time FROM layer_styles",
    )
    assert {r[0] for r in rows} == {
        "areas", "bim", "buildings", "citymodel", "imagery", "lines", "points", "raster",
    }  # fmt: skip
    assert len(rows) == 24
    shown = {r[0]: r for r in rows if r[5]}
    assert len(shown) == 8
    _, geometry, name, qml, sld, _, when = shown["lines"]
    assert (geometry, name) == ("geometry", "Class (en)")
    assert when.endswith("Z")
    assert qml.startswith("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n")
    root = ElementTree.fromstring(qml)
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "categorizedSymbol"
    assert renderer.attrib["attr"] == "class_code"
    said = {c.attrib["value"]: c.attrib for c in root.iter("category")}
    assert said["5022"]["label"] == "5022 Water pipe"
    assert said["5021"]["label"] == "5021 Road"
    assert said["NULL"]["type"] == "NULL"
    symbols = {s.attrib["name"]: s for s in root.iter("symbol")}
    assert set(symbols) == {c["symbol"] for c in said.values()}
    assert {s.attrib["type"] for s in symbols.values()} == {"line"}
    assert {layer.attrib["class"] for layer in root.iter("layer")} == {"SimpleLine"}
    assert root.findtext("layerGeometryType") == "1"
    described = ElementTree.fromstring(sld)
    assert described.tag == "{http://www.opengis.net/sld}StyledLayerDescriptor"
    names = {e.text for e in described.iter("{http://www.opengis.net/se}Name")}
    assert {"lines", "5022 Water pipe"} <= names
    chinese = next(r for r in rows if r[0] == "lines" and r[2] == "分类 (zh)")
    assert "5022 给水管" in chinese[3]
    # Without this row QGIS does not see the table.
    assert ask(file, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [
        ("attributes",)
    ]


def test_a_class_has_one_colour_in_all_tables(file: Path) -> None:
    colors: dict[str, set[str]] = {}
    for (qml,) in ask(file, "SELECT styleQML FROM layer_styles WHERE useAsDefault"):
        root = ElementTree.fromstring(qml)
        of = {}
        for symbol in root.iter("symbol"):
            option = next(
                o for o in symbol.iter("Option") if o.get("name") in ("color", "line_color")
            )
            of[symbol.attrib["name"]] = option.attrib["value"]
        for c in root.iter("category"):
            colors.setdefault(c.attrib["value"], set()).add(of[c.attrib["symbol"]])
    assert {len(found) for found in colors.values()} == {1}
    assert len({next(iter(found)) for found in colors.values()}) == len(colors)


def test_attributes_of_the_standard_are_typed_columns_with_units(
    make_city: Any, make_thing: Any, tmp_path: Path
) -> None:
    import shapely

    line = shapely.LineString([(106.5, 29.5), (106.6, 29.5)])
    said = {"depth": "1.5", "laid": "2020-02-30", "owner": "a bank", "gates": 2, "extra": "x"}
    standard = [
        {"standard": "s@1", "class_code": "5022", "name": "depth", "type": "number", "unit": "m"},
        {"standard": "s@1", "class_code": "50", "name": "laid", "type": "date"},
        {"standard": "s@1", "class_code": "5022", "name": "gates", "type": "integer"},
        {"standard": "s@1", "class_code": "5022", "name": "owner", "type": "text",
         "access": "internal"},
    ]  # fmt: skip
    names = [
        {"standard": "s@1", "scheme": "s", "code": "50", "name_en": "Pipe"},
        {"standard": "s@1", "scheme": "s", "code": "5022", "parent": "50", "name_en": "Water pipe"},
    ]
    catalog = make_city(
        make_thing("p", "gis", line, class_code="5022", properties=said),
        make_thing("q", "gis", line, class_code="5022"),
        attributes=standard,
        classes=names,
        relations=[
            {"object_id": "id-p", "relation": "feeds", "other_id": "id-q"},
            {"object_id": "id-p", "relation": "feeds", "other_id": "id-secret"},
        ],
    )
    out = tmp_path / "a.gpkg"
    report = export(catalog, "gpkg", out, attributes=("extra",), language="zh")
    assert "attribute owner: withheld, access internal" in report.notes
    rows = pyogrio.read_dataframe(out, layer="lines").set_index("source_key")
    types = dict(ask(out, "SELECT name, type FROM pragma_table_info('lines')"))
    assert (types["depth"], types["gates"], types["laid"]) == ("REAL", "INTEGER", "DATE")
    assert "owner" not in types
    assert rows.loc["p"]["depth"] == 1.5
    assert rows.loc["p"]["gates"] == 2
    assert rows.loc["p"]["extra"] == "x"
    assert rows["laid"].isna().all()  # there is no such day
    # What may not be seen as a column is not in the JSON either.
    assert json.loads(rows.loc["p"]["properties"]) == {
        key: value for key, value in said.items() if key != "owner"
    }
    titles = dict(
        ask(out, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'lines'")
    )
    assert titles["depth"] == "depth (m)"
    assert titles["asset_code"] == "标识码"
    assert ask(out, "SELECT object_id, other_id FROM relations") == [("id-p", "id-q")]
    assert "owner" in pyogrio.read_dataframe(
        export(catalog, "gpkg", tmp_path / "b.gpkg", access="internal").out, layer="lines"
    )


def test_tables_by_class(city: Any, tmp_path: Path) -> None:
    out = tmp_path / "city.gpkg"
    report = export(city, "gpkg", out, split="class")
    assert sum(report.counts.values()) == 15
    assert report.counts["class_5001_building_areas"] == 3
    assert set(pyogrio.read_dataframe(out, layer="class_5022_water_pipe_lines")["class_code"]) == {
        "5022"
    }


def test_the_same_objects_are_the_same_bytes(city: Any, tmp_path: Path) -> None:
    for name in "ab":
        export(city, "gpkg", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"split": "colour"}])
def test_options_that_are_none(city: Any, tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no such"):
        export(city, "gpkg", tmp_path / "x.gpkg", **wrong)
    assert not list(tmp_path.iterdir())
