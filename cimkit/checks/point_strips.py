"""Flight lines of a cloud agree where they overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, bad_rows, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="point_strips",
    title="Flight lines agree",
    counts="clouds",
    reads="items",
    kinds=("pointcloud",),
    measures=("strip_difference",),
    parameters={"rms": math.inf, "overlap": 0.0, "least": 50},
    words={
        **UNMEASURED,
        "strip-pair": phrase(
            "line {second} lies off line {first}, in {cells} cells that both have",
            "航带 {second} 与航带 {first} 存在系统高差（{cells} 个公共格网）",
            "コース {second} がコース {first} からずれています（共通する {cells} セル）",
        ),
        "strip-rms": phrase(
            "root mean square of the differences between lines",
            "航带间高差中误差",
            "コース間の較差の二乗平均平方根",
        ),
        "strip-overlap": phrase(
            "share of the ground that several lines cover",
            "航带重叠范围的比例",
            "複数コースが重なる範囲の割合",
        ),
        "strip-single": phrase(
            "no two flight lines meet on smooth ground in it",
            "其中没有两条航带在平坦地面上重叠",
            "平滑な地面で重なるコースがありません",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find flight lines that lie above or below others where both cover smooth ground.

    Mean heights of last returns in cells of 2 m are compared, where those of both lines scatter
    less than 0.15 m. Of each pair of lines the median counts, against the rule's tolerance (metres,
    default 0.15).

    Parameters of the rule: ``rms`` (metres, greatest root mean square over a cloud), ``overlap``
    (per cent of the cells of 8 m, least), ``least`` (cells that a pair must share).
    """
    said = parameters(SPEC, rule)
    limit = 0.15 if rule.tolerance is None else rule.tolerance
    wanted = {
        "cells": ("strip_cells", "all"),
        "rms": ("strip_difference", "rms"),
        "overlap": ("overlap_share", "cells"),
    }
    rows = measured_items(context, rule, SPEC, wanted)
    missing = unmeasured(rows, "cells_low")
    pairs = _pairs(context, int(said["least"]))
    bad: list[dict[str, Any]] = []
    judged = 0
    for row in rows:
        if row["cells_low"] is None:
            continue
        here = list(pairs.get(row["item_id"], ()))
        if not here and not float(said["overlap"]):
            reason = {"path": row["path"], "reason": "strip-single", "count": 1}
            missing["aside"].append(reason)
            continue
        judged += 1
        where = {k: row[k] for k in ("path", "x", "y", "z")}
        found = [
            {**where, **p, "reason": "strip-pair", "expected": f"± {limit:g} m"}
            for p in here
            if abs(p["apart"]) > limit
        ]
        if row["rms_low"] is not None and row["rms_low"] > float(said["rms"]):
            bound = f"≤ {said['rms']:g} m"
            measured = f"{row['rms_low']:.3f} m"
            found.append({**where, "reason": "strip-rms", "measured": measured, "expected": bound})
        share = 100 * (row["overlap_low"] or 0.0)
        if share < float(said["overlap"]):
            bound = f"≥ {said['overlap']:g} %"
            measured = f"{share:.1f} %"
            found.append(
                {**where, "reason": "strip-overlap", "measured": measured, "expected": bound}
            )
        bad += [{**f, "things": int(n == 0)} for n, f in enumerate(found)]
    return conclude(context, rule, bad_rows(bad), judged, **missing)


def _pairs(context: CheckContext, least: int) -> dict[str, list[dict[str, Any]]]:
    """Return the pairs of lines of each cloud, with the place where they meet."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item, first, second, x, y, apart, cells in context.con.execute(
        f"""SELECT p.item_id, line[1], line[2], TRY_CAST(part[2] AS DOUBLE),
                   TRY_CAST(part[3] AS DOUBLE), p.value, c.value::BIGINT
            FROM (SELECT *, string_split(cell, ' ') AS part,
                         string_split(string_split(cell, ' ')[1], '/') AS line
                  FROM measures WHERE name = 'strip_pair') p
            JOIN (SELECT item_id, cell, value FROM measures WHERE name = 'strip_pair_cells') c
                ON c.item_id = p.item_id AND c.cell = part[1]
            WHERE c.value >= {least} ORDER BY p.item_id, p.cell"""
    ).fetchall():
        place = {"x": x, "y": y} if x is not None else {}
        pair = {"first": first, "second": second, "apart": apart, "cells": cells, **place}
        pair["measured"] = f"{apart:+.3f} m"
        found.setdefault(item, []).append(pair)
    return found
