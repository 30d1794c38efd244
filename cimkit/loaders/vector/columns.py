"""Which columns of a table hold positions, by their names in Chinese, Japanese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SHAPE", "Position", "header_row", "named_above", "position_of", "units_row"]

SHAPE = re.compile(
    r"\s*(SRID\s*=\s*\d+\s*;\s*)?((MULTI)?(POINT|LINESTRING|POLYGON|CURVE|SURFACE)|CIRCULARSTRING"
    r"|COMPOUNDCURVE|CURVEPOLYGON|GEOMETRYCOLLECTION|TIN|TRIANGLE|POLYHEDRALSURFACE)\s*(Z|M|ZM)?\s*"
    r"(\(|EMPTY)|\s*(\\x)?[0-9A-F]{18,}\s*$|\s*\{.*\"(coordinates|geometries)\"",
    re.IGNORECASE,
)
"""A geometry as text: WKT, WKB in hexadecimal, GeoJSON."""
_UNIT = re.compile(
    r"[(\[]?(m|meters?|metres?|米|公尺|メートル|ft|feet|°|º|度|deg|degrees?|dd|dms|度分秒)[)\]]?",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LON = _words(
    "lon lng long longitude longitud lond lonwgs84 lngwgs84 gpslon gpslng gpslongitude stoplon "
    "shapeptlon decimallongitude wgslon wgs84lon longitudewgs84 经度 經度 東経 东经 東經 経度 "
    "gps经度 经度坐标 lngitude londeg longdeg longitudedeg lon84 lng84 中心点经度 中心经度"
)
_LAT = _words(
    "lat latitude latitud latd latwgs84 gpslat gpslatitude stoplat shapeptlat decimallatitude "
    "wgslat wgs84lat latitudewgs84 纬度 緯度 北緯 北纬 gps纬度 纬度坐标 latdeg latitudedeg lat84 "
    "中心点纬度 中心纬度"
)
_X = _words(
    "x xcoord coordx xcoordinate easting east e eastings pointx posx utmx xutm utme geox geomx "
    "centerx centroidx cx mapx 东坐标 東坐標 横坐标 横座標 橫坐標 东距 東距 坐标东 东向坐标 "
)
_Y = _words(
    "y ycoord coordy ycoordinate northing north n northings pointy posy utmy yutm utmn geoy geomy "
    "centery centroidy cy mapy 北坐标 北坐標 纵坐标 縱坐標 縦座標 北距 坐标北 北向坐标 ytm y97"
)
_X_LOCAL = _words("x坐标 x坐標 x座標 坐标x 座標x 坐標x 坐标x值 x坐标值")
_Y_LOCAL = _words("y坐标 y坐標 y座標 坐标y 座標y 坐標y 坐标y值 y坐标值")
_Z = _words(
    "z zcoord coordz pointz elevation elev alt altitude ele z坐标 z坐標 z座標 高程 海拔 海拔高程 "
    "標高 标高 地面高程 大地高 楕円体高 正常高 orthometricheight ellipsoidalheight"
)
_WKT = _words(
    "wkt thegeom geom geometry wktgeom geomwkt geometrywkt wktgeometry shape ogcgeom wkbgeometry "
    "wkb ewkt ewkb geojson 几何 空间数据 几何对象 ジオメトリ 図形"
)
_OTHERS = {"gcj": "GCJ-02", "火星": "GCJ-02", "bd09": "BD-09", "百度": "BD-09", "bd-09": "BD-09"}


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a row its position stands; either `shape`, or `x` and `y`."""

    x: int = -1
    """Column of the longitude or the easting."""
    y: int = -1
    """Column of the latitude or the northing."""
    z: int = -1
    """Column of the height; -1: none."""
    shape: int = -1
    """Column of whole geometries as text."""
    degrees: bool = False
    """Whether the names say that they are degrees."""
    crs: str | None = None
    """Coordinate system that the names say (GCJ-02)."""


def _plain(name: str) -> str:
    """Return a name without case, width, unit in brackets and signs.

    Examples
    --------
    >>> _plain("Ｘ座標 (m)"), _plain("stop_lat"), _plain("经度（°）")
    ('x座標', 'stoplat', '经度')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = re.sub(r"[(\[].*?[)\]]", "", text)
    return re.sub(r"[\s_.\-:/°*\"']", "", text)


def position_of(names: Sequence[object]) -> Position | None:
    """Find the columns of positions among column names.

    Examples
    --------
    >>> position_of(["编号", "经度", "纬度", "高程"])
    Position(x=1, y=2, z=3, shape=-1, degrees=True, crs=None)
    >>> position_of(["name", "height"]) is None
    True
    """
    plain = [_plain(n) if isinstance(n, str) else "" for n in names]
    bare = [re.sub(r"gcj0?2?|bd0?9|火星|百度|wgs84|cgcs2000|4326|4490", "", p) for p in plain]

    def find(wanted: frozenset[str], among: list[str] = bare) -> int:
        return next((i for i, name in enumerate(among) if name in wanted), -1)

    z = find(_Z)
    for x_names, y_names, degrees in (
        (_LON, _LAT, True),
        (_X, _Y, False),
        (_X_LOCAL, _Y_LOCAL, False),
    ):
        x, y = find(x_names), find(y_names)
        if x < 0 or y < 0 or x == y:
            continue
        if len(plain[x]) == 1 and plain[x] in "en" and plain[x] + plain[y] != "en":
            continue
        crs = next((c for part, c in _OTHERS.items() if part in plain[x]), None)
        return Position(x, y, z, degrees=degrees, crs=crs)
    shape = find(_WKT, plain)
    return Position(shape=shape) if shape >= 0 else None


def header_row(rows: Sequence[Sequence[object]]) -> tuple[int, Position] | None:
    """Find the row of column names among the first rows, and the columns of positions in it.

    Titles and notes may stand above it. A row of numbers is none.
    """
    for n, row in enumerate(rows):
        filled = [c for c in row if c not in (None, "")]
        if len(filled) < 2 or any(_is_number(c) for c in filled):
            continue
        found = position_of(row)
        if found is not None:
            return n, found
    return None


def named_above(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    """Return the column names in a row; where cells were merged downwards, those of the row above.

    Examples
    --------
    >>> named_above([["编号", "坐标", ""], ["", "X", "Y"]], 1)
    ['编号', 'X', 'Y']
    """
    above = rows[at - 1] if at else ()
    if sum(bool(c) for c in above) < 2 or any(_is_number(c) for c in above if c):
        return list(rows[at])
    return [c or (above[i] if i < len(above) else "") for i, c in enumerate(rows[at])]


def units_row(row: Sequence[object], position: Position) -> bool:
    """Return whether a row says the units of the columns: where positions stand, it has units."""
    cells = [row[i] for i in (position.x, position.y) if 0 <= i < len(row)]
    return len(cells) == 2 and all(
        isinstance(c, str) and _UNIT.fullmatch(unicodedata.normalize("NFKC", c).strip())
        for c in cells
    )


def _is_number(cell: object) -> bool:
    if isinstance(cell, (int, float)):
        return True
    return bool(re.fullmatch(r"\s*[-+]?\d+([.,]\d+)?\s*", str(cell)))
