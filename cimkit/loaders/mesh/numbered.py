"""Meshes as lists of numbered vertices and faces: OFF of Geomview, and TetGen's POLY."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cimkit.loaders.mesh.shape import Shape
from cimkit.model import Problem

__all__ = ["off", "poly"]

_OFF = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:ST)?C?N?4?(n)?OFF\b")
_LARGEST = 2_000_000_000
"""Bytes of text that are read."""


class _Lines:
    """Lines without comments and empty ones, as words."""

    def __init__(self, file: Path) -> None:
        self._lines = self._words(file)
        self.ended = False
        self.bad = 0

    @staticmethod
    def _words(file: Path) -> Iterator[list[bytes]]:
        read = 0
        with file.open("rb") as opened:
            while read < _LARGEST and (line := opened.readline(1_000_000)):
                read += len(line)
                words = line.partition(b"#")[0].split()
                if words:
                    yield words

    def next(self) -> list[bytes]:
        """Return the next line; none of any words after the last."""
        words = next(self._lines, [])
        self.ended = self.ended or not words
        return words

    def whole(self, words: list[bytes]) -> list[int]:
        """Return the numbers at the beginning of a line."""
        found = []
        for word in words:
            if not word.lstrip(b"-").isdigit():
                break
            found.append(int(word))
        return found

    def points(self, count: int, skip: int, found: Shape) -> None:
        """Take so many vertices up."""
        rows: list[tuple[float, float, float]] = []
        taken = 0
        for _ in range(count):
            words = self.next()
            if self.ended:
                break
            try:
                x, y, z = words[skip : skip + 3]
                rows.append((float(x), float(y), float(z)))
            except ValueError:
                self.bad += 1
            if len(rows) >= 100_000:
                found.take(np.array(rows))
                taken += len(rows)
                rows = []
        if rows:
            found.take(np.array(rows))
        found.counts["vertices"] = taken + len(rows)


def off(file: Path) -> Shape:
    """Return counts and box of an OFF."""
    found, lines = Shape(), _Lines(file)
    with file.open("rb") as opened:
        head = _OFF.match(opened.read(4096))
    first = lines.next()
    if b"BINARY" in first:
        message = "A binary OFF is recognised; its triangles are not read."
        found.problems.append(Problem("mesh-not-read", message, hint="Deliver it as text."))
        return found
    if head is not None and head[1]:  # nOFF: the number of dimensions comes first
        first = first[:1] + (first[2:] if len(first) > 1 else lines.next()[1:])
    counts = lines.whole(first[1:] or lines.next())
    vertices, faces = counts[:2] if len(counts) > 1 else (0, 0)
    lines.points(vertices, 0, found)
    corners = _Corners()
    for _ in range(faces):
        words = lines.next()
        if lines.ended:
            break
        corners.take(lines.whole(words), lines)
    corners.count(found)
    _tell(found, lines, vertices, faces, corners.highest, 0, corners.lowest)
    return found


def poly(file: Path) -> Shape:
    """Return counts and box of a POLY: facets of several polygons, and holes."""
    found, lines = Shape(), _Lines(file)
    counts = lines.whole(lines.next())
    vertices = counts[0] if counts else 0
    lines.points(vertices, 1, found)
    facets = (lines.whole(lines.next()) or [0])[0]
    corners = _Corners()
    for _ in range(facets):
        head = lines.whole(lines.next())
        if lines.ended:
            break
        polygons = head[0] if head else 0
        for _ in range(polygons):
            corners.take(lines.whole(lines.next()), lines)
        for _ in range(head[1] if len(head) > 1 else 0):
            lines.next()
            found.counts["holes"] = found.counts.get("holes", 0) + 1
    corners.count(found)
    base = 1 if corners.lowest == 1 and corners.highest == vertices else 0
    _tell(found, lines, vertices, facets, corners.highest, base, corners.lowest)
    return found


class _Corners:
    """Counts of faces, and the numbers of the vertices that they have."""

    def __init__(self) -> None:
        self.faces = self.triangles = 0
        self.lowest, self.highest = 0, -1

    def take(self, numbers: list[int], lines: _Lines) -> None:
        sides = numbers[0] if numbers else 0
        own = numbers[1 : sides + 1]
        if len(own) < sides or sides < 3:
            lines.bad += not lines.ended
            return
        self.lowest = min(own) if self.highest < 0 else min(self.lowest, *own)
        self.highest = max(self.highest, *own)
        self.faces += 1
        self.triangles += sides - 2

    def count(self, found: Shape) -> None:
        found.counts |= {"faces": self.faces, "triangles": self.triangles}


def _tell(
    found: Shape, lines: _Lines, vertices: int, faces: int, highest: int, base: int, lowest: int
) -> None:
    if lines.ended and (vertices or faces):
        message = "It has fewer lines than it states vertices and faces: it was cut off."
        got = f"{found.counts['vertices']} vertices, {found.counts['faces']} faces"
        found.problems.append(
            Problem(
                "mesh-truncated",
                message,
                "error",
                got=got,
                expected=f"{vertices} vertices, {faces} faces",
            )
        )
    if lines.bad:
        message = "Lines of vertices or faces are no numbers."
        found.problems.append(Problem("lines-unreadable", message, got=f"{lines.bad} lines"))
    if highest >= vertices + base or lowest < base:
        message = "Faces have corners that there are not."
        found.problems.append(
            Problem(
                "index-out-of-range",
                message,
                "error",
                got=f"vertex {highest if highest >= vertices + base else lowest}",
                expected=f"{base} to {vertices + base - 1}",
            )
        )
    if not found.counts["vertices"]:
        found.problems.append(Problem("mesh-empty", "It has no vertices.", "error"))
