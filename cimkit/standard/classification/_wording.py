"""Names as bureaus write them, made comparable: characters, words, plurals, pinyin."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

NOISE = frozenset(
    {
        *("a", "an", "and", "at", "by", "for", "in", "of", "on", "the", "to", "with"),
        *("area", "class", "code", "data", "dataset", "export", "fc", "feature", "features"),
        *("final", "gdb", "geom", "gis", "gpkg", "layer", "line", "lines", "map", "new", "object"),
        *("old", "pnt", "point", "points", "pl", "pt", "pts", "poly", "polygon", "polygons"),
        *("polyline", "region", "shape", "shp", "survey", "table", "tb", "tbl", "temp", "tmp"),
        *("m", "cm", "mm", "km", "kg", "ha"),
        *("type", "v", "ver", "version", "ifc", "element", "standard", "case", "fac", "srf"),
    }
)
"""Words that say nothing of what a layer holds."""
_NOISE_CJK = re.compile(
    r"^[^\W\d_a-z]{2,3}[市区县](?=..)|图层|数据(集|库)?|要素(类)?|最新(版)?|更新|成果|分布图?|"
    r"レイヤー?|データ|ポイント|ライン|ポリゴン|[点线面](状|图|层)?$|^[年月日版期]$"
)
_WORDS = re.compile(r"[a-z]+|[0-9]+|[^\W\da-z_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Wording:
    """A name, taken apart."""

    words: tuple[str, ...]
    """English words (or pinyin, or abbreviations) without plural, in order."""
    cjk: str
    """Chinese and Japanese text with one form for each character, without what says nothing."""

    @property
    def joined(self) -> str:
        """The words without gaps."""
        return "".join(self.words)


@cache
def _converters() -> tuple[object, object]:
    from opencc import OpenCC

    return OpenCC("jp2t"), OpenCC("t2s")


@cache
def fold(text: str) -> str:
    """Return a text with one form for each character: 路燈 and 路灯, 駅 and 驿, Ａ and a.

    Examples
    --------
    >>> fold("街路燈"), fold("ＢＵＳ停")
    ('街路灯', 'bus停')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    if not plain.isascii():
        for converter in _converters():
            plain = converter.convert(plain)  # type: ignore[attr-defined]
    return plain


@cache
def wording(name: str) -> Wording:
    """Take a name apart.

    Examples
    --------
    >>> wording("FAC_StreetLamps_20260901").words
    ('street', 'lamp')
    >>> wording("路燈點_2026年").cjk
    '路灯'
    """
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name))
    words, cjk = [], []
    for part in _WORDS.findall(fold(spaced)):
        if part.isdigit():
            continue
        if part.isascii():
            if part not in NOISE:
                words.append(singular(part))
        else:
            cjk.append(_NOISE_CJK.sub("", part))
    return Wording(tuple(words), "".join(cjk))


def singular(word: str) -> str:
    """Return an English word without its plural.

    Examples
    --------
    >>> [singular(w) for w in ("lamps", "benches", "bodies", "bus", "grass", "trees")]
    ['lamp', 'bench', 'body', 'bus', 'grass', 'tree']
    """
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word.removesuffix("s")


@cache
def pinyin(text: str) -> tuple[str, str]:
    """Return the pinyin of a Chinese text without tones, and its initials.

    Examples
    --------
    >>> pinyin("路灯")
    ('ludeng', 'ld')
    """
    from pypinyin import Style, lazy_pinyin

    return (
        "".join(lazy_pinyin(text, errors="ignore")),
        "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")),
    )
