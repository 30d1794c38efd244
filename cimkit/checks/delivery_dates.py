"""Days and times are possible: nothing was observed after it was delivered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="delivery_dates",
    title="Dates are possible",
    counts="sources",
    reads="items",
    parameters={"earliest": "1980-01-07", "oldest_days": 0},
    words={
        "date-future": {
            "en": "observed on {measured}, after the delivery of {day}",
            "zh": "观测日期 {measured} 晚于交付日期 {day}",
            "ja": "観測日 {measured} が納品日 {day} より後です",
        },
        "date-clock": {
            "en": "observed on {measured}: the clock was not set",
            "zh": "观测日期为 {measured}，设备时钟未设置",
            "ja": "観測日が {measured} です（機器の時計が未設定）",
        },
        "date-old": {
            "en": "observed on {measured}, {days} days before the delivery",
            "zh": "观测日期 {measured}，早于交付 {days} 天",
            "ja": "観測日 {measured} は納品の {days} 日前です",
        },
        "date-order": {
            "en": "it ends on {measured}, before it begins on {expected}",
            "zh": "结束时间 {measured} 早于开始时间 {expected}",
            "ja": "終了 {measured} が開始 {expected} より前です",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources that were observed in the future, before there were clocks, or too long ago.

    The day of the delivery is that of its sheet, else today; a day is granted for time zones.

    Parameters of the rule: ``earliest`` (what lies before is a clock that was never set),
    ``oldest_days`` (days an observation may be old; 0: any).
    """
    said = parameters(SPEC, rule)
    given = (context.sheet.delivery or {}).get("date") if context.sheet else None
    day = date.fromisoformat(str(given)[:10]) if given else datetime.now(UTC).date()
    here = scope(rule, SPEC, context.standard, items=True)
    oldest = day - timedelta(days=float(said["oldest_days"]) or 10**5)
    bad = context.table(
        f"""
        SELECT path, reason, days, $day::VARCHAR AS day,
               strftime(CASE reason WHEN 'date-old' THEN observed_start ELSE last END, '%Y-%m-%d')
                   AS measured,
               CASE reason WHEN 'date-order' THEN strftime(observed_start, '%Y-%m-%d')
                    WHEN 'date-future' THEN '≤ ' || $day::VARCHAR ELSE '' END AS expected
        FROM (
            SELECT *, CASE WHEN last < $earliest::TIMESTAMPTZ THEN 'date-clock'
                    WHEN last >= $day::DATE + 2 THEN 'date-future'
                    WHEN observed_end < observed_start THEN 'date-order'
                    WHEN observed_start < $oldest::TIMESTAMPTZ THEN 'date-old' END AS reason,
                   date_diff('day', observed_start, $day::DATE::TIMESTAMPTZ) AS days
            FROM (SELECT *, coalesce(observed_end, observed_start) AS last FROM items)
            WHERE status = 'ok' AND last IS NOT NULL AND {here})
        WHERE reason IS NOT NULL ORDER BY path""",
        {"day": day.isoformat(), "earliest": said["earliest"], "oldest": oldest.isoformat()},
    )
    dated = context.count(
        "SELECT count(*) FROM items WHERE status = 'ok'"
        f" AND coalesce(observed_end, observed_start) IS NOT NULL AND {here}"
    )
    return conclude(context, rule, bad, dated)
