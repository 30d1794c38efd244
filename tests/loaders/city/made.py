"""Small city models, written for the tests, and what the loaders make of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cimkit.loaders import citygml, cityjson
from cimkit.loaders._spec import ReadOptions
from cimkit.model import STAGED, Asset, Declaration, Problem, Source

X, Y = 691_000.0, 5_334_000.0
NAMESPACES = """
 xmlns:app="http://www.opengis.net/citygml/appearance/2.0"
 xmlns:brid="http://www.opengis.net/citygml/bridge/2.0"
 xmlns:core="http://www.opengis.net/citygml/2.0"
 xmlns:bldg="http://www.opengis.net/citygml/building/2.0"
 xmlns:dem="http://www.opengis.net/citygml/relief/2.0"
 xmlns:frn="http://www.opengis.net/citygml/cityfurniture/2.0"
 xmlns:gen="http://www.opengis.net/citygml/generics/2.0"
 xmlns:gml="http://www.opengis.net/gml"
 xmlns:grp="http://www.opengis.net/citygml/cityobjectgroup/2.0"
 xmlns:tran="http://www.opengis.net/citygml/transportation/2.0"
 xmlns:uro="https://www.geospatial.jp/iur/uro/2.0"
 xmlns:ade="http://example.org/ade/1.0"
 xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0"
 xmlns:xlink="http://www.w3.org/1999/xlink" """


@dataclass
class Loaded:
    """All that a source gave."""

    asset: Asset
    objects: dict[str, dict[str, Any]]
    geometries: list[dict[str, Any]]
    relations: list[tuple[str, str, str]]
    problems: list[Problem]

    @property
    def codes(self) -> set[str]:
        return {p.code for p in self.problems}

    def problem(self, code: str) -> Problem:
        (found,) = [p for p in self.problems if p.code == code]
        return found

    def attributes(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.objects[key]["properties"])["attributes"]
        return found

    def rows(self, key: str, lod: str | None = None) -> list[dict[str, Any]]:
        return [g for g in self.geometries if g["source_key"] == key and lod in (None, g["lod"])]

    def surfaces(self, row: dict[str, Any]) -> list[str | None]:
        """Semantic type of each surface of a row, in order."""
        said = json.loads(row["semantics"])

        def flat(values: Any) -> list[Any]:
            return [x for v in values for x in (flat(v) if isinstance(v, list) else [v])]

        return [None if v is None else said["surfaces"][v]["type"] for v in flat(said["values"])]


def corners(row: dict[str, Any]) -> Any:
    """Boundaries of a row with the positions in place of their numbers."""
    vertices = np.array(row["vertices"]).reshape(-1, 3)

    def stand(part: Any) -> Any:
        if isinstance(part, list):
            return [stand(p) for p in part]
        return vertices[part].tolist()

    return stand(json.loads(row["boundaries"]))


def load(
    module: ModuleType, file: Path, path: str | None = None, declared: Declaration | None = None
) -> Loaded:
    """Probe and read a file."""
    source = Source(path=path or file.name, file=file, size=file.stat().st_size)
    options = ReadOptions(declared or Declaration())
    asset = module.probe(source, options)
    tables: dict[str, list[dict[str, Any]]] = {"objects": [], "geometries": [], "relations": []}
    for name, table in module.read(source, asset, options):
        tables[name] += table.cast(STAGED[name]).to_pylist()
    return Loaded(
        Asset.from_json(json.loads(json.dumps(asset.to_json()))),
        {r["source_key"]: r for r in tables["objects"]},
        tables["geometries"],
        [(r["source_key"], r["relation"], r["other_key"]) for r in tables["relations"]],
        list(dict.fromkeys([*asset.problems, *options.problems])),
    )


def model(members: str, srs: str | None = "EPSG:25832+5783", dimension: str = "3") -> str:
    """A CityGML 2.0 model."""
    said = f' srsName="{srs}" srsDimension="{dimension}"' if srs else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<core:CityModel{NAMESPACES}>'
        f"<gml:boundedBy><gml:Envelope{said}><gml:lowerCorner>0 0 0</gml:lowerCorner>"
        "<gml:upperCorner>1 1 1</gml:upperCorner></gml:Envelope></gml:boundedBy>\n"
        f"{members}</core:CityModel>\n"
    )


def gml(
    folder: Path, members: str, srs: str | None = "EPSG:25832+5783", name: str = "a.gml"
) -> Loaded:
    """Write a CityGML 2.0 model and load it."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(model(members, srs), encoding="utf-8")
    return load(citygml, file, name)


def member(inside: str) -> str:
    return f"<core:cityObjectMember>{inside}</core:cityObjectMember>\n"


def building(key: str, inside: str) -> str:
    return member(f'<bldg:Building gml:id="{key}">{inside}</bldg:Building>')


def polygon(points: list[tuple[float, ...]], key: str = "", holes: Any = ()) -> str:
    def ring(side: str, part: Any, name: str) -> str:
        text = " ".join(str(v) for p in [*part, part[0]] for v in p)
        own = f' gml:id="{name}"' if name else ""
        return (
            f"<gml:{side}><gml:LinearRing{own}><gml:posList>{text}</gml:posList>"
            f"</gml:LinearRing></gml:{side}>"
        )

    own = f' gml:id="{key}"' if key else ""
    inner = "".join(ring("interior", h, "") for h in holes)
    outer = ring("exterior", points, f"{key}_r" if key else "")
    return f"<gml:Polygon{own}>{outer}{inner}</gml:Polygon>"


def square(z: float, w: float = 10.0, x: float = X, y: float = Y) -> list[tuple[float, ...]]:
    return [(x, y, z), (x + w, y, z), (x + w, y + w, z), (x, y + w, z)]


def multi(*polygons: str) -> str:
    inside = "".join(f"<gml:surfaceMember>{p}</gml:surfaceMember>" for p in polygons)
    return f"<gml:MultiSurface>{inside}</gml:MultiSurface>"


def solid(*members_: str) -> str:
    inside = "".join(
        m if m.startswith("<gml:surfaceMember") else f"<gml:surfaceMember>{m}</gml:surfaceMember>"
        for m in members_
    )
    return (
        f"<gml:Solid><gml:exterior><gml:CompositeSurface>{inside}</gml:CompositeSurface>"
        "</gml:exterior></gml:Solid>"
    )


def link(name: str) -> str:
    return f'<gml:surfaceMember xlink:href="#{name}"/>'


def surface(kind: str, key: str, inside: str, more: str = "") -> str:
    return (
        f'<bldg:boundedBy><bldg:{kind} gml:id="{key}">{more}<bldg:lod2MultiSurface>{inside}'
        f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
    )


def document(folder: Path, content: Any, name: str = "a.city.json") -> Loaded:
    """Write CityJSON (or lines of it) and load it."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif isinstance(content, list):
        file.write_text("\n".join(json.dumps(c) for c in content) + "\n", encoding="utf-8")
    else:
        file.write_text(json.dumps(content), encoding="utf-8")
    return load(cityjson, file, name)
