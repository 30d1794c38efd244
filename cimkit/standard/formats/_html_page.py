"""The page of a code book: language switch and print rules without a script, and its words."""

from __future__ import annotations

from html import escape

LANGUAGES = ("zh", "ja", "en")
_NAMES = {"zh": "中文", "ja": "日本語", "en": "English", "all": "中 · 日 · EN"}
_HTML_LANG = {"zh": "zh-Hans", "ja": "ja", "en": "en"}
WORDS: dict[str, tuple[str, str, str]] = {
    "contents": ("目录", "目次", "Contents"),
    "about": ("概述", "概要", "About"),
    "classes": ("分类", "分類", "Classes"),
    "attributes": ("属性", "属性", "Attributes"),
    "domains": ("值域", "コードリスト", "Lists of values"),
    "code": ("标识码结构", "識別コードの構成", "Identifier codes"),
    "naming": ("文件命名", "ファイル名", "File names"),
    "levels": ("级别", "レベル", "Levels"),
    "rules": ("规则", "ルール", "Rules"),
    "mapping": ("归类映射（概要）", "分類マッピング（概要）", "Mapping (summary)"),
    "unverified": ("未核实内容", "未確認の項目", "What is not verified"),
    "edition": ("版本", "版", "Edition"),
    "status": ("状态", "状態", "Status"),
    "issuer": ("发布机构", "発行者", "Issuer"),
    "licence": ("许可", "ライセンス", "Licence"),
    "effective_from": ("生效日期", "施行日", "In force from"),
    "effective_to": ("失效日期", "廃止日", "In force until"),
    "note": ("说明", "備考", "Note"),
    "builds": ("上级标准", "基にする規格", "Builds on"),
    "hash": ("内容指纹", "内容ハッシュ", "Fingerprint"),
    "division": ("行政区划代码", "行政区域コード", "Division code"),
    "crs": ("坐标系", "座標系", "Coordinate systems"),
    "key_code": ("编码", "コード", "Code"),
    "name": ("名称", "名称", "Name"),
    "definition": ("定义", "定義", "Definition"),
    "geometry": ("几何", "形状", "Geometry"),
    "level": ("级别", "レベル", "Level"),
    "source": ("出处", "出典", "Sources"),
    "origin": ("来源", "出所", "Origin"),
    "verified": ("核实", "確認", "Verified"),
    "field": ("字段", "項目", "Field"),
    "title": ("含义", "意味", "Meaning"),
    "type": ("类型", "型", "Type"),
    "limits": ("取值", "値の範囲", "Values"),
    "obligation": ("约束", "必須", "Obligation"),
    "every": ("所有类", "すべての分類", "All classes"),
    "segment": ("段", "区分", "Segment"),
    "length": ("位数", "桁数", "Length"),
    "says": ("内容", "内容", "Content"),
    "example": ("示例", "例", "Example"),
    "template": ("模板", "ひな形", "Template"),
    "part": ("组成", "要素", "Part"),
    "exempt": ("例外", "例外", "Exempt"),
    "severity": ("严重度", "重大度", "Severity"),
    "clause": ("条款", "条項", "Clause"),
    "message": ("提示", "メッセージ", "Message"),
    "hint": ("修改建议", "直し方", "How to mend it"),
    "tolerance": ("容差", "許容値", "Tolerance"),
    "kind": ("数据类型", "データ種別", "Kind of source"),
    "rows": ("映射行", "行数", "Rows"),
    "mapped": ("涉及的类", "対象の分類", "Classes reached"),
    "any": ("任意", "すべて", "any"),
    "all_verified": (
        "所有分类行均已与出处核对。",
        "すべての分類は出典で確認済みです。",
        "Every class was seen in a source.",
    ),
    "not_verified": (
        "以下编码或名称未与任何出处核对，不得当作国家或地方标准引用。",
        "次のコードや名称は出典で確認されていません。規格として引用しないでください。",
        "These codes or names were not seen in a source: do not quote them as the standard's.",
    ),
    "left_out": (
        "未启用、未列出的行",
        "無効のため載せていない行",
        "Rows switched off and not shown",
    ),
}

