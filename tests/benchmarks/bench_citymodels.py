"""City models against the quickest parsers there are: lxml's iterparse, and orjson.

Usage: python tests/benchmarks/bench_citymodels.py [BUILDINGS]

Four times as many are written as CityJSON: each file is then 100 MB or more.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from lxml import etree
from meter import Step, measure, show

from cimkit.loaders import citygml, cityjson
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Source

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"
 xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml"
 xmlns:gen="http://www.opengis.net/citygml/generics/2.0"
 xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:Envelope srsName="EPSG:25832" srsDimension="3">
<gml:lowerCorner>600000 5000000 0</gml:lowerCorner>
<gml:upperCorner>700000 5100000 100</gml:upperCorner></gml:Envelope></gml:boundedBy>
"""
NAMES = ("GroundSurface", *["WallSurface"] * 4, "RoofSurface", "RoofSurface")


def faces(number: int) -> list[list[tuple[float, float, float]]]:
    """Return the seven faces of a house with a ridge."""
    x, y = 600_000.0 + number % 1000 * 40, 5_000_000.0 + number // 1000 * 40.0
    w, d, low, high = 12.0 + number % 7, 9.0 + number % 5, 100.0 + number % 11, 106.5 + number % 13
    a, b, c, e = (x, y), (x + w, y), (x + w, y + d), (x, y + d)
    ridge = (x, y + d / 2, high + 3), (x + w, y + d / 2, high + 3)

    def up(p: tuple[float, float], z: float) -> tuple[float, float, float]:
        return (*p, z)

    return [
        [up(a, low), up(e, low), up(c, low), up(b, low)],
        [up(a, low), up(b, low), up(b, high), up(a, high)],
        [up(b, low), up(c, low), up(c, high), ridge[1], up(b, high)],
        [up(c, low), up(e, low), up(e, high), up(c, high)],
        [up(e, low), up(a, low), up(a, high), ridge[0], up(e, high)],
        [up(a, high), up(b, high), ridge[1], ridge[0]],
        [up(c, high), up(e, high), ridge[0], ridge[1]],
    ]


def gml_building(number: int) -> str:
    """Return a building of level 2 as most exporters write it: surfaces, and a solid of them."""
    key = f"DEBY_LOD2_{number:08d}"
    parts, links = [], []
    for at, (name, face) in enumerate(zip(NAMES, faces(number), strict=True)):
        text = " ".join(f"{v:.3f}" for p in [*face, face[0]] for v in p)
        own = f"{key}_{at}_poly"
        links.append(f'<gml:surfaceMember xlink:href="#{own}"/>')
        parts.append(
            f'<bldg:boundedBy><bldg:{name} gml:id="{key}_{at}"><bldg:lod2MultiSurface>'
            f'<gml:MultiSurface><gml:surfaceMember><gml:Polygon gml:id="{own}"><gml:exterior>'
            f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior>"
            "</gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface>"
            f"</bldg:{name}></bldg:boundedBy>"
        )
    return (
        f'<core:cityObjectMember><bldg:Building gml:id="{key}"><gml:name>{number}</gml:name>'
        "<core:creationDate>2020-01-01</core:creationDate>"
        '<gen:stringAttribute name="municipality"><gen:value>09175128</gen:value>'
        "</gen:stringAttribute><bldg:function>31001_1000</bldg:function>"
        '<bldg:measuredHeight uom="m">9.5</bldg:measuredHeight><bldg:lod2Solid><gml:Solid>'
        f"<gml:exterior><gml:CompositeSurface>{''.join(links)}</gml:CompositeSurface>"
        f"</gml:exterior></gml:Solid></bldg:lod2Solid>{''.join(parts)}"
        "</bldg:Building></core:cityObjectMember>\n"
    )


def write_gml(file: Path, count: int) -> None:
    """Write a CityGML 2.0 model."""
    with file.open("w", encoding="utf-8") as opened:
        opened.write(HEAD)
        opened.writelines(map(gml_building, range(count)))
        opened.write("</core:CityModel>\n")


