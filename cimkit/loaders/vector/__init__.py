"""Vector layers: everything GDAL reads, and Parquet."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from cimkit.loaders._spec import LoaderSpec, ReadOptions
from cimkit.loaders.vector.sniff import sniff
from cimkit.model import Asset, Layer, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._placing import Box, Placed
    from cimkit.loaders.vector.table import Opened, Table

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="vector", kind="gis", title="Vector layers", version=4)

_SIDECARS = ".shx,.dbf,.prj,.cpg,.sbn,.sbx,.qix,.qpj,.fbn,.fbx,.ain,.aih,.atx,.ixs,.mxs,.idm,.ind"


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the other files of a shapefile or of MapInfo, and schemas and styles beside it."""
    stem = str(PurePosixPath(path).with_suffix(""))
    suffix = PurePosixPath(path).suffix.lower()
    endings = [".qml", ".sld", ".qmd"]
    if suffix == ".shp":
        endings += _SIDECARS.split(",")
    elif suffix == ".dbf":
        endings += [".cpg"]
    elif suffix in (".tab", ".mif"):
        endings += [".mid", ".dat", ".map", ".id", ".ind"]
    elif suffix in (".gml", ".xml"):
        endings += [".xsd", ".gfs"]
    names = [f"{stem}{e}" for e in endings] + [f"{stem}{e.upper()}" for e in endings]
    names += [f"{path}{e}" for e in (".xml", "-wal", "-shm", "-journal")]
    return {n for n in names if n in listing and n != path}


def _open(source: Source, options: ReadOptions) -> AbstractContextManager[Opened]:
    from cimkit.errors import SourceUnreadable

    if source.file.is_file():
        with source.file.open("rb") as opened:
            start = opened.read(6)
        if start[:4] == b"PAR1":
            from cimkit.loaders.vector.parquet import open_parquet

            return open_parquet(source, options)
        if re.match(rb"AC10\d\d", start):
            raise SourceUnreadable(
                "DWG cannot be read", where=source.path, mend="Deliver it as DXF or GeoPackage."
            )
    from cimkit.loaders.vector.ogr import open_ogr

    return open_ogr(source, options)


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say which layers there are, how many rows they have, and where they lie.

    Raises
    ------
    SourceUnreadable
        If the source, or all of its geometry, cannot be read.
    """
    with _open(source, options) as opened:
        tables = [_bounded(t, options) for t in opened.tables]
        placed = [_place(t, options, source) for t in tables]
        keys = [_key(t, options) for t in tables]
        problems = [*opened.problems]
        for found in placed:
            problems += found.problems
        problems += [problem for _, problem in keys if problem is not None]
        names = {p.name for p in placed if p.name}
        if len(names) > 1:
            problems.append(
                Problem(
                    "several-crs",
                    f"Its layers are in {len(names)} coordinate systems.",
                    "info",
                    got=", ".join(sorted(n[:40] for n in names)),
                )
            )
        first = next((p for p in placed if p.crs is not None), None) or next(
            (p for p in placed if p.name), None
        )
        same = len(names) == 1
        return Asset(
            path=source.path,
            kind="gis",
            format=opened.format,
            media_type=opened.media_type,
            counts={"features": sum(t.features for t in tables)},
            crs=first.name if first else None,
            crs_origin=cast("Any", first.origin if first else "none"),
            vertical_datum=options.declared.vertical_datum,
            epoch=options.declared.epoch,
            bbox=_union([t.bounds for t in tables]) if same else None,
            bbox_wgs84=_union([p.box for p in placed]),
            observed_start=options.declared.observed,
            observed_end=options.declared.observed,
            encoding=opened.encoding,
            encoding_origin=opened.encoding_origin,
            layers=tuple(
                Layer(t.name, t.features, t.geometry_type, p.name, t.fields, k)
                for t, p, (k, _) in zip(tables, placed, keys, strict=True)
            ),
            problems=tuple(dict.fromkeys(problems)),
        )


def _place(table: Table, options: ReadOptions, source: Source) -> Placed:
    from cimkit.loaders._placing import Placed, place

    if not table.geometry_type:
        return Placed(None, None, "none", None, ())
    declared = options.declared.crs
    said, origin = (declared, "sheet") if declared else (table.crs, table.crs_origin)
    return place(table.name, said, origin, table.bounds, source)


def _bounded(table: Table, options: ReadOptions) -> Table:
    """Read the geometry for its bounds, where the format does not keep them."""
    if table.bounds is not None or not table.geometry_type or options.depth == "header":
        return table
    import numpy as np
    import shapely

    from cimkit.geometry.vector import parse_wkb
    from cimkit.loaders.vector.table import GEOMETRY

    boxes = [
        shapely.total_bounds(parse_wkb(batch.column(batch.schema.get_field_index(GEOMETRY)))[0])
        for batch in table.batches(None)
    ]
    known = np.array([b for b in boxes if np.isfinite(b).all()])
    if not len(known):
        return table
    low, high = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return dataclasses.replace(table, bounds=bounds)


def _union(boxes: Sequence[Box | None]) -> Box | None:
    known = [b for b in boxes if b is not None]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)


def _key(table: Table, options: ReadOptions) -> tuple[str | None, Problem | None]:
    """Find the attribute that identifies a row; the sheet's word comes first."""
    from cimkit.loaders.vector.fields import is_key, key_candidates

    declared = options.declared.key_field
    there = [name for name, _ in table.fields]
    if declared in there:
        if options.depth == "header":
            return declared, None
        return declared, _doubled(table, declared, _undistinguished(table, [declared])[0])
    problem = None
    if declared is not None:
        problem = Problem(
            "key-field-missing",
            f"The layer has no field {declared!r}, which the sheet declares as its key.",
            place=table.name,
            got=", ".join(there[:20]),
            expected=declared,
        )
    if options.depth == "header" or not table.features:
        return None, problem
    candidates = key_candidates(table.fields)[:5]
    for name, spare in zip(candidates, _undistinguished(table, candidates), strict=True):
        if is_key(table.features, spare):
            return name, problem or _doubled(table, name, spare)
    return None, problem


def _doubled(table: Table, name: str, spare: int) -> Problem | None:
    if not spare:
        return None
    return Problem(
        "key-not-unique",
        f"The key field {name!r} does not tell {spare} of {table.features} rows apart.",
        place=table.name,
        got=name,
        hint="Give each object a key of its own, or declare another key_field.",
    )


def _undistinguished(table: Table, names: list[str]) -> list[int]:
    """Return for each field how many rows it does not tell apart."""
    import pyarrow as pa

    from cimkit.loaders.vector.fields import undistinguished

    if not names:
        return []
    batches = list(table.batches(names))
    if not batches:
        return [table.features] * len(names)
    columns = pa.Table.from_batches(batches)
    return [undistinguished(columns.column(name)) for name in names]


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give the rows of all layers, in the order of the source.

    Raises
    ------
    SourceUnreadable
        If the source cannot be read to its end.
    """
    from cimkit.loaders.vector.rows import Rows

    keys = {layer.name: layer.key_field for layer in asset.layers}
    with _open(source, options) as opened:
        for table in opened.tables:
            found = _place(_bounded(table, options), options, source)
            rows = Rows(
                table,
                found.crs,
                found.name,
                "sheet" if found.origin == "sheet" else "file",
                keys.get(table.name),
                opened.class_field,
                _moment(options.declared.observed),
            )
            yield from rows.read()
            options.problems += rows.problems


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
