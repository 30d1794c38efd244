"""Every rule of two standards over a whole district: objects a second, and memory.

python tests/benchmarks/bench_checks.py [BUILDINGS] [CATALOGUE] [STANDARD|RULE|K/N|profile ...]

170000 buildings are a district of 1.3 million objects; it is generated and ingested first, which
takes some minutes, unless the folder CATALOGUE holds a catalogue already. Naming standards or rules
runs only these; 2/3 is the second of three parts of them, for who has no time to wait for all;
``profile`` has each under the profiler. Rates are of CPU seconds: what else runs does not count.
"""

from __future__ import annotations

import cProfile
import pstats
import re
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.compute as pc
from meter import Step, measure

from cimkit.catalog import Catalog, create, ingest, open_catalog
from cimkit.checks import CheckContext
from cimkit.checks._examine import run_rule, spec_of
from cimkit.checks._inspect import Sources, inspect_all, inspects
from cimkit.checks._views import delivery_views
from cimkit.demo import generate
from cimkit.loaders import read_sheet
from cimkit.standard import load

_STANDARDS = ("city.linjiang", "int.quality")
_PART = re.compile(r"[1-9]\d*/[1-9]\d*")
_GIVEN = frozenset({"catalogue", "measures", "source"})


def district(folder: Path, buildings: int) -> Catalog:
    """Generate the district, and ingest it."""
    generate(folder / "demo", buildings=buildings, photos=60, ifc=4, jobs=2)
    catalog = create(folder / "catalogue", standard=_STANDARDS[0])
    sheet = read_sheet(folder / "demo/delivery.toml")
    step, report = measure(
        "ingest", lambda: ingest(catalog, [folder / "demo/delivery-1"], sheet=sheet)
    )
    print(f"ingest: {step.cpu_s:.0f} s CPU, {step.wall_s:.0f} s, {step.peak_mb:.0f} MB")
    assert report.delivery_id
    return catalog


def rules(
    catalog: Catalog, name: str, only: set[str], part: tuple[int, int], profiled: bool
) -> None:
    """Run the rules of one standard one by one, and print what each takes."""
    standard = load(name)
    with catalog.connect() as con, delivery_views(con, standard, None):
        context = CheckContext(con, standard, provided=_GIVEN, roots=catalog.config.roots)
        count = context.count("SELECT count(*) FROM objects")
        rules_ = [r for r in standard.rules if not only or r.name in only or r.id in only]
        checked = [(r, spec_of(r)) for r in rules_[part[0] - 1 :: part[1]]]
        if not checked:
            return
        sources = Sources(catalog.config.roots)
        looked, found = measure("", partial(inspect_all, context, checked, sources))
        context = replace(context, found=found)
        print(f"\n{standard.key} over {count:,} objects")
        print(
            f"{'rule':40} {'held against':>12} {'findings':>9} {'CPU s':>7} {'wall s':>7}"
            f" {'peak MB':>8} {'objects/s':>11} {'s/100,000':>9}"
        )
        _line("(looking into the sources, all rules)", 0, 0, looked)
        total = looked.cpu_s
        for rule, spec in checked:
            profile = cProfile.Profile() if profiled else None
            if profile:
                profile.enable()
            step, findings = measure("", partial(run_rule, context, rule, spec))
            if profile:
                profile.disable()
                pstats.Stats(profile).sort_stats("cumulative").print_stats(25)
            held = findings.filter(
                pc.or_(pc.equal(findings["status"], "pass"), pc.equal(findings["status"], "fail"))
            )
            told = int(pc.sum(held["count"]).as_py() or 0)
            _line(rule.id + (" *" if inspects(rule) else ""), told, findings.num_rows, step)
            total += step.cpu_s
        print(f"{'all rules':40} {'':12} {'':9} {total:7.1f}")


def _line(name: str, held: int, findings: int, step: Step) -> None:
    rate = f"{held / max(step.cpu_s, 1e-3):11,.0f}" if held else f"{'':11}"
    each = f"{step.cpu_s / held * 1e5:9.2f}" if held else f"{'':9}"
    print(
        f"{name:40} {held:12,} {findings:9,} {step.cpu_s:7.2f} {step.wall_s:7.2f}"
        f" {step.peak_mb:8.0f} {rate} {each}",
        flush=True,
    )


def main(buildings: int | str = 170_000, catalogue: str = "", *asked: str) -> None:
    with tempfile.TemporaryDirectory() as temp:
        given = Path(catalogue) if catalogue else None
        catalog = open_catalog(given) if given else district(Path(temp), int(buildings))
        part = next((tuple(map(int, a.split("/"))) for a in asked if _PART.match(a)), (1, 1))
        only = {a for a in asked if not _PART.match(a)} - {"profile", *_STANDARDS}
        for name in [s for s in _STANDARDS if s in asked] or _STANDARDS:
            rules(catalog, name, only, (part[0], part[1]), "profile" in asked)


if __name__ == "__main__":
    main(*sys.argv[1:])
