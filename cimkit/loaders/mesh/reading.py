"""Counting a mesh and finding the box around it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cimkit.loaders.mesh.shape import Shape
from cimkit.model import Problem, Source

__all__ = ["shape_of"]

Array = npt.NDArray[np.float64]

_CHUNK = 16_000_000
"""Bytes of text that are held at once."""
_SAMPLE = 64_000_000
"""Bytes of an OBJ that are counted for a sample."""


def shape_of(kind: str, source: Source, depth: str) -> Shape:
    """Return counts and box of a mesh of that kind.

    Raises
    ------
    SourceUnreadable
        If its XML is broken.
    """
    if kind == "obj":
        return _obj(source, depth)
    if kind == "stl":
        return _stl(source, depth)
    if kind == "dae":
        from cimkit.loaders.mesh.collada import collada

        return collada(source)
    if kind in ("off", "poly"):
        from cimkit.loaders.mesh.numbered import off, poly

        if depth == "header":
            return Shape()
        return off(source.file) if kind == "off" else poly(source.file)
    found = Shape()
    found.problems.append(
        Problem(
            "mesh-not-read",
            f"{kind.upper()} is recognised, and catalogued with what stands beside it; its "
            "triangles are not read.",
            "info",
            hint="Deliver it as 3D Tiles, glTF or OBJ, too.",
        )
    )
    return found


def _obj(source: Source, depth: str) -> Shape:
    found = Shape()
    if depth == "header":
        return found
    counts: Counter[str] = Counter()
    materials: set[bytes] = set()
    bad = read = 0
    limit = _SAMPLE if depth == "sample" else source.file.stat().st_size
    with source.file.open("rb") as opened:
        rest = b""
        while read < limit and (block := opened.read(_CHUNK)):
            read += len(block)
            text = rest + block
            end = _line_end(text)
            text, rest = text[:end], text[end:]
            if len(rest) > _CHUNK:
                break  # a line without end
            bad += _obj_lines(text, found, counts, materials)
        bad += _obj_lines(rest + b"\n", found, counts, materials)
    zeros, highest = counts.pop("zeros", 0), counts.pop("highest", 0)
    found.counts = dict(counts)
    if materials:
        found.counts["materials"] = len(materials)
    size = source.file.stat().st_size
    if read < size:
        found.properties["sampled"] = read / size
    if bad:
        message = "Lines of vertices or faces are no numbers."
        found.problems.append(Problem("lines-unreadable", message, got=f"{bad} lines"))
    if read >= size and (highest > counts["vertices"] or zeros):
        message = "Faces have corners that there are not."
        got = f"vertex {highest if highest > counts['vertices'] else 0}"
        expected = f"1 to {counts['vertices']}"
        found.problems.append(
            Problem("index-out-of-range", message, "error", got=got, expected=expected)
        )
    if not counts["vertices"]:
        message = "It has no vertices."
        found.problems.append(Problem("mesh-empty", message, "error"))
    missing = _missing(source, materials)
    found.problems += missing
    return found


_VERTEX = re.compile(rb"^v[ \t]+(.*)$", re.M)
_FACE = re.compile(rb"^f[ \t]+(.*)$", re.M)
_GOES_ON = re.compile(rb"\\[ \t]*\r?\n")
_PAIRED = re.compile(rb"/[-\d/]*")
_WHOLE = re.compile(rb"(?:[ \t\r]*+-?\d{1,18}+(?![^ \t\r]))*+[ \t\r]*+")


def _line_end(text: bytes) -> int:
    """Return where the last line ends that does not go on (a backslash) in the next; 0: nowhere."""
    at = len(text)
    while (at := text.rfind(b"\n", 0, at)) >= 0:
        if not text[max(0, at - 2) : at].rstrip(b"\r").endswith(b"\\"):
            break
    return at + 1


def _obj_lines(text: bytes, found: Shape, counts: Counter[str], materials: set[bytes]) -> int:
    if b"\\" in text:
        text = _GOES_ON.sub(b" ", text)
    vertices = _VERTEX.findall(text)
    bad = 0
    if vertices:
        rows = []
        for line in vertices:
            words = line.split()[:3]
            try:
                rows.append((float(words[0]), float(words[1]), float(words[2])))
            except (ValueError, IndexError):
                bad += 1
        if rows:
            found.take(np.array(rows))
            counts["vertices"] += len(rows)
    rings = _FACE.findall(text)
    faces = [len(line.split()) for line in rings]
    if faces:
        numbers = _PAIRED.sub(b"", b" ".join(rings))
        if _WHOLE.fullmatch(numbers):
            corners = np.fromstring(numbers, np.int64, sep=" ")
            counts["highest"] = max(counts["highest"], int(corners.max(initial=0)))
            counts["zeros"] += int((corners == 0).sum())
        sides = np.array(faces)
        counts["faces"] += int((sides >= 3).sum())
        counts["triangles"] += int((sides[sides >= 3] - 2).sum())
        bad += int((sides < 3).sum())
    for word, name in ((rb"o", "objects"), (rb"g", "groups")):
        number = len(re.findall(rb"^" + word + rb"[ \t]", text, re.M))
        if number:
            counts[name] += number
    materials |= set(re.findall(rb"^usemtl[ \t]+(.+?)[ \t\r]*$", text, re.M))
    return bad


def _missing(source: Source, materials: set[bytes]) -> list[Problem]:
    libraries = [m for m in source.members if m.lower().endswith(".mtl")]
    if materials and not libraries:
        return [
            Problem(
                "content-missing",
                "Its materials (.mtl) were not delivered.",
                got=", ".join(sorted(m.decode("utf-8", "replace") for m in materials)[:5]),
            )
        ]
    return []


def _stl(source: Source, depth: str) -> Shape:
    found = Shape()
    file = source.file
    with file.open("rb") as opened:
        head = opened.read(84)
    count = int.from_bytes(head[80:84], "little")
    if file.stat().st_size == 84 + 50 * count:
        found.counts["triangles"] = count
        found.properties["encoding"] = "binary"
        if depth != "header" and count:
            kind = np.dtype([("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")])
            raw = np.memmap(file, kind, "r", 84, (count,))
            for start in range(0, count, 1_000_000):
                with np.errstate(invalid="ignore"):  # NaN of a kind that a cast remarks upon
                    found.take(
                        raw["v"][start : start + 1_000_000].reshape(-1, 3).astype(np.float64)
                    )
        return found
    found.properties["encoding"] = "text"
    if depth == "header":
        return found
    _stl_text(file, found)
    return found


def _stl_text(file: Path, found: Shape) -> None:
    facets = vertices = 0
    rest = b""
    with file.open("rb") as opened:
        while block := opened.read(_CHUNK):
            text, cut, rest = (rest + block).rpartition(b"\n")
            if len(rest) > _CHUNK:
                break  # a line without end
            rows = re.findall(rb"vertex\s+(\S+)\s+(\S+)\s+(\S+)", text + cut)
            facets += len(re.findall(rb"facet\s+normal", text + cut))
            vertices += len(rows)
            if rows:
                with np.errstate(all="ignore"):
                    found.take(np.array([[_real(w) for w in row] for row in rows]))
    found.counts["triangles"] = vertices // 3
    if facets != vertices // 3:
        message = "It has another number of facets than of corners: it was cut off, or is damaged."
        found.problems.append(
            Problem("mesh-truncated", message, "error", got=f"{facets} facets, {vertices} corners")
        )


def _real(word: bytes) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")
