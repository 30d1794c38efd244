from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import pytest

from cimkit.tiles import write_cloud, write_tileset
from cimkit.tiles.points import NODE_POINTS, QUANTUM

ZONE = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)
EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


@dataclass
class Chunk:
    xyz: np.ndarray
    rgb: np.ndarray | None = None
    intensity: np.ndarray | None = None
    classification: np.ndarray | None = None


def to_earth(xyz: np.ndarray) -> np.ndarray:
    lon, lat = ZONE.transform(xyz[:, 0], xyz[:, 1])
    return np.column_stack(EARTH.transform(lon, lat, xyz[:, 2]))


def scan(count: int, chunk: int = 50_000) -> Iterator[Chunk]:
    rng = np.random.default_rng(7)
    for start in range(0, count, chunk):
        n = min(chunk, count - start)
        xy = rng.random((n, 2)) * 300
        z = 200 + 20 * np.sin(xy[:, 0] / 30) + rng.random(n)
        yield Chunk(
            np.column_stack([xy[:, 0] + 547_000, xy[:, 1] + 3_272_000, z]),
            rng.integers(0, 256, (n, 3), np.uint8),
            rng.integers(0, 65536, n, np.uint16),
            rng.integers(0, 19, n, np.uint8),
        )


@pytest.mark.parametrize("in_memory", [10**9, 60_000])
def test_every_point_comes_back_once(tmp_path: Path, read_tiles, gltf_judge, in_memory) -> None:
    root, files, count, dropped = write_cloud(
        scan(300_000), to_earth, tmp_path, "c-", in_memory=in_memory
    )
    assert (count, dropped) == (300_000, 0)
    assert root is not None
    write_tileset(tmp_path / "tileset.json", root)
    found = read_tiles(tmp_path / "tileset.json")
    assert len(found) == len(files) > 8
    assert all(len(c.attribute("POSITION")) <= NODE_POINTS for c in found)
    assert gltf_judge(tmp_path)["bad"] == []

    given = list(scan(300_000))
    want = to_earth(np.concatenate([c.xyz for c in given]))
    extra = np.column_stack(
        [
            np.concatenate([c.rgb for c in given]),
            np.concatenate([c.intensity for c in given]),
            np.concatenate([c.classification for c in given]),
        ]
    )
    got = np.concatenate([c.earth() for c in found])
    said = np.concatenate(
        [
            np.column_stack(
                [
                    c.attribute("COLOR_0")[:, :3],
                    c.attribute("_INTENSITY"),
                    c.attribute("_CLASSIFICATION"),
                ]
            )
            for c in found
        ]
    )
    # Their colours, intensities and classes tell the points apart well enough to pair them.
    a, b = np.lexsort(extra.T), np.lexsort(said.T)
    assert np.array_equal(extra[a], said[b])
    assert np.abs(want[a] - got[b]).max() < QUANTUM


def test_what_the_root_leaves_out_is_near_what_it_draws(tmp_path: Path, read_tiles) -> None:
    root, _, _, _ = write_cloud(scan(120_000), to_earth, tmp_path)
    assert root is not None
    write_tileset(tmp_path / "tileset.json", root)
    top, *rest = read_tiles(tmp_path / "tileset.json")
    drawn, left = top.earth(), np.concatenate([c.earth() for c in rest])[::97]
    gap = [np.linalg.norm(drawn - point, axis=1).min() for point in left]
    assert 0 < max(gap) <= top.tile["geometricError"] + 2 * QUANTUM


def test_cloud_of_nothing_but_nan_gives_no_tile(tmp_path: Path) -> None:
    root, files, count, dropped = write_cloud(
        [Chunk(np.full((5, 3), np.nan))], lambda xyz: xyz, tmp_path
    )
    assert (root, files, count, dropped) == (None, [], 0, 5)


def test_a_thousand_copies_of_one_point_end(tmp_path: Path) -> None:
    chunk = Chunk(np.tile([547_000.0, 3_272_000.0, 1.0], (100_000, 1)))
    root, _, count, _ = write_cloud([chunk], to_earth, tmp_path)
    assert count == 100_000
    assert root is not None


def test_plain_cloud_has_no_attributes_it_was_not_given(tmp_path: Path, read_tiles) -> None:
    chunk = Chunk(np.random.default_rng(1).random((100, 3)) * 10)
    root, _, _, _ = write_cloud([chunk], lambda xyz: xyz, tmp_path, local=True)
    assert root is not None
    write_tileset(tmp_path / "tileset.json", root)
    (content,) = read_tiles(tmp_path / "tileset.json")
    assert set(content.primitives[0]["attributes"]) == {"POSITION"}
    assert content.earth() == pytest.approx(chunk.xyz, abs=QUANTUM)
