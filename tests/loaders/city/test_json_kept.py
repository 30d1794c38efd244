"""What CityJSON has to say is kept: levels, looks, kin, semantics, in all its versions."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.loaders import cityjson
from cimkit.loaders._city.model import CityGeometry, compact
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.semantics import read_semantics
from cimkit.model import Declaration, Place

from .made import corners, document, load

RD = "https://www.opengis.net/def/crs/EPSG/0/7415"
CUBE = [[x, y, z] for z in (0, 3000) for x, y in ((0, 0), (10000, 0), (10000, 5000), (0, 5000))]
SHELL = [
    [[0, 3, 2, 1]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]
NAMES = ["GroundSurface", "RoofSurface", "WallSurface"]


def solid(lod: Any = "2") -> dict[str, Any]:
    return {
        "type": "Solid",
        "lod": lod,
        "boundaries": [copy.deepcopy(SHELL)],
        "semantics": {
            "surfaces": [{"type": n, "area": i} for i, n in enumerate(NAMES)],
            "values": [[0, 1, 2, 2, 2, None]],
        },
    }


def model(objects: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": RD},
        "transform": {"scale": [0.001] * 3, "translate": [85000.0, 446000.0, 0.0]},
        "CityObjects": objects or {"b": {"type": "Building", "geometry": [solid()]}},
        "vertices": copy.deepcopy(CUBE),
    } | more


@pytest.mark.keeps("CityJSON", "geometry", "z", "exact", "semantics", "crs", "vertical")
def test_solid_with_semantics(tmp_path: Path) -> None:
    loaded = document(tmp_path, model())
    (row,) = loaded.rows("b", "2")
    at = [[85000 + x / 1000, 446000 + y / 1000, z / 1000] for x, y, z in CUBE]
    assert corners(row) == [[[[at[i] for i in ring] for ring in face] for face in SHELL]]
    said = json.loads(row["semantics"])
    assert said["surfaces"][1] == {"type": "RoofSurface", "area": 1}
    assert said["values"] == [[0, 1, 2, 2, 2, None]]
    assert (loaded.asset.crs, loaded.asset.vertical_datum) == ("EPSG:7415", "EPSG:5709")
    assert loaded.problems == []


@pytest.mark.keeps("CityJSON", "levels", "exact")
def test_levels_and_types_each_in_a_row(tmp_path: Path) -> None:
    shapes = [
        {"type": "MultiPoint", "lod": 0, "boundaries": [0, 1]},
        {"type": "MultiLineString", "lod": "0.1", "boundaries": [[0, 1, 2]]},
        {"type": "MultiSurface", "lod": 1.0, "boundaries": [[[0, 1, 2, 3]]]},
        {"type": "CompositeSurface", "lod": "1.3", "boundaries": [[[0, 1, 2, 3]]]},
        {"type": "MultiSolid", "lod": "2.2", "boundaries": [[SHELL], [SHELL]]},
        {"type": "CompositeSolid", "lod": "3", "boundaries": [[SHELL]]},
    ]
    loaded = document(tmp_path, model({"b": {"type": "Building", "geometry": shapes}}))
    kept = [(r["lod"], r["geometry_type"]) for r in loaded.geometries]
    assert kept == [
        ("0", "MultiPoint"),
        ("0.1", "MultiLineString"),
        ("1", "MultiSurface"),
        ("1.3", "CompositeSurface"),
        ("2.2", "MultiSolid"),
        ("3", "CompositeSolid"),
    ]


@pytest.mark.keeps("CityJSON", "appearance")
def test_appearance_stands_alone(tmp_path: Path) -> None:
    shape = {
        "type": "MultiSurface",
        "lod": "2",
        "boundaries": [[[0, 1, 2]], [[0, 2, 3]]],
        "material": {"day": {"values": [None, 3]}, "night": {"value": 1}},
        "texture": {"winter": {"values": [[[1, 4, 2, 9]], [[None]]]}},
    }
    looks = {
        "materials": [{"name": f"m{i}"} for i in range(4)],
        "textures": [{"type": "PNG", "image": f"a/{i}.png"} for i in range(2)],
        "vertices-texture": [[i / 10, 0.5] for i in range(10)],
    }
    content = model({"b": {"type": "Building", "geometry": [shape]}}, appearance=looks)
    loaded = document(tmp_path, content)
    assert json.loads(loaded.rows("b")[0]["appearance"]) == {
        "material": {"day": {"values": [None, 0]}, "night": {"value": 1}},
        "texture": {"winter": {"values": [[[0, 0, 1, 2]], [[None]]]}},
        "materials": [{"name": "m3"}, {"name": "m1"}],
        "textures": [{"type": "PNG", "image": "a/1.png"}],
        "vertices-texture": [[0.4, 0.5], [0.2, 0.5], [0.9, 0.5]],
    }
    assert loaded.problem("texture-missing").message.endswith("2 times.")
    listing = {"x/a/1.png", "x/b.png"}
    assert cityjson.siblings("x/a.json", listing, tmp_path / "a.city.json") == {"x/a/1.png"}


@pytest.mark.keeps("CityJSON", "instances", "appearance")
def test_templates_keep_what_places_them(tmp_path: Path) -> None:
    tree = {
        "type": "GeometryInstance",
        "template": 0,
        "boundaries": [1],
        "transformationMatrix": [2, 0, 0, 5, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    }
    library = {
        "templates": [
            {
                "type": "MultiSurface",
                "lod": "3",
                "boundaries": [[[0, 1, 2]]],
                "semantics": {"surfaces": [{"type": "Leaf"}], "values": [0]},
            }
        ],
        "vertices-templates": [[0, 0, 0], [1, 0, 0], [0, 1, 2]],
    }
    objects = {"t": {"type": "SolitaryVegetationObject", "geometry": [tree]}}
    loaded = document(tmp_path, model(objects, **{"geometry-templates": library}))
    (row,) = loaded.rows("t", "3")
    assert corners(row)[0][0][1] == [85017.0, 446000.0, 0.0]
    assert loaded.surfaces(row) == ["Leaf"]
    (facts,) = json.loads(loaded.objects["t"]["properties"])["instances"]
    assert facts["point"] == [85010.0, 446000.0, 0.0]
    assert facts["template"] == 0


@pytest.mark.keeps("CityJSON", "relations", "identity")
def test_kin_and_groups(tmp_path: Path) -> None:
    objects = {
        "b": {"type": "Building", "children": ["p", "gone"]},
        "p": {"type": "BuildingPart", "parents": ["b", "other"], "geometry": [solid()]},
        "q": {"type": "BuildingPart", "parents": ["b"], "geometry": [solid()]},
        "g": {"type": "CityObjectGroup", "children": ["b", "q"], "children_roles": ["x", None]},
        "h": {"type": "CityObjectGroup", "members": ["p"]},
    }
    loaded = document(tmp_path, model(objects))
    assert loaded.objects["p"]["parent_key"] == "b"
    assert loaded.objects["b"]["parent_key"] is None
    assert set(loaded.relations) == {
        ("p", "parent", "other"),
        ("g", "groupMember:x", "b"),
        ("g", "groupMember", "q"),
        ("h", "groupMember", "p"),
    }
    assert loaded.problem("relation-dangling").got == "gone, other"
    assert loaded.problem("relation-one-sided").place == "q"


@pytest.mark.keeps("CityJSON", "attributes", "text", "time", "statistics")
def test_attributes_addresses_times_and_extensions(tmp_path: Path) -> None:
    body = {
        "type": "+NoiseBuilding",
        "attributes": {
            "name": "东楼",
            "measuredHeight": 9.5,
            "nested": {"a": [1, {"b": 2}]},
            "+noise-level": {"value": 3, "uom": "dB"},
            "creationDate": "2020-01-01",
            "terminationDate": "2021-06-30T12:00:00Z",
        },
        "address": [{"Locality": "東京"}],
        "+own": 7,
        "geometry": [solid()],
    }
    more = {
        "extensions": {"Noise": {"url": "https://x/n.ext.json", "version": "2.0"}},
        "+census": {"people": 3},
    }
    loaded = document(tmp_path, model({"b": body}, **more))
    said = loaded.attributes("b")
    assert said["nested"] == {"a": [1, {"b": 2}]}
    assert said["address"] == [{"Locality": "東京"}]
    assert (said["+own"], said["+noise-level"]["uom"]) == (7, "dB")
    row = loaded.objects["b"]
    assert row["valid_from"] == datetime(2020, 1, 1, tzinfo=UTC)
    assert row["valid_to"] == datetime(2021, 6, 30, 12, tzinfo=UTC)
    assert (row["name"], row["source_class"]) == ("东楼", "+NoiseBuilding")
    assert loaded.asset.properties["extensions"] == ["Noise"]
    assert loaded.asset.properties["extra"] == {"+census": {"people": 3}}


@pytest.mark.keeps("CityJSON", "semantics", "relations", "crs")
def test_layout_of_the_first_versions(tmp_path: Path) -> None:
    old = solid(2)
    old["semantics"] = [[{"type": NAMES[min(i, 2)]} for i in range(6)]]
    content = {
        "type": "CityJSON",
        "version": "0.5",
        "metadata": {"crs": {"epsg": 7415}, "bbox": [85000, 446000, 0, 85010, 446005, 3]},
        "CityObjects": {
            "b": {"type": "Building", "Parts": ["p"], "bbox": [0, 0, 0, 1, 1, 1]},
            "p": {"type": "BuildingPart", "geometry": [old]},
            "i": {"type": "BuildingInstallation", "parent": "b", "geometry": []},
        },
        "vertices": [[85000 + x / 1000, 446000 + y / 1000, z / 1000] for x, y, z in CUBE],
    }
    loaded = document(tmp_path, content)
    assert loaded.asset.format == "CityJSON 0.5"
    assert loaded.asset.crs == "EPSG:7415"
    (row,) = loaded.rows("p", "2")
    assert loaded.surfaces(row) == [*NAMES, "WallSurface", "WallSurface", "WallSurface"]
    assert loaded.objects["p"]["parent_key"] == "b"
    assert loaded.objects["i"]["parent_key"] == "b"
    assert loaded.codes == set()


@pytest.mark.parametrize(
    ("said", "crs"),
    [
        ("urn:ogc:def:crs:EPSG::7415", "EPSG:7415"),
        ("http://www.opengis.net/def/crs/EPSG/0/7415", "EPSG:7415"),
        ("EPSG:7415", "EPSG:7415"),
        ("7415", "EPSG:7415"),
        (7415, "EPSG:7415"),
        ("urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709", "EPSG:7415"),
    ],
)
@pytest.mark.keeps("CityJSON", "crs")
def test_spellings_of_the_reference_system(tmp_path: Path, said: Any, crs: str) -> None:
    assert document(tmp_path, model(metadata={"referenceSystem": said})).asset.crs == crs


@pytest.mark.keeps("CityJSON", "contradictions")
def test_contradictions_are_told(tmp_path: Path) -> None:
    content = model()
    content["metadata"]["geographicalExtent"] = [85000, 446000, 0, 85005, 446005, 3]
    content["CityObjects"]["b"]["geometry"][0]["semantics"]["values"] = [[0, 1, 9]]
    content["vertices"] += [CUBE[0], [1, 1, 1]]
    loaded = document(tmp_path, content)
    assert loaded.problem("extent-contradiction").severity == "warning"
    assert "point at surfaces" in loaded.problem("semantics-mismatch").got
    said = loaded.asset.properties
    assert (said["vertices_unused"], said["vertices_double"]) == (2, 1)


def features(count: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "CityJSONFeature",
            "id": f"b{i}",
            "CityObjects": {f"b{i}": {"type": "Building", "geometry": [solid()]}},
            "vertices": CUBE,
        }
        for i in range(count)
    ]


def head(**more: Any) -> dict[str, Any]:
    return model({"x": {}}, vertices=[], **more) | {"CityObjects": {}}


@pytest.mark.keeps(
    "CityJSONSeq", "geometry", "z", "exact", "semantics", "crs", "vertical", "identity", "levels"
)
def test_sequence(tmp_path: Path) -> None:
    loaded = document(tmp_path, [head(), *features(3)], "a.city.jsonl")
    assert loaded.asset.format == "CityJSONSeq 2.0"
    assert loaded.asset.counts["top_level"] == 3
    assert set(loaded.objects) == {"b0", "b1", "b2"}
    assert corners(loaded.rows("b2", "2")[0])[0][1][0][2] == [85010.0, 446005.0, 3.0]
    assert loaded.surfaces(loaded.rows("b2")[0])[:2] == ["GroundSurface", "RoofSurface"]
    assert loaded.asset.vertical_datum == "EPSG:5709"
    assert loaded.problems == []


@pytest.mark.keeps("CityJSONSeq", "attributes", "text", "time", "relations", "appearance")
def test_features_with_attributes_looks_and_kin(tmp_path: Path) -> None:
    one = features(1)[0]
    one["CityObjects"]["b0"] |= {
        "attributes": {"name": "東棟", "creationDate": "2020-01-01"},
        "children": ["p"],
    }
    part = solid() | {"material": {"t": {"value": 0}}}
    one["CityObjects"]["p"] = {"type": "BuildingPart", "parents": ["b0"], "geometry": [part]}
    one["appearance"] = {"materials": [{"name": "red"}]}
    loaded = document(tmp_path, [head(), one], "a.city.jsonl")
    assert loaded.objects["b0"]["name"] == "東棟"
    assert loaded.objects["b0"]["valid_from"] == datetime(2020, 1, 1, tzinfo=UTC)
    assert loaded.objects["p"]["parent_key"] == "b0"
    assert json.loads(loaded.rows("p")[0]["appearance"])["materials"] == [{"name": "red"}]


@pytest.mark.keeps("CityJSONSeq", "contradictions")
def test_metadata_later_beside_or_missing(tmp_path: Path) -> None:
    first, second = features(2)
    late = document(tmp_path / "late", [first, head(), second], "a.city.jsonl")
    assert late.problem("sequence-order").place == "line 2"
    assert late.objects["b0"]["geometry"] is not None
    (tmp_path / "beside" / "f").mkdir(parents=True)
    (tmp_path / "beside" / "metadata.json").write_text(json.dumps(head()))
    beside = document(tmp_path / "beside", [first], "f/b0.city.jsonl")
    assert beside.problem("metadata-beside").got == "../metadata.json"
    assert beside.asset.crs == "EPSG:7415"
    none = document(tmp_path / "none", [first, second], "a.city.jsonl")
    assert none.problem("metadata-missing").severity == "error"
    assert set(none.objects) == {"b0", "b1"}
    assert none.objects["b0"]["geometry"] is None


def test_second_head_holds_for_what_follows(tmp_path: Path) -> None:
    first, second = features(2)
    moved = head(transform={"scale": [0.001] * 3, "translate": [95000.0, 446000.0, 0.0]})
    loaded = document(tmp_path, [head(), first, moved, second], "a.city.jsonl")
    assert corners(loaded.rows("b0")[0])[0][0][0][0][0] == 85000.0
    assert corners(loaded.rows("b1")[0])[0][0][0][0][0] == 95000.0
    assert "sequence-second-head" in loaded.codes


def test_local_model_stands_where_the_sheet_says(tmp_path: Path) -> None:
    document(tmp_path, model(metadata={}, transform={"scale": [0.001] * 3, "translate": [0] * 3}))
    declared = Declaration(crs="EPSG:28992", place=Place(85_000.0, 446_000.0, 7.0))
    loaded = load(cityjson, tmp_path / "a.city.json", declared=declared)
    assert loaded.asset.bbox == (85_000, 446_000, 7, 85_010, 446_005, 10)
    assert corners(loaded.rows("b")[0])[0][0][0][0] == [85_000, 446_000, 7]


@pytest.mark.keeps("CityJSONSeq", "instances", "statistics")
def test_templates_of_the_first_line_serve_all_features(tmp_path: Path) -> None:
    library = {
        "templates": [{"type": "MultiSurface", "lod": "3", "boundaries": [[[0, 1, 2]]]}],
        "vertices-templates": [[0, 0, 0], [1, 0, 0], [0, 1, 2]],
    }
    tree = {"type": "GeometryInstance", "template": 0, "boundaries": [1]}
    one = features(1)[0]
    one["CityObjects"]["b0"] = {
        "type": "SolitaryVegetationObject",
        "attributes": {"height": 12.5},
        "geometry": [tree],
    }
    loaded = document(tmp_path, [head(**{"geometry-templates": library}), one], "a.city.jsonl")
    assert corners(loaded.rows("b0", "3")[0])[0][0][1] == [85_011.0, 446_000.0, 0.0]
    said = json.loads(loaded.objects["b0"]["properties"])
    assert said["instances"][0]["template"] == 0
    assert said["attributes"]["height"] == 12.5
    assert loaded.objects["b0"]["height"] == 2.0


faces = st.lists(st.lists(st.integers(0, 19), min_size=3, max_size=5), min_size=1, max_size=3)


@given(st.lists(faces, min_size=1, max_size=6), st.data())
def test_boundaries_and_semantics_come_back(shell: list[list[list[int]]], data: Any) -> None:
    import numpy as np

    values = data.draw(
        st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=len(shell), max_size=len(shell))
    )
    points = np.arange(60.0).reshape(20, 3)
    vertices, boundaries = compact(points, [shell], 4)
    back = [[[vertices[i].tolist() for i in ring] for ring in face] for face in boundaries[0]]
    assert back == [[[points[i].tolist() for i in ring] for ring in face] for face in shell]
    geometry = CityGeometry("Solid", "2", vertices, boundaries)
    said = {"surfaces": [{"type": n} for n in NAMES], "values": [values]}
    tally = Tally()
    assert read_semantics(said, geometry, "", tally) == said
    assert tally.problems() == []
    old = [[None if v is None else NAMES[v] for v in values]]
    made = read_semantics(old, geometry, "", tally)
    assert made is not None
    assert [None if v is None else made["surfaces"][v]["type"] for v in made["values"][0]] == old[0]
