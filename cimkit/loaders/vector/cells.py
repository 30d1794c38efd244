"""Cells of text tables as numbers, positions and geometries, a column at a time."""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
from tempfile import NamedTemporaryFile

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
_HEX = re.compile(r"(\\x)?[0-9A-Fa-f]{18,}")
_GROUPED = r"^[-+]?\d{1,3}(%s\d{3})+(%s\d+)?$"
"""A number whose thousands are set apart."""
_ANGLE = re.compile(
    r"([NSEW北南东東西])?[緯纬经經経]?\s*([-+]?\d{1,3}(?:\.\d+)?)(\s*[°º度d:]\s*|\s+)?"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:['′’分m:]|\s|$|(?=[NSEW]))\s*)?"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|′′|秒|s)?\s*)?([NSEW北南东東西])?",
    re.IGNORECASE,
)


def sexagesimal(text: str) -> float | None:
    """Return degrees of an angle in degrees, minutes and seconds; None if it is none.

    Examples
    --------
    >>> sexagesimal("106°30'36\\"E"), sexagesimal("北緯35度30分0秒"), sexagesimal("S 33:51:00")
    (106.51, 35.5, -33.85)
    >>> sexagesimal("106°33.5'E"), sexagesimal("W0.135"), sexagesimal("29.5°")
    (106.558333333333, -0.135, 29.5)
    >>> sexagesimal("106.5") is None
    True
    """
    plain = re.sub(r"(?<=\d),(?=\d)", ".", unicodedata.normalize("NFKC", text).strip())
    found = _ANGLE.fullmatch(plain)
    if found is None:
        return None
    before, degrees, mark, minutes, seconds, after = found.groups()
    side = (before or after or "").upper()
    if minutes is None and (seconds is not None or not (side or (mark or "").strip())):
        return None
    if minutes is not None and ("." in degrees or mark is None):
        return None
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60 or (before and after):
        return None
    value = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return round(-value if degrees.startswith("-") or side in ("S", "W", "南", "西") else value, 12)


def numbers(column: pa.Array, comma: bool) -> npt.NDArray[np.float64]:
    """Return the numbers of a column of text; NaN where there is none."""
    text = pc.utf8_trim_whitespace(column)
    thousands, point = ("[. \u00a0\u202f'’]", ",") if comma else ("[, \u00a0\u202f'’]", r"\.")
    grouped = pc.match_substring_regex(text, _GROUPED % (thousands, point))
    if pc.any(grouped).as_py():
        text = pc.if_else(grouped, pc.replace_substring_regex(text, thousands, ""), text)
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
            if self.real[name] and not self.whole[name]:
                self.real[name] = _survives(text, self.comma)

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


def _survives(text: pa.Array, comma: bool) -> bool:
    """Whether numbers of more than 15 digits are what they were once they are floating point."""
    long = text.filter(pc.greater(pc.utf8_length(text), 15))
    if comma:
        long = pc.replace_substring(long, ",", ".")
    return all(Decimal(repr(float(t))) == Decimal(t) for t in long.to_pylist())


@dataclass(slots=True)
class Positions:
    """Makes geometries of the cells that hold positions, and counts what is odd in them."""

    where: Position
    """The columns."""
    comma: bool = False
    """Whether a comma stands before decimals."""
    far_left_out: bool = False
    """Whether rows beyond the Earth's longitudes and latitudes get no place."""
    far: list[str] = field(default_factory=list)
    """The first positions beyond them."""
    far_count: int = 0
    """How many there are."""
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
        if self.where.degrees:
            far = known & ((np.abs(x) > 180) | (np.abs(y) > 90))
            self.far_count += int(far.sum())
            self.far += [
                f"{x[i]:.12g} {y[i]:.12g}" for i in np.flatnonzero(far)[: 5 - len(self.far)]
            ]
            known &= ~far if self.far_left_out else True
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

    def settle(self, rows: int) -> None:
        """After all rows were seen: a few that are out of range are wrong, not all the others."""
        self.far_left_out = 0 < self.far_count < rows / 2

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
        curved: dict[int, str] = {}
        for i, text in enumerate(plain):
            if not text:
                continue
            try:
                shapes[i] = _shape(text)
            except NotImplementedError:
                curved[i] = text
            except (shapely.errors.ShapelyError, ValueError):
                self._tell(text)
        written = write_wkb(shapes)
        return self._with_curves(written, curved) if curved else written

    def _with_curves(self, written: pa.Array, curved: dict[int, str]) -> pa.Array:
        """Put the curves among the geometries; GDAL reads them."""
        values = written.to_pylist()
        drawn = _by_gdal(list(curved.values()))
        for (i, text), wkb in zip(curved.items(), drawn, strict=True):
            values[i] = wkb
            if wkb is None:
                self._tell(text)
        return pa.array(values, pa.binary())


def _by_gdal(texts: list[str]) -> list[bytes | None]:
    import pyogrio.raw

    binary = [bytes.fromhex(t.removeprefix("\\x")) if _HEX.fullmatch(t) else None for t in texts]
    rows = "".join(f'"{"" if b else t}"\n' for t, b in zip(texts, binary, strict=True))
    with NamedTemporaryFile("w", suffix=".csv") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's remarks on M values
        file.write(f"WKT\n{rows}")
        file.flush()
        meta, table = pyogrio.raw.read_arrow(file.name, KEEP_GEOM_COLUMNS="NO")
    read = table.column(meta["geometry_name"] or "wkb_geometry").to_pylist()
    return [b or r for b, r in zip(binary, read, strict=True)]


def _shape(text: str) -> shapely.Geometry:
    if text.startswith("{"):
        return shapely.from_geojson(text)
    if _HEX.fullmatch(text):
        return shapely.from_wkb(text.removeprefix("\\x"))
    return shapely.from_wkt(text)
