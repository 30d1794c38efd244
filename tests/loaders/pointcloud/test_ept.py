"""Entwine Point Tiles: a folder of tiles is one cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import pointcloud
from cimkit.model import Source
from tests.loaders.pointcloud.made import E0, N0, Loaded, las_file, points, sure

_RECORD = np.dtype(
    [("X", "<i4"), ("Y", "<i4"), ("Z", "<i4"), ("Intensity", "<u2"), ("Classification", "u1"),
     ("GpsTime", "<f8"), ("Amplitude", "<f4")]
)  # fmt: skip
_NODES = {"0-0-0-0": 300, "1-0-0-0": 150, "1-1-0-0": 50}


def _schema() -> list[dict[str, Any]]:
    kinds = {"i": "signed", "u": "unsigned", "f": "float"}
    held = []
    for name in _RECORD.names or ():
        one = _RECORD[name]
        moved = {"X": E0, "Y": N0, "Z": 0.0}
        more = {"scale": 0.01, "offset": moved[name]} if name in moved else {}
        held.append({"name": name, "type": kinds[one.kind], "size": one.itemsize, **more})
    return held


def ept(folder: Path, packing: str) -> Source:
    """A cloud of three tiles in two levels, of which one is in a page of its own."""
    rng = np.random.default_rng(1)
    for part in ("data", "hierarchy", "sources"):
        (folder / f"ept-{part}").mkdir(parents=True)
    for key, count in _NODES.items():
        tile = folder / "ept-data" / key
        if packing == "laszip":
            las_file(tile.with_suffix(".laz"), count, form=6)
            continue
        held = np.zeros(count, _RECORD)
        held["X"], held["Y"] = rng.integers(0, 5000, (2, count))
        held["Classification"], held["Amplitude"] = 6, 1.5
        raw = held.tobytes()
        if packing == "zstandard":
            tile.with_suffix(".zst").write_bytes(pa.Codec("zstd").compress(raw, asbytes=True))
        else:
            tile.with_suffix(".bin").write_bytes(raw)
    pages = folder / "ept-hierarchy"
    (pages / "0-0-0-0.json").write_text('{"0-0-0-0": 300, "1-0-0-0": -1, "1-1-0-0": 50}')
    (pages / "1-0-0-0.json").write_text('{"1-0-0-0": 150}')
    box = [E0, N0, 100 if packing == "laszip" else 0, E0 + 50, N0 + 50, 101]
    box[5] -= 0 if packing == "laszip" else 100
    said = {"bounds": box, "boundsConforming": box, "dataType": packing, "hierarchyType": "json",
            "points": 500, "schema": _schema(), "span": 128, "version": "1.0.0",
            "srs": {"authority": "EPSG", "horizontal": "4544", "vertical": "5737"}}  # fmt: skip
    file = folder / "ept.json"
    file.write_text(json.dumps(said))
    return Source(f"{folder.name}/ept.json", file, (), file.stat().st_size, "pointcloud")


@pytest.mark.keeps("EPT", "geometry", "z", "crs", "vertical", "levels", "attributes")
@pytest.mark.keeps("EPT", "semantics", "identity", "statistics")
@pytest.mark.parametrize("packing", ["laszip", "binary", "zstandard"])
def test_a_folder_of_tiles_is_one_cloud(tmp_path: Path, packing: str) -> None:
    given = ept(tmp_path / "park", packing)
    assert sure(given.file) > 90
    names = {f"park/{f.relative_to(given.file.parent)}" for f in given.file.parent.rglob("*.*")}
    assert pointcloud.siblings(given.path, names | {"other.laz"}, given.file) == (
        names - {given.path}
    )
    loaded = Loaded(given)
    assert loaded.codes == []
    assert loaded.asset.format == "EPT 1.0.0"
    assert loaded.asset.counts == {"points": 500, "nodes": 3}
    assert (loaded.asset.crs, loaded.asset.vertical_datum) == ("EPSG:4544+5737", "EPSG:5737")
    assert loaded.said["levels"] == 2
    assert loaded.row["source_key"] == "park"
    assert loaded.row["geometry"] is not None
    if packing != "laszip":
        assert loaded.said["content"]["classes"] == {"6": 500}
        chunk = next(iter(pointcloud.stream(given, fields=frozenset({"extra"}))))
        assert len(chunk.xyz) == 300
        assert chunk.xyz[0, 0] >= E0
        assert set(chunk.extra["Amplitude"].tolist()) == {1.5}
    else:
        held = np.concatenate([c.xyz for c in pointcloud.stream(given)])
        first = points(given.file.parent / "ept-data" / "0-0-0-0.laz").xyz
        assert np.array_equal(held[:300], first)


@pytest.mark.keeps("EPT", "contradictions", "damage")
@pytest.mark.parametrize("packing", ["laszip", "binary", "zstandard"])
def test_what_is_missing_of_it_is_told(tmp_path: Path, packing: str) -> None:
    given = ept(tmp_path / "park", packing)
    tiles = sorted((given.file.parent / "ept-data").iterdir())
    tiles[0].write_bytes(tiles[0].read_bytes()[:40])
    tiles[1].unlink()
    (given.file.parent / "ept-hierarchy" / "1-0-0-0.json").write_text("{")
    loaded = Loaded(given)
    assert "hierarchy-incomplete" in loaded.codes
    told = loaded.problem("points-truncated")
    assert tiles[0].name in told.place
    assert told.expected == "500 points"
    assert 50 <= int(told.got.split()[0]) < 60
    text = given.file.read_text()
    given.file.write_text(text.replace('"points": 500', '"points": 5'))
    assert "hierarchy-incomplete" in Loaded(given, depth="sample").codes
    given.file.write_text(text.replace(packing, "png"))
    with pytest.raises(SourceUnreadable):
        Loaded(given, depth="header")


def test_a_schema_that_does_not_fit_the_tiles_gives_no_points(tmp_path: Path) -> None:
    given = ept(tmp_path / "park", "binary")
    text = json.loads(given.file.read_text())
    text["schema"].pop()
    given.file.write_text(json.dumps(text))
    assert Loaded(given).problem("points-truncated").got == "0 points"
