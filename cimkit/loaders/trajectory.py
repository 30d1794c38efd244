"""Trajectories: files that say where, in which direction and when photographs were taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.photo.tracks import UNUSABLE, read_track, track_kind
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from cimkit.loaders._placing import Placed
    from cimkit.loaders.photo.track import Track

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="trajectory", kind="trajectory", title="Trajectory", version=4)

_SCORES = {"table": 45, "gpx": 0, "kml": 0}
"""A GPX or a KML is a layer of lines, and a track where a sheet says so."""
_MEDIA = {
    "table of poses": "text/csv",
    "GPX": "application/gpx+xml",
    "SBET": "application/octet-stream",
    "TCX": "application/vnd.garmin.tcx+xml",
    "IGC": "application/vnd.fai.igc",
    "subtitles of a video": "application/x-subrip",
    "Metashape cameras": "application/xml",
    "BlocksExchange": "application/xml",
    "Mapillary image descriptions": "application/json",
    "OpenSfM reconstruction": "application/json",
    "OpenSfM overrides of EXIF": "application/json",
}


def sniff(head: Head) -> int:
    """Recognise a table with images and positions or headings, and other files of poses."""
    if head.is_dir:
        return 0
    kind = track_kind(head.start, head.name, head.file.stat().st_size)
    return _SCORES.get(kind, 65) if kind else 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the reference that lies beside OpenSfM's reconstruction."""
    beside = str(PurePosixPath(path).with_name("reference_lla.json"))
    wanted = path.lower().endswith(".json") and beside in listing and beside != path
    return {beside} if wanted and "reconstruction" in PurePosixPath(path).name else set()


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the poses; find their CRS, box and time, the line they follow, and their photographs.

    The CRS is that of `Trajectory.crs`, else of `Declaration.crs`, else of the file; positions
    that may be degrees are in CRS84 if nothing is said, as `Trajectory.crs` has it.

    Raises
    ------
    SourceUnreadable
        If it cannot be read, or lacks a column that the sheet names.
    """
    from cimkit.loaders._placing.heights import heights
    from cimkit.loaders.photo.line import line, matched

    try:
        track = read_track(source.file, options.declared)
    except UNUSABLE as error:
        raise SourceUnreadable(
            f"the poses cannot be read: {error}".replace(str(source.file), source.path),
            where=source.path,
            mend="Correct the table, or trajectory.file and its columns in the delivery sheet.",
        ) from error
    import numpy as np

    problems = [*track.problems, *_placeless(track)]
    xy = track.xyz[np.isfinite(track.xyz[:, :2]).all(axis=1)]
    times = track.time[np.isfinite(track.time)]
    bounds = None
    if len(xy):
        low, high = xy[:, :2].min(axis=0), xy[:, :2].max(axis=0)
        bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    placed = _place(track, bounds, source, options)
    box: tuple[float, ...] | None = bounds
    z = xy[:, 2][np.isfinite(xy[:, 2])]
    span = (float(z.min()), float(z.max())) if len(z) else None
    if bounds and span:
        box = (*bounds[:2], span[0], *bounds[2:], span[1])
    said = options.declared.vertical_datum
    height = heights(
        "",
        placed.crs,
        said or track.vertical,
        "sheet" if said else "declared" if track.vertical else "none",
        span,
        source,
    )
    problems += [*(placed.problems if bounds else ()), *height.problems]
    problems += matched(track, source, options)
    found, length = line(track)
    properties: dict[str, object] = {
        "columns": track.columns,
        "header": list(track.header),
        "length_m": length,
        "photographs": sum(map(bool, track.names)) or None,
        "usual_gap_s": round(track.usual_gap_s, 6) or None,
        "headings": "derived" if track.derived.any() else None,
    }
    return Asset(
        path=source.path,
        kind="trajectory",
        format=track.what,
        media_type=_MEDIA.get(track.what, "text/plain"),
        counts={"poses": len(track)},
        crs=placed.name,
        crs_origin=placed.origin,  # type: ignore[arg-type]
        vertical_datum=height.datum,
        epoch=options.declared.epoch,
        bbox=box,
        bbox_wgs84=placed.box,
        footprint=found if placed.box is not None else None,
        observed_start=_iso(times.min()) if len(times) else options.declared.observed,
        observed_end=_iso(times.max()) if len(times) else options.declared.observed,
        encoding=track.encoding,
        encoding_origin="none"
        if track.encoding is None
        else "sheet"
        if options.declared.encoding
        else "detected",
        properties={k: v for k, v in properties.items() if v not in (None, [], {})},
        problems=tuple(_whole(p, source) for p in problems),
    )


def _whole(problem: Problem, source: Source) -> Problem:
    """Return a problem whose proposal names its file: a setting alone is no trajectory."""
    columns = {column for column, _ in problem.proposal}
    if not any(c.startswith("trajectory_") for c in columns) or "trajectory_file" in columns:
        return problem
    named = ("trajectory_file", source.path)
    return dataclasses.replace(problem, proposal=(named, *problem.proposal))


def _place(
    track: Track,
    bounds: tuple[float, float, float, float] | None,
    source: Source,
    options: ReadOptions,
) -> Placed:
    from cimkit.loaders._placing import guess, place

    said, origin = track.crs, track.crs_origin
    if said is None and bounds is not None and guess(bounds) == "EPSG:4326":
        said, origin = "OGC:CRS84", "assumed"
    placed = place("", said, origin, bounds, source)
    if said is not None or bounds is None:
        return placed
    likely = guess(bounds)
    hint = "In the delivery sheet, in the row of the photographs: "
    hint += f'trajectory = {{ file = "{source.path}", crs = "{likely}" }}.'
    proposal = (("trajectory_crs", likely),) if "…" not in likely else ()
    problems = tuple(dataclasses.replace(p, hint=hint, proposal=proposal) for p in placed.problems)
    return dataclasses.replace(placed, problems=problems)


def _placeless(track: Track) -> list[Problem]:
    import numpy as np

    wrong = np.flatnonzero(~np.isfinite(track.xyz[:, :2]).all(axis=1))
    if not len(wrong) or (
        track.columns and not (track.columns.get("x") and track.columns.get("y"))
    ):
        return []
    named = ", ".join(track.names[n] for n in wrong[:3] if n < len(track.names))
    return [
        Problem(
            "pose-without-position",
            f"{len(wrong)} of {len(track)} poses have no position.",
            place=f"row {wrong[0] + 1}",
            got=named,
            expected="two numbers",
        )
    ]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).isoformat().replace("+00:00", "Z")


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give nothing: poses are no objects, the photographs they place are; the item has the line."""
    yield from ()
