"""IFC files to tiles against the OpenCASCADE kernel alone, which peers wait for, and py3dtiles.

The floor opens the file and runs ifcopenshell's geometry iterator with the kernel ``opencascade``
and two threads over the same products: no tile is written. Ours reads the file into a catalogue
with all properties and exports it as tiles (``--local``).

python tests/benchmarks/bench_ifc_tiles.py [FILE.ifc ...] [--megabytes N]
"""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import ifcopenshell
from bench_ifc import triangles, warm
from building import write_building
from meter import Step, measure, show

from cimkit.catalog import create, ingest
from cimkit.demo.ifc import write_ifc
from cimkit.demo.modelled import model_of
from cimkit.demo.plan import plan
from cimkit.exporters import export
from cimkit.loaders.ifc.representations import has_body

T = TypeVar("T")
PEER = Path(__file__).parents[2] / "build" / "peers" / "bin" / "py3dtiles"


def floor_of(file: Path) -> tuple[Step, int, int]:
    """Measure OpenCASCADE; also the products with a body, and those it makes nothing of."""

    def run() -> tuple[int, int]:
        model = ifcopenshell.open(str(file))
        products: Any = model.by_type("IfcProduct")
        # Rooms and holes are not drawn.
        none = ("IfcFeatureElementSubtraction", "IfcSpace")
        due = [p for p in products if has_body(p) and not any(map(p.is_a, none))]
        return len(due), len(triangles(model, 2, "opencascade", due))

    step, (due, lost) = measure("OpenCASCADE, 2 threads", run)
    return step, due, lost


def ours(file: Path) -> tuple[list[Step], int, dict[str, int]]:
    """Measure ingest and export; also the elements drawn, and those left out by reason."""
    with tempfile.TemporaryDirectory() as temp:
        catalog = create(Path(temp) / "lake")
        read, _ = measure("ingest", lambda: ingest(catalog, [file]))
        written, report = measure(
            "export as tiles",
            lambda: export(catalog, "3dtiles", Path(temp) / "tiles", local=str(file.name)),
        )
        return [read, written], report.counts["bim"], report.left_out


def peer(file: Path) -> Step | None:
    """Measure py3dtiles; None where it makes no tileset of the file."""
    with tempfile.TemporaryDirectory() as temp:
        out = Path(temp) / "out"
        command = [str(PEER), "convert", str(file), "--out", str(out), "--spec-version", "1.1"]
        step, done = measure(
            "py3dtiles", lambda: subprocess.run(command, capture_output=True, check=False)
        )
        return step if done.returncode == 0 and (out / "tileset.json").is_file() else None


def apart(function: Callable[[Path], T], file: Path) -> T:
    """Run it in a process of its own, which may start others."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, initializer=warm_tiles) as pool:
        return pool.submit(function, file).result()


def run(file: Path) -> None:
    """Show all, each measured in a process of its own."""
    floor, due, lost = apart(floor_of, file)
    steps, drawn, left = apart(ours, file)
    whole = Step(
        "ours: both",
        sum(s.cpu_s for s in steps),
        sum(s.wall_s for s in steps),
        max(s.peak_mb for s in steps),
    )
    rows = [floor, *steps, whole]
    if PEER.is_file():
        theirs = apart(peer, file)
        if theirs is None:
            print(f"{file.name}: py3dtiles writes no tileset")
        else:
            rows.append(theirs)
    show(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB", rows, count=due, unit="element")
    print(f"{due} elements with a body, {drawn} drawn, left out: {left}; OpenCASCADE loses {lost}")
    print(
        f"{floor.wall_s / whole.wall_s:.1f} times as fast by the clock, "
        f"{floor.cpu_s / whole.cpu_s:.1f} times by CPU"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--megabytes", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        files = list(given.files)
        if given.megabytes or not files:
            files.append(Path(temp) / "building.ifc")
            write_building(files[-1], given.megabytes or 5.0)
        for file in files:
            run(file)


def warm_tiles() -> None:
    """Load the libraries and compile, so that no step pays for that."""
    warm()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.ifc"
        write_ifc(small, replace(model_of(plan(20, 1), 0), floors=1))
        ours(small)


if __name__ == "__main__":
    main()
