"""Which files a tileset, its subtrees and its tiles take as their own."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from cimkit.loaders import discover
from cimkit.loaders._spec import Head
from cimkit.loaders.tiles3d import sniff
from cimkit.loaders.tiles3d.found import Found
from cimkit.loaders.tiles3d.implicit import walk_subtrees
from cimkit.loaders.tiles3d.named import named_files
from cimkit.loaders.tiles3d.store import FileStore
from cimkit.model import Source

SUBTREE = {
    "buffers": [{"uri": "../bits.bin", "byteLength": 8}],
    "bufferViews": [{"buffer": 0, "byteLength": 1}],
    "tileAvailability": {"bitstream": 0},
    "childSubtreeAvailability": {"constant": 0},
}
SCHEMA = {"id": "s", "classes": {"c": {"properties": {"p": {"type": "STRING"}}}}}


def glb(said: dict[str, Any]) -> bytes:
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text


def i3dm(body: bytes, form: int) -> bytes:
    return struct.pack("<4s7I", b"i3dm", 1, 32 + len(body), 0, 0, 0, 0, form) + body


def b3dm(body: bytes) -> bytes:
    return struct.pack("<4s6I", b"b3dm", 1, 28 + len(body), 0, 0, 0, 0) + body


def cmpt(*tiles: bytes) -> bytes:
    body = b"".join(tiles)
    return struct.pack("<4sIII", b"cmpt", 1, 16 + len(body), len(tiles)) + body


def binary_subtree() -> bytes:
    text = json.dumps(SUBTREE).encode()
    text += b" " * (-len(text) % 8)
    return b"subt" + struct.pack("<IQQ", 1, len(text), 0) + text


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (
            json.dumps({"schemaUri": "s.json", "root": {"content": {"uri": "a"}}}).encode(),
            "s.json a",
        ),
        (json.dumps(SUBTREE).encode(), "../bits.bin"),
        (binary_subtree(), "../bits.bin"),
        (i3dm(b"model.glb  ", 0), "model.glb"),
        (i3dm(glb({"images": [{"uri": "t.png"}]}), 1), "t.png"),
        (b3dm(glb({"images": [{"uri": "t.png"}]})), "t.png"),
        (cmpt(b3dm(glb({"images": [{"uri": "t.png"}]})), i3dm(b"m.glb", 0)), "t.png m.glb"),
        (b3dm(b""), ""),
    ],
)
def test_files_named(tmp_path: Path, data: bytes, names: str) -> None:
    file = tmp_path / "f"
    file.write_bytes(data)
    assert sorted(named_files(file)) == sorted(names.split())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"subt", "header"),
        (b"cmpt1234", "header"),
        (b"\x01\x02", "no JSON"),
        (b"subt" + b"\xff" * 24, "bytes of JSON"),
    ],
)
def test_what_is_cut_off_names_nothing(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "f"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=why):
        list(named_files(file))


def test_a_tileset_owns_what_its_parts_name(tmp_path: Path) -> None:
    tiling = {"subtrees": {"uri": "sub/{level}-{x}-{y}.json"}}
    root = {"geometricError": 1, "implicitTiling": tiling, "content": {"uri": "a.i3dm"}}
    files = {
        "tileset.json": json.dumps({"asset": {}, "geometricError": 2, "root": root}).encode(),
        "sub/0-0-0.json": json.dumps(SUBTREE).encode(),
        "bits.bin": bytes(8),
        "a.i3dm": i3dm(b"model.glb", 0),
        "model.glb": glb({"asset": {"version": "2.0"}}),
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = discover([tmp_path], tmp_path / "unpacked")
    assert {s.path: set(s.members) for s in found.sources} == {
        "tileset.json": set(files) - {"tileset.json"}
    }


@pytest.mark.parametrize(
    ("name", "said", "score"),
    [
        ("0.json", SUBTREE, 40),
        ("schema.json", SCHEMA, 40),
        ("m.gltf", {"extensions": {"EXT_structural_metadata": {"schema": SCHEMA}}}, 0),
        ("m.json", {"asset": {}, "schema": SCHEMA}, 0),
        ("j.json", {"classes": {}, "properties": {"a": {"type": "string"}}}, 0),
    ],
)
def test_parts_of_a_tileset_are_known(name: str, said: Any, score: int, tmp_path: Path) -> None:
    assert sniff(Head(tmp_path / name, name, json.dumps(said).encode())) == score


def test_subtrees_too_wide_for_the_memory_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text(json.dumps(SUBTREE))
    source = Source("0.json", tmp_path / "0.json", ())
    tiling = {"subdivisionScheme": "OCTREE", "subtreeLevels": 15, "subtrees": {"uri": "0.json"}}
    found = Found()
    assert not walk_subtrees(tiling, [], "tileset.json", 0, FileStore(source), found)
    assert [p.code for p in found.problems()] == ["tiles-uncounted"]
