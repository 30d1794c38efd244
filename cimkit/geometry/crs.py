"""Coordinate reference systems: read from whatever names them, and taken to CRS84."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.crs import CompoundCRS
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]

from cimkit.errors import UsageError
from cimkit.geometry.adjusted_crs import adjusted, is_adjusted
from cimkit.geometry.crs_text import certain, suppositions
from cimkit.geometry.epoch import split_epoch
from cimkit.geometry.local_crs import PREFIX, local_crs
from cimkit.geometry.named_crs import NamedCRS, displaced

__all__ = [
    "crs_name",
    "from_crs84",
    "is_earth",
    "is_geographic",
    "metres_per_unit",
    "parse_crs",
    "to_crs84",
    "transformer",
    "valid_area",
]

set_network_enabled(active=False)  # whatever the environment says: no grid is fetched unasked

_STRUCTURED = re.compile(r"^\s*(?:\{(?!\s*['\"]init)|\+?(?:proj|title|step)=|\+|[A-Za-z_]+\s*\[)")
"""WKT, PROJJSON or a PROJ string: what PROJ reads better than we do."""


def parse_crs(text: str) -> CRS:
    """Return the coordinate reference system that a text names.

    Parameters
    ----------
    text : str
        ``EPSG:n`` and the other ways of writing codes, URNs and URLs (also compound ones), WKT 1
        or 2, a PROJ string, PROJJSON, ``CRS84``, a name that PROJ has or that is usual in Chinese
        or Japanese, ``GCJ-02``, ``BD-09``, ``local:<name>`` (see `cimkit.geometry.local_crs`), or
        one of these and what was done to its coordinates (see `cimkit.geometry.adjusted_crs`).

    Raises
    ------
    UsageError
        If nobody knows it, or if it can only be supposed what is meant; no similar name is taken.

    Examples
    --------
    >>> parse_crs("urn:ogc:def:crs:EPSG::4544").to_epsg()
    4544
    >>> parse_crs("国家2000 3度带 35带").to_epsg()
    4523
    """
    if is_adjusted(text):
        base = parse_crs(text.split("|")[0])
        if isinstance(base, NamedCRS) or not (base.is_projected or base.is_geographic):
            raise UsageError(
                "only a published plane or geographic system is adjusted", got=text[:200]
            )
        return adjusted(text, base, crs_name(base))
    if text.strip().lower().startswith(PREFIX):
        return local_crs(text)  # not kept: what the name means may be told later
    return _published(text)


@lru_cache(maxsize=1024)
def _published(text: str) -> CRS:
    text, _ = split_epoch(text)
    structured = bool(_STRUCTURED.match(text)) and "+init=" not in text
    named = text if structured else displaced(text) or certain(text)
    try:
        if isinstance(named, NamedCRS):
            return named
        if named is not None:
            return _without_empty_shift(CRS.from_user_input(named))
        reason = None
    except CRSError as error:
        reason = error
    proposals = suppositions(text)
    raise UsageError(
        "no such coordinate reference system",
        got=text if len(text) < 200 else f"{text[:200]}…",
        expected="EPSG:n, WKT, a PROJ string or an OGC URN",
        mend=f"Is {' or '.join(proposals)} meant?" if proposals else "",
    ) from reason


def _without_empty_shift(crs: CRS) -> CRS:
    """Take off a TOWGS84 of zeros: programs write it where they know none."""
    parts = crs.sub_crs_list
    plain = [_without_empty_shift(part) for part in parts]
    if any(mine is not part for mine, part in zip(plain, parts, strict=True)):
        return CompoundCRS(crs.name, plain)
    if not crs.is_bound or crs.source_crs is None or crs.coordinate_operation is None:
        return crs
    shift = crs.coordinate_operation.towgs84
    return crs if any(shift) or not shift else crs.source_crs


@lru_cache(maxsize=1024)
def crs_name(crs: CRS) -> str:
    """Return ``EPSG:n`` where it is certainly that one, its name if it has only a name, else WKT 2.

    PROJ's own guess is not trusted below 90 %: at 70 % it takes EPSG:4544 in WKT 1 for EPSG:4507,
    a zone of 6 degrees with the same meridian.

    Examples
    --------
    >>> crs_name(parse_crs("OGC:CRS84"))
    'OGC:CRS84'
    """
    if isinstance(crs, NamedCRS):
        return crs.label
    found = crs.to_authority(min_confidence=90)
    if found is not None and found[0] in ("EPSG", "OGC"):
        return ":".join(found)
    named = _verified(crs)
    if named is not None:
        return named
    if crs.is_compound:
        from cimkit.geometry.vertical import vertical_part

        below = vertical_part(crs)
        parts = [crs_name(crs.sub_crs_list[0]), below.datum if below is not None else ""]
        if all(part.startswith("EPSG:") for part in parts):
            return "EPSG:" + "+".join(part.removeprefix("EPSG:") for part in parts)
    return str(crs.to_wkt())


def _verified(crs: CRS) -> str | None:
    """Take the number it states, or the nearest one of the same name, if the definitions agree."""
    said = crs.to_json_dict().get("id", {})
    stated = str(said["code"]) if said.get("authority") == "EPSG" else None
    nearest = crs.to_authority(auth_name="EPSG", min_confidence=25)
    called = (certain(str(crs.name)) or "").removeprefix("EPSG:")
    for number in dict.fromkeys([stated, nearest[1] if nearest else None, called or None]):
        if number is None:
            continue
        try:
            candidate = CRS.from_epsg(int(number))
        except (CRSError, ValueError):
            continue  # a number that this version of the database does not know
        # A PROJ string has no name; but it is of no use where two codes have one formula.
        unnamed = crs.name == "unknown" and "/ UTM zone" in candidate.name
        same_name = _bare(candidate.name) == _bare(crs.name) or unnamed or number == called
        if (same_name or number == stated) and _definition(candidate) == _definition(crs):
            return f"EPSG:{number}"
    return None


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _definition(crs: CRS) -> tuple[str, str]:
    """Formula, parameters and datum, without the order of the axes, which old WKT does not keep."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PROJ strings lose the datum: it is beside
        try:
            formula = crs.to_proj4()
        except CRSError:  # not every CRS has one
            formula = crs.to_wkt()
    datum = re.sub(r" (ensemble|v1)$", "", crs.datum.name) if crs.datum else ""
    return formula, _bare(datum)


