"""What the checks of tilesets and models say, in three languages."""

from __future__ import annotations

from cimkit.checks._tiles3d.words_metadata import METADATA
from cimkit.checks._tiles3d.words_models import MODELS
from cimkit.checks._tiles3d.words_trees import TREES

__all__ = ["WORDS"]

_GENERAL = {
    "type-wrong": (
        "the value {measured} is of another type than {expected}",
        "值 {measured} 的类型不是 {expected}",
        "値 {measured} の型が {expected} ではありません",
    ),
    "member-missing": (
        "{expected} is missing",
        "缺少 {expected}",
        "{expected} がありません",
    ),
    "member-unfit": (
        "it says {measured}, which is only allowed with {expected}",
        "此处为 {measured}，仅允许用于 {expected}",
        "{measured} とありますが、許されるのは {expected} の場合のみです",
    ),
    "member-idle": (
        "{measured} is there and nothing uses it",
        "{measured} 存在但未被使用",
        "{measured} がありますが使われていません",
    ),
    "both-given": (
        "{measured} are given, where only one of {expected} may be",
        "同时给出了 {measured}，只允许 {expected} 之一",
        "{measured} がありますが、{expected} のいずれか一つだけが許されます",
    ),
    "range-wrong": (
        "the value {measured} is out of range ({expected})",
        "值 {measured} 超出范围（{expected}）",
        "値 {measured} が範囲外です（{expected}）",
    ),
    "range-turned": (
        "the lower end lies above the upper one: {measured}",
        "下限大于上限：{measured}",
        "下限が上限を上回っています：{measured}",
    ),
    "choice-wrong": (
        "{measured} is none of {expected}",
        "{measured} 不属于 {expected}",
        "{measured} は {expected} のいずれでもありません",
    ),
    "length-wrong": (
        "it has {measured} elements, {expected} are wanted",
        "元素个数为 {measured}，应为 {expected}",
        "要素数は {measured} で、{expected} が必要です",
    ),
    "element-twice": (
        "{measured} is listed twice",
        "{measured} 重复列出",
        "{measured} が重複しています",
    ),
    "pattern-wrong": (
        "the name {measured} is not of the form {expected}",
        "名称 {measured} 不符合格式 {expected}",
        "名前 {measured} が書式 {expected} に合いません",
    ),
    "extras-unusual": (
        "extras should be an object",
        "extras 应为对象",
        "extras はオブジェクトであるべきです",
    ),
    "json-broken": (
        "the JSON cannot be parsed: {measured}",
        "JSON 无法解析：{measured}",
        "JSON を解析できません：{measured}",
    ),
    "json-bom": (
        "a byte order mark stands before the JSON",
        "JSON 前带有字节顺序标记（BOM）",
        "JSON の前にバイト順マーク（BOM）があります",
    ),
    "version-unknown": (
        "version {measured} is not known, {expected} is",
        "未知版本 {measured}，应为 {expected}",
        "版 {measured} は未知です。{expected} であるべきです",
    ),
    "magic-wrong": (
        "it begins with {measured}, not with {expected}",
        "文件头为 {measured}，应为 {expected}",
        "先頭が {measured} で、{expected} ではありません",
    ),
    "bytes-number": (
        "it has {measured} bytes, {expected} are stated or needed",
        "字节数为 {measured}，声明或需要 {expected}",
        "{measured} バイトですが、{expected} と記されているか必要です",
    ),
    "bytes-beyond": (
        "it ends at byte {measured}, beyond the end ({expected})",
        "结束于字节 {measured}，越过末尾（{expected}）",
        "バイト {measured} で終わり、末尾（{expected}）を越えます",
    ),
    "bytes-misaligned": (
        "the position or length {measured} is not aligned ({expected})",
        "位置或长度 {measured} 未对齐（{expected}）",
        "位置または長さ {measured} が整列していません（{expected}）",
    ),
    "index-beyond": (
        "index {measured} points at what is not there ({expected})",
        "索引 {measured} 指向不存在的对象（{expected}）",
        "添字 {measured} が指すものがありません（{expected}）",
    ),
    "name-unknown": (
        "{measured} is not defined; known: {expected}",
        "{measured} 未定义；已定义：{expected}",
        "{measured} は定義されていません。定義済み：{expected}",
    ),
    "nested-deep": (
        "composites are nested too deep ({measured})",
        "复合瓦片嵌套过深（{measured}）",
        "複合タイルの入れ子が深すぎます（{measured}）",
    ),
}

WORDS: dict[str, dict[str, str]] = {
    word: dict(zip(("en", "zh", "ja"), said, strict=True))
    for part in (_GENERAL, TREES, METADATA, MODELS)
    for word, said in part.items()
}
