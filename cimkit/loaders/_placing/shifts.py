"""What the change of datum on the way to CRS84 does not know, told with its size."""

from __future__ import annotations

import re

from pyproj import CRS

from cimkit.geometry.accuracy import way_to_crs84
from cimkit.geometry.named_crs import NamedCRS
from cimkit.loaders._placing.boxes import Box
from cimkit.model import Problem

__all__ = ["inaccurate"]

_WORTH_TELLING_M = 1.0


def inaccurate(box: Box, crs: CRS) -> Problem | None:
    """Return that positions in CRS84 are off, or good to so many metres only.

    It is about the CRS and not about a layer: layers in the same CRS have the same problem.
    """
    way = way_to_crs84(crs, box)
    if way is None:
        return None
    name = crs.name if isinstance(crs, NamedCRS) or crs.name != "unknown" else "its CRS"
    if way.ballpark:
        datum = None if isinstance(crs, NamedCRS) else crs.datum
        unnamed = datum is not None and re.search("nknown|[Nn]ot.specified|unnamed", datum.name)
        return Problem(
            "datum-shift-unknown",
            f"Nobody published parameters from {name} to WGS 84 for this place; its positions were "
            f"taken over without a change of datum and may be off by {way.possible}.",
            "info" if unnamed else "warning",
            got=name,
            expected="parameters of the change to CGCS2000 or WGS 84",
            hint="Deliver it in CGCS2000, or declare a PROJ string with +towgs84, or a definition "
            'with local_crs, if the parameters are known: crs = "local:NAME".',
        )
    if way.accuracy_m is None or way.accuracy_m <= _WORTH_TELLING_M:
        return None
    return Problem(
        "datum-shift-inaccurate",
        f"Its positions were taken from {name} to WGS 84 by an operation that is good to "
        f"{way.accuracy_m:g} m.",
        "info",
        got=f"{way.accuracy_m:g} m",
        expected=f"{_WORTH_TELLING_M:g} m",
        hint=f"With the grid {way.missing_grid} PROJ would do better; it is not installed."
        if way.missing_grid
        else "",
    )
