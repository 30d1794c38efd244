"""Point clouds: LAS, LAZ, COPC, EPT, E57, PLY, PCD, PTX, PTS and other texts of points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders.pointcloud.chunk import PointChunk

__all__ = ["SPEC", "probe", "read", "siblings", "sniff", "stream"]

_COSTLY = ("edge_height", "extreme_point", "strip_difference", "void_area")
SPEC = LoaderSpec(
    name="pointcloud", kind="pointcloud", title="Point cloud", version=6, measures=_COSTLY
)


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is a point cloud, 0 to 100."""
    from cimkit.loaders.pointcloud.recognise import sniff as look

    return look(head)


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name what lies beside a cloud and belongs to it: .prj, .wdp, .lax, tiles."""
    from cimkit.loaders.pointcloud.beside import siblings as named

    return named(path, listing, file)


def stream(
    source: Source, *, chunk: int = 1_000_000, fields: frozenset[str] | None = None
) -> Iterator[PointChunk]:
    """Yield the points of a cloud.

    Parameters
    ----------
    source : Source
    chunk : int
        Most points at a time: the memory it takes.
    fields : frozenset of str, optional
        What is wanted beside the coordinates: fields of `PointChunk`, ``returns`` (number and
        count), names of extra fields, or ``extra`` for all of them. If not given: colours,
        intensity, classes, GPS time and returns.

    Yields
    ------
    PointChunk
        Coordinates in the source's CRS and units, x first.

    Raises
    ------
    SourceUnreadable
        Where the points break off, after those that could be read.
    """
    from cimkit.loaders.pointcloud.chunk import USUAL
    from cimkit.loaders.pointcloud.survey import all_points

    return all_points(source.file, chunk, USUAL if fields is None else fields)


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say what a cloud is: at depth *full* from all of its points, else from its header.

    Raises
    ------
    SourceUnreadable
        If the header is broken.
    """
    from cimkit.loaders.pointcloud.asset import asset

    return asset(source, options)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Yield the one object of a cloud and its measures; its points were read by `probe`.

    The images of an E57 file follow as objects of their own, see `views`.

    Yields
    ------
    name, table
        ``objects`` (footprint, heights in metres, counts) and ``measures``: ``point_density`` per
        square metre in cells of 8 m and ``point_density_fine`` in cells of 1 m (``min``, ``p05``,
        ``p10``, ``median``, ``max``), ``cell_density`` by cell, shares of classes, returns, flags,
        channels, flight lines and noise, ranges of fields, ``spacing``, ``duplicate_share``,
        ``overlap_share``, ``return_astray_share``, ``coordinate_step`` of x, y and z.

        Where they are asked for: ``void_area`` (one row each, its polygon in CRS84 as WKT in
        ``cell``) with ``covered_share``; ``strip_difference`` (``rms``, ``median``, ``p95``) with
        ``strip_pair`` (``"line/line longitude latitude"``, median) and ``strip_pair_cells``;
        ``extreme_point`` (``"longitude latitude"``, metres above or below all around);
        ``edge_height`` and ``edge_slope`` (see `Borders`).
    """
    from cimkit.loaders.pointcloud.asset import surveyed
    from cimkit.loaders.pointcloud.measures import measures
    from cimkit.loaders.pointcloud.rows import key_of, objects
    from cimkit.loaders.pointcloud.survey import forget
    from cimkit.loaders.pointcloud.views import views

    facts, standing, tally, met = surveyed(source, options)
    told: dict[Any, None] = dict.fromkeys(asset.problems)
    options.problems += [p for p in met if p not in told]
    key = key_of(source.path)
    yield "objects", objects(key, asset, facts, tally)
    yield from views(facts.properties.get("images", []), key, asset, standing)
    if tally is not None:
        yield "measures", measures(tally, standing.z_unit)
        if tally.asked is not None:
            yield "measures", tally.asked.measures(standing.usable, tally.low, tally.high)
    forget()
