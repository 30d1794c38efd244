"""Phrases of the check in three languages."""

from __future__ import annotations

__all__ = ["WORDS"]


def _w(en: str, zh: str, ja: str) -> dict[str, str]:
    return {"en": en, "zh": zh, "ja": ja}


WORDS: dict[str, dict[str, str]] = {
    "schema": _w("further places like these", "其他同类问题", "その他の同様の箇所"),
    "where": _w(
        "a rule of the schema is broken", "违反模式的 WHERE 规则", "スキーマの規則に違反しています"
    ),
    "no-statement": _w(
        "text that is no statement of ISO 10303-21",
        "存在不属于 ISO 10303-21 语句的文本",
        "ISO 10303-21 の文でない文字列があります",
    ),
    "number-double": _w(
        "an instance number is given twice", "实例编号重复", "インスタンス番号が重複しています"
    ),
    "class-unknown-here": _w(
        "the schema has no such class", "该版本模式中没有此类", "スキーマにないクラスです"
    ),
    "class-abstract": _w(
        "the class is abstract: only its subtypes may occur",
        "该类为抽象类，只能使用其子类",
        "抽象クラスです（下位クラスのみ使えます）",
    ),
    "attributes-many": _w(
        "more attributes than the class has", "属性数多于该类的定义", "属性の数が多すぎます"
    ),
    "attributes-few": _w(
        "fewer attributes than the class has", "属性数少于该类的定义", "属性の数が足りません"
    ),
    "attribute-unset": _w(
        "an attribute that must be set is not", "必填属性未填写", "必須の属性がありません"
    ),
    "derived-given": _w(
        "a derived attribute is written out", "派生属性不应写值（应为 *）", "導出属性は * とします"
    ),
    "derived-not": _w(
        "* stands for an attribute that is not derived",
        "* 用于非派生属性",
        "導出属性でないところに * があります",
    ),
    "word-unknown": _w("the enumeration has no such word", "枚举中没有该值", "列挙にない値です"),
    "list-size": _w(
        "a list has too few or too many elements", "列表元素个数不符", "リストの要素数が範囲外です"
    ),
    "type-other": _w("the value is of another type", "值的类型不符", "値の型が異なります"),
    "reference-open": _w(
        "it refers to an instance that is not there",
        "引用了不存在的实例",
        "存在しないインスタンスを参照しています",
    ),
    "reference-other": _w(
        "it refers to an instance of a class that cannot stand here",
        "引用的实例类型不允许用于此处",
        "ここに置けないクラスを参照しています",
    ),
    "guid-shared": _w(
        "two instances have the same GlobalId",
        "两个实例的 GlobalId 相同",
        "GlobalId が重複しています",
    ),
    "value-shared": _w(
        "two instances share what the schema wants unique",
        "两个实例的取值相同，模式要求唯一",
        "一意であるべき値が重複しています",
    ),
    "date-form": _w(
        "a date or time is not written as ISO 8601 has it",
        "日期或时间不符合 ISO 8601 格式",
        "日付・時刻が ISO 8601 の書式ではありません",
    ),
    "time-short": _w(
        "the time did not suffice for all WHERE rules ({error})",
        "时间不足，未检查完全部 WHERE 规则（{error}）",
        "時間内にすべての規則を検査できませんでした（{error}）",
    ),
    "schema-unpublished": _w(
        "{error} was never published as a standard: there is no schema to hold the model against",
        "{error} 不是正式发布的版本，没有可供检查的模式",
        "{error} は正式に公開された版ではなく、検査すべきスキーマがありません",
    ),
}
