"""From a wrong file to the right place: probed, drafted, accepted by a word, staged again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely

from cimkit.geometry.crs import from_crs84, parse_crs
from cimkit.loaders import probe, read_sheet, stage, write_sheet

CITIES = {
    "chongqing": (106.55, 29.56),
    "tokyo": (139.7, 35.68),
    "berlin": (13.4, 52.5),
    "amsterdam": (4.9, 52.37),
    "new york": (-73.97, 40.78),
    "rio": (-43.2, -22.9),
}
# Where, what the file says, what its coordinates are in, what the draft proposes, the word.
WRONG = [
    ("chongqing", "EPSG:4544", "EPSG:4523", "EPSG:4523", "是"),
    ("chongqing", "EPSG:4523", "EPSG:4544", "EPSG:4544", "yes"),
    ("chongqing", "EPSG:4490", "EPSG:4523", "EPSG:4523", "√"),
    ("chongqing", "EPSG:4544", "EPSG:4490", "EPSG:4490", "对"),
    ("chongqing", "EPSG:4544", "EPSG:4544 | scale 0.001", "EPSG:4544 | scale 0.001", "x"),
    ("chongqing", "EPGS:4544", "EPSG:4544", "EPSG:4544", "是"),
    ("chongqing", "", "EPSG:4524", "EPSG:4524", "是"),
    ("tokyo", "EPSG:6677", "EPSG:6668", "EPSG:6668", "はい"),
    ("tokyo", "EPSG:6668", "EPSG:6668 | swap", "EPSG:6668 | swap", "○"),
    ("berlin", "EPSG:25833", "EPSG:5650", "EPSG:5650", "ok"),
    ("berlin", "EPSG:25833", "EPSG:25833 | swap", "EPSG:25833 | swap", "1"),
    ("amsterdam", "EPSG:28992", "EPSG:28992 | swap", "EPSG:28992 | swap", "true"),
    ("new york", "EPSG:4269", "EPSG:4269 | negate x", "EPSG:4269 | negate x", "y"),
    ("rio", "EPSG:31983", "EPSG:31983 | negate y", "EPSG:31983 | negate y", "yes"),
    ("chongqing", "EPSG:4490 amap", "GCJ-02", "GCJ-02", "是"),
]


@pytest.mark.parametrize(("city", "said", "real", "proposed", "word"), WRONG)
def test_accepted_it_lies_where_it_is(
    tmp_path: Path, city: str, said: str, real: str, proposed: str, word: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    said, _, clue = said.partition(" ")
    true = np.add(CITIES[city], [[-0.01, -0.01], [0.01, 0.012], [0.003, 0.0]])
    xy = from_crs84(true, parse_crs(real))
    file = tmp_path / "sheet.xlsx"
    shapes = [
        {"type": "Feature", "properties": {"n": n}, "geometry": shapely.geometry.mapping(p)}
        for n, p in enumerate(shapely.points(xy))
    ]
    crs = {"crs": {"type": "name", "properties": {"name": said}}} if said else {"crs": None}
    source = folder / f"{clue or '道路'}.geojson"
    source.write_text(
        json.dumps({"type": "FeatureCollection", **crs, "features": shapes}), encoding="utf-8"
    )
    write_sheet(file, probe([folder], jobs=1), [folder])
    book = openpyxl.load_workbook(file)
    header = {c.value: c.column for c in book["sources"][1]}
    row = next(r for r in book["sources"].iter_rows(min_row=2) if source.name in str(r[0].value))
    assert f"crs = {proposed}" in str(row[header["proposed"] - 1].value)
    row[header["accept"] - 1].value = word
    book.save(file)
    (found,) = stage([folder], tmp_path / "staged", sheet=read_sheet(file), jobs=1)
    told = {p.code for p in found.asset.problems}
    assert not {c for c in told if c.startswith(("coordinates-", "crs-"))}
    assert found.folder is not None
    objects = pq.read_table(found.folder / "objects.parquet")
    placed = shapely.get_coordinates(shapely.from_wkb(objects["geometry"].to_pylist()))
    metres = (placed - true) * [111_320 * np.cos(np.radians(true[0, 1])), 111_320]
    assert np.abs(metres).max() < 0.01
