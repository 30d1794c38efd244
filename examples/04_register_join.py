"""An analyst brings her own register, a CSV in GBK, and asks where its companies sit.

Usage: python examples/04_register_join.py CATALOG OUT
(CATALOG: what examples/03_ask_the_catalogue.py made; OUT: a folder for the answer)
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cimkit
from cimkit.exporters import write_table

TRADES = ("软件", "餐饮", "律师事务所", "物流", "设计院")
JOIN = """
    SELECT c.company, c.staff, b.name AS building, b.height,
           round(b.area_m2 * CAST(json_extract_string(b.properties, '$.floors') AS INTEGER))
               AS floor_area_m2,
           b.geometry
    FROM companies c JOIN objects b ON b.name = c.address
    WHERE b.class_code = '5001' AND b.kind = 'gis' ORDER BY c.staff DESC"""


def register(file: Path, addresses: list[str]) -> None:
    """Write the register as the bureau sends it: text in GBK, addresses and nothing else."""
    with file.open("w", encoding="gbk", newline="") as out:
        table = csv.writer(out)
        table.writerow(["company", "address", "staff"])
        for k, address in enumerate(addresses):
            table.writerow([f"临江{TRADES[k % 5]}{k + 1}", address, 12 + 37 * k % 400])


def main(folder: Path, out: Path) -> None:
    catalog = cimkit.find(folder)
    out.mkdir(parents=True, exist_ok=True)
    buildings = "SELECT name FROM objects WHERE class_code = '5001' AND kind = 'gis' ORDER BY name"
    addresses = cimkit.query(catalog, buildings)["name"].to_pylist()
    register(out / "companies.csv", addresses[::2])

    answer = cimkit.query(catalog, JOIN, tables={"companies": out / "companies.csv"})
    found = cimkit.to_geodataframe(answer)
    print(found.drop(columns="geometry").head().to_string(index=False))
    west, south, east, north = found.total_bounds
    print(f"{len(found)} companies with {found['staff'].sum()} staff found on the map")
    print(f"between {west:.4f} and {east:.4f} E, {south:.4f} and {north:.4f} N")

    # For colleagues: the answer as a layer that QGIS opens.
    write_table(answer, out / "companies.gpkg", "gpkg")
    print(out / "companies.gpkg")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