def json_building(number: int, first: int) -> tuple[dict[str, Any], list[list[int]]]:
    """Return the same building for CityJSON, and its vertices in millimetres."""
    known: dict[tuple[float, float, float], int] = {}
    shell = [[[known.setdefault(p, len(known)) + first for p in face]] for face in faces(number)]
    kinds = ["GroundSurface", "WallSurface", "RoofSurface"]
    body = {
        "type": "Building",
        "attributes": {"municipality": "09175128", "function": "31001_1000", "height": 9.5},
        "geometry": [
            {
                "type": "Solid",
                "lod": "2",
                "boundaries": [shell],
                "semantics": {
                    "surfaces": [{"type": k} for k in kinds],
                    "values": [[kinds.index(n) for n in NAMES]],
                },
            }
        ],
    }
    rows = [[round(x * 1e3 - 6e8), round(y * 1e3 - 5e9), round(z * 1e3)] for x, y, z in known]
    return body, rows


HEAD_JSON: dict[str, Any] = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [0.001] * 3, "translate": [600_000.0, 5_000_000.0, 0.0]},
    "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
    "CityObjects": {},
    "vertices": [],
}


def write_json(file: Path, count: int) -> None:
    """Write a CityJSON 2.0 document, its vertices last."""
    head = json.dumps(HEAD_JSON).removesuffix('"CityObjects": {}, "vertices": []}')
    first = 0
    with file.open("w", encoding="utf-8") as opened:
        opened.write(f'{head}"CityObjects": {{')
        for number in range(count):
            body, rows = json_building(number, first)
            first += len(rows)
            opened.write(f'{", " if number else ""}"b{number}": {json.dumps(body)}')
        opened.write('}, "vertices": [')
        for number in range(count):
            rows = json_building(number, 0)[1]
            opened.write(f"{', ' if number else ''}{json.dumps(rows)[1:-1]}")
        opened.write("]}")


def write_lines(file: Path, count: int) -> None:
    """Write a CityJSONSeq."""
    with file.open("w", encoding="utf-8") as opened:
        opened.write(json.dumps(HEAD_JSON) + "\n")
        for number in range(count):
            body, rows = json_building(number, 0)
            feature = {
                "type": "CityJSONFeature",
                "id": f"b{number}",
                "CityObjects": {f"b{number}": body},
                "vertices": rows,
            }
            opened.write(json.dumps(feature) + "\n")


def iterparse(file: Path) -> int:
    """Return the number of buildings: the least that XML costs in bounded memory."""
    count = 0
    with file.open("rb") as opened:
        for _, element in etree.iterparse(opened, events=("end",), huge_tree=True):
            if element.tag.endswith("cityObjectMember"):
                count += 1
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    return count


def lines(file: Path) -> int:
    """Return the number of features."""
    with file.open("rb") as opened:
        return sum(orjson.loads(line)["type"] == "CityJSONFeature" for line in opened)


def steps(loader: ModuleType, file: Path, floor: Any) -> Iterator[Step]:
    """Measure the floor, the probe and the read of one file."""
    source = Source(path=file.name, file=file)
    probed, asset = measure("probe", lambda: loader.probe(source, ReadOptions()))

    def read() -> int:
        return sum(t.num_rows for _, t in loader.read(source, asset, ReadOptions()))

    rows = measure("read", read)[0]
    # Last: what the parser took is not given back to the system.
    yield measure(floor.__name__, lambda: floor(file))[0]
    yield from (probed, rows)


def loads(file: Path) -> int:
    """Return the number of objects of a document."""
    return len(orjson.loads(file.read_bytes())["CityObjects"])


def main(buildings: int) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        for title, name, write, loader, floor, times in (
            ("CityGML", "a.gml", write_gml, citygml, iterparse, 1),
            ("CityJSONSeq", "a.jsonl", write_lines, cityjson, lines, 4),
            ("CityJSON", "a.json", write_json, cityjson, loads, 4),  # which takes the most memory
        ):
            file, count = Path(folder, name), buildings * times
            write(file, count)
            size = file.stat().st_size / 2**20
            show(
                f"{title}, {count} buildings, {size:.0f} MB",
                list(steps(loader, file, floor)),
                count=count,
                unit="bldg",
            )
            file.unlink()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000)
