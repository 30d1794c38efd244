"""Tables of camera poses, as text holds them."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from cimkit.errors import SheetError
from cimkit.loaders._delivery.encoding import detect
from cimkit.loaders.photo.columns import MAYBE, PHOTOGRAPH, Columns, plain_words, pose_columns
from cimkit.model import Trajectory

__all__ = [
    "ORIENTED",
    "PoseTable",
    "image_folder",
    "image_name",
    "is_orientations",
    "is_pose_table",
    "read_poses",
]

Array = npt.NDArray[np.float64]

_COMMENTS = ("#", "//", "%")
ORIENTED = (".eo", ".opk", ".ori", ".ext")
"""Endings of lists of exterior orientations (Inpho, Pix4D, Applanix)."""
_LOOK = 16_384  # bytes that tell whether it is a table of poses
_PROJECTION = re.compile(r"\s*(EPSG:\d+|WGS ?84|\+proj=)", re.IGNORECASE)
_DEGREES = re.compile(
    r"""([+-]?)\s*(\d+)\s*(?:°|度|deg|d|:|\s)\s*(\d+(?:\.\d+)?)\s*(?:['′分m:\s]\s*"""
    r"""(?:(\d+(?:\.\d+)?)\s*(?:["″秒s]|'')?)?)?\s*([NSEWnsew]?)"""
)


@dataclass(frozen=True, slots=True)
class PoseTable:
    """A table of poses as it stands in its file."""

    columns: Columns
    """As the sheet names them, else as found."""
    header: tuple[str, ...]
    """All columns; ``1``, ``2`` … of a table that has no header."""
    cells: list[list[str]]
    """The rows, as long as they are in the file."""
    encoding: str
    """Of the file, as Python calls it."""
    remarks: tuple[str, ...] = ()
    """Lines in front of the table that are no rows."""
    headless: bool = False
    """Whether the columns have no names."""
    decimal_comma: bool = False
    """Whether numbers are written 1,5."""

    def texts(self, column: str) -> list[str]:
        """Return what stands in a column; "" where a row is too short."""
        if column not in self.header:
            return [""] * len(self.cells)
        at = self.header.index(column)
        return [row[at].strip() if at < len(row) else "" for row in self.cells]

    def numbers(self, column: str, *, plain: bool = False) -> Array:
        """Return the numbers of a column; NaN where none is.

        Unless ``plain``, degrees may be written ``106°30'20.5"E``.
        """
        texts = self.texts(column)
        try:
            found = np.array(texts, dtype=float)  # as nearly all are
        except ValueError:
            read = (_real(text, self.decimal_comma, plain=plain) for text in texts)
            found = np.fromiter(read, float, len(texts))
        found[~np.isfinite(found)] = np.nan
        return found


def _real(text: str, comma: bool, *, plain: bool = False) -> float:
    pointed = text.replace(",", ".") if comma else text
    try:
        return float(pointed)
    except ValueError:
        match = None if plain else _DEGREES.fullmatch(pointed.strip())
    if match is None:
        return math.nan
    value = sum(float(match[n] or 0) / s for n, s in ((2, 1), (3, 60), (4, 3600)))
    return -value if (match[1] == "-") != (match[5] in ("S", "W", "s", "w")) else value


def _oriented(text: str) -> PoseTable:
    """Return a list of exterior orientations, whose order of columns is that of the trade."""
    lines = [t.strip() for t in text.splitlines() if t.strip() and t[0] not in "#%/"]
    cells = [re.split(r"[\s,;]+", line) for line in lines]
    columns = Columns(image="1", x="2", y="3", z="4", omega="5", phi="6", kappa="7")
    return PoseTable(columns, tuple("1234567"), cells, "", headless=True)


def is_orientations(start: bytes) -> bool:
    """Tell a list of exterior orientations: a photograph, X, Y, Z and three angles in each row.

    Its photographs are numbers more often than not, so that the name of the file counts, too.
    """
    lines = start[:_LOOK].decode("ascii", "replace").splitlines()[:20]
    rows = [re.split(r"[\s,;]+", t.strip()) for t in lines if t.strip() and t[0] not in "#%/"]
    whole = rows[:-1] if len(start) > _LOOK else rows
    return bool(whole) and all(
        len(row) in (7, 8) and not any(math.isnan(_real(c, False)) for c in row[1:7])
        for row in whole
    )


def is_pose_table(start: bytes) -> bool:
    """Tell whether a text file begins as a table of poses: its header, and numbers below it."""
    start = start[:_LOOK]
    if b"\0" in start:
        return False
    whole = start[: start.rfind(b"\n") + 1] or start  # no character cut in two
    table = _split(whole.decode(detect(whole), "replace").splitlines(), set())
    if not table.cells:
        return False
    if table.headless:
        return _is_headless(table)
    first = replace(table, cells=table.cells[:1])
    held = (table.columns.x, table.columns.heading, table.columns.omega)
    return table.columns.posed and any(c and np.isfinite(first.numbers(c)[0]) for c in held)


def _is_headless(table: PoseTable) -> bool:
    """Tell a list of photographs and numbers, as OpenDroneMap, OpenSfM and Pix4D write it."""
    return all(
        len(row) >= 3
        and PHOTOGRAPH.search(row[0].strip())
        and not any(math.isnan(_real(cell, False)) for cell in row[1:3])
        for row in table.cells[:20]
    )


def _split(lines: Iterable[str], wanted: set[str]) -> PoseTable:
    """Return the table in lines of text: its header may be the last of the comments, or be none."""
    text = [line.lstrip("\ufeff") for line in lines if line.strip()]
    body = [line for line in text if not line.startswith(_COMMENTS)]
    marked = [line.lstrip("#/% \t") for line in takewhile(lambda t: t.startswith(_COMMENTS), text)]
    for head, rows in [*((h, body) for h in reversed(marked)), *((h, body[1:]) for h in body[:1])]:
        delimiter = _delimiter(head)
        lines_here = csv.reader([head, *rows], delimiter=delimiter, skipinitialspace=True)
        header, *cells = list(lines_here)
        columns = pose_columns(header, cells[:20])
        if columns.posed or (wanted and wanted <= set(header)):
            # Between semicolons or tabs a comma can only be that of a number.
            comma = delimiter not in ",|" and any("," in c for row in cells[:20] for c in row)
            return PoseTable(columns, tuple(header), cells, "", tuple(marked), decimal_comma=comma)
    named = body[:1] if body and _PROJECTION.match(body[0]) else []
    body = body[len(named) :]
    if not body:
        return PoseTable(Columns(), (), [], "", tuple(marked))
    every = list(csv.reader(body, delimiter=_delimiter(body[0]), skipinitialspace=True))
    numbered = tuple(str(n + 1) for n in range(max(map(len, every))))
    bare = PoseTable(Columns(), numbered, every, "", (*named, *marked), headless=True)
    if (wanted and wanted <= set(numbered)) or _is_headless(bare):
        return bare
    first, *cells = every
    return PoseTable(pose_columns(first, cells[:20]), tuple(first), cells, "", tuple(marked))


def _delimiter(line: str) -> str:
    best = max(",;\t|", key=line.count)
    return best if best in line else " "


def read_poses(
    file: Path, named: Trajectory | None = None, encoding: str | None = None
) -> PoseTable:
    """Read a table of poses.

    Parameters
    ----------
    file : Path
        Text with one row for each photograph; comma, semicolon, tab or blanks between the columns.
    named : Trajectory, optional
        What the sheet says of its columns; those it does not name are found.
    encoding : str, optional
        As the sheet declares it; else it is detected.

    Raises
    ------
    OSError, csv.Error
        If it cannot be read.
    SheetError
        If it is empty, or lacks a column that the sheet names.
    """
    raw = file.read_bytes()
    encoding = encoding or detect(raw)
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    said = {f.name: getattr(named, f.name) for f in fields(Columns)} if named else {}
    for name in ("gps_week", "date"):  # may be the value itself
        if name in said and re.fullmatch(r"\d{3,4}|\d{4}-\d\d-\d\d", said[name]):
            said[name] = ""
    wanted = set(filter(None, said.values()))
    table = _split(text.splitlines(), wanted)
    if not table.columns.posed and file.suffix.lower() in ORIENTED and is_orientations(raw):
        table = _oriented(text)
    if not table.header:
        raise SheetError("the table is empty", where=file.name)
    for column in sorted(wanted):
        if column not in table.header:
            raise SheetError(
                "no such column", where=file.name, got=column, expected=", ".join(table.header)
            )
    if named and not table.columns.image:  # the sheet says what table it is: trust a weaker name
        maybe = (c for c in table.header if set(plain_words(c)) & MAYBE)
        said["image"] = said["image"] or next(maybe, "")
    columns = replace(table.columns, **{k: v for k, v in said.items() if v})
    cells = [row for row in table.cells if any(c.strip() for c in row)]
    return replace(table, columns=columns, cells=cells, encoding=encoding)


def image_name(cell: str) -> str:
    r"""Return the file name, in small letters, of what stands in the column of images.

    Examples
    --------
    >>> image_name(r"D:\drive\IMG_1.JPG ")
    'img_1.jpg'
    """
    return PurePosixPath(cell.strip().replace("\\", "/")).name.lower()


def image_folder(cell: str) -> str:
    r"""Return the folders before it, in small letters.

    Examples
    --------
    >>> image_folder(r"D:\drive\IMG_1.JPG ")
    'd:/drive'
    """
    return cell.strip().replace("\\", "/").rpartition("/")[0].lower()
