"""Statements of an IFC model about its place held against each other, in metres and degrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from pyproj import CRS

    from cimkit.loaders.ifc.place import Georeference

__all__ = [
    "FAR_M",
    "NORTH_DEG",
    "SITE_M",
    "TWICE_M",
    "contradictions",
    "far_world",
    "looks_projected",
]

Points = npt.NDArray[np.float64]
Hint = tuple[float, float, float] | None

SITE_M = 1_000.0
"""Site and map conversion may differ by this much: RefLatitude often is that of the town."""
TWICE_M = 0.05
"""Two statements of the same file may differ by this much: they are rounded."""
NORTH_DEG = 1.0
"""True north and the rotation of the map conversion may differ by this much."""
FAR_M = 100_000.0
"""No model is so large: coordinates beyond it are those of a map."""
_NEAR_M = 5_000.0
"""How far a model in map coordinates may be from the position of its site."""


def contradictions(
    result: Georeference, others: list[Georeference], hint: Hint, north: float | None, local: Points
) -> list[Problem]:
    """Return what contradicts the place that was obeyed.

    Parameters
    ----------
    result : Georeference
        What was obeyed.
    others : list of Georeference
        What else was stated.
    hint : tuple or None
        (longitude, latitude, elevation) of the site.
    north : float or None
        Degrees clockwise from the model's y axis to true north.
    local : (n, 3) array
        Origins of the placements, metres of the model.
    """
    from cimkit.geometry.crs import parse_crs

    crs = parse_crs(result.crs or "")
    middle = np.append(local.mean(axis=0), 1.0) if len(local) else np.array([0.0, 0.0, 0.0, 1.0])
    here = _lonlat(result, middle, crs)
    found = [_other(result, other, middle, here) for other in others]
    found.append(_site(result, hint, here, crs))
    found.append(_north(result, north, here, crs))
    found.append(_far(result, local))
    return [p for p in found if p is not None]


def _lonlat(result: Georeference, point: Points, crs: CRS) -> tuple[float, float]:
    from cimkit.geometry.crs import to_crs84

    moved = result.matrix @ point
    lon, lat = to_crs84(moved[None, :2], crs)[0]
    return float(lon), float(lat)


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    from pyproj import Geod

    return float(Geod(ellps="WGS84").inv(*a, *b)[2])


def _other(
    result: Georeference, other: Georeference, middle: Points, here: tuple[float, float]
) -> Problem | None:
    from cimkit.geometry.crs import parse_crs

    there = _lonlat(other, middle, parse_crs(other.crs or ""))
    flat = _metres(here, there) if all(map(math.isfinite, there)) else math.inf
    high = float((other.matrix @ middle)[2] - (result.matrix @ middle)[2])
    distance = math.hypot(flat, high)
    if distance <= TWICE_M:
        return None
    said = str(other.facts.get("stated_by", other.origin))
    return Problem(
        code="georeference-contradiction",
        message=f"The {result.origin} and {said} name places {distance:,.2f} m apart; "
        f"the {result.origin} was obeyed.",
        severity="info" if result.origin == "sheet" else "warning",
        place=said,
        got=f"{_shown(other, there)} (distance {distance:.2f} m, {high:+.2f} m in height)",
        expected=f"{result.origin} {_shown(result, here)}",
        hint="Keep one statement of the place of the model.",
    )


def _shown(one: Georeference, lonlat: tuple[float, float]) -> str:
    return f"{lonlat[1]:.6f}, {lonlat[0]:.6f} ({str(one.facts.get('crs'))[:40]})"


def _site(
    result: Georeference, hint: Hint, middle: tuple[float, float], crs: CRS
) -> Problem | None:
    """Hold the position of the site against the origin of the model and against its middle."""
    if hint is None:
        return None
    origin = _lonlat(result, np.array([0.0, 0.0, 0.0, 1.0]), crs)
    metres, here = min((_metres(p, hint[:2]), p) for p in (origin, middle))
    if metres <= SITE_M:
        return None
    return Problem(
        code="georeference-contradiction",
        message=f"The {result.origin} and IfcSite name places {metres:,.0f} m apart; "
        f"the {result.origin} was obeyed.",
        place="IfcSite",
        got=f"IfcSite {hint[1]:.6f}, {hint[0]:.6f} (distance {metres:.0f} m)",
        expected=f"{result.origin} {here[1]:.6f}, {here[0]:.6f}",
        hint="Correct RefLatitude and RefLongitude, or the map conversion.",
    )


def _north(
    result: Georeference, north: float | None, here: tuple[float, float], crs: CRS
) -> Problem | None:
    """Hold TrueNorth against the rotation: both say where the model's y axis points."""
    if north is None:
        return None
    x, y = result.matrix[0, 1], result.matrix[1, 1]
    axis = math.degrees(math.atan2(x, y))  # of the model's y, clockwise from grid north
    grid = _true_north_in_grid(here, crs)
    if grid is None:
        return None
    off = (axis + north - grid + 180.0) % 360.0 - 180.0
    if abs(off) <= NORTH_DEG:
        return None
    unset = abs(north) < 1e-6
    return Problem(
        code="true-north-contradiction",
        message=f"TrueNorth and the rotation of the {result.origin} differ by {abs(off):.2f} "
        f"degrees; the {result.origin} was obeyed."
        + (
            " TrueNorth is the model's y axis, as programs write it that know none."
            if unset
            else ""
        ),
        severity="info" if unset else "warning",
        place="IfcGeometricRepresentationContext.TrueNorth",
        got=f"true north {north:.4f} degrees clockwise from the model's y axis",
        expected=f"{(grid - axis + 180.0) % 360.0 - 180.0:.4f} degrees",
        hint="Correct TrueNorth, or XAxisAbscissa and XAxisOrdinate.",
    )


