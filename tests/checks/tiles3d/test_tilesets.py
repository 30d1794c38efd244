"""What tilesets may say, and what is told of those that say something else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from .conftest import BOX, Look, tileset

SCHEMA: dict[str, Any] = {
    "id": "s",
    "classes": {
        "c": {
            "properties": {
                "n": {"type": "SCALAR", "componentType": "INT16", "max": 10},
                "v": {"type": "VEC3", "componentType": "INT16", "array": True, "count": 2},
                "u": {"type": "SCALAR", "componentType": "UINT8", "normalized": True, "max": 0.5},
                "e": {"type": "ENUM", "enumType": "k"},
                "r": {"type": "STRING", "required": True},
            }
        }
    },
    "enums": {"k": {"values": [{"name": "A", "value": 0}]}},
}


def with_metadata(**values: Any) -> dict[str, Any]:
    said = {"r": "x", **values}
    return tileset({"schema": SCHEMA, "metadata": {"class": "c", "properties": said}})


def changed(said: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with one member other; ... takes it away."""
    said = copy.deepcopy(said)
    at: Any = said
    *above, last = path.split("/")
    for name in above:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    key: Any = int(last) if isinstance(at, list) else last
    if value is ...:
        del at[key]
    else:
        at[key] = value
    return said


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("asset", ..., "member-missing"),
        ("asset/version", 1.1, "type-wrong"),
        ("asset/tilesetVersion", 3, "type-wrong"),
        ("geometricError", ..., "member-missing"),
        ("geometricError", -1, "range-wrong"),
        ("geometricError", True, "type-wrong"),
        ("root", [], "type-wrong"),
        ("root/refine", ..., "member-missing"),
        ("root/refine", 7, "type-wrong"),
        ("root/refine", "MIX", "choice-wrong"),
        ("root/geometricError", None, "member-missing"),
        ("root/boundingVolume", ..., "member-missing"),
        ("root/boundingVolume", {}, "volume-empty"),
        ("root/boundingVolume/box", [0] * 11, "length-wrong"),
        ("root/boundingVolume/box/3", "1", "type-wrong"),
        ("root/boundingVolume", {"sphere": [0, 0, 0, -1]}, "range-wrong"),
        ("root/boundingVolume", {"region": [0, 0.2, 1, 0.1, 0, 1]}, "range-turned"),
        ("root/boundingVolume", {"region": [0, 0, 1, 1, 5, 1]}, "range-turned"),
        ("root/boundingVolume", {"region": [106, 29, 107, 30, 0, 1]}, "angle-beyond"),
        ("root/viewerRequestVolume", {"sphere": [1]}, "length-wrong"),
        ("root/transform", [1] * 15, "length-wrong"),
        ("root/transform", [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2], "transform-unaffine"),
        ("root/children", [3], "type-wrong"),
        ("root/content", "a.glb", "type-wrong"),
        ("root/content", {"url": "a.glb"}, "member-missing"),
        ("root/contents", {}, "type-wrong"),
        ("properties", {"h": {"minimum": 1}}, "member-missing"),
        ("properties", {"h": {"minimum": 2, "maximum": 1}}, "range-turned"),
        ("extensionsUsed", [], "length-wrong"),
        ("extensionsUsed", ["A_b", "A_b"], "element-twice"),
        ("extensionsRequired", ["A_b"], "extension-required-unused"),
        ("extensions", {"A_b": {}}, "extension-undeclared"),
        ("extensions", {"A_b": 1}, "type-wrong"),
        ("groups", [{"class": "c"}], "schema-missing"),
        ("metadata", {"class": "c"}, "schema-missing"),
        ("statistics", {"classes": {"c": {}}}, "schema-missing"),
        ("schemaUri", 5, "type-wrong"),
    ],
)
def test_members_that_cannot_be(look: Look, path: str, value: Any, word: str) -> None:
    told = look(changed(tileset(), path, value))
    assert word in [w for severity, w, _ in told if severity == "error"]
    assert look(tileset()) == []


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("asset/version", "1.2", "version-unknown"),
        ("root/refine", "Replace", "choice-wrong"),
        ("root/children", [], "member-idle"),
        ("extras", "text", "extras-unusual"),
    ],
)
def test_what_is_unusual_is_a_warning(look: Look, path: str, value: Any, word: str) -> None:
    told = look(changed(tileset(), path, value))
    assert [(s, w) for s, w, _ in told] == [("warning", word)]


