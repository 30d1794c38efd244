"""Names of coordinate systems as files and people write them, turned into codes.

A reading is *certain* if all of the text was understood. Where a part of it is left over, or where
the text fits several systems, there are only *suppositions*, for a person to confirm.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from functools import lru_cache
from pathlib import Path

import pyproj

from cimkit.geometry.eastern_crs_text import chinese, japanese

__all__ = ["certain", "suppositions"]

_CODE = re.compile(
    r"(?:epsg(?:\.xml|\.io|\.org)?|srid)"
    r"(?:[\W_]|(?:geographic|projected|vertical|compound)?crs|code|coordrefsystem|api|(?<=/)v\d(?=/)"
    r"|(?<=[:/])v?\d+(?:\.\d+)*(?=[:/]))*?"
    r"(\d{4,6})(?:\.0+)?(?![\d.])(?:[+,;/& ]+(\d{4,6})(?![\d.]))?",
    re.IGNORECASE,
)
_FLUFF = re.compile(
    r"urn|apps?(?=\W)|x-ogc|ogc|def|compound|crs|https?|www|opengis|net|gml|srs|srid|init|epsg\.io"
    r"|spatialreference|org|ref|epsg|\.xml|[\W_\d]",
    re.IGNORECASE,
)
_OGC = re.compile(
    r"(?:^|\W)ogc\W*(?:[\d.]*\W+)?(?:crs)?(84h?|27|83)$|^crs:?(84h?)$|^crs:(27|83)$"
    r"|/srs/crs\.xml#(84|27|83)$",
    re.IGNORECASE,
)
_OTHER = re.compile(r"(?:^|[:/])(ESRI|IAU[^:/]*|IGNF)[:/](?:[^:/]*[:/])?([\w.]+)$", re.IGNORECASE)
_MERCATOR = {"900913", "3785", "102100", "102113", "41001", "54004900913"}
_ADV = {
    "ETRS89_UTM31": 25831, "ETRS89_UTM32": 25832, "ETRS89_UTM33": 25833,
    "ETRS89_UTM31-ZE": 5649, "ETRS89_UTM32-ZE": 4647, "ETRS89_UTM33-ZE": 5650,
    "ETRS89_LAT-LON": 4258, "ETRS89_LAT-LON-H": 4937, "ETRS89_X-Y-Z": 4936, "WGS84_LAT-LON": 4326,
    "DE_DHDN_3GK2": 31466, "DE_DHDN_3GK3": 31467, "DE_DHDN_3GK4": 31468, "DE_DHDN_3GK5": 31469,
    "DE_PD-83_3GK3": 3396, "DE_PD-83_3GK4": 3397, "DE_RD-83_3GK4": 3398, "DE_RD-83_3GK5": 3399,
    "DE_42-83_3GK3": 2397, "DE_42-83_3GK4": 2398, "DE_42-83_3GK5": 2399,
    "DE_DHHN2016_NH": 7837, "DE_DHHN92_NH": 5783, "DE_DHHN12_NOH": 7699, "DE_DHHN85_NH": 5784,
}  # fmt: skip
_NAMES = {
    "wgs84": 4326, "wgs1984": 4326, "worldgeodeticsystem1984": 4326, "ll84": 4326,
    "longitude/latitude(wgs84)": 4326, "lat/lon(wgs84)": 4326, "sdo:8307": 4326,
    "oracle:8307": 4326,
    "wgs84经纬度": 4326, "wgs84坐标系": 4326, "wgs84大地坐标系": 4326, "wgs84地理坐标系": 4326,
    "nad83": 4269, "nad27": 4267, "etrs89": 4258, "etrs1989": 4258,
    "britishnatgrid": 27700, "lamb93": 2154, "rgf93lambert93": 2154,
    "wgs1984webmercator": 3857, "popularvisualisationcrs/mercator": 3857,
}  # fmt: skip
"""What programs (AutoCAD, MapInfo, Oracle) and people call systems, beyond EPSG's own names."""
_Zones = tuple[str, int, int | None, int, int]
_UTM: tuple[_Zones, ...] = (
    ("wgs(?:19)?84|utm84", 32600, 32700, 1, 60),
    ("etrs(?:19)?89", 25800, None, 28, 38),
    ("nad(?:19)?83|utm83", 26900, None, 1, 23),
    ("nad(?:19)?27|utm27", 26700, None, 1, 22),
    ("ed(?:19)?50", 23000, None, 28, 38),
)
"""Datum, codes before zone 1 in the north and in the south, first and last zone there."""


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=1024)
def certain(text: str) -> str | None:
    """Return what pyproj calls the system that a text names for certain; None if it is not.

    Examples
    --------
    >>> certain("urn:EPSG:geographicCRS:4326"), certain("CGCS2000 3度带 35带")
    ('EPSG:4326', 'EPSG:4523')
    >>> certain("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"), certain("平面直角座標系 9系")
    ('EPSG:25832+7837', None)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _number(plain) or _authority(plain) or _german(plain)
    if found is None and _CODE.search(plain):
        found = _with_name(plain) if _left_of_codes(plain) else _joined(plain)
    bare = _bare(plain)
    if found is None and bare in _NAMES:
        found = f"EPSG:{_NAMES[bare]}"
    return (
        found
        or _utm(bare)
        or _one(_registered(plain))
        or _one(chinese(bare))
        or _one(japanese(bare))
    )


@lru_cache(maxsize=1024)
def suppositions(text: str) -> tuple[str, ...]:
    """Return the codes that a text may mean, the likeliest first; none of them may be used unasked.

    Examples
    --------
    >>> suppositions("平面直角座標系 9系"), suppositions("UTM zone 48N")
    (('EPSG:6677', 'EPSG:2451'), ('EPSG:32648',))
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _joined(re.sub(r"^(?:epgs|espg|egsp|epsq)(?=\W)", "epsg", plain.lower()))
    name = re.match(r'\s*(?:PROJ|GEOG|GEOD)\w+\s*\[\s*"([^"]+)"', plain, re.IGNORECASE)
    if name is not None and name[1] != plain:
        return tuple(filter(None, (certain(name[1]),))) or suppositions(name[1])
    zone = _likely_utm(_bare(plain)) or _likely_dhdn(_bare(plain))
    if zone is not None:
        return (zone,)
    several = chinese(_bare(plain)) or japanese(_bare(plain)) or _registered(plain)
    return (found,) if found else several


