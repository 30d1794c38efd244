"""Recognising vector data by its content."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path

from cimkit.loaders._delivery.encoding import detect
from cimkit.loaders._spec import Head
from cimkit.loaders.vector.dbf import is_dbf
from cimkit.loaders.vector.plan import LATITUDE, LONGITUDE

__all__ = ["sniff"]

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
        return 90 if (head.file / "a00000001.gdbtable").is_file() else 0
    if start[:4] == b"\x00\x00\x27\x0a":
        return 0 if name.endswith(".shx") else 90
    if start.startswith((b"fgb\x03fgb", b"PAR1")):
        return 90
    if start.startswith(b"SQLite format 3\0"):
        return _sniff_sqlite(head.file)
    if start[:4] == b"PK\x03\x04":
        return _sniff_kmz(head.file)
    if start[4:15] == b"\x0a\x09OSMHeader":
        return 90
    return _sniff_text(head) or _sniff_dbf(head)


def _sniff_dbf(head: Head) -> int:
    return 50 if is_dbf(head.start) and head.name.endswith(".dbf") else 0


def _sniff_text(head: Head) -> int:
    start = head.start.lstrip(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"\x1e"):
        if b'"stac_version"' in start or b'"CityJSON' in start:
            return 0
        return 60 if _GEOJSON.search(start) else 0
    if start[:1] == b"<":
        body = re.sub(rb"<[?!][^>]*>", b"", re.sub(rb"<!--.*?-->", b"", start[:8192], flags=re.S))
        root = _XML_ROOT.search(body)
        found = root[1] if root else b""
        if found in (b"kml", b"gpx", b"osm"):
            return 80
        features = found.endswith(b"FeatureCollection") or b"featureMember" in start
        gml = b"opengis.net/gml" in start or b"opengis.net/wfs" in start
        return 40 if features and gml and b"citygml" not in start else 0
    if start[:6].lower() == b"!table" or re.match(rb"version\s+\d+\s+charset", start, re.I):
        return 80
    return _sniff_csv(start, head.name)


def _sniff_csv(start: bytes, name: str) -> int:
    """Claim a table of points or WKT; one that names images is a trajectory, not a layer."""
    if not name.endswith((".csv", ".tsv")):
        return 0
    line = start.split(b"\n", 1)[0].strip()
    header = line.decode(detect(line), "replace")
    columns = {c.strip(' "').lower() for c in re.split(r"[,;\t|]", header)}
    if any(_IMAGE.search(c) for c in columns):
        return 0
    point = columns & set(LONGITUDE.split(",")) and columns & set(LATITUDE.split(","))
    return 30 if point or columns & {"wkt", "the_geom", "geom", "geometry"} else 0


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
        return 80 if "geometry_columns" in tables else 0
    except sqlite3.Error:
        return 90 if file.suffix.lower() == ".gpkg" else 0
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
