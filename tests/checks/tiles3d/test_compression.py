"""Models whose vertices are compressed, or drawn many times over: looked at as if they were not."""

from __future__ import annotations

import base64
from typing import Any

import meshoptimizer
import numpy as np
import pytest

from .conftest import Look, tileset

EXT = "EXT_meshopt_compression"
CORNERS = np.array([[0, 0, 0, 0], [5, 0, 0, 0], [0, 5, 0, 0], [5, 5, 0, 0]], "<u2")
FACES = np.array([0, 1, 2, 2, 1, 3], np.uint32)


def inline(data: bytes) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


def packed(corners: np.ndarray = CORNERS, **inner: Any) -> dict[str, Any]:
    """A square of two triangles, quantized and compressed."""
    vertices = meshoptimizer.encode_vertex_buffer(corners, 4, 8)
    triangles = meshoptimizer.encode_index_buffer(FACES, 6, 4)
    data = vertices + triangles
    first = {"buffer": 0, "byteLength": len(vertices), "byteStride": 8, "count": 4,
             "mode": "ATTRIBUTES", **inner}  # fmt: skip
    second = {"buffer": 0, "byteOffset": len(vertices), "byteLength": len(triangles),
              "byteStride": 2, "count": 6, "mode": "TRIANGLES"}  # fmt: skip
    return {
        "asset": {"version": "2.0"},
        "extensionsUsed": [EXT, "KHR_mesh_quantization"],
        "extensionsRequired": [EXT, "KHR_mesh_quantization"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5123, "count": 4, "type": "VEC3",
             "min": [0, 0, 0], "max": [5, 5, 0]},
            {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 1, "byteLength": 32, "byteStride": 8, "target": 34962,
             "extensions": {EXT: first}},
            {"buffer": 1, "byteOffset": 32, "byteLength": 12, "target": 34963,
             "extensions": {EXT: second}},
        ],
        "buffers": [
            {"uri": inline(data), "byteLength": len(data)},
            {"byteLength": 44, "extensions": {EXT: {"fallback": True}}},
        ],
    }  # fmt: skip


def whole(model: dict[str, Any], **files: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return tileset(content={"uri": "m.gltf"}), {"m.gltf": model, **files}


def test_a_sound_one_is_sound(look: Look) -> None:
    said, files = whole(packed())
    assert look(said, **files) == []


def test_limits_are_held_against_what_is_unpacked(look: Look) -> None:
    model = packed()
    model["accessors"][0]["max"] = [6, 5, 0]
    said, files = whole(model)
    assert ("error", "limit-wrong", "m.gltf#/accessors/0/max") in look(said, **files)


def test_a_vertex_outside_of_the_box_is_seen(look: Look) -> None:
    far = CORNERS.copy()
    far[3, 0] = 50
    model = packed(far)
    model["accessors"][0]["max"] = [50, 5, 0]
    said, files = whole(model)
    assert any(word == "content-out-tile" for _, word, _ in look(said, **files))


def test_broken_bytes_are_told(look: Look) -> None:
    model = packed()
    raw = bytearray(base64.b64decode(model["buffers"][0]["uri"].partition(",")[2]))
    raw[0] ^= 0xFF
    model["buffers"][0]["uri"] = inline(bytes(raw))
    said, files = whole(model)
    assert ("error", "view-broken", "m.gltf#/bufferViews/0") in look(said, **files)


@pytest.mark.parametrize(
    ("inner", "word"),
    [
        ({"byteStride": 6}, "bytes-number"),
        ({"count": 5}, "bytes-number"),
        ({"mode": "POINTS"}, "choice-wrong"),
        ({"filter": "OCTAHEDRAL", "mode": "INDICES", "byteStride": 4, "count": 8}, "member-unfit"),
        ({"filter": "ROUND"}, "choice-wrong"),
        ({"buffer": 7}, "index-beyond"),
        ({"byteOffset": 4000}, "bytes-beyond"),
    ],
)
def test_what_cannot_be_is_told(look: Look, inner: dict[str, Any], word: str) -> None:
    said, files = whole(packed(**inner))
    assert word in {w for _, w, _ in look(said, **files)}


def test_filters_are_undone(look: Look) -> None:
    # Exponents: each number is a mantissa of 24 bits and an exponent of 8.
    real = np.array([[0, 0, 0], [5, 0, 0], [0, 5, 0]], "<f4")
    coded = meshoptimizer.encode_vertex_buffer(
        np.where(real == 0, 0, 5).astype("<i4"), 3, 12
    )  # mantissa 5, exponent 0
    model = packed()
    model["bufferViews"][0] = {
        "buffer": 1, "byteLength": 36, "byteStride": 12,
        "extensions": {EXT: {"buffer": 0, "byteLength": len(coded), "byteStride": 12, "count": 3,
                             "mode": "ATTRIBUTES", "filter": "EXPONENTIAL"}},
    }  # fmt: skip
    model["bufferViews"].pop()
    model["accessors"] = [
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3",
         "min": [0, 0, 0], "max": [5, 5, 0]}
    ]  # fmt: skip
    model["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}}]}]
    model["extensionsUsed"] = model["extensionsRequired"] = [EXT]
    model["buffers"] = [
        {"uri": inline(coded), "byteLength": len(coded)},
        {"byteLength": 36, "extensions": {EXT: {"fallback": True}}},
    ]
    said, files = whole(model)
    assert look(said, **files) == []
    model["accessors"][0]["max"] = [5, 6, 0]
    assert [word for _, word, _ in look(said, **files)] == ["limit-wrong"]


def copies(translation: np.ndarray, **attributes: Any) -> dict[str, Any]:
    model = packed()
    raw = translation.astype("<f4").tobytes()
    model["buffers"].append({"uri": inline(raw), "byteLength": len(raw)})
    model["bufferViews"].append({"buffer": 2, "byteLength": len(raw)})
    model["accessors"].append(
        {"bufferView": 2, "componentType": 5126, "count": len(translation), "type": "VEC3"}
    )
    model["extensionsUsed"].append("EXT_mesh_gpu_instancing")
    model["nodes"][0]["extensions"] = {
        "EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 2, **attributes}}
    }
    return model


def test_copies_are_held_against_the_box(look: Look) -> None:
    near = np.array([[0, 0, 0], [4, 0, 0]])
    said, files = whole(copies(near))
    assert look(said, **files) == []
    said, files = whole(copies(near + np.array([[0, 0, 0], [40, 0, 0]])))
    assert any(word == "content-out-tile" for _, word, _ in look(said, **files))


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"ROTATION": 2}, "attribute-form"),
        ({"SCALE": 9}, "index-beyond"),
        ({"COLOUR": 2}, "attribute-unknown"),
        ({"_FEATURE_ID_0": 1}, "attribute-counts"),
    ],
)
def test_attributes_of_copies_are_looked_at(
    look: Look, attributes: dict[str, Any], word: str
) -> None:
    said, files = whole(copies(np.zeros((2, 3)), **attributes))
    assert word in {w for _, w, _ in look(said, **files)}
