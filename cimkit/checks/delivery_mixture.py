"""One delivery, one coordinate system, one height datum: what differs is told by its minority."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import quote, scope
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_COLUMNS = ("crs", "vertical_datum", "epoch", "encoding", "format")

SPEC = CheckSpec(
    name="delivery_mixture",
    title="One of a kind throughout",
    counts="sources",
    reads="items",
    parameters={"of": ["vertical_datum"], "by_kind": False},
    words={
        "mixed-crs": {
            "en": "{count} sources are in {measured}, {most} in {expected}",
            "zh": "{count} 个数据源采用 {measured}，{most} 个采用 {expected}",
            "ja": "{count} 件は {measured}、{most} 件は {expected} です",
        },
        "mixed-vertical_datum": {
            "en": "heights of {count} sources are in {measured}, of {most} in {expected}",
            "zh": "{count} 个数据源的高程基准为 {measured}，{most} 个为 {expected}",
            "ja": "高さの基準は {count} 件が {measured}、{most} 件が {expected} です",
        },
        "mixed-epoch": {
            "en": "{count} sources are of epoch {measured}, {most} of {expected}",
            "zh": "{count} 个数据源的历元为 {measured}，{most} 个为 {expected}",
            "ja": "元期は {count} 件が {measured}、{most} 件が {expected} です",
        },
        "mixed-encoding": {
            "en": "texts of {count} sources are in {measured}, of {most} in {expected}",
            "zh": "{count} 个数据源的字符编码为 {measured}，{most} 个为 {expected}",
            "ja": "文字コードは {count} 件が {measured}、{most} 件が {expected} です",
        },
        "mixed-format": {
            "en": "{count} sources are {measured}, {most} are {expected}",
            "zh": "{count} 个数据源的格式为 {measured}，{most} 个为 {expected}",
            "ja": "形式は {count} 件が {measured}、{most} 件が {expected} です",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find what a minority of the sources has otherwise; sources that do not say are left out.

    One finding for each value that is not that of the most sources.

    Parameters of the rule: ``of`` (crs, vertical_datum, epoch, encoding, format), ``by_kind``
    (whether each kind of source is looked at by itself).

    Raises
    ------
    StandardError
        If ``of`` names something else.
    """
    said = parameters(SPEC, rule)
    for name in said["of"]:
        if name not in _COLUMNS:
            raise StandardError(
                f"the parameter of of {SPEC.name} has no such value",
                where=rule.origin,
                got=name,
                expected=", ".join(_COLUMNS),
            )
    here = scope(rule, SPEC, context.standard, items=True)
    kind = "kind" if said["by_kind"] else "''"
    union = " UNION ALL ".join(
        f"""SELECT {quote(name)} AS what, {kind} AS kind, path, {name} AS value FROM items
            WHERE status = 'ok' AND {here} AND coalesce({name}, '') <> ''"""
        for name in said["of"]
    )
    bad = context.table(
        f"""
        WITH said AS ({union or "SELECT '' AS what, '' AS kind, '' AS path, '' AS value LIMIT 0"}),
        counted AS (
            SELECT what, kind, value, count(*) AS count, min(path) AS path FROM said GROUP BY ALL),
        ranked AS (
            SELECT *, first_value(value) OVER w AS expected, first_value(count) OVER w AS most,
                   row_number() OVER w AS nth
            FROM counted WINDOW w AS (PARTITION BY what, kind ORDER BY count DESC, value))
        SELECT path, left(value, 120) AS measured, left(expected, 120) AS expected, most, count,
               'mixed-' || what AS reason, kind
        FROM ranked WHERE nth > 1 ORDER BY what, kind, value"""
    )
    applicable = context.count(f"SELECT count(*) FROM ({union})") if union else 0
    return conclude(context, rule, bad, applicable)
