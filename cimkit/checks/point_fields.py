"""The fields of a cloud's points are filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, bad_rows, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_FIELDS = {
    "intensity": ("intensity", "max"),
    "color": ("color", "max"),
    "gps_time": ("gps_time", "max"),
    "returns": ("return_share", "[1-9]*"),
    "classification": ("class_share", "[1-9]*"),
    "point_source": ("source_share", "[1-9]*"),
}
"""Measures that are above 0 only if a field is filled in."""

SPEC = CheckSpec(
    name="point_fields",
    title="Fields of points are filled in",
    counts="clouds",
    reads="items",
    kinds=("pointcloud",),
    parameters={"required": None},
    words={
        **UNMEASURED,
        "field-intensity": phrase("intensity", "强度", "反射強度"),
        "field-color": phrase("colour", "颜色", "色"),
        "field-gps_time": phrase("GPS time", "GPS 时间", "GPS 時刻"),
        "field-returns": phrase("return numbers", "回波序号", "リターン番号"),
        "field-classification": phrase("classes", "分类", "分類"),
        "field-point_source": phrase("flight lines", "航带号", "コース番号"),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds without a field that is asked for, or with one in which all values are 0.

    Parameters of the rule: ``required`` (intensity, color, gps_time, returns, classification,
    point_source; nothing named: those that the file has room for, but not colours, which laser
    scanners leave empty).
    """
    said = parameters(SPEC, rule)
    asked = said["required"] or ()
    rows = measured_items(context, rule, SPEC, {"points": ("point_count", "all"), **_FIELDS})
    missing = unmeasured(rows, "points_low")
    bad: list[dict[str, Any]] = []
    for row in rows:
        if row["points_low"] is None:
            continue
        wanted = asked or [f for f in ("intensity", "gps_time") if row[f"{f}_high"] is not None]
        empty = [f for f in wanted if f in _FIELDS and not row[f"{f}_high"]]
        for n, field in enumerate(empty):
            absent = row[f"{field}_high"] is None
            bad.append(
                {
                    **{k: row[k] for k in ("path", "x", "y", "z")},
                    "reason": f"field-{field}",
                    "measured": "–" if absent else "0",
                    "expected": "> 0",
                    "things": int(n == 0),
                }
            )
    lost = sum(map(len, missing.values()))
    return conclude(context, rule, bad_rows(bad), len(rows) - lost, **missing)
