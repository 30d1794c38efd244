"""Deliveries whose names are bytes in GBK: every library opens what is in them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cimkit.loaders import discover, probe
from cimkit.loaders._delivery.renamed import meant
from cimkit.model import Asset, Declaration, Sheet, SheetRow, Trajectory
from tests.loaders.photo.made import shoot
from tests.loaders.raster.made import write


def gbk(folder: Path, *names: str) -> Path:
    """Name a file or folder in GBK."""
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + "/".join(names).encode("gbk")))


def by_path(given: Path, sheet: Sheet | None = None) -> dict[str, Asset]:
    return {a.path: a for a in probe([given], sheet=sheet, jobs=1)}


@pytest.mark.parametrize("folder", ["成果", "dem"])
def test_a_raster_with_its_world_file(tmp_path: Path, folder: str) -> None:
    made = write(tmp_path / "made.tif", np.ones((4, 5), "u1"), crs=None, transform=None)
    at = gbk(tmp_path / "in", folder)
    at.mkdir(parents=True)
    os.rename(made.file, gbk(at, "地形.tif"))
    gbk(at, "地形.tfw").write_text("2\n0\n0\n-2\n500001\n3269999\n")
    (asset,) = by_path(tmp_path / "in").values()
    assert (asset.path, asset.status) == (f"{folder}/地形.tif", "ok")
    assert asset.members == (f"{folder}/地形.tfw",)
    assert asset.bbox == (500000, 3269992, 500010, 3270000)


def test_what_is_given_may_itself_be_so_named(tmp_path: Path) -> None:
    write(tmp_path / "made.tif", np.ones((4, 5), "u1"))
    at = gbk(tmp_path, "交付")
    at.mkdir()
    os.rename(tmp_path / "made.tif", gbk(at, "地形图.tif"))
    assert by_path(at)["地形图.tif"].status == "ok"
    assert by_path(gbk(at, "地形图.tif"))["地形图.tif"].status == "ok"


@pytest.mark.keeps("pose table", "text")
def test_the_sheet_names_a_table_as_it_was_meant(tmp_path: Path) -> None:
    given = shoot(tmp_path / "x.jpg", None)
    at = gbk(tmp_path / "in", "照片")
    at.mkdir(parents=True)
    os.rename(given.file, gbk(at, "甲.jpg"))
    gbk(tmp_path / "in", "轨迹.csv").write_text("image,lon,lat\n甲.jpg,106.5,29.5\n")
    row = SheetRow("*.jpg", Declaration(trajectory=Trajectory("轨迹.csv")))
    got = by_path(tmp_path / "in", Sheet((row,)))
    assert got["照片/甲.jpg"].position == (106.5, 29.5)
    assert got["轨迹.csv"].problems == ()


def test_two_names_that_mean_the_same_are_both_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("路口照片.txt".encode("gbk"), "路口照片.txt".encode()):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
    found = discover([folder], tmp_path / "scratch")
    assert set(found.files) == {"路口照片.txt"}
    assert meant(folder, "路口照片.txt").read_bytes() == "路口照片.txt".encode()
    assert meant(folder, "none/at/all") == folder / "none/at/all"
