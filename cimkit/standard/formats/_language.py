"""In which language a list is written, where it does not say."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["LANGUAGES", "column", "guess"]

LANGUAGES = {"zh": "Chinese", "ja": "Japanese", "en": "English"}


def guess(texts: Iterable[str]) -> str:
    """Return zh, ja or en, by the characters.

    Kana is Japanese; of Han characters those that only one of the two countries writes decide.

    Examples
    --------
    >>> guess(["業務施設", "住宅"]), guess(["业务设施"]), guess(["office"]), guess(["宿泊する"])
    ('ja', 'zh', 'en', 'ja')
    """
    han = chinese = japanese = 0
    for text in texts:
        for character in text:
            if "\u3041" <= character <= "\u30ff":
                return "ja"
            if "\u3400" <= character <= "\u9fff":
                han += 1
                chinese += not _has(character, "shift_jis")
                japanese += not _has(character, "gb2312")
    if not han:
        return "en"
    return "ja" if japanese > chinese else "zh"


def column(tag: str) -> str:
    """Return the column for names in a language, "" if there is none.

    >>> column("zh-Hans-CN"), column("ja"), column("de")
    ('name_zh', 'name_ja', '')
    """
    base = tag.lower().partition("-")[0]
    return f"name_{base}" if base in LANGUAGES else ""


def _has(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
