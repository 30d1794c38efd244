"""The CityJSON loader, on models made here."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders import cityjson
from cimkit.loaders._city.model import compact
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.model import STAGED, Asset, Declaration, Source

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


def model(**more: Any) -> dict[str, Any]:
    building = {
        "type": "Building",
        "attributes": {"name": "东楼", "storeys": 2},
        "geometry": [{"type": "Solid", "lod": "1.2", "boundaries": [SHELL]}],
    }
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": RD},
        "transform": {"scale": [0.001] * 3, "translate": [85000.0, 446000.0, 0.0]},
        "CityObjects": {"b1": building},
        "vertices": copy.deepcopy(CUBE),
    } | more


def write(folder: Path, content: Any, name: str = "a.city.json") -> Source:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    (folder / name).write_text(text, encoding="utf-8")
    return Source(path=name, file=folder / name, size=len(text), loader="cityjson")


def load(
    given: Source, declared: Declaration | None = None
) -> tuple[Asset, dict[str, dict[str, Any]], list[dict[str, Any]], list[str]]:
    options = ReadOptions(declared or Declaration())
    asset = cityjson.probe(given, options)
    tables: dict[str, list[pa.Table]] = {"objects": [], "geometries": [], "relations": []}
    for name, table in cityjson.read(given, asset, options):
        tables[name].append(table.cast(STAGED[name]))
    objects = [r for t in tables["objects"] for r in t.to_pylist()]
    geometries = [r for t in tables["geometries"] for r in t.to_pylist()]
    codes = [p.code for p in (*asset.problems, *options.problems)]
    return asset, {r["source_key"]: r for r in objects}, geometries, codes


def test_outline_heights_and_geometry(tmp_path: Path) -> None:
    asset, objects, geometries, codes = load(write(tmp_path, model()))
    assert asset.counts == {"objects": 1, "top_level": 1, "vertices": 8}
    assert asset.crs == "EPSG:7415"
    assert asset.format == "CityJSON 2.0"
    assert codes == []
    row = objects["b1"]
    assert (row["name"], row["source_class"], row["kind"]) == ("东楼", "Building", "citymodel")
    assert (row["z_min"], row["z_max"], row["height"]) == pytest.approx((0, 3, 3))
    assert row["area_m2"] == pytest.approx(50)
    corners = np.array([[85000.0, 446000.0], [85010.0, 446005.0]])
    expected = to_crs84(corners, parse_crs("EPSG:7415"))
    assert shapely.bounds(shapely.from_wkb(row["geometry"])) == pytest.approx(
        expected.ravel(), abs=3e-6
    )
    assert json.loads(row["properties"])["attributes"]["storeys"] == 2
    (geometry,) = geometries
    vertices = np.array(geometry["vertices"]).reshape(-1, 3)
    assert vertices.max(axis=0) == pytest.approx([85010, 446005, 3])
    (shell,) = json.loads(geometry["boundaries"])
    assert vertices[shell[1][0]][:, 2].tolist() == [3, 3, 3, 3]
    assert geometry["lod"] == "1.2"


@pytest.mark.parametrize(
    ("metadata", "crs"),
    [
        ({"referenceSystem": RD}, "EPSG:7415"),
        ({"referenceSystem": "urn:ogc:def:crs:EPSG::7415"}, "EPSG:7415"),
        ({"referenceSystem": "EPSG:28992"}, "EPSG:28992"),
        ({"crs": {"epsg": 7415}}, "EPSG:7415"),
        ({}, None),
    ],
)
def test_reference_system_in_all_its_forms(
    tmp_path: Path, metadata: dict[str, Any], crs: str | None
) -> None:
    asset, objects, _, codes = load(write(tmp_path, model(metadata=metadata)))
    assert asset.crs == crs
    assert (objects["b1"]["geometry"] is None) is (crs is None)
    heights = [] if crs == "EPSG:7415" else ["vertical-datum-unknown"]
    assert codes == ([] if crs else ["crs-missing"]) + heights


def test_sheet_names_the_crs(tmp_path: Path) -> None:
    asset, objects, _, _ = load(write(tmp_path, model(metadata={})), Declaration(crs="EPSG:28992"))
    assert (asset.crs, asset.crs_origin) == ("EPSG:28992", "sheet")
    assert objects["b1"]["position_origin"] == "sheet"


def test_ground_surface_is_the_outline(tmp_path: Path) -> None:
    content = model()
    # a roof that overhangs the ground by 5 m to the east
    content["vertices"] += [[15000, 0, 3000], [15000, 5000, 3000]]
    content["CityObjects"]["b1"]["geometry"] = [
        {
            "type": "MultiSurface",
            "lod": "2",
            "boundaries": [[[0, 3, 2, 1]], [[4, 8, 9, 7]]],
            "semantics": {
                "surfaces": [{"type": "RoofSurface"}, {"type": "GroundSurface"}],
                "values": [1, 0],
            },
        }
    ]
    _, objects, geometries, _ = load(write(tmp_path, content))
    assert objects["b1"]["area_m2"] == pytest.approx(50)
    assert json.loads(geometries[0]["semantics"])["values"] == [1, 0]


def test_holes_stay_open(tmp_path: Path) -> None:
    content = model()
    inner = [[2000, 1000, 0], [2000, 4000, 0], [8000, 4000, 0], [8000, 1000, 0]]
    content["vertices"] = CUBE[:4] + inner
    content["CityObjects"]["b1"]["geometry"] = [
        {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3], [4, 5, 6, 7]]]}
    ]
    _, objects, _, _ = load(write(tmp_path, content))
    assert objects["b1"]["area_m2"] == pytest.approx(50 - 18)


def test_whole_without_geometry_takes_its_parts(tmp_path: Path) -> None:
    content = model()
    part = content["CityObjects"]["b1"] | {"type": "BuildingPart", "parents": ["b0"]}
    content["CityObjects"] = {"b0": {"type": "Building", "children": ["p"]}, "p": part}
    asset, objects, _, _ = load(write(tmp_path, content))
    assert asset.counts["top_level"] == 1
    assert objects["p"]["parent_key"] == "b0"
    assert objects["b0"]["area_m2"] == pytest.approx(50)
    assert objects["b0"]["height"] == pytest.approx(3)


def test_templates_are_written_out(tmp_path: Path) -> None:
    content = model()
    content["geometry-templates"] = {
        "templates": [{"type": "MultiSurface", "lod": "3", "boundaries": [[[0, 1, 2]]]}],
        "vertices-templates": [[0, 0, 0], [1, 0, 0], [0, 1, 2]],
    }
    content["CityObjects"]["tree"] = {
        "type": "SolitaryVegetationObject",
        "geometry": [
            {
                "type": "GeometryInstance",
                "template": 0,
                "boundaries": [2],
                "transformationMatrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1],
            }
        ],
    }
    _, _, geometries, codes = load(write(tmp_path, content))
    tree = next(g for g in geometries if g["source_key"] == "tree")
    got = np.array(tree["vertices"]).reshape(-1, 3) - [85010, 446005, 0]
    assert got.tolist() == [[0, 0, 1], [2, 0, 1], [0, 2, 5]]
    assert codes == []


def test_index_that_points_nowhere_is_told_and_the_rest_read(tmp_path: Path) -> None:
    content = model()
    content["CityObjects"]["bad"] = {
        "type": "Building",
        "geometry": [{"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 99]]]}],
    }
    _, objects, geometries, codes = load(write(tmp_path, content))
    assert codes == ["boundary-invalid"]
    assert objects["bad"]["geometry"] is None
    assert len(geometries) == 1


def test_sequence_with_a_broken_line(tmp_path: Path) -> None:
    head = model(CityObjects={}, vertices=[])
    feature = {
        "type": "CityJSONFeature",
        "id": "b1",
        "CityObjects": model()["CityObjects"],
        "vertices": CUBE,
    }
    second = json.loads(json.dumps(feature).replace('"b1"', '"b2"'))
    lines = [json.dumps(head), json.dumps(feature), '{"broken', json.dumps(second)]
    asset, objects, _, codes = load(write(tmp_path, "\n".join(lines), "a.city.jsonl"))
    assert asset.format == "CityJSONSeq 2.0"
    assert asset.counts["top_level"] == 2
    assert set(objects) == {"b1", "b2"}
    assert objects["b2"]["place"] == "line 4"
    assert codes[0] == "citymodel-invalid"
    assert asset.problems[0].place == "line 3"


def test_what_holds_no_object_is_refused(tmp_path: Path) -> None:
    text = json.dumps(model(), indent=1)
    given = write(tmp_path, text[: text.index('"CityObjects"') + 10])
    with pytest.raises(SourceUnreadable, match="breaks off"):
        cityjson.probe(given, ReadOptions())


def test_hash_sees_geometry_and_attributes_apart(tmp_path: Path) -> None:
    plain = load(write(tmp_path, model()))[1]["b1"]["content_hash"]
    renamed, moved = model(), model()
    renamed["CityObjects"]["b1"]["attributes"]["storeys"] = 3
    moved["vertices"][6][2] = 4000
    by_name = load(write(tmp_path, renamed))[1]["b1"]["content_hash"]
    by_shape = load(write(tmp_path, moved))[1]["b1"]["content_hash"]
    assert (by_name[:16] == plain[:16], by_name[16:] == plain[16:]) == (True, False)
    assert (by_shape[:16] == plain[:16], by_shape[16:] == plain[16:]) == (False, True)


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    def sure(start: bytes) -> int:
        return cityjson.sniff(Head(tmp_path / "x", "x.json", start))

    assert sure(b'\n{"type" : "CityJSON", "version": "1.0"') > 50
    assert sure(b'{"type": "FeatureCollection"}') == 0


@settings(deadline=None)
@for_all(st.lists(st.lists(st.integers(0, 49), min_size=3, max_size=8), max_size=8))
def test_compact_keeps_every_corner(rings: list[list[int]]) -> None:
    vertices = np.random.default_rng(0).normal(size=(50, 3))
    few, renumbered = compact(vertices, [rings], 3)
    for before, after in zip(rings, renumbered[0], strict=True):
        assert np.array_equal(vertices[before], few[after])
    assert len(few) == len({i for ring in rings for i in ring})


def test_real_model_is_read_whole(shared_data: Path) -> None:
    file = shared_data / "citymodel" / "cityjson-cjio" / "delft.json"
    asset, objects, _, codes = load(Source(path=file.name, file=file))
    assert len(objects) == 570
    assert codes == []
    assert all(r["geometry"] is not None for r in objects.values())
    assert asset.bbox_wgs84 is not None
    assert 4.3 < asset.bbox_wgs84[0] < 4.4
