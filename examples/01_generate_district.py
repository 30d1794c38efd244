"""Make data to try everything on: a fictional district with planted defects.

Usage: python examples/01_generate_district.py FOLDER
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import cimkit


def main(folder: Path) -> None:
    report = cimkit.generate(folder, buildings=20, seed=1, photos=6)
    print(report.to_text())

    print("\nWhat lies in the first delivery:")
    files = (f for f in (folder / "delivery-1").rglob("*") if f.is_file())
    for (room, suffix), number in sorted(Counter((f.parts[-2], f.suffix) for f in files).items()):
        print(f"  {number:3} {suffix:6} {room}")

    print("\nWhat is wrong with it, on purpose:")
    for defect in report.planted:
        print(f"  {defect.rule:22} {defect.path}: {defect.note}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
