"""The CRS of a LAS file: WKT, GeoTIFF keys, both, neither."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pytest
from pyproj import CRS

from cimkit.loaders import pointcloud
from cimkit.model import Declaration
from tests.loaders.pointcloud.made import Loaded, las_file, source


def keys(*entries: tuple[int, int, int, int]) -> laspy.VLR:
    flat = [1, 1, 0, len(entries), *(v for e in entries for v in e)]
    return laspy.VLR("LASF_Projection", 34735, "", struct.pack(f"<{len(flat)}H", *flat))


def plain(*pairs: tuple[int, int]) -> laspy.VLR:
    return keys(*((k, 0, 1, v) for k, v in pairs))


def wkt(crs: str) -> laspy.VLR:
    text = CRS.from_user_input(crs).to_wkt("WKT1_GDAL")
    return laspy.VLR("LASF_Projection", 2112, "", text.encode() + b"\0")


def cloud(
    tmp_path: Path, *records: laspy.VLR, form: int = 3, bit: bool = False, name: str = "c.las"
) -> Loaded:
    def more(header: laspy.LasHeader) -> None:
        header.vlrs += records
        header.global_encoding.wkt = bit

    return Loaded(las_file(tmp_path / name, 20, form=form, change=more))


@pytest.mark.keeps("LAS", "crs", "contradictions")
@pytest.mark.parametrize(("bit", "crs"), [(True, "EPSG:4544"), (False, "EPSG:4545")])
def test_the_bit_decides_between_two(tmp_path: Path, bit: bool, crs: str) -> None:
    given = cloud(tmp_path, wkt("EPSG:4544"), plain((1024, 1), (3072, 4545)), bit=bit)
    assert given.asset.crs == crs
    told = given.problem("crs-contradiction")
    assert "km" in told.message or " m apart" in told.message
    assert ("EPSG:4545" if bit else "EPSG:4544") in str(told.proposal)


@pytest.mark.parametrize("bit", [True, False])
def test_two_that_agree_are_no_problem(tmp_path: Path, bit: bool) -> None:
    given = cloud(tmp_path, wkt("EPSG:4544"), plain((1024, 1), (3072, 4544)), bit=bit)
    assert (given.asset.crs, given.codes) == ("EPSG:4544", [])


@pytest.mark.parametrize(("bit", "record"), [(True, plain((1024, 1), (3072, 4544))),
                                             (False, wkt("EPSG:4544"))])  # fmt: skip
def test_what_is_there_is_obeyed_against_the_bit(
    tmp_path: Path, bit: bool, record: laspy.VLR
) -> None:
    given = cloud(tmp_path, record, bit=bit)
    assert (given.asset.crs, given.codes) == ("EPSG:4544", ["crs-encoding-contradiction"])


@pytest.mark.keeps("LAS", "vertical")
@pytest.mark.keeps("LAZ", "vertical")
@pytest.mark.parametrize("name", ["c.las", "c.laz"])
def test_compound_wkt_says_what_heights_count_from(tmp_path: Path, name: str) -> None:
    given = cloud(tmp_path, wkt("EPSG:2277+6360"), form=6, bit=True, name=name)
    assert given.asset.vertical_datum == "EPSG:6360"
    assert given.said["z_unit_m"] == pytest.approx(1200 / 3937)
    assert given.row["z_max"] <= 101 * 1200 / 3937


@pytest.mark.parametrize(("number", "datum"), [(5703, "EPSG:5703"), (5103, "EPSG:5703"),
                                               (5737, "EPSG:5737")])  # fmt: skip
def test_vertical_keys(tmp_path: Path, number: int, datum: str) -> None:
    given = cloud(tmp_path, plain((1024, 1), (3072, 4544), (4096, number), (4099, 9001)))
    assert given.asset.vertical_datum == datum
    assert given.codes == []


def test_a_vertical_key_that_is_none_and_a_unit_that_contradicts(tmp_path: Path) -> None:
    given = cloud(tmp_path, plain((3072, 4544), (4096, 4544)))
    assert given.codes == ["vertical-crs-unknown"]
    given = cloud(tmp_path, plain((3072, 4544), (4096, 5703), (4099, 9002)))
    assert given.codes == ["vertical-unit-contradiction"]
    assert given.said["z_unit_m"] == pytest.approx(0.3048)


def test_a_unit_of_length_that_contradicts(tmp_path: Path) -> None:
    given = cloud(tmp_path, plain((3072, 4544), (3076, 9003)))
    assert "crs-unit-contradiction" in given.codes


@pytest.mark.keeps("LAS", "exact")
def test_a_projection_described_key_by_key(tmp_path: Path) -> None:
    doubles = (0.0, 105.75, 1.0, 500_000.0, 0.0)
    entries: list[tuple[int, int, int, int]] = [
        *((k, 0, 1, v) for k, v in ((1024, 1), (1025, 1), (2048, 4490))),
        (3072, 0, 1, 32767),
        (3074, 0, 1, 32767),
        (3075, 0, 1, 1),
        (3076, 0, 1, 9001),
        *((k, 34736, 1, i) for i, k in enumerate((3081, 3080, 3092, 3082, 3083))),
    ]
    numbers = laspy.VLR("LASF_Projection", 34736, "", struct.pack("<5d", *doubles))
    given = cloud(tmp_path, keys(*entries), numbers)
    assert given.asset.crs is not None
    crs = CRS.from_user_input(given.asset.crs)
    held = {p.name: p.value for p in crs.coordinate_operation.params}
    assert held["Longitude of natural origin"] == 105.75
    assert held["False easting"] == 500_000
    assert given.asset.bbox_wgs84 is not None
    assert given.asset.bbox_wgs84[0] == pytest.approx(105.75, abs=0.01)


@pytest.mark.parametrize("data", [b"", b"\1\0\1\0\0\0\xff\xff", b"\1\0" * 3, bytes(range(200))])
def test_keys_that_are_none_are_told_or_nothing(tmp_path: Path, data: bytes) -> None:
    given = cloud(tmp_path, laspy.VLR("LASF_Projection", 34735, "", data))
    assert given.asset.crs is None
    assert "crs-missing" in [p.code for p in given.problems] or "crs-unknown" in given.codes


def test_keys_that_name_nothing_are_no_crs(tmp_path: Path) -> None:
    name = laspy.VLR("LASF_Projection", 34737, "", b"unnamed|\0")
    held = keys((1025, 0, 1, 1), (1026, 34737, 8, 0), (3076, 0, 1, 9001))
    given = cloud(tmp_path, held, name)
    assert given.codes == []
    assert "crs-missing" in [p.code for p in given.problems]


def test_wkt_that_is_none(tmp_path: Path) -> None:
    given = cloud(tmp_path, laspy.VLR("LASF_Projection", 2112, "", b"PROJCS[oops"), bit=True)
    assert given.codes == ["crs-unknown"]
    assert given.row["geometry"] is None


@pytest.mark.keeps("LAZ", "crs")
def test_wkt_behind_the_points_counts_too(tmp_path: Path) -> None:
    def more(header: laspy.LasHeader) -> None:
        header.global_encoding.wkt = True
        held: Any = laspy.vlrs.vlrlist.VLRList()
        held.append(wkt("EPSG:4544"))
        header.evlrs = held

    file = las_file(tmp_path / "e.laz", 20, form=6, change=more)
    las = laspy.read(file)
    las.evlrs = laspy.vlrs.vlrlist.VLRList([wkt("EPSG:4544")])
    las.write(file)
    assert Loaded(file).asset.crs == "EPSG:4544"


def test_a_prj_beside_it_counts_where_the_file_is_silent(tmp_path: Path) -> None:
    file = las_file(tmp_path / "p.las", 20)
    prj = tmp_path / "p.prj"
    prj.write_text(CRS("EPSG:4544").to_wkt("WKT1_ESRI"))
    assert pointcloud.siblings("p.las", {"p.las", "p.prj", "q.prj"}, file) == {"p.prj"}
    assert pointcloud.siblings("p.las", {"p.las", "p.prj", "p.shp"}, file) == set()
    given = Loaded(source(file, ("p.prj",)))
    assert (given.asset.crs, given.said["crs_from"]) == ("EPSG:4544", "p.prj")


@pytest.mark.keeps("LAS", "vertical")
def test_the_sheet_outranks_the_file(tmp_path: Path) -> None:
    file = las_file(tmp_path / "s.las", 20, form=6, crs="EPSG:4544")
    given = Loaded(file, Declaration(crs="EPSG:4545", vertical_datum="1985国家高程基准"))
    assert (given.asset.crs, given.asset.crs_origin) == ("EPSG:4545", "sheet")
    assert given.asset.vertical_datum == "EPSG:5737"


@pytest.mark.keeps("LAS", "geometry")
def test_degrees_in_a_metric_crs_have_no_place(tmp_path: Path) -> None:
    def more(header: laspy.LasHeader) -> None:
        header.scales, header.offsets = np.full(3, 1e-7), np.zeros(3)
        header.add_crs(CRS("EPSG:4544"))

    file = las_file(tmp_path / "d.las", 5, form=6, change=lambda h: None)
    header = laspy.LasHeader(point_format=6, version="1.4")
    more(header)
    las = laspy.LasData(header)
    las.x, las.y, las.z = np.linspace(106, 106.1, 5), np.linspace(29, 29.1, 5), np.arange(5)
    las.write(file)
    given = Loaded(file)
    assert "coordinates-contradict-crs" in given.codes
