"""Where a cloud stands: its CRS, its unit of height, its box in CRS84."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.model import Declaration, Problem

__all__ = ["Standing", "place"]


@dataclass(slots=True)
class Standing:
    """The outcome."""

    crs: str | None = None
    """``EPSG:n`` or WKT 2."""
    crs_origin: Literal["declared", "sheet", "none"] = "none"
    """Who said so."""
    box84: tuple[float, float, float, float] | None = None
    """(west, south, east, north) in CRS84."""
    z_unit: float = 1.0
    """Metres in one unit of z."""
    problems: list[Problem] = field(default_factory=list)
    """Those met on the way."""


def place(facts: CloudFacts, declared: Declaration) -> Standing:
    """Decide the CRS of a cloud; what the sheet declares outranks the file.

    Raises
    ------
    UsageError
        If the declared CRS is none.
    """
    from cimkit.geometry.crs import crs_name, is_geographic, metres_per_unit, parse_crs

    found = Standing()
    if declared.crs:
        found.crs, found.crs_origin = crs_name(parse_crs(declared.crs)), "sheet"
    elif facts.crs:
        found.crs, found.crs_origin = facts.crs, "declared"
    if found.crs is None:
        if not any(p.code == "crs-unknown" for p in facts.problems):
            found.problems.append(
                Problem(
                    code="crs-missing",
                    message="The cloud names no CRS; it has no place on the earth.",
                    hint='In the delivery sheet: crs = "EPSG:…".',
                )
            )
        found.z_unit = facts.z_unit_m or 1.0
        return found
    crs = parse_crs(found.crs)
    found.z_unit = facts.z_unit_m or (1.0 if is_geographic(crs) else metres_per_unit(crs))
    if facts.z_unit_m is None and abs(found.z_unit - 1.0) > 1e-9:
        found.problems.append(
            Problem(
                code="vertical-unit-assumed",
                message="The file names no vertical CRS; heights were taken to be in the unit of "
                "the plane coordinates.",
                severity="info",
                got=f"{found.z_unit:g} m",
                expected="a compound CRS",
                hint='In the delivery sheet: vertical_datum = "EPSG:…".',
            )
        )
    if facts.bbox is not None:
        found.box84 = _box84(facts.bbox, found)
    return found


def _box84(box: tuple[float, ...], found: Standing) -> tuple[float, float, float, float] | None:
    from cimkit.geometry.crs import parse_crs, to_crs84

    x, y = np.linspace(box[0], box[3], 9), np.linspace(box[1], box[4], 9)
    edge = np.column_stack([np.repeat(x, 9), np.tile(y, 9)])
    lonlat = to_crs84(edge, parse_crs(found.crs or ""))
    if not np.isfinite(lonlat).all() or (np.abs(lonlat) > [180.0, 90.0]).any():
        found.problems.append(
            Problem(
                code="position-implausible",
                message="The coordinates are outside what the CRS can express; the cloud has no "
                "place on the earth.",
                severity="error",
                got=f"x {box[0]:g} to {box[3]:g}, y {box[1]:g} to {box[4]:g}",
                expected="coordinates within the CRS",
                hint='Name the right CRS in the delivery sheet: crs = "EPSG:…".',
            )
        )
        return None
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)
