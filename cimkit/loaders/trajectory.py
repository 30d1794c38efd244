"""Trajectories: tables that say where, in which direction and when photographs were taken."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cimkit.errors import SheetError, SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.photo.poses import PoseTable, is_pose_table, moment, number, read_poses
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._placing import Placed

__all__ = ["SPEC", "probe", "read", "sniff"]

SPEC = LoaderSpec(name="trajectory", kind="trajectory", title="Trajectory", version=1)


def sniff(head: Head) -> int:
    """Recognise a table with a column of images and columns of positions or headings."""
    return 45 if not head.is_dir and is_pose_table(head.start) else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the poses; find their columns, CRS, box and time.

    The CRS is that of `Trajectory.crs`, else of `Declaration.crs`; positions that may be degrees
    are in CRS84 if nothing is said, as `Trajectory.crs` has it.

    Raises
    ------
    SourceUnreadable
        If it cannot be read, or lacks a column that the sheet names.
    """
    try:
        table = read_poses(source.file, options.declared.trajectory, options.declared.encoding)
    except (csv.Error, UnicodeDecodeError, SheetError) as error:
        raise SourceUnreadable(
            f"the table of poses cannot be read: {error}",
            where=source.path,
            mend="Correct the table, or trajectory.file and its columns in the delivery sheet.",
        ) from error
    columns, problems = table.columns, list[Problem]()
    spots = [(number(r, columns.x), number(r, columns.y)) for r in table.rows]
    xy = [(x, y) for x, y in spots if x is not None and y is not None]
    heights = [z for r in table.rows if (z := number(r, columns.z)) is not None]
    times = [t for r in table.rows if (t := moment(r, columns.time)) is not None]
    bounds = None
    if xy:
        xs, ys = zip(*xy, strict=True)
        bounds = min(xs), min(ys), max(xs), max(ys)
    if columns.x and columns.y and len(xy) < len(spots):
        problems.append(_placeless(table, spots))
    placed = _place(bounds, source, options)
    box: tuple[float, ...] | None = bounds
    if bounds and heights:
        box = (*bounds[:2], min(heights), *bounds[2:], max(heights))
    return Asset(
        path=source.path,
        kind="trajectory",
        format="table of poses",
        media_type="text/csv",
        counts={"poses": len(table.rows)},
        crs=placed.name,
        crs_origin=placed.origin,  # type: ignore[arg-type]
        vertical_datum=options.declared.vertical_datum,
        epoch=options.declared.epoch,
        bbox=box,
        bbox_wgs84=placed.box,
        observed_start=_iso(min(times)) if times else options.declared.observed,
        observed_end=_iso(max(times)) if times else options.declared.observed,
        encoding=table.encoding,
        encoding_origin="sheet" if options.declared.encoding else "detected",
        properties={
            "columns": {k: v for k, v in dataclasses.asdict(columns).items() if v},
            "header": list(table.header),
        },
        problems=(*problems, *(placed.problems if xy else ())),
    )


def _place(
    bounds: tuple[float, float, float, float] | None, source: Source, options: ReadOptions
) -> Placed:
    from cimkit.loaders._placing import guess, place

    named = options.declared.trajectory
    said = (named.crs if named else None) or options.declared.crs
    origin = "sheet" if said else "assumed"
    if said is None and bounds is not None and guess(bounds) == "EPSG:4326":
        said = "OGC:CRS84"
    placed = place("", said, origin, bounds, source)
    if said is not None or bounds is None:
        return placed
    hint = "In the delivery sheet, in the row of the photographs: "
    hint += f'trajectory = {{ file = "{source.path}", crs = "{guess(bounds)}" }}.'
    problems = tuple(dataclasses.replace(p, hint=hint) for p in placed.problems)
    return dataclasses.replace(placed, problems=problems)


def _placeless(table: PoseTable, spots: list[tuple[float | None, float | None]]) -> Problem:
    wrong = [n for n, spot in enumerate(spots) if None in spot]
    row, columns = table.rows[wrong[0]], table.columns
    return Problem(
        "pose-without-position",
        f"{len(wrong)} of {len(spots)} poses have no position.",
        place=f"row {wrong[0] + 1}",
        got=f"{row.get(columns.x) or ''}, {row.get(columns.y) or ''}",
        expected="two numbers",
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give nothing: poses are no objects, the photographs they place are."""
    yield from ()
