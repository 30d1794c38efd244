"""Items and datasets: what the coordinator makes of probes, objects and sheets."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from cimkit.catalog import Catalog, ingest_staged
from cimkit.model import Declaration

from .conftest import Feature, Stage, rows

BOX = "bbox.xmin, bbox.ymin, bbox.xmax, bbox.ymax, z_min, z_max, ST_AsText(geometry)"


def test_an_item_lies_where_its_objects_do(catalog: Catalog, stage: Stage) -> None:
    """Of a model the probe saw the origins of placements only; of a raster it knows the outline."""
    spots = [Feature("a", 106.5, 29.5), Feature("b", 106.75, 29.75)]
    probed: dict[str, Any] = {
        "bbox": (0.0, 0.0, 5.0, 1.0, 1.0, 6.0),
        "bbox_wgs84": (106.5, 29.5, 106.625, 29.625),
    }
    low = shapely.box(106, 29, 107, 30)
    given = {
        "a.ifc": stage("a.ifc", spots),
        "empty.ifc": stage("empty.ifc", []),
        "dem.tif": stage("dem.tif", [Feature("dem", 106.5, 29.5)], kind="raster"),
        "p.jpg": stage("p.jpg", [Feature("p", 106.25, 29.5)], kind="imagery"),
    }
    rise = {"a.ifc": [(201.0, 203.0), (199.0, float("nan"))], "dem.tif": [(190.5, 260.5)]}
    for path, heights in rise.items():
        file = given[path].folder / "objects.parquet"  # type: ignore[operator]
        table = pq.read_table(file)
        for n, side in ((0, "z_min"), (1, "z_max")):
            at = table.column_names.index(side)
            table = table.set_column(at, side, pa.array([h[n] for h in heights], pa.float64()))
        pq.write_table(table, file)
    staged = []
    for path, one in given.items():
        more = dict(probed)
        if path == "dem.tif":
            more |= {"footprint": low.wkb, "bbox_wgs84": low.bounds, "bbox": (0, 0, 200, 1, 1, 250)}
        if path == "p.jpg":
            more = {"position": (106.25, 29.5)}
        staged.append(dataclasses.replace(one, asset=dataclasses.replace(one.asset, **more)))
    ingest_staged(catalog, staged, root=Path("/delivered"))
    assert rows(catalog, f"SELECT path, {BOX} FROM items ORDER BY path") == [
        ("a.ifc", 106.5, 29.5, 106.75, 29.75, 199, 203, shapely_wkt(106.5, 29.5, 106.75, 29.75)),
        ("dem.tif", 106, 29, 107, 30, 190.5, 260.5, low.wkt),
        ("empty.ifc", *probed["bbox_wgs84"], 5, 6, shapely_wkt(*probed["bbox_wgs84"])),
        ("p.jpg", 106.25, 29.5, 106.25, 29.5, None, None, "POINT (106.25 29.5)"),
    ]


def shapely_wkt(west: float, south: float, east: float, north: float) -> str:
    ring = [(west, south), (west, north), (east, north), (east, south), (west, south)]
    return f"POLYGON (({', '.join(f'{x:g} {y:g}' for x, y in ring)}))"


def test_a_later_sheet_says_who_owns_a_dataset(catalog: Catalog, stage: Stage) -> None:
    lamps = [Feature(f"k{n}", 106.5 + n * 1e-4, 29.5) for n in range(30)]
    named = Declaration(dataset="lamps", owner="A", producer="P")
    ingest_staged(catalog, [stage("1.shp", lamps, declared=named)], root=Path("/in"))
    said = "SELECT name, owner, producer, licence, access FROM datasets"
    first = catalog.version()
    assert rows(catalog, said) == [("lamps", "A", "P", None, "public")]
    # The same bytes: only what is said of them is new.
    later = Declaration(dataset="lamps", owner="B", licence="CC-BY-4.0", access="internal")
    ingest_staged(catalog, [stage("1.shp", lamps, declared=later)], root=Path("/in"))
    assert rows(catalog, said) == [("lamps", "B", "P", "CC-BY-4.0", "internal")]
    assert catalog.version() == first + 1
    assert rows(catalog, said, version=first) == [("lamps", "A", "P", None, "public")]
    # Said nothing, nothing changes; recognised by its keys, it is the same dataset.
    ingest_staged(catalog, [stage("2.shp", lamps[:20])], root=Path("/in"))
    assert rows(catalog, said) == [("lamps", "B", "P", "CC-BY-4.0", "internal")]
