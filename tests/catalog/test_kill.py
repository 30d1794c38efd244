"""SIGKILL at random moments of an ingest leaves the catalogue as it was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cimkit.catalog import create, find, ingest

from .conftest import rows

_RUN = """
import sys
from pathlib import Path
from cimkit.catalog import find, ingest
if __name__ == "__main__":
    ingest(find(sys.argv[1]), [Path(sys.argv[2])], jobs=1, author="Li")
"""
_FACTS = {
    "objects": "object_id, dataset_id, item_id, delivery_id, source_key, class_code, asset_code, "
    "content_hash, properties, ST_AsWKB(geometry)",
    "items": "item_id, dataset_id, path, status, sha256, staging, problems",
    "codes": "*",
    "classifications": "*",
    "datasets": "*",
}


def deliver(folder: Path) -> None:
    for layer, number in (("street_lamp", 400), ("litter_bin", 300), ("tree", 200)):
        features = [
            {
                "type": "Feature",
                "properties": {"ObjName": f"{layer} {n}", "n": n, "class": "0118"},
                "geometry": {"type": "Point", "coordinates": [106.5 + n * 1e-5, 29.57]},
            }
            for n in range(number)
        ]
        collection = {"type": "FeatureCollection", "features": features}
        (folder / f"{layer}.geojson").write_text(json.dumps(collection))
    (folder / "readme.txt").write_text("about\n")


def facts(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    catalog = find(folder)
    return {t: sorted(rows(catalog, f"SELECT {c} FROM {t}"), key=repr) for t, c in _FACTS.items()}


def test_killed_at_any_moment(tmp_path: Path) -> None:
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    deliver(delivered)
    script = tmp_path / "run.py"
    script.write_text(_RUN)
    for name in ("clean", "killed"):
        create(tmp_path / name, definition="linjiang")
    started = time.monotonic()
    subprocess.run([sys.executable, script, tmp_path / "clean", delivered], check=True)
    length = time.monotonic() - started
    clean = facts(tmp_path / "clean")
    assert len(clean["objects"]) == 900
    before = facts(tmp_path / "killed")
    moments = random.Random(7)
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, script, tmp_path / "killed", delivered], start_new_session=True
        )
        time.sleep(length * moments.uniform(0.3, 1.0))
        finished = child.poll() is not None
        # The workers too, as when a machine is switched off.
        os.killpg(child.pid, signal.SIGKILL) if not finished else None
        child.wait()
        assert facts(tmp_path / "killed") in (before, clean)
    catalog = find(tmp_path / "killed")
    report = ingest(catalog, [delivered], jobs=1, author="Li")
    assert report.nothing_to_do or report.version == 2
    assert report.reused > 0
    assert facts(tmp_path / "killed") == clean
