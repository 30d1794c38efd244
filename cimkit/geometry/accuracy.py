"""How well the way from a CRS to CRS84 is known.

Without the grid of a country, and where no parameters were published, PROJ takes a coarser way or
leaves the datum as it is ("ballpark"), and says nothing. Here it is said.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import TransformerGroup

from cimkit.geometry.named_crs import NamedCRS

__all__ = ["Way", "way_to_crs84"]

# CGCS2000 is ITRF97 at 2000.0: EPSG has no operation, and both agree to the drift of the plate.
_SAME_AS_WGS84 = {"China 2000", "China Geodetic Coordinate System 2000"}
_POSSIBLE_M = {
    "Beijing 1954": "tens to more than 100 m",
    "New Beijing": "tens to more than 100 m",
    "Xian 1980": "tens to more than 100 m",
}


@dataclass(frozen=True, slots=True)
class Way:
    """The operation that PROJ takes."""

    accuracy_m: float | None
    """Metres; None if it is not known."""
    ballpark: bool
    """Whether the change of datum is left out, because nobody published one."""
    possible: str
    """If so, how far off positions may be."""
    missing_grid: str | None
    """The file with which PROJ would do better, if there is one."""


def way_to_crs84(crs: CRS, box: tuple[float, float, float, float]) -> Way | None:
    """Return how positions in a box get to CRS84; None if there is no change of datum.

    Parameters
    ----------
    crs : CRS
        Theirs.
    box : tuple
        (west, south, east, north) in degrees: operations are made for areas.

    Examples
    --------
    >>> from cimkit.geometry.crs import parse_crs
    >>> way_to_crs84(parse_crs("EPSG:2380"), (106.0, 29.0, 107.0, 30.0)).ballpark
    True
    >>> way_to_crs84(parse_crs("EPSG:4544"), (106.0, 29.0, 107.0, 30.0)) is None
    True
    """
    if isinstance(crs, NamedCRS):
        crs = crs.base
    whole = (
        max(math.floor(box[0]), -180),
        max(math.floor(box[1]), -90),
        min(math.ceil(box[2]), 180),
        min(math.ceil(box[3]), 90),
    )
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    geodetic = flat if flat.is_bound else flat.geodetic_crs
    datum = flat.datum.name if flat.datum is not None else ""
    if geodetic is None or datum in _SAME_AS_WGS84 or "World Geodetic System 1984" in datum:
        return None
    return _way(geodetic, whole)


@lru_cache(maxsize=512)
def _way(geodetic: CRS, box: tuple[int, int, int, int]) -> Way | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a grid is missing is told below
        group = TransformerGroup(
            geodetic,
            CRS.from_user_input("OGC:CRS84"),
            always_xy=True,
            area_of_interest=AreaOfInterest(*box),  # type: ignore[arg-type]
        )
    if not group.transformers:
        return None
    used = group.transformers[0]
    ballpark = "ballpark" in used.description.lower() and not geodetic.is_bound
    missing = next(
        (
            grid.short_name
            for operation in group.unavailable_operations
            for grid in operation.grids
            if not grid.available and (used.accuracy < 0 or 0 <= operation.accuracy < used.accuracy)
        ),
        None,
    )
    possible = ""
    if ballpark:
        known = next((m for name, m in _POSSIBLE_M.items() if name in geodetic.name), None)
        possible = known or "up to some hundred metres"
    return Way(used.accuracy if used.accuracy >= 0 else None, ballpark, possible, missing)
