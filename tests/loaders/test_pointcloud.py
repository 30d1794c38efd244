"""The point-cloud loader, on clouds made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pyarrow as pa
import pye57
import pytest
import shapely
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from pyproj import CRS

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders import pointcloud
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.loaders.pointcloud.grid import Grid
from cimkit.loaders.pointcloud.measures import noise_share
from cimkit.model import STAGED, Asset, Declaration, Source

E0, N0 = 500_000.0, 3_272_000.0


def source(file: Path) -> Source:
    return Source(path=file.name, file=file, size=file.stat().st_size, loader="pointcloud")


def field(n: int = 40_000, side: float = 100.0, seed: int = 1) -> np.ndarray:
    """Points on a square of ground."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, side, (n, 2))
    return np.column_stack([E0 + xy[:, 0], N0 + xy[:, 1], 200 + rng.normal(0, 0.02, n)])


def write_las(
    file: Path,
    xyz: np.ndarray,
    *,
    crs: str | None = "EPSG:4544",
    version: str = "1.4",
    form: int = 7,
    rgb: int | None = None,
    classes: np.ndarray | None = None,
) -> Source:
    header = laspy.LasHeader(version=version, point_format=form)
    header.scales, header.offsets = np.full(3, 0.001), np.array([E0, N0, 0.0])
    if len(xyz):
        header.offsets = np.floor([*xyz[0, :2], 0.0])
    if crs:
        header.add_crs(CRS.from_user_input(crs))
    las = laspy.LasData(header)
    las.x, las.y, las.z = xyz.T
    if rgb is not None:
        las.red = las.green = las.blue = np.full(len(xyz), rgb, np.uint16)
    if classes is not None:
        las.classification = classes
    las.write(file)
    return source(file)


def load(
    given: Source, declared: Declaration | None = None
) -> tuple[Asset, dict[str, Any], dict[tuple[str, str], float], list[str]]:
    options = ReadOptions(declared or Declaration())
    asset = pointcloud.probe(given, options)
    tables: dict[str, pa.Table] = {}
    for name, table in pointcloud.read(given, asset, options):
        tables[name] = table.cast(STAGED[name])
    rows = tables["objects"].to_pylist()
    assert len(rows) == 1
    measured = {
        (r["name"], r["cell"]): r["value"]
        for r in (tables["measures"].to_pylist() if "measures" in tables else [])
    }
    return asset, rows[0], measured, [p.code for p in (*asset.problems, *options.problems)]


@pytest.mark.parametrize("name", ["tile.las", "tile.laz"])
def test_density_footprint_and_heights(tmp_path: Path, name: str) -> None:
    given = write_las(tmp_path / name, field())
    asset, row, measured, codes = load(given)
    assert asset.counts["points"] == 40_000
    assert asset.crs == "EPSG:4544"
    assert asset.format.endswith("1.4")
    assert codes == ["vertical-datum-unknown"]
    assert measured["point_density", "all"] == pytest.approx(4.0, rel=0.02)
    assert measured["point_density", "median"] == pytest.approx(4.0, rel=0.1)
    assert row["z_min"] == pytest.approx(199.9, abs=0.1)
    assert row["source_class"] == "pointcloud"
    corners = np.array([[E0, N0], [E0 + 100, N0 + 100]])
    expected = to_crs84(corners, parse_crs("EPSG:4544")).ravel()
    outline = shapely.from_wkb(row["geometry"])
    assert shapely.bounds(outline) == pytest.approx(expected, abs=2e-6)
    assert asset.bbox_wgs84 == pytest.approx(expected, abs=2e-6)


def test_footprint_is_not_the_box(tmp_path: Path) -> None:
    xyz = field()
    corner = (xyz[:, 0] < E0 + 50) | (xyz[:, 1] < N0 + 50)
    _, row, _, _ = load(write_las(tmp_path / "l.las", xyz[corner]))
    outline = shapely.from_wkb(row["geometry"])
    share = outline.area / shapely.box(*outline.bounds).area
    assert share == pytest.approx(0.75, abs=0.06)


def test_classes_and_classified_noise(tmp_path: Path) -> None:
    classes = np.full(1000, 2, np.uint8)
    classes[:250] = 6
    classes[250:300] = 7
    _, row, measured, _ = load(write_las(tmp_path / "c.las", field(1000), classes=classes))
    assert measured["class_share", "6"] == 0.25
    assert measured["noise_share", "classified"] == 0.05
    assert json.loads(row["properties"])["classes"] == {"2": 700, "6": 250, "7": 50}


