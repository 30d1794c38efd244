"""Rasters: elevation models, orthophotos and whatever else GDAL reads as a grid of pixels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import STAGED, Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="raster", kind="raster", title="Raster", version=3)

_MAGIC = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\0\0\0\x0cjP  ",
    b"EHFA_HEADER_TAG",
    b"CDF\x01",
    b"CDF\x02",
    b"CDF\x05",
    b"GRIB",
    b"UHL1",
    b"NITF",
    b"RUU CROSS SYSTEM MAP FORMAT",
    b"DSAA",
    b"DSBB",
    b"DSRB",
    b"binterr1",
)
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n")
_HGT = re.compile(r"[ns]\d\d[ew]\d\d\d.*\.hgt")
_WORLD = (".tfw", ".tifw", ".jgw", ".jpgw", ".jpegw", ".pgw", ".pngw", ".wld", ".j2w")
_MEDIA = {
    "GTiff": ("GeoTIFF", "image/tiff; application=geotiff"),
    "COG": ("GeoTIFF", "image/tiff; application=geotiff; profile=cloud-optimized"),
    "JPEG": ("JPEG", "image/jpeg"),
    "PNG": ("PNG", "image/png"),
    "JP2OpenJPEG": ("JPEG 2000", "image/jp2"),
    "SRTMHGT": ("SRTM HGT", "application/octet-stream"),
    "AAIGrid": ("Esri ASCII grid", "text/plain"),
    "netCDF": ("netCDF", "application/netcdf"),
}


def sniff(head: Head) -> int:
    """Recognise rasters; a JPEG or PNG only where a sidecar georeferences it."""
    start = head.start
    if start.startswith(_MAGIC):
        return 80
    if start.startswith(_IMAGES):
        return 90 if _georeferenced(head.file) else 0
    if _HGT.fullmatch(head.name) and head.file.stat().st_size in (2 * 1201**2, 2 * 3601**2):
        return 90
    if re.match(rb"\s*ncols\s+\d+\s+nrows\s+\d+", start, re.IGNORECASE):
        return 80
    if start.startswith(b"SQLite format 3\0") and b"gpkg_tile_matrix" in start:
        return 60
    return 50 if _headed(head) else 0


def _headed(head: Head) -> bool:
    """Tell whether a text beside it says how the pixels of a file lie: ENVI's or Esri's .hdr."""
    if head.is_dir or head.start.isascii():
        return False
    for beside in (head.file.with_suffix(".hdr"), head.file.with_name(head.file.name + ".hdr")):
        if beside != head.file and beside.is_file():
            with beside.open("rb") as opened:
                said = opened.read(4096).lower()
            return said.startswith(b"envi") or (b"nrows" in said and b"ncols" in said)
    return False


def _georeferenced(file: Path) -> bool:
    if any(file.with_suffix(e).exists() for e in _WORLD):
        return True
    pam = file.with_name(file.name + ".aux.xml")
    return pam.exists() and b"<GeoTransform>" in pam.read_bytes()[:1_000_000]


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the world file, overviews, mask and GDAL's notes of a raster."""
    stem = str(PurePosixPath(path).with_suffix(""))
    beside = (*_WORLD, ".prj", ".hdr", ".stx", ".clr", ".aux", ".rrd", ".ige", ".aux.xml")
    names = [f"{stem}{e}" for e in beside]
    names += [n.upper() if n == stem else f"{stem}{e.upper()}" for e in _WORLD for n in (stem,)]
    names += [f"{path}{e}" for e in (".aux.xml", ".ovr", ".msk", ".xml", ".hdr")]
    return {n for n in names if n in listing and n != path}


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say how large it is, what its bands hold and where it lies; read pixels to know it opens.

    Raises
    ------
    SourceUnreadable
        If GDAL cannot open it, or some of the pixels cannot be decoded.
    """
    from cimkit.loaders._placing import place
    from cimkit.loaders.raster.open import footprint, georeference, open_raster, try_pixels

    with open_raster(source) as (dataset, problems):
        heights = None
        if options.depth != "header":
            heights = try_pixels(dataset, source, whole=options.depth == "full")
        said, bounds = georeference(dataset)
        declared = options.declared.crs
        if bounds is None:
            problems.append(
                Problem(
                    "georeference-missing",
                    "It does not say where its pixels lie; it is not placed.",
                    "error",
                    hint="Deliver it as GeoTIFF, or with its world file.",
                )
            )
        origin = "sheet" if declared else "declared"
        placed = place("", declared or said, origin, bounds, source)
        problems += placed.problems
        shape = footprint(dataset, placed.crs) if bounds and placed.crs else None
        properties = _properties(dataset, source)
        box: tuple[float, ...] | None = bounds
        if bounds and heights and properties["class"] == "dem":
            box = (*bounds[:2], heights[0], *bounds[2:], heights[1])
        title, media = _MEDIA.get(dataset.driver, (dataset.driver, "application/octet-stream"))
        return Asset(
            path=source.path,
            kind="raster",
            format=title,
            media_type=media,
            counts={"width": dataset.width, "height": dataset.height, "bands": dataset.count},
            crs=placed.name,
            crs_origin=cast("Any", placed.origin if placed.name else "none"),
            vertical_datum=options.declared.vertical_datum,
            epoch=options.declared.epoch,
            bbox=box,
            bbox_wgs84=None if shape is None else shape.bounds,
            footprint=None if shape is None else shape.wkb,
            observed_start=options.declared.observed,
            observed_end=options.declared.observed,
            properties=properties,
            problems=tuple(problems),
        )


def _properties(dataset: Any, source: Source) -> dict[str, Any]:
    return {
        "class": _class(dataset, source),
        "dtype": dataset.dtypes[0] if dataset.count else None,
        "nodata": None if dataset.nodata is None else repr(float(dataset.nodata)),
        "resolution": [abs(v) for v in dataset.res],
        "compression": dataset.profile.get("compress"),
        "tiled": bool(dataset.profile.get("tiled")),
        "overviews": dataset.overviews(1) if dataset.count else [],
        "colour": [c.name for c in dataset.colorinterp],
        "rotated": not dataset.transform.is_rectilinear,
        "area_or_point": dataset.tags().get("AREA_OR_POINT"),
    }


def _class(dataset: Any, source: Source) -> str:
    """Tell elevation from pictures: by format, unit and name, and never by the numbers alone."""
    colours = {c.name for c in dataset.colorinterp}
    if {"red", "green", "blue"} <= colours:
        return "orthophoto"
    name = PurePosixPath(source.path).name.lower()
    metric = dataset.count == 1 and (dataset.units[0] or "").lower() in ("m", "metre", "meter")
    named = re.search(r"(?<![a-z])(dem|dtm|dsm|mnt|dgm|elevation)(?![a-z])|高程|標高|地形", name)
    heights = dataset.count == 1 and dataset.dtypes[0] in ("int16", "int32", "float32", "float64")
    if heights and (metric or named or dataset.driver in ("SRTMHGT", "DTED", "USGSDEM")):
        return "dem"
    return "raster"


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give one object, the footprint, and the range of values of each band as measures."""
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.vector import boxes, content_hash, measures, write_wkb
    from cimkit.loaders.raster.open import band_ranges, open_raster, outline

    with open_raster(source) as (dataset, _):
        ranges = band_ranges(dataset)
        ring = outline(dataset, 1)
    said = asset.properties
    low, high = ranges[0] if said["class"] == "dem" and ranges else (None, None)
    own = np.array([shapely.Polygon(ring) if asset.bbox else None], dtype=object)
    placed = np.array([shapely.from_wkb(asset.footprint) if asset.footprint else None], object)
    area = measures(own, parse_crs(asset.crs) if asset.footprint and asset.crs else None)[0]
    text = json.dumps({**asset.counts, **said, "sha256": asset.sha256})
    wkb = write_wkb(own)
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": asset.sha256 or source.path,
        "key_origin": "sha256",
        "source_class": said["class"],
        "kind": "raster",
        "name": PurePosixPath(source.path).stem,
        "geometry": write_wkb(placed)[0].as_py(),
        "bbox": boxes(placed)[0].as_py(),
        "z_min": low,
        "z_max": high,
        "area_m2": None if np.isnan(area[0]) else float(area[0]),
        "position_origin": _origin(asset),
        "properties": json.dumps({**asset.counts, **said}),
        "content_hash": content_hash(wkb, pa.array([text]))[0].as_py(),
    }
    yield "objects", _rows("objects", [row])
    if asset.bbox:
        outline_row = {k: row[k] for k in ("source_layer", "source_key")}
        outline_row |= {"geometry_type": "Polygon", "crs": asset.crs, "wkb": wkb[0].as_py()}
        yield "geometries", _rows("geometries", [outline_row])
    yield (
        "measures",
        _rows(
            "measures",
            [
                {"source_layer": "", "name": f"band_{n}", "cell": f"band {i}", "value": value}
                for i, pair in enumerate(ranges, 1)
                for n, value in zip(("minimum", "maximum"), pair, strict=True)
            ],
        ),
    )


def _origin(asset: Asset) -> str:
    if asset.footprint is None:
        return "none"
    return "sheet" if asset.crs_origin == "sheet" else "file"


def _rows(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=STAGED[name])
