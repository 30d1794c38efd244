"""An analyst asks the city, today's and an earlier one.

Usage: python examples/03_ask_the_catalogue.py DISTRICT CATALOG
(DISTRICT: what examples/01_generate_district.py made; CATALOG: a folder that is not there yet)
"""

from __future__ import annotations

import sys
from pathlib import Path

import cimkit

QUESTIONS = {
    "What is there?": """
        SELECT k.name_en AS class, count(*) AS n FROM objects o
        JOIN (SELECT DISTINCT ON (code) code, name_en FROM classes) k ON k.code = o.class_code
        GROUP BY ALL ORDER BY n DESC, class LIMIT 8""",
    "Which buildings have a hydrant within 60 m, and how far is the next one?": """
        SELECT b.name, round(min(distance_m(b.geometry, h.geometry)), 1) AS metres
        FROM objects b JOIN objects h ON within_m(b.geometry, h.geometry, 60)
        WHERE b.class_code = '5001' AND b.kind = 'gis' AND h.class_code = '0113'
        GROUP BY ALL ORDER BY metres LIMIT 5""",
    "Which doors and windows does the BIM have, storey by storey?": """
        SELECT json_extract_string(properties, '$.storey') AS storey, source_class, count(*) AS n
        FROM objects WHERE source_class IN ('IfcDoor', 'IfcWindow')
        GROUP BY ALL ORDER BY storey, source_class LIMIT 6""",
}


def main(district: Path, folder: Path) -> None:
    catalog = cimkit.create(folder, definition="linjiang")
    sheet = cimkit.read_sheet(district / "delivery.toml")
    first = cimkit.ingest(catalog, [district / "delivery-1"], sheet=sheet)
    second = cimkit.ingest(catalog, [district / "delivery-2"], sheet=sheet)
    for question, sql in QUESTIONS.items():
        print(f"\n{question}")
        for row in cimkit.query(catalog, sql).to_pylist():
            print("  ", *row.values(), sep="  ")

    print("\nWhat did the second delivery change?")
    for row in cimkit.diff(catalog, first.version, second.version).to_pylist():
        print(f"   {row['change']:8} {row['what'] or '':10} {row['name']}")

    count = "SELECT count(*) AS n FROM objects WHERE class_code = '5001' AND kind = 'gis'"
    before = cimkit.query(catalog, count, as_of=first.version)["n"][0]
    now = cimkit.query(catalog, count)["n"][0]
    print(f"\nBuildings before it: {before}, now: {now}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