def test_strays_are_found() -> None:
    ground = field(20_000)
    strays = np.random.default_rng(2).uniform([E0, N0, 260], [E0 + 100, N0 + 100, 400], (100, 3))
    clean, dirty = noise_share(ground), noise_share(np.concatenate([ground, strays]))
    assert clean is not None
    assert dirty is not None
    assert clean < 0.001
    assert dirty == pytest.approx(100 / 20_100, abs=0.001)
    assert noise_share(ground[:50]) is None


@pytest.mark.parametrize(("stored", "shown"), [(200, 200), (200 << 8, 200)])
def test_colours_of_8_and_16_bits(tmp_path: Path, stored: int, shown: int) -> None:
    given = write_las(tmp_path / "rgb.las", field(100), rgb=stored)
    chunk = next(iter(pointcloud.stream(given)))
    assert chunk.rgb is not None
    assert set(chunk.rgb.ravel().tolist()) == {shown}


def test_stream_is_bounded_and_complete(tmp_path: Path) -> None:
    given = write_las(tmp_path / "s.laz", field(2_500))
    sizes = [len(c.xyz) for c in pointcloud.stream(given, chunk=1_000)]
    assert sizes == [1_000, 1_000, 500]


def test_wkt_and_keys_that_differ_are_a_contradiction(tmp_path: Path) -> None:
    given = write_las(tmp_path / "k.las", field(10), version="1.4", form=6, crs="EPSG:4544")
    with laspy.open(given.file) as opened:
        las = opened.read()
    keys = laspy.vlrs.known.GeoKeyDirectoryVlr()
    keys.geo_keys_header.number_of_keys = 1
    key = laspy.vlrs.known.GeoKeyEntryStruct(
        id=3072, tiff_tag_location=0, count=1, value_offset=4545
    )
    keys.geo_keys = [key]
    las.header.vlrs.append(keys)
    las.write(given.file)
    asset, _, _, codes = load(given)
    assert codes == ["crs-contradiction", "vertical-datum-unknown"]
    assert asset.crs == "EPSG:4544"  # format 6 and later: WKT


def test_heights_in_feet_become_metres(tmp_path: Path) -> None:
    xyz = field(1000)
    xyz += (3_100_000, 10_070_000, 0) - xyz[0]  # in Texas
    xyz[:, 2] = np.linspace(0, 100, 1000)
    given = write_las(tmp_path / "ft.las", xyz, crs="EPSG:2277")
    _, row, measured, codes = load(given)
    assert row["height"] == pytest.approx(100 * 1200 / 3937, abs=1e-3)
    assert "vertical-unit-assumed" in codes
    square_foot = (1200 / 3937) ** 2
    assert measured["point_density", "all"] == pytest.approx(0.1 / square_foot, rel=0.05)


def test_without_crs_it_has_no_place_until_the_sheet_says(tmp_path: Path) -> None:
    given = write_las(tmp_path / "n.las", field(100), crs=None)
    asset, row, _, codes = load(given)
    assert (asset.crs, asset.crs_origin, codes) == (None, "none", ["crs-missing"])
    assert row["geometry"] is None
    asset, row, _, codes = load(given, Declaration(crs="EPSG:4544"))
    assert (asset.crs, asset.crs_origin, codes) == (
        "EPSG:4544",
        "sheet",
        ["vertical-datum-unknown"],
    )
    assert row["position_origin"] == "sheet"


def test_a_tile_cut_off_is_told(tmp_path: Path) -> None:
    given = write_las(tmp_path / "cut.las", field(10_000))
    given.file.write_bytes(given.file.read_bytes()[:-100_000])
    _, row, _, codes = load(given)
    assert codes[0] in ("points-truncated", "point-count-contradiction")
    assert 0 < json.loads(row["properties"])["points"] < 10_000


def test_a_broken_header_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.las"
    file.write_bytes(b"LASF" + b"\0" * 40)
    with pytest.raises(SourceUnreadable):
        pointcloud.probe(source(file), ReadOptions())


