"""PTX: scans in rows and columns, each with the pose of its scanner, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.delimited import BadLines, blocks
from cimkit.loaders.pointcloud.ply import missing_points
from cimkit.loaders.pointcloud.roles import assemble
from cimkit.model import Problem

__all__ = ["chunks", "facts", "is_ptx"]

_COLUMNS = ("x", "y", "z", "intensity", "red", "green", "blue")
_BLOCK = 16_000_000
_MOST_SCANS = 100_000


def _numbers(line: bytes) -> list[float] | None:
    try:
        found = [float(v) for v in line.replace(b",", b".").split()]
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None


def is_ptx(start: bytes) -> bool:
    """Tell whether the start of a file is the header of a PTX scan."""
    lines = start.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:10]
    held = [_numbers(line) for line in lines]
    if len(held) < 10 or any(v is None for v in held):
        return False
    wide = [len(v or []) for v in held]
    sizes = [v for row in held[:2] for v in row or []]
    return wide == [1, 1, 3, 3, 3, 3, 4, 4, 4, 4] and all(v == int(v) and v >= 0 for v in sizes)


class _Scan:
    """The header of one scan."""

    def __init__(self, opened: IO[bytes]) -> None:
        rows = [_numbers(opened.readline()) for _ in range(10)]
        wide = [len(r or []) for r in rows]
        self.sound = wide == [1, 1, 3, 3, 3, 3, 4, 4, 4, 4]
        if not self.sound:
            return
        held = [r or [] for r in rows]
        self.columns, self.rows = int(held[0][0]), int(held[1][0])
        self.points = max(self.columns, 0) * max(self.rows, 0)
        self.position = held[2]
        self.matrix = np.array(held[6:10])

    def told(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "rows": self.rows,
            "scanner": self.position,
            "matrix": self.matrix.ravel().tolist(),
        }


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return the scans of a PTX file; quickly, only the first."""
    scans: list[_Scan] = []
    problems: list[Problem] = []
    with file.open("rb") as opened:
        while len(scans) < _MOST_SCANS:
            at = opened.tell()
            if not opened.readline().strip():
                break
            opened.seek(at)
            scan = _Scan(opened)
            if not scan.sound:
                problems.append(
                    Problem(
                        "scan-header-invalid",
                        "What should be the header of the next scan is none; the rest was not "
                        "read.",
                        "error",
                        f"scan {len(scans) + 1}, byte {at}",
                    )
                )
                break
            scans.append(scan)
            if quick or not _skip(opened, scan.points):
                break
    return CloudFacts(
        format="PTX",
        points=sum(s.points for s in scans),
        media_type="text/plain",
        counts={"scans": len(scans)},
        properties={"scans": [s.told() for s in scans[:1000]]}
        | ({"first_scan_only": True} if quick else {}),
        problems=problems,
    )


def _skip(opened: IO[bytes], lines: int) -> bool:
    """Go behind so many lines; False if there are not so many."""
    while lines > 0:
        block = opened.read(_BLOCK)
        if not block:
            return False
        many = block.count(b"\n")
        if many < lines:
            lines -= many
            continue
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 10)
        opened.seek(int(ends[lines - 1]) + 1 - len(block), 1)
        lines = 0
    return True


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of all scans, each moved by its matrix.

    Places without a point (0 0 0 in the scanner's system) are left out and counted.
    """
    number = came = promised = holes = 0
    bad = BadLines()
    with file.open("rb") as opened:
        while True:
            at = opened.tell()
            if not opened.readline().strip():
                break
            opened.seek(at)
            scan = _Scan(opened)
            if not scan.sound:
                break
            promised += scan.points
            at = opened.tell()
            wide = len(opened.readline().split())
            opened.seek(at)
            names = _COLUMNS[: max(min(wide, 7), 3)]
            for table in blocks(opened, names, " ", lines=scan.points, bad=bad):
                came += table.num_rows
                for first in range(0, table.num_rows, size):
                    part = table.slice(first, size)
                    columns = {n: part[n].to_numpy() for n in names}
                    empty = (columns["x"] == 0) & (columns["y"] == 0) & (columns["z"] == 0)
                    empty |= ~np.isfinite(columns["x"] + columns["y"] + columns["z"])
                    holes += int(empty.sum())
                    yield _placed({n: v[~empty] for n, v in columns.items()}, scan, wanted, number)
            number += 1
    problems += bad.problem(came)
    if came + bad.count < promised:
        problems.append(missing_points(came, promised))
    if holes:
        problems.append(
            Problem(
                "scan-without-return",
                f"{holes:,} of {came:,} directions of the scans have no point.",
                "info",
                got=f"{holes} directions",
            )
        )


def _placed(
    columns: dict[str, Any], scan: _Scan, wanted: frozenset[str], number: int
) -> PointChunk:
    own = np.column_stack([columns["x"], columns["y"], columns["z"]])
    moved = own @ scan.matrix[:3, :3] + scan.matrix[3, :3]
    for i, axis in enumerate("xyz"):
        columns[axis] = moved[:, i]
    chunk, _ = assemble(columns, {n: n for n in columns}, wanted, scan=number)
    return chunk
