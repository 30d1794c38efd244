"""Whether coordinates can be in the CRS they are said to be in; if not, what may have happened."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from pyproj import CRS

from cimkit.geometry.crs import crs_name, from_crs84, is_geographic
from cimkit.loaders._placing.boxes import (
    Box,
    apart_km,
    are_degrees,
    area_of,
    excess_km,
    written,
)
from cimkit.loaders._placing.explanations import Explanation, explain, guess
from cimkit.model import Problem, Source

__all__ = ["contradiction", "displaced_by", "line", "null_island", "outside"]

_FAR_KM = 300.0
"""So far out of the area of use, a CRS is not taken by its word if something else explains it."""
_SLACK_KM = 50.0
"""Areas of use are those of a country's survey or of half a zone; works reach over them."""
_GCJ = re.compile(r"gcj|amap|autonavi|高德|腾讯|tencent|qqmap|火星坐标|ovi|奥维", re.IGNORECASE)
_BD = re.compile(r"(?<![a-z])(baidu|bd[-_]?0?9|bmap)|百度", re.IGNORECASE)
_CHINA: Box = (73.4, 3.4, 135.1, 53.6)


def line(source: Source, crs: str) -> str:
    """Return the words for the delivery sheet."""
    return f'In the delivery sheet: glob = "{source.path}", crs = "{crs}".'


def contradiction(
    bounds: Box, crs: CRS, box: Box | None, where: str, source: Source, secret: str = ""
) -> Problem | None:
    """Return what keeps a layer from being placed, or a doubt about it.

    Parameters
    ----------
    bounds : tuple
        In the CRS, x before y.
    box : tuple or None
        The same in CRS84.
    secret : str, optional
        Name of a local system, if they are in one: then `crs` is what it is based on, and nothing
        of it is told.
    """
    problem = None if secret else _degrees_or_metres(bounds, crs, where, source)
    if problem is not None:
        return problem
    area = area_of(crs)
    away = _FAR_KM + 1 if box is None or area is None else apart_km(box, area)
    if area is None or away <= _SLACK_KM or (away <= _FAR_KM and secret):
        return None
    if away <= _FAR_KM:
        near = explain(bounds, crs, most_km=0.0)
        return None if near is None else _explained(near, bounds, box, crs, where, source)
    if secret:
        return Problem(
            "coordinates-contradict-crs",
            f"Its coordinates cannot be in {secret}; it is not placed.",
            "error",
            where,
            got=f"somewhere {apart_km(box, area):.0f} km from its area" if box else "nowhere",
            expected=f"coordinates of {secret}",
        )
    found = explain(bounds, crs)
    if found is not None:
        return _explained(found, bounds, box, crs, where, source)
    if box is None or not _reduced(bounds, crs):
        return None
    return Problem(
        "coordinates-reduced",
        f"Its coordinates are too small for {crs.name}: a constant seems to have been taken off "
        "them, or they are local ones; it is not placed.",
        "error",
        where,
        got=written(bounds),
        expected=f"coordinates of {crs.name}",
        hint=line(source, f"{crs_name(crs)[:40]} | shift DX DY")
        + ' Or a local system: crs = "local:NAME", local_crs = "NAME.toml".',
    )


def _degrees_or_metres(bounds: Box, crs: CRS, where: str, source: Source) -> Problem | None:
    xmin, ymin, xmax, ymax = bounds
    degrees = xmin >= -180 and xmax <= 180 and ymin >= -180 and ymax <= 180
    degrees = degrees and (max(-ymin, ymax) <= 90 or max(-xmin, xmax) <= 90)
    if is_geographic(crs) and not are_degrees(bounds):
        found = explain(bounds, crs)
        if found is not None and found.code == "coordinates-swapped":
            return _explained(found, bounds, None, crs, where, source)
        likely = found.crs if found is not None else guess(bounds)
        why = f" {found.why}" if found is not None else ""
        return Problem(
            "coordinates-contradict-crs",
            f"Its coordinates are no degrees, but {crs.name} says that they are; it is not "
            f"placed.{why}",
            "error",
            where,
            got=written(bounds),
            expected="longitude -180 to 180, latitude -90 to 90",
            hint=line(source, likely),
            proposal=_proposal(likely),
        )
    if is_geographic(crs) or not degrees or max(map(abs, bounds)) <= 1:
        return None
    geodetic = crs.geodetic_crs
    area = area_of(crs)
    if area is not None and geodetic is not None:
        area = area_of(geodetic) or area  # who writes degrees does not mind the zones
    inside = area is not None and excess_km(bounds, area) == 0
    # Of the whole world any two numbers are a place, in either order.
    swapped = area is not None and area[2] - area[0] < 300
    swapped = swapped and area is not None and excess_km((ymin, xmin, ymax, xmax), area) == 0
    own = crs_name(geodetic) if geodetic is not None else ""
    likely = own if inside and own.startswith("EPSG:") else guess(bounds)
    if swapped and not inside and own.startswith("EPSG:"):
        likely = f"{own} | swap"
    sure = inside or swapped
    done = "it is not placed" if sure else f"it is placed as metres of {crs.name}"
    return Problem(
        "coordinates-contradict-crs",
        f"Its coordinates look like degrees, but {crs.name} has metres; {done}.",
        "error" if sure else "warning",
        where,
        got=written(bounds),
        expected=f"coordinates of {crs.name}",
        hint=line(source, likely),
        proposal=_proposal(likely),
    )


