"""Legends: for programs as JSON, for papers as SVG."""

from __future__ import annotations

import unicodedata
from typing import Any
from xml.sax.saxutils import escape

from cimkit.exporters._styles.style import LANGUAGES, Names, Rule, Style

__all__ = ["legend_json", "legend_svg", "range_names"]

_ROW, _BOX, _PAD = 22, 16, 10


def range_names(low: float, high: float) -> Names:
    """Return what a range of numbers is called.

    Examples
    --------
    >>> range_names(10, 20.5).en
    '10 – 20.5'
    """
    said = f"{_number(low)} – {_number(high)}"
    return Names(said, said, said)


def legend_json(style: Style) -> dict[str, Any]:
    """Return the legend as JSON values."""
    rules = [*style.rules, *([style.other] if style.other else [])]
    return {
        "title": {key: style.titles.of(key) for key in LANGUAGES},
        "unit": style.unit,
        "geometry": style.geometry,
        "entries": [_entry(rule) for rule in rules],
    }


def _entry(rule: Rule) -> dict[str, Any]:
    said: dict[str, Any] = {"color": rule.color}
    said["label"] = {key: rule.names.of(key) for key in LANGUAGES}
    for key in ("value", "low", "high"):
        if getattr(rule, key) is not None:
            said[key] = getattr(rule, key)
    said["count"] = rule.count
    return said


def legend_svg(style: Style, language: str) -> str:
    """Return the legend as a picture (SVG 1.1) in one language: zh, ja or en."""
    rules = [*style.rules, *([style.other] if style.other else [])]
    title = style.titles.of(language) + (f" ({style.unit})" if style.unit else "")
    texts = [rule.names.of(language) for rule in rules]
    width = max(_wide(title), *(_wide(t) + _BOX + 8 for t in texts), 0) + 2 * _PAD
    height = _ROW * (len(rules) + 1) + 2 * _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" xml:lang="{language}" '
        "font-family=\"'Noto Sans CJK SC','Noto Sans CJK JP','Noto Sans',sans-serif\" "
        'font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_PAD}" y="{_PAD + 14}" font-weight="bold">{escape(title)}</text>',
    ]
    for i, (rule, text) in enumerate(zip(rules, texts, strict=True)):
        top = _PAD + _ROW * (i + 1)
        parts.append(_symbol(style, rule, top))
        parts.append(f'<text x="{_PAD + _BOX + 8}" y="{top + 13}">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _symbol(style: Style, rule: Rule, top: int) -> str:
    paint = f'fill="{rule.color}" fill-opacity="{style.opacity:g}" stroke="#4d4d4d"'
    if style.geometry == "point":
        x, y = _PAD + _BOX / 2, top + _BOX / 2
        return f'<circle cx="{x:g}" cy="{y:g}" r="5" {paint} stroke-width="0.5"/>'
    if style.geometry == "line":
        y = top + _BOX // 2
        return (
            f'<line x1="{_PAD}" y1="{y}" x2="{_PAD + _BOX}" y2="{y}" stroke="{rule.color}" '
            f'stroke-opacity="{style.opacity:g}" stroke-width="3"/>'
        )
    box = f'<rect x="{_PAD}" y="{top}" width="{_BOX}" height="{_BOX}" '
    return f'{box}{paint} stroke-width="0.5"/>'


def _wide(text: str) -> int:
    """Pixels, about: characters of East Asia take a whole square."""
    return sum(13 if unicodedata.east_asian_width(c) in "WF" else 8 for c in text)


def _number(value: float) -> str:
    return f"{value:.10g}"
