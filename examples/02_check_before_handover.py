"""A vendor checks a delivery before handing it over, and gets the verdict the city will give.

Usage: python examples/02_check_before_handover.py DISTRICT
(DISTRICT: what examples/01_generate_district.py made)
"""

from __future__ import annotations

import sys
from pathlib import Path

import cimkit


def main(district: Path) -> None:
    verdict = cimkit.check(
        [district / "delivery-1"],
        standard="city.linjiang",
        sheet=cimkit.read_sheet(district / "delivery.toml"),
    )
    failures = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
    for f in failures:
        where = " ".join(x for x in (f["path"], f["place"]) if x)
        print(f"{f['severity']:7} {f['rule']}\n        {where}\n        {f['message']}")
        print(f"        -> {f['hint']} ({f['mender']})")
    print(f"\n{len(failures)} findings; accepted: {verdict.accepted}, code {verdict.exit_code}")

    # The second delivery has one dataset and nothing wrong with it.
    again = cimkit.check(
        [district / "delivery-2"],
        standard="city.linjiang",
        sheet=cimkit.read_sheet(district / "delivery.toml"),
    )
    print(f"second delivery accepted: {again.accepted}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
