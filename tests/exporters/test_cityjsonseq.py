"""CityJSONSeq: a first line, then one line for each top-level object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cimkit.catalog import Catalog
from cimkit.checks.citymodel_cityjson.document import examine
from cimkit.checks.citymodel_cityjson.notes import Notes
from cimkit.exporters import export
from cimkit.model import Source


def lines(city: Catalog, out: Path, **options: Any) -> list[dict[str, Any]]:
    export(city, "cityjsonseq", out, **options)
    return [json.loads(line) for line in out.read_bytes().splitlines()]


def test_features(city: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "city.city.jsonl"
    head, *features = lines(city, out, crs="EPSG:4544", access="secret")
    assert (head["type"], head["version"]) == ("CityJSON", "2.0")
    assert (head["CityObjects"], head["vertices"]) == ({}, [])
    assert len(head["metadata"]["geographicalExtent"]) == 6
    assert len(features) == 13
    for feature in features:
        assert feature["type"] == "CityJSONFeature"
        assert feature["id"] in feature["CityObjects"]
        used = {
            n
            for body in feature["CityObjects"].values()
            for shape in body.get("geometry", ())
            for n in numbers(shape["boundaries"])
        }
        assert used == set(range(len(feature["vertices"])))
    notes = Notes()
    examine(Source(path=out.name, file=out), notes)
    assert notes.table().to_pylist() == []


def numbers(part: Any) -> set[int]:
    return set().union(*map(numbers, part)) if isinstance(part, list) else {part}


def test_the_same_objects_as_the_document(city: Catalog, tmp_path: Path) -> None:
    _, *features = lines(city, tmp_path / "a.city.jsonl", crs="EPSG:4544")
    export(city, "cityjson", tmp_path / "a.city.json", crs="EPSG:4544")
    whole = json.loads((tmp_path / "a.city.json").read_bytes())
    found = {key: body for f in features for key, body in f["CityObjects"].items()}
    assert found.keys() == whole["CityObjects"].keys()
    for key, body in found.items():
        other = whole["CityObjects"][key]
        assert body["attributes"] == other["attributes"]
        assert body.get("geographicalExtent") == other.get("geographicalExtent")


def test_same_bytes(city: Catalog, tmp_path: Path) -> None:
    lines(city, tmp_path / "a.city.jsonl", crs="EPSG:4544")
    first = (tmp_path / "a.city.jsonl").read_bytes()
    lines(city, tmp_path / "b" / "a.city.jsonl", crs="EPSG:4544")

    assert (tmp_path / "b" / "a.city.jsonl").read_bytes() == first
