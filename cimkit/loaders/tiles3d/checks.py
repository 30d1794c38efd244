"""Whether the parts of a tile are what they should be."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from cimkit.loaders.tiles3d.found import Found

__all__ = ["check_inside", "check_refine", "check_transform", "check_volume", "listing", "mapping"]


def mapping(given: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one for what is none."""
    return given if isinstance(given, dict) else {}


def listing(given: Any) -> list[Any]:
    """Return a JSON array, or an empty one for what is none."""
    return given if isinstance(given, list) else []


def check_volume(volume: dict[str, Any], place: str, found: Found) -> None:
    """Tell of a bounding volume that has not the numbers it needs, or has them turned over."""
    for name, count in (("region", 6), ("box", 12), ("sphere", 4)):
        if name not in volume:
            continue
        given = volume[name]
        if not _numbers(given) or len(given) != count:
            message = f"A bounding {name} has not {count} numbers."
            found.trouble("tileset-invalid", message, place, got=str(given)[:100])
        elif name == "region" and (given[1] > given[3] or given[4] > given[5]):
            message = "A bounding region has its south in the north, or its top below."
            found.trouble("tileset-invalid", message, place, got=str(given)[:100])
        elif name == "region" and any(
            abs(v) > most + 1e-9 for v, most in zip(given, (pi, pi / 2) * 2, strict=False)
        ):
            message = "A bounding region lies beyond the Earth; its angles are radians."
            found.trouble("tileset-invalid", message, place, got=str(given)[:100])
        elif name == "sphere" and given[3] < 0:
            message = "A bounding sphere has a radius below 0."
            found.trouble("tileset-invalid", message, place, got=str(given)[:100])


def check_inside(region: Any, around: Any, place: str, found: Found) -> None:
    """Tell of a region that reaches out of that of the tile above by a hundredth of it."""
    if not (_numbers(region) and _numbers(around) and len(region) == len(around) == 6):
        return
    if around[0] > around[2] or region[0] > region[2]:
        return  # across 180°
    for low, high, least in ((0, 2, 1e-7), (1, 3, 1e-7), (4, 5, 0.1)):
        slack = max((around[high] - around[low]) / 100, least)
        if region[low] < around[low] - slack or region[high] > around[high] + slack:
            message = "A tile lies outside of the one above it."
            got = f"{region[low]:.9g} to {region[high]:.9g}"
            found.trouble("tileset-invalid", message, f"{place}.boundingVolume", got=got)
            return


def check_refine(given: Any, place: str, found: Found) -> None:
    """Tell of a way to refine that there is not; none is that of the tile above.

    Small letters are those of the drafts before 1.0, which every viewer takes.
    """
    known = given.upper() in ("ADD", "REPLACE") if isinstance(given, str) else given is None
    if not known:
        message = "A tile refines in a way that there is not."
        expected = "ADD or REPLACE"
        found.trouble("tileset-invalid", message, place, got=str(given)[:100], expected=expected)


def check_transform(given: Any, place: str, found: Found) -> None:
    """Tell of a transform that is not affine."""
    if not _numbers(given) or len(given) != 16:
        message = "The transform of a tile has not 16 numbers."
        found.trouble("tileset-invalid", message, place, got=str(given)[:100])
        return
    matrix = np.asarray(given, dtype=np.float64).reshape(4, 4)
    if not np.allclose(matrix[:, 3], [0, 0, 0, 1]) or not np.isfinite(matrix).all():
        message = "The transform of a tile is not affine."
        found.trouble("tileset-invalid", message, place)


def _numbers(given: Any) -> bool:
    return isinstance(given, list) and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in given
    )
