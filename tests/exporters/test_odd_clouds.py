"""Clouds unlike others: one point, none, all in one place, with waveforms, off a model."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pyproj
import pytest

from cimkit.catalog import Catalog, create, ingest
from cimkit.errors import ExportError
from cimkit.exporters import export
from cimkit.exporters._copc_file import CopcHead, write_copc
from cimkit.exporters._copc_records import batches, look
from cimkit.exporters.copc import expected
from cimkit.exporters.three_d_tiles.heights import Heights
from cimkit.geometry.geoid import Geoid
from cimkit.model import Source

ZONE = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)


def cloud(folder: Path, count: int, *, form: int = 6, spread: float = 0.0) -> Catalog:
    header = laspy.LasHeader(point_format=form, version="1.4")
    header.add_crs(pyproj.CRS("EPSG:4544"))
    header.scales, header.offsets = [0.001] * 3, [451_000, 3_272_000, 0]
    made = laspy.LasData(header)
    step = np.arange(count) / max(count - 1, 1) * spread
    made.x, made.y, made.z = 451_100 + step, 3_272_100 + step, np.full(count, 230.0)
    files = folder / "files"
    files.mkdir()
    made.write(str(files / "odd.las"))
    catalog = create(folder / "city")
    ingest(catalog, [files], jobs=1)
    return catalog


def json_of(glb: Path) -> dict[str, Any]:
    data = glb.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    read: dict[str, Any] = json.loads(data[20 : 20 + length])
    return read


@pytest.mark.parametrize("count", [1, 5_000])
def test_points_in_one_place_are_all_written(tmp_path: Path, count: int, read_tiles: Any) -> None:
    catalog = cloud(tmp_path, count)
    export(catalog, "3dtiles", tmp_path / "tiles")
    found = [c for c in read_tiles(tmp_path / "tiles" / "tileset.json") if c.file.suffix == ".glb"]
    assert sum(len(c.earth()) for c in found) == count
    report = export(catalog, "copc", tmp_path / "o.copc.laz")
    assert report.counts["points"] == count
    with laspy.CopcReader.open(str(tmp_path / "o.copc.laz")) as opened:
        assert len(opened.query()) == count


def test_a_cloud_without_points_is_said(tmp_path: Path) -> None:
    catalog = cloud(tmp_path, 0)
    with pytest.raises(ExportError, match=r"nothing to draw.*1 not placed"):
        export(catalog, "3dtiles", tmp_path / "tiles")
    with pytest.raises(ExportError, match="point"):
        export(catalog, "copc", tmp_path / "o.copc.laz")


def test_waveforms_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    catalog = cloud(tmp_path, 10, form=9, spread=5)
    for name, out in (("3dtiles", "tiles"), ("copc", "o.copc.laz")):
        report = export(catalog, name, tmp_path / out)
        assert [n for n in report.notes if "1 clouds carry waveforms" in n], report.notes


def test_each_height_off_the_model_is_counted_once_and_again_in_a_run_that_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = cloud(tmp_path, 1_001, spread=100)
    east, _ = ZONE.transform(451_125.0, 3_272_125.0)
    model = Geoid("west", "west", None, lambda lon, lat: np.where(lon < east, 40.0, np.nan))
    monkeypatch.setattr(Heights, "of", classmethod(lambda cls, catalog: cls(model)))
    lon, _ = ZONE.transform(451_100 + np.arange(1_001) / 10, 3_272_100 + np.arange(1_001) / 10)
    off = int((lon >= east).sum())
    assert 500 < off < 1_000
    for _ in range(2):
        report = export(catalog, "3dtiles", tmp_path / "tiles")
        said = [n for n in report.notes if "outside of the geoid" in n]
        assert said == [f"{off:,} heights lie outside of the geoid's model and were not shifted"]


def test_contents_of_plain_clouds_refer_to_the_one_schema(tmp_path: Path) -> None:
    export(cloud(tmp_path, 50, spread=5), "3dtiles", tmp_path / "tiles")
    (content,) = (tmp_path / "tiles" / "pointclouds").glob("*.glb")
    said = json_of(content)["extensions"]["EXT_structural_metadata"]
    assert "schema" not in said
    schema = json.loads((content.parent / said["schemaUri"]).read_text())
    listed = said["propertyAttributes"][0]["properties"]
    assert listed.keys() <= schema["classes"]["point"]["properties"].keys()


@pytest.mark.parametrize("off", [0.0, 1.0, -1.0])
def test_headers_that_are_wrong_change_no_byte_of_a_copc(tmp_path: Path, off: float) -> None:
    cloud(tmp_path, 20_000, spread=100)
    file = tmp_path / "files" / "odd.las"
    source = Source("odd.las", file, (), 1, "pointcloud")
    layout, raw = look(source, "pointcloud")
    said = expected([raw])
    assert said is not None
    high = (said.high[0] + off, *said.high[1:])
    made = []
    for name, hint in (("with", replace(said, high=high)), ("without", None)):
        out = tmp_path / f"{name}.laz"
        given = batches(source, "pointcloud", raw, layout, 0)
        head = CopcHead(b"x\0", layout, expected=hint)
        assert write_copc(given, head, out, bucket=100_000) == (20_000, 0)
        made.append(out.read_bytes())
    assert made[0] == made[1]
