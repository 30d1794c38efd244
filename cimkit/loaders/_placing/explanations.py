"""What may have been done to coordinates that cannot be in the CRS they are said to be in.

Each explanation is tried: it is kept if the coordinates then lie where that CRS is used. None is
ever applied here; it becomes the proposal of a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyproj import CRS

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, is_geographic, metres_per_unit, parse_crs
from cimkit.geometry.gauss_kruger import Zone, zone_of
from cimkit.geometry.named_crs import NamedCRS
from cimkit.loaders._placing.boxes import Box, apart_km, are_degrees, area_of, box_crs84, in_base

__all__ = ["Explanation", "explain", "guess"]

_ZONE_KM = 100.0
"""Works of a city reach so far out of its zone."""
_NEAR_KM = 10.0
_NO_METRES = 1e8
"""Not even with the zone in front are metres so many."""
_LOCAL = 1.0
"""Numbers about zero are those of a model in metres of its own; no city lies so near 0, 0."""
_FOOT, _US_FOOT = "0.3048", "0.3048006096012192"
_PREFIXED = {25831: 5649, 25832: 4647, 25833: 5650}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One that fits."""

    code: str
    """Of the problem."""
    why: str
    """A sentence: what the coordinates seem to be."""
    crs: str
    """What to declare if it is so."""


def explain(bounds: Box, crs: CRS, most_km: float | None = None) -> Explanation | None:
    """Return the first explanation with which coordinates lie where their CRS is used.

    Parameters
    ----------
    bounds : tuple
        (xmin, ymin, xmax, ymax).
    crs : CRS
        The declared one, in which they lie nowhere or far off.
    most_km : float, optional
        How far from the area of use they may still lie then.
    """
    if isinstance(crs, NamedCRS):
        return None  # a person has said already what was done to them
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    for found in _candidates(bounds, flat):
        try:
            moved = parse_crs(found.crs)
        except UsageError:
            continue
        area = area_of(moved)
        box = box_crs84(bounds, moved) if _sane(bounds, moved) else None
        slack = _ZONE_KM if found.code == "coordinates-zone" else _NEAR_KM
        slack = slack if most_km is None else most_km
        if area is not None and box is not None and apart_km(box, area) <= slack:
            return found
    return None


def _sane(bounds: Box, crs: CRS) -> bool:
    """Tell whether numbers are degrees where they should: PROJ gives some place to many others."""
    moved, base = in_base(bounds, crs)
    return not is_geographic(base) or are_degrees(moved)


def _candidates(bounds: Box, crs: CRS) -> Iterator[Explanation]:
    name = crs_name(crs)
    if not name.startswith(("EPSG:", "OGC:")):
        return
    code = int(name.removeprefix("EPSG:")) if name.startswith("EPSG:") else 0
    zone = zone_of(code)
    degrees = bounds[0] >= -180 and bounds[2] <= 180 and bounds[1] >= -180 and bounds[3] <= 180
    if is_geographic(crs):
        if degrees:
            yield _swap(name)
            yield from _signs(name)
        else:
            yield from _metres(bounds, crs)
        return
    if degrees:
        geodetic = crs.geodetic_crs
        if geodetic is not None and crs_name(geodetic).startswith("EPSG:"):
            own = crs_name(geodetic)
            why = f"They look like degrees of {geodetic.name}"
            yield Explanation("coordinates-contradict-crs", f"{why}.", own)
            swapped = f"{why}, latitude before longitude."
            yield Explanation("coordinates-contradict-crs", swapped, f"{own} | swap")
        return
    yield from _zones(bounds, zone, code, swapped=False)
    yield _swap(name)
    turned = (bounds[1], bounds[0], bounds[3], bounds[2])
    yield from _zones(turned, zone, code, swapped=True)
    yield from _signs(name)
    if max(map(abs, bounds)) > _NO_METRES or not _around_origin(crs):
        yield from _units(name, crs)


def _around_origin(crs: CRS) -> bool:
    """Tell whether the CRS is used about 0, 0: there any number fits if it is made small enough."""
    area, origin = area_of(crs), box_crs84((0.0, 0.0, 0.0, 0.0), crs)
    if area is None or origin is None:
        return area is None
    corner = (area[0], area[1], area[0], area[1])
    size = apart_km((area[2], area[3], area[2], area[3]), corner)
    return apart_km(origin, area) < size / 2


def _swap(name: str) -> Explanation:
    return Explanation(
        "coordinates-swapped",
        "They fit if their two axes were written in the other order.",
        f"{name} | swap",
    )


def _signs(name: str) -> Iterator[Explanation]:
    for axes, side in (("x", "west"), ("y", "south"), ("xy", "west and south")):
        yield Explanation(
            "coordinates-sign",
            f"They fit if the minus sign of the {side} was lost.",
            f"{name} | negate {axes}",
        )


