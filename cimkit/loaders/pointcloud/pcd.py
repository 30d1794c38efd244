"""PCD 0.5 to 0.7 of the Point Cloud Library: text, binary, and binary compressed (LZF)."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.chunk import CloudFacts, PointChunk
from cimkit.loaders.pointcloud.delimited import BadLines, blocks
from cimkit.loaders.pointcloud.lzf import unpack
from cimkit.loaders.pointcloud.ply import missing_points, no_place
from cimkit.loaders.pointcloud.roles import assemble, role
from cimkit.model import Problem

__all__ = ["chunks", "facts", "is_pcd"]

_LINE = re.compile(
    rb"^[ \t]*(VERSION|FIELDS|COLUMNS|SIZE|TYPE|COUNT|WIDTH|HEIGHT|VIEWPOINT|POINTS|DATA)[ \t]+"
    rb"([^\r\n]*?)[ \t]*(\r\n|\n|\r)",
    re.MULTILINE,
)
_HEADER_BYTES = 65_536
_LETTER = {"F": "f", "U": "u", "I": "i"}


@dataclass(slots=True)
class _Header:
    version: str
    names: list[str]
    type: np.dtype[Any]
    width: int
    height: int
    points: int
    viewpoint: list[float]
    style: str
    at: int


def is_pcd(start: bytes) -> bool:
    """Tell whether the start of a file is that of a PCD file."""
    words = {m[1] for m in _LINE.finditer(start[:8192])}
    return b"DATA" in words and bool(words & {b"FIELDS", b"COLUMNS"})


def _header(file: Path) -> _Header:
    with file.open("rb") as opened:
        start = opened.read(_HEADER_BYTES)
    found: dict[str, str] = {}
    at = 0
    for match in _LINE.finditer(start):
        found.setdefault(match[1].decode(), match[2].decode("utf-8", "replace"))
        at = match.end()
        if match[1] == b"DATA":
            break
    try:
        names = (found.get("FIELDS") or found["COLUMNS"]).split()
        sizes = [int(v) for v in found.get("SIZE", "4 " * len(names)).split()]
        types = found.get("TYPE", "F " * len(names)).upper().split()
        counts = [int(v) for v in found.get("COUNT", "1 " * len(names)).split()]
        points = int(found.get("POINTS", 0) or 0)
        width, height = int(found.get("WIDTH", points)), int(found.get("HEIGHT", 1))
        points = points if "POINTS" in found else width * height
        fields = []
        for i, (name, size, letter, count) in enumerate(
            zip(names, sizes, types, counts, strict=True)
        ):
            unique = f"{name}+{i}" if name == "_" or name in names[:i] else name
            kind = np.dtype(f"<{_LETTER[letter]}{size}")
            if count < 0 or count > 100_000:
                raise ValueError(f"COUNT {count}")
            fields.append((unique, kind, (count,)) if count != 1 else (unique, kind))
        if min(points, width, height) < 0:
            raise ValueError("a count below 0")
        view = [float(v) for v in found.get("VIEWPOINT", "").split()]
        return _Header(
            found.get("VERSION", "0.5").lstrip("."),
            names,
            np.dtype(fields),
            width,
            height,
            points,
            view if len(view) == 7 and all(map(math.isfinite, view)) else [],
            found.get("DATA", "ascii").lower(),
            at,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SourceUnreadable(
            f"the PCD header is broken: {error}",
            where=file.name,
            expected="FIELDS, SIZE, TYPE, COUNT, WIDTH, HEIGHT, POINTS and DATA that agree",
            mend="Export the file again.",
        ) from error


def facts(file: Path, *, quick: bool = False) -> CloudFacts:
    """Return what a PCD header says.

    Raises
    ------
    SourceUnreadable
        If the header is incomplete or contradicts itself.
    """
    head = _header(file)
    version = head.version if head.version[:2] == "0." else f"0.{head.version}"
    found = CloudFacts(
        format=f"PCD {version}",
        points=head.points,
        media_type="application/vnd.pcd",
        properties={
            "encoding": head.style,
            "fields": head.names,
            "types": [
                f"{head.type[n].base.name}" + (f"[{c}]" if (c := _count(head, n)) != 1 else "")
                for n in head.type.names or ()
            ],
        },
    )
    if head.height > 1:
        found.properties["organised"] = [head.width, head.height]
    if head.viewpoint and head.viewpoint != [0, 0, 0, 1, 0, 0, 0]:
        found.properties["viewpoint"] = {
            "translation": head.viewpoint[:3],
            "rotation_wxyz": head.viewpoint[3:],
        }
    if head.width * head.height != head.points:
        found.problems.append(
            Problem(
                "point-count-contradiction",
                "Width times height is not the number of points that the header counts.",
                place="header",
                got=f"{head.width} x {head.height}",
                expected=str(head.points),
            )
        )
    missing = {"x", "y", "z"} - {role(n) for n in head.names}
    if missing and head.points:
        raise SourceUnreadable(
            f"the PCD file has no {', '.join(sorted(missing))}: its rows have no place",
            where=file.name,
            got=" ".join(head.names),
            expected="x y z",
        )
    return found


def _count(head: _Header, name: str) -> int:
    return math.prod(head.type[name].shape)


def chunks(
    file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
) -> Iterator[PointChunk]:
    """Yield the points of a PCD file, as they are stored: not moved to the viewpoint.

    Raises
    ------
    SourceUnreadable
        If the header is broken.
    """
    head = _header(file)
    roles = {
        n: r for n in head.type.names or () if _count(head, n) == 1 and (r := role(n.split("+")[0]))
    }
    came = dropped = 0
    bad = BadLines()
    source = (
        _ascii(file, head, size, bad)
        if head.style == "ascii"
        else (
            _compressed(file, head, size)
            if head.style == "binary_compressed"
            else _binary(file, head, size)
        )
    )
    for columns in source:
        came += len(next(iter(columns.values())))
        chunk, lost = assemble(columns, roles, wanted)
        dropped += lost
        yield chunk
    problems += bad.problem(came)
    if came + bad.count < head.points:
        problems.append(missing_points(came, head.points))
    problems += no_place(dropped)


def _ascii(file: Path, head: _Header, size: int, bad: BadLines) -> Iterator[dict[str, Any]]:
    names = head.type.names or ()
    flat = [f"{n}:{i}" for n in names for i in range(_count(head, n))]
    with file.open("rb") as opened:
        opened.seek(head.at)
        for table in blocks(opened, flat, " ", lines=head.points, bad=bad):
            for first in range(0, table.num_rows, size):
                part = table.slice(first, size)
                columns: dict[str, Any] = {}
                for name in names:
                    held = [part[f"{name}:{i}"].to_numpy() for i in range(_count(head, name))]
                    columns[name] = (
                        _typed(
                            held[0] if len(held) == 1 else np.column_stack(held),
                            head.type[name].base,
                        )
                        if held
                        else None
                    )
                yield {n: v for n, v in columns.items() if v is not None}


def _typed(held: Any, kind: np.dtype[Any]) -> Any:
    """Return numbers of a text in the type that the header says; those of a float may be bits."""
    if kind.kind in "iu":
        return held.astype(kind) if np.isfinite(held).all() else held
    return held.astype(kind) if kind.itemsize == 4 else held


def _binary(file: Path, head: _Header, size: int) -> Iterator[dict[str, Any]]:
    with file.open("rb") as opened:
        opened.seek(head.at)
        for done in range(0, head.points, size):
            held = np.fromfile(opened, head.type, min(size, head.points - done))
            if not len(held):
                return
            yield {n: held[n] for n in head.type.names or ()}


def _compressed(file: Path, head: _Header, size: int) -> Iterator[dict[str, Any]]:
    """Unpack the whole: compression goes field by field over all points."""
    with file.open("rb") as opened:
        opened.seek(head.at)
        lengths = opened.read(8)
        packed, plain = struct.unpack("<II", lengths) if len(lengths) == 8 else (0, 0)
        data = opened.read(packed)
    whole = head.points * head.type.itemsize
    held = unpack(data, min(plain, whole))
    columns: dict[str, Any] = {}
    at = 0
    for name in head.type.names or ():
        kind, count = head.type[name].base, _count(head, name)
        have = max(min((len(held) - at) // max(kind.itemsize * count, 1), head.points), 0)
        values = np.frombuffer(held, kind, have * count, at) if have else np.empty(0, kind)
        columns[name] = values.reshape(have, count) if count != 1 else values
        at += head.points * kind.itemsize * count
    points = min(len(v) for v in columns.values())
    for first in range(0, points, size):
        yield {n: v[first : min(first + size, points)] for n, v in columns.items()}