def _true_north_in_grid(here: tuple[float, float], crs: CRS) -> float | None:
    """Return the direction of true north, degrees clockwise from the grid's north."""
    from cimkit.geometry.crs import from_crs84

    lon, lat = here
    south_north = np.array([[lon, lat - 1e-4], [lon, lat + 1e-4]])
    east, north = np.diff(from_crs84(south_north, crs), axis=0)[0].tolist()
    if not (math.isfinite(east) and math.isfinite(north)) or not (east or north):
        return None
    return math.degrees(math.atan2(east, north))


def _far(result: Georeference, local: Points) -> Problem | None:
    if not len(local) or result.origin == "none":
        return None
    middle = np.median(local, axis=0)
    away = float(np.hypot(middle[0], middle[1]))
    shift = float(np.hypot(result.matrix[0, 3], result.matrix[1, 3]))
    if away <= FAR_M or shift <= FAR_M:
        return None
    return Problem(
        code="coordinates-look-projected",
        message=f"The model lies {away / 1000:,.0f} km from its own origin, and the "
        f"{result.origin} moves it once more: it seems to be in map coordinates already.",
        place=str(result.facts.get("stated_by", result.origin)),
        got=f"local x {middle[0]:.1f}, y {middle[1]:.1f}",
        expected="coordinates about a point of the site",
        hint="In the delivery sheet: place = {easting = 0, northing = 0}, if that is so.",
        proposal=(("place_easting", "0"), ("place_northing", "0"), ("place_height", "0")),
    )


