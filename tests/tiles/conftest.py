"""A reader of 3D Tiles that shares no code with the writer, and the Khronos validator."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import meshoptimizer
import numpy as np
import pytest

NPM = Path(__file__).resolve().parents[1] / "npm"
TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
COMPONENT = {
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "INT32": "<i4",
    "FLOAT32": "<f4",
    "FLOAT64": "<f8",
}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def _octahedral(data: bytes) -> bytes:
    x, y, one, w = np.frombuffer(data, np.int8).reshape(-1, 4).astype(np.float64).T
    z = one - np.abs(x) - np.abs(y)
    under = np.minimum(z, 0)
    x, y = x + np.where(x >= 0, under, -under), y + np.where(y >= 0, under, -under)
    length = np.sqrt(x * x + y * y + z * z)
    out = np.stack([np.rint(v / length * 127) for v in (x, y, z)] + [w], axis=1)
    return out.astype(np.int8).tobytes()


def _exponential(data: bytes) -> bytes:
    word = np.frombuffer(data, "<i4")
    return np.ldexp((word << 8 >> 8).astype(np.float64), word >> 24).astype("<f4").tobytes()


UNFILTER: dict[str, Callable[[bytes], bytes]] = {
    "NONE": lambda data: data,
    "OCTAHEDRAL": _octahedral,
    "EXPONENTIAL": _exponential,
}


@dataclass
class Content:
    """One content with its tile: positions in the coordinates of the tileset's parent."""

    file: Path
    tile: dict[str, Any]
    depth: int
    world: np.ndarray
    json: dict[str, Any]
    binary: bytes

    def accessor(self, index: int) -> np.ndarray:
        a = self.json["accessors"][index]
        v = self.json["bufferViews"][a["bufferView"]]
        dtype, width = np.dtype(TYPES[a["componentType"]]), WIDTH[a["type"]]
        stride = v.get("byteStride", dtype.itemsize * width)
        start = a.get("byteOffset", 0)
        assert start % dtype.itemsize == 0
        raw = np.lib.stride_tricks.as_strided(
            np.frombuffer(self.unpacked(a["bufferView"]), np.uint8, offset=start),
            shape=(a["count"], dtype.itemsize * width),
            strides=(stride, 1),
        )
        values = np.ascontiguousarray(raw).view(dtype).reshape(-1, width)
        if "min" in a:
            assert values.min(axis=0).tolist() == a["min"]
            assert values.max(axis=0).tolist() == a["max"]
        return values

    def unpacked(self, view: int) -> bytes:
        """The bytes of a buffer view, decompressed where it is (EXT_meshopt_compression)."""
        v = self.json["bufferViews"][view]
        packed = v.get("extensions", {}).get("EXT_meshopt_compression")
        if packed is None:
            assert v["buffer"] == 0
            start = v.get("byteOffset", 0)
            return self.binary[start : start + v["byteLength"]]
        assert "EXT_meshopt_compression" in self.json["extensionsRequired"]
        spare = self.json["buffers"][v["buffer"]]
        assert spare["extensions"]["EXT_meshopt_compression"] == {"fallback": True}
        assert v["byteOffset"] + v["byteLength"] <= spare["byteLength"]
        count, stride = packed["count"], packed["byteStride"]
        assert count * stride == v["byteLength"]
        data = self.binary[packed["byteOffset"] : packed["byteOffset"] + packed["byteLength"]]
        if packed["mode"] == "TRIANGLES":
            assert data[0] in (0xE0, 0xE1)
            flat = meshoptimizer.decode_index_buffer(count, 4, data)
            return bytes(flat.astype(f"<u{stride}").tobytes())
        assert packed["mode"] == "ATTRIBUTES"
        assert v["byteStride"] == stride
        assert data[0] == 0xA0  # the one version that the extension knows
        raw = meshoptimizer.decode_vertex_buffer(count, stride, data, np.dtype((np.void, stride)))
        return UNFILTER[packed.get("filter", "NONE")](raw.tobytes())

    @property
    def primitives(self) -> list[dict[str, Any]]:
        return self.json["meshes"][0]["primitives"]

    def attribute(self, name: str, primitive: int = 0) -> np.ndarray:
        return self.accessor(self.primitives[primitive]["attributes"][name])

    def indices(self, primitive: int = 0) -> np.ndarray:
        return self.accessor(self.primitives[primitive]["indices"]).reshape(-1, 3).astype(int)

    def placed(self) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Positions (n, 3) in the axes of glTF and feature ids (n,) of all that is drawn."""
        (scene,) = self.json["scenes"]
        for at in scene["nodes"]:
            node = self.json["nodes"][at]
            assert not node.keys() & {"children", "matrix", "rotation"}
            scale, move = node.get("scale", [1, 1, 1]), node.get("translation", [0, 0, 0])
            copies = node.get("extensions", {}).get("EXT_mesh_gpu_instancing")
            seen = set()
            for primitive in self.json["meshes"][node["mesh"]]["primitives"]:
                attributes = primitive["attributes"]
                if attributes["POSITION"] in seen:
                    continue
                seen.add(attributes["POSITION"])
                positions = self.accessor(attributes["POSITION"]).astype(float)
                mine = None
                if "_FEATURE_ID_0" in attributes:
                    mine = self.accessor(attributes["_FEATURE_ID_0"])[:, 0]
                if copies is not None:
                    positions, mine = self._copied(node, copies["attributes"], positions)
                yield positions * scale + move, mine

    def _copied(
        self, node: dict[str, Any], said: dict[str, int], positions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        move, turn, scale = (
            self.accessor(said[name]).astype(float) for name in ("TRANSLATION", "ROTATION", "SCALE")
        )
        assert np.abs(np.linalg.norm(turn, axis=1) - 1).max() < 1e-5
        features = node["extensions"]["EXT_instance_features"]["featureIds"][0]
        ids = self.accessor(said[f"_FEATURE_ID_{features['attribute']}"])[:, 0]
        assert features["featureCount"] == len(np.unique(ids))
        grown = positions[None] * scale[:, None]
        axis, w = np.broadcast_to(turn[:, None, :3], grown.shape), turn[:, None, 3:]
        across = 2 * np.cross(axis, grown)
        placed = grown + w * across + np.cross(axis, across) + move[:, None]
        return placed.reshape(-1, 3), np.repeat(ids, len(positions))

    def local(self) -> np.ndarray:
        """Positions in the tile's frame, after the turn from y-up to z-up."""
        x, y, z = np.concatenate([positions for positions, _ in self.placed()]).T
        return np.stack([x, -z, y], axis=1)

    def earth(self) -> np.ndarray:
        return self.local() @ self.world[:3, :3].T + self.world[:3, 3]

    def features(self) -> np.ndarray:
        """The feature of each of the positions of `earth`."""
        found = [ids for _, ids in self.placed()]
        return np.concatenate([ids for ids in found if ids is not None]).astype(int)

    def table(self) -> dict[str, list[Any]]:
        """Columns of the property table; values of enumerations by their names, None for none."""
        meta = self.json["extensions"]["EXT_structural_metadata"]
        (table,) = meta["propertyTables"]
        schema = meta.get("schema")
        if schema is None:
            schema = json.loads((self.file.parent / meta["schemaUri"]).read_text())
        classes = schema["classes"][table["class"]]["properties"]
        out: dict[str, list[Any]] = {}
        for name, where in table["properties"].items():
            data, said = self._view(where["values"]), classes[name]
            if said["type"] == "STRING":
                offsets = COMPONENT[where.get("stringOffsetType", "UINT32")]
                at = np.frombuffer(self._view(where["stringOffsets"]), offsets)
                out[name] = [data[a:b].decode() for a, b in pairwise(at)]
                assert len(at) == table["count"] + 1
            elif said["type"] == "ENUM":
                enum = schema["enums"][said["enumType"]]
                names = {value["value"]: value["name"] for value in enum["values"]}
                numbers = np.frombuffer(data, COMPONENT[enum["valueType"]])
                found = [names[number] for number in numbers.tolist()]
                out[name] = [None if one == said["noData"] else one for one in found]
            else:
                out[name] = np.frombuffer(data, COMPONENT[said["componentType"]]).tolist()
            assert len(out[name]) == table["count"]
        return out

    def _view(self, index: int) -> bytes:
        v = self.json["bufferViews"][index]
        start = v.get("byteOffset", 0)
        assert start % 8 == 0
        return self.binary[start : start + v["byteLength"]]


