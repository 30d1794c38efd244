"""Coordinate systems by the names that Chinese and Japanese files and people give them."""

from __future__ import annotations

import re

__all__ = ["chinese", "japanese"]

_SIMPLE = str.maketrans("國準帶經緯號東無線區標統測座", "国准带经纬号东无线区标统测坐")
# Datum: the words for it, its geographic CRS, and its first code of zones 25 to 45 and meridians
# 75 to 135, three degrees wide; of zones 13 to 23 and the same meridians, six degrees wide.
_CHINESE = (
    (r"cgcs2000|cgcs|国家(?:大地)?2000|(?:中国)?2000国家大地|2000(?:国家|大地坐标)|(?:中国|大地|china)2000"
     r"|china大地2000"
     r"|chinageodeticcoordinatesystem2000", 4490, 4513, 4534, 4491, 4502),
    (r"西安(?:19)?80|(?:19)?80年?西安|国家(?:19)?80|xian(?:19)?80", 4610, 2349, 2370, 2327, 2338),
    (r"北京(?:19)?54|(?:19)?54年?北京|beijing(?:19)?54|bj[zs]?54", 4214, 2401, 2422, 21413, 21453),
)  # fmt: skip
_CHINESE_FILLER = re.compile(
    r"中国|国家|大地|坐标系?统?|投影|平面|直角|高斯|克吕格|年|分带|经纬度|地理|gausskru?e?ger|gk"
    r"|gauss|kruger|proj(?:ection|ected)?|crs|gcs|坐标|系|[,.;:()/°度\s]"
)
_JAPANESE = (
    (r"(?:旧日本測地系|日本測地系|tokyo(?:datum)?)", ("EPSG:4301",)),
    (r"(?:日本測地系|世界測地系|測地成果|jgd)[(]?2011[)]?", ("EPSG:6668",)),
    (r"(?:日本測地系|世界測地系|測地成果|jgd)[(]?2000[)]?", ("EPSG:4612",)),
    (r"世界測地系", ("EPSG:6668", "EPSG:4612")),
)  # fmt: skip
_ROMAN = (
    "", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv",
    "xv", "xvi", "xvii", "xviii", "xix",
)  # fmt: skip
_JAPANESE_FILLER = re.compile(
    r"世界測地系|日本測地系|測地系|測地成果|座標系?|公共|japan(?:ese)?|epsg|[第系番号,.;:()/\s]"
)


def chinese(bare: str) -> tuple[str, ...]:
    """Read datum, width and zone or meridian; several codes if one of them is not said."""
    text = bare.translate(_SIMPLE)
    for words, geographic, zone3, meridian3, zone6, meridian6 in _CHINESE:
        datum = re.search(words, text)
        if datum is None or re.search(r"新.{0,4}北京|newbeijing", text):
            continue
        rest = re.sub(words, " ", text)  # some give it twice: 国家2000/CGCS2000
        width = re.search(r"([36三六])(?:°|度|degrees?|deg)分?带?", rest)
        if width is not None:
            rest = rest.replace(width[0], " ", 1)
        six = width is not None and width[1] in "6六"
        bare_zone = re.search(r"无带号|不[加含带]?带号|noprefix", rest)
        rest = re.sub(r"(?:无|不[加含带]|[加含有])带号|noprefix", " ", rest)
        zone = re.search(r"第?(\d{2})(?:号|度)?带|(?:zone|带号?)[:=]?(\d{2})(?!\d)", rest)
        middle = re.search(
            r"(?:cm|中央(?:子午线|经线)|l0=?)[:=为是]?(?:东经)?(\d{2,3})(?:°|度)?e?|(\d{2,3})(?:°|度)?e",
            rest,
        )
        if zone is None and middle is None and width is not None:
            # A number alone is a meridian from 75 on, where no zone has such a number.
            middle = re.fullmatch(r"\W*(\d{2,3})(?:°|度)?()\W*", rest)
            middle = middle if middle is not None and int(middle[1]) >= 75 else None
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


def japanese(bare: str) -> tuple[str, ...]:
    """Read datum and number of the Japanese plane rectangular systems, or the datum alone."""
    alone = next((codes for words, codes in _JAPANESE if re.fullmatch(words, bare)), None)
    if alone is not None:
        return alone
    mark = re.search(r"平面直角|planerectangularcs|planerectangular|jprcs|japanzone", bare)
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
