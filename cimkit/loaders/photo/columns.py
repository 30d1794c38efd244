"""Which columns of a table hold poses, by their names in English, Chinese and Japanese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MAYBE", "PHOTOGRAPH", "Columns", "plain_words", "pose_columns"]

_PHOTO = (
    "image|imagename|imagefile|imagefilename|imagepath|photo|photoname|photofile|photofilename"
    "|picture"
    "|jpgfilename|pano|panorama|sourcefile|imageid"
)
_NAMES = {
    "image": f"{_PHOTO}|影像|影像名|影像名称|照片|照片名|照片名称|像片|像片名|像片号|图片|图片名"
    "|照片文件|照片文件名|影像文件|影像文件名|相片|相片名|相片号|图像|画像|画像名|画像ファイル"
    "|画像ファイル名|写真|写真名|写真番号|写真ファイル名",
    "x": "lon|longitude|lng|long|easting|east|x|e|gpslongitude|originx|经度|東経|经|経度"
    "|东坐标|东向|東座標",
    "y": "lat|latitude|northing|north|y|n|gpslatitude|originy|纬度|北緯|纬|緯度|北坐标|北向|北座標",
    "z": "alt|altitude|height|z|h|elevation|elev|ele|ellipsoidalheight|altitudeellipsoidal"
    "|gpsaltitude"
    "|originz|高程|高度|海拔|標高|高さ|楕円体高",
    "heading": "heading|yaw|azimuth|bearing|truehead|trueheading|gpsimgdirection"
    "|recorderdirection|航向|航向角|方位角|方位|偏航角"
    "|偏航|ヨー角|ヨー",
    "pitch": "pitch|tilt|俯仰|俯仰角|ピッチ角|ピッチ",
    "roll": "roll|横滚|横滚角|翻滚角|侧滚角|ロール角|ロール",
    "omega": "omega|ω|om|w|o|オメガ",
    "phi": "phi|φ|ph|p|ファイ",
    "kappa": "kappa|κ|kp|k|ka|カッパ",
    "time": "time|timestamp|capturedat|recordedat|datetimeoriginal|datetime|utc|utctime|unix"
    "|unixtime|epoch|gpstime|gpst|gpsseconds|gpssow"
    "|gpstow|gpssec|sow|tow|secondsofweek|weekseconds|时间|拍摄时间|曝光时间|gps时间|gps周秒|周秒"
    "|gps秒|時刻|日時|撮影時刻|撮影日時|gps時刻",
    "gps_week": "gpsweek|week|gpswk|weekno|weeknumber|gps周|周|gps週",
    "date": "date|day|utcdate|日期|拍摄日期|日付|撮影日",
}
_KNOWN = {name: tuple(words.split("|")) for name, words in _NAMES.items()}
MAYBE = {"filename", "file", "name", "label", "文件名", "文件", "名称", "ファイル名", "ファイル"}
"""Columns that name photographs if what stands in them looks like it."""
PHOTOGRAPH = re.compile(r"\.(jpe?g|png|hei[cf]|tiff?|dng|mpo)$", re.IGNORECASE)

_UNIT_AFTER = re.compile(r"(?<=\w)[_\s](deg|degrees?|rad|m|meters?|metres?|s|sec)$")
_UNIT = re.compile(r"[(\[（【](m|米|°|度|deg|degrees?|d)[)\]）】]")
_AXES = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"(大地)?[东東]?[经經]度?[lxe]?|[lxe](大地)?[东東]?[经經]度?", "经度"),
        (r"(大地)?北?[纬緯]度?[bny]?|[bny](大地)?北?[纬緯]度?", "纬度"),
        (r"[xye]?(坐标|座標)?[东東]方?向?(坐标|座標)?值?[xye]?|[xy](e|east|easting)", "东坐标"),
        (r"[xyn]?(坐标|座標)?北方?向?(坐标|座標)?值?[xyn]?|[xy](n|north|northing)", "北坐标"),
        (r"[hz]?(大地|正常|椭球|海拔)?高程?值?[hz]?", "高程"),
    )
)
"""Names that say an axis in more than one way."""


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
    """Of the heading or yaw."""
    pitch: str = ""
    """Of the pitch."""
    roll: str = ""
    """Of the roll."""
    omega: str = ""
    """Of omega."""
    phi: str = ""
    """Of phi."""
    kappa: str = ""
    """Of kappa."""
    time: str = ""
    """Of the moment of exposure."""
    gps_week: str = ""
    """Of the GPS week."""
    date: str = ""
    """Of the day."""

    @property
    def posed(self) -> bool:
        """Whether it says where photographs were taken, or in which direction."""
        if self.image:
            return bool((self.x and self.y) or self.heading or (self.omega and self.kappa))
        angles = (self.heading and self.pitch) or (self.omega and self.phi and self.kappa)
        return bool(self.time and self.x and self.y and angles)


def plain_words(column: str) -> tuple[str, ...]:
    """Return the words that a column's name may mean: ``X/Longitude (deg)`` is x or longitude.

    Chinese surveyors call the northing X: where a name says both letter and direction, the
    direction counts.

    Examples
    --------
    >>> plain_words("X(北)"), plain_words("东坐标Y(m)"), plain_words("L (经度)")
    (('北坐标',), ('东坐标',), ('经度',))
    """
    text = _UNIT.sub("", column.lower())
    text = re.sub(r"[^\w]|_", "", text)
    for pattern, word in _AXES:
        if pattern.fullmatch(text):
            return (word,)
    bare = re.split(r"[(\[（【]", column.strip(' \t"\ufeff').lower())[0]
    bare = _UNIT_AFTER.sub("", bare.strip())
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
        meant = [
            (n, w) for n, column in enumerate(header) for w in plain_words(column) if w in words
        ]
        best = min(meant, key=lambda m: words.index(m[1]), default=None)
        found[name] = "" if best is None else header[best[0]]
    if not found["image"]:
        for n, column in enumerate(header):
            values = [row[n] for row in rows if len(row) > n]
            likely = set(plain_words(column)) & MAYBE and values
            if likely and all(PHOTOGRAPH.search(v.strip()) for v in values):
                found["image"] = column
                break
    if not found["image"] and (found["heading"] or found["omega"] or found["x"]):
        weak = next((c for c in header if plain_words(c) == ("label",)), "")
        found["image"] = weak if found["kappa"] or found["pitch"] else ""  # as Metashape names it
    if not (found["omega"] and found["phi"] and found["kappa"]):
        found |= {"omega": "", "phi": "", "kappa": ""}  # p and k alone may be anything
    return Columns(**found)
