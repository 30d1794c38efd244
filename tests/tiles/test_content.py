from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cimkit.geometry.frames import enu_frame
from cimkit.tiles import Instances, Mesh, content_glb, quantized
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.instancing import quaternions, rotations
from cimkit.tiles.mesh import face_normals, split_creases

FRAME = enu_frame([-1_576_883.859, 5_323_470.691, 3_129_104.293])
ENCODINGS = {
    "usual": Encoding(),
    "quantized": Encoding(meshopt=False),
    "compressed": Encoding(quantize=False),
    "plain": Encoding(quantize=False, meshopt=False),
}
Read = Callable[[Path], Any]


def table(count: int, **columns: Any) -> pa.Table:
    return pa.table({"object_id": [f"o{i}" for i in range(count)], **columns})


def outer(local: np.ndarray) -> np.ndarray:
    return local @ FRAME[:3, :3].T + FRAME[:3, 3]


def soup(seed: int, triangles: int, extent: float, features: int = 7) -> Mesh:
    """Triangles of a metre or so all over a cube, in no order."""
    rng = np.random.default_rng(seed)
    middle = (rng.random((triangles, 1, 3)) - 0.5) * (extent - 2)
    corners = middle + rng.uniform(-1, 1, (triangles, 3, 3))
    vertex, indices = split_creases(corners.reshape(-1, 3), np.arange(3 * triangles).reshape(-1, 3))
    feature = np.repeat(rng.integers(0, features, triangles), 3)
    color = rng.integers(0, 256, (triangles, 4)).astype(np.uint8)
    color[::2, 3] = 255
    return Mesh(
        outer(corners.reshape(-1, 3))[vertex],
        indices,
        feature[vertex],
        np.repeat(color, 3, axis=0)[vertex],
    )


def put(folder: Path, *parts: Mesh | Instances, rows: int = 7, **more: Any) -> Path:
    written = content_glb(parts, FRAME, more.pop("features", table(rows)), **more)
    assert written is not None
    file = folder / "one.glb"
    file.write_bytes(written.data)
    return file


def local(mesh: Mesh) -> np.ndarray:
    return (mesh.positions - FRAME[:3, 3]) @ FRAME[:3, :3]


def nearest(wanted: np.ndarray, found: np.ndarray) -> float:
    """The farthest that a wanted place is from all found ones."""
    return max(float(np.linalg.norm(found - one, axis=1).min()) for one in wanted)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    triangles=st.integers(1, 60),
    extent=st.sampled_from([3.0, 31.0, 40.0, 63.9, 65.0, 900.0, 4_000.0, 15_900.0]),
    encoding=st.sampled_from(sorted(ENCODINGS)),
)
def test_every_corner_comes_back_within_a_millimetre(
    tmp_path: Path, read_content: Read, seed: int, triangles: int, extent: float, encoding: str
) -> None:
    mesh = soup(seed, triangles, extent)
    one = read_content(put(tmp_path, mesh, encoding=ENCODINGS[encoding]))
    positions, features = one.local(), one.features()
    # A corner, its feature and its colour stay together.
    shades = one.attribute("COLOR_0")
    was = np.concatenate([local(mesh), mesh.feature[:, None], mesh.color], axis=1)
    now = np.concatenate([positions, features[:, None], shades], axis=1)
    corners = [was[mesh.indices.reshape(-1)]]
    drawn = np.concatenate([one.indices(i).reshape(-1) for i in range(len(one.primitives))])
    corners.append(now[drawn])
    assert len(corners[0]) == len(corners[1])
    for feature in range(7):
        mine, read = (c[c[:, 3] == feature] for c in corners)
        assert len(mine) == len(read)
        if len(mine):
            bound = 0.00086 if extent < 8_000 or encoding in ("usual", "quantized") else 0.0009
            assert nearest(mine[:, :3], read[:, :3]) <= bound
            assert nearest(read[:, :3], mine[:, :3]) <= bound
            assert sorted(map(tuple, mine[:, 4:])) == sorted(map(tuple, read[:, 4:]))


def test_small_contents_have_short_positions_and_wide_ones_real_ones(
    tmp_path: Path, read_content: Read
) -> None:
    for extent, kind, step in ((31.0, 5123, 2.0**-11), (60.0, 5123, 2.0**-10), (900.0, 5126, 0)):
        one = read_content(put(tmp_path, soup(1, 40, extent)))
        position = one.json["accessors"][one.primitives[0]["attributes"]["POSITION"]]
        assert position["componentType"] == kind
        assert one.json["nodes"][0].get("scale", [0])[0] == step


def test_feature_ids_have_the_width_they_need() -> None:
    for most, kind, stride in ((65_535, "<u2", 4), (65_536, "<f4", 4), (1 << 24, "<f4", 4)):
        stored = quantized.features(np.array([0, most - 1, most]))
        assert stored.values.dtype == kind
        assert stored.values.strides[0] == stride
        assert stored.values[:, 0].tolist() == [0, most - 1, most]
    with pytest.raises(ValueError, match="float32"):
        quantized.features(np.array([(1 << 24) + 1]))


