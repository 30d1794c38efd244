"""The octree of a COPC file, held against what its header counts (COPC 1.0)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.las_records import Records
from cimkit.model import Problem

__all__ = ["hierarchy", "is_copc"]

_INFO = struct.Struct("<5d2Q2d")
_ENTRY = np.dtype(
    [
        ("level", "<i4"),
        ("x", "<i4"),
        ("y", "<i4"),
        ("z", "<i4"),
        ("at", "<u8"),
        ("size", "<i4"),
        ("points", "<i4"),
    ]
)
_MOST_PAGES = 10_000


def is_copc(records: Records) -> bool:
    """Tell whether a file says that it is COPC."""
    return bool(records.get("copc", 1))


def hierarchy(
    file: Path, head: LasHeader, records: Records, *, quick: bool = False
) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """Walk the pages of the octree; quickly, look at its root alone.

    Returns
    -------
    properties, counts, problems
        Centre, half size, spacing and GPS time of the root; nodes, levels and points.
    """
    info = records.get("copc", 1)[0]
    if len(info.data) < _INFO.size:
        return {}, {}, [_wrong("the info record is cut off", f"{len(info.data)} bytes", "160")]
    x, y, z, half, spacing, at, size, first, last = _INFO.unpack_from(info.data)
    told = {"center": [x, y, z], "halfsize": half, "spacing": spacing, "gps_time": [first, last]}
    problems: list[Problem] = []
    if info.at != 375 + 54:
        problems.append(_wrong("the info record is not the first", f"byte {info.at}", "429"))
    if quick:
        return told, {}, problems
    nodes, levels, points, keys = 0, 0, 0, set[tuple[int, int, int, int]]()
    pages, seen = [(at, size)], set[int]()
    with file.open("rb") as opened:
        while pages and len(seen) < _MOST_PAGES:
            at, size = pages.pop()
            if at in seen or at + size > head.size or size % _ENTRY.itemsize or size <= 0:
                problems.append(_wrong("a page lies outside the file", f"byte {at}, {size}", ""))
                continue
            seen.add(at)
            opened.seek(at)
            page = np.frombuffer(opened.read(size), _ENTRY)
            further = page["points"] == -1
            pages += [(int(p["at"]), int(p["size"])) for p in page[further]]
            held = page[~further]
            ends = held["at"].astype(np.float64) + held["size"]
            astray = (held["points"] < 0) | ((held["points"] > 0) & (ends > head.size))
            if astray.any():
                problems.append(
                    _wrong("nodes lie outside the file", f"{int(astray.sum())} nodes", "none")
                )
            held = held[~astray]
            keys.update(zip(*(held[k].tolist() for k in ("level", "x", "y", "z")), strict=True))
            nodes += len(held)
            points += int(held["points"].sum(dtype=np.int64))
            levels = max(levels, int(held["level"].max(initial=0)) + 1)
    if len(keys) < nodes:
        problems.append(_wrong("nodes are named twice", str(nodes - len(keys)), "none"))
    orphans = sum(1 for d, i, j, k in keys if d and (d - 1, i >> 1, j >> 1, k >> 1) not in keys)
    if orphans:
        problems.append(_wrong("nodes have no parent", str(orphans), "none"))
    if points != head.points:
        problems.append(
            _wrong("it counts other points than the header", f"{points}", f"{head.points}")
        )
    return told | {"levels": levels}, {"nodes": nodes}, problems


def _wrong(what: str, got: str, expected: str) -> Problem:
    return Problem(
        "copc-hierarchy-invalid",
        f"The octree of the COPC file is not sound: {what}. The points were read as plain LAZ.",
        place="copc",
        got=got,
        expected=expected,
        hint="Write the COPC file again.",
    )
