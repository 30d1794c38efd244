"""Where an IFC model stands: delivery sheet > IfcMapConversion > ePSet_MapConversion > nowhere.

``IfcSite.RefLatitude`` and ``RefLongitude`` are a hint: they are compared, never obeyed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.claims import Claim, claims
from cimkit.loaders.ifc.hints import site_hint, true_north, world
from cimkit.loaders.ifc.planes import metric_crs, named
from cimkit.loaders.ifc.units import length_unit, unit_problems
from cimkit.model import Declaration, Place, Problem, Source

__all__ = ["Georeference", "georeference"]

Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]
_NOBODY = Source("", Path())


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
    """``EPSG:n`` where that is certain, else as the file or the sheet names it."""
    matrix: Matrix = field(default_factory=lambda: np.eye(4))
    """(4, 4), takes metres of the model to easting, northing, height in metres."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What was stated, for `Asset.properties`."""

    @property
    def placed(self) -> bool:
        """Whether the model has a place on the earth."""
        return self.crs is not None


def georeference(
    model: Any,
    declared: Declaration,
    problems: list[Problem],
    source: Source = _NOBODY,
    points: Callable[[], Points] | None = None,
) -> Georeference:
    """Decide where a model stands.

    Parameters
    ----------
    model : ifcopenshell.file
    declared : Declaration
        The sheet's ``place``, ``crs`` and ``vertical_datum`` outrank the file.
    problems : list of Problem
        ``georeference-missing``, ``georeference-contradiction``, ``true-north-contradiction``,
        ``crs-unknown``, ``map-scale-inconsistent``, ``georeference-implausible``,
        ``coordinates-look-projected``, and those of units, places and heights are appended.
    source : Source, optional
        For the line to write in the delivery sheet.
    points : callable, optional
        Returns the (n, 3) origins of the placements in metres of the model.
    """
    from cimkit.loaders.ifc.contradictions import contradictions, far_world, looks_projected

    unit = length_unit(model)
    problems += unit_problems(model)
    hint = site_hint(model, problems)
    stated = claims(model, problems)
    facts: dict[str, Any] = {}
    if hint:
        facts["site"] = {"longitude": hint[0], "latitude": hint[1], "elevation": hint[2]}
    north = true_north(model)
    if north is not None:
        facts["true_north"] = north
    local = points() if points is not None else np.empty((0, 3))
    local = local[np.isfinite(local).all(axis=1)]
    if local.any():  # sites and storeys stand at the origin of the model, wherever that is
        local = local[local.any(axis=1)]
    result = Georeference(facts=facts)
    if declared.place is not None:
        result = _by_sheet(declared, declared.place, stated, facts, problems)
    others: list[Georeference] = []
    for claim in stated:
        own: list[Problem] = []
        found = _placed(claim, model, unit, declared, facts, own)
        if not result.placed:
            problems += own
            result = found or result
        elif found is not None:
            others.append(found)
    if not result.placed:
        if model.by_type("IfcProduct"):  # a library of types stands nowhere, rightly
            frame = world(model, unit)
            projected = looks_projected(local, hint, source) or far_world(frame, hint, source)
            problems.append(projected or _missing(hint, stated, source))
        return result
    result = _verified(result, local, source, problems)
    if result.placed:
        problems += contradictions(result, others, hint, north, local)
    return _with_heights(result, local, declared, stated, source, problems)


def _by_sheet(
    declared: Declaration,
    place: Place,
    stated: list[Claim],
    facts: dict[str, Any],
    problems: list[Problem],
) -> Georeference:
    claim = stated[0] if stated else None
    name = declared.crs or (claim.crs if claim else "")
    wkt = claim.wkt if claim and not declared.crs else ""
    crs = metric_crs(name, wkt, claim if not declared.crs else None, problems)
    if crs is None:
        return Georeference(facts=facts)
    said = {"crs": name or "WKT", "scale": place.scale, "rotation": place.rotation}
    return Georeference(
        "sheet",
        crs,
        "sheet" if declared.crs else "declared",
        declared.vertical_datum,
        _helmert(place, place.scale),
        facts | said,
    )


