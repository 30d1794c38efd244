"""glTF models as sources."""

from __future__ import annotations

import contextlib
import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions, discover, gltf
from cimkit.model import STAGED, Asset, Declaration, Source
from cimkit.model.sheet import Place


def document(**more: Any) -> dict[str, Any]:
    return {
        "asset": {"version": "2.0", "generator": "by hand", "copyright": "the city"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "house", "mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "type": "VEC3",
                "count": 4,
                "min": [0, 0, 0],
                "max": [10, 30, 20],
            },
            {"bufferView": 1, "componentType": 5123, "type": "SCALAR", "count": 6},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 48},
            {"buffer": 0, "byteOffset": 48, "byteLength": 12},
        ],
        "buffers": [{"byteLength": 60}],
    } | more


def glb(said: dict[str, Any], binary: bytes = bytes(60)) -> bytes:
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    body += struct.pack("<II", len(binary), 0x004E4942) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def probe(file: Path, data: bytes | dict[str, Any], **declared: Any) -> Asset:
    file.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return gltf.probe(Source(file.name, file), ReadOptions(Declaration(**declared)))


@pytest.mark.keeps("glTF", "geometry", "attributes", "statistics")
def test_what_a_model_holds(tmp_path: Path) -> None:
    asset = probe(tmp_path / "a.glb", glb(document()))
    assert asset.kind == "mesh"
    assert asset.format == "glTF 2.0"
    assert asset.counts["triangles"] == 2
    assert asset.counts["materials"] == 1
    assert asset.properties["copyright"] == "the city"
    assert asset.properties["node_names"] == ["house"]
    assert asset.bbox == (0, -20, 0, 10, 0, 30)  # y is up, and z south
    assert [p.code for p in asset.problems] == ["crs-missing"]
    for name, table in gltf.read(Source("a.glb", tmp_path), asset, ReadOptions()):
        assert table.schema.equals(STAGED[name])


