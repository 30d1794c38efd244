"""Tilesets in one file: the database of 3D Tiles packages."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ReadOptions, discover
from cimkit.loaders.tiles3d import probe
from cimkit.model import Source

TILESET = {
    "asset": {"version": "1.1"},
    "geometricError": 10,
    "root": {
        "boundingVolume": {"region": [1.8587, 0.5161, 1.8589, 0.5163, 200, 260]},
        "geometricError": 1,
        "refine": "ADD",
        "content": {"uri": "t/a.json"},
    },
}


def package(file: Path, **contents: bytes) -> Path:
    con = sqlite3.connect(file)
    con.execute("CREATE TABLE media (key TEXT PRIMARY KEY, content BLOB)")
    con.executemany("INSERT INTO media VALUES (?, ?)", list(contents.items()))
    con.commit()
    con.close()
    return file


def test_a_package_of_tiles_is_read(tmp_path: Path) -> None:
    file = package(
        tmp_path / "city.3dtiles",
        **{"tileset.json": json.dumps(TILESET).encode(), "t/a.json": b'{"other": 1}'},
    )
    (source,) = discover([file], tmp_path / "unpacked").sources
    assert source.loader == "tiles3d"
    asset = probe(source, ReadOptions(depth="full"))
    assert (asset.format, asset.counts["tiles"]) == ("3DTILES, 3D Tiles 1.1", 1)
    assert asset.media_type == "application/vnd.sqlite3"
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[0] == pytest.approx(106.4957, abs=1e-3)
    assert [p.code for p in asset.problems if p.severity == "error"] == []
    assert not list(tmp_path.glob("city.3dtiles-*"))


def test_another_database_of_that_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "city.3dtiles"
    con = sqlite3.connect(file)
    con.execute("CREATE TABLE other (a)")
    con.close()
    with pytest.raises(SourceUnreadable, match="no package of tiles"):
        probe(Source("city.3dtiles", file), ReadOptions(depth="full"))
