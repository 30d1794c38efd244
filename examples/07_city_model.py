"""A district as a city model: tiles, maps, a building for others, and what a delivery rewrites.

Usage: python examples/07_city_model.py CATALOG OUT
(CATALOG: what examples/03_ask_the_catalogue.py made; OUT: a folder for the exports)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cimkit


def main(folder: Path, out: Path) -> None:
    catalog = cimkit.find(folder)
    first = min(v["version"] for v in cimkit.log(catalog).to_pylist() if v["delivery_id"])

    # For the browser: buildings and street furniture as 3D Tiles, with what one clicks to read.
    # It is the city as the first delivery left it.
    tiles, layers = out / "tiles", ("buildings", "points")
    asked: dict[str, Any] = {"layers": layers, "where": "kind = 'gis'", "attributes": ("usage",)}
    made = cimkit.export(catalog, "3dtiles", tiles, as_of=first, **asked)
    print(f"Tiles: {made.counts}; withheld: {made.withheld}, left out: {made.left_out}")

    # The same flat: one file for a web map, and what the buildings are used for, with its legend.
    made = cimkit.export(catalog, "pmtiles", out / "city.pmtiles", layers=layers)
    print(f"Web map: {made.counts} in one file")
    cimkit.export(catalog, "themes", out / "maps", themes=("building-use",))
    legend = json.loads((out / "maps" / "building-use" / "legend.json").read_text("utf-8"))
    print("Thematic map:", *(c["label"]["en"] for c in legend["entries"]), sep="\n   ")

    # One building for an architect, as CityJSON.
    find = (
        "SELECT object_id FROM objects WHERE kind = 'gis' AND class_code = '5001' ORDER BY height"
    )
    tallest = cimkit.query(catalog, find)["object_id"][-1].as_py()
    model = out / "tallest.city.json"
    cimkit.export(catalog, "cityjson", model, where=f"object_id = '{tallest}'")
    for body in json.loads(model.read_text("utf-8"))["CityObjects"].values():
        kinds = ", ".join(f"LoD{g['lod']} {g['type']}" for g in body["geometry"])
        print(f"The tallest building: {body['type']} with {kinds}")

    # The second delivery: only the tiles of what it changed are written again.
    again = cimkit.export(catalog, "3dtiles", tiles, **asked)
    print(f"After the second delivery: {again.contents}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
