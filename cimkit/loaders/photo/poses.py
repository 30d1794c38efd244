"""Tables of camera poses: which columns they have, in English, Chinese and Japanese."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path, PurePosixPath

from cimkit.errors import SheetError
from cimkit.loaders._delivery.encoding import detect
from cimkit.model import Trajectory

__all__ = [
    "Columns",
    "PoseTable",
    "Row",
    "image_name",
    "is_pose_table",
    "moment",
    "number",
    "pose_columns",
    "read_poses",
]

Row = dict[str, str]
"""One line of a table, by column."""

_PHOTO = "image|imagename|imagefile|imagefilename|photo|photoname|photofile|picture|pano|panorama"
_NAMES = {
    "image": f"{_PHOTO}|影像|影像名|影像名称|照片|照片名|照片名称|像片|像片名|像片号|图片|图片名"
    "|图像|画像|画像名|画像ファイル|画像ファイル名|写真|写真名|写真番号|写真ファイル名",
    "x": "lon|longitude|lng|long|easting|east|x|e|经度|東経|经|経度|东坐标|东向|東座標",
    "y": "lat|latitude|northing|north|y|n|纬度|北緯|纬|緯度|北坐标|北向|北座標",
    "z": "alt|altitude|height|z|h|elevation|elev|高程|高度|海拔|標高|高さ|楕円体高",
    "heading": "heading|yaw|azimuth|bearing|航向|航向角|方位角|方位|偏航角|ヨー角",
    "time": "time|timestamp|datetime|utc|时间|拍摄时间|曝光时间|時刻|日時|撮影時刻|撮影日時",
}
_KNOWN = {name: tuple(words.split("|")) for name, words in _NAMES.items()}
_MAYBE = {"filename", "file", "name", "label", "文件名", "文件", "名称", "ファイル名", "ファイル"}
"""Columns that name photographs if what stands in them looks like it."""
_PHOTOGRAPH = re.compile(r"\.(jpe?g|png|hei[cf]|tiff?|dng|mpo)$", re.IGNORECASE)
_COMMENTS = ("#", "//", "%")
_LOOK = 16_384  # bytes that tell whether it is a table of poses
_EPOCHS = (3e8, 4e9)  # seconds since 1970 that can be a survey's; others count from elsewhere


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table of poses; "" for those that it has not."""

    image: str = ""
    """Of the photograph's file name."""
    x: str = ""
    """Of easting or longitude."""
    y: str = ""
    """Of northing or latitude."""
    z: str = ""
    """Of height."""
    heading: str = ""
    """Of the heading."""
    time: str = ""
    """Of the moment of exposure."""

    @property
    def posed(self) -> bool:
        """Whether it says where photographs were taken, or in which direction."""
        return bool(self.image and ((self.x and self.y) or self.heading))


@dataclass(frozen=True, slots=True)
class PoseTable:
    """A table of poses as it stands in its file."""

    columns: Columns
    """As the sheet names them, else as found."""
    header: tuple[str, ...]
    """All columns."""
    rows: list[Row]
    """The rows by column."""
    encoding: str
    """Of the file, as Python calls it."""


def _plain(column: str) -> tuple[str, ...]:
    """Return the words that a column's name may mean: ``X/Longitude (deg)`` is x or longitude."""
    bare = re.split(r"[(\[（【]", column.strip(' \t"\ufeff').lower())[0]
    return tuple(re.sub(r"[\s_\-.]", "", part) for part in bare.split("/"))


def pose_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """Find the columns of poses by their names, and that of images by its first values too.

    Examples
    --------
    >>> pose_columns(["照片", "经度", "纬度"], []).image
    '照片'
    >>> pose_columns(["name", "lon", "lat"], [["Town hall", "106.5", "29.5"]]).image
    ''
    """
    found = {}
    for name, words in _KNOWN.items():
        meant = [(n, w) for n, column in enumerate(header) for w in _plain(column) if w in words]
        best = min(meant, key=lambda m: words.index(m[1]), default=None)
        found[name] = "" if best is None else header[best[0]]
    if not found["image"]:
        for n, column in enumerate(header):
            values = [row[n] for row in rows if len(row) > n]
            likely = set(_plain(column)) & _MAYBE and values
            if likely and all(_PHOTOGRAPH.search(v.strip()) for v in values):
                found["image"] = column
                break
    return Columns(**found)


def is_pose_table(start: bytes) -> bool:
    """Tell whether a text file begins as a table of poses: its header, and numbers below it."""
    start = start[:_LOOK]
    if b"\0" in start:
        return False
    whole = start[: start.rfind(b"\n") + 1] or start  # no character cut in two
    lines = whole.decode(detect(whole), "replace").splitlines()
    columns, header, cells = _split(lines, set())
    if not columns.posed or not cells:
        return False
    first = dict(zip(header, cells[0], strict=False))
    place = columns.x and number(first, columns.x) is not None
    return bool(place or number(first, columns.heading) is not None)


def _split(lines: Iterable[str], wanted: set[str]) -> tuple[Columns, list[str], list[list[str]]]:
    """Return the columns, the header and the rows: the header may be the last of the comments."""
    text = [line.lstrip("\ufeff") for line in lines if line.strip()]
    body = [line for line in text if not line.startswith(_COMMENTS)]
    marked = [line.lstrip("#/% \t") for line in takewhile(lambda t: t.startswith(_COMMENTS), text)]
    columns, header, cells = Columns(), list[str](), list[list[str]]()
    for head, rows in [*((h, body) for h in reversed(marked)), *((h, body[1:]) for h in body[:1])]:
        delimiter = max(",;\t|", key=head.count)
        delimiter = delimiter if delimiter in head else " "
        header, *cells = csv.reader([head, *rows], delimiter=delimiter, skipinitialspace=True)
        columns = pose_columns(header, cells[:20])
        if columns.posed or (wanted and wanted <= set(header)):
            break
    return columns, header, cells


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
    wanted = set(filter(None, said.values()))
    columns, header, cells = _split(text.splitlines(), wanted)
    if not header:
        raise SheetError("the table is empty", where=file.name)
    for column in sorted(wanted):
        if column not in header:
            raise SheetError(
                "no such column", where=file.name, got=column, expected=", ".join(header)
            )
    if named and not columns.image:  # the sheet says what table it is: trust a weaker name
        said["image"] = said["image"] or next((c for c in header if set(_plain(c)) & _MAYBE), "")
    columns = replace(columns, **{k: v for k, v in said.items() if v})
    rows = [dict(zip(header, row, strict=False)) for row in cells if any(c.strip() for c in row)]
    return PoseTable(columns, tuple(header), rows, encoding)


def image_name(cell: str) -> str:
    r"""Return the file name, in small letters, of what stands in the column of images.

    Examples
    --------
    >>> image_name(r"D:\drive\IMG_1.JPG ")
    'img_1.jpg'
    """
    return PurePosixPath(cell.strip().replace("\\", "/")).name.lower()


def number(row: Row, column: str) -> float | None:
    """Return the finite number that stands in a column; None if none does."""
    try:
        value = float(row.get(column) or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def moment(row: Row, column: str) -> float | None:
    """Return the seconds since 1970 in UTC of ISO 8601 or of such a number, else None."""
    text = (row.get(column) or "").strip()
    seconds = number(row, column)
    if seconds is not None:
        return seconds if _EPOCHS[0] < seconds < _EPOCHS[1] else None
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
