"""What is said of metadata: schemas, values, property tables (en, zh, ja)."""

from __future__ import annotations

__all__ = ["METADATA"]

METADATA = {
    "schema-missing": (
        "there are metadata, and no schema that says what they are",
        "存在元数据，但没有模式（schema）",
        "メタデータがありますが、スキーマがありません",
    ),
    "value-required": (
        "the required property {expected} has no value",
        "必填属性 {expected} 没有值",
        "必須の属性 {expected} に値がありません",
    ),
    "value-beyond": (
        "the value {measured} is beyond the limit of its class ({expected})",
        "值 {measured} 超出其类的限值（{expected}）",
        "値 {measured} がクラスの限界を超えています（{expected}）",
    ),
    "limit-wrong": (
        "the limit stated is {measured}, the values have {expected}",
        "声明的极值为 {measured}，实际为 {expected}",
        "記された極値は {measured} ですが、値は {expected} です",
    ),
    "enum-unknown": (
        "the values {measured} are not in the enumeration ({expected})",
        "值 {measured} 不在枚举中（{expected}）",
        "値 {measured} は列挙にありません（{expected}）",
    ),
    "semantic-double": (
        "two properties have the meaning {measured}",
        "两个属性具有相同语义 {measured}",
        "二つの属性が同じ意味 {measured} を持っています",
    ),
    "semantic-unfit": (
        "the meaning asks for {expected}, the property is {measured}",
        "该语义要求 {expected}，属性却是 {measured}",
        "その意味は {expected} を求めますが、属性は {measured} です",
    ),
    "semantic-unknown": (
        "the meaning {measured} is not a published one",
        "语义 {measured} 不是已发布的语义",
        "意味 {measured} は公開されたものではありません",
    ),
    "offsets-descend": (
        "offsets of strings or arrays go down: {measured}",
        "字符串或数组的偏移量递减：{measured}",
        "文字列または配列のオフセットが減少しています：{measured}",
    ),
    "rows-number": (
        "the property table has {measured} rows, {expected} things are in it",
        "属性表有 {measured} 行，应有 {expected} 行",
        "属性表は {measured} 行ですが、{expected} 行が必要です",
    ),
    "features-number": (
        "{measured} different features are named, {expected} are stated",
        "出现 {measured} 个不同要素，声明为 {expected}",
        "{measured} 個の異なる地物がありますが、{expected} と記されています",
    ),
    "type-unheld": (
        "a property of type {measured} cannot be kept there ({expected})",
        "类型为 {measured} 的属性不能存放于此（{expected}）",
        "型 {measured} の属性はそこに格納できません（{expected}）",
    ),
    "channels-beyond": (
        "the channels {measured} are not in the picture ({expected})",
        "通道 {measured} 在图像中不存在（{expected}）",
        "チャンネル {measured} が画像にありません（{expected}）",
    ),
    "filter-mixes": (
        "the sampler's filter {measured} mixes numbers of features; {expected} does not",
        "采样过滤 {measured} 会混合要素编号，应为 {expected}",
        "サンプラーのフィルター {measured} は地物番号を混ぜます。{expected} であるべきです",
    ),
}
