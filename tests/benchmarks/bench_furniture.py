"""100,000 facilities and 100,000 stretches of pipe in tiles; the floor is their tables alone.

Usage: python tests/benchmarks/bench_furniture.py [COUNT]
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from meter import Step, measure, show

from cimkit.catalog import Catalog, create
from cimkit.exporters import export
from cimkit.exporters._select import select
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.model import LAKE

LON, LAT = 106.5, 29.57
CODES = ["0101", "0104", "0113", "0118", "0209", "0305", "0402", "0407", "0117", "0136"]
PIPES = ["5022", "5023", "5024"]


def objects(count: int, lines: bool) -> pa.Table:
    """Facilities, or stretches of pipe of five vertices, in a city of 12 by 11 km."""
    rng = np.random.default_rng(1)
    place = np.array([LON, LAT]) + rng.uniform(-0.06, 0.06, (count, 2))
    shapes: Any = shapely.points(place)
    if lines:
        steps = rng.normal(0, 1.5e-4, (count, 5, 2)).cumsum(axis=1) + place[:, None]
        shapes = shapely.linestrings(steps)
    bounds = shapely.bounds(shapes)
    boxes = [dict(zip(("xmin", "ymin", "xmax", "ymax"), b, strict=True)) for b in bounds.tolist()]
    z = rng.uniform(200, 260, count)
    properties = [
        json.dumps(
            {"diameter": 100 * (1 + i % 12), "depth": 1.5} if lines else {"heading": i % 360}
        )
        for i in range(count)
    ]
    codes = PIPES if lines else CODES
    given: dict[str, Any] = {
        "object_id": [f"{'l' if lines else 'p'}{i:09d}" for i in range(count)],
        "item_id": ["i"] * count,
        "kind": ["gis"] * count,
        "source_key": [str(i) for i in range(count)],
        "source_class": ["pipe" if lines else "facility"] * count,
        "name": [f"no. {i}" for i in range(count)],
        "access": ["public"] * count,
        "properties": properties,
        "content_hash": ["0" * 32] * count,
        "geometry": list(shapely.to_wkb(shapes)),
        "bbox": boxes,
        "z_min": [None] * count if lines else z.tolist(),
        "class_code": [codes[i % len(codes)] for i in range(count)],
        "asset_code": [f"509912{i:010d}" for i in range(count)],
    }
    schema = LAKE["objects"]
    return pa.table({f.name: pa.array(given.get(f.name, [None] * count), f.type) for f in schema})


def city(folder: Path, count: int, lines: bool) -> Catalog:
    catalog = create(folder, standard="city.linjiang")
    columns = [
        "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f.name
        for f in LAKE["objects"]
    ]
    with catalog.connect(read_only=False) as con:
        con.register("given", objects(count, lines))
        con.execute(f"INSERT INTO lake.objects SELECT {', '.join(columns)} FROM given")
    return catalog


def tables(catalog: Catalog, layer: str) -> int:
    with select(catalog, where=None, as_of=None, access="public") as selection:
        return len(features(selection, layer, "ST_AsWKB(s.geometry) AS wkb"))


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for lines in (False, True):
            layer = "lines" if lines else "points"
            catalog = city(Path(scratch) / layer, count, lines)
            small = city(Path(scratch) / f"few-{layer}", 10, lines)
            export(small, "3dtiles", Path(scratch) / f"few-{layer}-tiles")  # warm
            out = Path(scratch) / f"{layer}-tiles"
            steps: list[Step] = []
            step, rows = measure("Arrow table alone", partial(tables, catalog, layer))
            steps.append(step)
            assert rows == count
            step, report = measure("3dtiles", partial(export, catalog, "3dtiles", out))
            steps.append(step)
            step, _ = measure("3dtiles again", partial(export, catalog, "3dtiles", out))
            steps.append(step)
            show(f"{count:,} {layer}", steps, count=count, unit="feature")
            files = sorted((out / layer).rglob("*.glb"))
            size = sum(f.stat().st_size for f in files)
            print(
                f"{len(files)} contents, {size / 1e6:.1f} MB, {size / count:.1f} bytes a feature, "
                f"largest {max(f.stat().st_size for f in files) / 1e6:.2f} MB, "
                f"{sum(report.counts.values()):,} drawn"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
