"""Implicit tilings and their subtrees."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from .conftest import Look, tileset

TILING = {
    "subdivisionScheme": "QUADTREE",
    "subtreeLevels": 2,
    "availableLevels": 2,
    "subtrees": {"uri": "s/{level}.{x}.{y}.subtree"},
}
URI = "c/{level}_{x}_{y}.pnts"


def subtree(bits: int = 0b11111, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(bytes([bits])).decode()
    return {
        "buffers": [{"uri": f"data:application/octet-stream;base64,{data}", "byteLength": 1}],
        "bufferViews": [{"buffer": 0, "byteLength": 1}],
        "tileAvailability": {"bitstream": 0},
        "childSubtreeAvailability": {"constant": 0},
        **more,
    }


def told(look: Look, tree: Any, tiling: dict[str, Any] | None = None, **root: Any) -> list[str]:
    files = {} if tree is None else {"s/0.0.0.subtree": tree}
    said = tileset(implicitTiling={**TILING, **(tiling or {})}, **root)
    return [w for s, w, _ in look(said, **files) if s != "info"]


def test_a_sound_tiling(look: Look) -> None:
    assert told(look, subtree()) == []
    assert (
        told(look, subtree(0b00011, tileAvailability={"bitstream": 0, "availableCount": 2})) == []
    )


@pytest.mark.parametrize(
    ("tiling", "word"),
    [
        ({"subdivisionScheme": "HEXTREE"}, "choice-wrong"),
        ({"subtreeLevels": 0}, "range-wrong"),
        ({"availableLevels": "6"}, "type-wrong"),
        ({"subtrees": {}}, "member-missing"),
        ({"subtrees": {"uri": 5}}, "type-wrong"),
        ({"subtrees": {"uri": "{level}.{x}.{y}.{w}"}}, "template-unknown"),
    ],
)
def test_tilings_that_cannot_be(look: Look, tiling: dict[str, Any], word: str) -> None:
    assert told(look, subtree(), tiling) == [word]


@pytest.mark.parametrize(
    "root",
    [
        {"children": []},
        {"metadata": {"class": "c"}},
        {"boundingVolume": {"sphere": [0, 0, 0, 1]}},
        {"content": {"uri": URI, "boundingVolume": {"sphere": [0, 0, 0, 1]}}},
    ],
)
def test_members_that_a_tiling_excludes(look: Look, root: dict[str, Any]) -> None:
    assert "implicit-member" in told(look, subtree(), **root)


@pytest.mark.parametrize(
    ("tree", "word"),
    [
        (None, "file-missing"),
        (b"nonsense", "magic-wrong"),
        (subtree(0b11110), "tile-without-parent"),
        (subtree(tileAvailability={}), "member-missing"),
        (subtree(tileAvailability={"bitstream": 0, "constant": 1}), "both-given"),
        (subtree(tileAvailability={"constant": 2}), "choice-wrong"),
        (subtree(tileAvailability={"bitstream": 3}), "index-beyond"),
        (subtree(tileAvailability={"bitstream": 0, "availableCount": 4}), "available-number"),
        (subtree(bufferViews=[{"buffer": 0, "byteLength": 2}]), "bytes-beyond"),
        (subtree(buffers=[]), "length-wrong"),
        (subtree(childSubtreeAvailability=None), "member-missing"),
        (subtree(contentAvailability=[]), "length-wrong"),
        (subtree(contentAvailability={"constant": 0}), "type-wrong"),
        (subtree(tileMetadata=0), "member-missing"),
        (subtree(0b00001, childSubtreeAvailability={"constant": 1}), "tile-without-parent"),
    ],
)
def test_subtrees_that_cannot_be(look: Look, tree: Any, word: str) -> None:
    assert word in told(look, tree)


def test_the_container_of_a_subtree(look: Look) -> None:
    said = subtree()
    said["buffers"] = [{"byteLength": 8}]
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 8)

    def packed(version: int = 1, cut: int = 0, texts: int = len(text)) -> bytes:
        head = b"subt" + struct.pack("<IQQ", version, texts, 8)
        return (head + text + bytes([0b11111] + [0] * 7))[: -cut or None]

    assert told(look, packed()) == []
    assert told(look, packed(version=2)) == ["version-unknown"]
    assert told(look, packed(cut=1)) == ["bytes-number"]
    assert told(look, packed(texts=len(text) - 4)) == ["bytes-misaligned"]


def test_contents_that_the_bits_promise(look: Look) -> None:
    content = {"content": {"uri": URI}}
    tree = subtree(contentAvailability=[{"constant": 1}])
    assert told(look, tree, **content) == ["file-missing"] * 5
    stray = subtree(0b00001, contentAvailability=[{"constant": 1}])
    assert "content-without-tile" in told(look, stray, **content)


def test_property_tables_of_subtrees(look: Look) -> None:
    schema = {"id": "s", "classes": {"t": {"properties": {
        "h": {"type": "SCALAR", "componentType": "UINT8", "max": 9}}}}}  # fmt: skip

    def run(count: int, *values: int, **table: Any) -> list[str]:
        data = base64.b64encode(bytes([0b11111, *values])).decode()
        tree = subtree(
            buffers=[{"uri": f"data:;base64,{data}", "byteLength": 1 + len(values)}],
            bufferViews=[
                {"buffer": 0, "byteLength": 1},
                {"buffer": 0, "byteOffset": 1, "byteLength": len(values)},
            ],
            propertyTables=[
                {"class": "t", "count": count, "properties": {"h": {"values": 1}}, **table}
            ],
            tileMetadata=0,
        )
        said = tileset({"schema": schema}, implicitTiling=TILING)
        return [w for _, w, _ in look(said, **{"s/0.0.0.subtree": tree})]

    assert run(5, 1, 2, 3, 4, 9) == []
    assert run(5, 1, 2, 3, 4, 10) == ["value-beyond"]
    assert run(5, 1, 2, 3) == ["bytes-number"]
    assert run(3, 1, 2, 3) == ["rows-number"]
    assert run(5, 1, 2, 3, 4, 9, **{"class": "u"}) == ["name-unknown"]
