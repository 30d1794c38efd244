"""OBJ, STL, COLLADA and what is only told of others."""

from __future__ import annotations

import contextlib
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ReadOptions, discover
from cimkit.loaders import mesh as loader
from cimkit.model import STAGED, Asset, Declaration, Source
from cimkit.model.sheet import Place
from cimkit.model.source import Depth

CUBE = [(x, y, z) for x in (0.0, 10.0) for y in (0.0, 20.0) for z in (0.0, 30.0)]
OBJ = (
    "mtllib a.mtl\no house\n"
    + "".join(f"v {x} {y} {z}\n" for x, y, z in CUBE)
    + "usemtl wall\nf 1 2 4 3\nf 5 6 8 7\nf 1/1 2/2 6/6\nusemtl roof\nf 1//1 5//1 7//1 3//1\n"
)


def found(folder: Path) -> dict[str, Source]:
    return {s.path: s for s in discover([folder], folder.parent / "scratch").sources}


def probe(source: Source, depth: Depth = "full", **declared: Any) -> Asset:
    return loader.probe(source, ReadOptions(Declaration(**declared), depth, source.file.parent))


def codes(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.keeps("OBJ", "geometry", "appearance", "statistics")
def test_an_obj_with_its_materials(folder: Path) -> None:
    (folder / "a.obj").write_text(OBJ)
    (folder / "a.mtl").write_text("newmtl wall\nmap_Kd -s 1 1 1 tex/壁.png\nmap_Bump tex/b.jpg\n")
    (folder / "tex").mkdir()
    for name in ("壁.png", "b.jpg", "other.jpg"):
        (folder / "tex" / name).write_bytes(b"\xff\xd8\xff" + bytes(20))
    source = found(folder)["a.obj"]
    assert source.loader == "mesh"
    assert source.members == ("a.mtl", "tex/b.jpg", "tex/壁.png")
    asset = probe(source)
    assert asset.counts == {
        "vertices": 8,
        "faces": 4,
        "triangles": 7,
        "objects": 1,
        "materials": 2,
    }
    assert asset.bbox == (0, 0, 0, 10, 20, 30)
    assert codes(asset) == ["crs-missing"]
    tables = dict(loader.read(source, asset, ReadOptions()))
    for name, table in tables.items():
        assert table.schema.equals(STAGED[name])
    measures = {m["name"]: m["value"] for m in tables["measures"].to_pylist()}
    assert measures["triangles"] == 7


@pytest.mark.keeps("OBJ", "crs", "z")
def test_where_reality_capture_says_it_stands(folder: Path) -> None:
    tiles = folder / "Data" / "Tile_+000_+001"
    tiles.mkdir(parents=True)
    for n in (1, 2):
        (tiles / f"Tile_{n}.obj").write_text(OBJ)
    (folder / "metadata.xml").write_text(
        '<?xml version="1.0"?><ModelMetadata version="1"><SRS>EPSG:4544</SRS>'
        "<SRSOrigin>500000,3270000,100</SRSOrigin></ModelMetadata>"
    )
    sources = found(folder)
    assets = [probe(s) for p, s in sources.items() if p.endswith(".obj")]
    assert len(assets) == 2
    for asset in assets:
        assert (asset.crs, asset.crs_origin) == ("EPSG:4544", "declared")
        assert asset.bbox == (500_000, 3_270_000, 100, 500_010, 3_270_020, 130)
        assert asset.bbox_wgs84 is not None
        assert asset.bbox_wgs84[0] == pytest.approx(105, abs=1e-6)
        assert "crs-missing" not in codes(asset)


def test_a_plane_about_a_point(folder: Path) -> None:
    (folder / "a.obj").write_text(OBJ)
    (folder / "metadata.xml").write_text(
        "<ModelMetadata><SRS>ENU:29.5,106.5</SRS><SRSOrigin>0,0,0</SRSOrigin></ModelMetadata>"
    )
    asset = probe(found(folder)["a.obj"])
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[:2] == pytest.approx((106.5, 29.5), abs=1e-6)
    assert asset.properties["enu_origin"] == [106.5, 29.5]


def test_the_sheet_places_it(folder: Path) -> None:
    (folder / "a.obj").write_text(OBJ)
    asset = probe(
        found(folder)["a.obj"],
        crs="EPSG:4544",
        place=Place(500_000, 3_270_000, 50, rotation=90, scale=2),
    )
    assert asset.crs_origin == "sheet"
    assert asset.bbox == pytest.approx((499_960, 3_270_000, 50, 500_000, 3_270_020, 110))


def test_an_offset_beside_it(folder: Path) -> None:
    (folder / "a.obj").write_text(OBJ)
    (folder / "a.xyz").write_text("500000.0 3270000.0 100.0\n")
    source = Source("a.obj", folder / "a.obj", ("a.xyz",))
    asset = probe(source, crs="EPSG:4544")
    assert asset.bbox == (500_000, 3_270_000, 100, 500_010, 3_270_020, 130)


@pytest.mark.keeps("STL", "geometry", "z", "statistics", "contradictions")
def test_stl(folder: Path) -> None:
    corners = np.array(CUBE[:3], "<f4")
    facet = struct.pack("<3f", 0, 0, 1) + corners.tobytes() + b"\0\0"
    (folder / "a.stl").write_bytes(b"made".ljust(80) + struct.pack("<I", 4) + facet * 4)
    lines = "".join(f"vertex {x} {y} {z}\n" for x, y, z in CUBE[:3])
    text = f"solid a\nfacet normal 0 0 1\nouter loop\n{lines}endloop\nendfacet\nendsolid\n"
    (folder / "b.stl").write_text(text)
    sources = found(folder)
    binary, plain = probe(sources["a.stl"]), probe(sources["b.stl"])
    assert (binary.counts["triangles"], plain.counts["triangles"]) == (4, 1)
    assert binary.bbox == plain.bbox == (0, 0, 0, 0, 20, 30)
    broken = (b"made".ljust(80) + struct.pack("<I", 4) + facet * 4)[:-14] + b"\x01\x00\x80\x7f" * 3
    (folder / "a.stl").write_bytes(broken + bytes(2))  # NaN that signals
    assert probe(sources["a.stl"]).counts == binary.counts
    (folder / "b.stl").write_text(text + "facet normal 0 0 1\nouter loop\nvertex 1 2 3\n")
    assert "mesh-truncated" in codes(probe(sources["b.stl"]))


def dae(scene: str = "", up: str = "Z_UP") -> str:
    numbers = " ".join(f"{x} {y} {z}" for x, y, z in CUBE)
    return f"""<?xml version="1.0"?><COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema">
<asset><unit meter="0.1"/><up_axis>{up}</up_axis></asset><library_geometries><geometry id="g"><mesh>
<source id="s"><float_array id="positions of x" count="24">{numbers}</float_array></source>
<source id="n"><float_array id="position-normals" count="3">900 900 900</float_array></source>
<vertices id="v"><input semantic="POSITION" source="#s"/></vertices>
<triangles count="12"/></mesh></geometry></library_geometries>
<library_materials><material id="m"/></library_materials>{scene}</COLLADA>"""


def in_scene(inside: str) -> str:
    return f"<library_visual_scenes><visual_scene>{inside}</visual_scene></library_visual_scenes>"


G = '<instance_geometry url="#g"/>'


@pytest.mark.keeps("COLLADA", "geometry", "z", "statistics", "appearance", "instances", "damage")
@pytest.mark.parametrize(
    ("scene", "up", "box"),
    [
        ("", "Z_UP", (0, 0, 0, 1, 2, 3)),
        ("", "Y_UP", (0, -3, 0, 1, 0, 2)),
        ("", "X_UP", (-2, -3, 0, 0, 0, 1)),
        (f"<node><translate>100 0 0</translate>{G}</node>", "Z_UP", (10, 0, 0, 11, 2, 3)),
        (f"<node><scale>2 1 1</scale><node>{G}</node></node>", "Z_UP", (0, 0, 0, 2, 2, 3)),
        (f"<node><rotate>0 0 2 90</rotate>{G}</node>", "Z_UP", (-2, 0, 0, 0, 1, 3)),
        (
            f"<node><matrix>1 0 0 5 0 1 0 0 0 0 1 0 0 0 0 1</matrix>{G}</node><node>{G}</node>",
            "Z_UP",
            (0, 0, 0, 1.5, 2, 3),
        ),
        (
            f'<node><translate>0 0 10</translate><instance_node url="#k"/></node><node id="k">{G}'
            '<instance_node url="#gone"/></node>',
            "Z_UP",
            (0, 0, 0, 1, 2, 4),
        ),
    ],
)
def test_collada(folder: Path, scene: str, up: str, box: tuple[float, ...]) -> None:
    (folder / "a.dae").write_text(dae(in_scene(scene) if scene else "", up))
    source = found(folder)["a.dae"]
    asset = probe(source)
    counts = {k: v for k, v in asset.counts.items() if k != "nodes"}
    assert counts == {"meshes": 1, "vertices": 8, "faces": 12, "materials": 1}
    assert asset.bbox == pytest.approx(box)
    assert ("content-missing" in codes(asset)) == ("gone" in scene)
    (folder / "a.dae").write_text(
        dae(
            in_scene(f'<node id="k"><instance_node url="#k"/><instance_node url="#k"/>{G}</node>'),
            up,
        )  # in a circle
    )
    assert probe(source).bbox is not None
    (folder / "a.dae").write_text('<!DOCTYPE a [<!ENTITY x "y">]>' + dae("&x;")[21:])
    with pytest.raises(SourceUnreadable):
        probe(source)


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.osgb", b"\xa1\x91\xfb\x6c\xac\xb1\xeb\x1a" + bytes(50), "OSGB"),
        ("a.fbx", b"Kaydara FBX Binary  \0" + bytes(50), "FBX"),
        ("a.usda", b"#usda 1.0\n", "USD"),
        ("a.usdc", b"PXR-USDC" + bytes(50), "USD"),
    ],
)
def test_what_is_only_told(folder: Path, name: str, content: bytes, title: str) -> None:
    (folder / name).write_bytes(content)
    source = found(folder)[name]
    asset = probe(source)
    assert asset.format == title
    assert "mesh-not-read" in codes(asset)


