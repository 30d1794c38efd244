"""No source has the heights of another one off by the geoid, in another unit, or downwards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._meetings import boxes_of, gather, meetings, neighbours, sample, sources
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

_FEWEST = 8
_SPREAD_M = 1.5  # by which the heights of two surveys of one ground differ
_LEAST_M = 5.0  # less is told by other checks, or is no geoid's
_SAMPLE = 1_000  # things of each source
_UNITS = ((1 / 0.3048, "ft"), (1000.0, "mm"), (100.0, "cm"), (-1.0, "m ↓"))


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose heights differ from another's by the geoid, or by a factor.

    Compared are things of two sources less than 5 m apart, where not both sources say what their
    heights are measured from. The rule's tolerance is in metres, about the geoid (default 2.0).
    """
    near = 2.0 if rule.tolerance is None else float(rule.tolerance)
    here = f"z IS NOT NULL AND ({scope(rule, SPEC, context.standard)})"
    known = sources(context, here, _FEWEST)
    bad: dict[int, dict[str, Any]] = {}
    for mine, rival, places in _pairs(context, known, here):
        if mine in bad or rival in bad:
            continue
        about, its = (known.slice(n, 1).to_pylist()[0] for n in (mine, rival))
        told = _told(places, about["crs"], near)
        if told is not None:
            middle = dict(zip("xyz", np.median(places[:, :3], axis=0).tolist(), strict=True))
            bad[mine] = {"path": about["path"], "other": its["path"], **middle, **told}
    rows = [bad[mine] for mine in sorted(bad)]
    return conclude(context, rule, pa.Table.from_pylist(rows), known.num_rows)


def _pairs(
    context: CheckContext, known: pa.Table, where: str
) -> Iterator[tuple[int, int, npt.NDArray[np.float64]]]:
    """Give two sources, and x, y, z of the one and z of the other where both are.

    Those that do not say what their heights are measured from come first, as they are doubted
    first.
    """
    silent = np.flatnonzero(known["datum"].is_null().to_numpy())
    if not len(silent) or known.num_rows < 2:
        return
    boxes = boxes_of(known)
    pairs = neighbours(boxes[silent], boxes)
    pairs[:, 0] = silent[pairs[:, 0]]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    concerned = np.unique(pairs)
    if not len(concerned):
        return
    gather(context, known.take(pa.array(concerned)), where)
    some = sample(context, concerned, _SAMPLE)
    meetings(context, some, "level_")
    rows = context.table(
        f"""SELECT source, rival, x, y, z, z_there FROM level_
        SEMI JOIN (SELECT source, rival FROM level_ GROUP BY ALL HAVING count(*) >= {_FEWEST})
            USING (source, rival)
        ORDER BY source, rival, n"""
    )
    ends = np.column_stack([rows[c].to_numpy() for c in ("source", "rival")])
    values = np.column_stack([rows[c].to_numpy() for c in ("x", "y", "z", "z_there")])
    starts = np.flatnonzero(np.diff(ends, axis=0, prepend=-1).any(axis=1))
    parts = [(ends[a, 0], ends[a, 1], values[a:b]) for a, b in pairwise([*starts, len(ends)])]
    unsaid = set(silent.tolist())
    for mine, rival, places in sorted(parts, key=lambda part: part[0] not in unsaid):
        if mine in unsaid or rival in unsaid:
            yield int(mine), int(rival), places


def _told(places: npt.NDArray[np.float64], crs: str, tolerance: float) -> dict[str, Any] | None:
    """Return what the heights of one source, against those of the other, seem to be."""
    low, high = places[:, 2], places[:, 3]
    apart = low - high
    offset = float(np.median(apart))
    spread = float(np.median(np.abs(apart - offset)))
    if abs(offset) >= _LEAST_M and spread <= _SPREAD_M:
        geoid = _geoid(places[:, :2].mean(axis=0))
        if geoid is not None and abs(geoid - offset) <= tolerance:
            return {
                "reason": "ellipsoidal",
                "hint": "say-datum",
                "proposed": _ellipsoidal(crs),
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
