"""One pass through a cloud: everything that is said of it from its points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.asked import Asked
from cimkit.loaders.pointcloud.chunk import CloudFacts, CloudReader, PointChunk
from cimkit.loaders.pointcloud.tally import ASKED, Tally
from cimkit.model import Problem

if TYPE_CHECKING:
    from cimkit.loaders.pointcloud.place import Standing

__all__ = ["PARTED", "forget", "reader", "survey"]

PARTED = ("points-truncated", "points-lost")
"""Codes of problems that say that points are missing."""

_CHUNK = 1_000_000
_START = 65_536
_kept: dict[tuple[Path, int, int, frozenset[str]], tuple[Tally | None, list[Problem]]] = {}


def reader(file: Path) -> CloudReader:
    """Return the module that reads a file, by its first bytes."""
    with file.open("rb") as opened:
        start = opened.read(_START)
    from cimkit.loaders.pointcloud import e57, ept, las, pcd, ply, ptx, xyz

    module: Any = xyz
    if start[:4] == b"LASF":
        module = las
    elif start[:8] == b"ASTM-E57":
        module = e57
    elif ply.is_ply(start):
        module = ply
    elif pcd.is_pcd(start):
        module = pcd
    elif ptx.is_ptx(start):
        module = ptx
    elif ept.is_ept(start):
        module = ept
    return cast("CloudReader", module)


def survey(
    file: Path, facts: CloudFacts, standing: Standing, wanted: frozenset[str] = frozenset()
) -> tuple[Tally | None, list[Problem]]:
    """Read all points once; the outcome is kept until the next cloud, or `forget`.

    Parameters
    ----------
    file : Path
    facts : CloudFacts
    standing : Standing
    wanted : frozenset of str
        Costly measures that are asked for, as `Asked` knows them.

    Returns
    -------
    tally, problems
        None if there are no points.
    """
    state = file.stat()
    key = file, state.st_mtime_ns, state.st_size, wanted
    if key not in _kept:
        _kept.clear()
        problems: list[Problem] = []
        chunks = reader(file).chunks(file, _CHUNK, ASKED, problems)
        tally = _tally(chunks, facts, standing, wanted)
        _kept[key] = tally, problems
    return _kept[key]


def forget() -> None:
    """Let go of the last survey."""
    _kept.clear()


def _tally(
    chunks: Iterator[PointChunk], facts: CloudFacts, standing: Standing, wanted: frozenset[str]
) -> Tally | None:
    tally: Tally | None = None
    for chunk in chunks:
        if not len(chunk.xyz):
            continue
        if tally is None:
            low, high = chunk.xyz.min(axis=0), chunk.xyz.max(axis=0)
            own = (*map(float, low), *map(float, high))
            box = facts.bbox if facts.bbox is not None and _near(facts.bbox, own) else own
            tally = Tally(box, standing.metres(box), max(facts.points, len(chunk.xyz)))
            if wanted:
                tally.asked = Asked(wanted, box, tally.grid, standing)
        tally.add(chunk)
    return tally


def _near(box: tuple[float, ...], own: tuple[float, ...]) -> bool:
    """Tell whether a header's box has to do with the points: else it says nothing of cell sizes."""
    sides = np.array([box[3] - box[0], box[4] - box[1]])
    return bool(
        (sides > 0).all()
        and all(own[i] <= box[i + 3] + sides[i] and own[i + 3] >= box[i] - sides[i] for i in (0, 1))
    )


def all_points(file: Path, size: int, wanted: frozenset[str]) -> Iterator[PointChunk]:
    """Yield all points; raise at the end if some are missing.

    Raises
    ------
    SourceUnreadable
        After the points that there are, if there should be more.
    """
    problems: list[Problem] = []
    yield from reader(file).chunks(file, size, wanted, problems)
    for problem in problems:
        if problem.code in PARTED:
            raise SourceUnreadable(
                problem.message.rstrip("."),
                where=file.name,
                got=problem.got,
                expected=problem.expected,
                mend=problem.hint,
            )
