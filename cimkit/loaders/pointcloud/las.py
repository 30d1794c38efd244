"""LAS 1.0 to 1.4, LAZ and COPC: the header by its bytes, the points by NumPy and lazrs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.copc import hierarchy, is_copc
from cimkit.loaders.pointcloud.las_check import check_header
from cimkit.loaders.pointcloud.las_crs import read_crs
from cimkit.loaders.pointcloud.las_extra import class_names, extra_fields, waveforms
from cimkit.loaders.pointcloud.las_header import LasHeader, read_header
from cimkit.loaders.pointcloud.las_points import PointDecoder, dimensions
from cimkit.loaders.pointcloud.las_records import Records, read_records
from cimkit.loaders.pointcloud.laz import open_laz, unpack
from cimkit.model import Problem

__all__ = ["chunks", "facts", "held_records"]

_ENCODING = ("standard_gps_time", "waves_inside", "waves_outside", "synthetic_returns", "wkt")


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what a LAS header and its variable-length records say.

    Raises
    ------
    SourceUnreadable
        If it is no LAS file or the header is broken.
    """
    head = read_header(file)
    records = read_records(file, head)
    extras, wrong = extra_fields(head, records)
    name = "COPC LAS" if is_copc(records) else "LAZ" if head.packed else "LAS"
    found = CloudFacts(
        format=f"{name} {head.version[0]}.{head.version[1]}",
        points=head.points,
        media_type="application/vnd.laszip" if head.packed else "application/vnd.las",
        bbox=head.box,
        gps="standard" if head.standard_time else "week",
        created=head.created,
        returns=head.returns if any(head.returns) else None,
        problems=[*check_header(head), *records.problems, *wrong],
    )
    if "gps_time" not in dimensions(head, ()):
        found.gps = None
    found.properties = _told(head, records) | {
        "dimensions": dimensions(head, extras),
        "extra": [e.told() for e in extras],
    }
    for key, held in (("class_names", class_names(records)), ("waves", waveforms(head, records))):
        if held:
            found.properties[key] = held
    read_crs(head, records, found)
    if head.packed:
        found.problems += open_laz(file, head, records).problems
    elif not head.packed:
        found.problems += _room(file, head, records)
    if is_copc(records):
        told, counts, wrong = hierarchy(file, head, records, quick=quick)
        found.properties["copc"] = told
        found.counts |= counts
        found.problems += wrong
    return found


def _told(head: LasHeader, records: Records) -> dict[str, Any]:
    said: dict[str, Any] = {
        "point_format": head.point_format,
        "record_length": head.record_length,
        "scales": list(head.scales),
        "offsets": list(head.offsets),
        "software": head.software or None,
        "system": head.system or None,
        "created": head.created,
        "file_source_id": head.source_id or None,
        "guid": head.guid or None,
        "encoding": [n for i, n in enumerate(_ENCODING) if head.encoding >> i & 1],
        "vlrs": len(records.all) or None,
        "records": records.listed(),
    }
    said["text"] = [
        r.data.rstrip(b"\0").decode("utf-8", "replace")[:2000] for r in records.get("LASF_Spec", 3)
    ]
    return {k: v for k, v in said.items() if v not in (None, [], "")}


def _points_end(head: LasHeader, records: Records) -> int:
    """Return where the points must have ended: before what stands behind them, if anything does."""
    behind = [r.at - 60 for r in records.all if r.extended and r.at > head.points_at]
    if head.waves_at > head.points_at:
        behind.append(head.waves_at)
    return min([head.size, *behind])


def _room(file: Path, head: LasHeader, records: Records) -> list[Problem]:
    room = max(_points_end(head, records) - head.points_at, 0)
    held = room // head.record_length
    if held < head.points:
        return [
            Problem(
                "points-truncated",
                f"Only {held:,} of the {head.points:,} points that the header counts are there.",
                "error",
                f"byte {head.size}",
                f"{held} points",
                f"{head.points} points",
                "Deliver the tile again; it may have been cut off in transfer.",
            )
        ]
    extra = room - head.points * head.record_length
    if not extra:
        return []
    more = held - head.points
    return [
        Problem(
            "trailing-bytes",
            "Behind the last point lie bytes that no header accounts for"
            + (f"; there is room for {more:,} more points." if more else "."),
            "warning" if more else "info",
            f"byte {head.points_at + head.points * head.record_length}",
            f"{extra} bytes",
            "none",
        )
    ]


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of a LAS file.

    Raises
    ------
    SourceUnreadable
        If the header is broken.
    """
    head = read_header(file)
    records = read_records(file, head)
    decoder = PointDecoder(head, extra_fields(head, records)[0], wanted)
    for held in held_records(file, head, records, decoder.type, size, wanted, problems):
        yield decoder.chunk(held)


def held_records(
    file: Path,
    head: LasHeader,
    records: Records,
    kind: np.dtype[Any],
    size: int,
    wanted: frozenset[str],
    problems: list[Problem],
) -> Iterator[npt.NDArray[Any]]:
    """Yield the records of a LAS file as they are stored, of the given type."""
    if not all(map(head.reaches, range(3))):
        return  # the facts say that scale or offset are no numbers
    if head.packed:
        laz = open_laz(file, head, records)
        yield from unpack(file, head, laz, kind, size, wanted, problems)
        return
    problems += [p for p in _room(file, head, records) if p.code == "points-truncated"]
    there = max(_points_end(head, records) - head.points_at, 0) // head.record_length
    with file.open("rb") as opened:
        opened.seek(head.points_at)
        yield from _plain(opened, min(head.points, there), size, kind)


def _plain(
    opened: IO[bytes], points: int, size: int, kind: np.dtype[Any]
) -> Iterator[npt.NDArray[Any]]:
    for done in range(0, points, size):
        held = np.fromfile(opened, kind, min(size, points - done))
        if not len(held):
            return
        yield held