def test_a_flattening_transform_and_one_with_a_turn_are_sound(look: Look) -> None:
    flat = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert look(tileset(transform=flat)) == []


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"n": 11}, "value-beyond"),
        ({"n": 40000}, "range-wrong"),
        ({"n": "1"}, "type-wrong"),
        ({"v": [[1, 2, 3]]}, "length-wrong"),
        ({"v": [[1, 2, 3], [1, 2, 99999]]}, "range-wrong"),
        ({"u": 200}, "value-beyond"),
        ({"e": "B"}, "choice-wrong"),
        ({"r": None}, "value-required"),
        ({"x": 1}, "name-unknown"),
    ],
)
def test_metadata_are_held_against_their_class(
    look: Look, values: dict[str, Any], word: str
) -> None:
    assert [w for _, w, _ in look(with_metadata(**values))] == [word]
    sound = {"n": 10, "v": [[1, 2, 3], [4, 5, 6]], "u": 100, "e": "A"}
    assert look(with_metadata(**sound)) == []


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("id", "not one", "pattern-wrong"),
        ("id", ..., "member-missing"),
        ("classes/c/properties", {}, "length-wrong"),
        ("classes/c/properties/n/componentType", ..., "member-missing"),
        ("classes/c/properties/n/type", "VEC9", "choice-wrong"),
        ("classes/c/properties/n/count", 3, "member-unfit"),
        ("classes/c/properties/n/offset", 1, "member-unfit"),
        ("classes/c/properties/n/noData", 99999, "range-wrong"),
        ("classes/c/properties/n/semantic", "TILE_REFINE", "semantic-unfit"),
        ("classes/c/properties/v/count", 1, "range-wrong"),
        ("classes/c/properties/v/min", [[1, 2, 3]], "length-wrong"),
        ("classes/c/properties/e/enumType", "other", "name-unknown"),
        ("classes/c/properties/e/enumType", ..., "member-missing"),
        ("classes/c/properties/e/noData", "B", "choice-wrong"),
        ("classes/c/properties/e/max", 1, "member-unfit"),
        ("classes/c/properties/r/default", "x", "member-unfit"),
        ("classes/c/properties/r/componentType", "INT8", "member-unfit"),
        ("classes/c/properties/r/normalized", True, "member-unfit"),
        ("enums/k/values", [], "length-wrong"),
        ("enums/k/values", [{"name": "A", "value": 70000}], "range-wrong"),
        ("enums/k/values", [{"name": "A", "value": 1}, {"name": "A", "value": 2}], "element-twice"),
        ("enums/k/values", [{"name": "A", "value": 1}, {"name": "B", "value": 1}], "element-twice"),
        ("enums/k/valueType", "FLOAT32", "choice-wrong"),
    ],
)
def test_schemas_that_cannot_be(look: Look, path: str, value: Any, word: str) -> None:
    assert word in [w for _, w, _ in look(tileset({"schema": changed(SCHEMA, path, value)}))]
    assert look(tileset({"schema": SCHEMA})) == []


def test_one_schema_and_one_content_only(look: Look) -> None:
    both = tileset({"schema": SCHEMA, "schemaUri": "s.json"})
    assert [w for _, w, _ in look(both)] == ["both-given"]
    two = tileset(content={"uri": "http://x/y.glb"}, contents=[{"uri": "http://x/z.glb"}])
    assert [(s, w) for s, w, _ in look(two)] == [
        ("error", "both-given"),
        ("warning", "file-remote"),
        ("warning", "file-remote"),
    ]


def test_a_schema_in_another_file(look: Look) -> None:
    said = tileset({"schemaUri": "s.json", "metadata": {"class": "c", "properties": {"r": "x"}}})
    assert look(said, **{"s.json": SCHEMA}) == []
    wrong = changed(SCHEMA, "id", ...)
    assert look(said, **{"s.json": wrong}) == [("error", "member-missing", "s.json")]


def test_statistics(look: Look) -> None:
    def told(classes: dict[str, Any]) -> list[str]:
        return [
            w for _, w, _ in look(tileset({"schema": SCHEMA, "statistics": {"classes": classes}}))
        ]

    assert told({"c": {"count": 3, "properties": {"n": {"min": 1, "max": 2}}}}) == []
    assert told({}) == ["length-wrong"]
    assert told({"d": {}}) == ["name-unknown"]
    assert told({"c": {"properties": {"m": {}}}}) == ["name-unknown"]
    assert told({"c": {"properties": {"n": {"min": 3, "max": 2}}}}) == ["range-turned"]
    assert told({"c": {"properties": {"e": {"occurrences": {"B": 1}}}}}) == ["name-unknown"]


