"""Vector layers: everything GDAL reads, and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cimkit.loaders._spec import HEAD_BYTES, LoaderSpec, ReadOptions
from cimkit.loaders.vector.rarer import coverage, refuse
from cimkit.loaders.vector.sniff import sniff
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="vector", kind="gis", title="Vector layers", version=12)

_SIDECARS = ".shx .dbf .prj .cpg .sbn .sbx .qix .qpj .fbn .fbx .ain .aih .atx .ixs .mxs .idm .ind"


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the other files of a shapefile or of MapInfo, and schemas and styles beside it."""
    stem = str(PurePosixPath(path).with_suffix(""))
    suffix = PurePosixPath(path).suffix.lower()
    endings = [".qml", ".sld", ".qmd"]
    if suffix == ".shp":
        endings += _SIDECARS.split()
    elif suffix == ".dbf":
        endings += [".cpg"]
    elif suffix in (".tab", ".mif"):
        endings += [".mid", ".dat", ".map", ".id", ".ind"]
    elif suffix in (".gml", ".xml"):
        endings += [".xsd", ".gfs"]
    elif suffix in (".csv", ".tsv", ".txt"):
        endings += [".csvt", ".prj"]
    if suffix in (".dbf", ".shp"):
        endings += [".dbt", ".fpt"]
    elif suffix in (".pnt", ".arc", ".pol"):
        endings += [".mmm"]
    names = [f"{stem}{e}" for x in endings for e in (x, x.upper(), f".{x[1:].capitalize()}")]
    if suffix == ".shp":  # on the disks of their makers, the case of a name does not count
        folder = stem[: len(stem) - len(PurePosixPath(stem).name)]
        own = PurePosixPath(stem).name
        stems = {f"{folder}{own.upper()}", f"{folder}{own.lower()}"}
        names += [f"{s}{e}" for s in stems for x in _SIDECARS.split() for e in (x, x.upper())]
    names += [f"{path}{e}" for e in (".xml", "-wal", "-shm", "-journal")]
    if file.is_dir() and coverage(file):  # its tables stand in a folder beside it
        tables = f"{path.rpartition('/')[0]}/info/".lstrip("/")
        names += [n for n in listing if n.lower().startswith(tables.lower())]
    return {n for n in names if n in listing and n != path}


def _open(source: Source, options: ReadOptions) -> AbstractContextManager[Opened]:
    from cimkit.loaders.vector.names import suffix_of
    from cimkit.loaders.vector.sniff import STREAM, is_partitioned, table_text
    from cimkit.loaders.vector.texttable import dialect_of, open_text
    from cimkit.loaders.vector.workbook import is_workbook, open_workbook

    if source.file.is_file():
        with source.file.open("rb") as opened:
            start = opened.read(HEAD_BYTES)
        refuse(source, start)
        if start.startswith((b"PAR1", b"ARROW1", STREAM)):
            from cimkit.loaders.vector.parquet import open_parquet

            return open_parquet(source, options)
        workbook = is_workbook(start)
        if workbook is not None:
            return open_workbook(source, options, workbook)
        if suffix_of(start) in (".kml", ".kmz"):
            from cimkit.loaders.vector.kml import open_kml

            return open_kml(source, options)
        if suffix_of(start) in (".pbf", ".osm"):
            from cimkit.loaders.vector.osmlayers import open_osm

            return open_osm(source, options)
        if b"fgd.gsi.go.jp" in start[:4096]:
            from cimkit.loaders.vector.fgd import open_fgd

            return open_fgd(source, options)
        text = table_text(start) if start.lstrip()[:1] not in (b"{", b"<") else None
        if text is not None and dialect_of(text, whole=len(start) < HEAD_BYTES) is not None:
            return open_text(source, options)
    elif coverage(source.file):
        refuse(source, b"")
    elif is_partitioned(source.file):
        from cimkit.loaders.vector.parquet import open_parquet

        return open_parquet(source, options)
    from cimkit.loaders.vector.ogr import open_ogr

    return open_ogr(source, options)


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say which layers there are, how many rows they have, and where they lie.

    Raises
    ------
    SourceUnreadable
        If the source, or all of its geometry, cannot be read.
    """
    from cimkit.loaders._layers.held import probed

    return probed(_open, source, options)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give the rows of all layers, in the order of the source.

    Raises
    ------
    SourceUnreadable
        If the source cannot be read to its end.
    """
    from cimkit.loaders._layers.asset import rows_of
    from cimkit.loaders._layers.held import reopened

    with reopened(_open, source, options) as opened:
        yield from rows_of(opened, source, asset, options)
