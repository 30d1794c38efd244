"""The look of a table of objects: one colour and name for each class of the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.exporters._styles.palette import OTHER, category_colors
from cimkit.exporters._styles.style import Names, Rule, Style
from cimkit.exporters._tables import Table

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["class_style"]

_UNCLASSED = Names("未分类", "未分類", "Not classed")
_KIND = {"areas": "polygon", "lines": "line", "points": "point"}


def class_style(selection: Selection, table: Table) -> Style | None:
    """Return the style of a table by class code, None where it has no geometry of one kind.

    A class has the same colour in all tables of a catalogue that has the same classes.
    """
    if table.dimension not in _KIND:
        return None
    codes = selection.fetch(
        f"""SELECT s.class_code AS code, any_value(n.name_zh) AS zh, any_value(n.name_ja) AS ja,
        any_value(n.name_en) AS en, count(*) FILTER ({table.where}) AS n
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        WHERE s.class_code IS NOT NULL GROUP BY s.class_code ORDER BY s.class_code"""
    ).to_pylist()
    colors = category_colors(len(codes))
    rules = tuple(
        Rule(color, _names(row["code"], Names.from_mapping(row)), row["code"], count=row["n"])
        for row, color in zip(codes, colors, strict=True)
        if row["n"]
    )
    rest = table.count - sum(rule.count for rule in rules)
    return Style(
        table.name,
        Names("分类", "分類", "Class"),
        "class_code",
        _KIND[table.dimension],
        rules,
        Rule(OTHER, _UNCLASSED, count=rest),
    )


def _names(code: str, names: Names) -> Names:
    return Names(*(f"{code} {names.of(language)}".strip() for language in ("zh", "ja", "en")))