def _units(name: str, crs: CRS) -> Iterator[Explanation]:
    metres = metres_per_unit(crs)
    area = area_of(crs)
    american = area is not None and area[2] < -50
    feet = (_US_FOOT, "US survey feet") if american else (_FOOT, "feet")
    own = ((f"{1 / metres:.12g}", "metres"),) if metres < 0.9 else (("1000", "kilometres"), feet)
    for factor, unit in (("0.001", "millimetres"), ("0.01", "centimetres"), *own):
        for swap in ("", " | swap"):
            yield Explanation(
                "coordinates-unit",
                f"They fit if they are {unit}{', in the other order' if swap else ''}.",
                f"{name}{swap} | scale {factor}",
            )


def _prefix(bounds: Box) -> int | None:
    """Return the number in front of eastings, if all have the same."""
    first, last = int(bounds[0] // 1_000_000), int(bounds[2] // 1_000_000)
    return first if first == last and first > 0 and bounds[1] >= 0 else None


def _zones(bounds: Box, zone: Zone | None, code: int, *, swapped: bool) -> Iterator[Explanation]:
    number = _prefix(bounds)
    more, end = (" | swap", ", the axes in the other order") if swapped else ("", "")
    if zone is None:
        pairs = _PREFIXED | {b: a for a, b in _PREFIXED.items()}
        if code in pairs:
            why = f"They fit the same zone with and without its number in front{end}."
            yield Explanation("coordinates-zone", why, f"EPSG:{pairs[code]}{more}")
        elif number is not None and number == _utm_zone(code):
            why = f"They fit without the {number} of the zone in front of the eastings{end}."
            shift = f"{more} | shift {-number * 1_000_000} 0"
            yield Explanation("coordinates-zone", why, f"EPSG:{code}{shift}")
        return
    if number is not None:
        there = zone.of_number(number)
        if there.code is not None:
            kind = "" if there.width == zone.width else f", {there.width} degrees wide"
            why = f"The eastings begin with {number}, the number of another zone{kind}{end}."
            if there.meridian == zone.meridian and there.width == zone.width:
                why = f"The eastings begin with the zone's number {number}; the CRS has none{end}."
            yield Explanation("coordinates-zone", why, f"{there.code}{more}")
    elif zone.prefixed:
        plain = Zone(zone.datum, zone.width, zone.meridian, prefixed=False)
        if plain.code is not None:
            why = f"The eastings lack the zone's number {zone.number}, which the CRS has{end}."
            yield Explanation("coordinates-zone", why, f"{plain.code}{more}")


def _utm_zone(code: int) -> int | None:
    """Return the number of a zone of UTM on WGS 84 or ETRS89."""
    for first in (32600, 32700, 25800):
        if first < code <= first + 60:
            return code - first
    return None


def _metres(bounds: Box, crs: CRS) -> Iterator[Explanation]:
    datums = {4490: "CGCS2000", 4610: "Xian 1980", 4214: "Beijing 1954"}
    name = crs_name(crs)
    datum = datums.get(int(name.removeprefix("EPSG:")) if name.startswith("EPSG:") else 0)
    turned = (bounds[1], bounds[0], bounds[3], bounds[2])
    for box, more in ((bounds, ""), (turned, " | swap")):
        number = _prefix(box)
        there = Zone(datum or "CGCS2000", 3, 75, True).of_number(number) if number else None
        if there is not None and there.code is not None and box[3] < 6_500_000:
            why = f"They look like metres of zone {number} of {there.datum}."
            yield Explanation("coordinates-contradict-crs", why, f"{there.code}{more}")


def guess(bounds: Box) -> str:
    """Return the CRS that coordinates look like, for a person to confirm: never used unasked.

    Examples
    --------
    >>> guess((36500100.0, 3270000.0, 36502000.0, 3272000.0)), guess((106.4, 29.5, 106.5, 29.6))
    ('EPSG:4524', 'EPSG:4326')
    >>> guess((29.5, 106.4, 29.6, 106.5)), guess((3270000.0, 18500100.0, 3272000.0, 18502000.0))
    ('EPSG:4326 | swap', 'EPSG:4496 | swap')
    >>> guess((0.0, -1.0, 5.0, 1.0))
    'EPSG:…'
    """
    xmin, ymin, xmax, ymax = bounds
    if max(xmin, ymin) <= _LOCAL and min(xmax, ymax) >= -_LOCAL:
        return "EPSG:…"  # local metres as well as degrees, in the sea south of Ghana
    if xmin >= -180 and xmax <= 180 and ymin >= -90 and ymax <= 90:
        return "EPSG:4326"
    if xmin >= -90 and xmax <= 90 and ymin >= -180 and ymax <= 180:
        return "EPSG:4326 | swap"
    # CGCS2000: with the zone's number in front, 3 degrees wide (25 to 45) or 6 (13 to 23).
    proposals = _metres(bounds, CRS.from_epsg(4490))
    return next((p.crs for p in proposals), "EPSG:…")
