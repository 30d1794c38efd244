"""Contents of tiles: bytes and CPU by encoding, against float32 without compression.

python tests/benchmarks/bench_content.py
"""

from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import shapely
import shapely.affinity
from meter import Step, measure, show

from cimkit.geometry.frames import enu_frame
from cimkit.tiles import Mesh, content_glb, extrude
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.simplified import simplify

LON, LAT = 106.5, 29.57
TILES, EACH = 60, 600
ENCODINGS = {
    "float32": Encoding(quantize=False, meshopt=False),
    "quantized": Encoding(meshopt=False),
    "compressed": Encoding(quantize=False),
    "quantized and compressed": Encoding(),
}


def features(count: int) -> pa.Table:
    return pa.table(
        {
            "object_id": [f"0f3a{i:08x}b2c4d6e8" for i in range(count)],
            "class_code": ["5001"] * count,
            "class_name": ["Building"] * count,
            "name": [f"翠湖十街{i}号楼" for i in range(count)],
            "level": ["CIM2"] * count,
            "source": ["district/buildings.gpkg"] * count,
            "height": np.random.default_rng(0).uniform(5, 100, count),
        }
    )


def blocks() -> Mesh:
    """A tile of a square kilometre or so."""
    rng = np.random.default_rng(1)
    x, y = LON + rng.random(EACH) * 0.01, LAT + rng.random(EACH) * 0.01
    turn = rng.uniform(0, 90, EACH)
    boxes = shapely.box(x, y, x + 2e-4, y + 1.5e-4)
    shapes = np.array(
        [shapely.affinity.rotate(one, angle) for one, angle in zip(boxes, turn, strict=True)]
    )
    return extrude(shapes, rng.uniform(200, 260, EACH), rng.uniform(5, 100, EACH))


def ground(side: int) -> Mesh:
    x, y = np.meshgrid(np.arange(side, dtype=float), np.arange(side, dtype=float))
    z = 20 * np.sin(x / 31) * np.cos(y / 17)
    corner = np.arange(side * side).reshape(side, side)
    a, b = corner[:-1, :-1].reshape(-1), corner[:-1, 1:].reshape(-1)
    c, d = corner[1:, 1:].reshape(-1), corner[1:, :-1].reshape(-1)
    indices = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    local = np.stack([x.reshape(-1), y.reshape(-1), z.reshape(-1)], axis=1)
    return Mesh(local, indices, np.zeros(side * side, np.int64))


def sizes(title: str, mesh: Mesh, frame: np.ndarray, table: pa.Table, tiles: int) -> None:
    steps: list[Step] = []
    print(f"\n{title}: {table.num_rows:,} features, {len(mesh.indices):,} triangles a tile")
    for name, encoding in ENCODINGS.items():

        def write(encoding: Encoding = encoding) -> bytes:
            data = b""
            for _ in range(tiles):
                written = content_glb([mesh], frame, table, encoding=encoding)
                assert written is not None
                data = written.data
            return data

        content_glb([mesh], frame, table, encoding=encoding)
        step, data = measure(name, write)
        steps.append(step)
        packed = len(gzip.compress(data, 6))
        print(
            f"  {name:26} {len(data):>9,} bytes, {len(data) / table.num_rows:8.1f} a feature,"
            f" {len(data) / len(mesh.indices):6.2f} a triangle; gzip {packed:>9,}"
        )
    show(f"{title}: writing {tiles} tiles", steps, count=tiles * len(mesh.indices), unit="triangle")


def main() -> None:
    mesh = blocks()
    frame = enu_frame(mesh.positions.mean(axis=0))
    sizes("Blocks", mesh, frame, features(EACH), TILES)
    step, _ = measure("extrude", lambda: [blocks() for _ in range(TILES)])
    show("Beside: making the blocks themselves", [step], count=TILES * EACH, unit="building")

    land = ground(256)
    sizes("Ground", land, np.eye(4), features(1), 10)
    simplify(land, 0.1, creases=False)
    steps = []
    for error in (0.05, 0.5):
        step, (less, reached) = measure(
            f"to {error} m", lambda error=error: simplify(land, error, creases=False)
        )
        steps.append(step)
        print(f"  {len(land.indices):,} to {len(less.indices):,} triangles, {reached:.3f} m")
    show("Simplifying the ground", steps, count=len(land.indices), unit="triangle")


if __name__ == "__main__":
    main()
