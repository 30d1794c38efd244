"""Probe and read of vector layers against reading the same rows as Arrow.

    python tests/benchmarks/bench_vectors.py [FEATURES]

The floor is `pyogrio.read_arrow` (`pyarrow.parquet.read_table` for GeoParquet). Both run in a
process of their own, so that the peak memory of one is not that of the other.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import warnings
from pathlib import Path

from meter import Step, measure, show

SUFFIXES = ("gpkg", "fgb", "shp", "geojson", "parquet")


def make(file: Path, count: int) -> None:
    """Write buildings: a rectangle of five points, a code, a name, two numbers and a date."""
    import numpy as np
    import pyarrow as pa
    import pyogrio
    import shapely

    i = np.arange(count)
    x, y = 500_000 + 20.0 * (i % 2000), 3_270_000 + 20.0 * (i // 2000)
    boxes = shapely.box(x, y, x + 12, y + 8)
    text = pa.array(i).cast(pa.string())
    table = pa.table(
        {
            "编号": pa.compute.binary_join_element_wise("B", text, ""),
            "名称": pa.compute.binary_join_element_wise("建国路", text, ""),
            "层数": pa.array((i % 30).astype("int32")),
            "height": pa.array(3.0 * (i % 30)),
            "建成": pa.array((i % 20000).astype("int32")).cast(pa.date32()),
            "geometry": pa.array(shapely.to_wkb(boxes, flavor="iso"), pa.binary()),
        }
    )
    if file.suffix == ".parquet":
        import json

        import pyarrow.parquet as pq
        from pyproj import CRS

        column = {"encoding": "WKB", "geometry_types": ["Polygon"]}
        column["crs"] = CRS("EPSG:4544").to_json_dict()
        about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        pq.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), file)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write_arrow(
            table,
            file,
            geometry_name="geometry",
            geometry_type="Polygon",
            crs="EPSG:4544",
            encoding="UTF-8" if file.suffix == ".shp" else None,
        )


def floor(file: Path) -> int:
    if file.suffix == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.read_table(file).num_rows)
    import pyogrio.raw

    return int(pyogrio.raw.read_arrow(file)[1].num_rows)


def ours(file: Path) -> int:
    from cimkit.loaders import ReadOptions, vector
    from cimkit.model import Source

    source = Source(file.name, file, (), file.stat().st_size, "vector")
    options = ReadOptions(root=file.parent)
    asset = vector.probe(source, options)
    return sum(t.num_rows for n, t in vector.read(source, asset, options) if n == "objects")


def _timed(what: str, name: str, file: Path) -> tuple[Step, int]:
    return measure(what, lambda: {"floor": floor, "ours": ours}[name](file))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            file = Path(folder) / f"buildings.{suffix}"
            make(file, count)
            steps = []
            for what, name in (("read as Arrow", "floor"), ("probe and read", "ours")):
                with context.Pool(1) as pool:
                    step, rows = pool.apply(_timed, (what, name, file))
                assert rows == count
                steps.append(step)
            show(f"{suffix}: {count} buildings", steps, count=count, unit="row")


if __name__ == "__main__":
    main()
