"""How often closed surfaces go round points: whether these lie inside."""

from __future__ import annotations

import numpy as np

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole
from cimkit.geometry.solids.surfaces import triangles

__all__ = ["windings"]

_ROOM = 2_000_000


def windings(bodies: Bodies, flat: Reals, faces: Whole, points: Reals) -> Reals:
    """Return how often the closed surface that faces make goes round points.

    It is 0 outside, 1 or -1 inside, and between these on the surface: the sum of the solid angles
    of all triangles (A. van Oosterom, J. Strackee, "The solid angle of a plane triangle", 1983).

    Parameters
    ----------
    faces : (n,) int64 array
    points : (p, 3) float64 array
    """
    corners, _ = triangles(bodies, flat, faces)
    at = bodies.at[corners]
    total = np.zeros(len(points))
    step = max(1, _ROOM // max(len(points), 1))
    for first in range(0, len(at), step):
        a, b, c = (at[first : first + step, n][None] - points[:, None] for n in range(3))
        la, lb, lc = (np.linalg.norm(x, axis=2) for x in (a, b, c))
        up = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
        ab, bc, ca = (np.einsum("ijk,ijk->ij", x, y) for x, y in ((a, b), (b, c), (c, a)))
        total += 2 * np.arctan2(up, la * lb * lc + ab * lc + bc * la + ca * lb).sum(axis=1)
    found: Reals = total / (4 * np.pi)
    return found
