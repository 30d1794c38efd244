"""Trees of points, read back with another reader and placed with another transformation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef
from cimkit.tiles import CloudPlan, CloudTree, write_cloud, write_tileset
from cimkit.tiles.metadata import POINT
from cimkit.tiles.octree import Batch
from cimkit.tiles.points_glb import Measure
from cimkit.tiles.split import split

GEODETIC = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
PAYLOAD = np.dtype([("rgb", "<u2", (3,)), ("intensity", "<u2"), ("classification", "u1")])
MEASURES = (Measure(POINT[0], "<u2"), Measure(POINT[1], "u1"))
LOW = {"EPSG:4544": (547_000, 3_272_000), "EPSG:28992": (121_000, 487_000),
       "EPSG:25832": (691_000, 5_335_000), "EPSG:6697": (139.75, 35.68)}  # fmt: skip


def engine(crs: str, wave: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    known = parse_crs(crs)

    def to_earth(xyz: np.ndarray) -> np.ndarray:
        lonlat = to_crs84(np.ascontiguousarray(xyz[:, :2]), known)
        lift = wave * np.sin(np.radians(lonlat[:, 0] * 900))  # a geoid that is not flat
        return ecef(lonlat[:, 0], lonlat[:, 1], xyz[:, 2] + 43.5 + lift)

    return to_earth


def independent(xyz: np.ndarray, crs: str, wave: float = 0.0) -> np.ndarray:
    to_degrees = pyproj.Transformer.from_crs(pyproj.CRS(crs).to_2d(), "OGC:CRS84", always_xy=True)
    lon, lat = to_degrees.transform(xyz[:, 0], xyz[:, 1])
    lift = wave * np.sin(np.radians(lon * 900))
    return np.column_stack(GEODETIC.transform(lon, lat, xyz[:, 2] + 43.5 + lift))


def scan(
    count: int, crs: str = "EPSG:4544", side: float = 300.0, chunk: int = 20_000
) -> Iterator[Batch]:
    """A wavy field with some noise, its coordinates whole millimetres (or 1e-9 degrees)."""
    rng = np.random.default_rng(7)
    angles = crs == "EPSG:6697"
    step, per = (1e-8, 1e-5) if angles else (1e-3, 1.0)
    scale, offset = (step, step, 1e-3), (*LOW[crs], 100.0)
    for start in range(0, count, chunk):
        n = min(chunk, count - start)
        xy = rng.random((n, 2)) * side
        z = 20 * np.sin(xy[:, 0] / 30) + rng.random(n)
        q = np.rint(np.column_stack([xy * per, z]) / scale).astype(np.int32)
        columns = {
            "rgb": rng.integers(0, 65536, (n, 3), np.uint16),
            "intensity": rng.integers(0, 65536, n, np.uint16),
            "classification": rng.integers(0, 19, n, np.uint8),
        }
        yield Batch(tuple(q.T), columns, scale, offset)


def real(batch: Batch) -> np.ndarray:
    places = np.column_stack(batch.places).astype(float)
    return places if batch.scale is None else places * batch.scale + batch.offset


def nearest(points: np.ndarray, others: np.ndarray, skip: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest of the others, or the next after ``skip``, and which it is."""
    far, which = [], []
    middle = others.mean(axis=0)
    points, others = points - middle, others - middle
    square = (others**2).sum(axis=1)
    for part in np.array_split(points, max(len(points) // 256, 1)):
        rough = square - 2 * part @ others.T
        at = np.argpartition(rough, skip, axis=1)[:, skip]
        which.append(at)
        far.append(np.linalg.norm(others[at] - part, axis=1))
    return np.concatenate(far), np.concatenate(which)


def store(folder: Path) -> Callable[[str, bytes], Any]:
    return lambda name, data: (folder / name).write_bytes(data)


def read_back(contents: list[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Earth-centred places, values, and half a quantum, of all points."""
    earth = np.concatenate([c.earth() for c in contents])
    names = ("COLOR_0", "_INTENSITY", "_CLASSIFICATION")
    said = np.concatenate([np.column_stack([c.attribute(n) for n in names]) for c in contents])
    half = np.concatenate(
        [
            np.full(len(c.attribute("POSITION")), c.json["nodes"][0]["scale"][0] / 2)
            for c in contents
        ]
    )
    return earth, said.astype(int), half


def write(folder: Path, batches: Iterator[Batch], to_earth: Any, **options: Any) -> CloudTree:
    plan = CloudPlan(PAYLOAD, to_earth, MEASURES)
    tree = write_cloud(batches, plan, store(folder), **options)
    assert tree.root is not None
    write_tileset(folder / "tileset.json", tree.root)
    return tree


@pytest.mark.parametrize(
    ("crs", "wave", "bucket"),
    [
        ("EPSG:4544", 0.0, None),
        ("EPSG:4544", 0.0, 4_000),
        ("EPSG:28992", 0.0, 200_000),
        ("EPSG:25832", 3.0, 200_000),
        ("EPSG:6697", 0.0, None),
    ],
)
def test_every_point_comes_back_once_within_half_a_quantum(
    tmp_path: Path, read_tiles, crs: str, wave: float, bucket: int | None
) -> None:
    count = 20_000
    unit = (90_000.0, 111_000.0, 1.0) if crs == "EPSG:6697" else (1.0, 1.0, 1.0)
    plan = CloudPlan(PAYLOAD, engine(crs, wave), MEASURES, unit)
    tree = write_cloud(
        scan(count, crs, 200.0), plan, store(tmp_path), cap=50_000, bucket=bucket, threads=2
    )
    assert (tree.count, tree.dropped) == (count, 0)
    write_tileset(tmp_path / "tileset.json", tree.root)
    found = read_tiles(tmp_path / "tileset.json")
    assert sorted(c.file.name for c in found) == tree.names
    assert all(len(c.attribute("POSITION")) <= 50_000 // 20 for c in found)

    given = list(scan(count, crs, 200.0))
    want = independent(np.concatenate([real(b) for b in given]), crs, wave)
    value = np.column_stack(
        [
            np.concatenate([b.columns["rgb"] >> 8 for b in given]),
            np.concatenate([b.columns["intensity"] for b in given]),
            np.concatenate([b.columns["classification"] for b in given]),
        ]
    ).astype(int)
    earth, said, half = read_back(found)
    # Their colours, intensities and classes tell the points apart well enough to pair them.
    a, b = np.lexsort(value.T), np.lexsort(said.T)
    assert np.array_equal(value[a], said[b])
    turn = np.concatenate([np.broadcast_to(c.world[:3, :3], (len(c.attribute("POSITION")), 3, 3))
                           for c in found])  # fmt: skip
    off = np.einsum("nij,ni->nj", turn[b], want[a] - earth[b])
    assert (np.abs(off) <= half[b, None] * 1.005 + 1e-5).all()
    assert half.min() <= 0.00051  # of a cloud in millimetres


def test_the_validator_finds_nothing(tmp_path: Path, gltf_judge) -> None:
    write(tmp_path, scan(20_000), engine("EPSG:4544"), cap=50_000)
    said = gltf_judge(tmp_path)
    assert said["bad"] == []


def test_what_memory_there_is_decides_no_point(tmp_path: Path, read_tiles) -> None:
    """Trees of one bucket and of many hold the same points at the same places."""
    seen = []
    for name, bucket in (("one", None), ("many", 30_000)):
        folder = tmp_path / name
        folder.mkdir()
        write(folder, scan(20_000), engine("EPSG:4544"), cap=50_000, bucket=bucket)
        earth, said, _ = read_back(read_tiles(folder / "tileset.json"))
        order = np.lexsort(said.T)
        seen.append((said[order], earth[order]))
    assert np.array_equal(seen[0][0], seen[1][0])
    assert np.abs(seen[0][1] - seen[1][1]).max() < 0.02  # half a quantum of the widest tile


def test_the_same_points_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name, scan(20_000), engine("EPSG:4544"), cap=50_000, bucket=90_000,
              threads=1 if name == "a" else 3)  # fmt: skip
    for file in (tmp_path / "a").iterdir():
        assert (tmp_path / "b" / file.name).read_bytes() == file.read_bytes()


def test_points_of_a_tile_keep_their_distance_and_cover_what_they_leave_out(
    tmp_path: Path, read_tiles
) -> None:
    write(tmp_path, scan(60_000), engine("EPSG:4544"), cap=200_000)
    found = read_tiles(tmp_path / "tileset.json")
    top, *rest = found
    spacing = top.tile["geometricError"]
    gap, _ = nearest(top.earth(), top.earth(), skip=1)
    # The projection shrinks a metre by up to 1e-3, and places are rounded.
    assert gap.min() > 0.49 * spacing
    assert 0.6 * spacing < np.median(gap) < 1.2 * spacing
    left = np.concatenate([c.earth() for c in rest])
    assert nearest(left[::7], top.earth())[0].max() < (3**0.5 + 0.5) * spacing * 1.01
    # Evenly: of points scattered at random the nearest neighbours' distances vary by half.
    assert gap.std() / gap.mean() < 0.3


def test_cloud_of_nothing_but_nan_gives_no_tile(tmp_path: Path) -> None:
    batch = Batch((np.full(5, np.nan),) * 3, {})
    tree = write_cloud([batch], CloudPlan(np.dtype([]), lambda xyz: xyz), store(tmp_path))
    assert (tree.root, tree.count, tree.dropped, tree.names) == (None, 0, 5, [])


def test_points_that_are_not_on_the_earth_are_dropped_and_counted(tmp_path: Path) -> None:
    batches = list(scan(3_000))
    xyz = np.vstack([real(batches[0]), [[1e12, 0, 0], [np.nan, 0, 0]]])

    def to_earth(at: np.ndarray) -> np.ndarray:
        return np.where(at[:, :1] > 1e9, np.nan, engine("EPSG:4544")(at))

    plan = CloudPlan(np.dtype([]), to_earth)
    tree = write_cloud([Batch(tuple(xyz.T), {})], plan, store(tmp_path))
    assert (tree.count, tree.dropped) == (3_000, 2)


@pytest.mark.parametrize("bucket", [None, 50_000])
def test_copies_of_one_point_end(tmp_path: Path, read_tiles, bucket: int | None) -> None:
    n = 20_000
    batch = Batch(tuple(np.full((3, n), 7, np.int32)), {}, (0.001,) * 3, (547_000, 3_272_000, 0))
    plan = CloudPlan(np.dtype([]), engine("EPSG:4544"))
    tree = write_cloud([batch], plan, store(tmp_path), cap=40_000, bucket=bucket)
    assert tree.count == n
    write_tileset(tmp_path / "tileset.json", tree.root)
    found = read_tiles(tmp_path / "tileset.json")
    assert sum(len(c.attribute("POSITION")) for c in found) == n
    assert max(len(c.attribute("POSITION")) for c in found) <= 5_000


@pytest.mark.parametrize("shape", ["point", "line", "flat", "outlier", "two"])
def test_clouds_of_any_shape(tmp_path: Path, read_tiles, shape: str) -> None:
    rng = np.random.default_rng(3)
    q = (rng.random((8_000, 3)) * 50_000).astype(np.int32)
    if shape == "point":
        q = q[:1]
    elif shape == "line":
        q[:, 1:] = 5
    elif shape == "flat":
        q[:, 2] = -7
    elif shape == "outlier":
        q[17] = [1_000_000_000, 5, 5]  # 1,000 km off
    else:
        q[4_000:, 0] += 3_000_000
    batch = Batch(tuple(q.T), {}, (0.001,) * 3, (547_000, 3_272_000, 0))
    plan = CloudPlan(np.dtype([]), engine("EPSG:4544"))
    tree = write_cloud([batch], plan, store(tmp_path), cap=8_000, bucket=40_000)
    assert tree.count == len(q)
    write_tileset(tmp_path / "tileset.json", tree.root)
    found = read_tiles(tmp_path / "tileset.json")
    earth = np.concatenate([c.earth() for c in found])
    half = np.concatenate([np.full(len(c.earth()), c.json["nodes"][0]["scale"][0] / 2)
                           for c in found])  # fmt: skip
    want = independent(real(batch), "EPSG:4544")
    far, which = nearest(earth, want)
    assert (far <= half * 3**0.5 * 1.01 + 2e-5).all()
    if shape != "outlier":
        assert len(np.unique(which)) >= len(np.unique(q, axis=0)) * 0.999
    else:
        assert np.median(half) < 0.001


def test_plain_cloud_has_no_attributes_it_was_not_given(tmp_path: Path, read_tiles) -> None:
    xyz = np.random.default_rng(1).random((100, 3)) * 10
    plan = CloudPlan(np.dtype([]), lambda at: at, local=True)
    tree = write_cloud([Batch(tuple(xyz.T), {})], plan, store(tmp_path))
    write_tileset(tmp_path / "tileset.json", tree.root)
    (content,) = read_tiles(tmp_path / "tileset.json")
    assert set(content.primitives[0]["attributes"]) == {"POSITION"}
    far, which = nearest(content.earth(), xyz)
    assert sorted(which) == list(range(100))
    assert far.max() < content.json["nodes"][0]["scale"][0]


def test_eight_bits_in_sixteen_stay_what_they_are_cloud_by_cloud(
    tmp_path: Path, read_tiles
) -> None:
    kind = np.dtype([("rgb", "<u2", (3,)), ("cloud", "<u2")])
    q = np.arange(30, dtype=np.int32).reshape(10, 3)
    given = [
        Batch(tuple((q + 100 * i).T), {"rgb": np.full((10, 3), v, np.uint16),
              "cloud": np.full(10, i, np.uint16)}, (0.01,) * 3, (0, 0, 0))
        for i, v in enumerate([200, 51_200])
    ]  # fmt: skip
    plan = CloudPlan(kind, lambda at: at, local=True)
    tree = write_cloud(given, plan, store(tmp_path))
    write_tileset(tmp_path / "tileset.json", tree.root)
    (content,) = read_tiles(tmp_path / "tileset.json")
    assert (content.attribute("COLOR_0")[:, :3] == 200).all()


def test_clouds_on_different_lattices_meet(tmp_path: Path, read_tiles) -> None:
    q = (np.random.default_rng(1).random((500, 3)) * 9_000).astype(np.int32)
    given = [
        Batch(tuple(q.T), {}, (0.01,) * 3, (10.0, 0, 0)),
        Batch(tuple(q.T), {}, (0.003,) * 3, (200.5, 0.001, 0)),
        Batch(tuple((q / 100 + [300, 0, 0]).T), {}),
    ]
    plan = CloudPlan(np.dtype([]), lambda at: at, local=True)
    tree = write_cloud(given, plan, store(tmp_path), cap=3_000)
    write_tileset(tmp_path / "tileset.json", tree.root)
    found = read_tiles(tmp_path / "tileset.json")
    earth = np.concatenate([c.earth() for c in found])
    want = np.concatenate([real(b) for b in given])
    scale = max(c.json["nodes"][0]["scale"][0] for c in found)
    far, which = nearest(earth, want)
    assert len(earth) == 1_500
    assert far.max() < scale
    assert len(np.unique(which)) > 1_400


def test_a_large_tree_is_split_and_reads_the_same(tmp_path: Path, read_tiles) -> None:
    tree = write(tmp_path, scan(20_000), engine("EPSG:4544"), cap=8_000)
    whole = {c.file.name: c.earth() for c in read_tiles(tmp_path / "tileset.json")}
    numbers = iter(range(1_000))
    names = split(tree.root, tmp_path, lambda _: f"part{next(numbers)}.json", most=12)
    assert len(names) > 2
    write_tileset(tmp_path / "tileset.json", tree.root)
    found = {c.file.name: c.earth() for c in read_tiles(tmp_path / "tileset.json")}
    assert found.keys() == whole.keys()
    assert all(np.abs(found[k] - whole[k]).max() < 1e-7 for k in whole)
