"""The IFC loader against ifcopenshell alone: open, and triangulate with the same kernels.

python tests/benchmarks/bench_ifc.py [FILE.ifc]
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import ifcopenshell
from meter import measure, show

from cimkit.demo.ifc import model_of, write_ifc
from cimkit.demo.plan import plan
from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.ifc.geometry import _KERNELS, has_body
from cimkit.model import Declaration, Source


def main(file: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as temp:
        if file is None:
            file = Path(temp) / "tower.ifc"
            write_ifc(file, replace(model_of(plan(20, 1), 0), floors=30))

        def alone() -> int:
            model = ifcopenshell.open(str(file))
            geometry = importlib.import_module("ifcopenshell.geom")
            products = [
                p
                for p in model.by_type("IfcProduct")
                if has_body(p) and not p.is_a("IfcFeatureElementSubtraction")
            ]
            iterator = geometry.iterator(
                geometry.settings(), model, 1, include=products, geometry_library=_KERNELS[0]
            )
            count = int(iterator.initialize())
            while count and iterator.next():
                count += 1
            return count

        def loaded() -> dict[str, int]:
            source = Source(file.name, file, (), file.stat().st_size, "ifc")
            options = ReadOptions(Declaration(), "full", file.parent)
            counts: dict[str, int] = {}
            for name, table in ifc.read(source, ifc.probe(source, options), options):
                counts[name] = counts.get(name, 0) + table.num_rows
            return counts

        floor, shapes = measure("floor: ifcopenshell.open and geom.iterator", alone)
        step, counts = measure("loader: objects, properties, shapes, placements", loaded)
        title = f"IFC: {file.stat().st_size / 1e6:.1f} MB, {shapes} shapes; {counts}"
        show(title, [floor, step], count=shapes, unit="shape")


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:]))
