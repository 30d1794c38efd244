"""The main job on a generated district: what `make demo` runs, command by command.

Usage: python examples/main_job.py FOLDER [--buildings N]
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def cimkit(*words: object, codes: tuple[int, ...] = (0,), quiet: bool = False) -> str:
    """Run one command, show it, and give back what it printed."""
    command = ["cimkit", *map(str, words)]
    print(f"\n$ {shlex.join(command)}", flush=True)
    start = time.monotonic()
    done = subprocess.run([BIN / command[0], *command[1:]], stdout=subprocess.PIPE, text=True)
    if done.returncode not in codes:
        sys.exit(f"{done.stdout}\nexit code {done.returncode}")
    if not quiet:
        print(done.stdout, end="")
    print(f"({time.monotonic() - start:.1f} s, exit code {done.returncode})", flush=True)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--buildings", type=int, default=60)
    args = parser.parse_args()
    start = time.monotonic()
    district, catalog = args.folder / "district", args.folder / "catalog"
    first, second = district / "delivery-1", district / "delivery-2"
    sheet = district / "delivery.toml"

    cimkit("demo", district, "--scale", args.buildings)
    cimkit("init", catalog, "--definition", "linjiang", "--standard", "city.linjiang")
    report: dict[str, Any] = json.loads(
        cimkit("-C", catalog, "ingest", first, "--sheet", sheet, "--json", quiet=True)
    )
    cimkit("-C", catalog, "ingest", second, "-m", "the western buildings again, renamed")
    cimkit("-C", catalog, "log")
    cimkit("-C", catalog, "diff", report["version"], report["version"] + 1)
    cimkit(
        "-C",
        catalog,
        "query",
        "SELECT kind, class_code, count(*) AS n FROM objects GROUP BY ALL ORDER BY n DESC LIMIT 12",
    )
    # The verdict that the city will give. The district has planted defects: exit code 1.
    asked = ("--standard", "city.linjiang", "--sheet", sheet, "--quiet")
    before, page = args.folder / "verdict.json", args.folder / "verdict.html"
    verdict = json.loads(
        cimkit(
            *("check", first, *asked, "--json", "--report", before, "--report", page),
            codes=(1,),
            quiet=True,
        )
    )
    failed = [f for f in verdict["findings"] if f["status"] == "fail"]
    for number, rule in sorted(((n, r) for r, n in Counter(f["rule"] for f in failed).items())):
        print(f"  {number}  {rule}")
    print(f"{len(failed)} findings. Open this page: {page}")

    # What only the city knows goes to its vendors as a package; the next delivery is checked with
    # it, held against the last one, and handed over with a signed receipt.
    context, key = args.folder / "context.zip", args.folder / "vendor.pem"
    receipt = args.folder / "receipt.json"
    cimkit("-C", catalog, "export", "context", context)
    cimkit("key", key)
    again = json.loads(
        cimkit(
            *("check", second, *asked, "--context", context, "--baseline", before),
            *("--receipt", receipt, "--key", key, "--json"),
            quiet=True,
        )
    )
    held = again["baseline"]
    gone = len(held["fixed"]) + len(held["unseen"])
    print(f"{again['verdict']}; new {held['new']}, still open {held['open']}, not met again {gone}")
    cimkit("verify", receipt, second, "--key", key.with_suffix(".pub.pem"))
    tiles = args.folder / "tiles"
    cimkit("-C", catalog, "export", "3dtiles", "--clamp", tiles)
    cimkit("-C", catalog, "export", "stac", args.folder / "stac")
    cimkit("-C", catalog, "export", "gpkg", args.folder / "city.gpkg")

    figures = {
        "sources": sum(report["sources"].values()),
        "objects": report["written"],
        "classed": f"{report['classed_share']:.1%}",
        "findings": len(failed),
        "tiles": sum(1 for _ in tiles.rglob("*.glb")),
        "seconds": round(time.monotonic() - start),
    }
    print("\n" + " | ".join(f"{name} {value}" for name, value in figures.items()))
    print(f"\nTo see the city: {BIN / 'cimkit'} serve {tiles}")
    print("and open the address it prints.")


if __name__ == "__main__":
    main()