def test_normals_are_those_of_the_faces(tmp_path: Path, read_content: Read) -> None:
    mesh = soup(3, 200, 60.0)
    for encoding in ENCODINGS.values():
        one = read_content(put(tmp_path, mesh, encoding=encoding))
        at, normals = one.local(), one.attribute("NORMAL").astype(float)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        x, y, z = normals.T
        for i in range(len(one.primitives)):
            indices = one.indices(i)
            faces = face_normals(at, indices)
            solid = np.linalg.norm(faces, axis=1) > 0.2  # others are turned by their rounding
            unit = faces / np.linalg.norm(faces, axis=1, keepdims=True)
            mine = np.stack([x, -z, y], axis=1)[indices[:, 0]]
            assert ((unit * mine).sum(axis=1)[solid] > np.cos(np.radians(2))).all()


def test_compression_and_quantization_pay(tmp_path: Path) -> None:
    mesh = soup(5, 4000, 700.0)
    size = {
        name: put(tmp_path, mesh, encoding=encoding).stat().st_size
        for name, encoding in ENCODINGS.items()
    }
    assert size["usual"] < 0.5 * size["plain"]
    assert size["usual"] < size["compressed"] < size["plain"]


def test_equal_vertices_are_shared(tmp_path: Path, read_content: Read) -> None:
    corners = np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]], float)
    twice = np.concatenate([corners[[0, 1, 2]], corners[[0, 2, 3]]])
    mesh = Mesh(outer(twice), np.arange(6).reshape(2, 3), np.zeros(6, np.int64))
    one = read_content(put(tmp_path, mesh, rows=1))
    assert len(one.local()) == 4
    assert one.indices().shape == (2, 3)


def test_only_what_is_drawn_is_counted(tmp_path: Path, read_content: Read) -> None:
    mesh = soup(1, 4, 20.0)
    lone = replace(mesh, feature=np.array([0, 0, 0, 3, 3, 3, 5, 5, 5, 3, 3, 3]))
    one = read_content(put(tmp_path, lone))
    (ids,) = one.primitives[0]["extensions"]["EXT_mesh_features"]["featureIds"]
    assert ids == {"featureCount": 3, "attribute": 0, "propertyTable": 0}
    flat = Mesh(outer(np.zeros((3, 3))), np.array([[0, 1, 2]]), np.zeros(3, np.int64))
    assert content_glb([flat], FRAME, table(1)) is None


def forest(count: int, seed: int = 2) -> Instances:
    rng = np.random.default_rng(seed)
    corners = np.array([[0.1, 0, 0], [-0.1, 0.1, 0], [-0.1, -0.1, 0], [0, 0, 1.0]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    vertex, faces = split_creases(corners, faces)
    turns = rng.normal(size=(count, 4))
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    return Instances(
        Mesh(corners[vertex], faces, np.empty(0, np.int64)),
        outer((rng.random((count, 3)) - 0.5) * [900, 900, 20]),
        rotations(turns),
        rng.uniform(2, 25, (count, 3)),
        np.arange(count) // 2,
    )


def stand(copies: Instances) -> np.ndarray:
    grown = copies.template.positions[None] * copies.scale[:, None]
    at = np.einsum("nij,nkj->nki", copies.turn, grown) + copies.position[:, None]
    return ((at - FRAME[:3, 3]) @ FRAME[:3, :3]).reshape(-1, 3)


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_copies_stand_where_they_should(tmp_path: Path, read_content: Read, encoding: str) -> None:
    copies = forest(40)
    written = content_glb([copies], FRAME, table(20), encoding=ENCODINGS[encoding])
    assert written is not None
    file = tmp_path / "one.glb"
    file.write_bytes(written.data)
    one = read_content(file)
    assert len(one.local()) == 40 * len(copies.template.positions)
    found = one.local().reshape(40, -1, 3)
    wanted = stand(copies).reshape(40, -1, 3)
    for mine, own in zip(found, wanted, strict=True):
        assert nearest(own, mine) < 0.001
    assert one.features().reshape(40, -1)[:, 0].tolist() == copies.feature.tolist()
    low, high = one.local().min(axis=0), one.local().max(axis=0)
    assert (written.low <= low).all()
    assert (written.high >= high).all()
    assert np.abs(written.low - low).max() < 1e-3
    # A viewer that takes the template's size for that of the copies is not misled.
    assert one.accessor(one.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]
                        ["attributes"]["SCALE"]).max() <= 1.0  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 4), min_size=1, max_size=20))
