"""A known coordinate system whose coordinates were written otherwise: swapped, scaled, shortened.

``EPSG:4544 | swap | scale 0.001`` says that y stands before x and that both are millimetres. It is
what a person writes into the delivery sheet; the source's own coordinates stay as they are.
"""

from __future__ import annotations

import re

import numpy as np
from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.named_crs import NamedCRS, affine

__all__ = ["adjusted", "is_adjusted"]

_STEP = re.compile(
    r"(?P<swap>swap)|scale (?P<scale>[\d.eE+-]+)|shift (?P<dx>[\d.eE+-]+) (?P<dy>[\d.eE+-]+)"
    r"|negate (?P<axes>xy?|y)"
)


def is_adjusted(text: str) -> bool:
    """Return whether a text is a known system and what was done to its coordinates."""
    return re.search(r"\| *(swap|scale|shift|negate)\b", text) is not None


def adjusted(text: str, base: CRS, name: str) -> NamedCRS:
    """Return the system that takes coordinates back to those of a known one.

    Parameters
    ----------
    text : str
        ``BASE | step | …``, done from left to right on (x, y): ``swap``; ``scale k``;
        ``shift dx dy`` (adds, in the unit reached so far); ``negate x``, ``y`` or ``xy``.
    base : CRS
        What ``BASE`` names.
    name : str
        Its name.

    Raises
    ------
    UsageError
        If a step is none of these.
    """
    turned, moved, said = np.eye(2), np.zeros(2), [name]
    for step in text.split("|")[1:]:
        found = _STEP.fullmatch(" ".join(step.split()))
        try:
            if found is None:
                raise ValueError
            if found["swap"]:
                own, shift = np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2)
            elif found["scale"]:
                own, shift = np.eye(2) * float(found["scale"]), np.zeros(2)
            elif found["dx"]:
                own, shift = np.eye(2), np.array([float(found["dx"]), float(found["dy"])])
            else:
                signs = {"x": (-1.0, 1.0), "y": (1.0, -1.0), "xy": (-1.0, -1.0)}
                own, shift = np.diag(signs[found["axes"]]), np.zeros(2)
            if not np.isfinite([*own.ravel(), *shift]).all() or not np.linalg.det(own):
                raise ValueError
        except ValueError:
            raise UsageError(
                "no such change of coordinates",
                got=step.strip(),
                expected="swap, scale k, shift dx dy, negate x|y|xy",
            ) from None
        turned, moved = own @ turned, own @ moved + shift
        said.append(found[0] if found is not None else "")
    return NamedCRS(" | ".join(said), base, *affine(turned, moved))