def _one(found: tuple[str, ...]) -> str | None:
    return found[0] if len(found) == 1 else None


def _number(text: str) -> str | None:
    digits = re.fullmatch(r"0*([1-9]\d{3,5})(?:\.0+)?", text)
    if digits is None:
        return None
    if digits[1] in _MERCATOR:
        return "EPSG:3857"
    esri = 37001 <= int(digits[1]) <= 37297 or 53001 <= int(digits[1]) <= 54099
    return f"ESRI:{digits[1]}" if esri or int(digits[1]) >= 100_000 else f"EPSG:{digits[1]}"


def _authority(text: str) -> str | None:
    ogc = _OGC.search(text)
    if ogc is not None:
        return "OGC:CRS" + next(code for code in ogc.groups() if code).lower()
    other = _OTHER.search(text)
    if other is None:
        return None
    return _number(other[2]) if other[2] in _MERCATOR else f"{other[1].upper()}:{other[2]}"


def _german(text: str) -> str | None:
    """Read what the German surveys write: ``urn:adv:crs:PLANE*HEIGHT``."""
    stem = re.fullmatch(
        r"(?:urn:adv:crs:)?([\w\-]+)(?:\*([\w\-]+)(?:\*GCG\d+)?)?", text, re.IGNORECASE
    )
    if stem is None or stem[1].upper() not in _ADV:
        return None
    plane = f"EPSG:{_ADV[stem[1].upper()]}"
    if stem[2] is None:
        return plane
    height = _ADV.get(stem[2].upper())
    return f"{plane}+{height}" if height else None


