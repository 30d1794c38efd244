"""Phrases of the check in three languages."""

from __future__ import annotations

__all__ = ["WORDS"]


def _w(en: str, zh: str, ja: str) -> dict[str, str]:
    return {"en": en, "zh": zh, "ja": ja}


WORDS: dict[str, dict[str, str]] = {
    "magic-missing": _w(
        "the file does not begin with ISO-10303-21",
        "文件未以 ISO-10303-21 开头",
        "ファイルが ISO-10303-21 で始まっていません",
    ),
    "entity-missing": _w("{place} is missing", "缺少 {place}", "{place} がありません"),
    "argument-count": _w(
        "{place} has another number of values", "{place} 的值个数不符", "{place} の値の数が違います"
    ),
    "argument-form": _w(
        "{place} is not written as its type asks",
        "{place} 的写法与其类型不符",
        "{place} の書き方が型と異なります",
    ),
    "argument-empty": _w(
        "{place} must be a text, if an empty one",
        "{place} 应为文本（可为空文本）",
        "{place} は（空でも）文字列とします",
    ),
    "time-form": _w(
        "the time stamp is no date and time of ISO 8601",
        "时间戳不是 ISO 8601 日期时间",
        "タイムスタンプが ISO 8601 の日時ではありません",
    ),
    "level-form": _w(
        "no such implementation level", "没有该实现级别", "該当する実装レベルがありません"
    ),
    "header-silent": _w(
        "the header does not say {place}", "文件头未给出 {place}", "ヘッダに {place} がありません"
    ),
    "view-other": _w(
        "the model view definition is none of those agreed",
        "模型视图定义不在约定范围内",
        "モデルビュー定義が取り決めと異なります",
    ),
}
