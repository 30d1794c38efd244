"""Whether contents lie inside the volumes of their tiles, and these inside each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.positions import Points
from cimkit.checks._tiles3d.volumes import Volume
from cimkit.geometry.frames import geodetic

__all__ = ["check_points_inside", "check_volume_inside"]

Array = npt.NDArray[np.float64]

_SHARE = 1e-4
_LEAST = 0.01
"""What may stick out: a ten-thousandth of the volume's diagonal, and a centimetre."""


_UNDERGROUND = 6_000_000.0
"""Metres from the centre of the Earth: nearer is a model without a place."""


def check_volume_inside(
    inner: Volume | None, outer: Volume | None, issues: Issues, at: str
) -> None:
    """Tell of a content's volume that reaches out of its tile's."""
    if inner is None or outer is None:
        return
    out = float(outer.beyond(inner.points()).max())
    if inner.kind == outer.kind == "sphere":
        centre = inner.matrix[:3, :3] @ inner.numbers[:3] + inner.matrix[:3, 3]
        apart = outer.matrix[:3, :3] @ outer.numbers[:3] + outer.matrix[:3, 3]
        out = float(np.linalg.norm(centre - apart)) + (inner.size() - outer.size()) / 2
    allowed = 1e-6 * outer.size() + (0 if inner.kind == outer.kind else _SHARE * outer.size())
    if out > max(allowed, 1e-6):
        issues.on("volumes").tell(
            "volume-outside", at, got=f"{out:.6g} m", expected="0 m",
            severity="error" if inner.kind == outer.kind else "warning",
        )  # fmt: skip


def check_points_inside(
    points: list[Points], volumes: list[tuple[Volume, str]], issues: Issues, at: str
) -> None:
    """Tell of positions outside of the volumes they must be in, by how far and where.

    Parameters
    ----------
    points
        In the frame of the outermost tileset.
    volumes
        Each with a word that says whose it is.
    """
    issues = issues.on("inside")
    issues.count("inside")
    whole: Array | None = None
    corners = np.concatenate([p.corners() for p in points])
    for volume, whose in volumes:
        allowed = max(_SHARE * volume.size(), _LEAST)
        if bool((volume.beyond(corners) <= allowed).all()):
            continue
        if whole is None:
            whole = np.concatenate([p.all() for p in points])
        out = volume.beyond(whole)
        far = int(np.argmax(out))
        if out[far] <= allowed:
            continue
        share = float((out > allowed).mean())
        got = f"{out[far]:.6g} m ({share:.0%})"
        placed = float(np.linalg.norm(whole[far])) > _UNDERGROUND
        lon, lat, height = (float(v) for v in geodetic(whole[far : far + 1])[0])
        where = (lon, lat, height) if placed else None
        shape = shapely.to_wkb(shapely.Point(*where)) if where else None
        issues.tell(whose, at, got=got, expected=f"≤ {allowed:.3g} m", at=where, shape=shape)
        return
