"""Tilesets as sources: implicit tilings, contents, metadata, archives, scene layers, damage."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ReadOptions, discover
from cimkit.loaders import tiles3d as loader
from cimkit.model import STAGED, Asset, Source
from cimkit.model.source import Depth

REGION = [1.858, 0.514, 1.859, 0.515, 10, 100]


def tile(**more: Any) -> dict[str, Any]:
    volume = {"region": REGION}
    return {"boundingVolume": volume, "geometricError": 10, "refine": "ADD"} | more


def tileset(root: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"asset": {"version": "1.1"}, "geometricError": 100, "root": root} | more


def glb() -> bytes:
    text = json.dumps(
        {
            "asset": {"version": "2.0", "copyright": "the city"},
            "extensionsUsed": ["EXT_mesh_features"],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
            "accessors": [{"count": 9, "componentType": 5126, "type": "VEC3"}],
        }
    ).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def tables(magic: bytes, feature: dict[str, Any], batch: dict[str, Any], rest: bytes) -> bytes:
    parts = [json.dumps(x).encode() if x else b"" for x in (feature, batch)]
    head = 32 if magic == b"i3dm" else 28
    parts[0] += b" " * (-(head + len(parts[0])) % 8)
    parts[1] += b" " * (-len(parts[1]) % 8)
    extra = struct.pack("<I", 1) if magic == b"i3dm" else b""
    lengths = struct.pack("<4I", len(parts[0]), 0, len(parts[1]), 0)
    body = lengths + extra + parts[0] + parts[1] + rest
    return magic + struct.pack("<II", 1, 12 + len(body)) + body


B3DM = tables(b"b3dm", {"BATCH_LENGTH": 3}, {"height": [1, 2, 3], "name": ["a", "b", "c"]}, glb())
I3DM = tables(b"i3dm", {"INSTANCES_LENGTH": 5}, {}, glb())
PNTS = tables(b"pnts", {"POINTS_LENGTH": 70}, {}, b"")
CMPT = b"cmpt" + struct.pack("<III", 1, 16 + len(B3DM) + len(I3DM), 2) + B3DM + I3DM


def deliver(folder: Path, files: dict[str, Any]) -> dict[str, Source]:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return {s.path: s for s in discover([folder], folder.parent / "scratch").sources}


def probe(source: Source, depth: Depth = "full") -> Asset:
    return loader.probe(source, ReadOptions(depth=depth))


def codes(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


@pytest.mark.keeps("3D Tiles", "geometry", "z", "crs", "vertical", "levels", "instances")
@pytest.mark.keeps("3D Tiles", "attributes", "statistics")
def test_contents_of_all_kinds(folder: Path) -> None:
    names = {"a.b3dm": B3DM, "b.i3dm": I3DM, "c.pnts": PNTS, "d.cmpt": CMPT, "e.glb": glb()}
    children = [tile(geometricError=1, content={"uri": n}) for n in names]
    sources = deliver(folder, {"tileset.json": tileset(tile(children=children)), **names})
    assert list(sources) == ["tileset.json"]
    asset = probe(sources["tileset.json"])
    assert asset.counts["tiles"] == 6
    assert asset.properties["tiles_per_level"] == {"0": 1, "1": 5}
    counted = {k: asset.counts[k] for k in ("b3dm", "i3dm", "pnts", "cmpt", "glTF")}
    assert counted == {"b3dm": 2, "i3dm": 2, "pnts": 1, "cmpt": 1, "glTF": 1}
    assert asset.counts["features"] == 6
    assert asset.counts["instances"] == 10
    assert asset.counts["points"] == 70
    assert asset.counts["triangles"] == 5 * 3
    assert asset.properties["batch_table"] == ["height", "name"]
    assert asset.properties["copyright"] == ["the city"]
    assert asset.properties["extensions"] == ["EXT_mesh_features"]
    assert asset.properties["content_bytes"] == sum(map(len, names.values()))
    assert asset.problems == ()
    assert (asset.crs, asset.vertical_datum) == ("EPSG:4979", "EPSG:4979")
    rows = dict(loader.read(sources["tileset.json"], asset, ReadOptions()))
    for name, table in rows.items():
        assert table.schema.equals(STAGED[name])
    (row,) = rows["objects"].to_pylist()
    assert (row["z_min"], row["z_max"]) == (10, 100)
    assert probe(sources["tileset.json"], "header").counts == {"tiles": 6, "contents": 5}


def bits(*indices: int, count: int) -> bytes:
    held = np.zeros(count, bool)
    held[list(indices)] = True
    return np.packbits(held, bitorder="little").tobytes().ljust(8, b"\0")


def subtree(tiles: Any, contents: Any, children: Any) -> bytes:
    binary, views, said = b"", [], {}
    given = {"tileAvailability": tiles, "childSubtreeAvailability": children}
    for key, value in (*given.items(), ("contentAvailability", contents)):
        if isinstance(value, bytes):
            views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(value)})
            binary += value
            entry: Any = {"bitstream": len(views) - 1}
        else:
            entry = {"constant": value}
        said[key] = [entry] if key == "contentAvailability" else entry
    said |= {"buffers": [{"byteLength": len(binary)}], "bufferViews": views}
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 8)
    return b"subt" + struct.pack("<IQQ", 1, len(text), len(binary)) + text + binary


def implicit(scheme: str = "QUADTREE", z: str = "") -> dict[str, Any]:
    return tileset(
        tile(
            content={"uri": f"c/{{level}}/{{x}}/{{y}}{z}.glb"},
            implicitTiling={
                "subdivisionScheme": scheme,
                "subtreeLevels": 2,
                "availableLevels": 4,
                "subtrees": {"uri": f"s/{{level}}/{{x}}/{{y}}{z}.subtree"},
            },
        )
    )


@pytest.mark.keeps("3D Tiles", "relations")
def test_an_implicit_quadtree(folder: Path) -> None:
    # the root and its child 2 (x 0, y 1); below that the subtree of its child 1 (x 1, y 2)
    root = subtree(bits(0, 3, count=5), bits(3, count=5), bits(9, count=16))
    below = subtree(True, bits(4, count=5), 0)
    files = {
        "tileset.json": implicit(),
        "s/0/0/0.subtree": root,
        "s/2/1/2.subtree": below,
        "c/1/0/1.glb": glb(),
    }
    sources = deliver(folder, files)
    assert list(sources) == ["tileset.json"]
    asset = probe(sources["tileset.json"])
    assert asset.counts["subtrees"] == 2
    assert asset.counts["tiles"] == 2 + 5
    assert asset.properties["tiles_per_level"] == {"0": 1, "1": 1, "2": 1, "3": 4}
    assert asset.counts["contents"] == 2
    assert asset.counts["glTF"] == 1
    (missing,) = [p for p in asset.problems if p.code == "content-missing"]
    assert missing.place == "c/3/3/5.glb"


def test_an_implicit_octree(folder: Path) -> None:
    root = subtree(True, False, False)
    said = implicit("OCTREE", "/{z}")
    asset = probe(
        deliver(folder, {"tileset.json": said, "s/0/0/0/0.subtree": root})["tileset.json"]
    )
    assert asset.counts["tiles"] == 9
    assert asset.problems == ()


def test_subtrees_that_are_missing_or_broken(folder: Path) -> None:
    asset = probe(deliver(folder, {"tileset.json": implicit()})["tileset.json"])
    assert "content-missing" in codes(asset)
    root = subtree(bits(0, count=5), False, True)
    sources = deliver(folder, {"s/0/0/0.subtree": root[:60]})
    assert "content-unreadable" in codes(probe(sources["tileset.json"]))
    sources = deliver(folder, {"s/0/0/0.subtree": root})
    (missing,) = [p for p in probe(sources["tileset.json"]).problems if "missing" in p.code]
    assert missing.got == "16 times"


@pytest.mark.keeps("3D Tiles", "semantics")
def test_metadata_and_its_schema(folder: Path) -> None:
    schema = {"id": "s", "classes": {"b": {"properties": {"h": {"type": "SCALAR"}}}}}
    root = tile(metadata={"class": "b", "properties": {"x": 1}})
    said = tileset(root, schemaUri="schema.json", metadata={"class": "none"})
    asset = probe(deliver(folder, {"tileset.json": said, "schema.json": schema})["tileset.json"])
    assert asset.members == () or asset.members
    assert asset.properties["schema"]["classes"] == {"b": {"h": "SCALAR"}}
    assert codes(asset).count("metadata-contradiction") == 2


@pytest.mark.keeps("3D Tiles", "contradictions")
def test_contents_packed_with_gzip(folder: Path) -> None:
    names = {"a.b3dm": B3DM, "b.i3dm": I3DM, "e.glb": glb()}
    children = [
        tile(geometricError=1, content={"uri": n}, transform=None, refine=None) for n in names
    ]
    said = tileset(tile(children=children, refine="add", content=None))
    plain = probe(deliver(folder, {"tileset.json": said, **names})["tileset.json"])
    packed = {n: gzip.compress(d, mtime=0) for n, d in names.items()}
    top = gzip.compress(json.dumps(said).encode(), mtime=0)
    sources = deliver(folder, {"tileset.json": top, **packed})
    assert sources["tileset.json"].members == tuple(names)
    asset = probe(sources["tileset.json"])
    assert (asset.counts, asset.problems) == (plain.counts, ())
    sources = deliver(folder, {"tileset.json": top, **packed | {"a.b3dm": packed["a.b3dm"][:-30]}})
    assert "content-unreadable" in codes(probe(sources["tileset.json"]))


def test_contents_that_are_not_what_they_say(folder: Path) -> None:
    files = {
        "long.b3dm": B3DM + b"more",
        "rows.b3dm": tables(b"b3dm", {"BATCH_LENGTH": 2}, {"h": [1]}, glb()),
        "cut.b3dm": B3DM[:40],
        "json.pnts": b"pnts" + struct.pack("<IIIIII", 1, 36, 8, 0, 0, 0) + b"{not js}",
        "c.cmpt": CMPT[:30],
        "text.glb": b"{}",
    }
    children = [tile(geometricError=1, content={"uri": n}) for n in (*files, "http://x/y.glb")]
    said = tileset(tile(children=children, geometricError=0.5, contents=[{"uri": "gone.glb"}]))
    asset = probe(deliver(folder, {"tileset.json": said, **files})["tileset.json"])
    assert {
        "length-contradiction",
        "batch-table-contradiction",
        "content-unreadable",
        "content-missing",
        "content-remote",
        "tileset-invalid",
    } <= set(codes(asset))


def test_many_of_one_kind_are_one(folder: Path) -> None:
    children = [tile(geometricError=1, content={"uri": f"{n}.glb"}) for n in range(40)]
    asset = probe(
        deliver(folder, {"tileset.json": tileset(tile(children=children))})["tileset.json"]
    )
    (missing,) = [p for p in asset.problems if p.code == "content-missing"]
    assert missing.got == "40 times"
    assert missing.place.endswith("and 35 more")


@pytest.mark.keeps("3D Tiles", "identity")
def test_an_archive_of_tiles(folder: Path) -> None:
    folder.mkdir()
    said = tileset(tile(content={"uri": "t/a.b3dm"}))
    with zipfile.ZipFile(folder / "a.3tz", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("tileset.json", json.dumps(said))
        out.writestr("t/a.b3dm", B3DM)
        out.writestr("@3dtilesIndex1@", b"")
    asset = probe(deliver(folder, {})["a.3tz"])
    assert asset.format == "3TZ, 3D Tiles 1.1"
    assert asset.counts["features"] == 3
    assert asset.bbox_wgs84 is not None


@pytest.mark.keeps("I3S", "geometry", "crs", "z", "attributes", "vertical", "damage")
def test_a_scene_layer(folder: Path) -> None:
    folder.mkdir()
    layer = {
        "layerType": "3DObject",
        "name": "buildings",
        "store": {"version": "1.7", "extent": [106.4, 29.5, 106.5, 29.6]},
        "fullExtent": {
            **{"xmin": 106.4, "ymin": 29.5, "xmax": 106.5, "ymax": 29.6},
            **{"zmin": 200, "zmax": 300},
            "spatialReference": {"wkid": 4326, "latestWkid": 4326, "vcsWkid": 115700},
        },
        "fields": [{"name": "height", "type": "esriFieldTypeDouble"}],
        "heightModelInfo": {"heightModel": "ellipsoidal"},
    }
    with zipfile.ZipFile(folder / "a.slpk", "w") as out:
        out.writestr("3dSceneLayer.json.gz", gzip.compress(json.dumps(layer).encode()))
        out.writestr("nodepages/0.json.gz", b"")
    source = deliver(folder, {})["a.slpk"]
    asset = probe(source)
    assert asset.format == "I3S 1.7"
    assert asset.bbox_wgs84 == pytest.approx((106.4, 29.5, 106.5, 29.6))
    assert asset.bbox == (106.4, 29.5, 200, 106.5, 29.6, 300)
    assert asset.vertical_datum == "EPSG:4979"
    assert asset.properties["fields"] == {"height": "esriFieldTypeDouble"}
    assert dict(loader.read(source, asset, ReadOptions()))["objects"].num_rows == 1
    (folder / "b.slpk").write_bytes((folder / "a.slpk").read_bytes()[:50])
    with pytest.raises(SourceUnreadable):
        probe(deliver(folder, {})["b.slpk"])


@pytest.mark.keeps("3D Tiles", "damage")
def test_damage(tmp_path: Path) -> None:
    chance = random.Random(4)
    seeds = {"a.b3dm": B3DM, "b.i3dm": I3DM, "c.pnts": PNTS, "d.cmpt": CMPT}
    seeds["t.json"] = json.dumps(tileset(tile(children=[tile()], content={"uri": "x"}))).encode()
    for name, raw in seeds.items():
        for n in range(60):
            data = bytearray(raw[: len(raw) * (n % 10 + 1) // 10])
            for _ in range(n // 10):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file = tmp_path / name
            file.write_bytes(data)
            with contextlib.suppress(SourceUnreadable):
                assert probe(Source(name, file)).problems


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [1], ["x"], [[]], [{}], -1, 1e400])
def test_any_value_anywhere(tmp_path: Path, value: Any) -> None:
    root = tile(
        transform=np.eye(4).ravel().tolist(),
        children=[tile()],
        content={"uri": "a.glb", "metadata": {"class": "b"}, "group": 0},
        contents=[{"uri": "b"}],
        metadata={"class": "b", "properties": {}},
        extensions={"3DTILES_multiple_contents": {"contents": []}},
        implicitTiling=None,
    )
    whole = tileset(
        root,
        schema={"classes": {"b": {"properties": {"x": {"type": "SCALAR"}}}}},
        groups=[{"class": "b"}],
        extensions={},
        extensionsUsed=[],
        metadata={},
        properties={},
    )
    file = tmp_path / "t.json"
    for part in (whole, root, root["content"], root["metadata"], whole["schema"]):
        for key, before in list(part.items()):
            part[key] = value
            file.write_text(json.dumps(whole))
            assert probe(Source("t.json", file)).kind == "tiles"
            part[key] = before