def is_geographic(crs: CRS) -> bool:
    """Return whether its first two axes are angles."""
    return bool(crs.is_geographic)


def is_earth(crs: CRS) -> bool:
    """Return whether it is of the Earth: PROJ also knows the Moon and Mars."""
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        return False
    return 6.30e6 < float(ellipsoid.semi_major_metre) < 6.45e6


def metres_per_unit(crs: CRS) -> float:
    """Return the length of one unit of its first axis in metres.

    For a geographic CRS it is the length of one unit of arc on the equator, which is good enough to
    judge a size and never to measure one.
    """
    if isinstance(crs, NamedCRS) and crs.move is not None:
        ends = crs.to_base(np.array([[105.0, 30.0], [105.0 + 1e-3, 30.0]]))
        return float(np.hypot(*(ends[1] - ends[0])) / 1e-3) * metres_per_unit(crs.base)
    axes = crs.axis_info
    factor = float(axes[0].unit_conversion_factor) if axes else 1.0
    if crs.is_geographic:
        ellipsoid = crs.ellipsoid
        return factor * (float(ellipsoid.semi_major_metre) if ellipsoid else 6_378_137.0)
    return factor or 1.0


@lru_cache(maxsize=512)
def transformer(crs: CRS) -> Transformer:
    """Return the cached transformer from a CRS to CRS84, x before y on both sides.

    Raises
    ------
    UsageError
        If it is one that PROJ alone cannot transform; `to_crs84` can.
    """
    if isinstance(crs, NamedCRS):
        if crs.move is not None:
            raise UsageError("PROJ alone cannot transform from it", got=crs.label)
        crs = crs.base
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    return Transformer.from_crs(flat, CRS.from_user_input("OGC:CRS84"), always_xy=True)


def to_crs84(xy: npt.NDArray[np.float64], crs: CRS) -> npt.NDArray[np.float64]:
    """Take positions to longitude and latitude.

    Parameters
    ----------
    xy : (n, 2) float64 array
        Easting and northing, or longitude and latitude: x first, whatever order the CRS has.
    crs : CRS
        Theirs. Of a compound CRS the horizontal part is used.

    Returns
    -------
    (n, 2) float64 array
        Degrees; NaN where a position has no place in CRS84. Grids that are not installed are not
        fetched: the best transformation that is at hand is used.
    """
    points = np.asarray(xy, dtype=np.float64)
    if not len(points):
        return np.empty((0, 2))
    if isinstance(crs, NamedCRS):
        points, crs = crs.to_base(points), crs.base
    lon, lat = transformer(crs).transform(points[:, 0], points[:, 1])
    moved = np.column_stack([lon, lat])
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return moved


def from_crs84(lonlat: npt.NDArray[np.float64], crs: CRS) -> npt.NDArray[np.float64]:
    """Take longitude and latitude to a CRS: the way back of `to_crs84`.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    crs : CRS
        Of a compound CRS the horizontal part is used.

    Returns
    -------
    (n, 2) float64 array
        x before y; NaN where the CRS has no place for a position.
    """
    points = np.asarray(lonlat, dtype=np.float64)
    if not len(points):
        return np.empty((0, 2))
    base = crs.base if isinstance(crs, NamedCRS) else crs
    x, y = transformer(base).transform(points[:, 0], points[:, 1], direction="INVERSE")
    moved = np.column_stack([x, y])
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return crs.from_base(moved) if isinstance(crs, NamedCRS) else moved


@lru_cache(maxsize=512)
def valid_area(crs: CRS) -> tuple[float, float, float, float] | None:
    """Return the (west, south, east, north) degrees in which a CRS may be used, if it says so."""
    area = crs.area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)
