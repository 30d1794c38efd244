"""The points of a cloud are classified as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, bad_rows, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_UNCLASSED = ("0", "1")
"""ASPRS classes: never classified, unclassified (LAS 1.4 R15, table 17)."""
_GROUND = "2"

SPEC = CheckSpec(
    name="point_classes",
    title="Points are classified",
    counts="clouds",
    reads="items",
    kinds=("pointcloud",),
    parameters={
        "allowed": None,
        "required": None,
        "unclassified": 100.0,
        "ground": 0.0,
        "noise": 100.0,
    },
    words={
        **UNMEASURED,
        "class-not-allowed": phrase(
            "points of class {classes}, which is not in the list",
            "含有清单之外的类别 {classes}",
            "一覧にないクラス {classes} の点があります",
        ),
        "class-lacking": phrase(
            "no points of class {classes}",
            "缺少类别 {classes}",
            "クラス {classes} の点がありません",
        ),
        "class-unclassified": phrase(
            "share of points without a class", "未分类点的比例", "未分類の点の割合"
        ),
        "class-ground": phrase("share of ground points", "地面点的比例", "地表点の割合"),
        "class-noise": phrase("share of noise points", "噪声点的比例", "ノイズ点の割合"),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds with classes, or shares of classes, other than asked for.

    Parameters of the rule: ``allowed`` (classes by number; none named: any), ``required`` (classes
    that must be there), ``unclassified`` (greatest share of classes 0 and 1, per cent), ``ground``
    (least share of class 2), ``noise`` (greatest share of classes 7 and 18). The tolerance is in
    per cent of the points.
    """
    said = parameters(SPEC, rule)
    slack = rule.tolerance or 0.0
    rows = measured_items(context, rule, SPEC, {"value": ("class_share", "*")})
    missing = unmeasured(rows, "value_low")
    here = scope(rule, SPEC, context.standard, items=True)
    shares: dict[str, dict[str, float]] = {}
    for item, cell, value in context.con.execute(
        f"""SELECT item_id, cell, 100 * value FROM measures WHERE name = 'class_share'
            AND item_id IN (SELECT item_id FROM items WHERE {here})
            ORDER BY item_id, TRY_CAST(cell AS INT)"""
    ).fetchall():
        shares.setdefault(item, {})[cell] = value
    bad: list[dict[str, Any]] = []
    for row in rows:
        if row["value_low"] is None:
            continue
        found = list(_faults(shares[row["item_id"]], said, slack))
        for n, fault in enumerate(found):
            where = {k: row[k] for k in ("path", "x", "y", "z")}
            bad.append({**where, **fault, "things": int(n == 0)})
    lost = sum(map(len, missing.values()))
    return conclude(context, rule, bad_rows(bad), len(rows) - lost, **missing)


def _faults(shares: dict[str, float], said: dict[str, Any], slack: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    allowed, required = said["allowed"], said["required"] or ()
    if allowed:
        strange = [c for c in shares if c not in allowed]
        share = sum(shares[c] for c in strange)
        if share > slack:
            found.append(_fault("class-not-allowed", f"{share:.3g} %", ", ".join(allowed), strange))
    lacking = [c for c in required if not shares.get(c)]
    if lacking:
        found.append(_fault("class-lacking", ", ".join(shares), ", ".join(required), lacking))
    bounds = (
        ("class-unclassified", _UNCLASSED, 0.0, float(said["unclassified"])),
        ("class-ground", (_GROUND,), float(said["ground"]), 100.0),
        ("class-noise", ("7", "18"), 0.0, float(said["noise"])),
    )
    for reason, codes, least, most in bounds:
        share = sum(shares.get(c, 0.0) for c in codes)
        if share < least - slack:
            found.append(_fault(reason, f"{share:.3g} %", f"≥ {least:g} %", codes))
        elif share > most + slack:
            found.append(_fault(reason, f"{share:.3g} %", f"≤ {most:g} %", codes))
    return found


def _fault(reason: str, measured: str, expected: str, classes: Any) -> dict[str, Any]:
    listed = ", ".join(classes)
    return {"reason": reason, "measured": measured, "expected": expected, "classes": listed}
