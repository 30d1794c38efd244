"""Photographs were taken when they say, one after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cimkit.checks._drives import drives
from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_time",
    title="Times of photographs are in order",
    counts="photographs",
    kinds=("imagery",),
    parameters={"required": False, "earliest": "1995-01-01", "least": 10, "agree": 0.9},
    words={
        "time-missing": phrase("it has none", "没有时间", "時刻がありません"),
        "time-future": phrase("it lies in the future", "为未来时间", "未来の時刻です"),
        "time-early": phrase(
            "it is before there were such cameras: the clock was not set",
            "早于此类相机出现的年代：相机时钟未设置",
            "この種のカメラができる前です（時計が設定されていません）",
        ),
        "time-order": phrase(
            "by its name it was taken after {first}, by its time before",
            "按文件名应在 {first} 之后拍摄，按时间却在其之前",
            "名前では {first} の後ですが、時刻では前です",
        ),
        "time-unsaid": phrase(
            "they do not say when they were taken", "未说明拍摄时间", "撮影時刻の記載なし"
        ),
    },
)
_DAY = 86_400


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs without a time, with one that cannot be, or out of the order of their names.

    The order is asked for where most photographs of a drive keep it, and a number that starts again
    (9999, 0001) is no step back.

    Parameters of the rule: ``required`` (whether all must have a time), ``earliest`` (a day),
    ``least`` (photographs that make a drive) and ``agree`` (share of its steps that go forward).
    The tolerance is in seconds.
    """
    said = parameters(SPEC, rule)
    allowed = rule.tolerance or 0.0
    required = "TRUE" if said["required"] else "FALSE"
    drives(context, rule, SPEC)
    bad = context.table(
        f"""WITH named AS (
            SELECT *, TRY_CAST(right(regexp_extract(path, '([0-9]+)[^0-9/]*$', 1), 18) AS BIGINT)
                      AS number FROM shots),
        steps AS (
            SELECT *, t - lag(t) OVER w AS dt, number - lag(number) OVER w AS dn,
                   regexp_extract(lag(path) OVER w, '[^/]*$') AS first
            FROM named WHERE t IS NOT NULL
            WINDOW w AS (PARTITION BY drive ORDER BY number, path)),
        kept AS (
            SELECT *, count(*) OVER d >= {int(said["least"])}
                      AND avg((dt >= 0)::INT) FILTER (dn > 0) OVER d >= {float(said["agree"])}
                      AS ordered
            FROM steps WINDOW d AS (PARTITION BY drive)),
        faults AS (
            SELECT path, object_id, x, y, z, t, drive, '' AS first, CASE
                     WHEN t IS NULL AND {required} THEN 'time-missing'
                     WHEN t > {time.time() + _DAY:.0f} THEN 'time-future'
                     WHEN t < epoch(DATE '{said["earliest"]}') THEN 'time-early' END AS reason
            FROM shots
            UNION ALL
            SELECT path, object_id, x, y, z, t, drive, first, 'time-order' FROM kept
            WHERE ordered AND dn > 0 AND dn < 1000 AND dt < -{allowed})
        SELECT path, object_id, x, y, z, reason, first,
               coalesce(strftime(make_timestamp((t * 1e6)::BIGINT), '%Y-%m-%d %H:%M:%S'), '')
                   AS measured, '' AS expected,
               CASE WHEN reason = 'time-missing' THEN 'time-missing ' || drive END AS mistake,
               (row_number() OVER (PARTITION BY object_id ORDER BY reason) = 1)::INT AS things
        FROM faults WHERE reason IS NOT NULL ORDER BY path"""
    )
    every = context.count("SELECT count(*) FROM shots")
    unsaid = context.count("SELECT count(*) FROM shots WHERE t IS NULL")
    if said["required"] or not unsaid:
        return conclude(context, rule, bad, every)
    aside = [{"reason": "time-unsaid", "count": unsaid}]
    return conclude(context, rule, bad, every - unsaid, aside=aside)
