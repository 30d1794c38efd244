"""Which column of a text of points means what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders.pointcloud.roles import role

__all__ = ["Table", "look"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?nan|[+-]?inf", re.IGNORECASE)
_COMMENTS = ("#", "//", "%", "!", ";")
_MOST_HEADER = 40
_LINES = 2_000


@dataclass(slots=True)
class Table:
    """How the lines of a text are to be read."""

    names: list[str] = field(default_factory=list)
    """Of the columns; ``field_4`` where nothing names them."""
    roles: dict[str, str] = field(default_factory=dict)
    """Role by column."""
    delimiter: str = " "
    """Between numbers; " " is any space."""
    comma: bool = False
    """Whether decimals stand behind a comma."""
    at: int = 0
    """Byte at which the first point begins."""
    header: list[str] = field(default_factory=list)
    """Names as the file gives them; empty if it gives none."""
    comments: list[str] = field(default_factory=list)
    """Lines before the points that name nothing."""
    promised: int | None = None
    """Number of points that a line by itself before them promises (PTS)."""
    guessed: list[str] = field(default_factory=list)
    """What was taken for granted about columns without names."""
    ambiguous: bool = False
    """Whether the columns could mean something else."""
    encoding: str = "ascii"
    """Of the header."""
    sample: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    """First lines, (n, columns)."""
    texts: int = 0
    """How many columns hold no numbers."""


def look(start: bytes) -> Table | None:
    """Find out how a text of points is written, or None if it is none.

    Parameters
    ----------
    start : bytes
        The beginning of the file; a last line that is cut off is left out.
    """
    mark = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    body = start[mark:]
    if b"\0" in body:
        return None
    end = b"\n" if b"\n" in body else b"\r"
    raw = body.split(end)
    if len(raw) > 1 and len(start) >= 60_000:
        raw.pop()
    encoding = (
        "ascii"
        if body.isascii()
        else "utf-8"
        if decodes(body[:4000], "utf-8")
        else (detect(body[:4000]))
    )
    found = Table(encoding=encoding)
    lines = [r.decode(encoding, "replace").strip() for r in raw[: _LINES + _MOST_HEADER]]
    first = _first(lines)
    if first is None:
        return None
    found.at = mark + sum(len(r) + 1 for r in raw[:first])
    data = [line for line in lines[first:] if line and not line.startswith(_COMMENTS)][:_LINES]
    found.delimiter, found.comma = _style(data)
    rows = [_cells(line, found.delimiter, found.comma) for line in data]
    wide = int(np.bincount([len(r) for r in rows]).argmax())
    if wide < 3:
        return None
    alike = [r for r in rows if len(r) == wide]
    found.sample = np.array([[_value(c) for c in r] for r in alike])
    strange = [
        i
        for i in range(wide)
        if sum(not _NUMBER.fullmatch(r[i]) and r[i] not in ("", "-") for r in alike)
        > 0.02 * len(alike)
    ]
    found.texts = len(strange)
    if len(alike) < 0.9 * len(rows):
        return None
    _header(lines[:first], found, wide)
    if found.header:
        found.names = _unique(found.header)
        found.roles = {n: r for n, r in zip(found.names, map(role, found.header), strict=True) if r}
    else:
        _guess(found, wide)
    return found


def _first(lines: list[str]) -> int | None:
    """Return the index of the first line with three numbers."""
    for i, line in enumerate(lines[:_MOST_HEADER]):
        if line.startswith(_COMMENTS):
            continue
        cells = [c for c in re.split(r"[\s,;]+", line) if c]
        if len(cells) >= 3 and all(_NUMBER.fullmatch(c) for c in cells[:3]):
            return i
        # A first column of point names: the numbers stand behind it.
        if i and len(cells) >= 4 and sum(bool(_NUMBER.fullmatch(c)) for c in cells) >= 3:
            return i
    return None


def _style(data: list[str]) -> tuple[str, bool]:
    first = data[:50]
    for delimiter in (";", "\t", ","):
        wide = {line.count(delimiter) for line in first}
        if min(wide) >= 2 and len(wide) == 1:
            rest = [c for line in first for c in line.split(delimiter)]
            comma = delimiter != "," and any(re.fullmatch(r"\s*[+-]?\d+,\d+\s*", c) for c in rest)
            if (
                delimiter == ","
                and any(" " in line.strip() for line in first)
                and all(re.fullmatch(r"[+-]?\d+,\d+", c) for line in first for c in line.split())
            ):
                return " ", True  # "1,5 2,5 3,5": decimals, and spaces between numbers
            if delimiter == "\t" and any("\t\t" in line for line in first):
                return " ", comma
            return delimiter, comma
    spaced = [c for line in first for c in line.split()]
    return " ", any(re.fullmatch(r"[+-]?\d+,\d+", c) for c in spaced)


def _cells(line: str, delimiter: str, comma: bool) -> list[str]:
    cells = line.split() if delimiter == " " else [c.strip(' "') for c in line.split(delimiter)]
    return [c.replace(",", ".") for c in cells] if comma else cells


def _value(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _header(lines: list[str], found: Table, wide: int) -> None:
    for line in lines:
        if not line:
            continue
        if line.isdigit():
            found.promised = int(line)
            continue
        bare = line.lstrip("#/%!; ")
        for delimiter in (found.delimiter, ",", ";", "\t", " "):
            cells = bare.split() if delimiter == " " else bare.split(delimiter)
            cells = [c.strip(' "\t') for c in cells]
            while cells and not cells[-1]:
                cells.pop()
            roles = {role(c) for c in cells}
            if len(cells) == wide and len({"x", "y"} & roles) == 2:
                found.header = cells
                break
        else:
            found.comments.append(line[:200])


def _unique(names: list[str]) -> list[str]:
    made: list[str] = []
    for i, name in enumerate(names):
        made.append(f"{name or 'field'}_{i + 1}" if name in made or not name else name)
    return made


def _guess(found: Table, wide: int) -> None:
    """Give meanings to columns by the numbers in them, and say which."""
    held = found.sample
    roles: list[str | None] = [None] * wide
    first = 1 if wide > 3 and _counts_up(held[:, 0]) else 0
    if first:
        roles[0] = "id"
        found.guessed.append("column 1: a running number")
    for i, axis in enumerate("xyz"):
        roles[first + i] = axis
    rest = list(range(first + 3, wide))
    colored = (
        next(
            (
                i
                for i in (rest[0:1] + rest[1:2] + rest[2:3] + rest[3:4])
                if i + 3 <= wide and _bytes(held[:, i : i + 3])
            ),
            None,
        )
        if rest
        else None
    )
    if colored is not None:
        for i, name in enumerate(("red", "green", "blue")):
            roles[colored + i] = name
        found.guessed.append(f"columns {colored + 1} to {colored + 3}: red, green, blue")
        rest = [i for i in rest if not colored <= i < colored + 3]
    normal = next(
        (i for i in rest if {i, i + 1, i + 2} <= set(rest) and _units(held[:, i : i + 3])), None
    )
    if normal is not None:
        for i, name in enumerate(("normal_x", "normal_y", "normal_z")):
            roles[normal + i] = name
        found.guessed.append(f"columns {normal + 1} to {normal + 3}: normals")
        rest = [i for i in rest if not normal <= i < normal + 3]
    if rest and _intense(held[:, rest[0]]):
        roles[rest[0]] = "intensity"
        found.guessed.append(f"column {rest[0] + 1}: intensity")
        found.ambiguous = colored is None and normal is None
        rest = rest[1:]
    found.ambiguous |= bool(rest)
    found.names = [r or f"field_{i + 1}" for i, r in enumerate(roles)]
    found.roles = {n: n for n, r in zip(found.names, roles, strict=True) if r}


def _counts_up(held: npt.NDArray[np.float64]) -> bool:
    return len(held) > 2 and bool(
        (np.diff(held) == 1).all() and (held[:1] == np.rint(held[:1])).all()
    )


def _bytes(held: npt.NDArray[np.float64]) -> bool:
    sound = np.isfinite(held).all() and (held == np.rint(held)).all()
    return bool(
        sound
        and held.min() >= 0
        and held.max() <= 65_535
        and held.max() > 1
        and (held.max() <= 255 or held.max(axis=0).min() > 1000)
    )


def _units(held: npt.NDArray[np.float64]) -> bool:
    long = np.linalg.norm(held, axis=1)
    return bool(
        np.isfinite(long).all() and (np.abs(long[long > 0] - 1) < 0.05).all() and long.any()
    )


def _intense(held: npt.NDArray[np.float64]) -> bool:
    if not np.isfinite(held).all():
        return False
    whole = (held == np.rint(held)).all()
    return bool(
        (whole and held.min() >= -2048 and held.max() <= 65_535)
        or (held.min() >= 0 and held.max() <= 1)
    )
