"""Where findings lie on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["points", "shapes"]


def shapes(findings: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    """Return the part at fault of each finding, else its point, else None.

    Parameters
    ----------
    findings
        With x, y (CRS84 degrees), z (metres) and geometry (WKB).

    Returns
    -------
    ndarray of shapely geometries
        CRS84 degrees, with heights where they are known.
    """
    import shapely

    # A check hands on what a source says, also what GEOS takes for no geometry.
    found = shapely.from_wkb([row["geometry"] for row in findings], on_invalid="ignore")
    found = np.asarray(found, dtype=object)
    bare = shapely.is_missing(found) | shapely.is_empty(found)
    found[bare] = points([row for row, is_bare in zip(findings, bare, strict=True) if is_bare])
    return found


def points(findings: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    """Return the point of each finding, None where its place is not known."""
    import shapely

    xyz = np.array(
        [[np.nan if row[k] is None else row[k] for k in ("x", "y", "z")] for row in findings],
        dtype=np.float64,
    ).reshape(-1, 3)
    found = np.full(len(findings), None, dtype=object)
    flat = np.isfinite(xyz[:, :2]).all(axis=1)
    high = flat & np.isfinite(xyz[:, 2])
    found[flat] = shapely.points(xyz[flat, :2])
    found[high] = shapely.points(xyz[high])
    return found
