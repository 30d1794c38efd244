"""Point clouds to 3D Tiles 1.1 in ECEF and to COPC, against py3dtiles and what LAZ itself costs.

python tests/benchmarks/bench_points3d.py [--points N] [--times N] [--peer] [--copc]
    [--keep FOLDER]

py3dtiles runs from build/peers (``make bench`` installs it, with laszip: with lazrs it hangs).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import laspy
import numpy as np
from flight import write_flight
from meter import Step, measure, show

from cimkit.exporters._copc_file import CopcHead, write_copc
from cimkit.exporters._copc_records import batches as copc_batches
from cimkit.exporters._copc_records import look
from cimkit.exporters.copc import expected
from cimkit.exporters.three_d_tiles.cloud_points import batches, carried
from cimkit.exporters.three_d_tiles.heights import Heights, to_earth
from cimkit.loaders.pointcloud.raw import open_raw
from cimkit.model import Source
from cimkit.tiles import CloudPlan, write_cloud, write_tileset
from cimkit.tiles.octree import Batch

_CRS = "EPSG:4544"
_CHUNK = 1_000_000
_ASKED = {"intensity", "classification"}
_PEER = Path("build/peers/bin/py3dtiles")


def _decode(file: Path) -> int:
    count = 0
    with laspy.open(str(file), laz_backend=laspy.LazBackend.LazrsParallel) as opened:
        for chunk in opened.chunk_iterator(_CHUNK):
            count += len(np.column_stack([chunk.x, chunk.y, chunk.z]))
            np.column_stack([chunk.red, chunk.green, chunk.blue])
    return count


def _again(file: Path, out: Path) -> int:
    backend = laspy.LazBackend.LazrsParallel
    with (
        laspy.open(str(file), laz_backend=backend) as opened,
        laspy.open(str(out), "w", header=opened.header, laz_backend=backend) as written,
    ):
        for chunk in opened.chunk_iterator(_CHUNK):
            written.write_points(chunk)
        return int(opened.header.point_count)


def _source(file: Path) -> Source:
    return Source(file.name, file, (), file.stat().st_size, "pointcloud")


def _beside(given: Iterator[Batch], metres: float) -> Iterator[Batch]:
    for batch in given:
        assert batch.scale is not None
        x, y, z = batch.places
        yield replace(batch, places=(x + np.int32(metres / batch.scale[0]), y, z))


def _tiles(file: Path, out: Path, times: int = 1) -> int:
    """As the exporter does it, with colour, intensity and class; ``times`` strips in a row."""
    out.mkdir(parents=True, exist_ok=True)
    source, heights, raw = _source(file), Heights(None), open_raw(file)
    assert raw is not None
    every = carried(source, "pointcloud")
    kept = type(every)(every.color, tuple(m for m in every.measures if m.property.name in _ASKED))
    plan = CloudPlan(kept.payload, lambda xyz: to_earth(xyz, _CRS, heights, None), kept.measures)
    side = float(np.ptp([raw.head.low[0], raw.head.high[0]])) + 1
    strips = (
        _beside(batches(source, "pointcloud", kept, 0), side * number) for number in range(times)
    )
    tree = write_cloud(chain.from_iterable(strips), plan, lambda n, d: (out / n).write_bytes(d))
    assert tree.root is not None
    write_tileset(out / "tileset.json", tree.root)
    return tree.count


def _copc(file: Path, out: Path) -> int:
    source = _source(file)
    layout, raw = look(source, "pointcloud")
    assert raw is not None
    wkt = raw.records.get("LASF_Projection", 2112)[0].data
    head = CopcHead(wkt, layout, expected=expected([raw]))
    return write_copc(copc_batches(source, "pointcloud", raw, layout, 0), head, out)[0]


def _py3dtiles(file: Path, out: Path) -> None:
    subprocess.run(
        [str(_PEER), "convert", str(file), "--out", str(out), "--overwrite", "--srs_in", "4544",
         "--srs_out", "4978", "--spec-version", "1.1", "--pyproj-always-xy",
         "--extra-fields", "intensity", "--extra-fields", "classification"],
        check=True, capture_output=True,
    )  # fmt: skip


def _size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def _alone(what: str, file: Path, out: Path, warm: Path, *more: int) -> Step:
    """Run one of ours in a process of its own, warmed up: its peak is its own."""
    given = ", ".join([f"Path({str(file)!r})", f"Path({str(out)!r})", *map(str, more)])
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from pathlib import Path\nimport bench_points3d as b\n"
        f"b.{what}(Path({str(warm)!r}), Path({str(out)!r} + '.warm'))\n"
        f"step, _ = b.measure({what!r}, lambda: b.{what}({given}))\n"
        f"print(step.cpu_s, step.wall_s, step.peak_mb)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    cpu, wall, peak = map(float, done.stdout.split())
    return Step(f"ours: {what.strip('_')}", cpu, wall, peak)


def main() -> None:
    wanted: Any = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--points", type=int, default=10_000_000, help="in the flight's one file")
    wanted.add_argument("--times", type=int, default=1, help="the file so often side by side")
    wanted.add_argument("--peer", action="store_true", help="py3dtiles in the same run")
    wanted.add_argument("--copc", action="store_true")
    wanted.add_argument("--keep", type=Path, help="folder in which the flight is made and kept")
    said = wanted.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        root = Path(temp)
        file = (said.keep or root) / f"flight{said.points}.laz"
        if not file.exists():
            write_flight(file, said.points)
        warm = write_flight(root / "warm.laz", 300_000)
        total = said.points * said.times
        steps: list[Step] = []
        if said.times == 1:
            steps.append(measure("floor: decode LAZ to xyz, rgb", lambda: _decode(file))[0])
        steps.append(_alone("_tiles", file, root / "tiles", warm, said.times))
        sizes = {"ours": _size(root / "tiles") / total,
                 "LAZ": file.stat().st_size / said.points}  # fmt: skip
        if said.peer:
            step, _ = measure("py3dtiles, ECEF", lambda: _py3dtiles(file, root / "peer"))
            steps.append(step)
            sizes["py3dtiles"] = _size(root / "peer") / said.points
        show(f"3D Tiles 1.1: {total:,} points", steps, count=total, unit="point")
        print("bytes a point: " + ", ".join(f"{k} {v:.2f}" for k, v in sizes.items()), flush=True)
        if said.copc:
            both = [measure("floor: decode, encode", lambda: _again(file, root / "again.laz"))[0]]
            both.append(_alone("_copc", file, root / "all.copc.laz", warm))
            show(f"COPC: {said.points:,} points", both, count=said.points, unit="point")


if __name__ == "__main__":
    main()
