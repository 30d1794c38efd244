"""What is wrong with a CityGML document, in words."""

from __future__ import annotations

__all__ = ["LENIENT", "WORDS"]

LENIENT = frozenset(
    {
        *("id-form", "codelist-missing", "link-outside", "envelope-wrong", "uom-missing"),
        *("surface-stray", "codelist-broken"),
    }
)
"""Mistakes that cost no reader the model: warnings."""
_SAID: dict[str, tuple[str, str, str]] = {
    "id-double": (
        "the identifier {pointer} is used twice, first at {measured}",
        "标识符 {pointer} 重复，首次出现于 {measured}",
        "識別子 {pointer} が 2 度使われています（最初は {measured}）",
    ),
    "id-form": (
        "the identifier {measured} is none that XML allows: {expected}",
        "标识符 {measured} 不符合 XML 规定：{expected}",
        "識別子 {measured} は XML で許されません：{expected}",
    ),
    "version-mixed": (
        "elements of {measured} stand in a model of CityGML {expected}",
        "CityGML {expected} 模型中含有 {measured} 的元素",
        "CityGML {expected} のモデルに {measured} の要素があります",
    ),
    "link-missing": (
        "{pointer} refers to {measured}, which is not in the file",
        "{pointer} 引用的 {measured} 不在文件中",
        "{pointer} が参照する {measured} がファイルにありません",
    ),
    "link-outside": (
        "{pointer} refers to {measured}, a file that was not delivered",
        "{pointer} 引用的文件 {measured} 未提交",
        "{pointer} が参照するファイル {measured} が納品されていません",
    ),
    "codelist-missing": (
        "the code list {measured} was not delivered, so its codes cannot be held against it",
        "代码表 {measured} 未提交，无法核对代码",
        "コードリスト {measured} が納品されておらず、コードを確かめられません",
    ),
    "codelist-broken": (
        "the code list {pointer} cannot be read: {measured}",
        "代码表 {pointer} 无法读取：{measured}",
        "コードリスト {pointer} を読めません：{measured}",
    ),
    "code-unlisted": (
        "the code {measured} is not in {pointer} ({expected})",
        "代码 {measured} 不在 {pointer} 中（{expected}）",
        "コード {measured} は {pointer} にありません（{expected}）",
    ),
    "value-form": (
        "{pointer} is {measured}, not {expected}",
        "{pointer} 为 {measured}，应为 {expected}",
        "{pointer} は {measured} で、{expected} ではありません",
    ),
    "uom-missing": (
        "{pointer} has no unit ({expected})",
        "{pointer} 缺少单位（{expected}）",
        "{pointer} に単位がありません（{expected}）",
    ),
    "geometry-kind": (
        "{pointer} holds a {measured}, not {expected}",
        "{pointer} 中为 {measured}，应为 {expected}",
        "{pointer} の中身は {measured} で、{expected} ではありません",
    ),
    "surface-stray": (
        "{expected} leaves out {measured} polygons of the roof, walls and ground of its object",
        "{expected} 遗漏了该对象屋顶、墙面、地面中的 {measured} 个面",
        "{expected} に屋根・壁・地面の {measured} 面が含まれていません",
    ),
    "envelope-wrong": (
        "coordinates lie outside of the envelope stated: they reach from {expected}",
        "有坐标位于所述范围之外：实际为 {expected}",
        "示された範囲の外に座標があります：実際は {expected}",
    ),
}
_LANGUAGES = ("en", "zh", "ja")
WORDS = {word: dict(zip(_LANGUAGES, said, strict=True)) for word, said in _SAID.items()}
"""Phrases by word."""
