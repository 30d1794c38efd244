"""A city's own grid: it is computed with, and nothing but its name and hash leaves the file."""

from __future__ import annotations

import logging
import sqlite3
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Transformer

from cimkit import catalog
from cimkit.errors import SheetError, UsageError
from cimkit.geometry import local_crs
from cimkit.geometry.crs import crs_name, parse_crs, to_crs84
from cimkit.loaders import probe, read_sheet
from cimkit.loaders._delivery.local_grid import declared_grid

HELMERT = """
base = "EPSG:4545"
dx = 317482.91377
dy = 3198764.55129
rotation = 0.7391846
scale = 1.00003172
"""
SECRETS = ("317482.9", "3198764.5", "0.7391846", "1.00003172", "EPSG:4545", "CM 108E")
PROJ = (
    "+proj=tmerc +lat_0=0 +lon_0=106.4837291 +k=1.00003172 +x_0=61283.77 +y_0=-3211947.25 "
    "+ellps=GRS80 +units=m"
)
CHONGQING = (106.55, 29.56)


def local_points(grid: str) -> np.ndarray:  # type: ignore[type-arg]
    """Chongqing in the grid: by undoing what the definition says, with other means."""
    east, north = Transformer.from_crs("OGC:CRS84", "EPSG:4545", always_xy=True).transform(
        [CHONGQING[0], CHONGQING[0] + 0.02], [CHONGQING[1], CHONGQING[1] + 0.01]
    )
    turn, scale = np.radians(0.7391846), 1.00003172
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shifted = np.column_stack([east, north]) - [317482.91377, 3198764.55129]
    return np.linalg.solve(matrix, shifted.T).T


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_crs, "_registered", {})
    monkeypatch.setattr(local_crs, "_folders", [])
    monkeypatch.delenv(local_crs.FOLDERS, raising=False)


def delivery(folder: Path, name: str = "linjiang") -> tuple[Path, Path]:
    (folder / "in").mkdir()
    (folder / "secret").mkdir()
    (folder / "secret" / f"{name}.toml").write_text(HELMERT, encoding="utf-8")
    points = gpd.GeoSeries(shapely.points(local_points(name)))
    frame = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it has no CRS is the point
        frame.to_file(folder / "in" / "manholes.shp", engine="pyogrio")
    sheet = folder / "sheet.toml"
    sheet.write_text(
        f'[[source]]\nglob = "*"\ncrs = "local:{name}"\nlocal_crs = "secret/{name}.toml"\n',
        encoding="utf-8",
    )
    return folder / "in", sheet


def texts(folder: Path) -> str:
    """All that stands in the files of a catalogue, packed or not."""
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        found.append(file.read_bytes().decode("latin-1"))
        if file.suffix == ".parquet":
            found.append(repr(pq.read_table(file).to_pylist()))
        elif file.suffix == ".sqlite":
            found += sqlite3.connect(f"file:{file}?mode=ro", uri=True).iterdump()
    return "\n".join(found)


@pytest.mark.keeps("Shapefile", "crs")
def test_no_parameter_leaves_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder, sheet = delivery(tmp_path)
    made = catalog.create(tmp_path / "cat")
    report = catalog.ingest(made, [folder], sheet=sheet, jobs=1)
    with made.connect() as con:
        item = con.execute("SELECT crs, crs_origin, properties FROM items").fetchone()
        x, y = con.execute("SELECT min(bbox.xmin), min(bbox.ymin) FROM objects").fetchone() or (
            0,
            0,
        )
        crs = con.execute("SELECT DISTINCT crs FROM geometries").fetchall()
    assert item is not None
    assert item[:2] == ("local:linjiang", "sheet")
    assert "sha256" in item[2]
    assert crs == [("local:linjiang",)]
    assert (x, y) == pytest.approx(CHONGQING, abs=1e-7)
    out, err = capfd.readouterr()
    everything = texts(tmp_path / "cat") + out + err + caplog.text + repr(report)
    assert "local:linjiang" in everything
    assert [s for s in SECRETS if s in everything] == []


def test_the_definition_is_part_of_what_was_read(tmp_path: Path) -> None:
    """Another definition under the same name is another reading, not the staged one again."""
    folder, sheet = delivery(tmp_path)
    first = next(iter(probe([folder], sheet=read_sheet(sheet), jobs=1)))
    file = tmp_path / "secret" / "linjiang.toml"
    file.write_text(HELMERT.replace("317482.91377", "318482.91377"), encoding="utf-8")
    second = next(iter(probe([folder], sheet=read_sheet(sheet), jobs=1)))
    assert first.bbox_wgs84 is not None
    assert second.bbox_wgs84 is not None
    assert second.bbox_wgs84[0] - first.bbox_wgs84[0] == pytest.approx(0.0103, abs=2e-4)
    assert first.properties["local_crs"] != second.properties["local_crs"]


