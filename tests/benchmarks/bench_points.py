"""Point clouds read into facts and measures, against decoding the same points and nothing more.

python tests/benchmarks/bench_points.py [--points N] [--formats LAZ,LAS,E57,PLY,PCD,XYZ]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import laspy
import numpy as np
from meter import Step, measure, show
from pyproj import CRS

from cimkit.loaders import pointcloud
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Declaration, Source

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
            made.return_number[:] = 1
            made.number_of_returns[:] = 1
            made.point_source_id[:] = 1 + start // (10 * _CHUNK)
            made.gps_time = 4e8 + (start + np.arange(count)) * 1e-5
            out.write_points(made)


def _other(kind: str, file: Path, points: int) -> None:
    rng = np.random.default_rng(1)
    xyz = rng.uniform(0, points**0.5 * 0.2, (points, 3)) * [1, 1, 0.05]
    if kind == "E57":
        import pye57

        with pye57.E57(str(file), mode="w") as out:
            names = ("cartesianX", "cartesianY", "cartesianZ")
            out.write_scan_raw(dict(zip(names, xyz.T.copy(), strict=True)))
    elif kind == "XYZ":
        import pyarrow as pa
        import pyarrow.csv as pacsv

        table = pa.table({n: np.round(xyz[:, i], 3) for i, n in enumerate("xyz")})
        options = pacsv.WriteOptions(include_header=False, delimiter=" ")
        pacsv.write_csv(table, file, options)
    else:
        import open3d as o3d

        cloud = o3d.t.geometry.PointCloud(o3d.core.Tensor(xyz.astype(np.float32)))
        o3d.t.io.write_point_cloud(str(file), cloud, compressed=False)


def _decode_las(file: Path) -> int:
    count = 0
    with laspy.open(str(file), laz_backend=laspy.LazBackend.LazrsParallel) as opened:
        for chunk in opened.chunk_iterator(_CHUNK):
            count += len(np.column_stack([chunk.x, chunk.y, chunk.z]))
    return count


def _decode_e57(file: Path) -> int:
    import pye57

    with pye57.E57(str(file)) as opened:
        return len(opened.read_scan_raw(0)["cartesianX"])


def _decode_open3d(file: Path) -> int:
    import open3d as o3d

    return len(o3d.t.io.read_point_cloud(str(file)).point.positions)


def _decode_text(file: Path) -> int:
    import pyarrow.csv as pacsv

    read = pacsv.ReadOptions(autogenerate_column_names=True, use_threads=False)
    return pacsv.read_csv(file, read, pacsv.ParseOptions(delimiter=" ")).num_rows


FLOORS: dict[str, tuple[str, str, Callable[[Path], int]]] = {
    "LAZ": (".laz", "laspy, lazrs, in chunks", _decode_las),
    "LAS": (".las", "laspy, in chunks", _decode_las),
    "E57": (".e57", "pye57, raw", _decode_e57),
    "PLY": (".ply", "open3d", _decode_open3d),
    "PCD": (".pcd", "open3d", _decode_open3d),
    "XYZ": (".xyz", "pyarrow", _decode_text),
}


def _read(source: Source, root: Path, *, costly: bool = False) -> Callable[[], Any]:
    def run() -> int:
        asked = frozenset(pointcloud.SPEC.measures) if costly else frozenset()
        options = ReadOptions(Declaration(), "full", root, measures=asked)
        asset = pointcloud.probe(source, options)
        for _ in pointcloud.read(source, asset, options):
            pass
        return asset.counts["points"]

    return run


def _header(source: Source, root: Path) -> Callable[[], int]:
    def run() -> int:
        for _ in range(100):
            pointcloud.probe(source, ReadOptions(Declaration(), "header", root))
        return 100

    return run


def _warm() -> None:
    """Read a small cloud first: what is imported once a worker is not of one cloud."""
    with tempfile.TemporaryDirectory() as temp:
        file = Path(temp) / "small.laz"
        _write(file, 20_000)
        source = Source(file.name, file, (), file.stat().st_size, "pointcloud")
        _read(source, Path(temp), costly=True)()
        _decode_las(file)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--points", type=int, default=2_000_000)
    wanted.add_argument("--formats", default=",".join(FLOORS))
    said = wanted.parse_args()
    _warm()
    for kind in said.formats.split(","):
        ending, what, decode = FLOORS[kind]
        with tempfile.TemporaryDirectory() as temp:
            file = Path(temp) / f"strip{ending}"
            if ending in (".las", ".laz"):
                _write(file, said.points)
            else:
                _other(kind, file, said.points)
            source = Source(file.name, file, (), file.stat().st_size, "pointcloud")
            floor, count = measure(f"floor: {what}", lambda d=decode, f=file: d(f))
            assert count == said.points
            full, count = measure("loader: footprint, measures", _read(source, Path(temp)))
            assert count == said.points
            costly, _ = measure(
                "loader: all that rules ask for", _read(source, Path(temp), costly=True)
            )
            steps: list[Step] = [floor, full, costly]
            steps.append(measure("100 headers", _header(source, Path(temp)))[0])
            show(f"{kind}: {said.points:,} points", steps, count=said.points, unit="point")


if __name__ == "__main__":
    main()
