"""Coordinate epochs in the names of coordinate systems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.geometry.crs import crs_name, parse_crs
from cimkit.geometry.epoch import moves, split_epoch
from cimkit.loaders import read_sheet
from cimkit.loaders._placing import place
from cimkit.loaders._placing.epochs import without_epoch
from cimkit.model import Asset, Source

ITRF = parse_crs("EPSG:9000")
SPELT = (
    f"COORDINATEMETADATA[{ITRF.to_wkt('WKT2_2019')},EPOCH[2021.25]]",
    json.dumps(
        {"type": "CoordinateMetadata", "crs": ITRF.to_json_dict(), "coordinateEpoch": 2021.25}
    ),
    "EPSG:9000@2021.25",
    "ITRF2014 @ 2021.25",
)


@pytest.mark.parametrize("text", SPELT)
def test_the_epoch_is_kept_beside_the_crs(text: str) -> None:
    assert split_epoch(text)[1] == "2021.25"
    placed = place("", text, "declared", (106.5, 29.5, 106.6, 29.6), Source("a", Path("a")))
    assert placed.crs is not None
    assert (placed.name, placed.epoch) == (crs_name(ITRF), "2021.25")


@pytest.mark.parametrize("text", ["EPSG:4490", ITRF.to_wkt(), "{", "a@b", "name@1812", ""])
def test_no_epoch(text: str) -> None:
    assert split_epoch(text) == (text, None)


def test_the_sheet_may_say_it_with_the_crs(tmp_path: Path) -> None:
    sheet = tmp_path / "s.toml"
    sheet.write_text('[[source]]\nglob = "*"\ncrs = "EPSG:9000@2021.25"\n', encoding="utf-8")
    declared = read_sheet(sheet).declared("a")
    assert declared.epoch == "2021.25"


@pytest.mark.parametrize(
    ("crs", "epoch", "told"),
    [
        ("EPSG:9000", None, True),
        ("EPSG:9000", "2021.25", False),
        ("EPSG:4490", None, False),
        ("EPSG:4326", None, False),
        (None, None, False),
        ("no crs", None, False),
    ],
)
def test_moving_frames_without_an_epoch_are_told(
    crs: str | None, epoch: str | None, told: bool
) -> None:
    found = without_epoch(Asset("a", crs=crs, epoch=epoch))
    assert [p.code for p in found] == (["epoch-unknown"] if told else [])


def test_what_moves() -> None:
    for code in (9000, 7789, 9057):  # ITRF2014, in two shapes; WGS 84 (G1762)
        assert moves(parse_crs(f"EPSG:{code}"))
    for code in (4490, 4258, 4326, 6668, 4544):
        assert not moves(parse_crs(f"EPSG:{code}"))