def _joined(text: str) -> str | None:
    codes = [n for m in _CODE.finditer(text) for n in m.groups() if n is not None]
    codes = ["3857" if n in _MERCATOR else n.lstrip("0") for n in codes]
    return "EPSG:" + "+".join(codes) if codes else None


def _left_of_codes(text: str) -> str:
    return _FLUFF.sub("", _CODE.sub(" ", text))


def _utm(bare: str) -> str | None:
    """Read datum, zone and half of the globe, which is left out only where there is one."""
    for row in _UTM:
        words, _, south, _, _ = row
        zone = re.fullmatch(rf"(?:{words})[/.]?(?:utm)?(?:zone)?(\d{{1,2}})(n|s)?", bare)
        if zone is not None and (zone[2] or south is None):
            return _utm_code(int(zone[1]), zone[2], row)
    return None


def _likely_utm(bare: str) -> str | None:
    """Find zone and half, the north if it is not said, in a text of which more is unknown."""
    zone = re.search(r"utm(?:zone)?(\d{1,2})(n|s)?(?!\d)", bare)
    if zone is None:
        return None
    row = next((row for row in _UTM if re.search(row[0], bare)), _UTM[0])
    return _utm_code(int(zone[1]), zone[2], row)


def _likely_dhdn(bare: str) -> str | None:
    """Read the zone of the German system of 1900, three degrees wide unless more is said."""
    zone = re.fullmatch(r"(?:de/?)?dhdn/?3?(?:gk|gau(?:ss|ß)kr(?:u|ü|ue)ger)(?:zone)?([2-5])", bare)
    return f"EPSG:{31464 + int(zone[1])}" if zone is not None else None


def _utm_code(zone: int, half: str | None, row: _Zones) -> str | None:
    _, north, south, first, last = row
    base = south if half == "s" else north
    return f"EPSG:{base + zone}" if base is not None and first <= zone <= last else None


def _with_name(text: str) -> str | None:
    """Read a code beside which its own name stands: ``WGS 84 (EPSG:4326)``."""
    code = _joined(text)
    if code is None or "+" in code:
        return None
    try:
        name = pyproj.CRS.from_user_input(code).name
    except pyproj.exceptions.CRSError:
        return None
    rest = re.sub(r"[\W_]", "", _CODE.sub(" ", text)).lower()
    rest = re.sub(r"^https?(?:epsgorg)?|html$", "", rest)
    return code if rest == re.sub(r"[\W_]", "", name).lower() else None


def _registered(text: str) -> tuple[str, ...]:
    """Find a name in the list of names and aliases that PROJ carries; never a similar one."""
    file = Path(pyproj.datadir.get_data_dir().split(";")[0]) / "proj.db"
    name = re.sub(r"[\s_/]", "", text).lower()
    if not name or not file.is_file():
        return ()
    plain = "replace(replace(replace(lower({}), ' ', ''), '_', ''), '/', '')"
    database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = database.execute(
            f"""SELECT DISTINCT v.auth_name, v.code, v.type, v.name FROM crs_view v
            WHERE NOT v.deprecated AND v.type <> 'vertical'
            AND v.auth_name IN ('EPSG', 'OGC', 'ESRI') AND (
                {plain.format("v.name")} = ?1 OR EXISTS (
                    SELECT 1 FROM alias_name a WHERE a.table_name = v.table_name
                    AND a.auth_name = v.auth_name AND a.code = v.code
                    AND {plain.format("a.alt_name")} = ?1))""",
            [name],
        ).fetchall()
    finally:
        database.close()
    for authority in ("EPSG", "OGC", "ESRI"):
        mine = [r for r in rows if r[0] == authority]
        flat = [r for r in mine if r[2] in ("geographic 2D", "projected")] or mine
        if flat:
            return tuple(f"{r[0]}:{r[1]}" for r in flat)
    return ()
