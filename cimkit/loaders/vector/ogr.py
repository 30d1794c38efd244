"""Vector formats that GDAL reads, as streams of Arrow batches, without ever writing beside them."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.kept import Kept
from cimkit.loaders._layers.table import Opened, Relations, Table, distinct
from cimkit.loaders._layers.times import Times
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.container import describe_geodatabase, describe_geopackage
from cimkit.loaders.vector.counted import unread
from cimkit.loaders.vector.gdal import Plan
from cimkit.loaders.vector.geojson import foreign_members, numbered, other_crs
from cimkit.loaders.vector.gml import nothing_in, references
from cimkit.loaders.vector.gmlshapes import further_shapes
from cimkit.loaders.vector.plan import plan
from cimkit.loaders.vector.relationships import joins_of
from cimkit.loaders.vector.rescue import sound_features
from cimkit.loaders.vector.rowstream import batches_of
from cimkit.model import Problem, Source

__all__ = ["open_ogr"]

_FORMATS = {
    "ESRI Shapefile": ("Shapefile", "application/vnd.shp"),
    "GPKG": ("GeoPackage", "application/geopackage+sqlite3"),
    "GeoJSON": ("GeoJSON", "application/geo+json"),
    "GeoJSONSeq": ("GeoJSONSeq", "application/geo+json-seq"),
    "TopoJSON": ("TopoJSON", "application/json"),
    "FlatGeobuf": ("FlatGeobuf", "application/vnd.flatgeobuf"),
    "OpenFileGDB": ("File Geodatabase", "application/x-filegdb"),
    "GML": ("GML", "application/gml+xml"),
    "GPX": ("GPX", "application/gpx+xml"),
    "ESRIJSON": ("Esri JSON", "application/json"),
    "JSONFG": ("JSON-FG", "application/vnd.ogc.fg+json"),
    "S57": ("S-57", "application/x-s57"),
    "DGN": ("DGN", "application/x-dgn"),
    "AVCBin": ("ArcInfo coverage", "application/octet-stream"),
    "OGR_GMT": ("GMT", "text/plain"),
    "GeoRSS": ("GeoRSS", "application/rss+xml"),
    "JML": ("JML", "application/xml"),
    "MapML": ("MapML", "text/mapml"),
    "AVCE00": ("E00", "application/x-e00"),
    "PMTiles": ("PMTiles", "application/vnd.pmtiles"),
    "MBTiles": ("MBTiles", "application/vnd.mapbox-vector-tile"),
    "SQLite": ("SpatiaLite", "application/vnd.sqlite3"),
    "MapInfo File": ("MapInfo", "application/x-mapinfo"),
}
_ASSUMED = {"GeoJSON", "GeoJSONSeq", "GPX"}
"""Formats whose CRS is laid down by their standard."""
_SINGLE = {"GeoJSON", "GeoJSONSeq", "ESRIJSON"}
"""Formats of JSON with one layer."""
_TILES = {"MBTiles", "PMTiles", "MVT"}
_TIMES = {"GPX": Times("time")}
_Bounds = tuple[float, float, float, float]


@contextmanager
def open_ogr(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a source with GDAL; a copy is opened where GDAL would write beside it.

    Raises
    ------
    SourceUnreadable
        If GDAL finds nothing it can read.
    """
    import pyogrio

    with tempfile.TemporaryDirectory(prefix="cimkit-ogr-") as name, _scratch(name):
        how = plan(source, options, Path(name))
        try:
            infos = _infos(how, Path(name))
        except (
            pyogrio.errors.DataSourceError,
            pyogrio.errors.DataLayerError,
            UnicodeDecodeError,  # names of its fields
            UnboundLocalError,  # what pyogrio makes of it in the names of a CRS
        ) as error:
            raise SourceUnreadable(
                "GDAL cannot read it",
                where=source.path,
                got=str(error).replace(name, ""),
                mend=" ".join(dict.fromkeys(p.hint for p in how.problems if p.hint)),
            ) from error
        if not any(info["features"] for info in infos) and how.file.name == "layer.gml":
            nothing_in(how.file, source)
            if not infos:  # GDAL makes no layer of a collection without features
                yield Opened(*_FORMATS["GML"], [_empty(source)], problems=how.problems)
                return
        if not infos:
            raise SourceUnreadable("it has no layers", where=source.path)
        driver = str(infos[0]["driver"])
        how.driver = driver
        title, media = _FORMATS.get(driver, (driver, "application/octet-stream"))
        if title == "Shapefile" and source.file.suffix.lower() == ".dbf":
            title, media = "dBASE", "application/x-dbf"
        how.properties |= _described(how, driver)
        how.problems += unread(how, driver, infos)
        if driver in _TILES:
            how.problems.append(
                Problem(
                    "tiles-cut",
                    "Its objects were cut at the borders of tiles and simplified; the finest "
                    "level is read.",
                    place=source.path,
                )
            )
        row_ids = {str(i["layer_name"]): str(i["fid_column"]) for i in infos}
        joins = joins_of(how, how.properties.get("relationships", []), row_ids)
        yield Opened(
            title,
            media,
            [_table(how, info, driver, source) for info in infos],
            how.shown,
            how.origin,
            problems=how.problems,
            properties=how.properties,
            relations=_relations(how, infos, Path(name)),
            joins=joins,
        )


