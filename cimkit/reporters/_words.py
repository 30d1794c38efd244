"""Headings of reports in the three languages."""

from __future__ import annotations

__all__ = ["Words", "heading", "told", "unit"]

Words = dict[str, str]
"""A text in each language."""

_WORDS = {
    "accepted": ("ACCEPTED", "通过", "合格"),
    "rejected": ("REJECTED", "不通过", "不合格"),
    "incomplete": ("INCOMPLETE", "未检查完整", "検査未完了"),
    "by": ("by {standard}", "依据 {standard}", "{standard} による"),
    "alternatives": (
        "in force or accepted: {which}",
        "现行或可接受：{which}",
        "有効または認められるもの：{which}",
    ),
    "failures": (
        "errors {error}, warnings {warning}, notes {info}",
        "错误 {error}，警告 {warning}，提示 {info}",
        "エラー {error}、警告 {warning}、情報 {info}",
    ),
    "sources": ("sources {count}", "数据源 {count}", "データ {count} 件"),
    "seconds": ("{count} s", "{count} 秒", "{count} 秒"),
    "rule": ("Rule", "规则", "規則"),
    "status": ("Status", "状态", "判定"),
    "failed": ("Failed", "不合格", "不適合"),
    "passed": ("Passed", "合格", "適合"),
    "not checked": ("Not checked", "未检查", "未検査"),
    "of": ("Counted", "计数单位", "数えたもの"),
    "pass": ("pass", "合格", "適合"),
    "fail": ("FAIL", "不合格", "不適合"),
    "not applicable": ("not applicable", "不适用", "対象外"),
    "warning": ("warning", "警告", "警告"),
    "info": ("note", "提示", "情報"),
    "error": ("error", "错误", "エラー"),
    "more": (
        "… {count} more places, {all} {what} in all",
        "… 另有 {count} 处，共 {all} 个（{what}）",
        "… ほか {count} か所、合計 {all} 件（{what}）",
    ),
    "unseen": (
        "What was not checked, and why",
        "未检查的内容及原因",
        "検査しなかったものとその理由",
    ),
    "mandatory": ("mandatory", "必检", "必須"),
    "things": ("{count} {what}", "{count}（{what}）", "{count}（{what}）"),
    "aside": (
        "Sources without geodata, not judged: {count}",
        "{count} 个文件不含地理数据，未作评判",
        "{count} 件は地理データを含まず、判定していません",
    ),
    "machine": ("All findings: {file}", "全部结果：{file}", "全結果：{file}"),
    "machine how": (
        "All findings, one by one: --report FILE.json",
        "输出全部结果：--report FILE.json",
        "全結果の出力：--report FILE.json",
    ),
    "verdict": ("Verdict", "结论", "判定"),
    "standard": ("Standard", "标准", "規格"),
    "why": ("Why it governs", "适用理由", "適用の理由"),
    "standard hash": ("Hash of the standard", "标准散列值", "規格のハッシュ値"),
    "tool": ("Tool", "工具", "ツール"),
    "checked": ("Checked", "检查时间", "検査日時"),
    "duration": ("Duration", "用时", "所要時間"),
    "delivery": ("Delivery", "交付", "納品"),
    "context": ("Context package", "上下文包", "コンテキストパッケージ"),
    "sheet": ("Delivery sheet", "交付单", "納品書"),
    "none": ("none", "无", "なし"),
    "provenance": ("Provenance", "检查依据", "検査の根拠"),
    "rules": ("All rules", "全部规则", "すべての規則"),
    "outcome": ("What fails", "不合格与未检查的规则", "不適合・未検査の規則"),
    "nothing fails": ("No rule fails.", "没有不合格的规则。", "不適合の規則はありません。"),
    "spread": (
        "Failures by rule, class and file",
        "按规则、类别和文件统计的不合格项",
        "規則・種別・ファイル別の不適合",
    ),
    "class": ("Class or layer", "类别或图层", "種別またはレイヤー"),
    "file": ("File", "文件", "ファイル"),
    "severity": ("Severity", "严重程度", "重大度"),
    "places": ("Places", "位置数", "箇所"),
    "title": ("Title", "名称", "名称"),
    "clause": ("Clause", "条款", "条項"),
    "element": ("Quality element", "质量元素", "品質要素"),
    "not applicable things": ("Not applicable", "不适用", "対象外"),
    "reason": ("Reason", "原因", "理由"),
    "files": ("Sources", "数据源", "データ"),
    "size": ("Bytes", "字节数", "バイト数"),
    "findings": ("Findings", "检查结果", "検査結果"),
    "finding": ("Finding", "问题", "指摘"),
    "place": ("Place", "位置", "位置"),
    "measured": ("Got", "实际值", "実際の値"),
    "expected": ("Expected", "期望值", "期待する値"),
    "tolerance": ("Tolerance", "限差", "許容差"),
    "hint": ("How to mend it", "修改建议", "修正方法"),
    "mender": ("Who mends it", "修改方", "修正者"),
    "count": ("Count", "数量", "数"),
    "copies": (
        "one mistake, places: {count}",
        "同一错误，共 {count} 处",
        "同じ誤りが {count} か所",
    ),
    "alike": ("places: {count}", "{count} 处", "{count} か所"),
    "more rows": ("… {count} more", "… 另有 {count} 条", "… ほか {count} 件"),
    "more groups": (
        "… {count} more entries with {places} places are not shown here",
        "… 另有 {count} 类问题（{places} 处）未在此列出",
        "… ほか {count} 項目（{places} か所）はここに示していません",
    ),
    "limit": (
        "Only the first {shown} of {count} findings fit here; all counts are of all of them.",
        "此处仅能列出 {count} 条结果中的前 {shown} 条；各项统计均为全部结果。",
        "ここには {count} 件のうち先頭の {shown} 件だけを示します。集計はすべての結果によります。",
    ),
    "nothing unchecked": (
        "Everything the rules speak of was checked.",
        "规则涉及的内容均已检查。",
        "規則の対象はすべて検査しました。",
    ),
    "ok": ("read", "已读取", "読込済"),
    "refused": ("refused", "拒绝读取", "読込不可"),
    "ignored": ("not judged", "未评判", "判定対象外"),
    "sources beyond": ("… {count} more sources", "… 另有 {count} 个数据源", "… ほか {count} 件"),
    "waived": ("Waived", "豁免", "適用除外"),
    "score": ("Score", "质量评分", "品質評点"),
    "graded": (
        "{points} points, grade {grade}; {judged} of {lot} units judged; places without a file: "
        "{marks}; not scored: {unscored}",
        "{points} 分，等级 {grade}；评判单位 {judged}/{lot}；"
        "未归入文件的缺陷：{marks}；不计分：{unscored}",
        "{points} 点、等級 {grade}。評価単位 {judged}/{lot}。"
        "ファイル外の欠陥：{marks}。評点外：{unscored}",
    ),
    "seed": ("Sample drawn with seed {seed}.", "抽样种子：{seed}。", "抽出の種：{seed}。"),
    "not passed": ("Not passed by: {why}.", "未通过：{why}。", "不合格の理由：{why}。"),
    "part": ("Part", "子元素", "副要素"),
    "weight": ("Weight", "权", "重み"),
    "part weight": ("Weight of the part", "子元素权", "副要素の重み"),
    "points": ("Points", "得分", "点"),
    "units": ("Units judged", "评判单位", "評価単位"),
    "unit": ("Unit", "单位成果", "単位"),
    "grade": ("Grade", "等级", "等級"),
    "class A": ("A", "A类", "A"),
    "class B": ("B", "B类", "B"),
    "class C": ("C", "C类", "C"),
    "class D": ("D", "D类", "D"),
    "failed by": ("Failed by", "不合格原因", "不合格の理由"),
    "baseline": (
        "Against the last delivery",
        "与上次交付比较",
        "前回納品との比較",
    ),
    "compared": (
        "Against {file}: {new} new, {open} still open, {fixed} fixed, {unseen} not looked at again",
        "与 {file} 比较：新增 {new}，仍未解决 {open}，已解决 {fixed}，未再检查 {unseen}",
        "{file} との比較：新規 {new}、未解決 {open}、解決済 {fixed}、再検査なし {unseen}",
    ),
    "state": ("State", "状态", "状態"),
    "new": ("new", "新增", "新規"),
    "open": ("still open", "仍未解决", "未解決"),
    "fixed": ("fixed", "已解决", "解決済"),
    "unseen before": ("not looked at again", "未再检查", "再検査なし"),
    "waivers": ("Waivers", "豁免项", "適用除外の一覧"),
    "waiver": ("Waiver", "豁免", "適用除外"),
    "owner": ("Who answers for it", "责任人", "責任者"),
    "expires": ("Until", "有效期至", "期限"),
    "expired": ("expired", "已过期", "期限切れ"),
    "overrides": (
        "Rules not checked as the standard has them",
        "未按标准原设置检查的规则",
        "規格どおりに検査しなかった規則",
    ),
    "was": ("By the standard", "标准设置", "規格の設定"),
    "now": ("Here", "本次设置", "今回の設定"),
    "off": ("off", "关闭", "無効"),
    "mender vendor": ("vendor mends", "由提交方修改", "納品者が修正"),
    "mender office": ("the standard's office mends", "由标准主管方修改", "規格の所管が修正"),
    "mender tool": ("a fault of cimkit", "cimkit 的问题", "cimkit の不具合"),
}

