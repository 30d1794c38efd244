"""Headings of reports in the three languages."""

from __future__ import annotations

__all__ = ["heading"]

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
    "mender vendor": ("vendor mends", "由提交方修改", "納品者が修正"),
    "mender office": ("the standard's office mends", "由标准主管方修改", "規格の所管が修正"),
    "mender tool": ("a fault of cimkit", "cimkit 的问题", "cimkit の不具合"),
}


def heading(key: str, language: str, **values: object) -> str:
    """Return a heading, filled in.

    Examples
    --------
    >>> heading("sources", "en", count=3)
    'sources 3'
    """
    text = _WORDS[key][{"en": 0, "zh": 1, "ja": 2}[language]]
    return text.format(**values) if values else text
