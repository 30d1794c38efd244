"""Point clouds: LAS, LAZ, COPC, E57, PLY, PCD."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders.pointcloud.chunk import CloudFacts, CloudReader, PointChunk

__all__ = ["SPEC", "probe", "read", "sniff", "stream"]

SPEC = LoaderSpec(name="pointcloud", kind="pointcloud", title="Point cloud", version=1)


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is a point cloud, 0 to 100."""
    from cimkit.loaders.pointcloud.text import is_pcd, is_ply

    if head.start[:4] == b"LASF" or head.start[:8] == b"ASTM-E57":
        return 95
    return 90 if is_ply(head.start) or is_pcd(head.start) else 0


def _reader(file: Path) -> CloudReader:
    with file.open("rb") as opened:
        magic = opened.read(8)
    from cimkit.loaders.pointcloud import e57, las, text

    module: Any = text
    if magic[:4] == b"LASF":
        module = las
    elif magic == b"ASTM-E57":
        module = e57
    return cast("CloudReader", module)


def stream(source: Source, *, chunk: int = 1_000_000) -> Iterator[PointChunk]:
    """Yield the points of a cloud.

    Parameters
    ----------
    source : Source
    chunk : int
        Most points at a time: the memory it takes.

    Yields
    ------
    PointChunk
        Coordinates in the source's CRS and units, x first.

    Raises
    ------
    SourceUnreadable
        Where the points break off, after those that could be read.
    """
    return _reader(source.file).chunks(source.file, chunk)


def probe(source: Source, options: ReadOptions) -> Asset:
    """Read the header of a cloud: count, CRS, box.

    Raises
    ------
    SourceUnreadable
        If the header is broken.
    """
    from cimkit.loaders.pointcloud.place import place

    facts = _reader(source.file).facts(source.file)
    if options.depth != "header" and facts.points:
        first = next(iter(stream(source, chunk=1_000)), None)
        if first is not None and facts.bbox is None and len(first.xyz) == facts.points:
            facts.bbox = (*map(float, first.xyz.min(axis=0)), *map(float, first.xyz.max(axis=0)))
    standing = place(facts, options.declared)
    return Asset(
        path=source.path,
        kind="pointcloud",
        format=facts.format,
        media_type=facts.media_type,
        counts={"points": facts.points, **facts.counts},
        crs=standing.crs,
        crs_origin=standing.crs_origin,
        vertical_datum=options.declared.vertical_datum or facts.vertical_datum,
        epoch=options.declared.epoch,
        bbox=facts.bbox,
        bbox_wgs84=standing.box84,
        properties=facts.properties | {"z_unit_m": standing.z_unit},
        problems=(*facts.problems, *standing.problems),
    )


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Stream through a cloud once and yield its one object and its measures.

    Yields
    ------
    name, table
        ``objects`` (footprint, heights in metres, counts) and ``measures``: ``point_density``
        per square metre (cells ``all``, ``min``, ``median``), ``class_share`` by class,
        ``noise_share``.
    """
    from cimkit.errors import SourceUnreadable
    from cimkit.loaders.pointcloud.grid import Grid
    from cimkit.loaders.pointcloud.rows import measures, objects

    facts: CloudFacts = _reader(source.file).facts(source.file)
    grid: Grid | None = None
    try:
        for chunk in stream(source):
            if grid is None and len(chunk.xyz):
                corners = chunk.xyz.min(axis=0), chunk.xyz.max(axis=0)
                box = facts.bbox or tuple(float(v) for c in corners for v in c)
                grid = Grid(box, _metres(asset, box), facts.points)
            if grid is not None:
                grid.add(chunk)
    except SourceUnreadable as error:
        if grid is None:
            raise
        options.problems.append(
            Problem(
                code="points-truncated",
                message=f"Only a part of the points could be read: {error.what}.",
                severity="error",
                got=f"{grid.points} points",
                expected=f"{facts.points} points",
                hint="Deliver the file again.",
            )
        )
    if grid is not None:
        _compare(grid, facts, options)
    name = Path(source.path).name
    yield "objects", objects(name, replace(asset, path=source.path), facts, grid)
    if grid is not None:
        yield "measures", measures(grid, asset)


def _metres(asset: Asset, box: tuple[float, ...]) -> float:
    """Return the metres in one unit of x and y in the middle of the cloud."""
    if asset.crs is None:
        return 1.0
    import math

    from cimkit.geometry.crs import is_geographic, metres_per_unit, parse_crs

    crs = parse_crs(asset.crs)
    metres = metres_per_unit(crs)
    if is_geographic(crs):
        # Cells that are square in metres on average: the root of the shrinking of the parallels.
        return metres * math.sqrt(max(math.cos(math.radians((box[1] + box[4]) / 2)), 0.01))
    return metres


def _compare(grid: Any, facts: CloudFacts, options: ReadOptions) -> None:
    invalid = "scans" in facts.counts  # E57 marks points as invalid; they are no loss
    if grid.points != facts.points and not invalid and not options.problems:
        options.problems.append(
            Problem(
                code="point-count-contradiction",
                message="The header counts other points than the file holds.",
                got=f"{grid.points} points",
                expected=f"{facts.points} points",
                hint="Rewrite the header from the content.",
            )
        )
    if facts.bbox is None:
        return
    slack = 1e-6 * max(1.0, *(abs(v) for v in facts.bbox))
    outside = [
        axis
        for i, axis in enumerate("xyz")
        if grid.low[i] < facts.bbox[i] - slack or grid.high[i] > facts.bbox[i + 3] + slack
    ]
    if outside:
        options.problems.append(
            Problem(
                code="bbox-contradiction",
                message="Points lie outside the box of the header.",
                place=", ".join(outside),
                got=f"{[round(float(v), 3) for v in (*grid.low, *grid.high)]}",
                expected=f"{[round(v, 3) for v in facts.bbox]}",
                hint="Rewrite the header from the content.",
            )
        )
