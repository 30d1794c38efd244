"""Where a layer or a raster lies: its CRS, who said so, whether its coordinates can be in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, is_earth, parse_crs
from cimkit.geometry.crs_text import suppositions
from cimkit.geometry.epoch import split_epoch
from cimkit.geometry.local_crs import PREFIX
from cimkit.loaders._placing.boxes import Box, box_crs84, in_base, written
from cimkit.loaders._placing.explanations import guess
from cimkit.loaders._placing.shifts import inaccurate
from cimkit.loaders._placing.suspicions import (
    contradiction,
    displaced_by,
    line,
    null_island,
    outside,
)
from cimkit.model import Problem, Source

__all__ = ["Box", "Placed", "box_crs84", "guess", "place"]


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome."""

    crs: CRS | None
    """The CRS to place it with; None if it cannot be placed."""
    name: str | None
    """The CRS as it is named, even where it cannot be used."""
    origin: str
    """declared, assumed, sheet or none."""
    box: Box | None
    """(west, south, east, north)."""
    problems: tuple[Problem, ...]
    """What was wrong."""
    epoch: str | None = None
    """The coordinate epoch that the CRS's text has with it, decimal year."""


def place(
    where: str,
    said: str | None,
    origin: str,
    bounds: Box | None,
    source: Source,
    clues: Iterable[str] = (),
) -> Placed:
    """Decide where something lies.

    Parameters
    ----------
    where : str
        Name of the layer, for the problems.
    said : str or None
        The CRS as the sheet or the file names it; None if neither does.
    origin : str
        Who said it: declared, assumed or sheet.
    bounds : tuple or None
        (xmin, ymin, xmax, ymax) in that CRS, x before y.
    source : Source
        For the line to write in the delivery sheet.
    clues : iterable of str, optional
        Names of fields and of the program that wrote it: they may tell of a displacing map.
    """
    if said is None:
        return Placed(None, None, "none", None, (_missing(where, bounds, source),))
    found = _placed(where, said, origin, bounds, source, clues)
    _, epoch = split_epoch(said)
    return replace(found, epoch=epoch) if epoch else found


def _placed(
    where: str, said: str, origin: str, bounds: Box | None, source: Source, clues: Iterable[str]
) -> Placed:
    try:
        crs = parse_crs(said)
    except UsageError as error:
        return Placed(None, said, origin, None, (_unknown(where, said, error, source),))
    name = crs_name(crs)
    if crs.is_engineering:
        return Placed(None, name, origin, None, (_missing(where, bounds, source, crs.name),))
    if not is_earth(crs):
        foreign = Problem(
            "crs-not-earth",
            f"Its coordinate system is not one of the Earth ({crs.name}); it is not placed.",
            place=where,
            got=crs.name,
        )
        return Placed(None, name, origin, None, (foreign,))
    if bounds is None:
        return Placed(crs, name, origin, None, ())
    box = box_crs84(bounds, crs)
    lost = null_island(bounds, crs, where)
    if lost is not None:
        return Placed(crs, name, origin, box, (lost,))
    secret = name if name.startswith(PREFIX) else ""
    doubt = contradiction(*in_base(bounds, crs), box, where, source, secret)
    if doubt is not None:
        if doubt.severity == "error":
            return Placed(None, name, origin, None, (doubt,))
        return Placed(crs, name, origin, box, (doubt,))
    problems = [outside(box, crs, where)] if box is not None and not secret else []
    if box is not None and origin != "sheet":
        problems.append(displaced_by(box, crs, [source.path, *clues], where, source))
    if box is not None and not any(p is not None and p.severity == "warning" for p in problems):
        problems.append(inaccurate(box, crs))
    return Placed(crs, name, origin, box, tuple(p for p in problems if p is not None))


def _unknown(where: str, said: str, error: UsageError, source: Source) -> Problem:
    likely = suppositions(said)
    return Problem(
        "crs-unknown",
        str(error),
        "error",
        where,
        got=said[:200],
        expected=" or ".join(likely) or "EPSG:n, WKT, a PROJ string or an OGC URN",
        hint=line(source, likely[0] if likely else "EPSG:…"),
        proposal=(("crs", likely[0]),) if likely else (),
    )


def _missing(where: str, bounds: Box | None, source: Source, local: str = "") -> Problem:
    likely = guess(bounds) if bounds else "EPSG:…"
    why = (
        f"It is in a local system ({local}) of which nobody knows where it lies"
        if local
        else "It does not say in which coordinate system it is"
    )
    return Problem(
        "crs-missing",
        f"{why}, so it cannot be placed.",
        "error",
        where,
        got=written(bounds) if bounds else "",
        expected="a CRS in the file, or in the delivery sheet",
        hint=line(source, likely),
        proposal=() if "…" in likely else (("crs", likely),),
    )