def test_rotations_and_quaternions_are_inverse(turns: list[tuple[float, ...]]) -> None:
    given_ = np.array([turn for turn in turns if np.linalg.norm(turn) > 0.1] or [(0, 0, 0, 1.0)])
    given_ /= np.linalg.norm(given_, axis=1, keepdims=True)
    again = quaternions(rotations(given_))
    assert np.abs(np.abs((again * given_).sum(axis=1)) - 1).max() < 1e-9
    assert np.abs(rotations(again) - rotations(given_)).max() < 1e-9


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 8), (200, 30, 10)).save(out, form)
    return out.getvalue()


def poster(form: str, feature: int, **more: Any) -> Mesh:
    at = np.array([[0, 0, 0], [4, 0, 0], [4, 0, 3], [0, 0, 3]], float)
    at[:, 0] += feature * 5
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return Mesh(outer(at), faces, np.full(4, feature), None, uv, picture(form), **more)


def test_textures_are_embedded_once_each(
    tmp_path: Path, read_content: Read, gltf_judge: Any
) -> None:
    parts = [poster("JPEG", 0), poster("JPEG", 1), poster("PNG", 2, unlit=True), soup(1, 9, 20.0)]
    one = read_content(put(tmp_path, *parts, forest(5)))
    assert [image["mimeType"] for image in one.json["images"]] == ["image/jpeg", "image/png"]
    first = one.json["images"][0]["bufferView"]
    assert one.unpacked(first) == picture("JPEG")
    lit = [m for m in one.json["materials"] if "KHR_materials_unlit" in m.get("extensions", {})]
    assert [m["pbrMetallicRoughness"]["baseColorTexture"]["index"] for m in lit] == [1]
    textured = [p for p in one.primitives if "TEXCOORD_0" in p["attributes"]]
    assert len(textured) == 2
    uv = one.accessor(textured[0]["attributes"]["TEXCOORD_0"]) / 65535
    at, features = next(iter(one.placed()))
    assert np.allclose(uv[:, 0], (at[:, 0] - 5 * features) / 4, atol=1e-3)
    assert np.allclose(uv[:, 1], 1 - at[:, 1] / 3, atol=1e-3)
    assert gltf_judge(tmp_path) == {"files": 1, "errors": 0, "warnings": 0, "bad": []}


def test_webp_is_said_to_be_needed(tmp_path: Path, read_content: Read) -> None:
    one = read_content(put(tmp_path, poster("WEBP", 0)))
    assert "EXT_texture_webp" in one.json["extensionsRequired"]
    assert one.json["textures"] == [
        {"sampler": 0, "extensions": {"EXT_texture_webp": {"source": 0}}}
    ]


@pytest.mark.parametrize("extent", [30.0, 800.0])
def test_a_second_reader_reads_the_same(
    tmp_path: Path, read_content: Read, gltf_transform: Any, extent: float
) -> None:
    file = put(tmp_path, soup(4, 300, extent), poster("PNG", 2, unlit=True), forest(9))
    one = read_content(file)
    read = gltf_transform(file)
    assert [p["alpha"] for p in read[:2]] == ["OPAQUE", "BLEND"]
    assert [(p["image"], p["unlit"]) for p in read[2:]] == [("image/png", True), (None, False)]
    distinct = [read[0], *read[2:]]  # the second has the vertices of the first
    for theirs, (positions, features) in zip(distinct, one.placed(), strict=True):
        assert np.abs(np.array(theirs["positions"]) - positions).max() < 1e-5
        if theirs["features"][0] is not None:
            assert theirs["features"] == features.tolist()
        lengths = np.linalg.norm(theirs["normals"], axis=1)
        assert np.abs(lengths - 1).max() < 0.02
    for i, theirs in enumerate(read[:3]):
        assert theirs["indices"] == one.indices(i).reshape(-1).tolist()


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_the_validator_finds_nothing(tmp_path: Path, gltf_judge: Any, encoding: str) -> None:
    put(tmp_path, soup(1, 500, 800.0), poster("PNG", 1), forest(30), rows=15,
        encoding=ENCODINGS[encoding])  # fmt: skip
    assert gltf_judge(tmp_path) == {"files": 1, "errors": 0, "warnings": 0, "bad": []}


def test_same_input_same_bytes_in_any_thread() -> None:
    def write(_: int) -> bytes:
        parts = [soup(1, 2000, 800.0), forest(30)]
        written = content_glb(parts, FRAME, table(15))
        assert written is not None
        return written.data

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(write, range(12)))) == 1


def test_layer_colour_holds_beside_meshes_with_their_own(
    tmp_path: Path, read_content: Read
) -> None:
    bare = replace(soup(2, 5, 20.0), color=None)
    one = read_content(put(tmp_path, soup(1, 5, 20.0), bare, color=(0.5, 0.25, 1.0, 1.0)))
    shades = set(map(tuple, one.attribute("COLOR_0").tolist()))
    assert (128, 64, 255, 255) in shades
    assert one.json["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] == [1, 1, 1, 1]