@pytest.mark.keeps("glTF", "instances")
def test_transforms_of_nodes_are_applied(tmp_path: Path) -> None:
    half = np.sqrt(0.5)
    nodes = [
        {"children": [1, 2], "translation": [100, 0, 0]},
        {"mesh": 0, "rotation": [0, half, 0, half]},  # x to -z
        {"mesh": 0, "matrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 5, 0, 1]},
    ]
    asset = probe(tmp_path / "a.glb", glb(document(nodes=nodes)))
    low, high = asset.properties["bounds"][:3], asset.properties["bounds"][3:]
    assert low == pytest.approx([100, 0, -10])
    assert high == pytest.approx([120, 65, 40])


def test_nodes_in_a_circle(tmp_path: Path) -> None:
    for children in ([0], [0, 0], [1, 1]):
        nodes = [{"children": children, "mesh": 0}, {"children": [0, 0]}]
        asset = probe(tmp_path / "a.glb", glb(document(nodes=nodes)))
        assert asset.counts["nodes"] == 2
        assert asset.bbox == (0, -20, 0, 10, 0, 30)
        assert "gltf-contradiction" in [p.code for p in asset.problems]


@pytest.mark.keeps("glTF", "contradictions")
def test_positions_and_indices_that_cannot_be(tmp_path: Path) -> None:
    accessors = document()["accessors"]
    for change, words in (
        ([accessors[0] | {"max": [1e999, 0, 0]}, accessors[1]], "no finite max"),
        ([accessors[0] | {"min": [0, 0]}, accessors[1]], "no finite min"),
        ([accessors[0], accessors[1] | {"max": [4]}], "indices reach beyond its vertices"),
    ):
        asset = probe(tmp_path / "a.glb", glb(document(accessors=change)))
        (problem,) = [p for p in asset.problems if p.code == "gltf-contradiction"]
        assert words in problem.message
    bare = [{k: v for k, v in accessors[0].items() if k not in ("min", "max")}, accessors[1]]
    asset = probe(tmp_path / "a.glb", glb(document(accessors=bare)))
    assert [p.code for p in asset.problems] == ["bounds-missing"]
    asset = probe(tmp_path / "a.glb", glb(document(meshes=[{"primitives": {"mode": 4}}])))
    assert "no list of primitives" in asset.problems[0].message


def test_a_chunk_without_padding(tmp_path: Path) -> None:
    padded = glb(document(extras={"n": 12}))
    text = json.dumps(document(extras={"n": 12})).encode()
    assert len(text) % 4
    packed = b"glTF" + struct.pack("<II", 2, 20 + len(text) + 8 + 60)
    packed += struct.pack("<II", len(text), 0x4E4F534A) + text
    packed += struct.pack("<II", 60, 0x004E4942) + bytes(60)
    for data in (padded, packed):
        assert "gltf-contradiction" not in {
            p.code for p in probe(tmp_path / "a.glb", data).problems
        }


@pytest.mark.keeps("glTF", "appearance")
def test_buffers_and_pictures_of_version_1_belong_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    said = {
        "asset": {"version": "1.0"},
        "meshes": {"m": {"primitives": []}},
        "buffers": {"b": {"uri": "b.bin"}},
        "images": {"i": {"uri": "t.png"}},
        "shaders": {"s": {"uri": "s.glsl"}},
    }
    (folder / "a.gltf").write_text(json.dumps(said))
    for name in ("b.bin", "t.png", "s.glsl"):
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    (source,) = discover([folder], tmp_path / "scratch").sources
    assert source.members == ("b.bin", "s.glsl", "t.png")
    assert [p.code for p in gltf.probe(source, ReadOptions()).problems] == []


@pytest.mark.keeps("glTF", "crs", "z")
def test_where_it_stands(tmp_path: Path) -> None:
    there = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    centre = there.transform(106.5, 29.5, 300.0)
    said = document(extensions={"CESIUM_RTC": {"center": list(centre)}})
    asset = probe(tmp_path / "a.glb", glb(said))
    assert (asset.crs, asset.vertical_datum) == ("EPSG:4978", "EPSG:4979")
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[:2] == pytest.approx((106.5, 29.5), abs=1e-3)
    placed = probe(
        tmp_path / "b.glb", glb(document()), crs="EPSG:4544", place=Place(500_000, 3_270_000, 7)
    )
    assert placed.bbox == (500_000, 3_269_980, 7, 500_010, 3_270_000, 37)
    assert placed.crs_origin == "sheet"
    assert "crs-missing" not in [p.code for p in placed.problems]


@pytest.mark.keeps("glTF", "semantics", "identity")
def test_metadata(tmp_path: Path) -> None:
    schema = {"id": "s", "classes": {"building": {"properties": {"height": {"type": "SCALAR"}}}}}
    metadata = {"schema": schema, "propertyTables": [{"class": "building", "count": 12}]}
    said = document(
        extensionsUsed=["EXT_structural_metadata"],
        extensions={"EXT_structural_metadata": metadata},
        extras={"source": "survey"},
    )
    asset = probe(tmp_path / "a.glb", glb(said))
    assert asset.counts["features"] == 12
    assert asset.properties["schema"]["classes"] == {"building": {"height": "SCALAR"}}
    assert asset.properties["extensionsUsed"] == ["EXT_structural_metadata"]
    assert asset.properties["document_extras"] == {"source": "survey"}


@pytest.mark.keeps("glTF", "appearance", "contradictions")
def test_buffers_and_pictures_belong_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    buffers = [{"uri": "a%20b.bin", "byteLength": 60}]
    images = [{"uri": "t.png"}, {"uri": "data:image/png;base64,AA=="}, {"uri": "gone.png"}]
    said = document(buffers=buffers, images=images)
    (folder / "a.gltf").write_text(json.dumps(said))
    (folder / "a b.bin").write_bytes(bytes(60))
    (folder / "t.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    (source,) = discover([folder], tmp_path / "scratch").sources
    assert source.members == ("a b.bin", "t.png")
    asset = gltf.probe(source, ReadOptions())
    (missing,) = [p for p in asset.problems if p.code == "content-missing"]
    assert missing.got == "1: gone.png"


@pytest.mark.parametrize(
    "change",
    [
        {"bufferViews": [{"buffer": 0, "byteLength": 480}] * 2},
        {"bufferViews": [{"buffer": 9, "byteLength": 48}] * 2},
        {"buffers": [{"byteLength": 6000}]},
        {"accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 99}] * 2},
    ],
)
def test_what_it_has_not(tmp_path: Path, change: dict[str, Any]) -> None:
    asset = probe(tmp_path / "a.glb", glb(document(**change)))
    assert "gltf-contradiction" in [p.code for p in asset.problems]


@pytest.mark.keeps("glTF", "damage")
def test_damage(tmp_path: Path) -> None:
    raw = glb(document())
    chance = random.Random(2)
    told = 0
    for n in range(200):
        data = bytearray(raw[: len(raw) * (n % 10 + 1) // 10])
        for _ in range(n // 20):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(SourceUnreadable):
            told += bool(probe(tmp_path / "a.glb", bytes(data)).problems)
    assert told


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [1], ["x"], [[]], [{}], -1, 1e400])
def test_any_value_anywhere(tmp_path: Path, value: Any) -> None:
    for name in document():
        asset = probe(tmp_path / "a.gltf", json.dumps(document(**{name: value})).encode())
        assert asset.kind == "mesh"
    inner = document()
    for part in ("nodes", "meshes", "accessors", "bufferViews", "buffers", "scenes"):
        for key in list(inner[part][0]):
            changed = json.loads(json.dumps(inner))
            changed[part][0][key] = value
            assert probe(tmp_path / "a.gltf", json.dumps(changed).encode()).kind == "mesh"


def test_sniffing(tmp_path: Path) -> None:
    def score(name: str, data: bytes) -> int:
        return gltf.sniff(Head(tmp_path / name, name, data))

    assert score("a.glb", glb(document()))
    assert score("a.gltf", json.dumps(document()).encode())
    assert score("a.json", json.dumps(document()).encode())
    assert not score("tileset.json", b'{"asset":{"version":"1.0"},"geometricError":1,"root":{}}')
    assert not score("a.json", b'{"type":"FeatureCollection"}')
    with pytest.raises(SourceUnreadable):
        probe(tmp_path / "a.gltf", b"{")
