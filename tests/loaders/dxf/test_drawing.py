"""Drawings: shapes as they are drawn, texts, attributes, code pages, places, damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ezdxf
import pyarrow as pa
import pytest
import shapely
from ezdxf.document import Drawing

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.geometry.curves import linearize
from cimkit.loaders import Head, ReadOptions
from cimkit.loaders import dxf as loader
from cimkit.model import STAGED, Asset, Declaration, Place, Source

Tables = dict[str, list[dict[str, Any]]]


def source(file: Path) -> Source:
    return Source(file.name, file, (), file.stat().st_size, "dxf")


def read(file: Path, **declared: Any) -> tuple[Asset, Tables]:
    head = Head(file, file.name.lower(), file.read_bytes()[:65_536])
    assert loader.sniff(head) > 0
    options = ReadOptions(Declaration(**declared), root=file.parent)
    asset = loader.probe(source(file), options)
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, table in loader.read(source(file), asset, options):
        assert table.schema.equals(STAGED[name])
        tables.setdefault(name, []).extend(table.to_pylist())
    assert pa.types.is_string(STAGED["objects"].field("name").type)
    return asset, tables


def save(document: Drawing, file: Path, **options: Any) -> Path:
    document.saveas(file, **options)
    return file


def shapes(tables: Tables) -> dict[str, bytes]:
    return {r["source_key"]: r["wkb"] for r in tables["geometries"] if r["semantics"] is None}


def said(tables: Tables, key: str) -> dict[str, Any]:
    row = next(r for r in tables["objects"] if r["source_key"] == key)
    properties: dict[str, Any] = json.loads(row["properties"])
    return properties


@pytest.mark.keeps("DXF", "geometry", "z", "exact", "identity")
def test_each_type_of_entity_has_its_shape(tmp_path: Path) -> None:
    document = ezdxf.new("R2018")
    space = document.modelspace()
    line = space.add_line((0, 0, 1), (10, 0, 2))
    point = space.add_point((1, 2, 3))
    circle = space.add_circle((5, 5), 2)
    arc = space.add_arc((0, 0), 10, 0, 90)
    bulged = space.add_lwpolyline([(0, 0, 0), (4, 0, 1), (4, 4, 0)], format="xyb", close=True)
    contour = space.add_lwpolyline([(0, 0), (4, 0)], dxfattribs={"elevation": 236.5})
    solid = space.add_polyline3d([(0, 0, 0), (1, 1, 1), (2, 0, 2)])
    ellipse = space.add_ellipse((0, 0), (10, 0), 0.5)
    spline = space.add_spline([(0, 0), (5, 5), (10, 0)])
    face = space.add_3dface([(0, 0, 0), (1, 0, 0), (1, 0, 3), (0, 0, 3)])
    mesh = space.add_mesh()
    with mesh.edit_data() as data:
        data.vertices = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
        data.faces = [(0, 1, 2), (0, 1, 3)]
    hatch = space.add_hatch()
    hatch.paths.add_polyline_path([(0, 0), (10, 0), (10, 10), (0, 10)], is_closed=True)
    hatch.paths.add_polyline_path([(2, 2), (4, 2), (4, 4), (2, 4)], is_closed=True)
    ray = space.add_ray((0, 0), (1, 0))
    asset, tables = read(save(document, tmp_path / "a.dxf"))
    kept = shapes(tables)
    types = {r["source_key"]: r["geometry_type"] for r in tables["geometries"]}

    def wkt(entity: Any) -> str:
        return str(shapely.from_wkb(kept[entity.dxf.handle]).wkt)

    assert wkt(line) == "LINESTRING Z (0 0 1, 10 0 2)"
    assert wkt(point) == "POINT Z (1 2 3)"
    assert wkt(contour) == "LINESTRING Z (0 0 236.5, 4 0 236.5)"
    assert wkt(solid) == "LINESTRING Z (0 0 0, 1 1 1, 2 0 2)"
    assert wkt(face) == "POLYGON Z ((0 0 0, 1 0 0, 1 0 3, 0 0 3, 0 0 0))"
    assert types[circle.dxf.handle] == types[arc.dxf.handle] == "CircularString"
    assert types[bulged.dxf.handle] == "CompoundCurve"
    assert types[mesh.dxf.handle] == "PolyhedralSurface Z"
    assert linearize(kept[circle.dxf.handle]).length == pytest.approx(12.566, rel=1e-3)
    assert linearize(kept[arc.dxf.handle]).bounds == pytest.approx((0, 0, 10, 10), abs=1e-9)
    half = linearize(kept[bulged.dxf.handle])
    assert half.bounds == pytest.approx((0, 0, 6, 4), abs=1e-2)  # the bulge lies to the right
    assert shapely.from_wkb(kept[ellipse.dxf.handle]).length == pytest.approx(48.44, rel=1e-3)
    assert shapely.from_wkb(kept[spline.dxf.handle]).bounds[0] == pytest.approx(0)
    assert shapely.from_wkb(kept[hatch.dxf.handle]).area == pytest.approx(96)
    assert ray.dxf.handle not in kept
    problem = next(p for p in asset.problems if p.code == "entity-without-shape")
    assert "RAY" in problem.got
    assert asset.counts["entities"] == len(tables["objects"]) == 13
    assert {r["key_origin"] for r in tables["objects"]} == {"id"}


@pytest.mark.keeps("DXF", "exact")
def test_what_is_seen_from_below_is_mirrored(tmp_path: Path) -> None:
    document = ezdxf.new()
    space = document.modelspace()
    below = {"extrusion": (0, 0, -1)}
    arc = space.add_arc((5, 0), 2, 0, 90, dxfattribs=below)
    line = space.add_lwpolyline([(0, 0, 1), (4, 0, 0)], format="xyb", dxfattribs=below)
    tilted = space.add_circle((0, 0), 2, dxfattribs={"extrusion": (1, 0, 0)})
    _, tables = read(save(document, tmp_path / "a.dxf"))
    kept = shapes(tables)
    assert linearize(kept[arc.dxf.handle]).bounds == pytest.approx((-7, 0, -5, 2), abs=1e-9)
    peer = line.virtual_entities()
    assert linearize(kept[line.dxf.handle]).bounds == pytest.approx((-4, -2, 0, 0), abs=1e-2)
    assert next(iter(peer)).dxftype() == "ARC"
    assert shapely.from_wkb(kept[tilted.dxf.handle]).has_z


@pytest.mark.keeps("DXF", "instances", "attributes", "relations")
def test_blocks_are_points_with_attributes_and_their_lines(tmp_path: Path) -> None:
    document = ezdxf.new()
    lamp = document.blocks.new("路灯")
    lamp.add_circle((0, 0), 1)
    lamp.add_line((0, 0), (2, 0))
    lamp.add_attdef("编号", (0, 0))
    site = document.blocks.new("SITE")
    for x in range(30):
        site.add_line((x, 0), (x, 1), dxfattribs={"layer": "围墙"})
    space = document.modelspace()
    insert = space.add_blockref("路灯", (100, 200, 5), dxfattribs={"rotation": 90, "xscale": 2})
    insert.add_auto_attribs({"编号": "L001"})
    whole = space.add_blockref("SITE", (1000, 0))
    _, tables = read(save(document, tmp_path / "a.dxf"))
    key = insert.dxf.handle
    assert shapely.from_wkb(shapes(tables)[key]).wkt == "POINT Z (100 200 5)"
    assert said(tables, key)["编号"] == "L001"
    assert said(tables, key)["Block"] == "路灯"
    assert said(tables, key)["Rotation"] == 90
    assert said(tables, key)["Scale"] == [2, 1, 1]
    drawn = [r for r in tables["geometries"] if r["semantics"] and r["source_key"] == key]
    assert json.loads(drawn[0]["semantics"]) == {"column": "block"}
    assert linearize(drawn[0]["wkb"]).bounds[3] == pytest.approx(204)
    children = [r for r in tables["objects"] if r["parent_key"] == whole.dxf.handle]
    assert len(children) == 30
    assert {r["source_class"] for r in children} == {"围墙"}
    assert shapely.from_wkb(shapes(tables)[children[3]["source_key"]]).bounds[0] == 1003


@pytest.mark.keeps("DXF", "attributes", "text", "semantics", "appearance")
def test_texts_layers_colours_and_surveyors_codes(tmp_path: Path) -> None:
    document = ezdxf.new()
    document.appids.new("SOUTH")
    document.layers.add("GXYZ", color=3)
    space = document.modelspace()
    text = space.add_text("建国路", dxfattribs={"insert": (1, 2), "layer": "ZJ", "color": 1})
    note = space.add_mtext("第一行\\P第二行", dxfattribs={"insert": (3, 4)})
    house = space.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
    house.set_xdata("SOUTH", [(1000, "141101"), (1000, "砖3")])
    code = space.add_point((0, 0))
    code.set_xdata("SOUTH", [(1000, "181101")])
    asset, tables = read(save(document, tmp_path / "a.dxf"))
    assert said(tables, text.dxf.handle)["Text"] == "建国路"
    assert said(tables, text.dxf.handle)["Color"] == 1
    assert said(tables, note.dxf.handle)["Text"] == "第一行\n第二行"
    assert said(tables, house.dxf.handle)["SOUTH"] == ["141101", "砖3"]
    assert said(tables, code.dxf.handle)["SOUTH"] == "181101"
    assert said(tables, house.dxf.handle)["Closed"] is True
    assert asset.properties["layers"]["GXYZ"] == {"color": 3}
    assert {r["source_class"] for r in tables["objects"]} == {"ZJ", "0"}


@pytest.mark.keeps("DXF", "text")
@pytest.mark.parametrize(
    ("encoding", "page", "text"),
    [
        ("gbk", "ANSI_936", "建国路与人民大街"),
        ("gbk", "ANSI_1252", "建国路与人民大街路灯"),
        ("gbk", "ANSI_932", "建国路与人民大街路灯"),
        ("cp932", "ANSI_932", "横浜市西区みなとみらい"),
        ("big5", "ANSI_950", "臺北市大安區"),
        ("utf-8", "ANSI_936", "建国路与人民大街"),
    ],
)
def test_code_pages_as_they_are_and_as_they_are_said(
    tmp_path: Path, encoding: str, page: str, text: str
) -> None:
    document = ezdxf.new("R2000")
    mark = "QQQQ"
    entity = document.modelspace().add_text(mark, dxfattribs={"layer": "LL"})
    save(document, tmp_path / "a.dxf")
    data = (tmp_path / "a.dxf").read_bytes().replace(b"ANSI_1252", page.encode())
    (tmp_path / "a.dxf").write_bytes(data.replace(mark.encode(), text.encode(encoding)))
    asset, tables = read(tmp_path / "a.dxf")
    assert said(tables, entity.dxf.handle)["Text"] == text
    honest = page in ("ANSI_936", "ANSI_932", "ANSI_950") and encoding not in ("utf-8",)
    if honest and (encoding, page) != ("gbk", "ANSI_932"):
        assert asset.encoding_origin == "declared"
    else:
        assert asset.encoding_origin == "detected"
        assert any(p.code.startswith("encoding-") for p in asset.problems)


@pytest.mark.keeps("DXF", "text")
@pytest.mark.parametrize(
    ("page", "written", "text"),
    [
        ("ANSI_1251", "улица".encode("cp1251"), "улица"),
        ("ANSI_949", "서울시".encode("cp949"), "서울시"),
        ("", "建国路与人民大街".encode("gbk"), "建国路与人民大街"),
        ("ANSI_1252", rb"\U+5EFA\U+56FD 1", "建国 1"),
        ("ANSI_936", rb"\M+5BDA8\M+5B9FA", "建国"),
        ("ANSI_1252", rb"\M+189A1\M+2A4A4 \M+5FFFF", "横中 \\M+5FFFF"),
        ("ANSI_1252", rb"\U+D83D\U+DE97", "🚗"),
    ],
)
@pytest.mark.parametrize("kind", ["TEXT", "MTEXT"])
def test_characters_beyond_the_code_page(
    tmp_path: Path, page: str, written: bytes, text: str, kind: str
) -> None:
    document = ezdxf.new("R2000")
    add = document.modelspace().add_text if kind == "TEXT" else document.modelspace().add_mtext
    entity = add("QQQQ", dxfattribs={"layer": "LLLL"})
    save(document, tmp_path / "a.dxf")
    data = (tmp_path / "a.dxf").read_bytes().replace(b"ANSI_1252", page.encode())
    data = data.replace(b"QQQQ", written).replace(b"LLLL", written)
    (tmp_path / "a.dxf").write_bytes(data)
    row = said(read(tmp_path / "a.dxf")[1], entity.dxf.handle)
    assert row["Layer"] == text
    assert row["Text"] == text or (kind, text[-1]) == ("MTEXT", "F")  # there, \\M is a format


def test_the_header_counts_what_is_read(tmp_path: Path) -> None:
    document = ezdxf.new("R2000")
    model = document.modelspace()
    model.add_lwpolyline([(0, 0), (1, 0)])
    whole = document.blocks.new("PLAN")
    for i in range(30):
        whole.add_circle((i, 0), 1)
    model.add_blockref("PLAN", (0, 0))
    file = save(document, tmp_path / "a.dxf")
    options = ReadOptions(depth="header")
    counted = loader.probe(source(file), options)
    asset, tables = read(file)
    assert counted.counts == asset.counts
    assert counted.counts["entities"] == len(tables["objects"]) == 32


@pytest.mark.parametrize(("size", "severity"), [(150, "warning"), (5_000, "error")])
def test_a_detail_needs_no_place_and_units_are_told_of_what_is_placed(
    tmp_path: Path, size: int, severity: str
) -> None:
    document = ezdxf.new("R2000")
    document.header["$INSUNITS"] = 4
    document.modelspace().add_line((0, 0), (1_000 * size, 10))
    save(document, tmp_path / "a.dxf")
    told = {p.code: p.severity for p in read(tmp_path / "a.dxf")[0].problems}
    assert told == {"crs-missing": severity}
    placed = read(tmp_path / "a.dxf", crs="EPSG:4544")[0]
    assert "drawing-units" in {p.code for p in placed.problems}


@pytest.mark.keeps("DXF", "geometry", "text")
@pytest.mark.parametrize("version", ["R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018"])
@pytest.mark.parametrize("binary", [False, True])
def test_versions_and_forms(tmp_path: Path, version: str, binary: bool) -> None:
    document = ezdxf.new(version)
    document.modelspace().add_line((0, 0), (3, 4), dxfattribs={"layer": "road"})
    file = save(document, tmp_path / "a.dat", fmt="bin" if binary else "asc")
    asset, tables = read(file)
    assert asset.format.startswith("DXF ")
    assert shapely.from_wkb(tables["geometries"][0]["wkb"]).length == 5
    assert tables["objects"][0]["source_class"] == "road"


@pytest.mark.keeps("DXF", "identity")
def test_a_drawing_without_handles_gets_none(tmp_path: Path) -> None:
    text = "0\nSECTION\n2\nENTITIES\n0\nPOINT\n8\nA\n10\n1\n20\n2\n0\nENDSEC\n0\nEOF\n"
    (tmp_path / "a.dxf").write_text(text)
    _, tables = read(tmp_path / "a.dxf")
    row = tables["objects"][0]
    assert row["key_origin"] == "hash"
    assert "EntityHandle" not in json.loads(row["properties"])
    assert row["source_class"] == "A"


@pytest.mark.keeps("DXF", "crs")
def test_the_geodata_object_places_the_drawing(shared_data: Path) -> None:
    folder = shared_data / "gis" / "mozman-ezdxf"
    asset, tables = read(folder / "houses_of_parliament_georeferenced.dxf")
    assert (asset.crs, asset.crs_origin) == ("EPSG:27700", "declared")
    assert asset.bbox_wgs84 == pytest.approx((-0.1261, 51.4981, -0.1236, 51.5008), abs=1e-4)
    assert asset.properties["units"] == "inches"
    assert asset.properties["geodata"]["unit_scale"] == [0.0254, 0.0254]
    assert tables["objects"][0]["position_origin"] == "file"
    asset, _ = read(folder / "Graz_10km_3m.dxf")
    assert asset.bbox_wgs84 == pytest.approx((15.388, 47.036, 15.478, 47.097), abs=1e-3)
    asset, tables = read(folder / "recover02.dxf")
    assert "drawing-damaged" in [p.code for p in asset.problems]
    assert len(tables["objects"]) == 95


@pytest.mark.keeps("DXF", "crs", "contradictions")
def test_places_from_the_sheet_and_beside(tmp_path: Path) -> None:
    document = ezdxf.new()
    document.header["$INSUNITS"] = 4
    document.modelspace().add_line((0, 0, 1000), (1000, 0, 1000))
    file = save(document, tmp_path / "a.dxf")
    asset, _ = read(file)
    codes = {p.code for p in asset.problems}
    assert "crs-missing" in codes
    place = Place(easting=500_000, northing=3_270_000, height=200, rotation=90)
    asset, tables = read(file, crs="EPSG:4544", place=place)
    assert "drawing-units" not in {p.code for p in asset.problems}
    moved = shapely.from_wkb(tables["geometries"][0]["wkb"])
    ends = shapely.get_coordinates(moved, include_z=True)
    assert ends[0] == pytest.approx([500_000, 3_270_000, 201])
    assert ends[1] == pytest.approx([500_000, 3_270_001, 201])
    assert tables["objects"][0]["position_origin"] == "sheet"
    (tmp_path / "a.prj").write_text("EPSG:4544")
    assert read(file)[0].crs == "EPSG:4544"
    assert loader.siblings("d/a.dxf", {"d/a.prj", "d/b.prj"}, file) == {"d/a.prj"}


@pytest.mark.keeps("DXF", "contradictions", "attributes")
def test_paper_and_external_drawings_are_told(tmp_path: Path) -> None:
    document = ezdxf.new()
    document.modelspace().add_point((0, 0))
    document.layout("Layout1").add_text("CGCS2000 坐标系", dxfattribs={"insert": (10, 10)})
    document.add_xref_def("base/topo.dwg", "topo")
    document.modelspace().add_blockref("topo", (0, 0))
    asset, tables = read(save(document, tmp_path / "a.dxf"))
    problems = {p.code: p for p in asset.problems}
    assert problems["xref-missing"].got == "base/topo.dwg"
    assert problems["paper-space"].got == "Layout1"
    paper = [r for r in tables["objects"] if r["source_layer"] == "Layout1"]
    assert [json.loads(r["properties"])["Text"] for r in paper] == ["CGCS2000 坐标系"]
    assert paper[0]["geometry"] is None


def test_dwg_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "a.dwg").write_bytes(b"AC1032\0" + bytes(100))
    with pytest.raises(SourceUnreadable, match="DWG") as caught:
        read(tmp_path / "a.dwg")
    assert "DXF" in caught.value.mend


@pytest.mark.keeps("DXF", "damage")
@pytest.mark.parametrize("binary", [False, True])
def test_damage_is_told_and_never_crashes(tmp_path: Path, binary: bool) -> None:
    document = ezdxf.new("R2010", setup=True)
    space = document.modelspace()
    for i in range(20):
        space.add_lwpolyline([(i, 0, 0.3), (i, 5, 0)], format="xyb")
        space.add_text(f"t{i}")
    data = save(document, tmp_path / "a.dxf", fmt="bin" if binary else "asc").read_bytes()
    cut = [data[: len(data) * n // 10] for n in range(1, 10)]
    flipped = []
    for n in range(0, len(data), max(1, len(data) // 12)):
        spoilt = bytearray(data)
        spoilt[n : n + 40] = bytes(b ^ 0x55 for b in spoilt[n : n + 40])
        flipped.append(bytes(spoilt))
    for broken in cut + flipped:
        (tmp_path / "b.dxf").write_bytes(broken)
        given = source(tmp_path / "b.dxf")
        options = ReadOptions(root=tmp_path)
        try:
            asset = loader.probe(given, options)
            rows = sum(t.num_rows for n, t in loader.read(given, asset, options) if n == "objects")
        except CimkitError:
            continue
        assert rows == asset.counts["features"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.dxf", "b.dxf"]