def test_a_definition_as_a_proj_string_or_an_affinity(tmp_path: Path) -> None:
    (tmp_path / "a.proj").write_text(PROJ)
    (tmp_path / "b.toml").write_text(f'crs = "{PROJ}"')
    (tmp_path / "c.toml").write_text('base="EPSG:4545"\na0=1000\na1=1\na2=0\nb0=2000\nb1=0\nb2=1')
    xy = np.array([[60000.0, 60000.0]])
    plain = to_crs84(xy, parse_crs(PROJ))
    for name in ("a.proj", "b.toml"):
        assert to_crs84(xy, local_crs.register(name[0], tmp_path / name)) == pytest.approx(plain)
    moved = to_crs84(
        np.array([[360_000.0, 3_270_000.0]]), local_crs.register("c", tmp_path / "c.toml")
    )
    base = to_crs84(np.array([[361_000.0, 3_272_000.0]]), parse_crs("EPSG:4545"))
    assert moved == pytest.approx(base)


def test_the_name_is_all_that_can_be_got_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "x.proj").write_text(PROJ)
    crs = local_crs.register("x", tmp_path / "x.proj")
    assert crs_name(crs) == str(crs) == crs.name == "local:x"
    assert "106.48" not in repr(crs)
    for write in (crs.to_wkt, crs.to_json, crs.to_proj4, crs.to_string, crs.to_dict):
        with pytest.raises(UsageError, match="local:x"):
            write()
    assert crs.to_epsg() is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("dx = 317482.9", "either"),
        ('base = "EPSG:4545"\ndx = 317482.9', "not complete"),
        ('base = "EPSG:4545"\ndx = 317482.9\ndy = "3198764.5"', "dy"),
        ('base = "EPSG:4545"\nshift = 317482.9', "shift"),
        ('crs = "+proj=tmerc +lon_0=317482.9 +nonsense=1 +x_0="', "PROJ"),
        ('crs = "EPSG:4545+5737"', "two-dimensional"),
        ('base = "EPSG:4545"\ndx=317482.9\ndy=1\nscale=0', "undone"),
        ("base = 317482.9 =", "TOML"),
    ],
)
def test_what_is_wrong_with_a_definition_is_told_without_its_values(
    tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "x.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SheetError, match=why) as caught:
        declared_grid("local:x", "x.toml", tmp_path / "sheet.toml", "row 1")
    told = f"{caught.value} {caught.value.__cause__!r} {caught.value.got!r}"
    assert "317482" not in told
    assert caught.value.__cause__ is None


def test_a_sheet_finds_a_definition_by_row_by_folder_or_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sheet = delivery(tmp_path)
    more = '\n[[source]]\nglob = "*.dxf"\ncrs = "local:linjiang"\n'
    sheet.write_text(sheet.read_text("utf-8") + more, encoding="utf-8")
    rows = read_sheet(sheet).rows
    assert rows[1].declared.local_crs == rows[0].declared.local_crs
    alone = tmp_path / "alone.toml"
    alone.write_text('[[source]]\nglob = "*"\ncrs = "local:linjiang"\n', encoding="utf-8")
    with pytest.raises(SheetError, match="CIMKIT_LOCAL_CRS"):
        read_sheet(alone)
    monkeypatch.setenv(local_crs.FOLDERS, str(tmp_path / "secret"))
    grid = read_sheet(alone).rows[0].declared.local_crs
    assert grid is not None
    assert grid.name == "local:linjiang"
    alone.write_text('[[source]]\nglob = "*"\nlocal_crs = "secret/linjiang.toml"\n', "utf-8")
    assert read_sheet(alone).rows[0].declared.crs == "local:linjiang"
    alone.write_text(
        '[[source]]\nglob = "*"\ncrs="EPSG:4544"\nlocal_crs = "secret/linjiang.toml"\n', "utf-8"
    )
    with pytest.raises(SheetError, match="local:linjiang"):
        read_sheet(alone)


def test_a_catalogue_names_the_folder_of_its_definitions(tmp_path: Path) -> None:
    folder, sheet = delivery(tmp_path)
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "definition.toml").write_text('title = "x"\nlocal_crs = "../secret"\n')
    catalog.create(tmp_path / "cat", definition=str(tmp_path / "city"))
    made = catalog.open_catalog(tmp_path / "cat")
    sheet.write_text('[[source]]\nglob = "*"\ncrs = "local:linjiang"\n', encoding="utf-8")
    catalog.ingest(made, [folder], sheet=sheet, jobs=1)
    with made.connect() as con:
        assert con.execute("SELECT DISTINCT crs FROM items").fetchall() == [("local:linjiang",)]


def test_without_a_definition_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CIMKIT_LOCAL_CRS"):
        parse_crs("local:nowhere")
    with pytest.raises(UsageError, match="name"):
        parse_crs("local:../etc/passwd")
