"""Probe and read of KML, tables of text and drawings against the parsers alone.

    python tests/benchmarks/bench_markup.py [ROWS]

The floors are `lxml.etree.iterparse`, `pyarrow.csv.open_csv` and `ezdxf.readfile`, which give
elements, typed columns and entities, but no geometry, keys or CRS84. Drawings have a fifth of the
rows. Each step runs in a process of its own, which has imported what it uses.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from pathlib import Path

from meter import Step, measure, show


def make(file: Path, count: int) -> None:
    """Write buildings as areas (KML), lamps as rows (CSV), or lines, texts and blocks (DXF)."""
    {".kml": _kml, ".csv": _csv, ".dxf": _dxf}[file.suffix](file, count)


def _kml(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
            '<Document><Schema id="S"><SimpleField type="int" name="层数"/></Schema><Folder>'
            "<name>建筑</name>\n"
        )
        for i in range(count):
            x, y = 106 + (i % 2000) * 2e-4, 29 + (i // 2000) * 2e-4
            corners = [(0, 0), (1e-4, 0), (1e-4, 1e-4), (0, 1e-4), (0, 0)]
            ring = " ".join(f"{x + a:.8f},{y + b:.8f},0" for a, b in corners)
            out.write(
                f'<Placemark id="b{i}"><name>楼{i}</name><ExtendedData><SchemaData schemaUrl="#S">'
                f'<SimpleData name="层数">{i % 30}</SimpleData><SimpleData name="编号">B{i}'
                "</SimpleData></SchemaData></ExtendedData><Polygon><outerBoundaryIs><LinearRing>"
                f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
                "</Placemark>\n"
            )
        out.write("</Folder></Document></kml>")


def _csv(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("编号,名称,经度,纬度,高程,类型\n")
        for i in range(count):
            x, y = 106 + (i % 2000) * 2e-4, 29 + (i // 2000) * 2e-4
            out.write(f"B{i},建国路{i},{x:.7f},{y:.7f},{i % 300 / 10},路灯\n")


def _dxf(file: Path, count: int) -> None:
    from ezdxf import filemanagement

    document = filemanagement.new("R2010")
    model = document.modelspace()
    document.blocks.new("L").add_circle((0, 0), 0.5)
    for i in range(count):
        x, y = 500_000 + (i % 1000) * 5, 3_270_000 + i // 1000 * 5
        if i % 3 == 0:
            corners = [(x, y), (x + 4, y), (x + 4, y + 4), (x, y + 4)]
            model.add_lwpolyline(corners, close=True, dxfattribs={"layer": "JMD"})
        elif i % 3 == 1:
            model.add_text(f"建{i}", dxfattribs={"insert": (x, y), "layer": "ZJ", "height": 2})
        else:
            model.add_blockref("L", (x, y), dxfattribs={"layer": "DLDW"})
    document.saveas(file)


def floor(file: Path) -> int:
    if file.suffix == ".kml":
        from lxml import etree

        count = 0
        for _, element in etree.iterparse(str(file), events=("end",), tag="{*}Placemark"):
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return count
    if file.suffix == ".csv":
        from pyarrow import csv

        return sum(batch.num_rows for batch in csv.open_csv(file))
    from ezdxf import filemanagement

    return len(filemanagement.readfile(file).modelspace())


def ours(file: Path, depth: str = "full") -> int:
    from cimkit.loaders import ReadOptions, dxf, vector
    from cimkit.model import Source

    module = dxf if file.suffix == ".dxf" else vector
    source = Source(file.name, file, (), file.stat().st_size, module.SPEC.name)
    options = ReadOptions(root=file.parent, depth=depth)  # type: ignore[arg-type]
    asset = module.probe(source, options)
    if depth == "header":
        return int(asset.counts["features"])
    return sum(t.num_rows for n, t in module.read(source, asset, options) if n == "objects")


def header(file: Path) -> int:
    return ours(file, "header")


def _timed(what: str, name: str, file: Path, small: Path) -> tuple[Step, int]:
    run = {"floor": floor, "header": header, "ours": ours}[name]
    run(small)  # imports
    return measure(what, lambda: run(file))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, count in ((".kml", rows), (".csv", rows), (".dxf", rows // 5)):
            file, small = Path(folder) / f"a{suffix}", Path(folder) / f"small{suffix}"
            make(file, count)
            make(small, 10)
            steps = []
            for what, name in (
                ("parse alone", "floor"),
                ("probe, depth header", "header"),
                ("probe and read", "ours"),
            ):
                with context.Pool(1) as pool:
                    step, found = pool.apply(_timed, (what, name, file, small))
                assert found == count
                steps.append(step)
            size = file.stat().st_size >> 20
            show(f"{suffix}: {count} rows, {size} MB", steps, count=count, unit="row")


if __name__ == "__main__":
    main()
