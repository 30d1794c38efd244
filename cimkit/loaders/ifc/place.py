"""Where an IFC model stands: delivery sheet > IfcMapConversion > ePSet_MapConversion > nowhere.

``IfcSite.RefLatitude`` and ``RefLongitude`` are a hint: they are compared, never obeyed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.claims import Claim, claims, length_unit, site_hint, true_north, world
from cimkit.model import Declaration, Place, Problem

__all__ = ["CONTRADICTION_M", "Georeference", "georeference"]

Matrix = npt.NDArray[np.float64]
_EPSG = re.compile(r"(?:EPSG\s*:+\s*)(\d{4,6})", re.IGNORECASE)
CONTRADICTION_M = 1_000.0
"""Site and map conversion may differ by this much: RefLatitude often is that of the town."""


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where a model stands, and who said so."""

    origin: Literal["sheet", "map-conversion", "epset", "none"] = "none"
    """Who placed it; *none*: nobody did."""
    crs: str | None = None
    """CRS whose axes are in metres; None if the model is not placed."""
    crs_origin: Literal["declared", "sheet", "none"] = "none"
    """Who said so."""
    vertical_datum: str | None = None
    """As the file or the sheet names it."""
    matrix: Matrix = field(default_factory=lambda: np.eye(4))
    """(4, 4), takes metres of the model to easting, northing, height in metres."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What was stated, for `Asset.properties`."""

    @property
    def placed(self) -> bool:
        """Whether the model has a place on the earth."""
        return self.crs is not None


def georeference(model: Any, declared: Declaration, problems: list[Problem]) -> Georeference:
    """Decide where a model stands.

    Parameters
    ----------
    model : ifcopenshell.file
    declared : Declaration
        The sheet's ``place``, ``crs`` and ``vertical_datum`` outrank the file.
    problems : list of Problem
        ``georeference-missing``, ``georeference-contradiction``, ``crs-unknown``,
        ``map-scale-inconsistent`` and ``georeference-implausible`` are appended.
    """
    unit = length_unit(model)
    hint = site_hint(model, problems)
    stated = claims(model)
    facts: dict[str, Any] = {}
    if hint:
        facts["site"] = {"longitude": hint[0], "latitude": hint[1], "elevation": hint[2]}
    north = true_north(model)
    if north is not None:
        facts["true_north"] = north
    result = Georeference(facts=facts)
    if declared.place is not None:
        name = declared.crs or (stated[0].crs if stated else "")
        crs = _metric_crs(name, "", problems)
        if crs is not None:
            matrix = _helmert(declared.place, declared.place.scale)
            result = Georeference(
                "sheet", crs, "sheet", declared.vertical_datum, matrix, facts | {"crs": name}
            )
    if not result.placed:
        for claim in stated:
            found = _placed(claim, model, unit, declared, facts, problems)
            if found is not None:
                result = found
                break
    if not result.placed:
        if model.by_type("IfcProduct"):  # a library of types stands nowhere, rightly
            problems.append(_missing(hint, stated))
        return result
    return _verified(result, hint, problems)


def _placed(
    claim: Claim,
    model: Any,
    unit: float,
    declared: Declaration,
    facts: dict[str, Any],
    problems: list[Problem],
) -> Georeference | None:
    name, wkt = (declared.crs, "") if declared.crs else (claim.crs, claim.wkt)
    crs = _metric_crs(name, wkt, problems)
    if crs is None:
        return None
    from cimkit.geometry.crs import metres_per_unit, parse_crs

    map_unit = claim.map_unit or metres_per_unit(parse_crs(_named(name, wkt)))
    place = claim.place
    scale = place.scale * map_unit / unit
    if not 0.9 < scale < 1.1:
        # A building does not shrink: the factor was meant for other units than it is said to be.
        problems.append(
            Problem(
                code="map-scale-inconsistent",
                message="Scale, map unit and project unit do not fit together; 1 metre of the "
                "model was taken as 1 metre of the map.",
                place=claim.entity,
                got=f"Scale {place.scale:g}, map unit {map_unit:g} m, project unit {unit:g} m",
                expected=f"Scale {unit / map_unit:g}",
                hint="Correct IfcMapConversion.Scale or IfcProjectedCRS.MapUnit.",
            )
        )
        scale = 1.0
    metric = Place(
        place.easting * map_unit, place.northing * map_unit, place.height * map_unit, place.rotation
    )
    matrix = _helmert(metric, scale) @ np.diag([*claim.factors, 1.0])
    matrix = matrix @ np.linalg.inv(world(model, unit))
    said = {"crs": name or "WKT", "scale": place.scale, "rotation": place.rotation}
    return Georeference(
        claim.origin,
        crs,
        "sheet" if declared.crs else "declared",
        declared.vertical_datum or claim.vertical_datum or _vertical(crs),
        matrix,
        facts | said,
    )


def _vertical(crs: str) -> str | None:
    """Return the vertical part of a compound CRS."""
    from cimkit.geometry.crs import crs_name, parse_crs

    parts = parse_crs(crs).sub_crs_list
    return crs_name(parts[1]) if len(parts) > 1 else None


