"""What the directories of a TIFF say: whether all blocks are in the file, and whether it is a COG.

Tags: TIFF 6.0; BigTIFF: awaresystems; cloud-optimised: OGC 21-026.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem

__all__ = ["Directory", "Tiff", "cog_reasons", "missing_blocks", "read_tiff"]

_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "Q", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_TYPES |= {13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST = 512
"""Directories that are followed."""


@dataclass(slots=True)
class Directory:
    """One picture of a TIFF: the raster itself, an overview or a mask."""

    at: int
    """Offset of the directory."""
    width: int = 0
    """Pixels."""
    height: int = 0
    """Pixels."""
    subfile: int = 0
    """Bit 0: an overview; bit 2: a mask."""
    tiled: bool = False
    """Whether it is cut into tiles, and not into strips."""
    offsets: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    """Where its blocks begin; 0: not written (sparse)."""
    sizes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    """Bytes of each block."""
    texts: dict[int, str] = field(default_factory=dict)
    """Tags of text, by number."""
    reals: dict[int, tuple[float, ...]] = field(default_factory=dict)
    """Tags of float64, by number: ModelPixelScale, ModelTiepoint, ModelTransformation …"""


@dataclass(slots=True)
class Tiff:
    """The directories of a file."""

    size: int
    """Bytes of the file."""
    big: bool
    """Whether it is a BigTIFF."""
    directories: list[Directory] = field(default_factory=list)
    """In the order in which they are chained."""
    broken: str = ""
    """Why the chain ends early; "" if it does not."""


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        start = file.read(16)
        self.order = "<" if start[:2] == b"II" else ">"
        self.big = struct.unpack(self.order + "H", start[2:4])[0] == 43
        self.word, self.wide = ("Q", 8) if self.big else ("I", 4)
        at = 8 if self.big else 4
        (self.first,) = struct.unpack(self.order + self.word, start[at : at + self.wide])

    def cut(self, at: int, count: int) -> bytes:
        if count > self.size or at + count > self.size:
            raise EOFError(f"{count} bytes at {at} of {self.size}")
        self.file.seek(at)
        return self.file.read(count)

    def value(self, kind: int, count: int, raw: bytes) -> Any:
        """Return text, or an array of numbers; None for a type that there is not."""
        letter = _TYPES.get(kind)
        if letter is None:
            return None
        length = count * (1 if letter == "s" else struct.calcsize("<" + letter))
        if length > self.wide:
            raw = self.cut(struct.unpack(self.order + self.word, raw)[0], length)
        if letter == "s":
            return raw[:length].split(b"\0")[0].decode("utf-8", "replace")
        return np.frombuffer(raw[:length], self.order + letter)


def read_tiff(file: Path) -> Tiff | None:
    """Read the directories of a TIFF; None if it is none.

    A chain that is cut off or runs in a circle ends there, and `Tiff.broken` says so.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        if opened.read(4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") or size < 16:
            return None
        opened.seek(0)
        reader = _Reader(opened, size)
        found = Tiff(size, reader.big)
        at, seen = reader.first, set[int]()
        while at and len(found.directories) < _MOST:
            if at in seen:
                found.broken = f"the chain of directories runs in a circle at {at}"
                break
            seen.add(at)
            try:
                directory, at = _directory(reader, at)
            except (EOFError, struct.error, ValueError) as error:
                found.broken = f"directory at {at}: {error}"
                break
            found.directories.append(directory)
    return found


def _directory(reader: _Reader, at: int) -> tuple[Directory, int]:
    count_size, entry_size = (8, 20) if reader.big else (2, 12)
    word = "Q" if reader.big else "H"
    (count,) = struct.unpack(reader.order + word, reader.cut(at, count_size))
    if count > 4096:
        raise ValueError(f"{count} tags")
    table = reader.cut(at + count_size, count * entry_size + reader.wide)
    found = Directory(at)
    for n in range(count):
        entry = table[n * entry_size : (n + 1) * entry_size]
        tag, kind = struct.unpack(reader.order + "HH", entry[:4])
        (many,) = struct.unpack(reader.order + reader.word, entry[4 : 4 + reader.wide])
        if tag in _WANTED:
            value = reader.value(kind, many, entry[4 + reader.wide :])
            if value is not None and len(value):
                _keep(found, tag, value)
    (following,) = struct.unpack(reader.order + reader.word, table[count * entry_size :])
    return found, following


_TEXTS = {270, 271, 272, 305, 306, 315, 33432, 42112, 42113, 34737}
_REALS = {33550, 33922, 34264, 34736}
_WANTED = {254, 256, 257, 273, 279, 322, 324, 325, 34735, *_TEXTS, *_REALS}


def _keep(found: Directory, tag: int, value: Any) -> None:
    if isinstance(value, str):
        found.texts[tag] = value
    elif tag in _REALS or tag == 34735:
        found.reals[tag] = tuple(float(v) for v in value[:4096])
    elif tag == 254:
        found.subfile = int(value[0])
    elif tag == 256:
        found.width = int(value[0])
    elif tag == 257:
        found.height = int(value[0])
    elif tag == 322:
        found.tiled = True
    elif tag in (273, 324):
        found.offsets = value.astype(np.uint64)
    elif tag in (279, 325):
        found.sizes = value.astype(np.uint64)


def missing_blocks(tiff: Tiff) -> list[Problem]:
    """Tell of blocks that lie, wholly or in part, behind the end of the file."""
    problems = []
    for number, one in enumerate(tiff.directories):
        many = min(len(one.offsets), len(one.sizes))
        end = one.offsets[:many].astype(np.float64) + one.sizes[:many].astype(np.float64)
        lost = int((end > tiff.size).sum())
        if lost:
            part = "an overview" if one.subfile & 1 else "a mask" if one.subfile & 4 else "it"
            problems.append(
                Problem(
                    "blocks-missing",
                    f"Blocks of {part} lie behind the end of the file; the others are kept.",
                    "error" if part == "it" else "warning",
                    f"directory {number}",
                    got=f"{lost} of {many} blocks",
                    hint="Was it cut off on the way? Deliver it again.",
                )
            )
    if tiff.broken:
        problems.append(
            Problem(
                "tiff-directory-broken",
                "Its list of pictures (overviews, masks) breaks off.",
                place=tiff.broken,
                got=f"{len(tiff.directories)} directories",
            )
        )
    return problems


def cog_reasons(tiff: Tiff, *, outside: bool) -> list[str]:
    """Return why a TIFF is not cloud-optimised; an empty list if it is.

    Parameters
    ----------
    tiff : Tiff
        Its directories.
    outside : bool
        Whether its overviews lie in a file of their own.
    """
    if not tiff.directories:
        return ["no directory can be read"]
    main, *others = tiff.directories
    reasons = []
    large = max(main.width, main.height) > 512
    overviews = [d for d in others if d.subfile & 1 and not d.subfile & 4]
    if outside:
        reasons.append("its overviews lie in a file of their own (.ovr)")
    if not main.tiled:
        reasons.append("it is cut into strips, and not into tiles")
    if large and not overviews and not outside:
        reasons.append("it has no overviews")
    if main.at > 300 + 16 and any(0 < o < main.at for o in main.offsets[:1].tolist()):
        reasons.append("its first directory stands behind its pixels")
    if any(max(d.width, d.height) > 512 and not d.tiled for d in overviews):
        reasons.append("an overview is cut into strips")
    sizes = [main.width, *(d.width for d in overviews)]
    if any(b >= a for a, b in pairwise(sizes)):
        reasons.append("its overviews do not go from large to small")
    places = [d.at for d in (main, *overviews)]
    if places != sorted(places):
        reasons.append("its directories do not stand in the order of their pictures")
    firsts = [_first_byte(d) for d in reversed([main, *overviews])]
    known = [f for f in firsts if f]
    if known != sorted(known):
        reasons.append("the pixels of an overview stand behind those of a larger picture")
    return reasons


def _first_byte(one: Directory) -> int:
    written = one.offsets[one.offsets > 0]
    return int(written[0]) if len(written) else 0
