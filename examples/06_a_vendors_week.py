"""A vendor's week: check as the city will, look, mend, check again, hand over with a receipt.

Usage: python examples/06_a_vendors_week.py DISTRICT CATALOG OUT
(DISTRICT, CATALOG: what the examples 01 and 03 made; OUT: a folder that is not there yet)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import cimkit
from cimkit.reporters import save


def main(district: Path, catalog: Path, out: Path) -> None:
    # The city publishes what only it knows: codes that are taken, what there is, where it ends.
    context, mine = out / "context.zip", out / "handover"
    mine.mkdir(parents=True)
    print(cimkit.export(cimkit.find(catalog), "context", context).to_text().splitlines()[0])

    # Monday: the vendor has surveyed seats and bus stops again.
    for file in (district / "delivery-1" / "gis").iterdir():
        if "_fac_seat_" in file.name or "bus stops" in file.name:
            shutil.copy2(file, mine)
    sheet = cimkit.read_sheet(district / "delivery.toml")
    asked: dict[str, Any] = {"standard": "city.linjiang", "sheet": sheet, "context": context}
    first = cimkit.check(mine, jobs=1, **asked)
    for name in ("monday.html", "monday.json"):
        save(first, out / name)
    print(f"Monday: {first.verdict}. Open this page: {out / 'monday.html'}")
    for finding in first.findings.to_pylist():
        if finding["status"] == "fail":
            print(f"  {finding['severity']:7} {finding['path']}: {finding['message']}")

    # Tuesday: what can be mended without loss is, in a copy; what was done is listed beside it.
    print(f"Tuesday: {cimkit.fix(mine, out / 'fixed', jobs=1, **asked).to_text()}")

    # Friday: a name is for people to give. Then against Monday's report, with a signed receipt.
    wrong, right = "bus stops NEW.gpkg", "509912_fac_busstop_20260901_03.gpkg"
    (out / "fixed" / wrong).rename(out / "fixed" / right)
    followed = out / "fixed.delivery.toml"
    asked["sheet"] = cimkit.read_sheet(followed) if followed.exists() else sheet
    last = cimkit.check(out / "fixed", baseline=out / "monday.json", jobs=1, **asked)
    held = last.to_json()["baseline"]
    gone = len(held["fixed"]) + len(held["unseen"])
    print(f"Friday: {last.verdict}; {gone} of Monday's findings are gone")
    public = cimkit.new_key(out / "vendor.pem")
    cimkit.write_receipt(last, out / "receipt.json", out / "vendor.pem")

    # The city asks whether the receipt is the vendor's, and of this very delivery.
    held = cimkit.verify(out / "receipt.json", [out / "fixed"], public).holds
    print(f"The city: the receipt holds: {held}; the verdict: {last.verdict}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