def looks_projected(local: Points, hint: Hint, source: Source) -> Problem | None:
    """Tell of a model without a place whose own coordinates are those of a map.

    Parameters
    ----------
    local : (n, 3) array
        Origins of the placements, metres of the model.
    hint : tuple or None
        (longitude, latitude, elevation) of the site: systems in which it is near are proposed.
    source : Source
    """
    if len(local) < 2:
        return None
    middle = np.median(local, axis=0)
    if float(np.hypot(middle[0], middle[1])) <= FAR_M:
        return None
    from cimkit.loaders._placing import guess

    inner = local[np.hypot(local[:, 0], local[:, 1]) > FAR_M]
    bounds = (*inner[:, :2].min(axis=0).tolist(), *inner[:, :2].max(axis=0).tolist())
    guessed = guess(bounds)
    likely = _fitting(middle, hint) or ([] if "…" in guessed else [guessed])
    crs = likely[0] if likely else "EPSG:…"
    zero = (("place_easting", "0"), ("place_northing", "0"), ("place_height", "0"))
    return Problem(
        code="coordinates-look-projected",
        message="The model names no place on the earth, but its coordinates are so large that they "
        "seem to be those of a map; its geometry is kept in local metres.",
        place="IfcLocalPlacement",
        got=f"x {bounds[0]:.1f} to {bounds[2]:.1f}, y {bounds[1]:.1f} to {bounds[3]:.1f}"
        + (f"; IfcSite {hint[1]:.6f}, {hint[0]:.6f}" if hint else ""),
        expected=" or ".join(likely[:3]) or "IfcMapConversion with IfcProjectedCRS",
        hint=f'In the delivery sheet: glob = "{source.path}", crs = "{crs}", place = {{easting = 0,'
        " northing = 0}.",
        proposal=(("crs", crs), *zero) if likely else zero,
    )


def far_world(frame: Points, hint: Hint, source: Source) -> Problem | None:
    """Tell of a model without a place whose world coordinate system lies where a map has it.

    Parameters
    ----------
    frame : (4, 4) array
        The world coordinate system of the model's context, translation in metres.
    hint, source
        As `looks_projected` takes them.
    """
    x, y, z = frame[:3, 3].tolist()
    if math.hypot(x, y) <= FAR_M:
        return None
    crs = next(iter(likely := _fitting(frame[:3, 3], hint)), "EPSG:…")
    turn = math.degrees(math.atan2(frame[1, 0], frame[0, 0]))
    names = ("easting", "northing", "height", "rotation")
    said = [(f"place_{n}", f"{v:.10g}") for n, v in zip(names, (x, y, z, turn), strict=True)]
    return Problem(
        code="coordinates-look-projected",
        message="The model names no place, but its world coordinate system lies where a map would "
        "have it; its geometry is kept in local metres.",
        place="IfcGeometricRepresentationContext.WorldCoordinateSystem",
        got=f"x {x:.3f}, y {y:.3f}, z {z:.3f}, turned by {turn:.4f} degrees",
        expected="IfcMapConversion with IfcProjectedCRS",
        hint=f'In the delivery sheet: glob = "{source.path}", crs = "{crs}", '
        + ", ".join(f"{name} = {value}" for name, value in said),
        proposal=(*((("crs", crs),) if likely else ()), *said),
    )


def _fitting(middle: Points, hint: Hint) -> list[str]:
    """Return the projected systems in which the site's position is near those coordinates."""
    if hint is None:
        return []
    from pyproj import CRS
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    lon, lat = hint[:2]
    area = AreaOfInterest(lon, lat, lon, lat)
    found: list[tuple[float, float, str]] = []
    for info in query_crs_info("EPSG", PJType.PROJECTED_CRS, area, contains=True):
        there = _entered(lon, lat, CRS.from_epsg(int(info.code)))
        distance = float(np.hypot(there[0] - middle[0], there[1] - middle[1]))
        if distance <= _NEAR_M and info.area_of_use is not None:
            use = info.area_of_use
            size = (use.east - use.west) * (use.north - use.south)
            found.append((size, distance, f"EPSG:{info.code}"))
    return [name for _, _, name in sorted(found)]


def _entered(lon: float, lat: float, crs: Any) -> tuple[float, float]:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        base = crs.geodetic_crs  # of another datum by some hundred metres at most
        move = Transformer.from_crs(base, crs, always_xy=True)
        x, y = move.transform(lon, lat)
    except ProjError:
        return math.inf, math.inf
    return float(x), float(y)
