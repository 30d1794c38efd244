"""Whether a model's place on the earth is said once, and in terms that others know."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_SAME = 1e-6
"""Relative difference of scales that are the same."""
_NEAR = 1e-5
"""The same, of scales that take in the projection's: that differs from end to end of a site."""
_EARTH = 6_371_000.0
"""Mean radius, metres."""
_DATUMS = (
    "GEODETIC_REFERENCE_FRAME",
    "DYNAMIC_GEODETIC_REFERENCE_FRAME",
    "VERTICAL_REFERENCE_FRAME",
)


@cache
def _codes() -> frozenset[str]:
    from pyproj.database import get_codes

    kinds = ("CRS", "DATUM_ENSEMBLE", *_DATUMS)
    return frozenset(f"EPSG:{c}" for k in kinds for c in get_codes("EPSG", k))


@cache
def _crs_codes() -> frozenset[str]:
    from pyproj.database import get_codes

    return frozenset(f"EPSG:{c}" for c in get_codes("EPSG", "CRS"))


def _systems(model: Model) -> list[Any]:
    return model.of("IfcCoordinateReferenceSystem")


def _same(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    contexts = model.of("IfcGeometricRepresentationContext", exactly=True)
    said = [[_content(o) for o in c.HasCoordinateOperation or ()] for c in contexts]
    if not any(said):
        return
    found.look(len(contexts))
    for context, one in zip(contexts, said, strict=True):
        if one != said[0]:
            found.fail(context, "; ".join(map(str, one)) or "-", "; ".join(map(str, said[0])))


def _content(operation: Any) -> str:
    said = operation.get_info(include_identifier=False)
    said.pop("SourceCRS", None)
    if said.get("TargetCRS") is not None:
        said["TargetCRS"] = said["TargetCRS"].get_info(include_identifier=False)
    return json.dumps(said, sort_keys=True, default=str)


def _is_code(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for system in _systems(model):
        found.look()
        if system.Name not in _crs_codes():
            found.fail(system, system.Name, "EPSG:…")


def _known(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for system in _systems(model):
        for name in ("Name", "GeodeticDatum", "VerticalDatum"):
            value = getattr(system, name, None) or ""
            if not value.startswith("EPSG:"):
                continue
            found.look()
            if value not in (_crs_codes() if name == "Name" else _codes()):
                found.fail(system, f"{name}: {value}", "EPSG")


def _needed(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    if _systems(model):
        return
    things = [t for n in ("IfcFacility", "IfcBuilding", "IfcAlignment") for t in model.of(n)]
    things += [
        s
        for s in model.of("IfcSite")
        if (s.RefLatitude, s.RefLongitude, s.RefElevation) != (None, None, None)
    ]
    for thing in things[:1]:
        found.look()
        found.fail(thing, "-", "IfcCoordinateReferenceSystem")


def _map_unit(system: Any) -> float | None:
    """Return the metres in the unit of a map, None if neither it nor EPSG tells."""
    from pyproj import CRS

    from cimkit.loaders.ifc.units import si_factor

    unit = getattr(system, "MapUnit", None)
    if unit is not None:
        return si_factor(unit)
    name = getattr(system, "Name", None) or ""
    if name not in _crs_codes():
        return 1.0
    axes = CRS.from_string(name).axis_info
    lengths = [a.unit_conversion_factor for a in axes if "degree" not in a.unit_name]
    return float(lengths[0]) if lengths else None


def _grid_scale(operation: Any) -> float:
    """Return map lengths per length on the ellipsoid where a model stands; NaN if unknown."""
    from pyproj import CRS, Proj, Transformer

    name = getattr(operation.TargetCRS, "Name", None) or ""
    system = CRS.from_string(name) if name in _crs_codes() else None
    if system is None or not system.is_projected:
        return math.nan
    way = Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    lon, lat = way.transform(operation.Eastings, operation.Northings)
    if not (math.isfinite(lon) and abs(lat) < 90):
        return math.nan
    return float(Proj(system).get_factors(lon, lat).meridional_scale)


def _scale(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for operation in model.of("IfcMapConversion"):
        own = _map_unit(operation.TargetCRS)
        if own is None:
            continue
        due = model.length_unit / own
        found.look()
        scale = operation.Scale if operation.Scale is not None else 1.0
        factors = {getattr(operation, f"Factor{axis}", 1.0) or 1.0 for axis in "XYZ"}
        dues = {due}
        if getattr(operation.TargetCRS, "MapUnit", None) is None:
            # Where only EPSG tells the unit, published cases take the quotient the other way round.
            dues.add(1 / due)
        scales = [scale * f for f in factors | {1.0}]
        # Many write the projection's scale in as well, reduced to sea level or not.
        grid = _grid_scale(operation)
        sea = 1 - (operation.OrthogonalHeight or 0.0) * own / _EARTH
        if not any(
            math.isclose(s, d, rel_tol=_SAME)
            or any(math.isclose(s, d * g, rel_tol=_NEAR) for g in (grid, grid * sea))
            for s in scales
            for d in dues
        ):
            found.fail(operation, f"Scale: {scale:.10g}", f"{due:.10g}")


def _vertical(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    from pyproj import CRS

    for system in model.of("IfcProjectedCRS"):
        datum = getattr(system, "VerticalDatum", None) or ""
        if datum not in _crs_codes():
            continue
        found.look()
        crs = CRS.from_string(datum)
        if not (crs.is_vertical or crs.is_compound):
            found.fail(system, f"VerticalDatum: {datum} ({crs.type_name})", "Vertical CRS")


TESTS = {
    "same-operation": _same,
    "epsg-code": _is_code,
    "epsg-known": _known,
    "crs-needed": _needed,
    "map-scale": _scale,
    "vertical-datum": _vertical,
}
