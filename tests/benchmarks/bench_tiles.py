"""Footprints with all attributes and levels to 3D Tiles, against py3dtiles; and again, unchanged.

Usage: python tests/benchmarks/bench_tiles.py [COUNT [MODELS [PEER]]]

COUNT buildings as blocks (100,000), MODELS of them with a city model at two levels (COUNT / 10),
and PEER of their blocks as WKB through py3dtiles (5,000; `make bench` installs it).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from meter import Step, measure, show

from cimkit.catalog import Catalog, create
from cimkit.exporters import ExportReport, export
from cimkit.model import LAKE
from cimkit.tiles import content_glb, extrude, frame_at

PEER = Path(__file__).parents[2] / "build" / "peers" / "bin" / "py3dtiles"
E, N = 500_000.0, 3_272_000.0
DEGREES = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)
CORNERS = 6
SIDES = [[k, (k + 1) % CORNERS, (k + 1) % CORNERS + CORNERS, k + CORNERS] for k in range(CORNERS)]
FACES = [[*range(CORNERS)][::-1], [*range(CORNERS, 2 * CORNERS)], *SIDES]


def city(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners (n, 7, 2) in EPSG:4544 of L-shaped houses turned any way, their bases and heights."""
    rng = np.random.default_rng(1)
    wide = int(np.ceil(np.sqrt(count)))
    at = np.stack(np.divmod(np.arange(count), wide), axis=1) * 40.0 + rng.uniform(0, 8, (count, 2))
    half = rng.uniform(3, 14, (count, 2))
    turn = rng.uniform(0, np.pi, count)
    corner = (
        np.array([[-1, -1], [1, -1], [1, 0], [0, 0], [0, 1], [-1, 1], [-1, -1]]) * half[:, None]
    )
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    ring = np.einsum("nki,ijn->nkj", corner, axes) + at[:, None] + [E, N]
    return ring, rng.uniform(200, 220, count), rng.gamma(3, 6, count) + 3


def fill(folder: Path, count: int, models: int) -> Catalog:
    ring, base, height = city(count)
    degrees = np.stack(DEGREES.transform(ring[..., 0], ring[..., 1]), axis=-1)
    shapes = shapely.polygons(degrees)
    low, high = degrees.min(axis=1), degrees.max(axis=1)
    boxes = [
        {"xmin": a[0], "ymin": a[1], "xmax": b[0], "ymax": b[1]}
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    ]
    blocks: dict[str, Any] = {
        "object_id": [f"b{i:09d}" for i in range(count)],
        "item_id": ["gis"] * count,
        "kind": ["gis"] * count,
        "source_key": [str(i) for i in range(count)],
        "source_class": ["building"] * count,
        "class_code": ["5001"] * count,
        "asset_code": [f"5099125001{i:09d}" for i in range(count)],
        "level": ["CIM2"] * count,
        "name": [f"no. {i}" for i in range(count)],
        "access": ["public"] * count,
        "properties": [json.dumps({"floors": i % 30}) for i in range(count)],
        "geometry": list(shapely.to_wkb(shapes)),
        "bbox": boxes,
        "z_min": base,
        "height": height,
    }
    own = {k: v[:models] for k, v in blocks.items()} | {
        "object_id": [f"m{i:09d}" for i in range(models)],
        "item_id": ["model"] * models,
        "kind": ["citymodel"] * models,
        "source_class": ["Building"] * models,
        "level": ["CIM3"] * models,
        "z_max": (base + height)[:models],
    }
    bodies: dict[str, Any] = {"object_id": [], "lod": [], "vertices": [], "boundaries": []}
    for i in range(models):
        corners = ring[i, :CORNERS]
        for lod, top in (("1", height[i]), ("2", height[i] + 2)):
            ends = [[*corner, base[i] + z] for z in (0, top) for corner in corners]
            bodies["object_id"].append(f"m{i:09d}")
            bodies["lod"].append(lod)
            bodies["vertices"].append([v for p in ends for v in p])
            bodies["boundaries"].append(json.dumps([[[f] for f in FACES]]))
    bodies |= {
        "crs": ["EPSG:4544"] * (2 * models),
        "geometry_type": ["Solid"] * (2 * models),
        "item_id": ["model"] * (2 * models),
    }
    pairs = {
        "object_id": own["object_id"], "other_id": blocks["object_id"][:models],
        "by": ["code"] * models, "confidence": [1.0] * models,
    }  # fmt: skip
    catalog = create(folder)
    with catalog.connect(read_only=False) as con:
        for name, given in (
            ("objects", blocks), ("objects", own), ("geometries", bodies), ("same_as", pairs)
        ):  # fmt: skip
            n = len(given["object_id"])
            columns = {
                f.name: pa.array(given[f.name], f.type) if f.name in given else pa.nulls(n, f.type)
                for f in LAKE[name]
            }
            con.register("given", pa.table(columns))
            listed = [
                "ST_GeomFromWKB(geometry) AS geometry" if c == "geometry" else f'"{c}"'
                for c in columns
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(listed)} FROM given")
    return catalog


