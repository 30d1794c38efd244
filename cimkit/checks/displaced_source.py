"""No source lies where its things would meet those of another one if it were in another CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._meetings import boxes_of, gather, meetings, neighbours, sample, sources
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import numpy.typing as npt

    from cimkit.geometry.displacement import Displaced
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

_NEAR = 0.01  # degrees: boxes so near to each other may be of one place
_SAMPLE = 200  # things of each source tried first
_HINT = 0.4  # share of them that must meet those of another source, to look at all of both
_RIVALS = 3  # sources held against one wholly


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose things meet those of another source in another CRS, and not as they are.

    Tried are what coordinates are easily taken for (`cimkit.geometry.displacement.taken_for`):
    GCJ-02 and BD-09 in China, the datum before the present one, the zones beside. What coordinates
    were declared in the sheet is not doubted, nor what meets another source as it is.
    """
    from cimkit.geometry.displacement import FEWEST, displaced_against

    here = scope(rule, SPEC, context.standard)
    known = sources(context, here, FEWEST)
    doubted = _doubted(known)
    bad = []
    if len(doubted):
        gather(context, known.take(pa.array(np.unique(doubted))), here)
        for mine, rivals in _hinted(context, known, np.unique(doubted[:, 0])).items():
            told = known.slice(mine, 1).to_pylist()[0]
            these = _spots(context, mine)
            for rival in rivals:
                found = displaced_against(these, told["crs"], _spots(context, rival))
                if found is not None:
                    other = known["path"][rival].as_py()
                    bad.append({**_words(found, told["path"], other), **_middle(these)})
                    break
    return conclude(context, rule, pa.Table.from_pylist(bad), known.num_rows)


def _doubted(known: pa.Table) -> npt.NDArray[np.int64]:
    """Return pairs of sources that lie in one place, or would if one were in another CRS."""
    from cimkit.geometry.displacement import mistakes, moved_to

    if known.num_rows < 2:
        return np.empty((0, 2), np.int64)
    boxes = boxes_of(known)
    systems = known["crs"].to_numpy(zero_copy_only=False)
    free = known["crs_origin"].to_numpy(zero_copy_only=False) != "sheet"
    wide = boxes + np.array([-1, -1, 1, 1]) * _NEAR
    pairs: list[npt.NDArray[np.int64]] = []
    for crs in dict.fromkeys(systems[free]):
        mine = np.flatnonzero(free & (systems == crs))
        corners = boxes[mine].reshape(-1, 2)
        moved = (moved_to(corners, crs, other) for other in mistakes(crs))
        for place in (corners, *moved):
            ends = place.reshape(-1, 2, 2)
            box = np.hstack([ends.min(axis=1), ends.max(axis=1)])
            held = np.flatnonzero(np.isfinite(box).all(axis=1))
            near = neighbours(box[held], wide)
            pairs.append(np.column_stack([mine[held][near[:, 0]], near[:, 1]]))
    found = np.unique(np.concatenate([np.empty((0, 2), np.int64), *pairs]), axis=0)
    apart: npt.NDArray[np.int64] = found[found[:, 0] != found[:, 1]]
    return apart


def _hinted(
    context: CheckContext, known: pa.Table, doubted: npt.NDArray[np.int64]
) -> dict[int, list[int]]:
    """Return, by source, those whose things a sample of its own meets in another CRS."""
    from cimkit.geometry.displacement import mistakes, moved_to

    systems = known["crs"].to_numpy(zero_copy_only=False)
    some = sample(context, doubted, _SAMPLE)
    owner = some["source"].to_numpy()
    spots = np.column_stack([some["x"].to_numpy(), some["y"].to_numpy()])
    tried = []
    for crs in dict.fromkeys(systems[doubted]):
        here = np.flatnonzero(systems[owner] == crs)
        for number, other in enumerate(("", *mistakes(crs))):
            moved = moved_to(spots[here], crs, other) if other else spots[here]
            place = some.select(["source", "n"]).take(pa.array(here))
            place = place.append_column("tried", pa.array(np.full(len(here), number), pa.int32()))
            place = place.append_column("x", pa.array(moved[:, 0]))
            tried.append(place.append_column("y", pa.array(moved[:, 1])))
    if not tried:
        return {}
    places = pa.concat_tables(tried)
    meetings(context, places, "met_")
    context.con.register("tried_places", places)
    found = context.table(
        f"""WITH boxes AS (SELECT source AS rival, min(x) AS x0, min(y) AS y0, max(x) AS x1,
                                  max(y) AS y1 FROM gathered_ GROUP BY source),
        counts AS (SELECT source, rival, tried, count(*) AS met FROM met_ GROUP BY ALL),
        enough AS (SELECT source, rival, tried, met, count(*) AS count
                   FROM counts JOIN tried_places USING (source, tried) JOIN boxes USING (rival)
                   WHERE x BETWEEN x0 AND x1 AND y BETWEEN y0 AND y1 GROUP BY ALL)
        SELECT source, rival, max(met / count) AS share FROM enough e
        LEFT JOIN (SELECT source, rival, met / count AS now FROM enough WHERE tried = 0) n
            USING (source, rival)
        WHERE tried > 0 AND met / count >= greatest({_HINT}, coalesce(now, 0) + {_HINT / 2})
        GROUP BY ALL ORDER BY source, share DESC, rival"""
    )
    context.con.unregister("tried_places")
    hinted: dict[int, list[int]] = {}
    for mine, rival in zip(found["source"].to_pylist(), found["rival"].to_pylist(), strict=True):
        hinted.setdefault(mine, []).append(rival)
    return {mine: rivals[:_RIVALS] for mine, rivals in hinted.items()}


def _spots(context: CheckContext, source: int) -> npt.NDArray[np.float64]:
    rows = context.table(f"SELECT x, y FROM gathered_ WHERE source = {source} ORDER BY h, x, y")
    return np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])


def _words(found: Displaced, path: str, other: str) -> dict[str, object]:
    return {
        "path": path,
        "reason": "displaced",
        "hint": "say-so",
        "other": other,
        "proposed": found.crs,
        "share": f"{found.share:.0%}",
        "now": f"{found.share_now:.0%}",
        "held": found.count,
        "moved": f"{found.metres:.0f}",
        "measured": f"{found.metres:.0f} m",
        "expected": f"{found.residual_m:.1f} m",
    }


def _middle(spots: npt.NDArray[np.float64]) -> dict[str, float]:
    x, y = spots.mean(axis=0)
    return {"x": float(x), "y": float(y)}
