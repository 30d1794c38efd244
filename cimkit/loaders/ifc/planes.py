"""The projected CRS that an IFC model or the delivery sheet names, with axes in metres."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cimkit.loaders.ifc.claims import Claim
from cimkit.model import Problem

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["metric_crs", "named"]

_EPSG = re.compile(r"EPSG\s*:+\s*(\d{4,6})(?:\s*\+\s*(\d{4,6}))?", re.IGNORECASE)


def named(name: str, wkt: str) -> str:
    """Return the text that names the CRS: the code in it, the well-known text, or the name."""
    codes = [code for found in _EPSG.findall(name) for code in found if code]
    if codes:
        return "EPSG:" + "+".join(dict.fromkeys(codes))  # of the plane, then of the heights
    return wkt or name


def metric_crs(name: str, wkt: str, claim: Claim | None, problems: list[Problem]) -> str | None:
    """Return a projected CRS in metres for what the file says, or None and a problem.

    Parameters
    ----------
    name, wkt : str
        As the file or the sheet has them.
    claim : Claim or None
        The statement of the file, None if the sheet names the CRS.
    problems : list of Problem
        ``crs-unknown`` is appended if it cannot be used.
    """
    from cimkit.errors import CimkitError
    from cimkit.geometry.crs import crs_name, parse_crs
    from cimkit.geometry.crs_text import suppositions

    text = named(name, wkt)
    try:
        crs = parse_crs(text)
        flat: CRS = crs.sub_crs_list[0] if crs.is_compound else crs
        if not flat.is_projected:
            raise ValueError(f"{flat.type_name} instead of a projected CRS")
    except (CimkitError, ValueError) as error:
        words = " ".join(claim.words) if claim else ""
        likely = [c for c in (*suppositions(text), *suppositions(words)) if _is_plane(c)]
        problems.append(
            Problem(
                code="crs-unknown",
                message="The model names a CRS that cannot be used; it is not placed by it.",
                place=claim.entity if claim else "IfcProjectedCRS",
                got=f"{name or text[:60]!r} ({str(error)[:120]})" if text else "no name",
                expected=" or ".join(likely[:3]) or "EPSG:n of a projected CRS",
                hint='In the delivery sheet: crs = "' + (likely[0] if likely else "EPSG:…") + '".',
                proposal=(("crs", likely[0]),) if likely else (),
            )
        )
        return None
    if all(abs(axis.unit_conversion_factor - 1.0) < 1e-12 for axis in flat.axis_info[:2]):
        return crs_name(crs)
    return _in_metres(flat)


def _is_plane(code: str) -> bool:
    from cimkit.errors import CimkitError
    from cimkit.geometry.crs import parse_crs

    try:
        crs = parse_crs(code)
    except CimkitError:
        return False
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    return bool(flat.is_projected)


def _in_metres(crs: CRS) -> str:
    """Return the same projection with axes in metres: placements are metres by convention."""
    from pyproj import CRS

    plain = crs.to_json_dict()
    plain.pop("id", None)
    plain["name"] = f"{plain['name']} (in metres)"
    for axis in plain["coordinate_system"]["axis"]:
        axis["unit"] = "metre"
    return str(CRS.from_json_dict(plain).to_wkt())
