"""Which character encoding bytes are in: as it is said, in whatever spelling, or as it looks."""

from __future__ import annotations

import codecs
import re

__all__ = ["decodes", "detect", "fits", "named", "superset", "utf_16"]

_ENOUGH = 0.95
"""Share of the lines beyond ASCII that must be valid: deliveries have slips."""
_SAMPLE = 200_000

# Characters that land deliveries are full of. One hit is worth several merely plausible ones.
_FAMILIAR = {
    "gb18030": "市区县镇乡村街道路号楼栋层单元建筑大小学校医院公园河江湖山东西南北中新城国家人民"
    "名称编码类型备注面积高度长度灯杆井盖管线道桥树木用地规划地铁站厅住宅商业工业的是在一二三",
    "big5": "市區縣鎮鄉村里街道路號樓棟層建築大小學校醫院公園河江湖山東西南北中新城國家人民"
    "名稱編碼類型備註面積高度長度燈桿井蓋管線橋樹木用地規劃捷運站的是在一二三臺灣",
    "cp932": "市区県町村丁目番地号通道路駅橋川山東西南北中新大小学校病院公園建物住宅商業工業"
    "名称種類面積高さ用途地域施設国都府の日本一二三階層年月",
    "cp949": "시군구동읍면리로길번지건물학교병원공원가나다라마바사아자차도서남북중대소신성인부산울"
    "광천경기강전주제충청상하내외역교하천산호수관명칭주소면적높이종류용코드이름의에을를은는과와한국토지",
}
_FAMILIAR["euc_jp"] = _FAMILIAR["cp932"]


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


def _euc_jp(first: int, second: int) -> float:
    return 1.0 if first in (0xA4, 0xA5) or 0xB0 <= first <= 0xCF else 0.5 if first < 0xA4 else 0.3


def _euc_kr(first: int, second: int) -> float:
    if first < 0xA1 or second < 0xA1:
        return 0.05  # syllables that only cp949 has
    return 0.9 if 0xB0 <= first <= 0xC8 else 0.5 if first <= 0xA3 else 0.2


_PLAUSIBLE = {
    "gb18030": _gbk,
    "big5": _big5,
    "cp932": _shift_jis,
    "cp949": _euc_kr,
    "euc_jp": _euc_jp,
}


def _readable(data: bytes, encoding: str, cut: bool) -> tuple[str, float]:
    """Return the text of the lines that can be read, and the share of those beyond ASCII.

    With ``cut``, a line may end in the middle of a character: fields of fixed width cut it there.
    """
    texts, good, lines = [], 0, 0
    for line in data.splitlines():
        if line.isascii():
            continue
        lines += 1
        try:
            texts.append(line.decode(encoding))
            good += 1
        except UnicodeDecodeError as error:
            if cut and error.start and error.end >= len(line) and error.start >= len(line) - 3:
                texts.append(line[: error.start].decode(encoding, "replace"))
                good += 1
    return "\n".join(texts), good / max(1, lines)


def _east_asian(data: bytes, encoding: str, cut: bool) -> float:
    """Mean plausibility of the characters beyond ASCII, about 0 to 1; 0 if it does not decode."""
    text, share = _readable(data, encoding, cut)
    if share < (_ENOUGH if cut else 1):
        return 0.0
    foreign = [c for c in text if ord(c) > 0x7F]
    score = 0.0
    for character in foreign:
        raw = character.encode(encoding, "replace")
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


def fits(data: bytes, encoding: str) -> bool:
    """Return whether nearly all lines of ``data`` are valid in ``encoding``, but for a cut end."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return data.isascii() or _readable(data, encoding, True)[1] >= _ENOUGH


def detect(data: bytes, *, cut: bool = False) -> str:
    """Return the most likely encoding of ``data``, as Python calls it.

    Tells ASCII, UTF-8, UTF-16, GB18030 (a superset of GBK and GB 2312), Big5, Shift_JIS (as
    cp932), EUC-JP, EUC-KR (as cp949) and cp1252 apart, which are what deliveries from East Asia
    and Europe come in. Bytes that fit none of them are given as latin-1, which never fails.

    Parameters
    ----------
    data : bytes
        The first 200,000 bytes in lines beyond ASCII decide between what is no UTF-8.
    cut : bool
        The lines are fields of fixed width: they may end within a character, and one in twenty may
        be wrong. Without it, the encoding reads all of the data, or of that much of it.

    Examples
    --------
    >>> detect("路灯 高度 建国东路".encode("gbk")), detect("Münster".encode("latin-1"))
    ('gb18030', 'cp1252')
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if decodes(data, "utf-16") else "latin-1"
    if sixteen := utf_16(data):
        return sixteen
    if data.isascii():
        return "ascii"
    if decodes(data, "utf-8"):
        return "utf-8"
    whole = data
    data = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SAMPLE]
    if cut and _readable(data, "utf-8", cut)[1] >= _ENOUGH:
        return "utf-8"
    scores = {name: _east_asian(data, name, cut) for name in _PLAUSIBLE}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > max(0.25, _western(data)):
        return best
    return "cp1252" if decodes(whole, "cp1252") else "latin-1"


