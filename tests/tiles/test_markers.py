"""Templates of street furniture: closed enough, upright, on their feet, and in the size asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.frames import ecef, enu_frame, to_frame
from cimkit.standard.appearance import MODELS
from cimkit.tiles import TEMPLATES, Layer, Store, copies, scales, write_layer, write_tileset
from cimkit.tiles.atlas import EDGE, atlas
from cimkit.tiles.cameras import axes_of, balls, frusta, pictures, reach, spheres
from cimkit.tiles.mesh import Instances, face_normals
from cimkit.tiles.templates import template_mesh

LON, LAT, H = 106.5, 29.57, 200.0
AT = np.array([[LON, LAT, H]])
FRAME = enu_frame(ecef([LON], [LAT], [H])[0])
LINES = {"culvert", "pipe", "road"}


def placed(instances: Instances) -> np.ndarray:
    """All corners of all copies, east north up of the middle."""
    at = instances.template.positions * instances.scale[:, None]
    world = at @ instances.turn.transpose(0, 2, 1) + instances.position[:, None]
    return to_frame(world.reshape(-1, 3), FRAME)


def one(name: str, size: Any = (np.nan, np.nan, np.nan), heading: float = 0.0) -> np.ndarray:
    return placed(copies(name, AT, np.array([size]), np.array([heading]), np.zeros(1, np.int64)))


def test_there_is_a_template_for_each_model_of_points() -> None:
    assert set(TEMPLATES) == set(MODELS) - LINES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_stands_on_its_foot_in_its_usual_size(name: str) -> None:
    corners = one(name)
    found = TEMPLATES[name]
    lid = found.height < 0.05
    assert corners[:, 2].min() == pytest.approx(-0.05 if lid and "man" in name else 0, abs=1e-6)
    assert corners[:, 2].max() == pytest.approx(found.height, abs=0.06)
    mesh = template_mesh(name)
    assert len(mesh.indices) <= 150
    assert mesh.color is not None
    assert (mesh.color[:, 3] == 255).all()


@pytest.mark.parametrize("name", TEMPLATES)
def test_faces_of_a_template_look_outwards(name: str) -> None:
    for form in TEMPLATES[name].forms:
        middle = form.corners.mean(axis=0)
        normal = face_normals(form.corners, form.faces)
        assert (np.linalg.norm(normal, axis=1) > 1e-9).all()
        out = form.corners[form.faces].mean(axis=1) - middle
        assert ((normal * out).sum(axis=1) > -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(TEMPLATES)),
    st.floats(0.5, 30),
    st.floats(0.2, 20) | st.none(),
    st.floats(0, 360),
)
def test_sizes_are_those_asked_for(
    name: str, height: float, width: float | None, heading: float
) -> None:
    size = (np.nan if width is None else width, np.nan, height)
    factor = scales(name, np.array([size]))[0]
    found = TEMPLATES[name]
    assert factor[2] * found.height == pytest.approx(height)
    if width is not None:
        assert factor[0] * found.width == pytest.approx(width)
        assert factor[1] == factor[0]
    instances = copies(name, AT, np.array([size]), np.array([heading]), np.zeros(1, np.int64))
    turn = instances.turn[0]
    assert np.allclose(turn.T @ turn, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    assert placed(instances)[:, 2].max() == pytest.approx(height, rel=0.03, abs=1e-3)


def test_a_lid_keeps_its_thickness() -> None:
    assert scales("manhole", np.array([[1.4, np.nan, np.nan]]))[0].tolist() == [2, 2, 1]
    assert scales("manhole", np.array([[np.nan] * 3]))[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("heading", "east", "north"), [(0, 0, 1), (90, 1, 0), (225, -1, -1)])
def test_the_arm_of_a_lamp_points_along_its_heading(heading: float, east: int, north: int) -> None:
    top = one("lamp", heading=heading)
    ahead = top[top[:, 2] > 7.7].mean(axis=0)
    assert np.sign(np.rint(ahead[:2] * 4)).tolist() == [east, north]


def test_the_colour_of_a_class_is_that_of_the_main_parts() -> None:
    red = template_mesh("lamp", (255, 0, 0)).color
    usual = template_mesh("lamp").color
    assert red is not None
    assert usual is not None
    mine = (red == [255, 0, 0, 255]).all(axis=1)
    assert mine.any()
    assert not mine.all()
    assert (red[~mine] == usual[~mine]).all()


@pytest.mark.parametrize(
    ("hpr", "ahead", "up"),
    [
        ((0, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((90, 0, 0), (1, 0, 0), (0, 0, 1)),
        ((0, -90, 0), (0, 0, -1), (0, 1, 0)),
        ((90, 0, 90), (1, 0, 0), (0, -1, 0)),  # its right side is down: its top looks right
        ((30, 45, 0), (0.3536, 0.6124, 0.7071), (-0.3536, -0.6124, 0.7071)),
    ],
)
def test_cameras_look_where_their_angles_say(hpr: Any, ahead: Any, up: Any) -> None:
    axes = FRAME[:3, :3].T @ axes_of(AT, *(np.array([float(v)]) for v in hpr))[0]
    assert axes[:, 1] == pytest.approx(ahead, abs=1e-4)
    want = np.array(up, float)
    if hpr == (90, 0, 90):
        want = np.array([0.0, -1.0, 0.0])
    assert axes[:, 2] == pytest.approx(want, abs=1e-4)


def test_a_frustum_opens_by_its_field_of_view() -> None:
    size = reach(2.0, np.array([90.0]), np.array([2.0]))
    assert size[0] == pytest.approx([4.0, 2.0, 2.0])
    none = np.zeros(1)
    corners = placed(frusta(AT, axes_of(AT, none, none, none), size, np.zeros(1, np.int64)))
    assert corners.max(axis=0) == pytest.approx([2, 2, 1], abs=1e-6)
    assert corners.min(axis=0) == pytest.approx([-2, 0, -1], abs=1e-6)


def picture(width: int, height: int, color: tuple[int, int, int]) -> bytes:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (width, height), color).save(held, "PNG")
    return held.getvalue()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(8, 90), st.integers(8, 90)), min_size=1, max_size=20))
def test_pictures_stand_in_the_atlas_side_by_side(sizes: list[tuple[int, int]]) -> None:
    import io

    from PIL import Image

    colors = [(i * 11 % 256, 255 - i * 7, 40 + i * 5) for i in range(len(sizes))]
    image, window = atlas([picture(w, h, c) for (w, h), c in zip(sizes, colors, strict=True)], 95)
    seen = Image.open(io.BytesIO(image))
    place = window * [*seen.size, *seen.size]
    boxes = np.column_stack([np.floor(place[:, :2]), np.ceil(place[:, 2:])])
    assert np.allclose(boxes[:, 2:] - boxes[:, :2], sizes)
    assert (boxes[:, :2] % EDGE == 0).all()
    for i, (left, top, right, bottom) in enumerate(boxes):
        shade = seen.getpixel((int(left + right) // 2, int(top + bottom) // 2))
        assert np.abs(np.array(shade) - colors[i]).max() <= 12
        apart = (boxes[:, 2] <= left) | (boxes[:, 0] >= right)
        apart |= (boxes[:, 3] <= top) | (boxes[:, 1] >= bottom)
        assert apart.sum() == len(boxes) - 1


def test_a_picture_is_upright_and_not_mirrored_from_the_lens() -> None:
    none = np.zeros(1)
    size = reach(2.0, np.array([90.0]), np.array([2.0]))
    window = np.array([[0.25, 0.0, 0.75, 0.5]])
    axes = axes_of(AT, none, none, none)
    mesh = pictures(AT, axes, size, np.array([7]), window, b"jpeg")
    at = to_frame(mesh.positions, FRAME)
    assert mesh.uv is not None
    assert (mesh.feature == 7).all()
    assert mesh.unlit
    for uv, (east, up) in {
        (0.25, 0.0): (-2, 1), (0.25, 0.5): (-2, -1), (0.75, 0.5): (2, -1), (0.75, 0.0): (2, 1),
    }.items():  # fmt: skip
        (corner,) = [p for p, t in zip(at[:4], mesh.uv[:4], strict=True) if tuple(t) == uv]
        assert corner == pytest.approx([east, 2, up], abs=1e-6)


def test_a_sphere_shows_each_direction_where_it_was_seen() -> None:
    window = np.array([[0.0, 0.0, 1.0, 1.0]])
    mesh = spheres(AT, 0.5, np.array([90.0]), np.zeros(1, np.int64), window, b"jpeg")
    at = to_frame(mesh.positions, FRAME)
    assert np.linalg.norm(at, axis=1) == pytest.approx(0.5, abs=1e-6)
    assert mesh.uv is not None
    middle = at[(mesh.uv[:, 0] == 0.5) & (mesh.uv[:, 1] == 0.5)]
    assert middle == pytest.approx(np.array([[0.5, 0, 0]]), abs=1e-6)  # the heading is east
    right = at[(mesh.uv[:, 0] == 0.75) & (mesh.uv[:, 1] == 0.5)]
    assert right == pytest.approx(np.array([[0, -0.5, 0]]), abs=1e-6)
    top = at[mesh.uv[:, 1] == 0]
    assert top[:, 2] == pytest.approx(0.5)
    normal = face_normals(at, mesh.indices)
    assert ((normal * at[mesh.indices].mean(axis=1)).sum(axis=1) > -1e-9).all()


def test_all_templates_and_pictures_are_valid_gltf(tmp_path: Path, gltf_judge: Any) -> None:
    names = sorted(TEMPLATES)
    count = len(names) + 3
    at = np.column_stack([LON + np.arange(count) * 1e-4, np.full(count, LAT), np.full(count, H)])
    image, window = atlas([picture(40, 30, (200, 30, 30)), picture(64, 32, (30, 200, 30))])
    angle = np.zeros(1)

    def build(rows: np.ndarray) -> list[Any]:
        feature = np.arange(count)
        blank = np.full((1, 3), np.nan)
        parts: list[Any] = [
            copies(name, at[i : i + 1], blank, angle, feature[i : i + 1])
            for i, name in enumerate(names)
        ]
        i = len(names)
        axes = axes_of(at[i : i + 1], angle, angle, angle)
        size = reach(1.5, np.array([60.0]), np.array([1.3]))
        parts.append(pictures(at[i : i + 1], axes, size, feature[i : i + 1], window[:1], image))
        parts.append(
            spheres(at[i + 1 : i + 2], 0.6, angle, feature[i + 1 : i + 2], window[1:], image)
        )
        parts.append(balls(at[i + 2 :], feature[i + 2 :]))
        return parts

    features = pa.table({"object_id": [str(i) for i in range(count)]})
    layer = Layer(features, ecef(*at.T), np.ones(count), np.full(count, 100.0), build)
    done = write_layer(layer, Store(tmp_path))
    assert done.root is not None
    assert done.bare == []
    write_tileset(tmp_path / "tileset.json", done.root)
    said = gltf_judge(tmp_path)
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]