def _helmert(place: Place, scale: float) -> Matrix:
    turn = math.radians(place.rotation)
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    return np.array(
        [
            [cos, -sin, 0.0, place.easting],
            [sin, cos, 0.0, place.northing],
            [0.0, 0.0, scale, place.height],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def _named(name: str, wkt: str) -> str:
    """Return the text that pyproj may understand: the WKT, the codes, or the name itself."""
    codes = _EPSG.findall(name)
    if codes:
        return f"EPSG:{codes[0]}"
    if name.strip().isdigit():
        return f"EPSG:{name.strip()}"
    return wkt or name


def _metric_crs(name: str, wkt: str, problems: list[Problem]) -> str | None:
    """Return a projected CRS in metres for what the file says, or None and a problem."""
    from pyproj.exceptions import CRSError

    from cimkit.errors import CimkitError
    from cimkit.geometry.crs import crs_name, parse_crs

    text = _named(name, wkt)
    try:
        crs = parse_crs(text)
        flat = crs.sub_crs_list[0] if crs.is_compound else crs
        if not flat.is_projected:
            raise ValueError(f"{flat.type_name} instead of a projected CRS")
    except (CRSError, CimkitError, ValueError) as error:
        problems.append(
            Problem(
                code="crs-unknown",
                message="The model names a CRS that cannot be used; it is not placed by it.",
                place="IfcProjectedCRS",
                got=f"{name or text[:60]!r} ({str(error)[:120]})" if text else "no name",
                expected="EPSG:n of a projected CRS",
                hint='In the delivery sheet: crs = "EPSG:…".',
            )
        )
        return None
    if all(abs(axis.unit_conversion_factor - 1.0) < 1e-12 for axis in flat.axis_info[:2]):
        return crs_name(crs)
    return _in_metres(flat)


def _in_metres(crs: Any) -> str:
    """Return the same projection with axes in metres: placements are metres by convention."""
    from pyproj import CRS

    plain = crs.to_json_dict()
    plain.pop("id", None)
    plain["name"] = f"{plain['name']} (in metres)"
    for axis in plain["coordinate_system"]["axis"]:
        axis["unit"] = "metre"
    return str(CRS.from_json_dict(plain).to_wkt())


def _verified(
    result: Georeference, hint: tuple[float, float, float] | None, problems: list[Problem]
) -> Georeference:
    from pyproj import Geod

    from cimkit.geometry.crs import parse_crs, to_crs84

    crs = parse_crs(result.crs or "")
    lon, lat = (float(v) for v in to_crs84(result.matrix[None, :2, 3], crs)[0])
    if not (math.isfinite(lon) and math.isfinite(lat)):
        problems.append(_implausible(result, "its coordinates are outside the projection", "error"))
        return Georeference(facts=result.facts)
    area = crs.area_of_use
    if area is not None:
        wide = area.east - area.west if area.east >= area.west else 360.0
        inside = area.south - 2 <= lat <= area.north + 2 and (
            wide >= 350 or area.west - 2 <= lon <= area.east + 2
        )
        if not inside:
            problems.append(
                _implausible(result, f"{lat:.5f}, {lon:.5f} lies outside {area.name}", "warning")
            )
    if hint:
        metres = Geod(ellps="WGS84").inv(lon, lat, hint[0], hint[1])[2]
        if metres > CONTRADICTION_M:
            problems.append(
                Problem(
                    code="georeference-contradiction",
                    message=f"The {result.origin} and IfcSite name places {metres:,.0f} m apart; "
                    f"the {result.origin} was obeyed.",
                    place="IfcSite",
                    got=f"IfcSite {hint[1]:.6f}, {hint[0]:.6f} (distance {metres:.0f} m)",
                    expected=f"{result.origin} {lat:.6f}, {lon:.6f}",
                    hint="Correct RefLatitude and RefLongitude, or the map conversion.",
                )
            )
    result.facts["origin"] = [lon, lat]
    return result


def _implausible(result: Georeference, why: str, severity: Literal["error", "warning"]) -> Problem:
    east, north = result.matrix[:2, 3]
    return Problem(
        code="georeference-implausible",
        message=f"The {result.origin} puts the model where its CRS is not meant to be used: {why}.",
        severity=severity,
        place="IfcMapConversion",
        got=f"E {east:.3f} m, N {north:.3f} m",
        expected=f"coordinates within the area of {str(result.facts.get('crs'))[:60]}",
        hint="Look for easting and northing exchanged, a missing zone number or another unit.",
    )


def _missing(hint: tuple[float, float, float] | None, stated: list[Claim]) -> Problem:
    seen = f"IfcSite {hint[1]:.6f}, {hint[0]:.6f} (a hint only)" if hint else "nothing"
    return Problem(
        code="georeference-missing",
        message="The model has no usable place on the earth; its geometry is kept in local metres.",
        got=f"an unusable {stated[0].origin}" if stated else seen,
        expected="IfcMapConversion with IfcProjectedCRS",
        hint='In the delivery sheet: crs = "EPSG:…" and place = {easting, northing, height, '
        "rotation}.",
    )
