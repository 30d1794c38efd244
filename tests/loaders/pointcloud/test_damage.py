"""Clouds cut off at every tenth and with bits flipped: told or refused, never a crash."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud import las
from cimkit.loaders.pointcloud.chunk import PointChunk
from cimkit.loaders.pointcloud.extremes import Extremes
from tests.loaders.pointcloud.made import Loaded, las_file, lines, points, sure

_XYZ = np.random.default_rng(3).uniform(0, 50, (300, 3)).round(3)


def _seed(tmp_path: Path, name: str) -> Path:
    file = tmp_path / name
    if name.endswith((".las", ".laz")):
        form = int(name[0])
        return las_file(file, 300, form=form, version="1.4" if form > 3 else "1.2")
    if name.endswith(".ply"):
        head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(_XYZ)}\n"
        head += "".join(f"property double {a}\n" for a in "xyz")
        file.write_bytes(head.encode() + b"end_header\n" + _XYZ.tobytes())
    elif name.endswith(".pcd"):
        head = "VERSION 0.7\nFIELDS x y z\nSIZE 8 8 8\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 300\n"
        file.write_bytes(f"{head}HEIGHT 1\nPOINTS 300\nDATA binary\n".encode() + _XYZ.tobytes())
    elif name.endswith(".pts"):
        file.write_text("300\n" + lines(_XYZ))
    elif name.endswith(".ptx"):
        pose = "0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
        file.write_text("30\n10\n" + pose + lines(np.c_[_XYZ, np.full(300, 0.5)]))
    else:
        file.write_text(lines(_XYZ))
    return file


SEEDS = ["1.las", "3.laz", "7.las", "7.laz", "8.laz", "a.ply", "a.pcd", "a.pts", "a.ptx", "a.xyz"]


def _outcome(file: Path) -> str:
    if not sure(file):
        return "not recognised"
    for depth in ("header", "sample", "full"):
        try:
            Loaded(file, depth=depth)  # type: ignore[arg-type]
        except SourceUnreadable:
            return "refused"
    return "read"


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_at_random_places(tmp_path: Path, name: str) -> None:
    file = _seed(tmp_path, name)
    raw = file.read_bytes()
    rng = random.Random(name)
    outcomes = set()
    for _ in range(40):
        held = bytearray(raw)
        for _ in range(rng.choice([1, 1, 4, 20])):
            at = rng.randrange(min(len(held), rng.choice([400, 1500, len(held)])))
            held[at] = rng.choice([0, 255, held[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
        file.write_bytes(held)
        outcomes.add(_outcome(file))
    assert "read" in outcomes


@pytest.mark.parametrize("name", SEEDS)
def test_cut_off_at_every_tenth(tmp_path: Path, name: str) -> None:
    file = _seed(tmp_path, name)
    raw = file.read_bytes()
    assert _outcome(file) == "read"
    for tenth in range(10):
        file.write_bytes(raw[: len(raw) * tenth // 10])
        outcome = _outcome(file)
        if outcome == "read" and name != "a.xyz":
            told = {p.code for p in Loaded(file).problems}
            assert told & {"points-truncated", "lines-unreadable", "vlr-length-contradiction"}


@pytest.mark.parametrize("name", SEEDS)
def test_nothing_is_left_beside_it(tmp_path: Path, name: str) -> None:
    file = _seed(tmp_path, name)
    before = file.read_bytes()
    file.chmod(0o444)
    Loaded(file)
    assert [f.name for f in tmp_path.iterdir()] == [name]
    assert file.read_bytes() == before


@pytest.mark.keeps("LAZ", "damage")
def test_a_layer_whose_size_lies_costs_its_chunk(tmp_path: Path) -> None:
    file = las_file(tmp_path / "a.laz", 60_000, form=6)  # two chunks
    raw = bytearray(file.read_bytes())
    at = struct.unpack_from("<I", raw, 96)[0] + 8
    whole = points(file).xyz
    struct.pack_into("<I", raw, at + 30 + 4, 2**32 - 1)  # of the first layer of the first chunk
    file.write_bytes(raw)
    given = Loaded(file)
    assert given.problem("points-truncated").got == "10000 points"
    held = np.concatenate([c.xyz for c in las.chunks(file, 10**6, frozenset(), [])])
    assert np.array_equal(held, whole[50_000:])


def test_strays_are_found_however_far_a_cloud_is_strewn(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    ground = np.column_stack([rng.uniform(0, 80, (6000, 2)), rng.uniform(0, 0.5, 6000)])
    strays = [[40.0, 40.0, -7.0], [20.0, 60.0, 33.0], [9e7, 9e7, 500.0]]
    found = Extremes(np.zeros(2), 8.0, 1.0)
    for part in np.array_split(np.concatenate([ground, strays]), 7):
        found.add(PointChunk(xyz=part))
    heights, places = found.outliers(3.0, 20.0)
    assert np.round(heights).tolist() == [33.0, -7.0]
    assert places.tolist() == [[20.0, 60.0], [44.0, 44.0]]
