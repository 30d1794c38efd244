"""Measures of sources, as checks of surveys look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._sql import fits_glob, quote, scope

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext, CheckSpec
    from cimkit.standard import Rule

__all__ = ["UNMEASURED", "bad_rows", "measured_items", "number", "phrase", "unmeasured"]


def phrase(en: str, zh: str, ja: str) -> dict[str, str]:
    """Return a phrase in the three languages."""
    return {"en": en, "zh": zh, "ja": ja}


def bad_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows that fail as a table, with the columns of all of them: some say less."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in columns})


UNMEASURED: Mapping[str, Mapping[str, str]] = {
    "unmeasured": phrase(
        "its content was not measured: it was read by its header, or not to the end",
        "未量测其内容：仅读取了文件头，或未能读完",
        "内容が計測されていません（ヘッダのみの読込み、または読込みの中断）",
    ),
    "unmeasured-here": phrase(
        "too small, or of a kind that this measure says nothing of",
        "数据量过小，或该类数据不适用此项量测",
        "小さすぎるか、この計測の対象とならない種類です",
    ),
}
"""Why a measure is missing; every check of measures has these words."""


def measured_items(
    context: CheckContext,
    rule: Rule,
    spec: CheckSpec,
    wanted: Mapping[str, tuple[str, str]],
    *,
    of: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return the sources a rule speaks of, with some of their measures.

    Parameters
    ----------
    wanted
        By column of the answer, the name of a measure and a glob over its cells. Of several cells
        there are ``<column>_low`` and ``<column>_high``; None where nothing was measured.
    of
        Classes that a raster may have (``dem``, ``orthophoto`` …); empty: all.

    Returns
    -------
    list of dict
        path, item_id, x, y, z, the columns wanted, ``metered``: whether anything of the source was
        measured at all; in the order of the paths.
    """
    here = scope(rule, spec, context.standard, items=True)
    if of:
        listed = ", ".join(quote(o) for o in of)
        here += f" AND json_extract_string(properties, '/class') IN ({listed})"
    columns = []
    for name, (measure, cell) in wanted.items():
        met = f"name = {quote(measure)}"
        if cell != "*":
            met += " AND " + fits_glob("coalesce(cell, '')", cell)
        columns.append(f"min(value) FILTER ({met}) AS {name}_low")
        columns.append(f"max(value) FILTER ({met}) AS {name}_high")
    listed = "".join(f", {c}" for c in columns)
    found: list[dict[str, Any]] = context.table(
        f"""WITH here AS (SELECT * FROM items WHERE status = 'ok' AND {here}),
            told AS (SELECT item_id, count(*) AS rows_of{listed} FROM measures
                     WHERE item_id IN (SELECT item_id FROM here) GROUP BY item_id)
            SELECT path, item_id, (bbox.xmin + bbox.xmax) / 2 AS x,
                   (bbox.ymin + bbox.ymax) / 2 AS y, z_min AS z, crs,
                   rows_of IS NOT NULL AS metered, told.* EXCLUDE (item_id, rows_of)
            FROM here LEFT JOIN told USING (item_id) ORDER BY path"""
    ).to_pylist()
    return found


def unmeasured(rows: Sequence[Mapping[str, Any]], column: str) -> dict[str, list[dict[str, Any]]]:
    """Return what has no such measure, as `conclude` takes it.

    Returns
    -------
    dict
        ``unchecked``: sources of which nothing was measured; ``aside``: those that were measured
        and of which this measure says nothing.
    """
    found: dict[str, list[dict[str, Any]]] = {"unchecked": [], "aside": []}
    for row in rows:
        if row[column] is None:
            reason = "unmeasured-here" if row["metered"] else "unmeasured"
            where = found["aside" if row["metered"] else "unchecked"]
            where.append({"path": row["path"], "reason": reason, "count": 1})
    return found


def number(value: float, name: str, unit: str) -> str:
    """Return a measured value for people: a share in per cent, anything else with its unit.

    Examples
    --------
    >>> number(0.0123, "noise_share", "1"), number(4.0, "point_density", "1/m2")
    ('1.23 %', '4 /m²')
    """
    if name.endswith("_share"):
        return f"{100 * value:.3g} %"
    said = {"1/m2": "/m²", "m2": "m²", "1": "", "degree": "°"}.get(unit, unit)
    return f"{value:.4g} {said}".rstrip()
