"""Maps and tables of a city's footprints, and its rasters, against their peers and floors.

    python tests/benchmarks/bench_maps.py [FOOTPRINTS] [PIXELS]

PMTiles stand against tippecanoe with the same zooms (8 to 14), attributes and cap of 500 kB a tile,
fed with a FlatGeobuf that is there already; FlatGeobuf and GeoPackage against `pyogrio.write_arrow`
of the same rows from memory; COG against rio-cogeo with the same compression. Each runs in a
process of its own, and what is compiled on first use is compiled before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from meter import Step, measure, show

TIPPECANOE = Path(__file__).resolve().parents[2] / "build" / "peers" / "bin" / "tippecanoe"
ZOOMS = (8, 14)


def make_city(folder: Path, count: int) -> None:
    """Write buildings of four and six corners into a catalogue."""
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.catalog import create

    rng = np.random.default_rng(1)
    side = int(np.ceil(np.sqrt(count)))
    i = np.arange(count)
    at = np.column_stack([106.44 + i % side * (0.12 / side), 29.52 + i // side * (0.10 / side)])
    w, h = rng.uniform(8, 30, count) / 96_800, rng.uniform(8, 25, count) / 110_900
    steps = np.array([[0, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]])
    rings = at[:, None, :] + steps * np.column_stack([w, h])[:, None, :]
    shapes = np.where(i % 2, shapely.polygons(rings), shapely.polygons(rings[:, [0, 1, 2, 5]]))
    boxes = shapely.bounds(shapes)
    code = pa.array(np.char.mod("50%02d", rng.integers(0, 12, count)))
    text = pa.array(i).cast(pa.string())
    rows = pa.table(
        {
            "key": text,
            "class_code": code,
            "name": pa.compute.binary_join_element_wise("建国路 ", text, ""),
            "height": rng.uniform(3, 100, count).round(1),
            "wkb": pa.array(shapely.to_wkb(shapes), pa.binary()),
            **{k: boxes[:, j] for j, k in enumerate(("xmin", "ymin", "xmax", "ymax"))},
        }
    )
    names = pa.table({"code": [f"50{n:02d}" for n in range(12)]})
    with create(folder).connect(read_only=False) as con:
        con.register("rows", rows)
        con.register("names", names)
        con.execute(
            """INSERT INTO lake.objects BY NAME SELECT md5(key)::UUID::VARCHAR AS object_id,
            'd' AS dataset_id, 'i' AS item_id, 'gis' AS kind, 'building' AS source_class, key AS
            source_key, class_code, '5099125001' || lpad(key, 6, '0') AS asset_code, 'CIM2' AS
            level, name, height, 'public' AS access, '{}' AS properties,
            ST_GeomFromWKB(wkb) AS geometry,
            {'xmin': xmin, 'ymin': ymin, 'xmax': xmax, 'ymax': ymax} AS bbox FROM rows"""
        )
        con.execute(
            """INSERT INTO lake.classes BY NAME SELECT 's@1' AS standard, 's' AS scheme, code,
            '建筑' || code AS name_zh, '建物' || code AS name_ja, 'Building ' || code AS name_en
            FROM names"""
        )


def make_raster(folder: Path, catalog: Path, pixels: int) -> None:
    """Write an orthophoto of 8 bits and its item into a catalogue."""
    import numpy as np
    import rasterio

    from cimkit.catalog import create

    rng = np.random.default_rng(2)
    file = folder / "ortho.tif"
    with rasterio.open(
        file, "w", driver="GTiff", width=pixels, height=pixels, count=3, dtype="uint8",
        crs="EPSG:4544", transform=rasterio.Affine(0.1, 0, 5e5, 0, -0.1, 3e6), tiled=True,
    ) as made:  # fmt: skip
        x = np.linspace(0, 40, pixels)
        for top in range(0, pixels, 512):
            height = min(512, pixels - top)
            ground = 90 + 60 * np.sin(x) + 40 * np.cos(np.arange(top, top + height) / 90)[:, None]
            noisy = ground + rng.normal(0, 4, (3, height, pixels))
            window = rasterio.windows.Window(0, top, pixels, height)
            made.write(noisy.clip(0, 255).astype("uint8"), window=window)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    with create(catalog).connect(read_only=False) as con:
        con.execute(
            """INSERT INTO lake.items BY NAME SELECT 'i' AS item_id, 'ortho.tif' AS path, 'r' AS
            root, 'ok' AS status, 'raster' AS kind, 'raster' AS loader, ? AS sha256, 'EPSG:4544' AS
            crs, 'public' AS access""",
            [digest],
        )
        con.execute(
            """INSERT INTO lake.objects BY NAME SELECT 'o' AS object_id, 'i' AS item_id, 'raster'
            AS kind, 'orthophoto' AS source_class, 'public' AS access, '{}' AS properties"""
        )


def run(catalog: Path, form: str, out: Path, **options: Any) -> None:
    """Export in this process."""
    from cimkit.catalog import open_catalog
    from cimkit.exporters import export

    opened = open_catalog(catalog)
    if form == "cog":
        roots = {"r": str(catalog.parent)}
        opened = dataclasses.replace(opened, config=dataclasses.replace(opened.config, roots=roots))
    export(opened, form, out, **options)


def peer(source: Path, out: Path) -> None:
    """Run tippecanoe."""
    subprocess.run(
        [TIPPECANOE, "-q", "-f", "-o", out, "-Z", str(ZOOMS[0]), "-z", str(ZOOMS[1]), "-l",
         "buildings", "--drop-smallest-as-needed", source],
        check=True,
    )  # fmt: skip


def floor(source: Path, driver: str, out: Path) -> None:
    """Write the rows of a FlatGeobuf by pyogrio alone."""
    import pyogrio

    about, rows = pyogrio.read_arrow(source)
    pyogrio.write_arrow(
        rows, out, driver=driver, layer="buildings", geometry_type=about["geometry_type"],
        geometry_name=about["geometry_name"] or "wkb_geometry", crs=about["crs"],
    )  # fmt: skip


def rio(source: Path, out: Path) -> None:
    """Write a COG by rio-cogeo."""
    from rio_cogeo.cogeo import cog_translate
    from rio_cogeo.profiles import cog_profiles

    profile = {**cog_profiles.get("deflate"), "PREDICTOR": 2}
    cog_translate(source, out, profile, in_memory=False, overview_resampling="average", quiet=True)


def _job(
    pipe: Any, what: str, function: Callable[..., None], given: tuple[Any, ...], more: Any
) -> None:
    step, _ = measure(what, lambda: function(*given, **more))
    pipe.send(step)


def alone(what: str, function: Callable[..., None], *given: Any, **more: Any) -> Step:
    """Measure in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    mine, theirs = spawn.Pipe()
    process = spawn.Process(target=_job, args=(theirs, what, function, given, more))
    process.start()
    step: Step = mine.recv()
    process.join()
    return step


