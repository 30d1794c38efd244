"""The line that a track follows, and the photographs that it is of."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np

from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.photo.columns import PHOTOGRAPH
from cimkit.loaders.photo.shot import apart_m
from cimkit.loaders.photo.track import Track
from cimkit.model import Problem, Source

__all__ = ["line", "matched"]

_MOST_CORNERS = 100_000
_TOLERANCE_DEG = 2e-6  # 0.2 m: what is left out of the line on a map, not of the poses
_SHOWN = 3


def line(track: Track) -> tuple[bytes | None, float | None]:
    """Return the way along the poses in the order of time, and its length.

    Returns
    -------
    bytes or None
        WKB line in CRS84, simplified by 0.2 m; None if it is less than two places.
    float or None
        Its length in metres.
    """
    import shapely

    rows = np.arange(len(track))
    if np.isfinite(track.time).all():
        rows = np.argsort(track.time, kind="stable")
    spots = track.lonlat[rows]
    spots = spots[np.isfinite(spots).all(axis=1)]
    if len(spots) > _MOST_CORNERS:
        spots = spots[:: -(-len(spots) // _MOST_CORNERS)]
    if len(spots) < 2 or (spots == spots[0]).all():
        return None, None
    length = sum(apart_m(*a, *b) for a, b in itertools.pairwise(spots.tolist()))
    drawn = shapely.simplify(shapely.LineString(spots), _TOLERANCE_DEG)
    return shapely.to_wkb(drawn), round(length, 3)


def matched(track: Track, source: Source, options: ReadOptions) -> list[Problem]:
    """Compare the names in a track with the photographs that lie in the delivered folder.

    Parameters
    ----------
    track : Track
        As read.
    source : Source
        The file of poses.
    options : ReadOptions
        ``root`` is looked through; what is inside archives is not seen.

    Returns
    -------
    list of Problem
        ``poses-unmatched`` (photographs that are not there), ``photos-unmatched`` (photographs
        beside those that are named, which have no pose) and ``trajectory-unused`` (it names
        photographs, and the sheet does not say so).
    """
    if not any(track.names) or not options.root.is_dir() or options.root == Path():
        return []
    folders = _photographs(options.root)
    there = {name for names in folders.values() for name in names}
    there |= {name.rpartition(".")[0] for name in there}
    found = [n for n in track.names if n and (n in there or n.rpartition(".")[0] in there)]
    seen = set(found)
    absent = [n for n in track.names if n and n not in seen]
    problems = []
    if absent and there:
        problems.append(
            Problem(
                "poses-unmatched",
                f"{len(absent)} of {len(absent) + len(found)} poses name no photograph that was "
                "delivered.",
                got=_few(absent),
                expected="photographs in the delivered folder, not in an archive",
            )
        )
    lone = [
        name
        for names in folders.values()
        if any(_has(track, n) for n in names)
        for name in names
        if not _has(track, name)
    ]
    if lone:
        problems.append(
            Problem(
                "photos-unmatched",
                f"{len(lone)} photographs that lie beside those it names have no pose in it.",
                got=_few(lone),
            )
        )
    if found and options.declared.trajectory is None:
        problems.append(
            Problem(
                "trajectory-unused",
                f"It has the poses of {len(found)} photographs that were delivered; they are not "
                "applied, as no delivery sheet says so.",
                "info",
                hint="In the delivery sheet, in the row of the photographs: trajectory = "
                f'{{ file = "{source.path}" }}.',
                proposal=(("trajectory_file", source.path),),
            )
        )
    return problems


def _has(track: Track, name: str) -> bool:
    return name in track.by_name or name.rpartition(".")[0] in track.by_name


def _few(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown


def _photographs(root: Path) -> dict[str, list[str]]:
    """Return the names of photographs, in small letters, by folder."""
    from cimkit.loaders._delivery.renamed import shown

    found: dict[str, list[str]] = {}
    for folder, _, names in os.walk(root):
        held = [shown(n).lower() for n in names if PHOTOGRAPH.search(n)]
        if held:
            found[folder] = held
    return found
