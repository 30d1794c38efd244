from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cimkit.tiles import Mesh, content_glb
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.metadata import (
    FEATURE,
    NO_DATA,
    NO_HEIGHT,
    Choice,
    Enumeration,
    Property,
    Schema,
    identifier,
    schema_json,
)

Read = Callable[[Path], Any]
USES = Enumeration("uses", "Uses", (Choice("居住", "Residential"), Choice("none"), Choice("b")))
PROPERTIES = (
    Property("text", "Text"),
    Property("real", "Real", "FLOAT64"),
    Property("whole", "Whole", "INT32"),
    Property("small", "Small", "FLOAT32"),
    Property("use", "Use", "ENUM", enumeration=USES),
)
ARROW = {"text": pa.string(), "real": pa.float64(), "whole": pa.int64(), "small": pa.float64(),
         "use": pa.string()}  # fmt: skip


def put(folder: Path, columns: dict[str, list[Any]], *, encoding: Encoding) -> Path:
    count = len(next(iter(columns.values())))
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    positions = np.concatenate([corners + np.array([0.0, 0, i]) for i in range(count)])
    faces = np.arange(3 * count).reshape(-1, 3)
    mesh = Mesh(positions, faces, np.repeat(np.arange(count), 3))
    table = pa.table({n: pa.array(v, ARROW.get(n, pa.string())) for n, v in columns.items()})
    written = content_glb([mesh], np.eye(4), table, encoding=encoding)
    assert written is not None
    (folder / "layer").mkdir(exist_ok=True)
    file = folder / "layer" / "one.glb"
    file.write_bytes(written.data)
    return file


def shared(folder: Path) -> Encoding:
    document = schema_json({"feature": PROPERTIES})
    (folder / "schema.json").write_text(json.dumps(document))
    return Encoding(schema=Schema("../schema.json", document, PROPERTIES))


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
rows = st.fixed_dictionaries(
    {
        "text": st.none() | texts,
        "real": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "whole": st.none() | st.integers(-(2**31) + 1, 2**31 - 1),
        "small": st.none() | st.floats(-1e30, 1e30),
        "use": st.none() | st.sampled_from(["居住", "none", "b"]),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(rows, min_size=1, max_size=9))
def test_every_value_comes_back(
    tmp_path: Path, read_content: Read, given_: list[dict[str, Any]]
) -> None:
    columns = {p.name: [row[p.name] for row in given_] for p in PROPERTIES}
    one = read_content(put(tmp_path, columns, encoding=shared(tmp_path)))
    meta = one.json["extensions"]["EXT_structural_metadata"]
    assert meta["schemaUri"] == "../schema.json"
    assert "schema" not in meta
    found = one.table()
    for p in PROPERTIES:
        wanted = columns[p.name]
        if p.name == "text":
            wanted = [value or "" for value in wanted]
        elif p.name == "small":
            wanted = [NO_HEIGHT if v is None else float(np.float32(v)) for v in wanted]
        elif p.kind in NO_DATA:
            wanted = [NO_DATA[p.kind] if v is None else v for v in wanted]
        if p.name in found:
            assert found[p.name] == wanted
        else:
            assert not any(v not in (None, "") for v in columns[p.name])


def test_long_texts_have_wide_offsets(tmp_path: Path, read_content: Read) -> None:
    for length, kind in ((10, "UINT8"), (300, "UINT16"), (70_000, None)):
        columns = {"text": ["楼" * (length // 3), None, "Ω"]}
        one = read_content(put(tmp_path, columns, encoding=shared(tmp_path)))
        meta = one.json["extensions"]["EXT_structural_metadata"]
        said = meta["propertyTables"][0]["properties"]["text"]
        assert said.get("stringOffsetType") == kind
        assert one.table()["text"] == ["楼" * (length // 3), "", "Ω"]


def test_metadata_lie_on_eight_bytes_uncompressed(tmp_path: Path, read_content: Read) -> None:
    columns = {"text": [f"row {i}" for i in range(500)], "real": [i / 7 for i in range(500)]}
    one = read_content(put(tmp_path, columns, encoding=shared(tmp_path)))
    meta = one.json["extensions"]["EXT_structural_metadata"]
    for where in meta["propertyTables"][0]["properties"].values():
        for key in where.keys() & {"values", "stringOffsets"}:
            view = one.json["bufferViews"][where[key]]
            assert view["buffer"] == 0
            assert view["byteOffset"] % 8 == 0
            assert "extensions" not in view


def test_a_content_alone_brings_its_schema(tmp_path: Path, read_content: Read) -> None:
    columns = {"object_id": ["a", "b"], "name": ["楼", None], "height": [None, None]}
    one = read_content(put(tmp_path, columns, encoding=Encoding()))
    assert one.table() == {"object_id": ["a", "b"], "name": ["楼", ""]}


def test_what_the_type_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowInvalid):
        put(tmp_path, {"whole": [2**40]}, encoding=shared(tmp_path))


@given(st.text(min_size=1), st.text(min_size=1))
def test_identifiers_are_as_schemas_want_them_and_differ(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", identifier(one))
    letters = re.compile(r"[^\W_]+")
    if identifier(one) == identifier(other) and one.isascii() and other.isascii():
        assert letters.findall(one) == letters.findall(other)


def test_schema_names_in_three_languages() -> None:
    lamp = Choice("0118", "Street lamp", "路灯", "街灯")
    kinds = Enumeration("kinds", "Kinds", (lamp, Choice("none")))
    document = schema_json({"a": (Property("kind", "Kind", "ENUM", enumeration=kinds),)})
    assert document["classes"]["a"]["properties"]["kind"]["noData"] == "none_"
    assert document["enums"]["kinds"]["values"] == [
        {"name": "none_", "value": 0},
        {"name": "0118", "value": 1, "description": "Street lamp / 路灯 / 街灯",
         "extras": {"name_en": "Street lamp", "name_zh": "路灯", "name_ja": "街灯"}},
        {"name": "none", "value": 2},
    ]  # fmt: skip
    assert [p.kind for p in FEATURE if p.name == "level"] == ["STRING"]
