"""What is measured in the one read: footprint, density, spacing, strips, doubles."""

from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
import pytest
import shapely

from cimkit.loaders import pointcloud
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.pointcloud.grid import Grid
from cimkit.model import Declaration
from tests.loaders.pointcloud.made import E0, N0, Loaded, las_file, source


def _grid_of(file: Path, step: float, side: float, **fields: np.ndarray) -> Path:
    axis = np.arange(step / 2, side, step)
    x, y = (a.ravel() for a in np.meshgrid(axis, axis))
    n = len(x)
    las_file(file, n, form=6, crs="EPSG:4544")
    las = laspy.read(file)
    las.x, las.y, las.z = E0 + x, N0 + y, np.full(n, 100.0)
    for name, values in fields.items():
        las[name] = values
    las.write(file)
    return file


@pytest.mark.keeps("LAS", "statistics")
@pytest.mark.keeps("LAZ", "statistics")
@pytest.mark.parametrize("ending", ["las", "laz"])
def test_density_spacing_and_area(tmp_path: Path, ending: str) -> None:
    given = Loaded(_grid_of(tmp_path / f"g.{ending}", 0.5, 128))
    for name in ("point_density", "point_density_fine"):
        for cell in ("min", "p05", "p10", "median", "max"):
            assert given.measured[name, cell] == pytest.approx(4.0)
    assert given.measured["point_density", "all"] == pytest.approx(4.0, rel=0.01)
    assert given.measured["spacing", "median"] == pytest.approx(0.5, rel=1e-3)
    assert given.measured["duplicate_share", "sampled"] == 0
    assert given.measured["covered_area", "all"] == pytest.approx(128**2)
    assert given.row["area_m2"] == pytest.approx(128**2)
    cells = {c: v for (n, c), v in given.measured.items() if n == "cell_density"}
    width = cells.pop("width")
    assert sum(cells.values()) * width**2 == pytest.approx(256**2)


def test_a_hole_and_a_concave_side_show_in_the_footprint(tmp_path: Path) -> None:
    file = _grid_of(tmp_path / "h.las", 0.5, 128)
    las = laspy.read(file)
    x, y = las.x - E0, las.y - N0
    away = ((np.abs(x - 48) < 24) & (np.abs(y - 48) < 24)) | ((x > 96) & (y > 96))
    las.points = las.points[~away]
    las.write(file)
    given = Loaded(file)
    assert given.asset.footprint is not None
    outline = shapely.from_wkb(given.asset.footprint)
    assert outline.geom_type == "Polygon"
    assert len(outline.interiors) == 1
    share = outline.area / shapely.box(*outline.bounds).area
    assert share == pytest.approx(1 - (48**2 + 32**2) / 128**2, abs=0.04)
    assert given.row["geometry"] == given.asset.footprint


def test_doubles_and_overlapping_strips(tmp_path: Path) -> None:
    axis = np.arange(0.25, 128, 0.5)
    n = len(axis) ** 2
    lines = np.where(np.arange(n) < n // 2, 1, 2)
    file = _grid_of(tmp_path / "s.las", 0.5, 128, point_source_id=lines)
    given = Loaded(file)
    assert given.measured["overlap_share", "cells"] == 0
    assert given.measured["source_share", "1"] == pytest.approx(0.5)
    las = laspy.read(file)
    first = las.points[:n]
    again = laspy.LasData(las.header)
    again.points = laspy.ScaleAwarePointRecord(
        np.concatenate([first.array, first.array]),
        las.point_format,
        las.header.scales,
        las.header.offsets,
    )
    again.point_source_id = np.repeat([1, 2], n)
    again.write(file)
    given = Loaded(file)
    assert given.measured["duplicate_share", "sampled"] == pytest.approx(0.5, abs=0.01)
    assert given.measured["overlap_share", "cells"] == 1


def test_classes_returns_flags_and_ranges(tmp_path: Path) -> None:
    n = 1000
    file = las_file(
        tmp_path / "c.las",
        n,
        form=6,
        classification=np.r_[np.full(900, 2), np.full(60, 7), np.full(40, 18)],
        number_of_returns=np.full(n, 3),
        return_number=np.arange(n) % 3 + 1,
        withheld=np.arange(n) < 250,
        scan_angle=np.full(n, 5000),
        intensity=np.arange(n),
    )
    held = Loaded(file).measured
    assert held["class_share", "2"] == 0.9
    assert held["noise_share", "classified"] == pytest.approx(0.1)
    assert held["return_share", "3"] == pytest.approx(1 / 3, abs=0.01)
    assert held["flag_share", "withheld"] == 0.25
    assert held["scan_angle", "max"] == pytest.approx(30, abs=1e-4)
    assert (held["intensity", "min"], held["intensity", "max"]) == (0, 999)


def test_degrees_are_measured_in_metres(tmp_path: Path) -> None:
    file = tmp_path / "d.las"
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = np.full(3, 1e-8), np.array([106.0, 29.0, 0])
    las = laspy.LasData(header)
    rng = np.random.default_rng(0)
    las.x, las.y = 106 + rng.uniform(0, 1e-3, 20_000), 29 + rng.uniform(0, 1e-3, 20_000)
    las.z = rng.uniform(0, 1, 20_000)
    las.write(file)
    given = Loaded(file, Declaration(crs="EPSG:4490"))
    area = 1e-3 * 111_320 * np.cos(np.radians(29)) * 1e-3 * 110_900
    assert given.measured["point_density", "all"] == pytest.approx(20_000 / area, rel=0.1)


def test_the_sample_of_a_large_cloud_keeps_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cimkit.loaders.pointcloud.tally._SAMPLE", 4_000)
    given = Loaded(_grid_of(tmp_path / "g.las", 0.5, 200))
    assert given.measured["spacing", "median"] == pytest.approx(0.5, rel=1e-3)
    assert given.measured["noise_share", "isolated"] < 0.01


def test_flight_lines_beyond_the_slots_do_not_fail() -> None:
    grid = Grid((0, 0, 0, 200, 200, 0), 1.0)
    xyz = np.random.default_rng(0).uniform(0, 200, (5_000, 3))
    grid.add(xyz, np.arange(5_000).astype(np.uint16))
    assert grid.overlap() == pytest.approx(1, abs=0.05)


def test_one_read_serves_probe_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = las_file(tmp_path / "o.las", 100)
    calls = []
    from cimkit.loaders.pointcloud import las

    chunks = las.chunks
    monkeypatch.setattr(las, "chunks", lambda *a: calls.append(a) or chunks(*a))
    options = ReadOptions()
    asset = pointcloud.probe(source(file), options)
    assert dict(pointcloud.read(source(file), asset, options))["objects"].num_rows == 1
    assert len(calls) == 1
    file.touch()
    dict(pointcloud.read(source(file), asset, options))
    assert len(calls) == 2


@pytest.mark.keeps("LAS", "semantics")
def test_classes_have_their_meaning(tmp_path: Path) -> None:
    import struct

    def more(header: laspy.LasHeader) -> None:
        own = struct.pack("<B15s", 64, "路灯".encode())
        header.vlrs.append(laspy.VLR("LASF_Spec", 0, "classes", own))

    file = las_file(
        tmp_path / "m.las", 4, form=6, change=more, classification=np.array([2, 8, 64, 70])
    )
    given = Loaded(file)
    assert given.said["content"]["class_meanings"] == {
        "2": "ground",
        "8": "reserved",
        "64": "路灯",
        "70": "user-defined",
    }
    assert given.codes == ["class-reserved"]
