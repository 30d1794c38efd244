"""What a workbook says of itself: comments of its headers and notes of its keys, in zh, ja, en."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

KEYS = {
    "id": "标识 · ID · short name, e.g. city.linjiang",
    "edition": "版本 · 版 · edition, e.g. 2026",
    "status": "状态 · 状態 · draft, in force ...",
    "titles.zh": "中文标题 · 中国語の題名 · Chinese title",
    "titles.ja": "日文标题 · 日本語の題名 · Japanese title",
    "titles.en": "英文标题 · 英語の題名 · English title (needed)",
    "issuer": "发布机构 · 発行者 · who issues it",
    "licence": "许可 · ライセンス · licence",
    "languages": "语言 · 言語 · zh; ja; en",
    "effective_from": "生效日期 · 施行日 · first day, 2026-01-01",
    "effective_to": "失效日期 · 廃止日 · last day",
    "note": "说明 · 備考 · what else readers must know",
    "extends": "上级标准 · 上位規格 · id@edition of what it builds on; several with ;",
    "class_fields": "交付数据中的分类字段 · 分類コードの項目名 · fields that state the class code",
    "jurisdiction.division": "行政区划代码 · 行政区域コード · first part of identifiers",
    "jurisdiction.polygon": "管辖范围文件 · 区域のファイル · file with the area, GeoJSON",
    "crs.allowed": "允许的坐标系 · 許される座標系 · EPSG:4490; ...",
    "crs.vertical": "允许的高程基准 · 許される高さ基準 · EPSG:5737; ...",
    "crs.local_by_sheet": "可由交付单声明地方坐标 · 局地座標の可否 · true or false",
    "code.class": "编码中的分类段 · 分類の区分 · segments that are the class code",
    "code.fields": "标识码字段 · 識別コードの項目名 · fields that carry a code",
    "unverified": "未核实的行 · 未確認の行 · on or off: whether rows with verified=no count",
    "transition.until": "过渡期截止 · 移行期限 · last day on which others are accepted",
    "transition.accepts": "过渡期内接受的标准 · 移行期間に受け入れる規格 · id@edition; ...",
    "acceptance.maximum": "允许的错误数 · 許される誤り数 · failures allowed",
}
"""Notes beside the keys of the sheet ``standard``."""


@cache
def words() -> dict[str, str]:
    """Return the comment of a header by ``sheet.column``, else by column: a line a language."""
    file = Path(__file__).with_name("words.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            row["column"]: f"{row['zh']}\n{row['ja']}\n{row['en']}" for row in csv.DictReader(lines)
        }
