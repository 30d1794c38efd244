"""CityJSON read and written: the catalogue's exporters against cjio.

Usage: python tests/benchmarks/bench_cityjson.py [BUILDINGS]

cjio reads the document and saves it again, and reads, reprojects and saves it: what users do with
it. Ours is the export alone (what is done again and again) and ingest and export together. Each
runs in a process of its own, so that memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench_citymodels import write_json
from meter import Step, show

PEER = Path(__file__).parents[2] / "build" / "peers" / "bin" / "cjio"
_CALL = """
import resource, sys
from pathlib import Path
import cimkit
if __name__ == "__main__":
    what, lake, *rest = sys.argv[1:]
    if what == "ingest":
        cimkit.ingest(cimkit.create(Path(lake)), [Path(rest[0])], jobs=1)
    else:
        cimkit.export(cimkit.find(Path(lake)), what, Path(rest[0]))
"""


def timed(what: str, command: Sequence[str]) -> Step:
    """Run a command and return what it cost, its children included."""
    done = subprocess.run(
        [sys.executable, "-c", _TIME, *command], capture_output=True, text=True, check=True
    )
    cpu, wall, peak = map(float, done.stderr.split()[-3:])
    return Step(what, cpu, wall, peak)


_TIME = """
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024,
      file=sys.stderr)
"""


def main(count: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "in", "a.city.json")
        given.parent.mkdir()
        write_json(given, count)
        script = Path(folder, "call.py")
        script.write_text(_CALL)
        lake = str(Path(folder, "lake"))
        steps = []
        if PEER.is_file():
            out = str(Path(folder, "peer.city.json"))
            steps.append(timed("cjio: read, save", [str(PEER), str(given), "save", out]))
            reproject = [str(PEER), str(given), "crs_reproject", "3035", "save", out]
            steps.append(timed("cjio: read, reproject, save", reproject))
        own = [sys.executable, str(script)]
        ingest = timed("ingest", [*own, "ingest", lake, str(given.parent)])
        steps.append(ingest)
        for form, name in (("cityjson", "a.city.json"), ("cityjsonseq", "a.city.jsonl")):
            step = timed(f"export {form}", [*own, form, lake, str(Path(folder, name))])
            steps.append(step)
            both = f"ingest, export {form}"
            peak = max(step.peak_mb, ingest.peak_mb)
            steps.append(Step(both, ingest.cpu_s + step.cpu_s, ingest.wall_s + step.wall_s, peak))
        size = given.stat().st_size / 1e6
        show(f"CityJSON, {count:,} buildings, {size:.0f} MB", steps, count=count, unit="bldg")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 95_000)
