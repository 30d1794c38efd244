"""Recognising rasters by their content, and the one driver that may then open each."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cimkit.loaders._spec import HEAD_BYTES, Head

__all__ = ["WORLD", "Format", "head_of", "recognise"]

WORLD = (
    *(".tfw", ".tifw", ".tiffw", ".jgw", ".jpgw", ".jpegw", ".pgw", ".pngw", ".bpw", ".bmpw"),
    *(".gfw", ".gifw", ".wfw", ".webpw", ".j2w", ".jp2w", ".wld"),
)
"""Suffixes of world files; ``.wld`` is for any picture."""
_SETTLED_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of raster."""

    title: str
    """For people; also the format of the asset."""
    drivers: tuple[str, ...]
    """Of GDAL, tried in this order, and no other: some drivers read whatever a text names."""
    media: str = "application/octet-stream"
    """IANA media type."""
    refusal: str = ""
    """Why it is not read; "" if it is."""
    holds: bool = False
    """Whether it holds variables of any shape, and rasters only among them."""
    grid: bool = False
    """Whether it holds the shifts of a coordinate transformation, and no terrain."""


_TIFF = Format("GeoTIFF", ("GTiff",), "image/tiff; application=geotiff")
_JP2 = Format("JPEG 2000", ("JP2OpenJPEG",), "image/jp2")
_HDF5 = Format("HDF5", ("netCDF", "BAG", "HDF5"), "application/x-hdf5", holds=True)
_NETCDF = Format("netCDF", ("netCDF",), "application/netcdf", holds=True)
_VRT = Format("VRT", ("VRT",), "application/xml")
_ENVI, _EHDR = Format("ENVI", ("ENVI",)), Format("Esri band file", ("EHdr",))
_ADF = Format("Esri grid", ("AIG",))
_GRIB = Format("GRIB", ("GRIB",), "application/wmo-grib2")
_ZARR = Format("Zarr", ("Zarr",), "application/vnd+zarr")
_ASCII = Format("ASCII grid", ("AAIGrid",), "text/plain")
_MBTILES = Format("MBTiles", ("MBTiles",), "application/vnd.mapbox-vector-tile")
_GPKG = Format("GeoPackage raster", ("GPKG",), "application/geopackage+sqlite3")
_PMTILES = Format("PMTiles", (), "application/vnd.pmtiles")
_REMOTE = Format(
    "description of a map service",
    (),
    "application/xml",
    "It only says from which address on the network pixels are to be fetched; it holds none.",
)
_WAVELET = "is closed, and no free library reads it; deliver GeoTIFF or JPEG 2000"
_ECW = Format("ECW", (), "image/x-ecw", f"ECW {_WAVELET}.")
_MRSID = Format("MrSID", (), "image/x-mrsid", f"MrSID {_WAVELET}.")
_GEOPDF = Format(
    "GeoPDF",
    (),
    "application/pdf",
    "It is a printed map (GeoPDF) and not data; deliver what it was printed from.",
)
_PCIDSK, _ERS = Format("PCIDSK", ("PCIDSK",)), Format("ERS", ("ERS",), "text/plain")
_ELSEWHERE = "It names the file of its pixels by a place of its maker's; deliver GeoTIFF."
_LINKED = Format("ERS or PCIDSK", (), refusal=_ELSEWHERE)
_APART = Format(
    "header of a picture (MRF, DIMAP)",
    (),
    "application/xml",
    "Its pixels are in other files; pictures that are delivered are read by themselves.",
)
_NTV2 = Format("NTv2 grid", ("NTv2",), grid=True)
_GTX = Format("GTX grid", ("GTX",), grid=True)
_CTABLE = Format("CTable2 grid", ("CTable2",), grid=True)
_ISG = Format("ISG geoid", ("ISG",), "text/plain", grid=True)

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"II*\0", _TIFF),
    (b"MM\0*", _TIFF),
    (b"II+\0", _TIFF),
    (b"MM\0+", _TIFF),
    (b"\0\0\0\x0cjP  ", _JP2),
    (b"\xff\x4f\xff\x51", _JP2),
    (b"EHFA_HEADER_TAG", Format("ERDAS IMAGINE", ("HFA",))),
    (b"CDF\x01", _NETCDF),
    (b"CDF\x02", _NETCDF),
    (b"CDF\x05", _NETCDF),
    (b"GRIB", _GRIB),
    (b"UHL1", Format("DTED", ("DTED",))),
    (b"NITF", Format("NITF", ("NITF",), "image/nitf")),
    (b"RUU CROSS SYSTEM MAP FORMAT", Format("PCRaster", ("PCRaster",))),
    (b"DSAA", Format("Surfer grid", ("GSAG",), "text/plain")),
    (b"DSBB", Format("Surfer grid", ("GSBG",))),
    (b"DSRB", Format("Surfer grid", ("GS7BG",))),
    (b"HGPC1", Format("Northwood grid", ("NWT_GRD",))),
    (b"binterr1", Format("Binary terrain", ("BT",))),
    (b"NUM_OREC", _NTV2),
    (b"CTABLE V2", _CTABLE),
    (b"begin_of_head", _ISG),
    (b"msid", _MRSID),
    (b"PMTiles", _PMTILES),
)
_IMAGES: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format("JPEG", ("JPEG",), "image/jpeg")),
    (b"\x89PNG\r\n", Format("PNG", ("PNG",), "image/png")),
    (b"BM", Format("BMP", ("BMP",), "image/bmp")),
    (b"GIF8", Format("GIF", ("GIF",), "image/gif")),
)
_WEBP = Format("WebP", ("WEBP",), "image/webp")
_BULLETIN = re.compile(rb"[*\x01\s\d]{0,32}[A-Z]{4}\d\d [A-Z]{4} \d{6}.{0,64}?GRIB.{3}[\1\2]", re.S)
"""The heading of a bulletin, as weather services put it before a message."""
_REMOTES = (
    *(b"<GDAL_W", b"<GDAL_TMS", b"<WMS_", b"<WMT_", b"<WCS_GDAL", b"<WMTSCap"),
    *(b"<TileMapService", b"<WMS_Tile_Service"),
)
_HGT = re.compile(r"[ns]\d\d[ew]\d\d\d.*\.hgt")
_SRTM = Format("SRTM HGT", ("SRTMHGT",))
_USGS = Format("USGS DEM", ("USGSDEM",), "text/plain")
_IDRISI = Format("Idrisi", ("RST",))
_GRASS = Format("GRASS ASCII grid", ("GRASSASCIIGrid",), "text/plain")
_R = Format("R raster", ("RRASTER",), "text/plain")
_SAGA = Format("SAGA grid", ("SAGA",))
_GRID_TEXT = re.compile(
    rb"\s*(ncols|nrows|[xy]ll(corner|center|centre)|cellsize|dx|dy)\s+[-+.,\deE]+\s", re.I
)
_GRASS_TEXT = re.compile(rb"\s*(north|south|east|west|rows|cols)\s*:\s*\S+\s", re.I)


