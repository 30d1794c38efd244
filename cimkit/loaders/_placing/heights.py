"""What the heights of a source are measured from, and whether they can be heights at all.

Nothing here moves a height: what is known goes to `Asset.vertical_datum`, what is not is a problem.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cimkit.geometry.vertical import (
    HeightKind,
    Vertical,
    likely_vertical,
    read_vertical,
    vertical_part,
)
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["Heights", "heights", "unsaid"]

LOWEST_M, HIGHEST_M = -2_000.0, 9_000.0
"""Deeper than the mines and higher than the mountains, nothing of a city stands."""
_NO_HEIGHT = (-9999.0, -99999.0, -32767.0, -32768.0, -999.0, -9999999.0)


@dataclass(frozen=True, slots=True)
class Heights:
    """The outcome."""

    datum: str | None
    """``EPSG:n`` where it is certain (of the 3D geographic CRS if the heights are ellipsoidal),
    else the name as it was given; None if nothing is known."""
    kind: HeightKind
    """ellipsoidal, orthometric, local or unknown."""
    problems: tuple[Problem, ...] = ()
    """What was wrong."""


def heights(
    where: str,
    crs: CRS | None,
    said: str | None,
    origin: str,
    z: tuple[float, float] | None,
    source: Source,
) -> Heights:
    """Decide what heights are measured from.

    The sheet outranks the vertical part of the CRS, which outranks a name that the file gives.

    Parameters
    ----------
    where : str
        Name of the layer, for the problems.
    crs : CRS or None
        Of the source; compound and 3D ones say themselves what heights are measured from.
    said : str or None
        The vertical datum as the sheet, else the file names it.
    origin : str
        Who said it: sheet, declared or none.
    z : tuple or None
        (lowest, highest) height as the source gives them; None if it has none.
    source : Source
        For the line to write in the delivery sheet.
    """
    told = read_vertical(said, crs) if said else None
    own = vertical_part(crs) if crs is not None else None
    problems: list[Problem] = []
    if said and told is None and origin == "sheet":
        problems.append(_no_vertical(where, said, source))
    found = _decide(where, told, own, origin, source, problems)
    if z is None:
        return Heights(
            found.datum if found else None, found.kind if found else "unknown", tuple(problems)
        )
    if found is None:
        if z != (0.0, 0.0) and not (said and problems):
            problems.append(_unknown(where, crs, said, z, source))
    elif found.down:
        problems.append(
            Problem(
                "vertical-axis-down",
                f"{found.datum} counts depths downwards; they are kept as the source has them.",
                "info",
                where,
                got=_shown(z),
            )
        )
    strange = _strange(where, z, found, crs, source)
    if strange is not None:
        problems.append(strange)
    if found is None:
        return Heights(None, "unknown", tuple(problems))
    return Heights(found.datum, found.kind, tuple(problems))


def unsaid(asset: Asset, source: Source) -> tuple[Problem, ...]:
    """Return that a source has heights, and neither it nor its loader says anything of them.

    Where the ground plan has no CRS that is said; its heights may be those of a workshop.

    Parameters
    ----------
    asset : Asset
        With all that the file and the sheet say.
    source : Source
        Its source.
    """
    told = any(p.code.startswith("vertical-") for p in asset.problems)
    if asset.crs is None or asset.vertical_datum is not None or told:
        return ()
    if asset.bbox is None or len(asset.bbox) != 6:
        return ()
    z = (asset.bbox[2], asset.bbox[5])
    return () if z == (0.0, 0.0) else (_unknown("", None, None, z, source),)


def _decide(
    where: str,
    told: Vertical | None,
    own: Vertical | None,
    origin: str,
    source: Source,
    problems: list[Problem],
) -> Vertical | None:
    if told is None or own is None:
        if told is not None and told.probable:
            problems.append(_ambiguous(where, told, source))
        elif told is not None and told.kind == "unknown":
            problems.append(_unrecognised(where, told))
        return told or own
    if told.datum == own.datum or own.datum in told.probable:
        return own
    first, second = (told, own) if origin == "sheet" else (own, told)
    problems.append(
        Problem(
            "vertical-datum-contradiction",
            f"Its heights are said to be {told.datum}, but its coordinate system says "
            f"{own.datum}; {first.datum} was taken.",
            place=where,
            got=second.datum,
            expected=first.datum,
            hint=_line(source, second.datum) + " if the other is right.",
            proposal=(("vertical_datum", first.datum),),
        )
    )
    return replace(first, probable=())


def _line(source: Source, datum: str) -> str:
    return f'In the delivery sheet: glob = "{source.path}", vertical_datum = "{datum}"'


def _shown(z: tuple[float, float]) -> str:
    return f"z {z[0]:.6g} to {z[1]:.6g}"


def _unknown(
    where: str, crs: CRS | None, said: str | None, z: tuple[float, float], source: Source
) -> Problem:
    likely = likely_vertical(crs) if crs is not None else None
    foot = ""
    if crs is not None and not crs.is_geographic and crs.axis_info:
        axis = crs.axis_info[0]
        if abs(axis.unit_conversion_factor - 1) > 1e-9:
            foot = f" Its plane is in {axis.unit_name}; the heights may be too."
    return Problem(
        "vertical-datum-unknown",
        "It has heights and does not say what they are measured from; they are kept as they are."
        + foot,
        "info",
        where,
        got=f"{_shown(z)}, {said}" if said else _shown(z),
        expected="a vertical datum, or a compound CRS",
        hint=_line(source, likely or "EPSG:…")
        + ", or the 3D geographic CRS (EPSG:4979, EPSG:4480) if they are ellipsoidal.",
        proposal=(("vertical_datum", likely),) if likely else (),
    )


def _no_vertical(where: str, said: str, source: Source) -> Problem:
    return Problem(
        "vertical-datum-unknown",
        "What is declared as its vertical datum says nothing about heights.",
        "warning",
        where,
        got=said,
        expected="EPSG:n of a vertical CRS, or of a 3D geographic one",
        hint=_line(source, "EPSG:5737") + ", for example.",
    )


def _ambiguous(where: str, told: Vertical, source: Source) -> Problem:
    return Problem(
        "vertical-datum-ambiguous",
        "The name of its vertical datum fits more than one; it is kept as a name.",
        "info",
        where,
        got=told.datum,
        expected=" or ".join(told.probable),
        hint=_line(source, told.probable[0]) + " if that is the one.",
        proposal=(("vertical_datum", told.probable[0]),),
    )


def _unrecognised(where: str, told: Vertical) -> Problem:
    return Problem(
        "vertical-datum-unrecognised",
        "Its vertical datum is known by this name only; its heights cannot be changed to others.",
        "info",
        where,
        got=told.datum,
        expected="EPSG:n of a vertical CRS",
    )


def _strange(
    where: str,
    z: tuple[float, float],
    found: Vertical | None,
    crs: CRS | None,
    source: Source,
) -> Problem | None:
    """Tell heights that are none: values for "no data", millimetres, the centre of the Earth."""
    if crs is not None and crs.is_geocentric:
        return None  # there z is no height
    unit = found.unit_m if found is not None else 1.0
    low, high = z[0] * unit, z[1] * unit
    if found is not None and found.down:
        low, high = -high, -low
    if z[0] in _NO_HEIGHT or z[0] < -1e30 or z[1] > 1e30:
        return Problem(
            "height-no-data",
            "Some of its heights are a number that stands for no height.",
            place=where,
            got=_shown(z),
            expected="a height, or none",
        )
    if low >= LOWEST_M and high <= HIGHEST_M:
        return None
    small = max(abs(low), abs(high)) / 1000
    why = " In millimetres they would be plausible." if 20 <= small <= HIGHEST_M else ""
    return Problem(
        "height-implausible",
        f"Nothing of a city stands so low or so high.{why}",
        place=where,
        got=_shown(z),
        expected=f"{LOWEST_M:.0f} to {HIGHEST_M:.0f} m",
        hint="Look at the unit of the heights, and whether another column was taken for them.",
    )