def _glb(file: Path) -> tuple[dict[str, Any], bytes]:
    data = file.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<II", data, 12)
    assert kind == 0x4E4F534A
    binary = data[20 + size + 8 :]
    assert (20 + size) % 4 == 0
    return json.loads(data[20 : 20 + size]), binary


def _corners(box: list[float], world: np.ndarray) -> np.ndarray:
    centre, axes = np.array(box[:3]), np.array(box[3:]).reshape(3, 3)
    sign = np.array([[i & 4, i & 2, i & 1] for i in range(8)]) > 0
    points = centre + np.where(sign, 1.0, -1.0) @ axes
    return points @ world[:3, :3].T + world[:3, 3]


def inside(points: np.ndarray, box: list[float], world: np.ndarray, slack: float) -> bool:
    """Whether points, in the outer coordinates, lie in a tile's box."""
    local = (points - world[:3, 3]) @ np.linalg.inv(world[:3, :3]).T - np.array(box[:3])
    axes = np.array(box[3:]).reshape(3, 3)
    half = np.linalg.norm(axes, axis=1)
    return bool((np.abs(local @ (axes / half[:, None]).T) <= half + slack).all())


def contents(file: Path) -> Iterator[Content]:
    """All contents below a tileset; checks boxes, errors and the rules of the tree on the way."""
    yield from _tileset(file, np.eye(4), 0, [])


