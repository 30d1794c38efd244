"""The outlines of one building in two sources agree: GIS, city model and BIM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._planes import located
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._twins import BUILDING_LAYERS, CODE_FIELDS, Twins, direction, twins

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="footprint_agreement",
    title="Outlines of one building agree",
    counts="buildings",
    kinds=("gis", "bim", "citymodel"),
    parameters={
        "overlap": 0.7,
        "area": 0.2,
        "turn": 5.0,
        "height": 3.0,
        "base": 3.0,
        "layers": BUILDING_LAYERS,
        "codes": CODE_FIELDS,
    },
    words={
        "apart": phrase(
            "it stands {offset} m from {other}, which has its code",
            "与同编码的 {other} 相距 {offset} 米",
            "同じコードの {other} から {offset} m 離れています",
        ),
        "shifted": phrase(
            "it is shifted by {offset} m ({direction}) against {other}",
            "相对 {other} 平移 {offset} 米（{direction}）",
            "{other} に対して {offset} m（{direction}）ずれています",
        ),
        "turned": phrase(
            "it is turned by {turn}° against {other}",
            "相对 {other} 旋转 {turn}°",
            "{other} に対して {turn}° 回転しています",
        ),
        "size": phrase(
            "its area is {area} of that of {other}",
            "面积为 {other} 的 {area}",
            "面積は {other} の {area} です",
        ),
        "outline": phrase(
            "its outline is not that of {other}",
            "轮廓与 {other} 不一致",
            "外形が {other} と一致しません",
        ),
        "height": phrase(
            "it is {height} m high, {other} {other_height} m",
            "高 {height} 米，而 {other} 高 {other_height} 米",
            "高さは {height} m、{other} は {other_height} m です",
        ),
        "base": phrase(
            "its base is at {base} m, that of {other} at {other_base} m",
            "底部高程 {base} 米，而 {other} 为 {other_base} 米",
            "底面の高さは {base} m、{other} は {other_base} m です",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Hold the outline and the heights of buildings against those in another source.

    A building is known by its code, else by where it stands. Parts are put together before they
    are compared. The rule's tolerance is the offset in metres between the centres (default 1.0).

    Parameters of the rule: ``overlap`` (least intersection over union), ``area`` (share by which
    areas may differ), ``turn`` (degrees), ``height`` and ``base`` (m; bases are compared within one
    vertical datum only), ``layers`` and ``codes`` (where GIS holds buildings, and their codes).
    """
    said = parameters(SPEC, rule)
    offset = 1.0 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    known = twins(context, here, layers=said["layers"], codes=said["codes"])
    pairs = known.pairs()
    rows = [row for a, b in pairs for row in _differences(known, a, b, said, offset)]
    bad = _told(context, rows) if rows else pa.table({})
    return conclude(context, rule, bad, len(pairs))


