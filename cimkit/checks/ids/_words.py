"""Why a model does not do what an IDS asks, and how to mend it."""

from __future__ import annotations

__all__ = ["HINTS", "WORDS"]

WORDS = {
    "none-found": {
        "en": "the model holds nothing that the specification speaks of, and it must: {what}",
        "zh": "模型中没有该规定所指的对象,而规定要求必须有:{what}",
        "ja": "仕様が対象とするものがモデルにありません。必ず必要です:{what}",
    },
    "forbidden": {
        "en": "such an object must not be in the model: {what}",
        "zh": "模型中不得有这样的对象:{what}",
        "ja": "このような要素はモデルにあってはなりません:{what}",
    },
    "prohibited": {
        "en": "{what} must not be there: found {measured}, prohibited {expected}",
        "zh": "不得有 {what}:实有 {measured},禁止 {expected}",
        "ja": "{what} はあってはなりません:実際 {measured}、禁止 {expected}",
    },
    "attribute-missing": {
        "en": "its class has no attribute {what}",
        "zh": "该类没有属性 {what}",
        "ja": "このクラスに属性 {what} はありません",
    },
    "attribute-unset": {
        "en": "the attribute {what} has no value",
        "zh": "属性 {what} 没有值",
        "ja": "属性 {what} に値がありません",
    },
    "attribute-empty": {
        "en": "the attribute {what} is empty or unknown",
        "zh": "属性 {what} 为空或未知",
        "ja": "属性 {what} が空か不明です",
    },
    "attribute-value": {
        "en": "the attribute {what} is {measured}, not {expected}",
        "zh": "属性 {what} 为 {measured},应为 {expected}",
        "ja": "属性 {what} は {measured} ですが、{expected} であるべきです",
    },
    "set-missing": {
        "en": "the property set of {what} is missing",
        "zh": "缺少 {what} 所在的属性集",
        "ja": "{what} のプロパティセットがありません",
    },
    "property-missing": {
        "en": "the property {what} is missing",
        "zh": "缺少特性 {what}",
        "ja": "プロパティ {what} がありません",
    },
    "property-unset": {
        "en": "the property {what} has no value that IDS looks at",
        "zh": "特性 {what} 没有可检查的值",
        "ja": "プロパティ {what} に検査できる値がありません",
    },
    "property-empty": {
        "en": "the property {what} is empty or unknown",
        "zh": "特性 {what} 为空或未知",
        "ja": "プロパティ {what} が空か不明です",
    },
    "property-type": {
        "en": "the property {what} is of type {measured}, not {expected}",
        "zh": "特性 {what} 的类型为 {measured},应为 {expected}",
        "ja": "プロパティ {what} の型は {measured} ですが、{expected} であるべきです",
    },
    "property-value": {
        "en": "the property {what} is {measured}, not {expected}",
        "zh": "特性 {what} 为 {measured},应为 {expected}",
        "ja": "プロパティ {what} は {measured} ですが、{expected} であるべきです",
    },
    "material-missing": {
        "en": "it has no material",
        "zh": "没有材料",
        "ja": "材料がありません",
    },
    "material-value": {
        "en": "the material is {measured}, not {expected}",
        "zh": "材料为 {measured},应为 {expected}",
        "ja": "材料は {measured} ですが、{expected} であるべきです",
    },
    "classification-missing": {
        "en": "it is not classified; asked for {expected}",
        "zh": "没有分类;要求 {expected}",
        "ja": "分類されていません。必要な分類:{expected}",
    },
    "classification-value": {
        "en": "it is classified as {measured}, not {expected}",
        "zh": "分类为 {measured},应为 {expected}",
        "ja": "分類は {measured} ですが、{expected} であるべきです",
    },
    "whole-missing": {
        "en": "it is part of nothing; asked for {expected}",
        "zh": "不属于任何对象;要求属于 {expected}",
        "ja": "何にも属していません。必要な親:{expected}",
    },
    "whole-other": {
        "en": "it is part of {measured}, not of {expected}",
        "zh": "属于 {measured},而不属于 {expected}",
        "ja": "{measured} に属し、{expected} に属していません",
    },
    "entity-class": {
        "en": "it is an {measured}, not an {expected}",
        "zh": "类为 {measured},应为 {expected}",
        "ja": "クラスは {measured} ですが、{expected} であるべきです",
    },
    "entity-type": {
        "en": "its predefined type is “{measured}”, not {expected}",
        "zh": "预定义类型为“{measured}”,应为 {expected}",
        "ja": "定義済みタイプは「{measured}」ですが、{expected} であるべきです",
    },
    "other-version": {
        "en": "written for {versions}, the model is {schema}; it was checked all the same",
        "zh": "该规定针对 {versions},模型为 {schema};仍已检查",
        "ja": "仕様は {versions} 用ですが、モデルは {schema} です。それでも検査しました",
    },
    "version-aside": {
        "en": "written for {versions}, the model is {schema}",
        "zh": "该规定针对 {versions},模型为 {schema}",
        "ja": "仕様は {versions} 用ですが、モデルは {schema} です",
    },
    "cut-off": {
        "en": "the file was cut off, what is behind its end was not seen",
        "zh": "文件被截断,其后的内容未能检查",
        "ja": "ファイルが途中で切れており、以降は検査できません",
    },
    "broken": {
        "en": "the text of the file is broken, not all of it could be read",
        "zh": "文件文本已损坏,部分内容无法读取",
        "ja": "ファイルの記述が壊れており、一部を読めません",
    },
    "anchored": {
        "en": "In a pattern of IDS, ^ and $ are signs like others: whoever wrote it meant it "
        "without them.",
        "zh": "IDS 的正则表达式中 ^ 和 $ 是普通字符,规定的编写者应将其去掉。",
        "ja": "IDS のパターンでは ^ と $ は普通の文字です。仕様の作成者が取り除くべきです。",
    },
    "fill-in": {
        "en": "Fill it in in the authoring tool, and export the model again.",
        "zh": "在建模软件中补填,并重新导出模型。",
        "ja": "作成ソフトで入力し、モデルを再出力してください。",
    },
    "set-right": {
        "en": "Correct it in the authoring tool, and export the model again.",
        "zh": "在建模软件中更正,并重新导出模型。",
        "ja": "作成ソフトで修正し、モデルを再出力してください。",
    },
    "change-type": {
        "en": "Give the property that type in the export settings or the property mapping.",
        "zh": "在导出设置或特性映射中为该特性指定该类型。",
        "ja": "出力設定またはプロパティの対応付けで、その型を指定してください。",
    },
    "take-out": {
        "en": "Take it out of the model, or out of the export.",
        "zh": "从模型中删除,或不要导出。",
        "ja": "モデルから削除するか、出力しないでください。",
    },
    "deliver": {
        "en": "Model it, or export it: is it left out by the export settings?",
        "zh": "请建模或导出:是否被导出设置排除?",
        "ja": "モデル化するか出力してください。出力設定で除外されていませんか。",
    },
}

HINTS = {
    "none-found": "deliver",
    "forbidden": "take-out",
    "prohibited": "take-out",
    "property-type": "change-type",
    **dict.fromkeys(
        ("attribute-value", "property-value", "material-value", "classification-value"),
        "set-right",
    ),
    **dict.fromkeys(("whole-other", "entity-class", "entity-type"), "set-right"),
}
"""Hint by reason, where the IDS gives none; of what is missing: *fill-in*."""
