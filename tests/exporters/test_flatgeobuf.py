from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest

from cimkit.errors import ExportError, UsageError
from cimkit.exporters import export


def test_a_file_for_each_table(city: Any, tmp_path: Path) -> None:
    report = export(city, "flatgeobuf", tmp_path / "city")
    said = json.loads((tmp_path / "city" / "flatgeobuf.json").read_text())
    assert {s["file"]: s["count"] for s in said} == {
        f"{name}.fgb": n for name, n in report.counts.items()
    }
    assert sum(report.counts.values()) + sum(report.left_out.values()) == 15
    assert report.left_out == {"not placed": 2}
    assert report.withheld == {"secret": 1}
    file = tmp_path / "city" / "lines.fgb"
    lines = gpd.read_file(file)
    assert set(lines["source_key"]) == {"pipe", "road"}
    assert lines.crs.to_epsg() == 4326
    assert pyogrio.read_info(file)["capabilities"]["fast_spatial_filter"]
    assert len(gpd.read_file(file, bbox=(0, 0, 1, 1))) == 0


def test_one_table_alone(city: Any, tmp_path: Path) -> None:
    out = tmp_path / "pipes.fgb"
    report = export(city, "flatgeobuf", out, layers=("lines",))
    assert report.counts == {"lines": 2}
    assert report.left_out["of another layer"] == 11
    assert len(gpd.read_file(out)) == 2
    with pytest.raises(UsageError, match="no such layer"):
        export(city, "flatgeobuf", out, layers=("canals",))
    with pytest.raises(UsageError, match="one layer"):
        export(city, "flatgeobuf", out)
    assert len(gpd.read_file(out)) == 2


def test_the_same_objects_are_the_same_bytes(city: Any, tmp_path: Path) -> None:
    for name in "ab":
        export(city, "flatgeobuf", tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_foreign_folder_is_left_alone(city: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("three years of work")
    with pytest.raises(ExportError, match="something else"):
        export(city, "flatgeobuf", tmp_path)
    with pytest.raises(ExportError, match="withheld"):
        export(city, "flatgeobuf", tmp_path / "x", where="access = 'secret'")
    assert [f.name for f in tmp_path.iterdir()] == ["thesis"]
