"""From the values of a theme to its style."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.errors import UsageError
from cimkit.exporters._styles.legend import range_names
from cimkit.exporters._styles.palette import OTHER, category_colors, ramp_colors
from cimkit.exporters._styles.style import LANGUAGES, Names, Rule, Style
from cimkit.exporters._themes.breaks import class_breaks
from cimkit.exporters._themes.theme import Theme

__all__ = ["style_of"]

_MOST = 100  # classes of a unique theme


def style_of(theme: Theme, rows: pa.Table) -> Style:
    """Return the style of a theme for the rows that it draws.

    Raises
    ------
    UsageError
        If the values of a graduated theme are no numbers.
    """
    if theme.kind == "graduated":
        rules = _graduated(theme, rows)
    elif theme.kind == "categorical":
        rules = _categorical(theme, rows)
    else:
        rules = _unique(theme, rows)
    other = None
    if theme.other is not None:
        rest = rows.num_rows - sum(rule.count for rule in rules)
        other = Rule(OTHER, theme.other, count=rest)
    return Style(
        theme.id, theme.titles, "value", theme.geometry, tuple(rules), other, theme.unit,
        theme.opacity, theme.label, theme.zooms, theme.glyphs,
    )  # fmt: skip


def _graduated(theme: Theme, rows: pa.Table) -> list[Rule]:
    column = rows["value"]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise UsageError("values of a graduated theme are numbers", got=str(column.type))
    values = column.cast(pa.float64()).drop_null().to_numpy()
    values = values[np.isfinite(values)]
    if theme.method == "given":
        edges = list(theme.breaks)
    else:
        edges = class_breaks(values, theme.method, theme.classes) if len(values) else []
    counts = [len(values)] if len(edges) == 2 and edges[0] == edges[1] else []
    if len(edges) > 1 and edges[0] < edges[-1]:
        counts = np.histogram(values, edges)[0].tolist()
    colors = _ramp(theme, len(counts), "viridis")
    return [
        Rule(color, range_names(low, high), low=low, high=high, count=n)
        for color, low, high, n in zip(colors, edges[:-1], edges[1:], counts, strict=True)
    ]


def _categorical(theme: Theme, rows: pa.Table) -> list[Rule]:
    counts = _counts(rows)
    colors = _ramp(theme, len(theme.categories), "")
    return [
        Rule(c.color or color, _named(c.names, c.value), c.value, count=counts.get(c.value, 0))
        for c, color in zip(theme.categories, colors, strict=True)
    ]


def _unique(theme: Theme, rows: pa.Table) -> list[Rule]:
    counts = _counts(rows)
    # Where there are too many, the rarest are among the others.
    common = sorted(counts, key=lambda v: (-counts[v], str(v)))[:_MOST]
    kept = sorted(
        common, key=lambda v: (isinstance(v, str), v if not isinstance(v, str) else 0, str(v))
    )
    names = _names(rows)
    colors = _ramp(theme, len(kept), "")
    return [
        Rule(color, _named(names.get(value, Names()), value), value, count=counts[value])
        for value, color in zip(kept, colors, strict=True)
    ]


def _counts(rows: pa.Table) -> dict[Any, int]:
    found = pc.value_counts(rows["value"]).to_pylist()
    return {f["values"]: f["counts"] for f in found if f["values"] is not None}


def _names(rows: pa.Table) -> dict[Any, Names]:
    columns = [c for c in (f"value_{key}" for key in LANGUAGES) if c in rows.column_names]
    if not columns:
        return {}
    grouped = rows.group_by("value").aggregate([(c, "min") for c in columns]).to_pylist()
    return {
        row["value"]: Names(**{c.removeprefix("value_"): row[f"{c}_min"] or "" for c in columns})
        for row in grouped
    }


def _named(names: Names, value: Any) -> Names:
    return names if names.of("en") else Names(str(value), str(value), str(value))


def _ramp(theme: Theme, count: int, usual: str) -> list[str]:
    if isinstance(theme.colors, tuple):
        return ramp_colors(list(theme.colors), count)
    if theme.colors or usual:
        return ramp_colors(theme.colors or usual, count)
    return category_colors(count)