def _tileset(
    file: Path, world: np.ndarray, depth: int, outer: list[tuple[list[float], np.ndarray]]
) -> Iterator[Content]:
    whole = json.loads(file.read_text())
    assert whole["asset"]["version"] == "1.1"
    assert whole["geometricError"] >= whole["root"]["geometricError"]
    assert whole["root"]["refine"] in {"ADD", "REPLACE"}
    yield from _tile(file, whole, whole["root"], world, depth, outer)


def _tile(
    file: Path,
    whole: dict[str, Any],
    tile: dict[str, Any],
    world: np.ndarray,
    depth: int,
    outer: list[tuple[list[float], np.ndarray]],
) -> Iterator[Content]:
    if "transform" in tile:
        world = world @ np.array(tile["transform"]).reshape(4, 4).T
    box = tile["boundingVolume"]["box"]
    corners = _corners(box, world)
    for parent, frame in outer[-1:]:
        assert inside(corners, parent, frame, 1e-3), f"{file}: a box leaves its parent's"
    volumes = [*outer, (box, world)]
    if "content" in tile:
        target = file.parent / tile["content"]["uri"]
        if "group" in tile["content"]:
            assert tile["content"]["group"] < len(whole["groups"])
        if target.suffix == ".json":
            yield from _tileset(target, world, depth + 1, volumes)
        else:
            found = Content(target, tile, depth, world, *_glb(target))
            assert inside(found.earth(), box, world, 2e-6), f"{target}: content leaves its box"
            yield found
    for child in tile.get("children", ()):
        assert child["geometricError"] <= tile["geometricError"]
        yield from _tile(file, whole, child, world, depth + 1, volumes)


def second_reader(file: Path) -> list[dict[str, Any]]:
    """The primitives of a content as glTF-Transform reads them."""
    if not (NPM / "node_modules" / "@gltf-transform" / "core").is_dir():
        pytest.fail("glTF-Transform is not installed: run 'npm ci --prefix tests/npm'")
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, str(NPM / "read_glb.mjs")], input=str(file), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(folder: Path) -> dict[str, Any]:
    """What the Khronos validator says of all contents below a folder."""
    if not (NPM / "node_modules" / "gltf-validator").is_dir():
        pytest.fail("gltf-validator is not installed: run 'npm ci --prefix tests/npm'")
    files = "\n".join(str(f) for f in sorted(folder.rglob("*.glb")))
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, str(NPM / "validate_glb.mjs")], input=files, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {**lines[-1], "bad": lines[:-1]}


@pytest.fixture(scope="session")
def read_tiles() -> Callable[[Path], list[Content]]:
    return lambda file: list(contents(file))


@pytest.fixture(scope="session")
def read_content() -> Callable[[Path], Content]:
    """A content alone, as if its tile's frame were the outer coordinates."""
    return lambda file: Content(file, {}, 0, np.eye(4), *_glb(file))


@pytest.fixture(scope="session")
def gltf_judge() -> Callable[[Path], dict[str, Any]]:
    return judge


@pytest.fixture(scope="session")
def gltf_transform() -> Callable[[Path], list[dict[str, Any]]]:
    return second_reader
