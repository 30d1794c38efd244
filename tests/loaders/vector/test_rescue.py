"""What is read of files that were cut off, and that it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders.vector import rescue

from .made import codes, frame, properties, read, shapes, write


def collection(count: int, **more: Any) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"n": i, "t": 'a "}]{[ \\ b'},
            "geometry": {"type": "Point", "coordinates": [i, 1]},
        }
        for i in range(count)
    ]
    return {"type": "FeatureCollection", **more, "features": features}


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("tenths", [3, 9])
def test_features_before_the_cut(tmp_path: Path, indent: int | None, tenths: int) -> None:
    text = json.dumps(collection(50, name="点"), indent=indent)
    file = tmp_path / "a.geojson"
    file.write_text(text[: len(text) * tenths // 10])
    asset, rows = read(file)
    assert "read-stopped" in codes(asset)
    assert asset.layers[0].name == "点"
    numbers = [p["n"] for p in properties(rows)]
    assert numbers == list(range(len(numbers)))
    assert 5 * tenths - 2 <= len(numbers) <= 5 * tenths


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.parametrize(
    ("sound", "broken", "lost"),
    [
        ('"n": 7,', '"n" 7,', {7}),
        ('"n": 7,', '"n": 7}},', set()),
        ('"n": 7,', '"n": {{7,', {7}),
        ('"n": 7,', '"n": "7,', {7}),
        ("[7, 1]}}", "[7, 1]", {7}),
        ("[7, 1]}}", "[7, 1}}", {7}),
        ('"n": 7,', '"n: 7,', {7}),
        (', "geometry": {"type": "Point", "coordinates": [7, 1]}}', ", [[1, 2", {7}),
        ('"n": 7,', '"n": 7, "f": {"type": "Feature", "features": [{"geometry": 1}, 2]}},', set()),
    ],
)
def test_one_broken_feature_costs_no_other(
    tmp_path: Path, sound: str, broken: str, lost: set[int]
) -> None:
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps(collection(20)).replace(sound, broken))
    asset, rows = read(file)
    assert "read-stopped" in codes(asset)
    assert {p["n"] for p in properties(rows)} == set(range(20)) - lost


_NEVER = '{"type": "Feature", "properties": {"a": 1'
_GEOMETRY = '{"type": "Feature", "geometry": {"type": "GeometryCollection", "geometries": ['


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (",".join([_NEVER] * 5000), 0),
        (_GEOMETRY * 5000, 0),
        (_GEOMETRY * 3000 + "]}}" * 3000, 1),
        ("[" * 100_000, 0),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, 0),
        ('{"a":' + '\\"' * 50_000, 0),
        ('{"a":' + '"\\' * 50_000, 0),
        (("{" + " " * 500) * 200, 0),
        (('{"a' + " " * 500 + '"') * 200, 0),
        (",".join(['{"attributes": {"n": 1}}', '{"attributes": {"n": 1', "{}}"] * 2000), 2000),
        (
            ",".join(['{"id": "a", "type": "Feature", "properties": {"n": 1}}', '{"n: 1}'] * 999),
            999,
        ),
    ],
)
def test_what_is_looked_through_for_whole_features(
    monkeypatch: pytest.MonkeyPatch, text: str, whole: int
) -> None:
    """However it is broken, no byte is looked at more than a few times."""
    seen = 0

    def count(name: str) -> None:
        own = getattr(rescue, name)

        class Counted:
            def finditer(self, text: bytes, start: int) -> Iterator[re.Match[bytes]]:
                nonlocal seen
                for found in own.finditer(text, start):
                    seen += found.end() - found.start()
                    yield found

            def match(self, text: bytes, start: int) -> re.Match[bytes] | None:
                nonlocal seen
                found: re.Match[bytes] | None = own.match(text, start)
                seen += len(found[0]) if found else 1
                return found

        monkeypatch.setattr(rescue, name, Counted())

    def loads(text: bytes) -> object:
        nonlocal seen
        seen += len(text)
        return own_loads(text)

    count("_TOKEN")
    count("_FEATURE")
    own_loads = orjson.loads
    monkeypatch.setattr(orjson, "loads", loads)
    data = text.encode()
    assert sum(1 for _ in rescue.members(data, 0, [])) == whole
    assert seen < 4 * len(data) + 1000


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.parametrize("mark", ["", "\x1e"])
def test_records_that_are_none_are_counted(tmp_path: Path, mark: str) -> None:
    lines = [mark + json.dumps(f) for f in collection(9)["features"]]
    file = tmp_path / "a.geojsonl"
    file.write_text("\n".join([*lines[:4], lines[4][:30], *lines[5:], lines[0][:-9]]))
    asset, rows = read(file)
    told = next(p for p in asset.problems if p.code == "read-stopped")
    assert (told.got, told.expected) == ("8", "10")
    assert [p["n"] for p in properties(rows)] == [0, 1, 2, 3, 5, 6, 7, 8]
    file.write_text("\n".join(lines) + "\n\n")
    assert "read-stopped" not in codes(read(file)[0])


@pytest.mark.keeps("GeoPackage", "damage")
@pytest.mark.keeps("SQLite", "damage")
@pytest.mark.parametrize("suffix", ["gpkg", "sqlite"])
def test_rows_of_a_database_before_the_cut(tmp_path: Path, suffix: str) -> None:
    """What is written last, the triggers of the spatial index, need not be there."""
    file = tmp_path / f"a.{suffix}"
    write(file, frame(n=list(range(2000))), **({} if suffix == "gpkg" else {"SPATIAL_INDEX": "NO"}))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * (5 if suffix == "gpkg" else 8) // 10])
    asset, rows = read(file)
    assert "file-truncated" in codes(asset)
    numbers = [p["n"] for p in properties(rows)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 500
    file.write_bytes(whole[:5000])
    with pytest.raises(SourceUnreadable, match="GDAL"):
        read(file)


@pytest.mark.keeps("GeoJSON", "semantics")
@pytest.mark.parametrize("count", [3, 30_000])
def test_members_of_the_collection_stand_before_and_behind(tmp_path: Path, count: int) -> None:
    """Of a large document, only its beginning and its end are looked at."""
    whole = collection(count, before={"a": [1]})
    whole["features"][0]["owner"] = "市政"
    whole |= {"bbox": [0, 0, 1, 1], "totalFeatures": count}
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps(whole))
    asset, _ = read(file)
    assert asset.properties["foreign_members"] == {"before": {"a": [1]}, "totalFeatures": count}
    told = next(p for p in asset.problems if p.code == "members-left-out")
    assert told.got == "owner (1)"


@pytest.mark.keeps("Arrow IPC", "damage")
@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("magic", [True, False])
def test_batches_before_the_cut_of_an_arrow_file(tmp_path: Path, magic: bool, share: float) -> None:
    table = pa.table({"n": range(100), "lon": [104.0] * 100, "lat": [30.0] * 100})
    make = pa.ipc.new_file if magic else pa.ipc.new_stream
    file = tmp_path / "a.arrow"
    with make(str(file), table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    asset, rows = read(file)
    numbers = [p["n"] for p in properties(rows)]
    assert numbers == list(range(len(numbers)))
    assert ("read-stopped" in codes(asset)) == (share < 1)
    assert len(numbers) == 100 if share == 1 else 20 <= len(numbers) <= 60
    assert len(shapes(rows)) == len(numbers)


@pytest.mark.keeps("GeoParquet", "damage")
def test_a_damaged_row_group_costs_no_other(tmp_path: Path) -> None:
    table = pa.table({"n": range(100), "lon": [104.0] * 100, "lat": [30.0] * 100})
    file = tmp_path / "a.parquet"
    pq.write_table(table, file, row_group_size=25, compression="gzip")
    start = pq.ParquetFile(file).metadata.row_group(1).column(0).dictionary_page_offset
    whole = bytearray(file.read_bytes())
    whole[start + 30 : start + 50] = bytes(20)
    file.write_bytes(whole)
    asset, rows = read(file)
    assert {p["n"] for p in properties(rows)} == {*range(25), *range(50, 100)}
    assert {p.place for p in asset.problems if p.code == "read-stopped"} == {"row group 2"}
    file.write_bytes(whole[:-40])
    with pytest.raises(SourceUnreadable, match="cut short"):
        read(file)