def recognise(head: Head) -> tuple[Format, int] | None:
    """Return the format of a file or folder, and how sure that is from 1 to 100; None: no raster.

    A picture (JPEG, PNG, BMP, GIF, WebP) is a raster only where a sidecar georeferences it.
    """
    if head.is_dir:
        return _folder(head.file)
    start = head.start
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return _certain(kind, head)
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return (_NETCDF if b"_NCProperties" in start else _HDF5), 40
    for magic, kind in _IMAGES:
        if start.startswith(magic):
            return (kind, 90) if _georeferenced(head.file) else None
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return (_WEBP, 90) if _georeferenced(head.file) else None
    if start.startswith(b"SQLite format 3\0"):
        return _database(head.file)
    if start.startswith(b"PCIDSK  "):
        return (_LINKED if start[304:308] == b"FILE" else _PCIDSK), 80
    if _BULLETIN.match(start):
        return _GRIB, 80
    return _text(head) or _by_name(head)


def _certain(kind: Format, head: Head) -> tuple[Format, int] | None:
    if kind is _PMTILES and head.start[99:100] not in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return None  # tiles of vectors
    return kind, 80


def _text(head: Head) -> tuple[Format, int] | None:
    start = head.start.lstrip(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        beginning = re.sub(rb"<\?[^>]*\?>|<!--.*?-->", b"", start[:4096], flags=re.S).lstrip()
        if beginning.startswith(b"<VRTDataset"):
            return _VRT, 90
        if beginning.startswith((b"<MRF_META", b"<Dimap_Document")):
            return _APART, 80
        return (_REMOTE, 80) if beginning.startswith(_REMOTES) else None
    if start.startswith(b"DatasetHeader Begin"):
        return (_LINKED if b"DataFile" in start else _ERS), 80
    if _GRID_TEXT.match(start) and len(_keywords(start, _GRID_TEXT)) >= 3:
        return _ASCII, 80
    if _GRASS_TEXT.match(start) and len(_keywords(start, _GRASS_TEXT)) >= 4:
        return _GRASS, 80
    if start.startswith(b"[general]") and b"[georeference]" in start and b"[data]" in start:
        return _R, 85
    if start.startswith(b"%PDF") and (b"/LGIDict" in start or b"/GPTS" in start):
        return _GEOPDF, 60
    return None


def _keywords(start: bytes, pattern: re.Pattern[bytes]) -> set[bytes]:
    lines = start[:1024].splitlines()[:10]
    return {found[1].lower() for line in lines if (found := pattern.match(line + b"\n"))}


def _by_name(head: Head) -> tuple[Format, int] | None:
    name, size = head.name, head.file.stat().st_size
    if _HGT.fullmatch(name) and size in (2 * 1201**2, 2 * 3601**2, 2 * 1201 * 3601):
        return _SRTM, 90
    if name.endswith(".gtx") and _gtx_size(head.start) == size:
        return _GTX, 85
    if name.endswith(".ecw") and not head.start.isascii():
        return _ECW, 60
    if name.endswith(".rst") and head.file.with_suffix(".rdc").is_file():
        return _IDRISI, 85
    if name.endswith(".sdat") and head.file.with_suffix(".sgrd").is_file():
        return _SAGA, 85
    start = head.start
    if start[150:156] == b"     1" and start[156:162] in (b"     0", b"     1", b"     2"):
        return _USGS, 80
    if start[80:84] == b"UHL1" or start[160:164] == b"UHL1":
        return Format("DTED", ("DTED",)), 80
    headed = _headed(head)
    return None if headed is None else (headed, 50)


def _gtx_size(start: bytes) -> int:
    """Bytes that a GTX file has by its header: 40, and four for each of rows times columns."""
    rows, columns = int.from_bytes(start[32:36], "big"), int.from_bytes(start[36:40], "big")
    return 40 + 4 * rows * columns


def _headed(head: Head) -> Format | None:
    """Tell whether a text beside it says how the pixels of a file lie: ENVI's or Esri's .hdr."""
    plain = head.start[:2048]
    if plain.isascii() and b"\0" not in plain:
        return None
    upper = head.file.with_suffix(".HDR")
    for beside in (head.file.with_suffix(".hdr"), upper, Path(f"{head.file}.hdr")):
        if beside != head.file and beside.is_file():
            with beside.open("rb") as opened:
                said = opened.read(4096).lower()
            if said.startswith(b"envi"):
                return _ENVI
            return _EHDR if b"nrows" in said and b"ncols" in said else None
    return None


def _georeferenced(file: Path) -> bool:
    there, stem = _beside(file.parent), file.stem
    if any(f"{stem}{e}" in there or f"{stem}{e.upper()}" in there for e in WORLD):
        return True
    tab = file.with_suffix(".tab")
    if tab.name in there and b'"raster"' in tab.read_bytes()[:4096].lower():
        return True
    pam = Path(f"{file}.aux.xml")
    return pam.name in there and (
        b"<GeoTransform>" in (said := pam.read_bytes()[:1_000_000]) or b"<GCPList" in said
    )


def _beside(folder: Path) -> frozenset[str]:
    """Return the names in a folder: of thousands of photographs each asks for dozens of them."""
    changed = folder.stat().st_mtime_ns
    settled = time.time_ns() - changed > _SETTLED_NS  # later, a change would not show in its time
    return _listed(folder, changed) if settled else frozenset(os.listdir(folder))


@lru_cache(maxsize=16)
def _listed(folder: Path, _changed_ns: int) -> frozenset[str]:
    return frozenset(os.listdir(folder))


def _database(file: Path) -> tuple[Format, int] | None:
    """Recognise MBTiles with pictures, and GeoPackages with nothing but tiles."""
    try:  # immutable: else SQLite would leave -shm beside a database in WAL mode
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)
    except sqlite3.Error:
        return None
    try:
        names = {n for (n,) in connection.execute("SELECT name FROM sqlite_master LIMIT 10000")}
        if "gpkg_contents" in names:
            held = {k for (k,) in connection.execute("SELECT data_type FROM gpkg_contents")}
            return (_GPKG, 85) if held and held <= {"tiles", "2d-gridded-coverage"} else None
        if {"metadata", "tiles"} <= names:
            query = "SELECT value FROM metadata WHERE name = 'format'"
            form = connection.execute(query).fetchone()
            return None if form and form[0] in ("pbf", "mvt") else (_MBTILES, 85)
    except sqlite3.Error:
        return None  # a broken database: the loader of vectors says so
    finally:
        connection.close()
    return None


def _folder(folder: Path) -> tuple[Format, int] | None:
    if (folder / "hdr.adf").is_file() and (folder / "w001001.adf").is_file():
        return _ADF, 90
    if any((folder / n).is_file() for n in (".zgroup", ".zarray", ".zmetadata", "zarr.json")):
        return _ZARR, 90
    return None


def head_of(file: Path) -> Head:
    """Return what a loader sees of a file to recognise it."""
    if file.is_dir():
        return Head(file, file.name.lower(), b"", is_dir=True)
    with file.open("rb") as opened:
        return Head(file, file.name.lower(), opened.read(HEAD_BYTES))