def size(path: Path) -> str:
    total = sum(f.stat().st_size for f in path.rglob("*")) if path.is_dir() else path.stat().st_size
    return f"{total / 1e6:.1f} MB"


def tiles(file: Path) -> str:
    from pmtiles.reader import MmapSource, all_tiles

    with file.open("rb") as opened:
        sizes = [len(data) for _, data in all_tiles(MmapSource(opened))]
    return f"{size(file)}, {len(sizes)} tiles, the largest {max(sizes) / 1e3:.0f} kB"


def main(count: int, pixels: int) -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        city, fgb = folder / "city", folder / "buildings.fgb"
        make_city(folder / "warm", 50)
        run(folder / "warm", "pmtiles", folder / "warm.pmtiles")
        make_city(city, count)
        run(city, "flatgeobuf", fgb, layers=("buildings",))
        first, last = ZOOMS
        steps = [
            alone("tippecanoe", peer, fgb, folder / "peer.pmtiles"),
            alone(
                "cimkit", run, city, "pmtiles", folder / "a.pmtiles", minzoom=first, maxzoom=last
            ),
        ]
        show(f"PMTiles, {count:,} footprints", steps, count=count, unit="row")
        for name in ("peer.pmtiles", "a.pmtiles"):
            print(f"  {name}: {tiles(folder / name)}")
        for driver, form, suffix in (
            ("FlatGeobuf", "flatgeobuf", "fgb"),
            ("GPKG", "gpkg", "gpkg"),
        ):
            ours, theirs = folder / f"ours-{form}", folder / f"floor.{suffix}"
            steps = [
                alone("pyogrio", floor, fgb, driver, theirs),
                alone("cimkit", run, city, form, ours),
            ]
            show(f"{driver}, {count:,} footprints", steps, count=count, unit="row")
            print(f"  {size(theirs)}, {size(ours)}")
        rasters = folder / "rasters"
        make_raster(folder, rasters, pixels)
        steps = [
            alone("rio-cogeo", rio, folder / "ortho.tif", folder / "floor.tif"),
            alone("cimkit", run, rasters, "cog", folder / "cog"),
        ]
        show(f"COG, {pixels:,}² × 3", steps)
        print(f"  {size(folder / 'floor.tif')}, {size(folder / 'cog')}")


if __name__ == "__main__":
    asked = [int(a) for a in sys.argv[1:3]]
    main(*asked, *(100_000, 8_192)[len(asked) :])
