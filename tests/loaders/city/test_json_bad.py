"""CityJSON that is damaged or hostile."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import cityjson
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.model import Source

from .made import document, load
from .test_json_kept import CUBE, SHELL, features, head, model, solid


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.keeps("CityJSONSeq", "damage")
def test_sequence_cut_off_at_each_tenth(tmp_path: Path, tenth: int) -> None:
    text = "\n".join(json.dumps(x) for x in (head(), *features(8)))
    text = text[: len(text) * tenth // 10]
    file = tmp_path / "a.city.jsonl"
    file.write_text(text)
    whole = max(text.count("\n") - 1, 0)
    try:
        loaded = load(cityjson, file)
    except SourceUnreadable:
        assert whole == 0
        return
    assert len(loaded.objects) >= whole
    if not text.endswith("}"):
        assert loaded.problem("citymodel-invalid").place == f"line {text.count(chr(10)) + 1}"


def houses(count: int) -> dict[str, Any]:
    """A document of houses, each with vertices of its own."""
    whole = model(objects={})
    cube = whole["vertices"]
    whole["CityObjects"] = {
        f"b{n}": {"type": "Building", "attributes": {"n": n}, "geometry": [moved(n * len(cube))]}
        for n in range(count)
    }
    whole["vertices"] = cube * count
    return whole


def moved(first: int) -> dict[str, Any]:
    shape = solid()
    shape["boundaries"] = [[[[v + first for v in r] for r in f] for f in SHELL]]
    return shape


@pytest.mark.parametrize("order", ["objects first", "vertices first"])
@pytest.mark.keeps("CityJSON", "damage")
def test_document_cut_off_gives_what_came_before(tmp_path: Path, order: str) -> None:
    whole = houses(40)
    if order == "vertices first":
        whole = {k: whole[k] for k in ("type", "transform", "vertices", "CityObjects")}
    text = json.dumps(whole)
    seen = set()
    for tenth in range(1, 10):
        part = text[: len(text) * tenth // 10]
        try:
            loaded = document(tmp_path, part.encode())
        except SourceUnreadable:
            assert '"b0": {' not in part
            continue
        cut = loaded.problem("source-cut-off")
        objects, points = part.find('"CityObjects"'), part.find('"vertices"')
        keys = {f"b{n}" for n in range(40) if f'"b{n + 1}": ' in part or points > objects}
        assert keys <= loaded.objects.keys()
        there = part[points:].count("], [") + 1 if points >= 0 else 0
        if '"transform"' not in part:
            there = 0
        shaped = {g["source_key"] for g in loaded.geometries}
        assert {k for k in keys if int(k[1:]) * 8 + 8 < there} <= shaped
        assert len(shaped) * 8 <= max(there, 0)
        assert cut.severity == "error"
        seen.add((len(loaded.objects) == 40, len(shaped) > 0))
    assert (order == "objects first", True) in seen


@pytest.mark.keeps("CityJSON", "damage")
def test_one_broken_object_costs_itself(tmp_path: Path) -> None:
    text = json.dumps(houses(5)).replace('"b2": {"type"', '"b2": {"" "type"')
    loaded = document(tmp_path, text.encode())
    assert loaded.objects.keys() == {"b0", "b1", "b3", "b4"}
    assert loaded.problem("citymodel-invalid").place.startswith('"b2"')


@pytest.mark.keeps("CityJSON", "damage")
def test_a_lost_quote_costs_what_follows(tmp_path: Path) -> None:
    text = json.dumps(houses(5)).replace('"b2": {"type"', '"b2": {type"')
    loaded = document(tmp_path, text.encode())
    assert loaded.objects.keys() == {"b0", "b1"}
    assert "do not pair" in loaded.problem("source-cut-off").message


@pytest.mark.keeps("CityJSON", "damage", "contradictions")
def test_two_objects_of_one_key(tmp_path: Path) -> None:
    text = json.dumps(houses(3)).replace('"b2": {"type"', '"b1": {"type"')
    loaded = document(tmp_path, text.encode())
    assert len(loaded.objects) == 3
    assert loaded.problem("key-duplicate").got == "b1"


@pytest.mark.keeps("CityJSON", "damage")
def test_vertices_are_used_up_to_the_first_that_is_broken(tmp_path: Path) -> None:
    whole = houses(3)
    whole["vertices"][12] = [1, 2]
    loaded = document(tmp_path, whole)
    assert {g["source_key"] for g in loaded.geometries} == {"b0"}
    assert loaded.problem("citymodel-invalid").place == "vertex 12"


@pytest.mark.keeps("CityJSON", "damage")
@pytest.mark.keeps("CityJSONSeq", "damage")
def test_flipped_bits_never_crash(tmp_path: Path) -> None:
    chance = random.Random(3)
    kinds = [
        json.dumps(model()).encode(),
        "\n".join(json.dumps(x) for x in (head(), *features(2))).encode(),
    ]
    file = tmp_path / "a.json"
    for _ in range(150):
        data = bytearray(chance.choice(kinds))
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        source = Source(path="a.json", file=file)
        options = ReadOptions()
        try:
            asset = cityjson.probe(source, options)
            list(cityjson.read(source, asset, options))
        except SourceUnreadable:
            continue


@pytest.mark.parametrize(
    "wrong",
    [
        [[[[0, 1, 10**30]]]],
        [[[[0, 1, -1]]]],
        [[[[0, 1, 2.5]]]],
        [[[[0, 1, None]]]],
        [[[0, 1, 2]]],
        "text",
        {"a": 1},
        None,
        7,
    ],
)
@pytest.mark.keeps("CityJSON", "damage")
def test_boundaries_that_are_none(tmp_path: Path, wrong: Any) -> None:
    bad = solid() | {"boundaries": wrong}
    objects = {
        "bad": {"type": "Building", "geometry": [bad, solid("1")]},
        "good": {"type": "Building", "geometry": [solid()]},
    }
    loaded = document(tmp_path, model(objects))
    assert [r["lod"] for r in loaded.rows("bad")][-1] == "1"
    assert loaded.objects["good"]["geometry"] is not None
    assert loaded.problem("boundary-invalid").place == "bad"


@pytest.mark.parametrize(
    "more",
    [
        {"CityObjects": []},
        {"CityObjects": {"b": None}},
        {"CityObjects": {"b": {"type": "Building", "geometry": "x"}}},
        {"CityObjects": {"b": {"type": "Building", "geometry": [None, 3, []]}}},
        {"CityObjects": {"b": {"type": 3, "attributes": "x", "parents": 3, "children": "b"}}},
        {"vertices": "x"},
        {"vertices": [[1, 2], [3]]},
        {"vertices": [[None, 1, 2]]},
        {"transform": {"scale": [1]}},
        {"transform": "x"},
        {"metadata": "x"},
        {"metadata": {"geographicalExtent": "x", "referenceSystem": []}},
        {"appearance": []},
        {"appearance": {"textures": "x", "materials": 3}},
        {"geometry-templates": []},
        {"extensions": "x"},
        {"version": None},
        {"version": {"a": 1}},
        {"metadata": {}, "transform": {"scale": [1e308] * 3, "translate": [1e308] * 3}},
    ],
)
@pytest.mark.keeps("CityJSON", "damage")
def test_members_of_the_wrong_kind(tmp_path: Path, more: dict[str, Any]) -> None:
    loaded = document(tmp_path, model() | more)
    assert loaded.asset.status == "ok"
    kinds = {"CityObjects", "vertices", "transform"} & more.keys()
    assert not kinds or loaded.problems


@pytest.mark.keeps("CityJSON", "damage")
def test_nested_a_hundred_thousand_deep(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    at_root = '{"type": "CityJSON", "CityObjects": ' + deep + "}"
    with_nan = at_root.replace("CityJSON", 'CityJSON", "x": [NaN], "y": "')
    for text in (at_root, with_nan):
        assert "citymodel-invalid" in document(tmp_path, text.encode()).codes
    text = json.dumps(houses(3)).replace('"n": 1', f'"n": {deep}')
    assert document(tmp_path, text.encode()).objects.keys() == {"b0", "b2"}
    text = json.dumps(houses(3))[:-1] + ', "+more": ' + deep[:100_000]
    assert len(document(tmp_path, text.encode()).geometries) == 3


@pytest.mark.keeps("CityJSON", "damage", "text")
def test_nan_byte_order_mark_and_other_encodings(tmp_path: Path) -> None:
    content = model()
    content["CityObjects"]["b"]["attributes"] = {"name": "东楼"}
    text = json.dumps(content, ensure_ascii=False)
    marked = document(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert marked.codes == set()
    other = document(tmp_path, text.encode("gb18030"))
    assert other.objects["b"]["name"] == "东楼"
    assert other.problem("encoding-detected").expected == "UTF-8"
    content["vertices"][7][2] = float("nan")
    nan = document(tmp_path, json.dumps(content).encode())
    assert "json-not-a-number" in nan.codes
    assert nan.problem("boundary-invalid").severity == "error"
    assert nan.asset.bbox is not None


def test_sniff_sees_a_type_at_the_end(tmp_path: Path) -> None:
    content = {"vertices": CUBE * 2_000} | model()
    content["vertices"] = CUBE * 2_000
    file = tmp_path / "a.json"
    file.write_text(json.dumps({k: content[k] for k in ("vertices", "CityObjects", "type")}))
    start = file.read_bytes()[:65_536]
    assert cityjson.sniff(Head(file, "a.json", start)) > 50
    file.write_text(json.dumps({"vertices": CUBE * 2_000}))
    assert cityjson.sniff(Head(file, "a.json", file.read_bytes()[:65_536])) == 0


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    document(tmp_path, model())
    assert [p.name for p in tmp_path.iterdir()] == ["a.city.json"]
