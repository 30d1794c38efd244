"""What an identifier code says, segment by segment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from cimkit.errors import UsageError
from cimkit.standard.grammar import CodeGrammar, Segment
from cimkit.standard.model import Standard

__all__ = ["CodePart", "explain_code"]

Words = Mapping[str, str]

_WITHIN = {
    "division": {"zh": "行政区划", "ja": "行政区画"},
    "class": {"zh": "分类", "ja": "分類"},
    "cell": {"zh": "网格", "ja": "メッシュ"},
}


@dataclass(frozen=True, slots=True)
class CodePart:
    """One segment of a code, and what it means."""

    segment: str
    """Its name; "" for a separator, ``length`` for what is said of the whole."""
    kind: str
    """``division``, ``class``, ``cell``, ``sequence``, ``check``, ``date``, ``text``, ``free``."""
    text: str
    """What stands there."""
    meaning: Words = field(default_factory=dict)
    """By language: zh, ja, en. Empty if nothing can be said."""
    wrong: Words = field(default_factory=dict)
    """What is wrong with it, by language; empty if nothing is."""
    box: tuple[float, float, float, float] | None = None
    """Of a cell: west, south, east, north in degrees."""
    centre: tuple[float, float] | None = None
    """Of a cell: longitude and latitude."""


def explain_code(code: str, standard: Standard) -> list[CodePart]:
    """Say what an identifier code means, segment by segment, and what is wrong with it.

    Returns
    -------
    list of CodePart
        In the order of the code. The code is valid if no part has something `CodePart.wrong`.

    Raises
    ------
    UsageError
        If the standard has no identifier codes.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> for part in explain_code("5099120118000007", load("cn.components")):
    ...     print(part.segment, part.text, "=", part.meaning["en"])
    division 509912 = administrative division 509912
    major 01 = class 01 Public utility facilities
    minor 18 = class 0118 Street lamp
    sequence 000007 = number 7 in its division, class
    """
    grammar = standard.grammar
    if grammar is None:
        raise UsageError("the standard has no identifier codes", got=standard.key)
    texts = grammar.cut(code)
    fits = grammar.shortest <= len(code) <= grammar.length
    parts = [
        _explain(grammar, standard, code, segment, text)
        for segment, text in zip(grammar.segments, texts, strict=True)
    ]
    if not fits:
        rest = code[len("".join(texts)) :]
        parts.append(CodePart("length", "length", rest, wrong=_length(code, grammar)))
    return parts


def _explain(
    grammar: CodeGrammar, standard: Standard, code: str, segment: Segment, text: str
) -> CodePart:
    is_class = segment.name in grammar.class_segments
    part = CodePart(segment.name, "class" if is_class else segment.kind, text)
    reasons = segment.reasons(text)
    if reasons:
        other = f"“{text}” ≠ {segment.pattern}"
        return dataclasses.replace(part, wrong={"zh": other, "ja": other, "en": reasons[0]})
    if is_class:
        return _class(grammar, standard, part, grammar.cut(code))
    if segment.cell is not None:
        return _cell(segment, part)
    if segment.kind == "check":
        return _check(grammar, part, code)
    if segment.kind == "sequence":
        return _sequence(grammar, part)
    said = {
        "division": _w(f"行政区划 {text}", f"行政区画 {text}", f"administrative division {text}"),
        "text": _w("分隔符", "区切り", "separator"),
        "date": _w(f"日期 {text}", f"日付 {text}", f"date {text}"),
        "free": _w(f"{segment.name}：{text}", f"{segment.name}：{text}", f"{segment.name} {text}"),
    }
    return dataclasses.replace(part, meaning=said[part.kind])


def _class(grammar: CodeGrammar, standard: Standard, part: CodePart, texts: list[str]) -> CodePart:
    named = {s.name: t for s, t in zip(grammar.segments, texts, strict=True)}
    names = grammar.class_segments[: grammar.class_segments.index(part.segment) + 1]
    so_far = "".join(named[n] for n in names)
    row = standard.by_code.get(so_far)
    if row is not None:
        zh, ja, en = (row.name(lang) for lang in ("zh", "ja", "en"))
        said = _w(f"分类 {so_far} {zh}", f"分類 {so_far} {ja}", f"class {so_far} {en}")
        return dataclasses.replace(part, meaning=said)
    if len(names) < len(grammar.class_segments):
        return part
    return dataclasses.replace(
        part,
        wrong=_w(
            f"{standard.key} 中没有分类 {so_far}",
            f"{standard.key} に分類 {so_far} がありません",
            f"{so_far} is no class of {standard.key}",
        ),
    )


def _cell(segment: Segment, part: CodePart) -> CodePart:
    if segment.cell is None:
        return part
    (shape,) = segment.cell.outlines([part.text])
    west, south, east, north = (float(v) for v in shape.bounds)
    x, y = float(shape.centroid.x), float(shape.centroid.y)
    where = f"{west:.8g}–{east:.8g} E, {south:.8g}–{north:.8g} N"
    said = _w(
        f"网格 {where}，中心 {x:.6f}, {y:.6f}",
        f"メッシュ {where}、中心 {x:.6f}, {y:.6f}",
        f"{segment.cell.says}: {where}, centre {x:.6f}, {y:.6f}",
    )
    return dataclasses.replace(part, meaning=said, box=(west, south, east, north), centre=(x, y))


def _check(grammar: CodeGrammar, part: CodePart, code: str) -> CodePart:
    known = grammar.parse(code) is not None
    due = grammar.check_digit(code) if known else ""
    if known and due != part.text:
        wrong = _w(
            f"校验码为 {part.text}，应为 {due}",
            f"検査数字は {part.text} ですが、正しくは {due} です",
            f"check digit is {part.text}, and should be {due}",
        )
        return dataclasses.replace(part, wrong=wrong)
    if not known:
        return part
    said = _w(
        f"校验码 {due} 正确", f"検査数字 {due} は正しい", f"check digit {due}, as it should be"
    )
    return dataclasses.replace(part, meaning=said)


def _sequence(grammar: CodeGrammar, part: CodePart) -> CodePart:
    number = int(part.text)
    if number == 0:
        wrong = _w("顺序码为零", "連番が 0 です", "the sequence number is zero")
        return dataclasses.replace(part, wrong=wrong)
    within = [n for n in grammar.scope if n not in grammar.class_segments]
    within += ["class"] if grammar.counts_by_class else []
    zh, ja = ("、".join(_WITHIN.get(n, {}).get(lang, n) for n in within) for lang in ("zh", "ja"))
    said = _w(
        f"{zh}内第 {number} 号",
        f"{ja}ごとの連番 {number}",
        f"number {number} in its {', '.join(within)}",
    )
    return dataclasses.replace(part, meaning=said)


def _length(code: str, grammar: CodeGrammar) -> Words:
    got, due = len(code), grammar.says_length
    return _w(
        f"{got} 个字符，应为 {due}", f"{got} 文字（正しくは {due}）", f"{got} characters, not {due}"
    )


def _w(zh: str, ja: str, en: str) -> Words:
    return {"zh": zh, "ja": ja, "en": en}
