"""The IFC loader against ifcopenshell alone: open, triangulate, and one pass over the properties.

The floor opens the file once, runs the geometry iterator on the same kernels, settings, threads and
products (the second kernel on what the first makes no triangles of), and reads what a bulk pass
must: attributes of each product, its property sets and quantities and those of its type as one
JSON text. No row is built, nothing is hashed, placed or related.

python tests/benchmarks/bench_ifc.py [FILE.ifc ...] [--megabytes N]
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ifcopenshell
from building import write_building
from meter import Step, measure, show

from cimkit.demo.ifc import write_ifc
from cimkit.demo.modelled import model_of
from cimkit.demo.plan import plan
from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.ifc.geometry import KERNELS, threads_for
from cimkit.loaders.ifc.representations import has_body
from cimkit.model import Declaration, Source


def triangles(model: Any, threads: int, kernel: str, products: list[Any]) -> list[Any]:
    """Run the iterator over products, and return those of which it built no triangle."""
    geometry = importlib.import_module("ifcopenshell.geom")
    settings = geometry.settings()
    settings.set("apply-default-materials", False)
    iterator = geometry.iterator(
        settings, model, threads, include=products, geometry_library=kernel
    )
    left = {p.id(): p for p in products}
    more = bool(products) and iterator.initialize()
    while more:
        shape = iterator.get()
        if len(shape.geometry.faces_buffer):
            left.pop(shape.id, None)
        more = iterator.next()
    return list(left.values())


def properties(model: Any) -> int:
    """Return the number of letters of what a simple bulk pass writes."""
    sets: dict[int, tuple[str, dict[str, Any]]] = {}

    def told(item: Any) -> tuple[str, dict[str, Any]]:
        if item.id() not in sets:
            values: dict[str, Any] = {}
            if item.is_a("IfcPropertySet"):
                for p in item.HasProperties:
                    value = getattr(p, "NominalValue", None)
                    values[p.Name] = value.wrappedValue if value is not None else None
            elif item.is_a("IfcElementQuantity"):
                for q in item.Quantities:
                    values[q.Name] = q[3]
            sets[item.id()] = (item.Name, values)
        return sets[item.id()]

    own: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for relation in model.by_type("IfcRelDefinesByType"):
        inherited = [told(s) for s in relation.RelatingType.HasPropertySets or ()]
        for one in relation.RelatedObjects:
            own[one.id()].update(inherited)
    for relation in model.by_type("IfcRelDefinesByProperties"):
        name, values = told(relation.RelatingPropertyDefinition)
        for one in relation.RelatedObjects:
            held = own[one.id()]
            held[name] = {**held.get(name, {}), **values}
    letters = 0
    for product in model.by_type("IfcProduct"):
        plain = {
            k: v for k, v in product.get_info().items() if isinstance(v, str | int | float | bool)
        }
        letters += len(json.dumps({"attributes": plain, "pset": own.get(product.id(), {})}))
    return letters


def floor_of(file: Path) -> tuple[list[Step], int]:
    """Measure the steps of the floor, and return them with the number of products with a body."""
    threads = threads_for(file.stat().st_size)
    opened, model = measure("ifcopenshell.open", lambda: ifcopenshell.open(str(file)))
    products: Sequence[Any] = model.by_type("IfcProduct")
    due = [p for p in products if has_body(p) and not p.is_a("IfcFeatureElementSubtraction")]
    first, left = measure(
        f"geom.iterator, {threads} threads", lambda: triangles(model, threads, KERNELS[0], due)
    )
    second, _ = measure(
        f"OpenCASCADE for {len(left)} without triangles",
        lambda: triangles(model, threads, KERNELS[1], left),
    )
    passed, _ = measure("one bulk property pass", lambda: properties(model))
    return [opened, first, second, passed], len(due)


def loader_of(file: Path) -> tuple[Step, dict[str, int]]:
    """Measure the loader, and return the rows of each table."""

    def loaded() -> dict[str, int]:
        source = Source(file.name, file, (), file.stat().st_size, "ifc")
        options = ReadOptions(Declaration(), "full", file.parent)
        counts: dict[str, int] = {}
        for name, table in ifc.read(source, ifc.probe(source, options), options):
            counts[name] = counts.get(name, 0) + table.num_rows
        return counts

    return measure("loader: probe and read", loaded)


def run(file: Path) -> None:
    """Show both, each measured in a process of its own: none holds the model of the other."""
    fresh = multiprocessing.get_context("spawn")
    with fresh.Pool(1, warm) as process:
        parts, shapes = process.apply(floor_of, (file,))
    with fresh.Pool(1, warm) as process:
        step, counts = process.apply(loader_of, (file,))
    floor = Step(
        "floor: all of these",
        sum(s.cpu_s for s in parts),
        sum(s.wall_s for s in parts),
        max(s.peak_mb for s in parts),
    )
    size = file.stat().st_size / 1e6
    title = f"{file.name}: {size:.1f} MB, {shapes} shapes; {counts}"
    show(title, [floor, *parts, step], count=shapes, unit="shape")
    fast = max(floor.cpu_s - parts[2].cpu_s, 1e-9)
    print(f"without OpenCASCADE in the floor: {step.cpu_s / fast:.2f}")
    print(f"wall: {step.wall_s / max(floor.wall_s, 1e-9):.2f} times the floor")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--megabytes", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        files = list(given.files)
        if given.megabytes:
            files.append(Path(temp) / "building.ifc")
            write_building(files[-1], given.megabytes)
        if not files:
            files.append(Path(temp) / "tower.ifc")
            write_ifc(files[0], replace(model_of(plan(20, 1), 0), floors=30))
        for file in files:
            run(file)


def warm() -> None:
    """Load the libraries, so that no step pays for that."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.ifc"
        write_ifc(small, replace(model_of(plan(20, 1), 0), floors=1))
        source = Source(small.name, small, (), small.stat().st_size, "ifc")
        options = ReadOptions(Declaration(), "full", Path(folder))
        list(ifc.read(source, ifc.probe(source, options), options))


if __name__ == "__main__":
    main()
