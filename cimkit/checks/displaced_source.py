"""No source lies where its things would meet those of another one if it were in another CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import numpy.typing as npt

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="displaced_source",
    title="No source in a CRS taken for another",
    counts="sources",
    kinds=("gis", "citymodel", "bim", "imagery"),
    words={
        "displaced": phrase(
            "{share} of its {held} things meet those of {other} if it is in {proposed}, which"
            " moves it by {moved} m; as it is placed, {now} do",
            "若按 {proposed}（移动 {moved} 米），其 {held} 个对象中有 {share} 与 {other} 吻合；"
            "按目前位置仅 {now}",
            "{proposed} とすれば（{moved} m 移動）{held} 個のうち {share} が {other} と"
            "一致します。"
            "現在の位置では {now} です",
        ),
        "say-so": phrase(
            'If so, say in the delivery sheet: glob = "{path}", crs = "{proposed}"; or the other'
            " source is the wrong one.",
            '若属实，请在交付清单中写明：glob = "{path}"，crs = "{proposed}"；'
            "否则有误的是另一份数据。",
            "そうであれば納品シートに glob = 「{path}」、crs = 「{proposed}」と記入してください。"
            "そうでなければ、もう一方のデータが誤りです。",
        ),
    },
)

_NEAR = 0.03  # degrees: what is displaced lies so near to where it belongs
_RIVALS = 8  # sources held against one


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose things meet those of another source in another CRS, and not as they are.

    Tried are what coordinates are easily taken for (`cimkit.geometry.displacement.taken_for`):
    GCJ-02 and BD-09 in China, the datum before the present one, the zones beside. What coordinates
    were declared in the sheet is not doubted, nor what meets another source as it is.
    """
    from cimkit.geometry.displacement import FEWEST, displaced_against

    here = scope(rule, SPEC, context.standard)
    rows = context.table(
        f"""SELECT t.item_id, i.path, i.crs, i.crs_origin, t.x, t.y
        FROM (SELECT * FROM things WHERE x IS NOT NULL AND ({here})) t JOIN items i USING (item_id)
        WHERE i.crs IS NOT NULL ORDER BY i.path, t.object_id"""
    )
    spots = np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])
    starts = np.flatnonzero(_first(rows["item_id"]))
    groups = [g for g in np.split(np.arange(rows.num_rows), starts[1:]) if len(g) >= FEWEST]
    boxes = np.array([[*spots[g].min(axis=0), *spots[g].max(axis=0)] for g in groups])
    bad = []
    for n, mine in enumerate(groups):
        source = {k: rows[k][int(mine[0])].as_py() for k in ("path", "crs", "crs_origin")}
        if source["crs_origin"] == "sheet":
            continue
        found = None
        for other in _beside(boxes, n, spots[mine], source["crs"]):
            found = displaced_against(spots[mine], source["crs"], spots[groups[other]])
            if found is not None:
                break
        if found is not None:
            middle = spots[mine].mean(axis=0)
            bad.append(
                {
                    "path": source["path"],
                    "x": float(middle[0]),
                    "y": float(middle[1]),
                    "reason": "displaced",
                    "hint": "say-so",
                    "other": rows["path"][int(groups[other][0])].as_py(),
                    "proposed": found.crs,
                    "share": f"{found.share:.0%}",
                    "now": f"{found.share_now:.0%}",
                    "held": found.count,
                    "moved": f"{found.metres:.0f}",
                    "measured": f"{found.metres:.0f} m",
                    "expected": f"{found.residual_m:.1f} m",
                }
            )
    return conclude(context, rule, pa.Table.from_pylist(bad), len(groups))


def _first(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    values = column.to_numpy(zero_copy_only=False)
    return np.append(True, values[1:] != values[:-1]) if len(values) else np.empty(0, bool)


def _beside(boxes: Any, mine: int, spots: npt.NDArray[np.float64], crs: str) -> list[int]:
    """Return the sources that lie about where this one does, or would in another CRS."""
    from cimkit.geometry.displacement import moved_to, taken_for

    box = boxes[mine]
    corners = np.array([[box[0], box[1]], [box[2], box[3]]])
    places = [corners, *(moved_to(corners, crs, other) for other in taken_for(crs))]
    near = np.zeros(len(boxes), bool)
    for low, high in places:
        near |= ((boxes[:, :2] <= high + _NEAR) & (boxes[:, 2:] >= low - _NEAR)).all(axis=1)
    near[mine] = False
    return [int(n) for n in np.flatnonzero(near)[:_RIVALS]]
