"""Which character encoding bytes are in, when nothing says so."""

from __future__ import annotations

__all__ = ["decodes", "detect"]

# Characters that land deliveries are full of. One hit is worth several merely plausible ones.
_FAMILIAR = {
    "gb18030": "市区县镇乡村街道路号楼栋层单元建筑大小学校医院公园河江湖山东西南北中新城国家人民"
    "名称编码类型备注面积高度长度灯杆井盖管线道桥树木用地规划地铁站厅住宅商业工业的是在一二三",
    "big5": "市區縣鎮鄉村里街道路號樓棟層建築大小學校醫院公園河江湖山東西南北中新城國家人民"
    "名稱編碼類型備註面積高度長度燈桿井蓋管線橋樹木用地規劃捷運站的是在一二三臺灣",
    "cp932": "市区県町村丁目番地号通道路駅橋川山東西南北中新大小学校病院公園建物住宅商業工業"
    "名称種類面積高さ用途地域施設国都府の日本一二三階層年月",
}


def _gbk(first: int, second: int) -> float:
    if second < 0xA1 or first < 0xA1:
        return 0.05  # the GBK extension: rare characters
    return 1.0 if 0xB0 <= first <= 0xD7 else 0.8 if first <= 0xA3 else 0.3


def _big5(first: int, second: int) -> float:
    return 1.0 if 0xA4 <= first <= 0xC6 else 0.8 if 0xA1 <= first <= 0xA3 else 0.3


def _shift_jis(first: int, second: int) -> float:
    if first in (0x82, 0x83) or 0x88 <= first <= 0x97:
        return 1.0
    return 0.8 if first == 0x81 else 0.3


_PLAUSIBLE = {"gb18030": _gbk, "big5": _big5, "cp932": _shift_jis}


def _east_asian(data: bytes, encoding: str) -> float:
    """Mean plausibility of the characters beyond ASCII, about 0 to 1; 0 if it does not decode."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    foreign = [c for c in text if ord(c) > 0x7F]
    score = 0.0
    for character in foreign:
        raw = character.encode(encoding)
        if character in _FAMILIAR[encoding]:
            score += 1.5
        elif len(raw) == 2:
            score += _PLAUSIBLE[encoding](raw[0], raw[1])
        else:
            score += 0.1  # half-width katakana, four-byte GB18030
    return score / max(1, len(foreign))


def _western(data: bytes) -> float:
    """Share of the bytes beyond ASCII that stand alone between ASCII letters, as in ``Münster``."""
    high = [i for i, byte in enumerate(data) if byte > 0x7F]
    lone = sum(
        data[i] >= 0xC0
        and (i == 0 or data[i - 1] < 0x80)
        and (i + 1 == len(data) or data[i + 1] < 0x80)
        for i in high
    )
    return lone / max(1, len(high))


def decodes(data: bytes, encoding: str) -> bool:
    """Return whether all of ``data`` is valid in ``encoding``; False for an unknown encoding."""
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def detect(data: bytes) -> str:
    """Return the most likely encoding of ``data``, as Python calls it.

    Tells ASCII, UTF-8, GB18030 (a superset of GBK and GB 2312), Big5, Shift_JIS (as cp932) and
    cp1252 apart, which are what deliveries from China, Japan and Europe come in. Bytes that fit
    none of them are given as latin-1, which never fails.

    Examples
    --------
    >>> detect("路灯 高度 建国东路".encode("gbk")), detect("Münster".encode("latin-1"))
    ('gb18030', 'cp1252')
    """
    if data.isascii():
        return "ascii"
    if decodes(data, "utf-8"):
        return "utf-8"
    data = data[:200_000]
    while data and data[-1] > 0x7F and len(data) >= 200_000:
        data = data[:-1]  # not in the middle of a character
    scores = {name: _east_asian(data, name) for name in _PLAUSIBLE}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > max(0.25, _western(data)):
        return best
    return "cp1252" if decodes(data, "cp1252") else "latin-1"
