"""The place on the Earth of an S2 cell (3DTILES_bounding_volume_S2)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["s2_bounds"]

# Hilbert curve of S2: place of a quarter by its position, and how the curve turns there.
_PLACE = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
_TURN = (1, 0, 0, 3)
_EDGE = 16
"""Points on each side of a cell: its sides are no circles of latitude."""


def s2_bounds(token: Any) -> tuple[float, float, float, float] | None:
    """Return (west, south, east, north) in degrees of the cell that a token names; None if none.

    See S2 Geometry, "S2 Cells" (quadratic projection); west is greater than east across 180°.

    Examples
    --------
    >>> west, south, east, north = s2_bounds("89c259")  # in Manhattan
    >>> west < -73.9857 < east, south < 40.7484 < north
    (True, True)
    """
    if not isinstance(token, str) or not 1 <= len(token) <= 16:
        return None
    try:
        cell = int(token.ljust(16, "0"), 16)
    except ValueError:
        return None
    face, last = cell >> 61, cell & -cell
    if face > 5 or not last & 0x1555555555555555:
        return None
    level = 30 - (last.bit_length() - 1) // 2
    i = j = 0
    turned = face & 1
    for step in range(level):
        quarter = cell >> (59 - 2 * step) & 3
        place = _PLACE[turned][quarter]
        i, j = 2 * i + (place >> 1), 2 * j + (place & 1)
        turned ^= _TURN[quarter]
    side = np.linspace(0, 1, _EDGE + 1)
    s, t = (np.array([i, j])[:, None, None] + np.meshgrid(side, side)) / 2**level
    u, v = (np.where(a >= 0.5, (4 * a * a - 1) / 3, (1 - 4 * (1 - a) ** 2) / 3) for a in (s, t))
    one = np.ones_like(u)
    x, y, z = (
        (one, u, v),
        (-u, one, v),
        (-u, -v, one),
        (-one, -v, -u),
        (v, -one, -u),
        (v, u, -one),
    )[face]
    north = np.degrees(np.arctan2(z, np.hypot(x, y)))
    east = np.degrees(np.arctan2(y, x))
    low, high = float(north.min()), float(north.max())
    if face in (2, 5) and u.min() <= 0 <= u.max() and v.min() <= 0 <= v.max():  # with a pole
        return (-180.0, low, 180.0, 90.0) if face == 2 else (-180.0, -90.0, 180.0, high)
    if face == 3 and float(east.max() - east.min()) > 180:  # across 180°
        return float(east[east > 0].min()), low, float(east[east <= 0].max()), high
    return float(east.min()), low, float(east.max()), high
