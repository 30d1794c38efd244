"""Photographs were taken level enough."""

from __future__ import annotations

import math
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
    name="photo_attitude",
    title="Pitch and roll are in range",
    counts="photographs",
    kinds=("imagery",),
    parameters={
        "pitch_minimum": -90.0,
        "pitch_maximum": 90.0,
        "roll": 45.0,
        "nadir": 90.0,
        "required": False,
    },
    words={
        "attitude-pitch": phrase("pitch", "俯仰角", "ピッチ"),
        "attitude-roll": phrase("roll", "横滚角", "ロール"),
        "attitude-nadir": phrase("tilt from the vertical", "像片倾角", "鉛直からの傾き"),
        "attitude-missing": phrase(
            "pitch and roll are missing", "没有俯仰角和横滚角", "ピッチとロールがありません"
        ),
        "attitude-unsaid": phrase(
            "they say neither pitch nor roll", "未给出俯仰角和横滚角", "ピッチとロールの記載なし"
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs that are tilted too far.

    Parameters of the rule, in degrees: ``pitch_minimum`` and ``pitch_maximum`` of the optical axis
    above the horizon, ``roll`` to either side, ``nadir`` (how far a camera that looks down, at a
    pitch below -60, may look aside); ``required`` (whether all must say pitch and roll). The rule's
    tolerance is in degrees.
    """
    said = parameters(SPEC, rule)
    allowed = rule.tolerance or 0.0
    drives(context, rule, SPEC)
    low, high = float(said["pitch_minimum"]) - allowed, float(said["pitch_maximum"]) + allowed
    roll, nadir = float(said["roll"]) + allowed, float(said["nadir"]) + allowed
    if not all(map(math.isfinite, (low, high, roll, nadir))):
        low, high = max(low, -360.0), min(high, 360.0)
        roll, nadir = min(roll, 360.0), min(nadir, 360.0)
    required = "TRUE" if said["required"] else "FALSE"
    bad = context.table(
        f"""SELECT path, object_id, x, y, z, reason,
                   CASE reason WHEN 'attitude-missing' THEN ''
                        WHEN 'attitude-roll' THEN format('{{:.1f}}°', roll)
                        WHEN 'attitude-nadir' THEN format('{{:.1f}}°', 90 + pitch)
                        ELSE format('{{:.1f}}°', pitch) END AS measured,
                   CASE reason WHEN 'attitude-missing' THEN ''
                        WHEN 'attitude-roll' THEN '± {said["roll"]:g}°'
                        WHEN 'attitude-nadir' THEN '≤ {said["nadir"]:g}°'
                        ELSE '{said["pitch_minimum"]:g}° – {said["pitch_maximum"]:g}°' END
                       AS expected
            FROM (SELECT *, CASE
                    WHEN pitch IS NULL AND roll IS NULL AND {required} THEN 'attitude-missing'
                    WHEN pitch < -60 AND 90 + pitch > {nadir} THEN 'attitude-nadir'
                    WHEN pitch NOT BETWEEN {low} AND {high} THEN 'attitude-pitch'
                    WHEN abs((roll + 180) % 360 - 180) > {roll} THEN 'attitude-roll'
                  END AS reason FROM shots)
            WHERE reason IS NOT NULL ORDER BY path"""
    )
    unsaid = context.count("SELECT count(*) FROM shots WHERE pitch IS NULL AND roll IS NULL")
    every = context.count("SELECT count(*) FROM shots")
    if said["required"] or not unsaid:
        return conclude(context, rule, bad, every)
    aside = [{"reason": "attitude-unsaid", "count": unsaid}]
    return conclude(context, rule, bad, every - unsaid, aside=aside)
