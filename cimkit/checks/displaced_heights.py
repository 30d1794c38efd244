"""No source has the heights of another one off by the geoid, in another unit, or downwards."""

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
    name="displaced_heights",
    title="No heights off by the geoid or in another unit",
    counts="sources",
    kinds=("gis", "citymodel", "bim"),
    words={
        "ellipsoidal": phrase(
            "its heights are {offset} m above those of {other} at the same {held} places, and the"
            " geoid lies {geoid} m above the ellipsoid there: they seem to be ellipsoidal",
            "与 {other} 的 {held} 处同名位置相比高 {offset} 米，而该地大地水准面高为 {geoid} 米："
            "疑为椭球高（大地高）",
            "{other} と同じ {held} か所で {offset} m 高く、そこのジオイド高は {geoid} m です。"
            "楕円体高と思われます",
        ),
        "unit": phrase(
            "its heights are {factor} times those of {other} at the same {held} places: they seem"
            " to be in {unit}",
            "与 {other} 的 {held} 处同名位置相比，高程为其 {factor} 倍：单位疑为 {unit}",
            "{other} と同じ {held} か所で高さが {factor} 倍です。単位は {unit} と思われます",
        ),
        "say-datum": phrase(
            'If so, say in the delivery sheet: glob = "{path}", vertical_datum = "{proposed}".',
            '若属实，请在交付清单中写明：glob = "{path}"，vertical_datum = "{proposed}"。',
            'そうであれば納品シートに glob = "{path}"、vertical_datum = "{proposed}" と'
            "記入してください。",
        ),
        "deliver-metres": phrase(
            "Deliver the heights in metres, upwards.",
            "请以米为单位、向上为正提交高程。",
            "高さをメートル、上向き正で納品してください。",
        ),
    },
)

_NEAR_M = 5.0
_FEWEST = 8
_SPREAD_M = 1.5  # by which the heights of two surveys of one ground differ
_LEAST_M = 5.0  # less is told by other checks, or is no geoid's
_RIVALS = 8  # sources held against one
_UNITS = ((1 / 0.3048, "ft"), (1000.0, "mm"), (100.0, "cm"), (-1.0, "m ↓"))


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose heights differ from another's by the geoid, or by a factor.

    Compared are things of two sources less than 5 m apart, where not both sources say what their
    heights are measured from. The rule's tolerance is in metres, about the geoid (default 2.0).
    """
    near = 2.0 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    rows = context.table(
        f"""SELECT t.item_id, i.path, i.crs, i.vertical_datum AS datum, t.x, t.y, t.z
        FROM (SELECT * FROM things WHERE x IS NOT NULL AND z IS NOT NULL AND ({here})) t
        JOIN items i USING (item_id) ORDER BY i.path, t.object_id"""
    )
    spots = np.column_stack([rows[c].to_numpy().astype(float) for c in ("x", "y", "z")])
    items = rows["item_id"].to_numpy(zero_copy_only=False).astype(str)
    parts = np.split(np.arange(len(items)), np.flatnonzero(items[1:] != items[:-1]) + 1)
    groups = [g for g in parts if len(g) >= _FEWEST]
    about = [{k: rows[k][int(g[0])].as_py() for k in ("path", "crs", "datum")} for g in groups]
    boxes = np.array([[*spots[g].min(axis=0)[:2], *spots[g].max(axis=0)[:2]] for g in groups])
    bad: dict[str, dict[str, Any]] = {}
    # Those that do not say what their heights are measured from are doubted first.
    for n in sorted(range(len(groups)), key=lambda n: about[n]["datum"] is not None):
        mine, there = about[n], spots[groups[n]]
        meets = (boxes[:, :2] <= boxes[n, 2:]) & (boxes[:, 2:] >= boxes[n, :2])
        for m in np.flatnonzero(meets.all(axis=1))[:_RIVALS]:
            its = about[m]
            if n == m or its["path"] in bad or None not in (mine["datum"], its["datum"]):
                continue
            told = _told(there, spots[groups[m]], mine, near)
            if told is not None:
                spot = dict(zip("xyz", np.median(there, axis=0).tolist(), strict=True))
                bad[mine["path"]] = {**mine, **spot, "other": its["path"], **told}
                break
    return conclude(context, rule, pa.Table.from_pylist(list(bad.values())), len(groups))


def _told(
    mine: npt.NDArray[np.float64],
    its: npt.NDArray[np.float64],
    about: dict[str, Any],
    tolerance: float,
) -> dict[str, Any] | None:
    low, high = _pairs(mine, its)
    if len(low) < _FEWEST:
        return None
    apart = low - high
    offset = float(np.median(apart))
    spread = float(np.median(np.abs(apart - offset)))
    if offset >= _LEAST_M and spread <= _SPREAD_M:
        geoid = _geoid(mine[:, :2].mean(axis=0))
        if geoid is not None and abs(geoid - offset) <= tolerance:
            return {
                "reason": "ellipsoidal",
                "hint": "say-datum",
                "proposed": _ellipsoidal(about["crs"]),
                "offset": f"{offset:+.1f}",
                "geoid": f"{geoid:+.1f}",
                "held": len(low),
                "measured": f"{offset:+.1f} m",
                "expected": f"{geoid:+.1f} m",
            }
    for factor, unit in _UNITS:
        rest = np.abs(low - high * factor) / abs(factor)
        if float(np.median(rest)) <= min(_SPREAD_M, abs(offset) / 5) and abs(offset) > _LEAST_M:
            return {
                "reason": "unit",
                "hint": "deliver-metres",
                "factor": f"{factor:.4g}",
                "unit": unit,
                "held": len(low),
                "measured": f"{np.median(low):.1f}",
                "expected": f"{np.median(high):.1f} m",
            }
    return None


def _pairs(
    mine: npt.NDArray[np.float64], its: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the heights of both where they show one place."""
    import shapely

    from cimkit.geometry.local_plane import LocalPlane

    plane = LocalPlane(*its[:, :2].mean(axis=0))
    tree = shapely.STRtree(np.array(shapely.points(plane.to_plane(its[:, :2])), dtype=object))
    one, other = tree.query_nearest(
        shapely.points(plane.to_plane(mine[:, :2])), max_distance=_NEAR_M, all_matches=False
    )
    return mine[one, 2], its[other, 2]


def _geoid(spot: npt.NDArray[np.float64]) -> float | None:
    """Return the height of the geoid by the first model that is installed and knows the place."""
    from cimkit.errors import UsageError
    from cimkit.geometry.geoid import read_geoid

    for name in ("gsigeo2011", "egm96"):
        try:
            found = float(read_geoid(name).undulation(spot[None])[0])
        except UsageError:
            continue  # not installed
        if np.isfinite(found):
            return found
    return None


def _ellipsoidal(crs: str | None) -> str:
    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.vertical import ellipsoidal_crs

    return (ellipsoidal_crs(parse_crs(crs)) if crs else None) or "EPSG:4979"