def test_empty_tile_is_one_object_without_measures(tmp_path: Path) -> None:
    given = write_las(tmp_path / "0.las", np.empty((0, 3)))
    asset, row, measured, _ = load(given)
    assert asset.counts["points"] == 0
    assert row["geometry"] is None
    assert measured == {}


def test_e57_scans_are_moved_by_their_poses(tmp_path: Path) -> None:
    file = tmp_path / "two.e57"
    xyz = np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    half = np.sqrt(0.5)
    with_color = {"colorRed": np.array([255, 0], np.uint8)} | {
        c: np.array([0, 255], np.uint8) for c in ("colorGreen", "colorBlue")
    }
    opened = pye57.E57(str(file), mode="w")
    for shift in (0.0, 100.0):
        opened.write_scan_raw(
            dict(zip(("cartesianX", "cartesianY", "cartesianZ"), xyz.T, strict=True)) | with_color,
            rotation=np.array([half, 0.0, 0.0, half]),  # a quarter turn about z
            translation=np.array([shift, 0.0, 5.0]),
        )
    opened.close()
    asset, row, _, codes = load(source(file))
    assert asset.counts == {"points": 4, "scans": 2}
    assert codes == ["crs-missing"]
    chunks = list(pointcloud.stream(source(file)))
    got = np.concatenate([c.xyz for c in chunks])
    expected = [[0, 1, 5], [0, 2, 5], [100, 1, 5], [100, 2, 5]]
    assert got == pytest.approx(np.array(expected, float), abs=1e-6)
    assert chunks[0].rgb is not None
    assert chunks[0].rgb[0].tolist() == [255, 0, 0]
    assert row["z_min"] == pytest.approx(5)


def test_ply_and_pcd_by_open3d(tmp_path: Path) -> None:
    ply = tmp_path / "a.ply"
    ply.write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
        "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0\n1 0 0\n0 1 7\n3 0 1 2\n"
    )
    pcd = tmp_path / "a.pcd"
    pcd.write_text(
        "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\n"
        "HEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\nDATA ascii\n0 0 0\n1 1 9\n"
    )
    asset, row, _, _ = load(source(ply))
    assert asset.counts == {"points": 3, "faces": 1}
    assert row["z_max"] == pytest.approx(7)
    asset, row, _, _ = load(source(pcd))
    assert asset.counts == {"points": 2}
    assert row["z_max"] == pytest.approx(9)


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    def sure(start: bytes) -> int:
        return pointcloud.sniff(Head(tmp_path / "x", "x.bin", start))

    assert sure(b"LASF\0\0") > 50
    assert sure(b"ASTM-E57") > 50
    assert sure(b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n") > 50
    assert sure(b"plywood") == 0


@settings(deadline=None)
@for_all(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-100, 100)),
        min_size=1,
        max_size=200,
    ),
    st.integers(1, 50),
)
def test_grid_gives_the_same_however_it_is_cut(
    points: list[tuple[float, float, float]], size: int
) -> None:
    xyz = np.array(points)
    lines = (np.arange(len(xyz)) // 3 * 7).astype(np.uint16)
    box = (*xyz.min(axis=0), *xyz.max(axis=0))
    whole, pieces = Grid(box, 1.0), Grid(box, 1.0)
    whole.add(xyz, lines)
    for first in range(0, len(xyz), size):
        pieces.add(xyz[first : first + size], lines[first : first + size])
    assert pieces.points == whole.points == len(xyz)
    assert sorted(pieces.densities()) == sorted(whole.densities())
    assert pieces.overlap() == whole.overlap()
    assert whole.densities().sum() * whole.cell**2 == pytest.approx(len(xyz))


def test_grid_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cimkit.loaders.pointcloud.grid._MOST_BLOCKS", 10)
    grid = Grid((0, 0, 0, 1e5, 1e5, 0), 1.0)
    xyz = np.random.default_rng(0).uniform(0, 1e5, (5_000, 3))
    grid.add(xyz[:2_500])
    grid.add(xyz[2_500:])
    assert len(grid._counts) <= 10
    assert grid.densities().sum() * grid.cell**2 == pytest.approx(5_000)


def test_real_copc_is_read(shared_data: Path) -> None:
    given = source(shared_data / "pointcloud" / "laspy-laspy" / "simple.copc.laz")
    asset, row, _, _ = load(given)
    assert asset.format == "COPC LAS 1.4"
    assert asset.counts["points"] == 1065
    assert row["geometry"] is not None