@contextmanager
def _scratch(folder: str) -> Iterator[None]:
    """Have GDAL keep its own temporary files here, and nowhere after."""
    import pyogrio

    pyogrio.set_gdal_config_options({"CPL_TMPDIR": folder})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"CPL_TMPDIR": None})


def _relations(how: Plan, infos: list[dict[str, Any]], scratch: Path) -> Relations | None:
    """Return what reads the relations of a format; of GML, also tell what GDAL leaves out."""
    if how.driver != "GML":
        return None
    read = sum(int(info["features"]) for info in infos)
    how.further, problems = further_shapes(how.file, scratch, read)
    how.problems += problems
    return partial(references, how.file)


def _described(how: Plan, driver: str) -> dict[str, Any]:
    """Return what a database says of its tables beyond their rows."""
    import pyogrio.raw

    if driver == "GPKG":
        return describe_geopackage(how.file)
    if driver in ("GeoJSON", "JSONFG"):
        said, left_out = foreign_members(how.file)
        how.problems += [left_out] if left_out is not None else []
        return said
    if driver != "OpenFileGDB":
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's remarks
            _, items = pyogrio.raw.read_arrow(
                how.file, layer="GDB_Items", columns=["Definition"], LIST_ALL_TABLES="YES"
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return {}  # older than ArcGIS 10: it has other tables for this
    texts = items.column("Definition").cast(pa.binary()).to_pylist()
    return describe_geodatabase([t.decode("utf-8", "replace") for t in texts if t])


def _infos(how: Plan, scratch: Path) -> list[dict[str, Any]]:
    """Return what GDAL says of the layers; of broken JSON, those of the features that are whole."""
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's remarks on M values and odd names
            if how.is_json:  # each time GDAL opens it, it reads all of it
                info = _info(how, None)
                if info["driver"] in _SINGLE:
                    return [info]
            return [_info(how, str(layer[0])) for layer in pyogrio.list_layers(how.file)]
    except pyogrio.errors.DataSourceError:
        saved = sound_features(how.file, scratch) if how.is_json else None
        if saved is None:
            raise
        how.file, damage = saved
        how.is_json = False
        how.problems.append(damage)
        return _infos(how, scratch)


def _info(how: Plan, layer: str | None) -> dict[str, Any]:
    import pyogrio

    def ask(*, counted: bool) -> dict[str, Any]:
        info: dict[str, Any] = pyogrio.read_info(
            how.file,
            layer=layer,
            encoding=how.encoding,
            force_feature_count=counted,
            force_total_bounds=counted,
            **how.options,
        )
        return info

    try:
        info = ask(counted=True)
        if info["driver"] not in _TILES:  # of which GDAL counts some features twice
            return info
    except pyogrio.errors.DataLayerError:  # a damaged row, maybe: the others are counted here
        info = ask(counted=False)
    rows = batches_of(how, layer or str(info["layer_name"]), False, list(map(str, info["fields"])))(
        None
    )
    return info | {"features": sum(batch.num_rows for batch in rows)}


def _table(how: Plan, info: dict[str, Any], driver: str, source: Source) -> Table:
    geometry = info["geometry_type"] or ""
    crs = info["crs"]
    if crs and ("Undefined" in crs or "Unknown engineering" in crs):
        crs = None  # what GDAL calls a GeoPackage's "not known"
    assumed = driver in _ASSUMED and not _says_crs(source.file)
    if driver == "GeoJSON" and crs in ("EPSG:4326", "OGC:CRS84"):
        crs = other_crs(source.file) or crs  # GDAL takes WGS 84 for a name it does not know
    bounds = info["total_bounds"]
    if not info["features"] or (bounds is not None and not any(bounds)):
        bounds = None  # an empty shapefile says 0, 0, 0, 0
    said = list(
        zip(distinct(list(map(str, info["fields"]))), map(_type, info["ogr_types"]), strict=True)
    )
    how.ids = driver.startswith("GeoJSON") and numbered(source.file, [n for n, _ in said])
    if how.ids:
        said = [("id", "integer64"), *said]
    return Table(
        name=how.layer or str(info["layer_name"]),
        features=int(info["features"]) - how.fewer,
        geometry_type=geometry,
        crs=crs,
        crs_origin="none" if not crs else "assumed" if assumed else "declared",
        fields=tuple(said),
        bounds=None if bounds is None else cast("_Bounds", tuple(map(float, bounds))),
        batches=batches_of(
            how, str(info["layer_name"]), bool(geometry), list(map(str, info["fields"]))
        ),
        key_field="id" if how.ids else None,
        times=_TIMES.get(driver, Times()),
        row_id=info["fid_column"] if info["layer_name"] in how.rowed else None,
    )


def _empty(source: Source) -> Table:
    return Table(source.file.stem, 0, "", None, "none", (), None, Kept(()).batches)


def _type(ogr: str) -> str:
    return ogr.removeprefix("OFT").lower()


def _says_crs(file: Path) -> bool:
    if not file.is_file():
        return True
    with file.open("rb") as opened:
        return b'"crs"' in opened.read(65_536)