def _proposal(crs: str) -> tuple[tuple[str, str], ...]:
    return () if "…" in crs else (("crs", crs),)


def _explained(
    found: Explanation, bounds: Box, box: Box | None, crs: CRS, where: str, source: Source
) -> Problem:
    area = area_of(crs)
    away = apart_km(box, area) if box and area else None
    far = "" if away is None else f", {away:.0f} km from its area of use"
    sure = away is None or away > _FAR_KM
    return Problem(
        found.code,
        f"Its coordinates cannot be in {crs.name}; it is not placed. {found.why}"
        if sure
        else f"Its coordinates lie outside the area in which {crs.name} is used. {found.why}",
        "error" if sure else "warning",
        where,
        got=written(bounds) + far,
        expected=f"coordinates of {crs.name}",
        hint=line(source, found.crs),
        proposal=(("crs", found.crs),),
    )


def _reduced(bounds: Box, crs: CRS) -> bool:
    """Tell whether coordinates are much smaller than those in the middle of the area of use."""
    area = area_of(crs)
    if area is None or is_geographic(crs):
        return False
    middle = np.array([[(area[0] + area[2]) / 2, (area[1] + area[3]) / 2]])
    usual = float(np.abs(from_crs84(middle, crs)).max())
    return max(map(abs, bounds)) < 0.2 * usual


def outside(box: Box, crs: CRS, where: str) -> Problem | None:
    """Return that a layer reaches out of the area in which its CRS may be used, and how far."""
    area = area_of(crs)
    if area is None or box[2] - box[0] > 300:  # across the antimeridian
        return None
    km = excess_km(box, area)
    if km <= _SLACK_KM:
        return None
    return Problem(
        "outside-crs-area",
        f"Part of it lies up to {km:.0f} km outside the area in which {crs.name} may be used.",
        "warning" if km > _FAR_KM else "info",
        where,
        got=", ".join(f"{v:.4f}" for v in box),
        expected=", ".join(f"{v:.4f}" for v in area),
        hint="Is it the right zone, and are x and y in the right order?",
    )


def null_island(bounds: Box, crs: CRS, where: str) -> Problem | None:
    """Return that rows lie at 0, 0, where a lost position does, and the others do not."""
    xmin, ymin, xmax, ymax = bounds
    corner = 0.0 in (xmin, xmax) and 0.0 in (ymin, ymax)
    size = max(xmax - xmin, ymax - ymin)
    if not corner or 0 < size < (10 if is_geographic(crs) else 1_000_000):
        return None
    area = area_of(crs)
    if not is_geographic(crs) and area is None:
        return None
    return Problem(
        "null-island",
        "It seems to have rows at 0, 0: positions that were lost."
        if size
        else "All of it lies at 0, 0: its positions were lost.",
        place=where,
        got=written(bounds),
        expected="a position, or none",
    )


def displaced_by(
    box: Box, crs: CRS, clues: Iterable[str], where: str, source: Source
) -> Problem | None:
    """Return that degrees in China come from a map that displaces them, if a name says so.

    Coordinates alone never tell: GCJ-02 and BD-09 lie some hundred metres beside WGS 84.

    Parameters
    ----------
    clues : iterable of str
        Names of the file, its fields, the program that wrote it.
    """
    inside = _CHINA[0] <= box[0] and box[2] <= _CHINA[2]
    if not inside or not (_CHINA[1] <= box[1] and box[3] <= _CHINA[3]) or not is_geographic(crs):
        return None
    for pattern, name, far in ((_BD, "BD-09", "about 1 km"), (_GCJ, "GCJ-02", "up to 700 m")):
        clue = next((c for c in clues if pattern.search(c)), None)
        if clue is not None:
            return Problem(
                "coordinates-maybe-displaced",
                f"The name {clue!r} speaks of a map whose coordinates are {name}: then it lies "
                f"{far} from where it is placed.",
                place=where,
                got=crs.name,
                expected=name,
                hint=line(source, name),
                proposal=(("crs", name),),
            )
    return None
