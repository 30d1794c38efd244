"""What a tileset declares against what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cimkit.loaders import ReadOptions, tiles3d
from cimkit.loaders.tiles3d.s2 import s2_bounds
from cimkit.model import Asset, Source

REGION = [-1.31970, 0.69885, -1.31965, 0.69889, 0, 20]
SCHEMA = {
    "id": "s",
    "classes": {
        "c": {
            "properties": {
                "p": {"type": "SCALAR", "componentType": "FLOAT32", "required": True, "max": 1},
                "v": {"type": "VEC2", "componentType": "FLOAT32", "offset": 10, "max": [11, 12]},
                "t": {"type": "STRING"},
                "b": {"type": "BOOLEAN"},
            }
        }
    },
}


def probe(tmp_path: Path, top: dict[str, Any], **root: Any) -> Asset:
    tile = {"boundingVolume": {"region": REGION}, "geometricError": 32, "refine": "ADD"} | root
    said = {"asset": {"version": "1.1"}, "geometricError": 64, "root": tile} | top
    file = tmp_path / "tileset.json"
    file.write_text(json.dumps(said))
    return tiles3d.probe(Source(path=file.name, file=file), ReadOptions())


def told(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems if p.code != "vertical-datum-unknown"]


def entity(**properties: Any) -> dict[str, Any]:
    return {"class": "c", "properties": properties}


def test_sound_declarations_are_not_told(tmp_path: Path) -> None:
    top = {
        "schema": SCHEMA,
        "groups": [entity(p=0.5, t="x")],
        "statistics": {"classes": {"c": {"count": 1}}},
        "properties": {"height": {"minimum": 0, "maximum": 1}},
        "extensionsUsed": ["A"],
        "extensionsRequired": ["A"],
    }
    child = {"boundingVolume": {"region": REGION}, "geometricError": 0}
    asset = probe(tmp_path, top, metadata=entity(p=1, v=[1, 2], b=True), children=[child])
    assert told(asset) == []


@pytest.mark.keeps("3D Tiles", "contradictions")
@pytest.mark.parametrize(
    ("top", "code"),
    [
        ({"extensionsUsed": "A"}, "tileset-invalid"),
        ({"asset": {"version": "1.1", "tilesetVersion": 1}}, "tileset-invalid"),
        ({"extensionsUsed": ["A", "A"]}, "tileset-invalid"),
        ({"extensionsRequired": ["A"]}, "extension-undeclared"),
        ({"properties": 3}, "tileset-invalid"),
        ({"properties": {"h": {"minimum": 2, "maximum": 1}}}, "tileset-invalid"),
        ({"properties": {"h": {"maximum": 1}}}, "tileset-invalid"),
        ({"groups": [{"class": "c"}]}, "metadata-contradiction"),
        ({"schema": SCHEMA, "groups": [{"class": "z"}]}, "metadata-contradiction"),
        ({"schema": SCHEMA, "statistics": {"classes": {"z": {}}}}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity()}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p=2)}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p="2")}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p=0, v=[2, 2])}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p=0, v=[0])}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p=0, t=1)}, "metadata-contradiction"),
        ({"schema": SCHEMA, "metadata": entity(p=0, b=1)}, "metadata-contradiction"),
    ],
)
def test_what_cannot_be_as_declared_is_told(tmp_path: Path, top: dict[str, Any], code: str) -> None:
    assert told(probe(tmp_path, top)) == [code]


@pytest.mark.keeps("3D Tiles", "contradictions")
def test_tiles_that_are_not_where_or_as_fine_as_they_can_be(tmp_path: Path) -> None:
    def below(region: list[float], error: float = 1.0) -> list[str]:
        child = {"boundingVolume": {"region": region}, "geometricError": error}
        return told(probe(tmp_path, {}, children=[child]))

    assert below(REGION) == []
    assert below(REGION, -1.0) == ["tileset-invalid"]
    assert below([*REGION[:5], 25]) == ["tileset-invalid"]
    assert below([0.1, 0.1, 0.2, 0.2, 0, 20]) == ["tileset-invalid"]
    degrees = probe(tmp_path, {}, boundingVolume={"region": [8.4, 49.0, 8.5, 49.1, 0, 9]})
    assert told(degrees) == ["tileset-invalid", "crs-missing"]


@pytest.mark.keeps("3D Tiles", "contradictions")
def test_an_implicit_tiling_that_cannot_be(tmp_path: Path) -> None:
    tiling = {
        "subdivisionScheme": "QUADTREE",
        "availableLevels": 2,
        "subtreeLevels": 2,
        "subtrees": {"uri": "s/{level}/{x}/{y}.subtree"},
    }

    def of(change: Any, **root: Any) -> list[str]:
        given = tiling | change if isinstance(change, dict) else change
        return told(probe(tmp_path, {}, implicitTiling=given, **root))

    assert of({}, content={"uri": "{level}/{x}/{y}.glb"}) == ["content-missing"]
    broken = ["tileset-invalid", "content-missing"]
    assert of({"availableLevels": "2"}) == broken
    assert of({"availableLevels": 0}) == broken
    assert of({"subtrees": {"uri": "s/{level}/{x}.subtree"}}) == broken
    assert of({}, content={"uri": "{level}/{x}/{q}.glb"}) == broken
    assert of({"subdivisionScheme": "OCTREE"}) == broken
    assert of({}, boundingVolume={"sphere": [6378137, 0, 0, 100]}) == broken
    assert of(3) == ["tileset-invalid"]


@pytest.mark.keeps("3D Tiles", "crs", "geometry")
def test_a_cell_of_s2_lies_on_the_earth(tmp_path: Path) -> None:
    about = {"token": "89c259", "minimumHeight": 30, "maximumHeight": 400}
    volume = {"extensions": {"3DTILES_bounding_volume_S2": about}}
    used = {"extensionsUsed": ["3DTILES_bounding_volume_S2"]}
    asset = probe(tmp_path, used, boundingVolume=volume)
    assert told(asset) == []
    west, south, east, north = asset.bbox_wgs84 or (0, 0, 0, 0)
    assert west < -73.9857 < east < west + 0.2
    assert south < 40.7484 < north < south + 0.2
    assert asset.properties["heights"] == [30, 400]
    assert told(probe(tmp_path, used, boundingVolume={})) == ["tileset-invalid", "crs-missing"]


def test_cells_of_s2_at_the_poles_and_across_the_date_line() -> None:
    assert s2_bounds("5") == pytest.approx((-180, 35.264, 180, 90), abs=0.001)
    assert s2_bounds("b") == pytest.approx((-180, -90, 180, -35.264), abs=0.001)
    assert s2_bounds("7") == pytest.approx((135, -45, -135, 45), abs=0.001)
    assert s2_bounds("3") == pytest.approx((45, -45, 135, 45), abs=0.001)
    for wrong in ("", "zz", "f" * 17, "0", None, 3, "d", "08"):
        assert s2_bounds(wrong) is None, wrong