def _differences(
    known: Twins, a: Any, b: Any, said: dict[str, Any], allowed: float
) -> list[dict[str, Any]]:
    """Return the one thing wrong with the outlines, and what is wrong with the heights."""
    import shapely

    one, other = shapely.union_all(known.shapes[a]), shapely.union_all(known.shapes[b])
    if known.rough[[*a, *b]].any():
        one, other = shapely.convex_hull(one), shapely.convex_hull(other)
    middle = [shapely.get_coordinates(shapely.centroid(s))[0] for s in (one, other)]
    step = middle[1] - middle[0]
    away = float(np.hypot(*step))
    shared = shapely.area(shapely.intersection(one, other))
    sizes = float(shapely.area(one)), float(shapely.area(other))
    over = shared / max(sizes[0] + sizes[1] - shared, 1e-9)
    ratio = sizes[1] / max(sizes[0], 1e-9)
    mine, theirs = int(b[0]), int(a[0])
    common = {
        "object_id": known.rows["object_id"][mine].as_py(),
        "other_id": known.rows["object_id"][theirs].as_py(),
    }
    facts = {
        "offset": f"{away:.2f}",
        "direction": _compass(step),
        "area": f"{ratio:.0%}",
        "measured": f"IoU {over:.2f}, {away:.2f} m",
        "expected": f"IoU ≥ {float(said['overlap']):g}, ≤ {allowed:g} m",
        "geometry": shapely.to_wkb(
            known.local.shapes_from_plane(np.array([shapely.symmetric_difference(one, other)]))[0]
        ),
    }
    found: list[dict[str, Any]] = []
    turn = _turned(one, other)
    moved = shapely.transform(one, lambda xy: xy + step)
    fit = shapely.area(shapely.intersection(moved, other)) / max(*sizes, 1e-9)
    if shared <= 0:
        found.append({**common, **facts, "reason": "apart"})
    elif abs(turn) > float(said["turn"]) and over < 0.95:
        found.append({**common, **facts, "reason": "turned", "turn": f"{turn:+.1f}"})
    elif away > allowed and fit > max(over, 1 - float(said["area"])):
        found.append({**common, **facts, "reason": "shifted"})
    elif not 1 - float(said["area"]) <= ratio <= 1 / (1 - float(said["area"])):
        found.append({**common, **facts, "reason": "size"})
    elif over < float(said["overlap"]):
        found.append({**common, **facts, "reason": "outline"})
    found += [{**common, **row} for row in _heights(known, a, b, said)]
    for n, row in enumerate(found):
        row["things"] = int(n == 0)
    return found


def _heights(known: Twins, a: Any, b: Any, said: dict[str, Any]) -> list[dict[str, Any]]:
    rows = known.rows.select(["z", "z_max", "height", "datum"])
    mine, theirs = (rows.take(pa.array(side)).to_pylist() for side in (b, a))
    found: list[dict[str, Any]] = []
    tall = [_tall(side) for side in (mine, theirs)]
    if None not in tall and abs(float(tall[0]) - float(tall[1])) > float(said["height"]):  # type: ignore[arg-type]
        height = {"height": f"{tall[0]:.1f}", "other_height": f"{tall[1]:.1f}"}
        found.append({"reason": "height", "measured": f"{tall[0]:.1f} m", **height})
    datums = {row["datum"] for row in (*mine, *theirs)}
    base = [[row["z"] for row in side if row["z"] is not None] for side in (mine, theirs)]
    if len(datums) == 1 and None not in datums and all(base):
        low = [min(side) for side in base]
        if abs(low[0] - low[1]) > float(said["base"]):
            told = {"base": f"{low[0]:.2f}", "other_base": f"{low[1]:.2f}"}
            found.append({"reason": "base", "measured": f"{low[0] - low[1]:+.2f} m", **told})
    return found


def _tall(rows: list[dict[str, Any]]) -> float | None:
    """Return the height of a building of several parts: of their shapes, else as it is said."""
    low = [r["z"] for r in rows if r["z"] is not None]
    high = [r["z_max"] for r in rows if r["z_max"] is not None]
    if low and high and max(high) > min(low):
        return float(max(high) - min(low))
    said = [r["height"] for r in rows if r["height"] is not None]
    return max(said) if said else None


def _turned(one: Any, other: Any) -> float:
    """Return by how many degrees the second is turned; 0 without a clear direction."""
    (first, clear), (second, also) = direction(one), direction(other)
    if min(clear, also) < 0.7:
        return 0.0
    return (second - first + 45) % 90 - 45


def _compass(step: Any) -> str:
    east, north = float(step[0]), float(step[1])
    return f"E {east:+.2f}, N {north:+.2f}"


def _told(context: CheckContext, rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.Table.from_pylist([{n: row.get(n) for n in names} for row in rows])
    context.con.register("unlike", table)
    try:
        named = context.table(
            """SELECT u.* EXCLUDE (other_id), o.path || ' ' || o.spot AS other
               FROM unlike u JOIN things o ON o.object_id = u.other_id"""
        )
    finally:
        context.con.unregister("unlike")
    return located(context, named)
