"""Points to something one can see: copies of templates, each in its own size and heading."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import ecef, enu_axes
from cimkit.tiles.forms import Color
from cimkit.tiles.mesh import Instances
from cimkit.tiles.templates import TEMPLATES, template_mesh

__all__ = ["copies", "scales"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def copies(
    name: str, position: Reals, size: Reals, heading: Reals, feature: Whole,
    color: Color | None = None,
) -> Instances:  # fmt: skip
    """Copies of a template, each in a size of its own.

    Parameters
    ----------
    name : str
        A name of `TEMPLATES`.
    position : ndarray, shape (n, 3)
        Longitude, latitude (degrees), ellipsoidal height (metres) of the foot.
    size : ndarray, shape (n, 3)
        Width, length, height, metres; NaN where one is not known: it then keeps its proportion
        to what is known (of a lid its usual thickness).
    heading : ndarray, shape (n,)
        Degrees clockwise from north that the front looks to.
    feature : ndarray, shape (n,)
        Row of the feature of each copy.
    color : tuple, optional
        sRGB of the main parts.
    """
    turn = np.radians(heading)
    sin, cos, zero = np.sin(turn), np.cos(turn), np.zeros(len(turn))
    spin = np.stack(
        [
            np.stack([cos, -sin, zero], axis=-1),
            np.stack([sin, cos, zero], axis=-1),
            np.stack([zero, zero, zero + 1], axis=-1),
        ],
        axis=-1,
    )
    return Instances(
        template_mesh(name, color),
        ecef(position[:, 0], position[:, 1], position[:, 2]),
        enu_axes(position[:, 0], position[:, 1]) @ spin,
        scales(name, size),
        feature,
    )


def scales(name: str, size: Reals) -> Reals:
    """Factors of a template's own axes, shape (n, 3), for sizes as `copies` takes them."""
    found = TEMPLATES[name]
    usual = np.array([found.width, found.length, found.height])
    ratio = size / usual
    flat = found.height < 0.05
    across = np.where(np.isfinite(ratio[:, 0]), ratio[:, 0], ratio[:, 1])
    up = np.where(np.isfinite(ratio[:, 2]), ratio[:, 2], 1.0)
    wide = np.where(np.isfinite(across), across, 1.0 if flat else up)
    factors: Reals = np.column_stack(
        [
            np.where(np.isfinite(ratio[:, 0]), ratio[:, 0], wide),
            np.where(np.isfinite(ratio[:, 1]), ratio[:, 1], wide),
            up,
        ]
    )
    return factors
