"""Points as lines of text: XYZ, PTS, ASC, TXT, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.columns import Table, look
from cimkit.loaders.pointcloud.delimited import BadLines, blocks, count_lines
from cimkit.loaders.pointcloud.ply import missing_points, no_place
from cimkit.loaders.pointcloud.roles import assemble
from cimkit.model import Problem

__all__ = ["chunks", "facts", "text_table"]

_LOOK = 65_536
_QUICK = 10_000_000  # bytes whose lines are counted in a moment


def text_table(file: Path) -> Table:
    """Return how a text of points is written.

    Raises
    ------
    SourceUnreadable
        If it is none.
    """
    with file.open("rb") as opened:
        table = look(opened.read(_LOOK))
    if table is None or not {"x", "y"} <= set(table.roles.values()):
        raise SourceUnreadable(
            "no line of three numbers is found: it is no text of points",
            where=file.name,
            expected="lines of x, y, z",
        )
    return table


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what the first lines of a text say; its lines are counted, not read.

    Raises
    ------
    SourceUnreadable
        If it is no text of points.
    """
    table = text_table(file)
    size = file.stat().st_size
    pts = table.promised is not None
    estimate = quick and size > _QUICK and not pts
    with file.open("rb") as opened:
        if pts and quick:
            lines = table.promised or 0
        elif estimate:
            head = opened.read(_LOOK)
            lines = int(size / (len(head) / max(head.count(b"\n"), 1)))
        else:
            opened.seek(table.at)
            lines = count_lines(opened)
    promised = table.promised
    if promised is not None and lines <= promised:
        lines = promised
    found = CloudFacts(
        format="PTS" if pts else "XYZ",
        points=lines,
        media_type="text/csv" if table.delimiter == "," else "text/plain",
        counted=pts and lines == promised,  # else further scans follow, each with its count
        encoding=None if table.encoding == "ascii" else table.encoding,
        properties={
            "columns": table.names,
            "meaning": [table.roles.get(n) for n in table.names],
            "delimiter": {" ": "space", "\t": "tab"}.get(table.delimiter, table.delimiter),
            **({"decimal": ","} if table.comma else {}),
            **({"comments": table.comments[:20]} if table.comments else {}),
            **({"points_estimated": True} if estimate else {}),
        },
    )
    if table.ambiguous:
        found.problems.append(
            Problem(
                "columns-ambiguous",
                "Its columns have no names; what they hold was taken from the numbers in them.",
                "info",
                "; ".join(table.guessed) or "columns 1 to 3: x, y, z",
                f"{len(table.names)} columns",
                "a first line with names",
                "Name the columns in a first line.",
            )
        )
    if "z" not in table.roles.values():
        found.problems.append(
            Problem(
                "axis-missing",
                "It has no column of heights; 0 was taken.",
                "error",
                got=", ".join(table.names),
                expected="x, y, z",
            )
        )
    swapped = _swapped(table)
    if swapped is not None:
        found.problems.append(swapped)
    return found


def _swapped(table: Table) -> Problem | None:
    """Tell columns whose numbers look like northing before easting, as Chinese surveyors write."""
    at = {r: i for i, n in enumerate(table.names) if (r := table.roles.get(n)) in ("x", "y")}
    with np.errstate(all="ignore"):
        x, y = (float(np.nanmedian(table.sample[:, at[a]])) for a in "xy")
    zoned = 13e6 < y < 46e6 and abs(y % 1e6 - 5e5) < 4e5
    if not (1.5e6 < x < 6.2e6 and (zoned or 1e5 < y < 9e5)):
        return None
    return Problem(
        "axes-swapped-suspected",
        "The first coordinate looks like a northing and the second like an easting; they were read "
        "as the columns stand.",
        place=f"columns {at['x'] + 1} and {at['y'] + 1}",
        got=f"x about {x:.0f}, y about {y:.0f}",
        expected="easting before northing",
        hint="Write easting first, or name the columns easting and northing.",
    )


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of a text.

    Raises
    ------
    SourceUnreadable
        If it is no text of points.
    """
    table = text_table(file)
    came = dropped = 0
    bad = BadLines()
    with file.open("rb") as opened:
        opened.seek(table.at)
        for held in blocks(
            opened,
            table.names,
            table.delimiter,
            comma=table.comma,
            bad=bad,
            encoding=table.encoding,
        ):
            came += held.num_rows
            for first in range(0, held.num_rows, size):
                part = held.slice(first, size)
                columns = {n: part[n].to_numpy() for n in table.names if table.roles.get(n) != "id"}
                chunk, lost = assemble(columns, table.roles, wanted)
                dropped += lost
                yield chunk
    if table.promised is not None:
        counts = _scan_counts(bad)
        if came < table.promised + sum(counts):
            problems.append(missing_points(came, table.promised + sum(counts)))
    problems += bad.problem(came)
    problems += no_place(dropped)


def _scan_counts(bad: BadLines) -> list[int]:
    """Take the lines that count the points of a further scan (PTS) out of those that are bad."""
    found = [int(t) for t in bad.lone]
    bad.count -= len(found)
    bad.first = [t for t in bad.first if not t.strip().isdigit()]
    return found
