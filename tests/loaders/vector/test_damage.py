"""What single altered bytes do: rows that readers pass over without a word are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cimkit.errors import SourceUnreadable

from .made import codes, frame, properties, read, write


def told(asset: Any, code: str = "read-stopped") -> tuple[str, str]:
    problem = next(p for p in asset.problems if p.code == code)
    return problem.got, problem.expected


@pytest.mark.keeps("GeoPackage", "damage")
@pytest.mark.keeps("GeoParquet", "damage")
@pytest.mark.keeps("Arrow IPC", "damage")
@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "arrow"])
def test_text_that_is_no_utf8_costs_no_row(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    names, odd = ["B1", "B2", "B3"], "建国路".encode("gbk")
    if suffix == "gpkg":
        write(file, frame(code=names, name=["a", "b", "c"]))
        with sqlite3.connect(file) as con:
            con.execute("DROP TRIGGER IF EXISTS rtree_a_geom_update6")
            for (name,) in con.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                con.execute(f'DROP TRIGGER "{name}"')
            con.execute("UPDATE a SET name = CAST(? AS TEXT) WHERE code = 'B2'", (odd,))
        con.close()
    else:
        texts = pa.array([b"a", odd, b"c"]).view(pa.string())
        table = pa.table({"code": names, "name": texts, "lon": [104.0] * 3, "lat": [30.0] * 3})
        if suffix == "parquet":
            pq.write_table(table, file)
        else:
            with pa.ipc.new_file(str(file), table.schema) as writer:
                writer.write_table(table)
    asset, rows = read(file)
    assert [p["code"] for p in properties(rows)] == names
    assert [p["name"] for p in properties(rows)] == ["a", odd.decode("utf-8", "replace"), "c"]
    problem = next(p for p in asset.problems if p.code == "text-unreadable")
    assert "1 rows" in problem.message
    assert problem.place.endswith("row 2")


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.parametrize(
    ("sound", "broken"), [(b'"code"', b'"c\xffde"'), (b'"B1"', b'"B\xff"')], ids=["name", "value"]
)
def test_a_byte_that_is_no_utf8_in_json(tmp_path: Path, sound: bytes, broken: bytes) -> None:
    file = write(tmp_path / "a.geojson", frame("OGC:CRS84", code=["B1", "建"]))
    file.write_bytes(file.read_bytes().replace(sound, broken, 1))
    asset, rows = read(file)
    assert len(rows["objects"]) == 2
    assert codes(asset) & {"text-unreadable", "encoding-contradiction"}


@pytest.mark.keeps("Arrow IPC", "damage")
def test_batches_whose_buffers_are_broken(tmp_path: Path) -> None:
    """Offsets that point beyond the texts would be read beyond the memory."""
    table = pa.table({"n": list("abcdef"), "lon": [104.0] * 6, "lat": [30.0] * 6})
    file = tmp_path / "a.arrow"
    with pa.ipc.new_file(str(file), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    offsets = b"".join(i.to_bytes(4, "little") for i in (0, 1, 2))
    whole = file.read_bytes()
    at = [i for i in range(0, len(whole), 8) if whole[i:].startswith(offsets)][1]
    file.write_bytes(whole[: at + 8] + b"\0\0\0\x70" + whole[at + 12 :])
    asset, rows = read(file)
    assert [p["n"] for p in properties(rows)] == ["a", "b", "e", "f"]
    assert {p.place for p in asset.problems if p.code == "read-stopped"} == {"record batch 2"}


def _cut(name: str, tenths: int) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        file = next(folder.rglob(name))
        file.write_bytes(file.read_bytes()[: file.stat().st_size * tenths // 10])

    return alter


def _another_type(folder: Path) -> None:
    file = folder / "a.geojson"
    head, _, rest = file.read_bytes().rpartition(b'"Feature"')
    file.write_bytes(head + b'"Featura"' + rest)


def _another_place(folder: Path) -> None:
    file = folder / "a.id"
    file.write_bytes(file.read_bytes()[:80] + b"\xff" + file.read_bytes()[81:])


@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.keeps("MapInfo", "damage")
@pytest.mark.keeps("File geodatabase", "damage")
@pytest.mark.parametrize(
    ("suffix", "alter"),
    [
        ("geojson", _another_type),
        ("mif", _cut("a.mif", 5)),
        ("tab", _cut("a.dat", 7)),
        ("tab", _cut("a.map", 9)),
        ("tab", _cut("a.id", 5)),
        ("tab", _another_place),
        ("gdb", _cut("a00000009.gdbtablx", 9)),
    ],
    ids=["geojson", "mif", "dat", "map", "id", "id2", "gdb"],
)
def test_rows_that_gdal_passes_over(
    tmp_path: Path, suffix: str, alter: Callable[[Path], None]
) -> None:
    file = tmp_path / f"a.{suffix}"
    rows_of_it = frame("OGC:CRS84" if suffix == "geojson" else "EPSG:4544", n=list(range(60)))
    write(file, rows_of_it, **({"driver": "OpenFileGDB"} if suffix == "gdb" else {}))
    asset, rows = read(file)
    assert "read-stopped" not in codes(asset)
    alter(tmp_path)
    try:
        asset, rows = read(file)
    except SourceUnreadable:
        assert suffix == "tab"
        return
    got, expected = told(asset)
    assert len(rows.get("objects", [])) <= int(got) < int(expected) == 60
