"""CityJSON: each mistake is told by its own word, with the path to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cimkit.checks.citymodel_cityjson import inspect
from cimkit.checks.citymodel_cityjson.document import examine_document
from cimkit.checks.citymodel_cityjson.notes import Notes
from cimkit.checks.citymodel_cityjson.words import WORDS
from cimkit.model import Source

FACES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]]]
FACES += [[[3, 0, 4, 7]]]
CORNERS = [[x, y, z] for z in (0, 9) for x, y in ((0, 0), (9, 0), (9, 9), (0, 9))]


def good() -> dict[str, Any]:
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {
            "referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415",
            "geographicalExtent": [0, 0, 0, 9, 9, 9],
            "referenceDate": "2026-01-31",
        },
        "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
        "extensions": {"Noise": {"url": "https://example.org/n.json", "version": "1.0"}},
        "appearance": {
            "materials": [{"name": "brick", "diffuseColor": [0.1, 0.2, 0.3]}],
            "textures": [{"type": "JPG", "image": "a.jpg"}],
            "vertices-texture": [[0, 0], [1, 0], [1, 1], [0, 1]],
        },
        "CityObjects": {
            "b": {"type": "Building", "children": ["p"], "attributes": {}},
            "p": {
                "type": "BuildingPart",
                "parents": ["b"],
                "geometry": [
                    {
                        "type": "Solid",
                        "lod": "2.2",
                        "boundaries": [copy.deepcopy(FACES)],
                        "semantics": {
                            "surfaces": [{"type": "GroundSurface"}, {"type": "+Noise"}],
                            "values": [[0, None, None, None, None, 1]],
                        },
                        "material": {"m": {"values": [[0, 0, None, 0, 0, 0]]}},
                        "texture": {
                            "t": {"values": [[[[0, 0, 1, 2, 3]], *[[[None]] for _ in range(5)]]]}
                        },
                    }
                ],
            },
            "n": {"type": "+NoiseWall"},
            "g": {"type": "CityObjectGroup", "children": ["b"]},
        },
        "vertices": copy.deepcopy(CORNERS),
    }


def told(path: Path, document: Any) -> list[tuple[str, str]]:
    file = path / "a.city.json"
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text)
    rows = inspect(Source(path=file.name, file=file), {"loader": "cityjson 2"}, {}).to_pylist()
    assert {r["reason"] for r in rows} <= WORDS.keys()
    return [(r["reason"], r["pointer"]) for r in rows]


def solid(d: Any) -> Any:
    return d["CityObjects"]["p"]["geometry"][0]


P = "CityObjects/p/geometry/0"
CASES: list[tuple[Callable[[Any], object], tuple[str, str]]] = [
    (lambda d: d.pop("transform"), ("member-missing", "transform")),
    (lambda d: d.pop("version"), ("member-missing", "version")),
    (lambda d: d.update(version="3.7"), ("version-unknown", "version")),
    (lambda d: d.update(extra=1), ("root-extra", "extra")),
    (lambda d: d["transform"].update(scale=[1, 0, 1]), ("member-kind", "transform/scale")),
    (lambda d: d["transform"].update(translate=[1]), ("member-kind", "transform/translate")),
    (
        lambda d: d["metadata"].update(referenceSystem="EPSG:7415"),
        ("crs-form", "metadata/referenceSystem"),
    ),
    (
        lambda d: d["metadata"].update(geographicalExtent=[0, 0, 0, 9]),
        ("extent-form", "metadata/geographicalExtent"),
    ),
    (
        lambda d: d["metadata"].update(geographicalExtent=[0, 0, 0, 9, 9, 5]),
        ("extent-wrong", "metadata/geographicalExtent"),
    ),
    (
        lambda d: d["metadata"].update(referenceDate="31.1."),
        ("member-kind", "metadata/referenceDate"),
    ),
    (
        lambda d: d["extensions"]["Noise"].pop("url"),
        ("member-missing", "extensions/Noise/url"),
    ),
    (lambda d: d["vertices"].__setitem__(3, [0, 9]), ("vertex-kind", "vertices/3")),
    (lambda d: d["vertices"].__setitem__(3, [0, 9, "0"]), ("vertex-kind", "vertices/3")),
    (lambda d: d["vertices"].__setitem__(3, [0, 9, 0.5]), ("vertex-whole", "vertices/3")),
    (lambda d: d["vertices"].append([1, 1, 1]), ("vertices-unused", "vertices/8")),
    (lambda d: d["vertices"].append([9, 9, 9]), ("vertices-double", "vertices")),
    (lambda d: d["CityObjects"]["b"].update(type="House"), ("type-unknown", "CityObjects/b/type")),
    (lambda d: d.pop("extensions"), ("extension-undeclared", "CityObjects/n/type")),
    (
        lambda d: d["CityObjects"]["b"].update(attributes=[]),
        ("member-kind", "CityObjects/b/attributes"),
    ),
    (
        lambda d: d["CityObjects"]["p"].pop("parents"),
        ("parents-missing", "CityObjects/p/parents"),
    ),
    (lambda d: d["CityObjects"]["b"].pop("children"), ("kin-one-sided", "CityObjects/p/parents")),
    (
        lambda d: d["CityObjects"]["b"]["children"].append("q"),
        ("kin-missing", "CityObjects/b/children"),
    ),
    (
        lambda d: d["CityObjects"]["b"]["children"].append("p"),
        ("kin-double", "CityObjects/b/children"),
    ),
    (
        lambda d: d["CityObjects"]["b"].update(parents=["p"]),
        ("kin-circle", "CityObjects/b/parents"),
    ),
    (lambda d: solid(d).update(type="Brep"), ("geometry-type", f"{P}/type")),
    (lambda d: solid(d).pop("lod"), ("member-missing", f"{P}/lod")),
    (lambda d: solid(d).update(lod=2), ("lod-form", f"{P}/lod")),
    (lambda d: solid(d).update(lod="high"), ("lod-form", f"{P}/lod")),
    (lambda d: solid(d).update(colour=1), ("geometry-extra", f"{P}/colour")),
    (lambda d: solid(d).update(boundaries=FACES), ("boundary-depth", f"{P}/boundaries")),
    (
        lambda d: solid(d)["boundaries"][0][0][0].__setitem__(0, 8),
        ("boundary-range", f"{P}/boundaries"),
    ),
    (
        lambda d: solid(d)["boundaries"][0][0][0].__setitem__(0, -1),
        ("boundary-range", f"{P}/boundaries"),
    ),
    (
        lambda d: solid(d)["boundaries"][0][0][0].__setitem__(0, 1.5),
        ("boundary-index", f"{P}/boundaries"),
    ),
    (
        lambda d: solid(d)["semantics"]["values"][0].pop(),
        ("semantics-shape", f"{P}/semantics/values"),
    ),
    (
        lambda d: solid(d)["semantics"].update(values=[0] * 6),
        ("semantics-shape", f"{P}/semantics/values"),
    ),
    (
        lambda d: solid(d)["semantics"]["values"][0].__setitem__(0, 2),
        ("semantics-range", f"{P}/semantics/values"),
    ),
    (
        lambda d: solid(d)["semantics"]["surfaces"][0].update(type="Roof"),
        ("surface-unknown", f"{P}/semantics/surfaces/0/type"),
    ),
    (
        lambda d: solid(d)["semantics"]["surfaces"][0].update(parent=4),
        ("surface-range", f"{P}/semantics/surfaces/0"),
    ),
    (
        lambda d: solid(d)["material"]["m"]["values"][0].__setitem__(0, 1),
        ("material-range", f"{P}/material/m/values"),
    ),
    (
        lambda d: solid(d)["texture"]["t"]["values"][0][0][0].pop(),
        ("texture-shape", f"{P}/texture/t/values"),
    ),
    (
        lambda d: solid(d)["texture"]["t"]["values"][0][0][0].__setitem__(0, 3),
        ("texture-range", f"{P}/texture/t/values"),
    ),
    (
        lambda d: d["appearance"]["textures"][0].update(type="TIFF"),
        ("member-kind", "appearance/textures/0/type"),
    ),
    (
        lambda d: d["appearance"]["materials"][0].pop("name"),
        ("member-missing", "appearance/materials/0/name"),
    ),
]


def test_a_sound_document_is_silent(tmp_path: Path) -> None:
    assert told(tmp_path, good()) == []


@pytest.mark.parametrize(("change", "word"), CASES, ids=[f"{w} {p}" for _, (w, p) in CASES])
def test_a_mistake(tmp_path: Path, change: Callable[[Any], object], word: tuple[str, str]) -> None:
    document = good()
    change(document)
    assert word in told(tmp_path, document)


def test_values_may_be_null_as_a_whole_or_by_shell(tmp_path: Path) -> None:
    for values in (None, [None]):
        document = good()
        solid(document)["semantics"]["values"] = values
        assert told(tmp_path, document) == []


def test_version_1_0_has_numbers_as_levels_and_needs_no_transform(tmp_path: Path) -> None:
    document = good() | {"version": "1.0"}
    del document["transform"], document["metadata"]
    document["vertices"][0] = [0.0, 0.0, 0.0]
    solid(document)["lod"] = 2.2
    assert told(tmp_path, document) == []
    solid(document)["lod"] = "2.2"
    assert told(tmp_path, document) == [("lod-form", f"{P}/lod")]


def test_templates(tmp_path: Path) -> None:
    document = good()
    document["CityObjects"]["tree"] = {
        "type": "SolitaryVegetationObject",
        "geometry": [
            {
                "type": "GeometryInstance",
                "template": 0,
                "boundaries": [0],
                "transformationMatrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
            }
        ],
    }
    shape = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}
    corners = [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    document["geometry-templates"] = {"templates": [shape], "vertices-templates": corners}
    assert told(tmp_path, document) == []
    document["CityObjects"]["tree"]["geometry"][0]["template"] = 1
    assert told(tmp_path, document) == [("template-range", "CityObjects/tree/geometry/0/template")]
    document["CityObjects"]["tree"]["geometry"][0]["template"] = 0
    shape["boundaries"] = [[[0, 1, 3]]]
    where = "geometry-templates/templates/0/boundaries"
    assert told(tmp_path, document) == [("boundary-range", where)]


def test_addresses_use_vertices(tmp_path: Path) -> None:
    document = good()
    document["vertices"].append([4, 4, 4])
    place = {"type": "MultiPoint", "lod": "1", "boundaries": [8]}
    document["CityObjects"]["b"]["address"] = [{"Country": "NL", "location": place}]
    assert told(tmp_path, document) == []
    place["boundaries"] = [9]
    assert ("boundary-range", "CityObjects/b/address/0/location/boundaries") in told(
        tmp_path, document
    )


@pytest.mark.parametrize(("version", "known"), [("1.0", True), ("1.1", False), ("2.0", True)])
def test_generic_objects_are_no_part_of_1_1(tmp_path: Path, version: str, known: bool) -> None:
    document = good() | {"version": version}
    document["CityObjects"]["n"]["type"] = "GenericCityObject"
    assert (("type-unknown", "CityObjects/n/type") not in told(tmp_path, document)) is known


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for key, below in members:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from paths(below, (*path, key))


@pytest.mark.parametrize(
    "odd",
    [None, True, -1, 1.5, 2**63, 1e308, "x", "GeometryInstance", [], {}, ["a"], [[]], [{}]],
    ids=repr,
)
def test_whatever_stands_anywhere_is_told_and_ends_nothing(odd: Any) -> None:
    sound = good()
    for path in list(paths(sound)):
        document = copy.deepcopy(sound)
        at: Any = document
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = odd
        notes = Notes()
        examine_document(document, notes)
        assert {r["reason"] for r in notes.table().to_pylist()} <= WORDS.keys()


def test_a_sequence(tmp_path: Path) -> None:
    whole = good()
    objects = {k: whole["CityObjects"].pop(k) for k in ("b", "p")}
    head = whole | {"CityObjects": {}, "vertices": []}
    del head["metadata"]["geographicalExtent"]
    line = {"type": "CityJSONFeature", "id": "b", "CityObjects": objects, "vertices": CORNERS}
    assert told(tmp_path, f"{json.dumps(head)}\n{json.dumps(line)}\n") == []
    line["id"] = "q"
    line["transform"] = head["transform"]
    assert told(tmp_path, f"{json.dumps(head)}\n{json.dumps(line)}\n") == [
        ("feature-id", "id"),
        ("feature-head", "transform"),
    ]


def test_one_mistake_made_often_is_counted(tmp_path: Path) -> None:
    document = good()
    document["CityObjects"] = {f"b{n}": {"type": "House"} for n in range(500)}
    document["vertices"] = []
    file = tmp_path / "a.city.json"
    file.write_text(json.dumps(document))
    rows = inspect(Source(path=file.name, file=file), {"loader": "cityjson 2"}, {}).to_pylist()
    counts = [r["count"] for r in rows if r["reason"] == "type-unknown"]
    assert len(counts) == 20
    assert sum(counts) == 500