def test_3mf(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.3mf", "w") as out:
        out.writestr("3D/3dmodel.model", "<model/>")
    assert probe(found(folder)["a.3mf"]).format == "3MF"


def test_other_texts_are_no_meshes(folder: Path) -> None:
    (folder / "a.obj").write_text("an object, as it were")
    (folder / "b.txt").write_text(OBJ)
    assert [s.loader for s in found(folder).values()] == ["document", "document"]


@pytest.mark.keeps("OBJ", "damage")
@pytest.mark.keeps("STL", "damage")
def test_damage(tmp_path: Path) -> None:
    seeds = {"a.obj": OBJ.encode() * 20, "b.stl": b"x" * 80 + struct.pack("<I", 2) + bytes(100)}
    chance = random.Random(1)
    for name, raw in seeds.items():
        for n in range(60):
            data = bytearray(raw[: len(raw) * (n % 10 + 1) // 10])
            for _ in range(n // 10):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file = tmp_path / name
            file.write_bytes(data)
            with contextlib.suppress(SourceUnreadable):
                asset = probe(Source(name, file))
                assert asset.problems


def test_obj_lines_that_go_on_and_corners_that_are_not_there(folder: Path) -> None:
    (folder / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 \\\n 3 \\\r\n 4\n")
    asset = probe(found(folder)["a.obj"])
    assert asset.counts == {"vertices": 4, "faces": 1, "triangles": 2}
    assert codes(asset) == ["crs-missing"]
    (folder / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1/7 2/8 9/9\n")
    asset = probe(found(folder)["a.obj"])
    (problem,) = [p for p in asset.problems if p.code == "index-out-of-range"]
    assert (problem.got, problem.expected) == ("vertex 9", "1 to 3")
    (folder / "a.obj").write_text("v 0 0 0\n" + "\\\n" * 200_000)
    assert probe(found(folder)["a.obj"]).counts == {"vertices": 1}


OFF = "OFF # a cube\n8 4 0\n" + "".join(f"{x} {y} {z}\n" for x, y, z in CUBE)
OFF += "4 0 1 3 2\n4 4 5 7 6 255 0 0\n\n3 0 1 5\n3 0 4 6 # a comment\n"
POLY = "# nodes\n8 3 0 0\n" + "".join(f"{n} {x} {y} {z}\n" for n, (x, y, z) in enumerate(CUBE))
POLY += "2 0\n2 1\n4 0 1 3 2\n3 0 1 3\n1 0.5 0.5 0\n1 0\n4 4 5 7 6\n0\n0\n"


@pytest.mark.keeps("OFF", "geometry", "statistics")
def test_off(folder: Path) -> None:
    (folder / "a.off").write_text(OFF)
    (folder / "b.txt").write_text(OFF.replace("OFF", "COFF", 1))
    sources = found(folder)
    assert [sources[n].loader for n in ("a.off", "b.txt")] == ["mesh", "mesh"]
    asset = probe(sources["a.off"])
    assert (asset.format, asset.kind) == ("OFF", "mesh")
    assert asset.counts == {"vertices": 8, "faces": 4, "triangles": 6}
    assert asset.bbox == (0.0, 0.0, 0.0, 10.0, 20.0, 30.0)
    assert codes(asset) == ["crs-missing"]


@pytest.mark.keeps("POLY", "geometry", "statistics")
@pytest.mark.parametrize("base", [0, 1])
def test_poly(folder: Path, base: int) -> None:
    text = POLY
    if base:
        lines = "".join(f"{n + 1} {x} {y} {z}\n" for n, (x, y, z) in enumerate(CUBE))
        text = f"8 3 0 0\n{lines}1 0\n1\n4 1 5 8 4\n"
    (folder / "a.poly").write_text(text)
    asset = probe(found(folder)["a.poly"])
    counted = {"vertices": 8, "faces": 1, "triangles": 2}
    assert asset.counts == (
        counted if base else {"vertices": 8, "faces": 3, "triangles": 5, "holes": 1}
    )
    assert asset.bbox == (0.0, 0.0, 0.0, 10.0, 20.0, 30.0)
    assert codes(asset) == ["crs-missing"]


@pytest.mark.keeps("OFF", "damage")
@pytest.mark.keeps("POLY", "damage")
@pytest.mark.parametrize(("name", "text"), [("a.off", OFF), ("a.poly", POLY)])
def test_lists_that_are_cut_or_wrong(folder: Path, name: str, text: str) -> None:
    file = folder / name
    for tenth in range(2, 9):
        file.write_text(text[: len(text) * tenth // 10])
        source = found(folder)[name]
        assert "mesh-truncated" in codes(probe(source)), tenth
    file.write_text(text.replace("4 4 5 7 6", "4 4 5 7 66"))
    assert "index-out-of-range" in codes(probe(found(folder)[name]))
    file.write_text(text.replace("10.0 20.0 30.0", "10.0 x 30.0"))
    assert "lines-unreadable" in codes(probe(found(folder)[name]))


def test_a_boundary_of_other_tools_is_no_mesh(folder: Path) -> None:
    (folder / "a.poly").write_text("australia_v\n1\n 0.1 0.2\n 0.3 0.4\n 0.1 0.2\nEND\nEND\n")
    (folder / "b.poly").write_text("4 2 0 1\n1 0 0 1\n2 1 0 1\n")
    (folder / "c.txt").write_text("OFF we go, with 3 things\n")
    assert {s.loader for s in found(folder).values()} == {"document"}
