"""Formats that are met now and then are read, or refused with the reason."""

from __future__ import annotations

import struct
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions
from cimkit.loaders import vector as loader

from .made import codes, listing, properties, read, shapes, source, write

MADE = {"OGR_GMT": ".gmt", "GeoRSS": ".xml", "JML": ".xml", "MapML": ".html"}
"""Read; GDAL writes them."""
SEEN = {
    "VDV": b"mod; DD.MM.YYYY; HH:MM:SS; free\n",
    "SXF": b"SXF\0" + bytes(400),
    "EDIGEO": b"BOMT 12:E0000A01.THF\nCSET 03:ISO\n",
    "VFK": b'&HVERZE;"5.0"\n',
    "Selafin": struct.pack(">i80si", 80, b"SERAFIN", 80),
    "MiraMonVector": b"PNT 1.1\x02" + bytes(60),
    "LVBAG": b'<?xml version="1.0"?><sl-bag-extract:bagStand xmlns:a="b">',
    "S57": b"016743LE1 0900201 ! 3404" + b"0000 DSID",
    "AVCE00": b"EXP  0 TEST.E00\n",
}
"""Read, on the word of GDAL alone."""
ELSEWHERE = {
    *("ESRI Shapefile", "MapInfo File", "CSV", "GML", "GPX", "LIBKML", "KML", "GeoJSON", "DGN"),
    *("GeoJSONSeq", "ESRIJSON", "TopoJSON", "JSONFG", "GPKG", "SQLite", "OpenFileGDB", "DXF"),
    *("FlatGeobuf", "OSM", "ODS", "XLSX", "MBTiles", "PMTiles", "AVCBin"),
}
"""Shown by other tests."""
REFUSED = {
    "OGR_VRT": b'<?xml version="1.0"?>\n<OGRVRTDataSource><OGRVRTLayer name="a"/>',
    "GDALG": b'{"type": "gdal_streamed_alg", "command_line": "gdal vector"}',
    "Access": b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(60),
    "INTERLIS 1": b"SCNT\nheader\n////\n",
    "INTERLIS 2": b'<?xml version="1.0"?><TRANSFER xmlns="http://www.interlis.ch/INTERLIS2.3">',
    "BNA": b'"a","b",2\n1.5,2.5\n3,4\n',
}
NO_FILES = {
    *("MEM", "EEDA", "OGCAPI", "WFS", "OAPIF", "Elasticsearch", "Carto", "AmigoCloud", "PLSCENES"),
    *("CSW", "NGW", "ADBC", "HTTP", "PDF", "PGDUMP", "GPSBabel"),
}
"""Services, databases, memory, and what GDAL only writes or starts another program for."""
RASTERS = {"PCIDSK", "PDS4", "VICAR", "OGR_PDS", "Idrisi"}
UNKNOWN = {"WAsP", "MVT", "GTFS", "MiraMonVector", "AIVector"}
"""What nothing in their content tells, single tiles without their place, archives of tables."""


def test_every_driver_has_its_place() -> None:
    every = [*MADE, *SEEN, *ELSEWHERE, *REFUSED, *NO_FILES, *RASTERS, *UNKNOWN]
    assert set(pyogrio.list_drivers()) - set(every) == set()


@pytest.mark.parametrize("driver", sorted(MADE))
def test_what_gdal_writes_is_read(tmp_path: Path, driver: str) -> None:
    points = [shapely.Point(106.5, 29.5), shapely.Point(106.6, 29.5)]
    data = gpd.GeoDataFrame({"title": ["甲", "乙"]}, geometry=points, crs="EPSG:4326")
    file = write(tmp_path / f"a{MADE[driver]}", data, driver=driver)
    before = listing(tmp_path)
    asset, rows = read(file)
    assert asset.crs in ("EPSG:4326", "OGC:CRS84")
    assert [p["title"] for p in properties(rows)] == ["甲", "乙"]
    assert [s.x for s in shapes(rows)] == [106.5, 106.6]
    assert listing(tmp_path) == before
    assert not any(p.severity == "error" for p in asset.problems)


@pytest.mark.parametrize("driver", sorted(SEEN))
def test_what_is_recognised(tmp_path: Path, driver: str) -> None:
    assert loader.sniff(Head(tmp_path / "a", "a", SEEN[driver])) >= 60


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_refused_says_what_to_do(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a.dat"
    file.write_bytes(REFUSED[kind])
    assert loader.sniff(Head(file, "a.dat", REFUSED[kind])) >= 60
    with pytest.raises(SourceUnreadable, match="Deliver"):
        loader.probe(source(file), ReadOptions(root=tmp_path))


@pytest.mark.parametrize("name", ["arc.adf", "tnxy.adf"])
def test_folders_of_arcinfo(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "roads"
    folder.mkdir()
    (folder / name).write_bytes(b"\x00\x00\x27\x0a" + bytes(96))
    assert loader.sniff(Head(folder, "roads", b"", is_dir=True)) >= 60
    given = {"x/roads/arc.adf", "x/info/arc.dir", "info/arc.dir"}
    assert loader.siblings("x/roads", given, folder) == {"x/info/arc.dir"}
    with pytest.raises(SourceUnreadable, match="Deliver"):
        loader.probe(source(folder), ReadOptions(root=tmp_path))


def test_a_table_of_foxpro(tmp_path: Path) -> None:
    """It has 263 bytes between the fields and the rows, and texts in a file beside it."""
    fields = b"".join(
        struct.pack("<11s1s4xBB14x", name, kind, size, 0)
        for name, kind, size in ((b"NAME", b"C", 6), (b"MEMO", b"M", 4))
    )
    head = struct.pack("<B3BIHH20x", 0x30, 26, 1, 2, 1, 33 + 64 + 263, 11)
    row = b" " + "电杆".encode("gbk").ljust(6) + bytes(4)
    file = tmp_path / "a.dbf"
    file.write_bytes(head + fields + b"\r" + bytes(263) + row + b"\x1a")
    asset, rows = read(file)
    assert "memo-left-out" in codes(asset)
    assert properties(rows)[0]["NAME"] == "电杆"
