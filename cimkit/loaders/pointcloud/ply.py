"""PLY, in text and in binary of both byte orders; clouds and meshes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.delimited import BadLines, blocks
from cimkit.loaders.pointcloud.ply_header import (
    Element,
    Header,
    broken,
    is_ply,
    read_header,
    vertex_of,
)
from cimkit.loaders.pointcloud.roles import assemble, role
from cimkit.model import Problem

__all__ = ["chunks", "facts", "is_ply"]

_BUNDLE = 4_096  # records with lists that are looked at together


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what a PLY header says.

    Raises
    ------
    SourceUnreadable
        If the header is incomplete.
    """
    head = read_header(file)
    vertex = vertex_of(head)
    counts = {
        {"face": "faces", "edge": "edges"}.get(e.name, e.name): e.rows
        for e in head.elements
        if e is not vertex and e.rows
    }
    missing = {"x", "y", "z"} - {role(p.name) for p in vertex.properties}
    problems = []
    if missing and vertex.rows:
        if len(missing) > 1:
            raise broken(file, f"vertices have no {', '.join(sorted(missing))}", "x, y, z")
        problems.append(
            Problem(
                "axis-missing",
                f"Its vertices have no {missing.pop()}; 0 was taken.",
                "error",
                got=", ".join(p.name for p in vertex.properties),
                expected="x, y, z",
            )
        )
    return CloudFacts(
        format="PLY",
        points=vertex.rows,
        kind="mesh" if counts.get("faces") or counts.get("tristrips") else "pointcloud",
        media_type="model/ply",
        counts=counts,
        properties={
            "encoding": head.style,
            "fields": [
                f"{'list ' if p.count else ''}{np.dtype(p.type).name} {p.name}"
                for p in vertex.properties
            ],
            **({"comments": head.comments[:20]} if head.comments else {}),
        },
        problems=problems,
    )


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of a PLY file.

    Raises
    ------
    SourceUnreadable
        If the header is broken.
    """
    head = read_header(file)
    vertex = vertex_of(head)
    roles = {p.name: r for p in vertex.properties if (r := role(p.name))}
    came = dropped = 0
    bad = BadLines()
    with file.open("rb") as opened:
        opened.seek(head.at)
        for columns in _columns(opened, head, vertex, size, bad):
            came += len(next(iter(columns.values())))
            chunk, lost = assemble(columns, roles, wanted)
            dropped += lost
            yield chunk
    problems += bad.problem(came)
    if came + bad.count < vertex.rows:
        problems.append(missing_points(came, vertex.rows))
    problems += no_place(dropped)


def missing_points(came: int, promised: int) -> Problem:
    """Return the problem of a file that is cut off."""
    return Problem(
        "points-truncated",
        f"Only {came:,} of the {promised:,} points that the header counts are there.",
        "error",
        got=f"{came} points",
        expected=f"{promised} points",
        hint="Deliver the file again; it may have been cut off in transfer.",
    )


def no_place(dropped: int) -> list[Problem]:
    """Return the problem of points whose coordinates are no numbers."""
    if not dropped:
        return []
    return [
        Problem(
            "points-without-place",
            f"{dropped:,} points have coordinates that are no numbers; they were left out.",
            "info",
            got=f"{dropped} points",
        )
    ]


def _columns(
    opened: IO[bytes], head: Header, vertex: Element, size: int, bad: BadLines
) -> Iterator[dict[str, Any]]:
    if head.style == "ascii":
        yield from _from_text(opened, head, vertex, size, bad)
        return
    for element in head.elements:
        if element is vertex:
            break
        _skip(opened, element, head.order)
    if vertex.flat and vertex.properties:
        kind = vertex.kind(head.order)
        for done in range(0, vertex.rows, size):
            held = np.fromfile(opened, kind, min(size, vertex.rows - done))
            if not len(held):
                return
            yield {name: held[name] for name in kind.names or ()}
        return
    for first in range(0, vertex.rows, _BUNDLE):
        columns = _with_lists(opened, vertex, head.order, min(_BUNDLE, vertex.rows - first))
        if not len(next(iter(columns.values()), ())):
            return
        yield columns


def _from_text(
    opened: IO[bytes], head: Header, vertex: Element, size: int, bad: BadLines
) -> Iterator[dict[str, Any]]:
    for element in head.elements:
        if element is vertex:
            break
        for _ in range(element.rows):
            if not opened.readline():
                return
    if not vertex.flat:
        plain = [p.name for p in vertex.properties if not p.count]
        rows = []
        for _ in range(vertex.rows):
            words = opened.readline().split()
            if not words:
                break
            rows.append(_scalars(words, vertex))
        yield {n: np.array([r[i] for r in rows]) for i, n in enumerate(plain)}
        return
    names = [p.name for p in vertex.properties]
    kinds = {p.name: p.type for p in vertex.properties}
    for table in blocks(opened, names, " ", lines=vertex.rows, bad=bad):
        for first in range(0, table.num_rows, size):
            part = table.slice(first, size)
            held = {n: part[n].to_numpy() for n in names}
            yield {
                n: v.astype(kinds[n]) if kinds[n][0] in "iu" and np.isfinite(v).all() else v
                for n, v in held.items()
            }


def _scalars(words: list[bytes], element: Element) -> list[float]:
    found, at = [], 0
    for one in element.properties:
        try:
            value = float(words[at])
        except (ValueError, IndexError):
            value = float("nan")
        if one.count:
            at += int(value) if 0 <= value < len(words) else 0
        else:
            found.append(value)
        at += 1
    return found


def _skip(opened: IO[bytes], element: Element, order: str) -> None:
    if element.flat:
        opened.seek(element.rows * element.kind(order).itemsize, 1)
        return
    at = opened.tell()
    end = opened.seek(0, 2)
    opened.seek(at)
    for first in range(0, element.rows, _BUNDLE):
        if opened.tell() >= end:
            return
        _with_lists(opened, element, order, min(_BUNDLE, element.rows - first))


def _with_lists(opened: IO[bytes], element: Element, order: str, rows: int) -> dict[str, Any]:
    """Read records one by one, keeping what is no list."""
    kept: dict[str, list[Any]] = {p.name: [] for p in element.properties if not p.count}
    for _ in range(rows):
        one: list[Any] = []
        for p in element.properties:
            value = np.fromfile(opened, order + (p.count or p.type), 1)
            if not len(value):
                return {n: np.array(v) for n, v in kept.items()}
            if p.count:
                opened.seek(max(int(value[0]), 0) * np.dtype(p.type).itemsize, 1)
            else:
                one.append(value[0])
        for name, held in zip(kept, one, strict=True):
            kept[name].append(held)
    return {n: np.array(v) for n, v in kept.items()} or {"": np.empty(0)}
