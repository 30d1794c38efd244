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

__all__ = ["certain", "suppositions"]

_CODE = re.compile(
    r"(?:epsg(?:\.xml|\.io)?|srid)(?:[\W_]|(?:geographic|projected|vertical|compound)?crs|code"
    r"|(?<=[:/])v?\d+(?:\.\d+)*(?=[:/]))*?(\d{4,6})(?![\d.])(?:[+,;/& ]+(\d{4,6})(?![\d.]))?",
    re.IGNORECASE,
)
_FLUFF = re.compile(
    r"urn|x-ogc|ogc|def|compound|crs|https?|www|opengis|net|gml|srs|srid|init|epsg\.io"
    r"|spatialreference|org|ref|epsg|\.xml|[\W_\d]",
    re.IGNORECASE,
)
_OGC = re.compile(r"(?:^|\W)ogc\W*(?:[\d.]*\W+)?(crs84h?|crs27|crs83)$|^(crs84h?)$", re.IGNORECASE)
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
_DATUMS = {
    "wgs84": 4326, "wgs1984": 4326, "jgd2011": 6668, "jgd2000": 4612, "nad83": 4269, "nad27": 4267,
    "etrs89": 4258, "etrs1989": 4258,
}  # fmt: skip
_SIMPLE = str.maketrans("國準帶經緯號東無線區標統測座", "国准带经纬号东无线区标统测坐")
# Datum: the words for it, its geographic CRS, and its first code of zones 25 to 45 and meridians
# 75 to 135, three degrees wide; of zones 13 to 23 and the same meridians, six degrees wide.
_CHINESE = (
    (r"cgcs2000|cgcs|国家(?:大地)?2000|(?:中国)?2000国家大地|2000国家|china2000|china大地2000"
     r"|chinageodeticcoordinatesystem2000", 4490, 4513, 4534, 4491, 4502),
    (r"西安(?:19)?80|(?:19)?80年?西安|国家(?:19)?80|xian(?:19)?80", 4610, 2349, 2370, 2327, 2338),
    (r"北京(?:19)?54|(?:19)?54年?北京|beijing(?:19)?54|bj[zs]?54", 4214, 2401, 2422, 21413, 21453),
)  # fmt: skip
_CHINESE_FILLER = re.compile(
    r"中国|国家|大地|坐标系?统?|投影|平面|直角|高斯|克吕格|年|分带|经纬度|地理|gausskru?e?ger|gk"
    r"|gauss|kruger|proj(?:ection|ected)?|crs|gcs|坐标|系|[,.;:()/°度\s]"
)
_ROMAN = (
    "", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv",
    "xv", "xvi", "xvii", "xviii", "xix",
)  # fmt: skip
_JAPANESE_FILLER = re.compile(
    r"世界測地系|日本測地系|測地系|測地成果|座標系?|公共|japan(?:ese)?|epsg|[第系番号,.;:()/\s]"
)


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
    if found is None and _CODE.search(plain) and not _left_of_codes(plain):
        found = _joined(plain)
    bare = _bare(plain)
    if found is None and bare in _DATUMS:
        found = f"EPSG:{_DATUMS[bare]}"
    return (
        found
        or _one(_registered(plain))
        or _utm(bare)
        or _one(_chinese(bare))
        or _one(_japanese(bare))
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
    found = _joined(plain)
    name = re.match(r'\s*(?:PROJ|GEOG|GEOD)\w+\s*\[\s*"([^"]+)"', plain, re.IGNORECASE)
    if name is not None and name[1] != plain:
        return tuple(filter(None, (certain(name[1]),))) or suppositions(name[1])
    zone = re.search(r"utm(?:zone)?(\d{1,2})(n|s)?(?![\d])", _bare(plain))
    if zone is not None and 1 <= int(zone[1]) <= 60:
        return (f"EPSG:{(32700 if zone[2] == 's' else 32600) + int(zone[1])}",)
    several = _chinese(_bare(plain)) or _japanese(_bare(plain)) or _registered(plain)
    return (found,) if found else several


def _one(found: tuple[str, ...]) -> str | None:
    return found[0] if len(found) == 1 else None


def _number(text: str) -> str | None:
    digits = re.fullmatch(r"(\d{4,6})(?:\.0+)?", text)
    if digits is None:
        return None
    if digits[1] in _MERCATOR:
        return "EPSG:3857"
    esri = 37001 <= int(digits[1]) <= 37297 or 53001 <= int(digits[1]) <= 54099
    return f"ESRI:{digits[1]}" if esri or int(digits[1]) >= 100_000 else f"EPSG:{digits[1]}"


def _authority(text: str) -> str | None:
    ogc = _OGC.search(re.sub(r"^CRS:(?=84)", "CRS", text, flags=re.IGNORECASE))
    if ogc is not None:
        code = (ogc[1] or ogc[2]).upper()
        return "OGC:CRS84h" if code == "CRS84H" else f"OGC:{code}"
    other = _OTHER.search(text)
    if other is None:
        return None
    return _number(other[2]) if other[2] in _MERCATOR else f"{other[1].upper()}:{other[2]}"


def _german(text: str) -> str | None:
    """Read what the German surveys write: ``urn:adv:crs:PLANE*HEIGHT``."""
    stem = re.fullmatch(r"(?:urn:adv:crs:)?([\w\-]+)(?:\*([\w\-]+))?", text, re.IGNORECASE)
    if stem is None or stem[1].upper() not in _ADV:
        return None
    plane = f"EPSG:{_ADV[stem[1].upper()]}"
    if stem[2] is None:
        return plane
    height = _ADV.get(stem[2].upper())
    return f"{plane}+{height}" if height else None


def _joined(text: str) -> str | None:
    codes = [n for m in _CODE.finditer(text) for n in m.groups() if n is not None]
    codes = ["3857" if n in _MERCATOR else n for n in codes]
    return "EPSG:" + "+".join(codes) if codes else None


def _left_of_codes(text: str) -> str:
    return _FLUFF.sub("", _CODE.sub(" ", text))


def _utm(bare: str) -> str | None:
    zone = re.fullmatch(r"(wgs(?:19)?84|etrs(?:19)?89)/?utm(?:zone)?(\d{1,2})(n|s)?", bare)
    if zone is None:
        return None
    number = int(zone[2])
    if zone[1].startswith("etrs"):
        return f"EPSG:{25800 + number}" if 28 <= number <= 38 and zone[3] != "s" else None
    if zone[3] is None or not 1 <= number <= 60:
        return None
    return f"EPSG:{(32600 if zone[3] == 'n' else 32700) + number}"


def _chinese(bare: str) -> tuple[str, ...]:
    """Read datum, width and zone or meridian; several codes if one of them is not said."""
    text = bare.translate(_SIMPLE)
    for words, geographic, zone3, meridian3, zone6, meridian6 in _CHINESE:
        datum = re.search(words, text)
        if datum is None or re.search(r"新.{0,4}北京|newbeijing", text):
            continue
        rest = text.replace(datum[0], " ", 1)
        width = re.search(r"([36三六])(?:°|度|degrees?|deg)分?带?", rest)
        if width is not None:
            rest = rest.replace(width[0], " ", 1)
        six = width is not None and width[1] in "6六"
        bare_zone = re.search(r"无带号|不[加含带]?带号|noprefix", rest)
        rest = re.sub(r"(?:无|不[加含带]|[加含有])带号|noprefix", " ", rest)
        zone = re.search(r"第?(\d{2})(?:号|度)?带|(?:zone|带号?)[:=]?(\d{2})(?!\d)", rest)
        middle = re.search(
            r"(?:cm|中央(?:子午线|经线)|l0=?)[:=]?(?:东经)?(\d{2,3})(?:°|度)?e?|(\d{2,3})(?:°|度)?e",
            rest,
        )
        for found in (zone, middle):
            rest = rest.replace(found[0], " ", 1) if found is not None else rest
        if _CHINESE_FILLER.sub("", rest):
            return ()
        if zone is not None:
            number = int(zone[1] or zone[2])
            six = six or (width is None and 13 <= number <= 23)
            first, base, own = (13, zone6, meridian6) if six else (25, zone3, meridian3)
            last, degrees = (23, number * 6 - 3) if six else (45, number * 3)
            said = int(middle[1] or middle[2]) if middle is not None else degrees
            if not first <= number <= last or said != degrees:
                return ()
            return (f"EPSG:{(own if bare_zone else base) + number - first}",)
        if middle is not None:
            longitude = int(middle[1] or middle[2])
            step, own = (6, meridian6) if six else (3, meridian3)
            if not 75 <= longitude <= 135 or (longitude - 75) % step:
                return ()
            return (f"EPSG:{own + (longitude - 75) // step}",)
        return () if width is not None else (f"EPSG:{geographic}",)
    return ()


def _japanese(bare: str) -> tuple[str, ...]:
    """Read datum and number of the Japanese plane rectangular systems."""
    mark = re.search(r"平面直角|planerectangularcs|planerectangular|jprcs", bare)
    if mark is None:
        return ()
    rest = bare.replace(mark[0], " ", 1)
    year = re.search(r"(?:jgd|測地成果|日本測地系|世界測地系)?(2011|2000)", rest)
    old = re.search(r"旧日本測地系|旧測地系|tokyo(?:datum)?|日本測地系(?!20)", rest)
    for found in (year, old):
        rest = rest.replace(found[0], " ", 1) if found is not None else rest
    zone = re.search(r"(?:第|zone|cs)?(\d{1,2}|[ivx]+)系?", _JAPANESE_FILLER.sub(" ", rest))
    if zone is None or re.sub(r"zone|cs|\s", "", _JAPANESE_FILLER.sub("", rest)) not in (
        zone[1],
        zone[0],
    ):
        return ()
    roman = _ROMAN.index(zone[1]) if zone[1] in _ROMAN else 0
    number = int(zone[1]) if zone[1].isdigit() else roman
    if not 1 <= number <= 19:
        return ()
    if year is not None:
        return (f"EPSG:{(6668 if year[1] == '2011' else 2442) + number}",)
    if old is not None:
        return (f"EPSG:{30160 + number}",)
    return (f"EPSG:{6668 + number}", f"EPSG:{2442 + number}")


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
