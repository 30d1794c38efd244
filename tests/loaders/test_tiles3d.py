"""3D Tiles and glTF."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions, discover, gltf
from cimkit.loaders import tiles3d as loader
from cimkit.model import STAGED, Asset, Source

REGION = [1.858, 0.514, 1.859, 0.515, 0, 100]


def tileset(**root: Any) -> dict[str, Any]:
    tile = {"boundingVolume": {"region": REGION}, "geometricError": 10, "refine": "ADD"}
    return {"asset": {"version": "1.1"}, "geometricError": 100, "root": tile | root}


def probe(file: Path, data: bytes | dict[str, Any], members: tuple[str, ...] = ()) -> Asset:
    file.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return loader.probe(Source(file.name, file, members), ReadOptions(root=file.parent))


def glb(extra: int = 0) -> bytes:
    text = b'{"asset":{"version":"2.0"}}  '[:28]
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    return b"glTF" + struct.pack("<II", 2, 12 + len(body) + extra) + body


def test_a_tileset_and_its_contents_are_one_source(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "t").mkdir(parents=True)
    child = {"boundingVolume": {"region": REGION}, "geometricError": 1}
    root = tileset(
        content={"uri": "t/a.glb"},
        children=[child | {"content": {"uri": "t/%62.json"}}, child],
    )
    (folder / "tileset.json").write_text(json.dumps(root))
    (folder / "t" / "b.json").write_text(json.dumps(tileset(content={"uri": "c.glb?v=1"})))
    for name in ("a", "c", "stranger"):
        (folder / "t" / f"{name}.glb").write_bytes(glb())
    found = discover([folder], tmp_path / "scratch")
    assert [(s.path, s.members) for s in found.sources] == [
        ("t/stranger.glb", ()),
        ("tileset.json", ("t/a.glb", "t/b.json", "t/c.glb")),
    ]
    asset = loader.probe(found.sources[1], ReadOptions(root=folder))
    assert asset.counts == {"tiles": 4, "contents": 3, "tilesets": 1, "glTF": 2}
    assert asset.properties["tiles_per_level"] == {"0": 1, "1": 2, "2": 1}
    assert asset.problems == ()


def test_tilesets_in_a_ring_are_each_found_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for one, other in (("a", "b"), ("b", "a")):
        said = tileset(content={"uri": f"{other}.json"})
        (folder / f"{one}.json").write_text(json.dumps(said))
    found = discover([folder], tmp_path / "scratch")
    assert [(s.path, s.members) for s in found.sources] == [("a.json", ("b.json",))]


def test_implicit_contents_are_found_by_their_template(tmp_path: Path) -> None:
    listing = {"x/content/0/0/0.glb", "x/content/1/0/1.glb", "x/content/a.glb", "y/0/0/0.glb"}
    file = tmp_path / "tileset.json"
    file.write_text(json.dumps(tileset(content={"uri": "content/{level}/{x}/{y}.glb"})))
    assert loader.siblings("x/tileset.json", listing, file) == {
        "x/content/0/0/0.glb",
        "x/content/1/0/1.glb",
    }


def test_where_a_tileset_lies(tmp_path: Path) -> None:
    asset = probe(tmp_path / "r.json", tileset())
    assert asset.bbox_wgs84 == pytest.approx(tuple(np.degrees(REGION[:4])))
    there = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    x, y, z = there.transform(106.5, 29.5, 300.0)
    matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1]
    box = {"box": [0, 0, 0, 50, 0, 0, 0, 50, 0, 0, 0, 50]}
    asset = probe(tmp_path / "b.json", tileset(boundingVolume=box, transform=matrix))
    assert asset.bbox_wgs84 is not None
    west, south, east, north = asset.bbox_wgs84
    assert west < 106.5 < east
    assert south < 29.5 < north
    assert asset.vertical_datum == "EPSG:4979"
    # The Earth, and two continents whose common box is deep below the ground.
    earth = {"box": [9e5, 9e5, 1e6, 1.5e7, 0, 0, 0, 1.5e7, 0, 0, 0, 1.5e7]}
    assert probe(tmp_path / "e.json", tileset(boundingVolume=earth)).bbox_wgs84 == (
        -180, -90, 180, 90,
    )  # fmt: skip
    ends = np.array([there.transform(*p, 0.0) for p in ((4.0, 52.0), (139.0, 35.0))])
    middle, half = ends.mean(axis=0), np.abs(ends[1] - ends[0]) / 2 + 1e5
    wide = {"box": [*middle, *np.diag(half).ravel()]}
    west, south, east, north = probe(tmp_path / "w.json", tileset(boundingVolume=wide)).bbox_wgs84
    assert west <= 4 <= 139 <= east
    assert south <= 35 <= 52 <= north
    local = probe(tmp_path / "n.json", tileset(boundingVolume=box))
    assert local.bbox_wgs84 is None
    assert "crs-missing" in [p.code for p in local.problems]
    (name, table), *_ = loader.read(Source("b.json", tmp_path), asset, ReadOptions())
    assert table.schema.equals(STAGED[name])


@pytest.mark.parametrize(
    "change",
    [
        {"asset": {}},
        {"geometricError": -1},
        {"root": None},
        {"root": {"geometricError": 1}},
        {"root": {"boundingVolume": {"region": ["a"] * 6}, "geometricError": None}},
        {"root": {"boundingVolume": {"box": [1e400] * 12}, "transform": [1e400] * 16}},
        {"root": {"boundingVolume": {"box": [1]}, "geometricError": 1, "refine": "add"}},
    ],
)
def test_what_is_wrong_with_a_tileset(tmp_path: Path, change: dict[str, Any]) -> None:
    assert probe(tmp_path / "t.json", tileset() | change).problems


def test_lengths_that_headers_state(tmp_path: Path) -> None:
    subtree = b"subt" + struct.pack("<IQQ", 1, 8, 8) + bytes(16)
    assert probe(tmp_path / "a.subtree", subtree).problems == ()
    assert probe(tmp_path / "b.subtree", subtree[:-1]).problems
    codes = [
        p.code for p in probe(tmp_path / "a.b3dm", b"b3dm" + struct.pack("<II", 7, 12)).problems
    ]
    assert codes == ["version-unknown", "content-unreadable", "tile-alone"]


def test_an_archive_of_tiles(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("tileset.json", json.dumps(tileset()))
        archive.writestr("@3dtilesIndex1@", b"")
    head = Head(tmp_path / "a.3tz", "a.3tz", out.getvalue())
    assert probe(tmp_path / "a.3tz", out.getvalue()).counts == {"contents": 0, "tiles": 1}
    assert loader.sniff(head) > 0
    with pytest.raises(SourceUnreadable):
        probe(tmp_path / "b.3tz", b"x")


def test_real_files(shared_data: Path) -> None:
    tiles = shared_data / "tiles3d" / "CesiumGS-3d-tiles-validator"
    for file in sorted(tiles.rglob("*.gltf"))[:10]:
        head = Head(file, file.name, file.read_bytes()[:65_536])
        assert gltf.sniff(head) > loader.sniff(head)
        asset = gltf.probe(Source(file.name, file), ReadOptions())
        assert asset.kind == "mesh"
        assert asset.counts["meshes"] > 0