_UNITS = {
    "areas": ("区域", "区域"),
    "borders": ("边界", "境界"),
    "buildings": ("建筑", "建物"),
    "cells": ("格网单元", "セル"),
    "classes": ("类别", "種別"),
    "clouds": ("点云", "点群"),
    "codes": ("编码", "コード"),
    "comparisons": ("比对", "比較"),
    "files": ("文件", "ファイル"),
    "geometries": ("几何", "形状"),
    "instances": ("实例", "インスタンス"),
    "models": ("模型", "モデル"),
    "objects": ("对象", "地物"),
    "photographs": ("影像", "写真"),
    "problems": ("问题", "問題"),
    "products": ("构件", "部材"),
    "rasters": ("栅格", "ラスタ"),
    "sources": ("数据源", "データ"),
    "storeys": ("楼层", "階"),
    "things looked at": ("检查项", "検査対象"),
    "tiles": ("瓦片", "タイル"),
    "values": ("属性值", "値"),
}
"""What checks count, in Chinese and Japanese."""


def unit(counts: str) -> Words:
    """Return what a check counts, in all languages; a name not known here is as the check has it.

    Examples
    --------
    >>> unit("buildings")["ja"], unit("benches")["ja"]
    ('建物', 'benches')
    """
    zh, ja = _UNITS.get(counts, (counts, counts))
    return {"en": counts, "zh": zh, "ja": ja}


def heading(key: str, language: str, **values: object) -> str:
    """Return a heading, filled in.

    Examples
    --------
    >>> heading("sources", "en", count=3)
    'sources 3'
    """
    text = _WORDS[key][{"en": 0, "zh": 1, "ja": 2}[language]]
    return text.format(**values) if values else text


def told(key: str, **values: object) -> Words:
    """Return a heading in all languages, filled in.

    Examples
    --------
    >>> told("pass")
    {'en': 'pass', 'zh': '合格', 'ja': '適合'}
    """
    return {language: heading(key, language, **values) for language in ("en", "zh", "ja")}