def test_geometric_errors_that_grow_are_told_of_each_tile(look: Look) -> None:
    def tile(error: float, *children: dict[str, Any]) -> dict[str, Any]:
        below = {"children": list(children)} if children else {}
        return {"boundingVolume": BOX, "geometricError": error, **below}

    told = look(tileset(children=[tile(1, tile(1.5)), tile(2), tile(0.5)]))
    assert told == [
        ("error", "error-grows", "/root/children/0/children/0/geometricError"),
        ("error", "error-grows", "/root/children/1/geometricError"),
    ]


def test_files_that_are_named_otherwise(look: Look) -> None:
    inner = tileset()
    names = ["in/a.json", "in/A.json", "in\\a.json", "in/b.json", "../a.json", "in/%61.json"]
    said = tileset(contents=[{"uri": n} for n in names])
    told = look(said, **{"in/a.json": inner})
    assert [(w, p) for _, w, p in told] == [
        ("file-case", "/root/contents/1/uri"),
        ("file-backslash", "/root/contents/2/uri"),
        ("file-missing", "/root/contents/3/uri"),
        ("file-outside", "/root/contents/4/uri"),
    ]


def test_tilesets_in_a_ring_end(look: Look) -> None:
    a, b = tileset(content={"uri": "b.json"}), tileset(content={"uri": "tileset.json"})
    assert [w for _, w, _ in look(a, **{"b.json": b})] == ["tileset-ring"]
    twice = tileset(contents=[{"uri": "b.json"}, {"uri": "b.json"}])
    assert look(twice, **{"b.json": tileset()}) == []


def test_what_external_tilesets_use_must_be_declared_above(look: Look) -> None:
    s2 = {"extensions": {"3DTILES_bounding_volume_S2": {
        "token": "3", "minimumHeight": 0, "maximumHeight": 1}}}  # fmt: skip
    used = {"extensionsUsed": ["3DTILES_bounding_volume_S2"]}
    below = {"b.json": tileset(used, boundingVolume=s2)}
    told = look(tileset(content={"uri": "b.json"}), **below)
    assert told == [("error", "extension-undeclared", "/extensionsUsed")]
    assert look(tileset(used, content={"uri": "b.json"}), **below) == []


def test_broken_text(look: Look) -> None:
    assert look(b"{") == [("error", "json-broken", "")]
    assert look(b'{"geometricError": NaN}')[0][1] == "json-broken"
    marked = b"\xef\xbb\xbf" + json.dumps(tileset()).encode()
    assert look(marked) == [("error", "json-bom", "")]


def test_a_content_volume_outside_of_the_tile(look: Look) -> None:
    def told(volume: dict[str, Any], **root: Any) -> list[tuple[str, str]]:
        content = {"uri": "http://x/a.glb", "boundingVolume": volume}
        return [(s, w) for s, w, _ in look(tileset(content=content, **root)) if w != "file-remote"]

    inside = {"box": [0, 0, 5, 1, 0, 0, 0, 1, 0, 0, 0, 1]}
    turned = [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 5, 6, 7, 1]
    assert told(inside) == told(inside, transform=turned) == []
    assert told({"box": [0, 0, 9.5, 1, 0, 0, 0, 1, 0, 0, 0, 1]}) == [("error", "volume-outside")]
    assert told({"sphere": [0, 0, 0, 12]}) == [("warning", "volume-outside")]


def test_many_alike_are_counted_not_listed(look: Look, tmp_path: Any) -> None:
    from .conftest import look_at

    look(tileset(children=[{"boundingVolume": BOX, "geometricError": -1}] * 1500))
    rows = look_at(tmp_path).told.rows
    assert len(rows) == 1000
    assert sum(r["count"] for r in rows) == 1500
    assert len({r["mistake"] for r in rows}) == 1


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("3DTILES_content_gltf", {"extensionsUsed": ["A"], "extensionsRequired": ["A"]}, ""),
        ("3DTILES_content_gltf", {"extensionsUsed": []}, "length-wrong"),
        ("3DTILES_content_gltf", {"extensionsUsed": ["A", "A"]}, "element-twice"),
        ("3DTILES_content_gltf", {"extensionsUsed": [12]}, "type-wrong"),
        ("3DTILES_content_gltf", {"extensionsRequired": ["B"]}, "extension-required-unused"),
        ("MAXAR_content_geojson", {"propertiesSchemaUri": 12}, "type-wrong"),
        ("MAXAR_content_geojson", {"propertiesSchemaUri": "none.json"}, "file-missing"),
        ("MAXAR_content_geojson", {}, ""),
    ],
)
def test_what_extensions_of_a_tileset_say(
    look: Look, name: str, said: dict[str, Any], told: str
) -> None:
    top = {"extensionsUsed": [name], "extensionsRequired": [name], "extensions": {name: said}}
    assert {word for weight, word, _ in look(tileset(top)) if weight == "error"} == {told} - {""}
