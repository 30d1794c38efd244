"""Recognising vector data by its content."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path

from cimkit.loaders._delivery.encoding import detect, utf_16
from cimkit.loaders._spec import HEAD_BYTES, Head
from cimkit.loaders.vector.dbf import is_dbf
from cimkit.loaders.vector.names import plain
from cimkit.loaders.vector.rarer import coverage, is_rarer
from cimkit.loaders.vector.texttable import dialect_of
from cimkit.loaders.vector.workbook import has_positions, is_workbook

__all__ = ["STREAM", "is_partitioned", "sniff", "table_text"]

STREAM = b"\xff\xff\xff\xff"
"""What an Arrow stream begins with."""
_XML_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s>/]")
_GEOJSON = re.compile(
    rb'"type"\s*:\s*"(FeatureCollection|Feature|Topology|(Multi)?(Point|LineString|Polygon)'
    rb'|GeometryCollection)"'
)
_IMAGE = re.compile(r"image|photo|file|picture|照片|影像|图片|画像|写真", re.IGNORECASE)


def sniff(head: Head) -> int:
    """Recognise vector data by its first bytes; for tables of text by their column names."""
    start, name = head.start, head.name
    if head.is_dir:
        database = (head.file / "a00000001.gdbtable").is_file()
        if coverage(head.file):
            return 70
        return 90 if database or is_partitioned(head.file) else 0
    if is_rarer(start):
        return 60
    if start[:4] == b"\x00\x00\x27\x0a" and not name.endswith(".adf"):
        index = start[4:8] == b"\xff\xff\xfe\x70"  # .sbn and .sbx
        return 0 if name.endswith(".shx") or index else 90
    if start.startswith((b"fgb\x03fgb", b"PAR1", b"ARROW1")):
        return 90
    if start.startswith(STREAM) and name.endswith((".arrows", ".arrow", ".ipc")):
        return 60
    if start.startswith(b"SQLite format 3\0"):
        return _sniff_sqlite(head.file)
    workbook = is_workbook(start)
    if workbook is not None:
        return 40 if has_positions(head.file, workbook) else 0
    if start[:4] == b"PK\x03\x04":
        return _sniff_kmz(head.file)
    if start.startswith(b"PMTiles\x03"):
        return 80 if start[99:100] == b"\x01" else 0  # 1: vector tiles
    if start[:4] == b"\x08\x09\xfe\x02" or start.startswith((b"EXP  0 ", b"EXP  1 ")):
        return 60  # DGN 7, Arc export
    if re.match(rb"\d{5}[1-3]LE1 0900", start) and b"DSID" in start[:4096]:
        return 80  # S-57
    if start[4:15] == b"\x0a\x09OSMHeader":
        return 90
    return _sniff_dbf(head) or _sniff_text(head)


def is_partitioned(folder: Path) -> bool:
    """Return whether a folder is one Parquet data set: named so, or divided by ``key=value``."""
    if not folder.name.lower().endswith(".parquet") and not any(
        "=" in p.name and p.is_dir() for p in folder.iterdir()
    ):
        return False
    return next(folder.rglob("*.parquet"), None) is not None


def _sniff_dbf(head: Head) -> int:
    return 50 if is_dbf(head.start) and head.name.endswith(".dbf") else 0


def _sniff_text(head: Head) -> int:
    start = plain(head.start)
    if start[:1] in (b"{", b"\x1e"):
        if b'"stac_version"' in start or b'"CityJSON' in start:
            return 0
        esri = b'"geometryType"' in start and b'"esriGeometry' in start
        return 60 if esri or _GEOJSON.search(start) else 0
    if start[:1] == b"<":
        body = re.sub(rb"<[?!][^>]*>", b"", re.sub(rb"<!--.*?-->", b"", start[:8192], flags=re.S))
        root = _XML_ROOT.search(body)
        found = root[1] if root else b""
        if found in (b"kml", b"gpx", b"osm", b"osmChange"):
            return 80
        if found in (b"schema", b"cityObjectMember", b"CityModel"):
            return 0
        if b"fgd.gsi.go.jp" in start[:4096]:  # Japan's fundamental geospatial data, if no grid
            return 0 if b"<DEM" in start else 80
        features = found.endswith(b"FeatureCollection") or b"featureMember" in start
        gml = b"opengis.net/gml" in start or b"opengis.net/wfs" in start
        return 40 if features and gml and b"citygml" not in start else 0
    if start[:6].lower() == b"!table" or re.match(rb"version\s+\d+\s+charset", start, re.I):
        return 80
    return _sniff_table(head)


def table_text(start: bytes) -> str | None:
    """Return the start of a file as text, if it may be a table; None for what is no text."""
    sixteen = start[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not sixteen and b"\0" in start[:4096] and start[:4096].count(0) < len(start[:4096]) // 8:
        return None
    if not sixteen and b"\0" not in start[:4096] and not re.search(rb"[,;\t|\xac]", start[:8192]):
        return None
    even = start[: len(start) // 2 * 2]
    # With zero bytes it is UTF-16 or no text: the other encodings are not tried on photographs.
    zeros = b"\0" in start[:4096] and not sixteen
    encoding = utf_16(even) if zeros else detect(even, cut=True)
    if encoding is None or (b"\0" in start[:4096] and not encoding.startswith("utf-16")):
        return None
    return start.decode(encoding, "replace").removeprefix("\ufeff")


def _sniff_table(head: Head) -> int:
    """Claim a table of points or WKT; one that names images is a trajectory, not a layer."""
    text = table_text(head.start)
    if text is None:
        return 0
    dialect = dialect_of(text, whole=len(head.start) < HEAD_BYTES)
    if dialect is None or any(_IMAGE.search(n) for n in dialect.names):
        return 0
    if head.name.endswith((".csv", ".tsv", ".tab")):
        return 30
    place = dialect.position
    # A few numbers beside x, y and z, under another suffix, are a cloud of points.
    return 30 if place.degrees or place.shape >= 0 else 12


def _sniff_sqlite(file: Path) -> int:
    try:
        con = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return 0
    try:
        tables = {str(r[0]).lower() for r in con.execute("SELECT name FROM sqlite_master")}
        if "gpkg_contents" in tables:
            kinds = {r[0] for r in con.execute("SELECT data_type FROM gpkg_contents")}
            return 0 if kinds and kinds <= {"tiles", "2d-gridded-coverage"} else 90
        if {"tiles", "metadata"} <= tables:
            said = dict(con.execute("SELECT name, value FROM metadata").fetchmany(100))
            return 80 if said.get("format") in ("pbf", "mvt") else 0
        return 80 if "geometry_columns" in tables else 0
    except sqlite3.Error:
        return 90 if file.suffix.lower() in (".gpkg", ".sqlite", ".spatialite") else 0
    finally:
        con.close()


def _sniff_kmz(file: Path) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [n.lower() for n in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        return 0
    own = (".kml", ".png", ".jpg", ".jpeg", ".gif", ".dae", ".txt", "/")
    return (
        80
        if any("/" not in n and n.endswith(".kml") for n in names)
        and all(n.endswith(own) for n in names)
        else 0
    )
