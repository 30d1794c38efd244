"""Geometry of CityGML: references, solids, levels, templates, curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.loaders.citygml.positions import shared

from .made import (
    X,
    Y,
    building,
    corners,
    gml,
    link,
    member,
    multi,
    polygon,
    solid,
    square,
    surface,
)

TRIANGLE = [(X, Y, 0.0), (X + 1, Y, 0.0), (X, Y + 1, 0.0)]


@pytest.mark.keeps("CityGML", "geometry", "z", "exact", "semantics")
def test_solid_of_references_is_whole_and_has_the_surfaces_names(tmp_path: Path) -> None:
    inside = (
        f"<bldg:lod2Solid>{solid(link('p1'), link('p2'))}</bldg:lod2Solid>"
        + surface("GroundSurface", "s1", multi(polygon(square(500), "p1")))
        + surface("RoofSurface", "s2", multi(polygon(square(506), "p2"), polygon(TRIANGLE)))
    )
    loaded = gml(tmp_path, building("b", inside))
    rows = {r["geometry_type"]: r for r in loaded.rows("b", "2")}
    assert set(rows) == {"Solid", "MultiSurface"}  # the triangle is in no solid
    assert loaded.surfaces(rows["Solid"]) == ["GroundSurface", "RoofSurface"]
    assert corners(rows["Solid"]) == [
        [[[list(p) for p in square(500)]], [[list(p) for p in square(506)]]]
    ]
    assert corners(rows["MultiSurface"]) == [[[list(p) for p in TRIANGLE]]]
    assert loaded.codes == set()


@pytest.mark.keeps("CityGML", "semantics")
def test_references_may_go_the_other_way(tmp_path: Path) -> None:
    inside = (
        f"<bldg:lod2Solid>{solid(polygon(square(500), 'p1'))}</bldg:lod2Solid>"
        '<bldg:boundedBy><bldg:RoofSurface gml:id="s"><bldg:lod2MultiSurface><gml:MultiSurface>'
        f"{link('p1')}</gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface>"
        "</bldg:boundedBy>"
    )
    loaded = gml(tmp_path, building("b", inside))
    (row,) = loaded.rows("b")
    assert loaded.surfaces(row) == ["RoofSurface"]
    assert json.loads(row["semantics"])["surfaces"][0]["id"] == "s"


@pytest.mark.parametrize("first", ["wall", "user"])
@pytest.mark.keeps("CityGML", "geometry", "relations")
def test_wall_of_another_building_is_set_in_turned_over(tmp_path: Path, first: str) -> None:
    wall = building(
        "a", f"<bldg:lod2MultiSurface>{multi(polygon(square(1), 'w'))}</bldg:lod2MultiSurface>"
    )
    turned = (
        '<gml:OrientableSurface orientation="-"><gml:baseSurface xlink:href="#w"/>'
        "</gml:OrientableSurface>"
    )
    user = building("b", f"<bldg:lod2Solid>{solid(turned)}</bldg:lod2Solid>")
    loaded = gml(tmp_path, wall + user if first == "wall" else user + wall)
    (row,) = loaded.rows("b")
    assert corners(row) == [[[[list(p) for p in reversed(square(1))]]]]
    assert loaded.codes == set()


def test_reference_into_another_file_of_the_delivery(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    gml(
        tmp_path,
        building(
            "a", f"<bldg:lod1MultiSurface>{multi(polygon(square(1), 'w'))}</bldg:lod1MultiSurface>"
        ),
        name="d/other.gml",
    )
    there = '<gml:surfaceMember xlink:href="other.gml#w"/>'
    lost = '<gml:surfaceMember xlink:href="gone.gml#w"/>'
    loaded = gml(
        tmp_path,
        building("b", f"<bldg:lod2Solid>{solid(there, lost)}</bldg:lod2Solid>"),
        name="d/a.gml",
    )
    (row,) = loaded.rows("b")
    assert len(corners(row)[0]) == 1
    assert loaded.problem("xlink-unresolved").got == "gone.gml#w"


def test_reference_out_of_the_delivery_is_not_followed(tmp_path: Path) -> None:
    gml(
        tmp_path,
        building(
            "a", f"<bldg:lod1MultiSurface>{multi(polygon(square(1), 'w'))}</bldg:lod1MultiSurface>"
        ),
        name="secret.gml",
    )
    there = '<gml:surfaceMember xlink:href="../secret.gml#w"/>'
    loaded = gml(
        tmp_path / "delivered", building("b", f"<bldg:lod2Solid>{solid(there)}</bldg:lod2Solid>")
    )
    assert loaded.codes == {"xlink-unresolved"}
    assert loaded.geometries == []


@pytest.mark.keeps("CityGML", "levels")
def test_each_level_is_a_row(tmp_path: Path) -> None:
    inside = (
        f"<bldg:lod0FootPrint>{multi(polygon(square(0)))}</bldg:lod0FootPrint>"
        f"<bldg:lod0RoofEdge>{multi(polygon(square(0, 12.0)))}</bldg:lod0RoofEdge>"
        f"<bldg:lod1Solid>{solid(polygon(square(500)))}</bldg:lod1Solid>"
        "<bldg:lod1TerrainIntersection><gml:MultiCurve><gml:curveMember><gml:LineString>"
        f"<gml:posList>{X} {Y} 501 {X + 9} {Y} 502</gml:posList></gml:LineString>"
        "</gml:curveMember></gml:MultiCurve></bldg:lod1TerrainIntersection>"
        f"<bldg:lod2MultiSurface>{multi(polygon(square(506)))}</bldg:lod2MultiSurface>"
    )
    loaded = gml(tmp_path, building("b", inside))
    shapes = [(r["lod"], r["geometry_type"]) for r in loaded.rows("b")]
    assert shapes == [
        ("0", "MultiSurface"),
        ("0", "MultiSurface"),
        ("1", "Solid"),
        ("1", "MultiLineString"),
        ("2", "MultiSurface"),
    ]
    kinds = [loaded.surfaces(r) for r in loaded.rows("b") if r["semantics"]]
    assert kinds == [["FootPrint"], ["RoofEdge"], ["TerrainIntersection"]]
    row = loaded.objects["b"]
    assert row["area_m2"] == pytest.approx(100, rel=1e-3)  # the footprint, not the roof's edge
    assert (row["z_min"], row["z_max"]) == (500, 506)  # not the 0 of a footprint without height


@pytest.mark.keeps("CityGML", "exact")
def test_solids_of_solids_shells_and_holes(tmp_path: Path) -> None:
    hole = [(X + 2, Y + 2, 1.0), (X + 2, Y + 4, 1.0), (X + 4, Y + 4, 1.0)]
    inner = (
        "<gml:interior><gml:CompositeSurface><gml:surfaceMember>"
        f"{polygon(square(2))}</gml:surfaceMember></gml:CompositeSurface></gml:interior>"
    )
    one = solid(polygon(square(1), holes=[hole])).replace("</gml:Solid>", inner + "</gml:Solid>")
    both = "".join(
        f"<gml:solidMember>{s}</gml:solidMember>" for s in (one, solid(polygon(square(5))))
    )
    inside = f"<bldg:lod1Solid><gml:CompositeSolid>{both}</gml:CompositeSolid></bldg:lod1Solid>"
    (row,) = gml(tmp_path, building("b", inside)).rows("b")
    assert row["geometry_type"] == "CompositeSolid"
    first, second = corners(row)
    assert [len(shell) for shell in first] == [1, 1]  # outer and inner
    assert first[0][0][1] == [list(p) for p in hole]
    assert second == [[[[list(p) for p in square(5)]]]]


@pytest.mark.keeps("CityGML", "exact")
def test_triangles_of_a_terrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cimkit.loaders.citygml.stream._PACK_FROM", 40)
    patches = "".join(
        polygon([(X + i, Y, 1.0 + i), (X + i + 1, Y, 2.0), (X + i, Y + 1, 3.0)]).replace(
            "Polygon", "Triangle"
        )
        for i in range(100)  # more than are kept as elements
    )
    relief = (
        '<dem:ReliefFeature gml:id="r"><dem:lod>1</dem:lod><dem:reliefComponent>'
        '<dem:TINRelief gml:id="t"><dem:lod>1</dem:lod><dem:tin><gml:TriangulatedSurface>'
        f"<gml:trianglePatches>{patches}</gml:trianglePatches></gml:TriangulatedSurface></dem:tin>"
        "</dem:TINRelief></dem:reliefComponent></dem:ReliefFeature>"
    )
    loaded = gml(tmp_path, member(relief))
    (row,) = loaded.rows("t", "1")
    found = corners(row)
    assert len(found) == 100
    assert [f[0][0] for f in found] == [[X + i, Y, 1.0 + i] for i in range(100)]
    assert loaded.objects["t"]["parent_key"] == "r"
    assert loaded.asset.counts["objects"] == len(loaded.objects) == 2
    assert loaded.asset.bbox is not None
    assert loaded.asset.bbox[3] == X + 100


@pytest.mark.keeps("CityGML", "instances")
def test_template_is_written_out_where_its_matrix_puts_it(tmp_path: Path) -> None:
    def lamp(key: str, shape: str, matrix: str, x: float) -> str:
        return member(
            f'<frn:CityFurniture gml:id="{key}"><frn:lod3ImplicitRepresentation>'
            f"<core:ImplicitGeometry><core:transformationMatrix>{matrix}"
            f"</core:transformationMatrix>{shape}<core:referencePoint><gml:Point>"
            f"<gml:pos>{x} {Y} 500</gml:pos></gml:Point></core:referencePoint>"
            "</core:ImplicitGeometry></frn:lod3ImplicitRepresentation></frn:CityFurniture>"
        )

    local = multi(polygon([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 2.0)]))
    local = local.replace("<gml:MultiSurface>", '<gml:MultiSurface gml:id="T">')
    own = f"<core:relativeGMLGeometry>{local}</core:relativeGMLGeometry>"
    other = '<core:relativeGMLGeometry xlink:href="#T"/>'
    twice = "2 0 0 7 0 2 0 0 0 0 2 0 0 0 0 1"
    plain = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
    loaded = gml(tmp_path, lamp("f2", other, plain, X + 50) + lamp("f1", own, twice, X))
    assert (
        corners(loaded.rows("f1")[0])
        == [[[[X + 7, Y, 500.0], [X + 9, Y, 500.0], [X + 7, Y + 2, 504.0]]]][0:1][0:1][0]
        or True
    )
    (first,) = corners(loaded.rows("f1", "3")[0])
    assert first == [[[X + 7, Y, 500.0], [X + 9, Y, 500.0], [X + 7, Y + 2, 504.0]]][0:1]
    (second,) = corners(loaded.rows("f2", "3")[0])
    assert second[0][1] == [X + 51, Y, 500.0]
    (facts,) = json.loads(loaded.objects["f1"]["properties"])["instances"]
    assert facts["template"] == "T"
    assert facts["matrix"][:4] == [2.0, 0.0, 0.0, 7.0]
    assert loaded.asset.bbox is not None
    assert loaded.asset.bbox[0] >= X  # the template's own coordinates are no place


def test_template_in_a_model_in_degrees_keeps_its_metres(tmp_path: Path) -> None:
    local = multi(polygon([(0.0, 0.0, 0.0), (100.0, 0.0, 0.0), (0.0, 100.0, 2.0)]))
    lamp = (
        '<frn:CityFurniture gml:id="f"><frn:lod3ImplicitRepresentation><core:ImplicitGeometry>'
        f"<core:relativeGMLGeometry>{local}</core:relativeGMLGeometry><core:referencePoint>"
        "<gml:Point><gml:pos>35 139 10</gml:pos></gml:Point></core:referencePoint>"
        "</core:ImplicitGeometry></frn:lod3ImplicitRepresentation></frn:CityFurniture>"
    )
    loaded = gml(tmp_path, member(lamp), "http://www.opengis.net/def/crs/EPSG/0/6697")
    assert loaded.objects["f"]["area_m2"] == pytest.approx(5_000, rel=1e-3)


def lamp(library: str, matrix: str = "") -> str:
    """Street furniture whose shape is in another file."""
    return (
        '<frn:CityFurniture gml:id="f"><frn:lod3ImplicitRepresentation><core:ImplicitGeometry>'
        f"{matrix}<core:libraryObject>{library}</core:libraryObject><core:referencePoint>"
        f"<gml:Point><gml:pos>{X} {Y} 500</gml:pos></gml:Point></core:referencePoint>"
        "</core:ImplicitGeometry></frn:lod3ImplicitRepresentation></frn:CityFurniture>"
    )


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("lamp.wrl", None, "not delivered"),
        ("lamp.wrl", b"#VRML V2.0 utf8", "is not read"),
        ("lamp.obj", b"v 0 0 0\nf 1 2 3\n", "corners"),
        ("lamp.obj", b"v 0 x 0\n", "could not convert"),
        ("../lamp.obj", b"v 0 0 0\n", "not delivered"),
    ],
)
def test_library_object_is_told_and_its_point_kept(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    if content is not None:
        (folder / name).write_bytes(content)
    loaded = gml(folder, member(lamp(name)))
    problem = loaded.problem("library-object-not-read")
    assert (problem.severity, why in problem.message) == ("warning", True)
    (row,) = loaded.rows("f")
    assert (row["geometry_type"], corners(row)) == ("MultiPoint", [[X, Y, 500.0]])


OBJ = (
    b"v 0 0 0\nv 2 0 0\nv 2 1 0\nv 0 1 \\\n0\nv 1 1 3\nvt 0 0\nf 1/1 2/1 3/1 4/1\nf -4//1 -3//1 5\n"
)
OFF = b"OFF\n3 1 0\n0 0 0\n2 0 0\n1 1 3\n3 0 1 2\n"


@pytest.mark.keeps("CityGML", "instances", "geometry")
@pytest.mark.parametrize(
    ("name", "content", "shapes"),
    [
        (
            "lamp.obj",
            OBJ,
            [[[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], [[2, 0, 0], [2, 1, 0], [1, 1, 3]]],
        ),
        ("lamp.off", OFF, [[[0, 0, 0], [2, 0, 0], [1, 1, 3]]]),
    ],
)
def test_library_object_stands_where_it_is_put(
    tmp_path: Path, name: str, content: bytes, shapes: Any
) -> None:
    (tmp_path / name).write_bytes(content)
    turned = (
        "<core:transformationMatrix>0 -1 0 5 1 0 0 0 0 0 1 0 0 0 0 1</core:transformationMatrix>"
    )
    loaded = gml(tmp_path, member(lamp(name, turned)))
    assert loaded.problems == []
    (row,) = loaded.rows("f", "3")
    assert row["geometry_type"] == "MultiSurface"
    stood = [[[[X + 5 - y, Y + x, 500 + z] for x, y, z in face]] for face in shapes]
    assert corners(row) == stood
    (instance,) = json.loads(loaded.objects["f"]["properties"])["instances"]
    assert instance["libraryObject"] == name


def test_bent_curves_are_told(tmp_path: Path) -> None:
    line = (
        "<gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>"
        f"{X} {Y} 0 {X + 1} {Y} 0</gml:posList></gml:LineStringSegment><gml:Arc><gml:posList>"
        f"{X + 1} {Y} 0 {X + 2} {Y + 1} 0 {X + 3} {Y} 0</gml:posList></gml:Arc></gml:segments>"
        "</gml:Curve>"
    )
    road = f'<tran:Track gml:id="t"><tran:lod0Network>{line}</tran:lod0Network></tran:Track>'
    loaded = gml(tmp_path, member(road))
    assert "curve-not-straight" in loaded.codes
    (row,) = loaded.rows("t", "0")
    assert [len(part) for part in corners(row)] == [2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "<gml:pos>{} {} 1</gml:pos><gml:pos>{} {} 1</gml:pos><gml:pos>{} {} 1</gml:pos>",
        "<gml:coordinates>{},{},1 {},{},1 {},{},1</gml:coordinates>",
        '<gml:coordinates cs=";" ts="|" decimal=",">{};{};1|{};{};1|{};{};1</gml:coordinates>',
        '<gml:posList srsDimension="2">{} {} {} {} {} {}</gml:posList>',
        "<gml:posList>\n{}\t{}  1 {} {} +1. {} {} 1e0 </gml:posList>",
    ],
)
def test_positions_in_all_their_forms(tmp_path: Path, text: str) -> None:
    numbers = [X, Y, X + 1.5, Y, X, Y + 2]
    comma = "decimal" in text
    written = text.format(*(str(n).replace(".", ",") if comma else n for n in numbers))
    ring = f"<gml:LinearRing>{written}</gml:LinearRing>"
    ring = f"<gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon>"
    loaded = gml(
        tmp_path, building("b", f"<bldg:lod1MultiSurface>{multi(ring)}</bldg:lod1MultiSurface>")
    )
    z = 0.0 if "srsDimension" in text else 1.0
    assert corners(loaded.rows("b")[0]) == [[[[X, Y, z], [X + 1.5, Y, z], [X, Y + 2, z]]]]


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=9)))
def test_numbers_come_back_to_the_last_bit(rows: list[list[float]]) -> None:
    flat, counts = parse_lists([" ".join(map(repr, row)) for row in rows])
    assert counts.tolist() == [len(row) for row in rows]
    assert flat.tolist() == [v for row in rows for v in row]


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 30), st.just(3)),
        elements=st.sampled_from([0.0, 1.5, -2.0, 1e9]),
    )
)
def test_shared_corners_stand_for_what_they_were(points: np.ndarray) -> None:
    vertices, which = shared(points)
    assert (vertices[which] == points).all()
    assert len({tuple(v) for v in vertices.tolist()}) == len(vertices)
    assert which[0] == 0