def _placed(
    claim: Claim,
    model: Any,
    unit: float,
    declared: Declaration,
    facts: dict[str, Any],
    problems: list[Problem],
) -> Georeference | None:
    name, wkt = (declared.crs, "") if declared.crs else (claim.crs, claim.wkt)
    crs = metric_crs(name, wkt, None if declared.crs else claim, problems)
    if crs is None:
        return None
    from cimkit.geometry.crs import metres_per_unit, parse_crs

    map_unit = claim.map_unit or metres_per_unit(parse_crs(named(name, wkt)))
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
    matrix = matrix @ np.linalg.inv(world(model, unit, claim.context))
    said = {"crs": name or "WKT", "scale": place.scale, "rotation": place.rotation}
    return Georeference(
        claim.origin,
        crs,
        "sheet" if declared.crs else "declared",
        declared.vertical_datum or claim.vertical_datum,
        matrix,
        facts | said | {"stated_by": claim.entity},
    )


def _with_heights(
    result: Georeference,
    local: Points,
    declared: Declaration,
    stated: list[Claim],
    source: Source,
    problems: list[Problem],
) -> Georeference:
    """Name what the heights of the model are measured from."""
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders._placing.heights import heights

    if not result.placed:
        return result
    said, origin = declared.vertical_datum, "sheet"
    if said is None:
        said = next((c.vertical_datum for c in stated if c.vertical_datum), None)
        origin = "declared" if said else "none"
    corners = local if len(local) else np.zeros((1, 3))
    z = corners @ result.matrix[2, :3] + result.matrix[2, 3]
    decided = heights(
        "IfcProjectedCRS",
        parse_crs(result.crs or ""),
        said,
        origin,
        (float(z.min()), float(z.max())),
        source,
    )
    problems += decided.problems
    return replace(
        result,
        vertical_datum=decided.datum or said,
        facts=result.facts | {"heights": decided.kind},
    )


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


def _verified(
    result: Georeference, local: Points, source: Source, problems: list[Problem]
) -> Georeference:
    """Ask whether coordinates of that size can be in that CRS; if not, nobody placed the model."""
    from cimkit.loaders._placing import place

    corners = local if len(local) else np.zeros((1, 3))
    moved = corners @ result.matrix[:3, :3].T + result.matrix[:3, 3]
    (xmin, ymin), (xmax, ymax) = moved[:, :2].min(axis=0), moved[:, :2].max(axis=0)
    bounds = (float(xmin), float(ymin), float(xmax), float(ymax))
    where = str(result.facts.get("stated_by", "delivery sheet"))
    decided = place(where, result.crs, result.crs_origin, bounds, source)
    problems += decided.problems
    if decided.crs is None or not all(math.isfinite(v) for v in bounds):
        return Georeference(facts=result.facts)
    from cimkit.geometry.crs import to_crs84

    lon, lat = (float(v) for v in to_crs84(result.matrix[None, :2, 3], decided.crs)[0])
    if not (math.isfinite(lon) and math.isfinite(lat)):
        problems.append(_implausible(result, where))
        return Georeference(facts=result.facts)
    result.facts["origin"] = [lon, lat]
    return result


def _implausible(result: Georeference, where: str) -> Problem:
    east, north = result.matrix[:2, 3]
    return Problem(
        code="georeference-implausible",
        message=f"The {result.origin} puts the origin of the model outside the projection.",
        severity="error",
        place=where,
        got=f"E {east:.3f} m, N {north:.3f} m",
        expected=f"coordinates within the area of {str(result.facts.get('crs'))[:60]}",
        hint="Look for easting and northing exchanged, a missing zone number or another unit.",
    )


def _missing(
    hint: tuple[float, float, float] | None, stated: list[Claim], source: Source
) -> Problem:
    seen = f"IfcSite {hint[1]:.6f}, {hint[0]:.6f} (a hint only)" if hint else "nothing"
    where = f'glob = "{source.path}", ' if source.path else ""
    return Problem(
        code="georeference-missing",
        message="The model has no usable place on the earth; its geometry is kept in local metres.",
        got=f"an unusable {stated[0].origin}" if stated else seen,
        expected="IfcMapConversion with IfcProjectedCRS",
        hint=f'In the delivery sheet: {where}crs = "EPSG:…" and place = {{easting, northing, '
        "height, rotation}.",
    )