def peer(folder: Path, count: int) -> Step:
    """Run py3dtiles on blocks as WKB, a file each."""
    ring, base, height = city(count)
    source = folder / "wkb"
    source.mkdir()
    for i in range(count):
        low = np.column_stack([ring[i], np.full(CORNERS + 1, base[i])]) - [E, N, 0]
        top = low + np.array([0, 0, height[i]])
        walls = [[low[k], low[k + 1], top[k + 1], top[k], low[k]] for k in range(CORNERS)]
        solid = shapely.MultiPolygon([shapely.Polygon(r) for r in (low[::-1], top, *walls)])
        data = shapely.to_wkb(solid, output_dimension=3, flavor="iso")
        (source / f"{i}.wkb").write_bytes(data)

    def run() -> None:
        subprocess.run(
            [PEER, "export", "-d", source, "-s", folder / "peer"], check=True, capture_output=True
        )

    return measure(f"py3dtiles, {count:,} blocks", run)[0]


def told(report: ExportReport) -> str:
    tiles = sum(report.contents.values()) - report.contents["dropped"]
    return (
        f"{tiles:,} contents, largest file {report.largest / 1e3:,.0f} kB, "
        f"{report.size / 1e6:,.1f} MB, {report.contents}"
    )


def main(count: int, models: int, peers: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        # Compile first.
        export(fill(folder / "warm", 20, 5), "3dtiles", folder / "warm-out")
        catalog = fill(folder / "city", count, models)
        ring, base, height = city(count)

        def floor() -> None:
            """Blocks in one frame, a content of 2,000: no catalogue, no tree, no properties."""
            degrees = np.stack(DEGREES.transform(ring[..., 0], ring[..., 1]), axis=-1)
            shapes = shapely.polygons(degrees)
            for at in range(0, count, 2000):
                own = slice(at, at + 2000)
                mesh = extrude(shapes[own], base[own], height[own])
                names = pa.table({"object_id": [str(i) for i in range(len(base[own]))]})
                content_glb([mesh], frame_at(mesh.positions.mean(axis=0)), names)

        steps = [measure("floor: blocks to glTF alone", floor)[0]]
        out = folder / "out"
        step, report = measure(
            f"export, {models:,} with models", lambda: export(catalog, "3dtiles", out)
        )
        steps.append(step)
        again, second = measure("the same again", lambda: export(catalog, "3dtiles", out))
        steps.append(again)
        with catalog.connect(read_only=False) as con:
            con.execute(
                f"UPDATE lake.objects SET height = height + 1 WHERE object_id = 'b{count // 2:09d}'"
            )
        third, changed = measure("one building changed", lambda: export(catalog, "3dtiles", out))
        steps.append(third)
        show(f"{count:,} buildings to 3D Tiles", steps, count=count, unit="building")
        for one in (report, second, changed):
            print(told(one))
        if peers and PEER.is_file():
            theirs = peer(folder, peers)
            show("peer", [theirs], count=peers, unit="building")
            faster = (theirs.cpu_s / peers) / (steps[1].cpu_s / count)
            print(f"py3dtiles takes {faster:.0f} times the CPU a building")


if __name__ == "__main__":
    given = [int(a) for a in sys.argv[1:]]
    total = given[0] if given else 100_000
    main(total, given[1] if len(given) > 1 else total // 10, given[2] if len(given) > 2 else 5_000)
