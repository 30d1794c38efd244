"""A point cloud read and tiled, against decoding the same LAZ and doing nothing with it.

python tests/benchmarks/bench_points.py [POINTS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import laspy
import numpy as np
from meter import measure, show
from pyproj import CRS

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef
from cimkit.loaders import pointcloud
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Declaration, Source
from cimkit.tiles import write_cloud

_CRS = "EPSG:4544"
_CHUNK = 1_000_000


def _write(file: Path, points: int) -> None:
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.add_crs(CRS(_CRS))
    header.scales, header.offsets = [0.001] * 3, [451_000, 3_272_000, 0]
    rng = np.random.default_rng(1)
    side = points**0.5 * 0.2  # 25 points a square metre
    with laspy.open(str(file), "w", header=header) as out:
        for start in range(0, points, _CHUNK):
            count = min(_CHUNK, points - start)
            made = laspy.ScaleAwarePointRecord.zeros(count, header=header)
            made.x = 451_200 + side * (start + np.arange(count)) / points
            made.y = 3_272_200 + side * rng.random(count)
            made.z = 230 + 5 * np.sin(made.x / 20) + rng.random(count) ** 8 * 20
            made.red = made.green = made.blue = (rng.random(count) * 65_535).astype("u2")
            made.intensity = (rng.random(count) * 4000).astype("u2")
            made.classification = rng.integers(1, 7, count).astype("u1")
            out.write_points(made)


def main(points: int = 3_000_000) -> None:
    with tempfile.TemporaryDirectory() as temp:
        file = Path(temp) / "strip.laz"
        _write(file, points)
        source = Source("strip.laz", file, (), file.stat().st_size, "pointcloud")
        options = ReadOptions(Declaration(), "full", Path(temp))

        def decode() -> int:
            count = 0
            with laspy.open(str(file), laz_backend=laspy.LazBackend.LazrsParallel) as opened:
                for chunk in opened.chunk_iterator(_CHUNK):
                    count += len(np.column_stack([chunk.x, chunk.y, chunk.z]))
            return count

        def read() -> int:
            asset = pointcloud.probe(source, options)
            return sum(t.num_rows for _, t in pointcloud.read(source, asset, options))

        def tile() -> int:
            crs = parse_crs(_CRS)

            def earth(xyz: np.ndarray) -> np.ndarray:
                lonlat = to_crs84(xyz[:, :2].copy(), crs)
                return ecef(lonlat[:, 0], lonlat[:, 1], xyz[:, 2])

            out = Path(temp) / "tiles"
            out.mkdir()
            return write_cloud(pointcloud.stream(source), earth, out)[2]

        floor, count = measure("floor: LAZ to x, y, z in metres (laspy, lazrs)", decode)
        assert count == points
        steps = [floor, measure("loader: one object, footprint, measures", read)[0]]
        step, count = measure("3D Tiles 1.1, earth-centred", tile)
        assert count == points
        show(f"Point cloud: {points:,} points", [*steps, step], count=points, unit="point")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
