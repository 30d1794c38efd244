"""Where a cloud stands: its CRS, its unit of height, its box in CRS84, what heights count from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, cast

from pyproj import CRS

from cimkit.loaders._placing import place as place_plane
from cimkit.loaders._placing.heights import heights
from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.model import Declaration, Problem, Source

__all__ = ["Standing", "place"]


@dataclass(slots=True)
class Standing:
    """The outcome."""

    crs: str | None = None
    """``EPSG:n`` or WKT 2."""
    crs_origin: Literal["declared", "assumed", "sheet", "none"] = "none"
    """Who said so."""
    usable: CRS | None = None
    """The CRS, if the cloud can be placed with it."""
    box84: tuple[float, float, float, float] | None = None
    """(west, south, east, north) in CRS84."""
    z_unit: float = 1.0
    """Metres in one unit of z."""
    vertical_datum: str | None = None
    """What heights are measured from."""
    height_kind: str = "unknown"
    """ellipsoidal, orthometric, local or unknown."""
    problems: list[Problem] = field(default_factory=list)
    """Those met on the way."""

    def metres(self, box: tuple[float, ...]) -> float:
        """Return the metres in one unit of x and y in the middle of a box."""
        from cimkit.geometry.crs import is_geographic, metres_per_unit

        if self.usable is None:
            return 1.0
        metres = metres_per_unit(self.usable)
        if is_geographic(self.usable):
            # Square in metres on average: the root of the shrinking of the parallels.
            middle = math.radians(min(max((box[1] + box[4]) / 2, -89.0), 89.0))
            return metres * math.sqrt(math.cos(middle))
        return metres


def place(
    facts: CloudFacts, box: tuple[float, ...] | None, declared: Declaration, source: Source
) -> Standing:
    """Decide the CRS of a cloud; what the sheet declares outranks the file.

    Parameters
    ----------
    facts : CloudFacts
    box : tuple or None
        (xmin, ymin, zmin, xmax, ymax, zmax) of its points, or of its header.
    declared : Declaration
    source : Source
    """
    from cimkit.geometry.crs import is_geographic, metres_per_unit

    said, origin = (declared.crs, "sheet") if declared.crs else (facts.crs, "declared")
    flat = None if box is None else (box[0], box[1], box[3], box[4])
    placed = place_plane("", said, origin, flat, source)
    problems = list(placed.problems)
    if said is None and any(p.code == "crs-unknown" for p in facts.problems):
        problems = [p for p in problems if p.code != "crs-missing"]  # it names one: not understood
    found = Standing(
        placed.name,
        cast("Literal['declared', 'sheet', 'none']", placed.origin),
        placed.crs,
        placed.box,
        facts.z_unit_m or 1.0,
        problems=problems,
    )
    if placed.crs is not None and facts.z_unit_m is None and not placed.crs.is_geocentric:
        unit = 1.0 if is_geographic(placed.crs) else metres_per_unit(placed.crs)
        found.z_unit = unit
        if abs(unit - 1.0) > 1e-9:
            found.problems.append(
                Problem(
                    "vertical-unit-assumed",
                    "The file names no vertical CRS; heights were taken to be in the unit of the "
                    "plane coordinates.",
                    "info",
                    got=f"{unit:g} m",
                    expected="a compound CRS",
                    hint='In the delivery sheet: vertical_datum = "EPSG:…".',
                )
            )
    if declared.vertical_datum:
        name, who = declared.vertical_datum, "sheet"
    else:
        name, who = facts.vertical_datum or "", "declared" if facts.vertical_datum else "none"
    z = None if box is None else (box[2], box[5])
    # Without a plane CRS nobody asks yet what heights of a scanner's own system count from.
    if placed.crs is not None or name:
        high = heights("", placed.crs, name or None, who, z, source)
        found.vertical_datum, found.height_kind = high.datum, high.kind
        found.problems += high.problems
    return found
