"""Sources that lie off from the rest of their delivery."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.geometry.crs import parse_crs
from cimkit.loaders import read_sheet, write_sheet
from cimkit.loaders._placing.boxes import box_crs84
from cimkit.loaders._placing.neighbours import apart_from_the_rest, crs_of_the_rest
from cimkit.model import Asset, Problem


def at(path: str, lon: float, lat: float) -> Asset:
    return Asset(path, bbox_wgs84=(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1))


CITY = [at(f"{n}.shp", 106.5 + n / 20, 29.5) for n in range(6)]


def test_one_zone_beside_the_others() -> None:
    far = at("wrong.shp", 109.5, 29.5)
    assert list(apart_from_the_rest([*CITY, far])) == ["wrong.shp"]
    assert 250 < apart_from_the_rest([*CITY, far])["wrong.shp"] < 300


def test_what_is_spread_out_is_not_strange() -> None:
    assert apart_from_the_rest(CITY) == {}
    assert apart_from_the_rest([at(f"{n}", 80.0 + n * 5, 30.0) for n in range(9)]) == {}
    assert apart_from_the_rest([at("a", 106, 29), at("b", 4, 52)]) == {}  # of two, none is wrong
    assert apart_from_the_rest([Asset("none")] * 9) == {}


def test_photographs_count_by_their_position() -> None:
    photo = Asset("a.jpg", position=(139.7, 35.7))
    assert list(apart_from_the_rest([*CITY, photo])) == ["a.jpg"]


def test_the_draft_of_the_sheet_tells(tmp_path: Path) -> None:
    write_sheet(tmp_path / "d.toml", [*CITY, at("wrong.shp", 109.5, 29.5)])
    rows = {r.glob: r.detected for r in read_sheet(tmp_path / "d.toml").rows}
    assert "far-from-the-rest" in rows["wrong.shp"]
    assert "km" in rows["wrong.shp"]
    assert "far-from-the-rest" not in rows["1.shp"]


@pytest.mark.parametrize(
    ("bbox", "wanted"),
    [
        ((500_300.0, 3_270_200.0, 500_900.0, 3_270_800.0), "EPSG:4544"),
        ((106.0, 29.4, 106.1, 29.5), None),  # no other source is in degrees
        ((800_300.0, 3_270_200.0, 800_900.0, 3_270_800.0), None),  # 300 km from all others
    ],
)
def test_a_source_without_crs_fits_beside_the_others(
    tmp_path: Path, bbox: tuple[float, ...], wanted: str | None
) -> None:
    crs = parse_crs("EPSG:4544")
    others = [
        Asset(
            f"gis/{n}.shp",
            kind="gis",
            crs="EPSG:4544",
            bbox_wgs84=box_crs84((500_000.0 + n, 3_270_000.0, 501_000.0, 3_271_000.0), crs),
        )
        for n in range(3)
    ]
    lost = Problem("crs-missing", "It does not say.", "error", proposal=(("crs", "EPSG:4326"),))
    alone = Asset("gis/lost.shp", kind="gis", bbox=bbox, problems=(lost,))
    assert crs_of_the_rest([*others, alone]) == ({"gis/lost.shp": wanted} if wanted else {})
    write_sheet(tmp_path / "s.toml", [*others, alone])
    assert f'# crs = "{wanted or "EPSG:4326"}"' in (tmp_path / "s.toml").read_text("utf-8")
