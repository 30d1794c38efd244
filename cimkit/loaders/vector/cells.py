"""Cells of text tables as numbers, positions and geometries, a column at a time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.geometry.vector import write_wkb
from cimkit.loaders.vector.columns import Position

__all__ = ["Kinds", "Positions", "numbers", "sexagesimal"]

_WHOLE = r"^-?(0|[1-9]\d{0,17})$"
_REAL = r"^-?(0|[1-9]\d{0,11})(\.\d{1,12})?([eE][-+]?\d{1,2})?$"
_REAL_COMMA = _REAL.replace(r"\.", "[.,]")
_ANGLE = re.compile(
    r"([NSEW北南东東西])?[緯纬経经經]?\s*(-?\d{1,3})\s*[°º度d:\s]\s*(\d{1,2})\s*['′’分m:\s]\s*"
    r"(\d{1,2}(?:\.\d+)?)?\s*(?:\"|″|”|''|′′|秒|s)?\s*([NSEW北南东東西])?",
    re.IGNORECASE,
)


def sexagesimal(text: str) -> float | None:
    """Return degrees of an angle in degrees, minutes and seconds; None if it is none.

    Examples
    --------
    >>> sexagesimal("106°30'36\\"E"), sexagesimal("北緯35度30分0秒"), sexagesimal("S 33:51:00")
    (106.51, 35.5, -33.85)
    >>> sexagesimal("106.5") is None
    True
    """
    found = _ANGLE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    before, degrees, minutes, seconds, after = found.groups()
    value = abs(int(degrees)) + int(minutes) / 60 + float(seconds or 0) / 3600
    side = (before or after or "").upper()
    if float(minutes) >= 60 or float(seconds or 0) >= 60:
        return None
    return round(-value if degrees.startswith("-") or side in ("S", "W", "南", "西") else value, 12)


def numbers(column: pa.Array, comma: bool) -> npt.NDArray[np.float64]:
    """Return the numbers of a column of text; NaN where there is none."""
    text = pc.utf8_trim_whitespace(column)
    if comma:
        text = pc.replace_substring(text, ",", ".")
    fits = pc.match_substring_regex(text, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$")
    plain = pc.if_else(
        fits, pc.replace_substring_regex(text, r"^\+", ""), pa.scalar(None, text.type)
    )
    return np.array(plain.cast(pa.float64()).fill_null(np.nan))


class Kinds:
    """What the columns of a table of text hold, told after all of its rows were seen.

    A number with a leading zero is a code, and keeps it: such columns stay text.
    """

    def __init__(self, names: list[str], comma: bool) -> None:
        self.comma = comma
        self.whole = dict.fromkeys(names, True)
        self.real = dict.fromkeys(names, True)
        self.filled = dict.fromkeys(names, False)

    def see(self, batch: pa.RecordBatch) -> None:
        """Look at the cells of a batch."""
        for name in self.real:
            if not self.real[name]:
                continue
            text = pc.utf8_trim_whitespace(batch.column(batch.schema.get_field_index(name)))
            blank = pc.equal(text, "")
            self.filled[name] |= bool(pc.any(pc.invert(blank)).as_py())
            for kind, pattern in (
                (self.whole, _WHOLE),
                (self.real, _REAL_COMMA if self.comma else _REAL),
            ):
                if kind[name]:
                    fits = pc.or_(blank, pc.match_substring_regex(text, pattern))
                    kind[name] = bool(pc.all(fits).as_py() is not False)

    def type_of(self, name: str) -> str:
        """Return integer, real or string."""
        if not self.filled[name] or not self.real[name]:
            return "string"
        return "integer" if self.whole[name] else "real"

    def typed(self, name: str, column: pa.Array) -> pa.Array:
        """Return a column as what it holds; blank cells are NULL."""
        kind = self.type_of(name)
        if kind == "string":
            return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        if kind == "real":
            return pa.array(numbers(column, self.comma), from_pandas=True)
        text = pc.utf8_trim_whitespace(column)
        filled = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
        return filled.cast(pa.int64())


@dataclass(slots=True)
class Positions:
    """Makes geometries of the cells that hold positions, and counts what is odd in them."""

    where: Position
    """The columns."""
    comma: bool = False
    """Whether a comma stands before decimals."""
    angles: int = 0
    """Rows in degrees, minutes and seconds."""
    odd: list[str] = field(default_factory=list)
    """The first texts that are no position."""
    odd_count: int = 0
    """How many there are."""
    srid: str | None = None
    """What EWKT says."""

    def wkb(self, columns: list[pa.Array]) -> pa.Array:
        """Return the geometries of rows, given all columns as text."""
        if self.where.shape >= 0:
            return self._shapes(columns[self.where.shape])
        x, y = self._axis(columns[self.where.x]), self._axis(columns[self.where.y])
        known = np.isfinite(x) & np.isfinite(y)
        if self.where.z >= 0:
            z = numbers(columns[self.where.z], self.comma)
            has_z = known & np.isfinite(z)
        else:
            z, has_z = np.zeros(len(x)), np.zeros(len(x), bool)
        shapes = np.full(len(x), None, dtype=object)
        flat = known & ~has_z
        shapes[flat] = shapely.points(x[flat], y[flat])
        shapes[has_z] = shapely.points(x[has_z], y[has_z], z[has_z])
        return write_wkb(shapes)

    def _axis(self, column: pa.Array) -> npt.NDArray[np.float64]:
        values = numbers(column, self.comma)
        for i in np.flatnonzero(np.isnan(values)):
            text = column[int(i)].as_py() or ""
            if not text.strip():
                continue
            angle = sexagesimal(text)
            if angle is None:
                self._tell(text)
            else:
                values[i] = angle
                self.angles += 1
        return values

    def _tell(self, text: str) -> None:
        self.odd_count += 1
        if len(self.odd) < 5:
            self.odd.append(text[:40])

    def _shapes(self, column: pa.Array) -> pa.Array:
        given = column.to_pylist()
        shapes = np.full(len(given), None, dtype=object)
        plain = []
        for text in given:
            text = (text or "").strip()
            if text[:5].upper() == "SRID=":
                head, _, text = text.partition(";")
                self.srid = self.srid or f"EPSG:{head[5:].strip()}"
            plain.append(text)
        for i, text in enumerate(plain):
            if not text:
                continue
            try:
                shapes[i] = _shape(text)
            except (shapely.errors.ShapelyError, ValueError):
                self._tell(text)
        return write_wkb(shapes)


def _shape(text: str) -> shapely.Geometry:
    if text.startswith("{"):
        return shapely.from_geojson(text)
    if re.fullmatch(r"(\\x)?[0-9A-Fa-f]{18,}", text):
        return shapely.from_wkb(text.removeprefix("\\x"))
    return shapely.from_wkt(text)
