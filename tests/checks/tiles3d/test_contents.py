"""Contents of tiles: containers, tables, models, and where they lie."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from typing import Any

import pytest

from .conftest import BOX, Look, tileset

TRIANGLE = struct.pack("<9f", 0, 0, 0, 5, 0, 0, 0, 5, 0)
UP = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def model(data: bytes = TRIANGLE, **more: Any) -> dict[str, Any]:
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [5, 5, 0],
            }
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"uri": uri, "byteLength": 36}],
        **more,
    }


def glb() -> bytes:
    said = model()
    said["buffers"] = [{"byteLength": 36}]
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    body += struct.pack("<II", 36, 0x004E4942) + TRIANGLE
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def tabled(magic: bytes, features: dict[str, Any], binary: bytes = b"", body: bytes = b"") -> bytes:
    head = 32 if magic == b"i3dm" else 28
    text = json.dumps(features).encode()
    text += b" " * (-(head + len(text)) % 8)
    binary += bytes(-len(binary) % 8)
    body += bytes(-len(body) % 8)
    form = struct.pack("<I", 1) if magic == b"i3dm" else b""
    lengths = struct.pack("<4I", len(text), len(binary), 0, 0)
    size = head + len(text) + len(binary) + len(body)
    return magic + struct.pack("<II", 1, size) + lengths + form + text + binary + body


def told(look: Look, data: bytes | dict[str, Any], **root: Any) -> list[str]:
    said = tileset(content={"uri": "a.bin"}, **root)
    return [w for s, w, _ in look(said, **{"a.bin": data}) if s == "error"]


POINTS = {"POINTS_LENGTH": 2, "POSITION": {"byteOffset": 0}}
TWO = struct.pack("<6f", 0, 0, 0, 1, 1, 1)


def test_sound_contents_are_silent(look: Look) -> None:
    for data in (
        tabled(b"b3dm", {"BATCH_LENGTH": 0}, body=glb()),
        tabled(b"i3dm", {"INSTANCES_LENGTH": 2, "POSITION": {"byteOffset": 0}}, TWO, glb()),
        tabled(b"pnts", POINTS, TWO),
        glb(),
        model(),
        gzip.compress(glb()),
    ):
        assert told(look, data) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"b3dm", ["bytes-number"]),
        (tabled(b"pnts", POINTS, TWO)[:-8], ["bytes-number"]),
        (b"pnts" + struct.pack("<I", 2) + tabled(b"pnts", POINTS, TWO)[8:], ["version-unknown"]),
        (tabled(b"pnts", {"POINTS_LENGTH": 2}), ["member-missing"]),
        (tabled(b"pnts", {"POSITION": {"byteOffset": 0}}, TWO), ["member-missing"]),
        (tabled(b"pnts", {**POINTS, "POINTS_LENGTH": 9}, TWO), ["bytes-beyond"]),
        (tabled(b"pnts", {**POINTS, "HUE": 1}, TWO), ["name-unknown"]),
        (tabled(b"pnts", {**POINTS, "BATCH_ID": {"byteOffset": 0}}, TWO), ["member-missing"]),
        (tabled(b"pnts", {**POINTS, "RTC_CENTER": [1, 2]}, TWO), ["length-wrong"]),
        (tabled(b"b3dm", {}, body=glb()), ["member-missing"]),
        (tabled(b"b3dm", {"BATCH_LENGTH": 1}, body=glb()[:40]), ["bytes-number"]),
        (
            tabled(b"i3dm", {"INSTANCES_LENGTH": 1, "POSITION": [0, 0, 0], "NORMAL_UP": [0, 0, 1]},
                   body=glb()),
            ["member-missing"],
        ),
    ],
)  # fmt: skip
def test_tables_that_cannot_be(look: Look, data: bytes, words: list[str]) -> None:
    assert told(look, data) == words


def test_composites_hold_tiles(look: Look) -> None:
    def composite(*tiles: bytes, count: int | None = None) -> bytes:
        many = len(tiles) if count is None else count
        body = b"".join(tiles)
        return b"cmpt" + struct.pack("<III", 1, 16 + len(body), many) + body

    points = tabled(b"pnts", POINTS, TWO)
    assert told(look, composite(points, composite(points))) == []
    assert told(look, composite(points, count=2)) == ["bytes-number"]
    assert told(look, composite(b"glTF" + points[4:])) == ["magic-wrong"]
    broken = tabled(b"pnts", {"POINTS_LENGTH": 2})
    said = tileset(content={"uri": "a.cmpt"})
    assert ("error", "member-missing", "a.cmpt[0][0]#/featureTable") in look(
        said, **{"a.cmpt": composite(composite(broken))}
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"asset": {"version": "2.0", "minVersion": 3}}, ["type-wrong"]),
        ({"nodes": [{"mesh": 4}]}, ["index-beyond"]),
        ({"nodes": [{"mesh": 0, "children": [0]}]}, ["node-ring", "node-not-root"]),
        ({"nodes": [{"mesh": 0, "rotation": [0, 0, 0, 0.5]}]}, ["vector-not-unit"]),
        ({"nodes": [{"mesh": 0, "matrix": UP, "scale": [1, 1, 1]}]}, ["both-given"]),
        ({"bufferViews": [{"buffer": 0, "byteLength": 99}]}, ["bytes-beyond"]),
        ({"extensionsRequired": ["A_b"]}, ["extension-required-unused"]),
        ({"nodes": [{"mesh": 0, "extensions": {"A_b": {}}}]}, ["extension-undeclared"]),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOUR": 0}}]}]},
         ["attribute-unknown"]),
        ({"images": [{"uri": "none.png"}]}, ["file-missing"]),
    ],
)  # fmt: skip
def test_models_that_cannot_be(look: Look, more: dict[str, Any], words: list[str]) -> None:
    assert told(look, model(**more)) == words


def test_limits_of_positions_are_those_of_the_values(look: Look) -> None:
    said = model()
    said["accessors"][0]["max"] = [4, 5, 0]
    assert told(look, said) == ["limit-wrong"]
    assert "number-unreal" in told(look, model(struct.pack("<9f", *[float("nan")] * 9)))


def test_features_and_their_rows(look: Look) -> None:
    def features(*ids: float, **one: Any) -> list[str]:
        said = model(TRIANGLE + struct.pack("<3f", *ids))
        said["buffers"][0]["byteLength"] = 48
        said["bufferViews"].append({"buffer": 0, "byteOffset": 36, "byteLength": 12})
        said["accessors"].append(
            {"bufferView": 1, "componentType": 5126, "count": 3, "type": "SCALAR"}
        )
        primitive = said["meshes"][0]["primitives"][0]
        primitive["attributes"]["_FEATURE_ID_0"] = 1
        ids_ = {"featureIds": [{"featureCount": 2, "attribute": 0, **one}]}
        primitive["extensions"] = {"EXT_mesh_features": ids_}
        said["extensionsUsed"] = ["EXT_mesh_features"]
        return told(look, said)

    assert features(0, 1, 1) == []
    assert features(0, 1, 2) == ["features-number"]
    assert features(0, 1, 2, nullFeatureId=2) == []
    assert features(0, 1, 1, attribute=1) == ["name-unknown"]
    assert features(0, 1, 1, featureCount=0) == ["range-wrong"]
    assert features(0, 1, 1, label="a b") == ["pattern-wrong"]
    assert features(0, 1, 1, propertyTable=0) == ["index-beyond"]


def test_what_lies_outside_of_its_tile_is_told_with_how_far(look: Look) -> None:
    assert told(look, model()) == []
    moved = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 8, 0, 0, 1]
    # The tile is moved with its content, and both out of the box above.
    child = {"boundingVolume": BOX, "geometricError": 0, "transform": moved,
             "content": {"uri": "a.bin"}}  # fmt: skip
    rows = look(tileset(children=[child]), **{"a.bin": model()})
    assert rows == [("error", "content-out-above", "/root/children/0/content")]
    low = {"box": [0, 0, -20, 10, 0, 0, 0, 10, 0, 0, 0, 10]}
    assert told(look, model(), boundingVolume=low) == ["content-out-tile"]
    own = {"uri": "a.bin", "boundingVolume": {"sphere": [0, 0, 0, 1]}}
    rows = look(tileset(content=own), **{"a.bin": model()})
    assert [w for _, w, _ in rows] == ["content-out-own"]


def test_what_a_content_may_be(look: Look) -> None:
    rows = look(tileset(content={"uri": "a.jpg"}), **{"a.jpg": b"\xff\xd8\xff\xe0 picture"})
    assert [(s, w) for s, w, _ in rows] == [("warning", "content-unknown")]
    legacy = b"vctr" + struct.pack("<II", 1, 12)
    rows = look(tileset(content={"uri": "a.vctr"}), **{"a.vctr": legacy})
    assert [(s, w) for s, w, _ in rows] == [("info", "content-legacy")]
    old = {"asset": {"version": "1.0"}}
    rows = look(tileset(old, content={"uri": "a.gltf"}), **{"a.gltf": model()})
    assert [w for _, w, _ in rows] == ["extension-undeclared"]