def utf_16(data: bytes) -> str | None:
    """Recognise UTF-16 without a mark by the zero bytes of its ASCII characters."""
    start = data[:_SAMPLE]
    if len(start) < 8 or b"\0" not in start:
        return None
    even, odd = start[0::2].count(0), start[1::2].count(0)
    many = len(start) // 20
    if odd > many and even <= odd // 50:
        return "utf-16-le" if decodes(data, "utf-16-le") else None
    big = even > many and odd <= even // 50
    return "utf-16-be" if big and decodes(data, "utf-16-be") else None


_CODE_PAGES = {
    **{"936": "gbk", "54936": "gb18030", "20936": "gbk", "52936": "hz", "950": "big5"},
    **{"932": "cp932", "943": "cp932", "949": "cp949", "51949": "euc_kr", "1361": "johab"},
    **{"51932": "euc_jp", "20932": "euc_jp", "65001": "utf-8", "1200": "utf-16-le"},
    **{"1201": "utf-16-be", "28591": "iso8859-1", "88591": "iso8859-1", "28605": "iso8859-15"},
}
_SPELLINGS = {
    **{"windowsjapanese": "cp932", "windowskorean": "cp949", "windowssimpchinese": "gbk"},
    **{"windowstradchinese": "big5", "windowslatin1": "cp1252", "windowslatin2": "cp1250"},
    **{"windowscyrillic": "cp1251", "simplifiedchinese": "gbk", "traditionalchinese": "big5"},
    **{"macroman": "mac-roman", "xgbk": "gbk", "xsjis": "cp932", "ms936": "gbk", "big5": "big5"},
    **{"ksc56011987": "cp949", "ksc5601": "cp949", "gb2312": "gb2312", "sjis": "cp932"},
    **{"dos437": "cp437", "dos850": "cp850", "gb231280": "gb2312", "euccn": "gb2312"},
    **{"iso88591": "iso8859-1", "latin1": "iso8859-1", "utf8bom": "utf-8", "utf8sig": "utf-8"},
}
_SILENT = {"", "oem", "ansi", "system", "neutral", "none", "unknown", "default", "cpacp", "cpoem"}


def named(said: str) -> str | None:
    """Return the encoding that a name found in the wild means, as Python calls it.

    Parameters
    ----------
    said : str
        What a ``.cpg``, a header, an XML declaration or a sheet says.

    Returns
    -------
    str or None
        None if it says nothing (``OEM``) or nothing known.

    Examples
    --------
    >>> [named(n) for n in ("ANSI 936", "UTF8", "54936", "SHIFT-JIS", "OEM", "ISO 8859-1")]
    ['gbk', 'utf-8', 'gb18030', 'shift_jis', None, 'iso8859-1']
    """
    plain = re.sub(r"[^a-z0-9]", "", said.lower())
    if plain in _SILENT:
        return None
    if plain in _SPELLINGS:
        return _SPELLINGS[plain]
    page = re.fullmatch(r"(?:ansi|oem|cp|ms|windows|win|dos|ibm|codepage|x)*(\d{3,5})", plain)
    if page is not None and page[1] in _CODE_PAGES:
        return _CODE_PAGES[page[1]]
    if iso := re.fullmatch(r"(?:iso)?8859(\d{1,2})", plain):
        plain = f"iso8859-{iso[1]}"
    for name in (said.strip(), plain, f"cp{page[1]}" if page else plain):
        try:
            return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    return None


def superset(encoding: str) -> str:
    """Return the encoding that reads all that ``encoding`` does, and what its users write in it.

    Examples
    --------
    >>> superset("gb2312"), superset("shift_jis"), superset("utf-8")
    ('gb18030', 'cp932', 'utf-8')
    """
    wider = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
    return wider.get(encoding, encoding)