_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), *_TURNING),
    "\ufffd",
)
"""Signs that HTML has no place for, or that turn the direction of what follows them."""
_CSS = """
:root { --ink:#1b2733; --soft:#5a6b7b; --line:#d5dde5; --head:#16466f; --band:#f3f6f9;
  --no:#a63d00; --yes:#1d6f42; }
* { box-sizing:border-box }
html { font:15px/1.55 "Noto Sans","Source Han Sans","Noto Sans CJK SC","Noto Sans CJK JP",
  "PingFang SC","Hiragino Sans","Microsoft YaHei","Yu Gothic",system-ui,sans-serif;
  color:var(--ink); background:#e9edf1 }
body { margin:0 auto; max-width:1180px; background:#fff; padding:0 48px 64px;
  box-shadow:0 0 24px #0001 }
input.lang { position:absolute; opacity:0 }
nav.switch { position:sticky; top:0; display:flex; gap:4px; justify-content:flex-end;
  padding:10px 0; background:#fffd; z-index:2 }
nav.switch label { padding:3px 12px; border:1px solid var(--line); border-radius:99px;
  cursor:pointer; color:var(--soft); font-size:13px }
input.lang:focus-visible ~ nav.switch { outline:2px solid var(--head) }
header.cover { border-bottom:4px solid var(--head); padding:24px 0 20px }
h1 { margin:0; font-size:30px; line-height:1.3; color:var(--head) }
h1 span { display:block }
h2 { margin:44px 0 12px; padding-bottom:6px; font-size:21px; color:var(--head);
  border-bottom:1px solid var(--line) }
h3 { margin:24px 0 8px; font-size:16px }
dl { display:grid; grid-template-columns:max-content 1fr; gap:3px 20px; margin:16px 0 }
dt { color:var(--soft) } dd { margin:0 }
ol.toc { columns:2; padding-left:22px } a { color:var(--head); text-decoration:none }
a:hover { text-decoration:underline }
table { width:100%; border-collapse:collapse; font-size:13.5px; margin:6px 0 18px }
th { text-align:left; background:var(--head); color:#fff; font-weight:600; padding:6px 8px;
  vertical-align:bottom } th .l { white-space:nowrap }
th .l { font-weight:600 }
td { padding:5px 8px; border-bottom:1px solid var(--line); vertical-align:top }
tbody tr:nth-child(even) { background:var(--band) }
code, td.code { font-family:ui-monospace,"SF Mono","DejaVu Sans Mono",Consolas,monospace }
code, td { overflow-wrap:anywhere }
td.code { min-width:5.5em } h3, p { overflow-wrap:anywhere }
.d0 td { font-weight:650; background:#e6eef6 }
.d1 td.code { padding-left:22px } .d2 td.code { padding-left:36px }
.d3 td.code { padding-left:50px } .d4 td.code { padding-left:64px }
.yes { color:var(--yes) } .no { color:var(--no); white-space:nowrap }
small, .soft { color:var(--soft) } small { display:block }
.badge { border:1px solid currentColor; border-radius:4px; padding:0 5px; font-size:12px }
.error { color:#a4161a } .warning { color:var(--no) } .info { color:var(--soft) }
.big { font:600 24px/1.3 ui-monospace,monospace; letter-spacing:2px; margin:14px 0 2px }
.big span { display:inline-block; border-bottom:3px solid var(--head); margin-right:5px }
.big span:nth-child(even) { border-color:#c98a2b }
td .l { display:block }
td.zh, td.ja { min-width:8em } .ref { font-size:11px; vertical-align:super; line-height:1 }
ol.soft { font-size:12px; columns:2; padding-left:26px }
/* All languages at once: the first one leads. */
#lang-all:checked ~ main h1 span ~ span { font-size:21px; font-weight:500; color:var(--soft) }
#lang-all:checked ~ main :is(h2,h3,th,li,dt,p.l3) .l ~ .l::before { content:" · ";
  color:#9fb0c0 }
#lang-all:checked ~ main td .l ~ .l { color:var(--soft) }
@media screen and (max-width:760px) {
  body { padding:0 14px 40px } h1 { font-size:23px } dl { grid-template-columns:1fr; gap:0 }
  dd { margin-bottom:8px; overflow-wrap:anywhere } ol.toc, ol.soft { columns:1 }
  table { display:block; overflow-x:auto } td { min-width:5.5em }
  td.en { min-width:9em }
  nav.switch { justify-content:center }
}
@media print {
  @page { size:A4; margin:16mm 13mm 18mm; @bottom-right { content:counter(page) } }
  html { font-size:10px; background:#fff } body { max-width:none; padding:0; box-shadow:none }
  nav.switch, input.lang { display:none } h2 { break-after:avoid } h3 { break-after:avoid }
  table { font-size:9px } thead { display:table-header-group } tr { break-inside:avoid }
  th { -webkit-print-color-adjust:exact; print-color-adjust:exact }
  a { color:inherit } ol.toc { columns:2 } section.part { break-before:auto }
}
"""


def word(key: str) -> str:
    """Return a word in all three languages, one of which the reader sees."""
    return words(dict(zip(LANGUAGES, WORDS[key], strict=True)))


def words(texts: dict[str, str]) -> str:
    """Return a text in the languages there are; one alone is seen in every language."""
    said = {k: v for k, v in texts.items() if v}
    if len(said) == 1:
        ((language, text),) = said.items()
        return f'<span lang="{_HTML_LANG[language]}">{escape(text)}</span>'
    missing = [k for k in LANGUAGES if k not in said]
    out = []
    for language in LANGUAGES:
        if language in said:
            # What is not said in a language is read in the last of those in which it is.
            also = "".join(f" for-{m}" for m in missing) if language == [*said][-1] else ""
            out.append(
                f'<span class="l {language}{also}" lang="{_HTML_LANG[language]}">'
                f"{escape(said[language])}</span>"
            )
    return "<wbr>".join(out)


def page(title: str, language: str, body: str) -> str:
    """Return the whole document; without a choice it shows the language given."""
    hidden = []
    chosen = []
    for one in LANGUAGES:
        others = [o for o in LANGUAGES if o != one]
        hidden += [f"#lang-{one}:checked ~ main .{o}:not(.for-{one})" for o in others]
    for one in (*LANGUAGES, "all"):
        chosen.append(f'#lang-{one}:checked ~ nav label[for="lang-{one}"]')
    css = f"{_CSS}{','.join(hidden)} {{ display:none !important }}\n"
    css += f"{','.join(chosen)} {{ background:var(--head); color:#fff }}\n"
    inputs = "".join(
        f'<input class="lang" type="radio" name="lang" id="lang-{one}"'
        f"{' checked' if one == language else ''}>"
        for one in (*LANGUAGES, "all")
    )
    labels = "".join(
        f'<label for="lang-{one}">{_NAMES[one]}</label>' for one in (*LANGUAGES, "all")
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{_HTML_LANG.get(language, "en")}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n"
        f'{inputs}\n<nav class="switch">{labels}</nav>\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    ).translate(_UNSEEN)
