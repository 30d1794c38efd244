"""Where pixels lie: transforms, control points, coefficients, sidecars that disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC
from rasterio.transform import Affine

from cimkit.geometry.crs import parse_crs
from tests.loaders.raster.made import GRID, SLOPE, codes, found, measured, probe, rows, said, write

WKT = parse_crs("EPSG:4544").to_wkt("WKT1_ESRI")
OTHER = parse_crs("EPSG:4546").to_wkt("WKT1_ESRI")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.keeps("GeoTIFF", "geometry", "crs")
def test_rotated_and_sheared(folder: Path) -> None:
    turned = Affine(1.732, 1, 500_000, 1, -1.732, 3_270_000)
    source = write(folder / "a.tif", SLOPE, transform=turned)
    asset = probe(source)
    assert asset.properties["rotated"]
    assert asset.properties["resolution"] == pytest.approx([2, 2], abs=1e-3)
    (outline,) = rows(source, asset)["geometries"]
    ring = shapely.from_wkb(outline["wkb"])
    expected = [turned @ p for p in ((0, 0), (80, 0), (80, 60), (0, 60))]
    assert (
        ring.equals_exact(shapely.Polygon(expected).normalize(), 1e-6)
        or ring.symmetric_difference(shapely.Polygon(expected)).area < 1e-3
    )


@pytest.mark.keeps("Picture with world file", "crs")
def test_a_prj_says_what_the_world_file_does_not(folder: Path) -> None:
    write(folder / "a.png", np.zeros((8, 8), "uint8"), driver="PNG")
    for notes in folder.glob("*.aux.xml"):
        notes.unlink()
    (folder / "a.pgw").write_text("2\n0\n0\n-2\n500001\n3269999\n")
    (folder / "a.prj").write_text(WKT)
    source = found(folder)["a.png"]
    assert source.members == ("a.pgw", "a.prj")
    asset = probe(source)
    assert (asset.crs, asset.crs_origin) == ("EPSG:4544", "declared")
    assert asset.bbox == (500_000, 3_269_984, 500_016, 3_270_000)


@pytest.mark.keeps("GeoTIFF", "contradictions")
def test_a_sidecar_that_disagrees(folder: Path) -> None:
    write(folder / "a.tif", SLOPE)
    (folder / "a.prj").write_text(OTHER)
    (folder / "a.tfw").write_text("2\n0\n0\n-2\n500000\n3270000\n")  # the corner, not the middle
    asset = probe(found(folder)["a.tif"])
    assert asset.crs == "EPSG:4544"
    assert asset.bbox_wgs84 is not None
    (prj,) = [p for p in asset.problems if p.code == "crs-contradicts-sidecar"]
    assert prj.expected == "CGCS2000 / 3-degree Gauss-Kruger CM 105E"
    assert "m apart" in prj.hint
    (world,) = [p for p in asset.problems if p.code == "world-file-contradicts"]
    assert "half a pixel" in world.message
    (folder / "a.tfw").write_text("2\n0\n0\n-2\n600001\n3269999\n")
    assert said(probe(found(folder)["a.tif"]), "world-file-contradicts").startswith("50000.00")


def test_sidecars_that_agree_are_not_mentioned(folder: Path) -> None:
    write(folder / "a.tif", SLOPE)
    (folder / "a.prj").write_text(WKT)
    (folder / "A.TFW").write_text("2,0\n0\n0\n-2,0\n500001,0\n3269999,0\n")
    (folder / "a.tfw").write_text("2,0\n0\n0\n-2,0\n500001,0\n3269999,0\n")
    assert codes(probe(found(folder)["a.tif"])) == []


def test_a_world_file_without_numbers(folder: Path) -> None:
    write(folder / "a.png", np.zeros((8, 8), "uint8"), driver="PNG")
    for notes in folder.glob("*.aux.xml"):
        notes.unlink()
    (folder / "a.pgw").write_text("no numbers here")
    asset = probe(found(folder)["a.png"])
    assert {"world-file-broken", "georeference-missing"} <= set(codes(asset))


def test_notes_that_move_a_file(folder: Path) -> None:
    write(folder / "a.tif", SLOPE)
    (folder / "a.tif.aux.xml").write_text(
        "<PAMDataset><GeoTransform>600000, 2, 0, 3270000, 0, -2</GeoTransform></PAMDataset>"
    )
    before = (folder / "a.tif.aux.xml").read_bytes()
    asset = probe(found(folder)["a.tif"])
    assert said(asset, "pam-contradicts").startswith("50000.0")
    assert asset.bbox is not None
    assert asset.bbox[0] == 600_000
    assert (folder / "a.tif.aux.xml").read_bytes() == before


@pytest.mark.parametrize(
    ("grid", "code"),
    [
        (Affine(0, 0, 500_000, 0, -2, 3_270_000), "control-points-degenerate"),
        (Affine(1, 2, 500_000, 2, 4, 3_270_000), "pixel-size-zero"),
        (Affine(2, 0, 500_000, 0, 2, 3_270_000), "axis-flipped"),
        (Affine(-2, 0, 500_000, 0, -2, 3_270_000), "axis-flipped"),
        (Affine(float("nan"), 0, 500_000, 0, -2, 3_270_000), "transform-invalid"),
    ],
)
def test_strange_transforms(folder: Path, grid: Affine, code: str) -> None:
    asset = probe(write(folder / "a.tif", SLOPE, transform=grid))
    assert code in codes(asset)


@pytest.mark.keeps("GeoTIFF", "exact")
def test_pixels_taken_for_degrees_are_no_lost_rows(folder: Path) -> None:
    asset = probe(
        write(folder / "p.tif", SLOPE, crs="EPSG:4326", transform=Affine(1, 0, 0, 0, -1, 60))
    )
    (problem,) = (p for p in asset.problems if p.code == "null-island")
    assert "in pixels" in problem.message
    assert "rows" not in problem.message


def test_control_points(folder: Path) -> None:
    def points(strain: float) -> list[GroundControlPoint]:
        at = [(0, 0), (0, 80), (60, 0), (60, 80), (30, 40)]
        given = [GroundControlPoint(r, c, 106.5 + c * 1e-3, 29.5 - r * 1e-3) for r, c in at]
        given[-1].x += strain
        return given

    for strain, told in ((0, False), (0.01, True)):
        source = write(
            folder / "a.tif",
            SLOPE,
            transform=Affine.identity(),
            crs="EPSG:4326",
            gcps=points(strain),
        )
        asset = probe(source)
        assert asset.properties["placed_by"] == "gcps"
        assert asset.properties["control_points"]["count"] == 5
        assert ("control-points-strained" in codes(asset)) is told


def test_control_points_have_a_crs_of_their_own(folder: Path) -> None:
    write(folder / "a.tif", SLOPE, transform=None, crs=None)
    points = "".join(
        f'<GCP Pixel="{c}" Line="{r}" X="{106.5 + c / 1e4}" Y="{29.6 - r / 1e4}"/>'
        for c, r in ((0, 0), (80, 0), (0, 60), (80, 60))
    )
    (folder / "b.vrt").write_text(
        f"""<VRTDataset rasterXSize="80" rasterYSize="60"><SRS>EPSG:4544</SRS>
        <GCPList Projection="EPSG:4326">{points}</GCPList>
        <VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename relativeToVRT="1">
        a.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>
        </VRTDataset>"""
    )
    asset = probe(found(folder)["b.vrt"])
    assert asset.crs == "EPSG:4326"
    assert asset.bbox_wgs84 == pytest.approx((106.5, 29.594, 106.508, 29.6))


def test_control_points_that_are_no_numbers(folder: Path) -> None:
    spots = [GroundControlPoint(r, c, float("nan"), 1.0) for r in (0, 9) for c in (0, 9)]
    grid = Affine.identity()
    made = write(folder / "a.tif", SLOPE, transform=grid, crs="EPSG:4326", gcps=spots)
    asset = probe(made)
    assert {"control-points-degenerate", "georeference-missing"} <= set(codes(asset))


def test_coefficients_alone_place_roughly(folder: Path) -> None:
    flat = [0.0] * 20
    line, sample, one = flat.copy(), flat.copy(), flat.copy()
    line[2], sample[1], one[0] = -1.0, 1.0, 1.0
    rpc = RPC(
        height_off=300,
        height_scale=500,
        lat_off=29.5,
        lat_scale=0.05,
        line_den_coeff=one,
        line_num_coeff=line,
        line_off=30,
        line_scale=30,
        long_off=106.5,
        long_scale=0.05,
        samp_den_coeff=one,
        samp_num_coeff=sample,
        samp_off=40,
        samp_scale=40,
    )
    source = write(folder / "a.tif", SLOPE, transform=Affine.identity(), crs=None)
    with rasterio.open(source.file, "r+") as out:
        out.rpcs = rpc
    asset = probe(source)
    assert "rpc-only" in codes(asset)
    assert asset.bbox_wgs84 == pytest.approx((106.45, 29.45, 106.55, 29.55), abs=1e-3)


@pytest.mark.keeps("GeoTIFF", "z", "vertical")
def test_a_compound_crs_says_what_heights_are_measured_from(folder: Path) -> None:
    source = write(folder / "dem.tif", SLOPE, crs="EPSG:4544+5737")
    asset = probe(source)
    assert asset.vertical_datum == "EPSG:5737"
    assert asset.bbox is not None
    assert (asset.bbox[2], asset.bbox[5]) == pytest.approx((SLOPE.min(), SLOPE.max()))
    bare = probe(write(folder / "dsm.tif", SLOPE))
    assert bare.vertical_datum is None
    assert "vertical-datum-unknown" in codes(bare)
    assert probe(write(folder / "dtm.tif", SLOPE), vertical_datum="EPSG:5737").vertical_datum


def test_resolution_in_metres(folder: Path) -> None:
    degrees = Affine(1e-5, 0, 106.5, 0, -1e-5, 60.0)
    source = write(folder / "a.tif", SLOPE, crs="EPSG:4326", transform=degrees)
    got = measured(source, probe(source))
    assert got["resolution", "row"] == pytest.approx(1.113, abs=0.01)
    assert got["resolution", "column"] == pytest.approx(1.113 / 2, abs=0.01)
    source = write(
        folder / "ft.tif", SLOPE, crs="EPSG:2229", transform=Affine(3, 0, 6.4e6, 0, -3, 1.8e6)
    )
    assert measured(source, probe(source))["resolution", "row"] == pytest.approx(0.9144, abs=1e-4)


@pytest.mark.parametrize(
    "crs", ['LOCAL_CS["site",UNIT["metre",1]]', "+proj=eqc +a=3396190 +b=3396190 +units=m"]
)
def test_what_is_not_on_the_earth(folder: Path, crs: Any) -> None:
    asset = probe(write(folder / "a.tif", SLOPE, crs=crs))
    assert asset.bbox_wgs84 is None
    assert {"crs-missing", "crs-not-earth"} & set(codes(asset))


@pytest.mark.parametrize(
    ("west", "step", "size", "box"),
    [
        (-181.5, 3.0, (120, 61), (-180, -90, 180, 90)),  # nodes on both poles
        (-1.5, 3.0, (120, 61), (-180, -90, 180, 90)),
        (0.0, 5.0, (72, 36), (-180, -90, 180, 90)),
        (170.0, 1.0, (20, 10), (-180, -5, 180, 5)),  # cut in two
        (190.0, 1.0, (20, 10), (-170, -5, -150, 5)),
    ],
)
def test_degrees_as_models_of_the_weather_count_them(
    folder: Path, west: float, step: float, size: tuple[int, int], box: tuple[float, ...]
) -> None:
    grid = Affine(step, 0, west, 0, -step, step * size[1] / 2)
    made = write(folder / "a.tif", np.ones((size[1], size[0])), transform=grid, crs="EPSG:4326")
    asset = probe(made)
    assert codes(asset) == []
    assert asset.bbox_wgs84 == pytest.approx(box)
    assert asset.bbox is not None
    assert asset.bbox[0] == west  # as the file says it
    placed = shapely.from_wkb(asset.footprint)
    assert placed.area == pytest.approx(min(size[0] * step, 360) * min(size[1] * step, 180))


def test_degrees_that_lie_nowhere_stay_an_error(folder: Path) -> None:
    far = write(folder / "a.tif", SLOPE, transform=Affine(1, 0, 0, 0, -1, 300), crs="EPSG:4326")
    assert "coordinates-contradict-crs" in codes(probe(far))


def test_the_antimeridian_cuts_what_holds_data(folder: Path) -> None:
    pixels = np.ones((90, 90), "uint8")
    pixels[:30] = 0
    grid = Affine(3000, 0, 600_000, 0, -3000, 5_700_000)
    asset = probe(write(folder / "a.tif", pixels, crs="EPSG:32660", transform=grid, nodata=0))
    assert asset.footprint is not None
    shape = shapely.from_wkb(asset.footprint)
    assert shape.is_valid
    assert (shape.bounds[0], shape.bounds[2]) == (-180, 180)
    whole = probe(write(folder / "b.tif", pixels, crs="EPSG:32660", transform=grid))
    assert whole.footprint is not None
    assert shape.area < 0.8 * shapely.from_wkb(whole.footprint).area


def test_same_grid(folder: Path) -> None:
    assert probe(write(folder / "a.tif", SLOPE)).properties["transform"] == list(GRID)[:6]
