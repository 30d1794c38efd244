"""What the heights of one source seem to be where another one shows the same places."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._space_words import phrase

__all__ = ["OFFSET_WORDS", "offset"]

OFFSET_WORDS = {
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
}

_SPREAD_M = 1.5  # by which the heights of two surveys of one ground differ
_LEAST_M = 5.0  # less is told by other checks, or is no geoid's
_UNITS = ((1 / 0.3048, "ft"), (1000.0, "mm"), (100.0, "cm"), (-1.0, "m ↓"))


def offset(places: npt.NDArray[np.float64], crs: str, tolerance: float) -> dict[str, Any] | None:
    """Return what the heights of one source, against those of the other, seem to be.

    Parameters
    ----------
    places : (n, 4) array
        Longitude, latitude, height in the one source and in the other.
    crs : str
        Of the one source.
    tolerance : float
        Metres about the geoid.

    Returns
    -------
    dict or None
        Columns of a finding; None if they agree, or differ by what is no known mistake.
    """
    low, high = places[:, 2], places[:, 3]
    apart = low - high
    apart_m = float(np.median(apart))
    spread = float(np.median(np.abs(apart - apart_m)))
    if abs(apart_m) >= _LEAST_M and spread <= _SPREAD_M:
        geoid = _geoid(places[:, :2].mean(axis=0))
        if geoid is not None and abs(geoid - apart_m) <= tolerance:
            return {
                "reason": "ellipsoidal",
                "hint": "say-datum",
                "proposed": _ellipsoidal(crs),
                "offset": f"{apart_m:+.1f}",
                "geoid": f"{geoid:+.1f}",
                "held": len(low),
                "measured": f"{apart_m:+.1f} m",
                "expected": f"{geoid:+.1f} m",
            }
    for factor, unit in _UNITS:
        rest = np.abs(low - high * factor) / abs(factor)
        if float(np.median(rest)) <= min(_SPREAD_M, abs(apart_m) / 5) and abs(apart_m) > _LEAST_M:
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
