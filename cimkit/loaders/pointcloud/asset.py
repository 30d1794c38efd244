"""What is known of a cloud, put together."""

from __future__ import annotations

from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.pointcloud.asprs import class_meanings, reserved
from cimkit.loaders.pointcloud.beside import beside
from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.loaders.pointcloud.compare import contradictions, observed
from cimkit.loaders.pointcloud.place import Standing, place
from cimkit.loaders.pointcloud.rows import footprint, summary
from cimkit.loaders.pointcloud.survey import PARTED, reader, survey
from cimkit.loaders.pointcloud.tally import Tally
from cimkit.model import Asset, Problem, Source

__all__ = ["asset", "surveyed"]

_FIRST = 1_000  # points that show that a cloud opens
_SMALL = 4_000_000  # bytes of a file without a box in its header that is read as a whole


def surveyed(
    source: Source, options: ReadOptions
) -> tuple[CloudFacts, Standing, Tally | None, list[Problem]]:
    """Read the header and all points.

    Returns
    -------
    facts, standing, tally, problems
        The tally is None if there are no points; problems are those met in the points.
    """
    facts = reader(source.file).facts(source.file)
    beside(source, facts)
    standing = place(facts, facts.bbox, options.declared, source)
    tally, met = survey(source.file, facts, standing, options.measures)
    wrong = [p for p in met if p.code not in {q.code for q in facts.problems}]
    if tally is None:
        return facts, standing, None, wrong
    if not _same(tally.box(), facts.bbox):
        standing = place(facts, tally.box(), options.declared, source)
    return facts, standing, tally, [*wrong, *contradictions(tally, facts, met)]


def _same(a: tuple[float, ...] | None, b: tuple[float, ...] | None) -> bool:
    return (
        a is not None
        and b is not None
        and all(abs(x - y) <= 1e-6 * max(1.0, abs(x)) for x, y in zip(a, b, strict=True))
    )


def asset(source: Source, options: ReadOptions) -> Asset:
    """Return what `probe` says."""
    full, met = options.depth == "full", list[Problem]()
    tally: Tally | None = None
    if full:
        facts, standing, tally, met = surveyed(source, options)
    else:
        facts = reader(source.file).facts(source.file, quick=options.depth == "header")
        beside(source, facts)
        if options.depth == "sample":
            met = _first(source, facts)
        standing = place(facts, facts.bbox, options.declared, source)
    box = tally.box() if tally is not None else facts.bbox
    properties: dict[str, Any] = facts.properties | {"z_unit_m": standing.z_unit}
    times, known = facts.observed, "header" if facts.observed else "none"
    outline, points = None, facts.points
    if tally is not None:
        properties["content"] = summary(tally)
        if "point_format" in properties and tally.classes.any():
            own = properties.get("class_names", {})
            codes = [int(c) for c in properties["content"]["classes"]]
            meant = class_meanings(codes, properties["point_format"], own)
            properties["content"]["class_meanings"] = meant
            met = [*met, *reserved(meant)]
        times, known = observed(tally, facts)
        parted = any(p.code in PARTED for p in (*met, *facts.problems))
        points = tally.points if parted or not facts.counted else facts.points
        if standing.usable is not None and standing.box84 is not None:
            outline = footprint(tally, standing.usable)
    if known != "none":
        properties["time"] = known
    if standing.height_kind != "unknown":
        properties["heights"] = standing.height_kind
    import shapely

    return Asset(
        path=source.path,
        kind=facts.kind,
        format=facts.format,
        media_type=facts.media_type,
        counts={"points": points, **facts.counts},
        crs=standing.crs,
        crs_origin=standing.crs_origin,
        vertical_datum=standing.vertical_datum,
        epoch=options.declared.epoch,
        bbox=box,
        bbox_wgs84=standing.box84,
        footprint=shapely.to_wkb(outline) if outline is not None else None,
        observed_start=times[0] if times else None,
        observed_end=times[1] if times else None,
        encoding=facts.encoding,
        encoding_origin="detected" if facts.encoding else "none",
        properties=properties,
        problems=tuple(dict.fromkeys((*facts.problems, *standing.problems, *met))),
    )


def _first(source: Source, facts: CloudFacts) -> list[Problem]:
    """Read the first points, and all of a small cloud whose header has no box."""
    import numpy as np

    if not facts.points:
        return []
    met: list[Problem] = []
    whole = facts.bbox is None and source.file.stat().st_size <= _SMALL
    size = 1_000_000 if whole else _FIRST
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    try:
        for chunk in reader(source.file).chunks(source.file, size, frozenset(), met):
            if len(chunk.xyz):
                low = np.minimum(low, chunk.xyz.min(axis=0))
                high = np.maximum(high, chunk.xyz.max(axis=0))
            if not whole:
                break
    except SourceUnreadable as error:
        met.append(
            Problem("points-truncated", f"{error.what}.".capitalize(), "error", hint=error.mend)
        )
    if whole and np.isfinite(low).all():
        facts.bbox = (*map(float, low), *map(float, high))
    return met
