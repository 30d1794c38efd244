"""Which other coordinate system brings the things of one source onto those of another.

Coordinates displaced by some hundred metres (a web map's GCJ-02, an old datum) or by a zone look
as good as right ones; only that two sources show the same things tells. Each system that is known
to be taken for another is tried, and told if most of the things then meet, and do not as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, from_crs84, parse_crs, to_crs84
from cimkit.geometry.gauss_kruger import Zone, zone_of
from cimkit.geometry.gcj02 import inside
from cimkit.geometry.local_plane import LocalPlane
from cimkit.geometry.named_crs import NamedCRS

__all__ = ["FEWEST", "Displaced", "displaced_against", "mistakes", "moved_to", "taken_for"]

Reals = npt.NDArray[np.float64]

FEWEST = 8
"""Fewer things meet by chance."""
_MEET_M = 5.0
"""Two surveys of one thing are so near."""
_MOST = 0.5
"""Share of the things that must meet, ..."""
_MORE = 0.35
"""... and by how much it must exceed that of those that meet as they are, or by chance."""
_SAMPLE = 2_000
_PLACES = 5  # decimals of degrees: a metre
_CHANCE_M = ((37.0, 23.0), (-29.0, 41.0))
"""Shifts that mean nothing: what meets then meets by chance."""
# Each code and one beside it that is easily taken for it: number, its count, and the first of the
# other. UTM of ETRS89, NAD83 and WGS 84; the Japanese plane systems; degrees.
_SISTERS = (
    (25828, 11, 23028), (26901, 22, 26701), (32628, 11, 23028), (6669, 19, 30161),
    (2443, 19, 30161), (4258, 1, 4230), (4269, 1, 4267), (4326, 1, 4230), (4326, 1, 4267),
    (4326, 1, 4301), (6668, 1, 4301), (4612, 1, 4301),
)  # fmt: skip
_ZONES = (
    (32601, 60),
    (32701, 60),
    (25828, 11),
    (23028, 11),
    (26901, 23),
    (26701, 22),
    (31466, 4),
    (6669, 19),
)


@dataclass(frozen=True, slots=True)
class Displaced:
    """One source that seems to lie elsewhere."""

    crs: str
    """What its coordinates seem to be in: a text for the delivery sheet."""
    count: int
    """Things of it that were looked at."""
    share: float
    """Of them that meet a thing of the other source if it is so."""
    share_now: float
    """That meet one as they are."""
    metres: float
    """How far it moves."""
    residual_m: float
    """Median distance of those that meet."""


def taken_for(crs: str) -> Iterator[str]:
    """Give the systems whose coordinates may have been said to be in another.

    Examples
    --------
    >>> list(taken_for("EPSG:6677"))
    ['EPSG:30169', 'EPSG:6677 | swap', 'EPSG:6676', 'EPSG:6678']
    >>> list(taken_for("EPSG:4544"))
    ['EPSG:4544 | swap', 'EPSG:4543', 'EPSG:4545']
    >>> list(taken_for("EPSG:4490"))
    ['GCJ-02', 'BD-09', 'EPSG:4490 | swap']
    """
    number = crs.removeprefix("EPSG:").split("+")[0]
    if crs == "OGC:CRS84":
        number = "4326"
    if not number.isdigit():
        return
    code = int(number)
    if code in (4326, 4490):
        yield from ("GCJ-02", "BD-09")
    yield from (f"EPSG:{b + code - a}" for a, n, b in _SISTERS if a <= code < a + n)
    yield f"EPSG:{code} | swap"
    for here, there in ((32600, 32700), (32700, 32600)):
        if here < code <= here + 60:
            yield f"EPSG:{code - here + there}"
    zone = zone_of(code)
    if zone is not None:
        for step in (-zone.width, zone.width):
            beside = Zone(zone.datum, zone.width, zone.meridian + step, zone.prefixed)
            if beside.code is not None:
                yield beside.code
    for first, count in _ZONES:
        if first <= code < first + count:
            yield from (f"EPSG:{c}" for c in (code - 1, code + 1) if first <= c < first + count)


def mistakes(crs: str) -> list[str]:
    """Return `taken_for` of a CRS as a catalogue names it; nothing for one that is not known."""
    try:
        said = parse_crs(crs)
    except UsageError:
        return []
    return [] if isinstance(said, NamedCRS) else list(taken_for(crs_name(said)))


def moved_to(lonlat: Reals, crs: str, other: str) -> Reals:
    """Return where positions lie if their coordinates, said to be in one system, are in another.

    Parameters
    ----------
    lonlat : (n, 2) array
        CRS84 degrees, as they were placed.
    crs, other : str
        The system they were placed with, and the other one.
    """
    return to_crs84(from_crs84(lonlat, parse_crs(crs)), parse_crs(other))


def displaced_against(these: Reals, crs: str, those: Reals) -> Displaced | None:
    """Return in which other system the things of a source would meet those of another.

    Parameters
    ----------
    these, those : (n, 2) array
        A place of each thing of the source, and of the other, CRS84 degrees.
    crs : str
        With which the source was placed.
    """
    # Many things at one place, as those whose position was lost, are one piece of evidence.
    these = these[np.unique(these.round(_PLACES), axis=0, return_index=True)[1]]
    if len(these) < FEWEST or len(those) < FEWEST:
        return None
    if len(these) > _SAMPLE:
        these = these[np.random.default_rng(1).choice(len(these), _SAMPLE, replace=False)]
    against = _Against(those)
    now, _, _ = against.met(these)
    best: Displaced | None = None
    for other in mistakes(crs):
        if other in ("GCJ-02", "BD-09") and not inside(these).all():
            continue
        moved = moved_to(these, crs, other)
        share, count, residual = against.met(moved)
        least = max(now, *(against.met(moved, shift)[0] for shift in _CHANCE_M)) + _MORE
        if count < FEWEST or share < max(_MOST, least) or (best and best.share >= share):
            continue
        metres = against.plane.to_plane(moved) - against.plane.to_plane(these)
        far = float(np.nanmedian(np.hypot(*metres.T)))
        best = Displaced(other, count, share, now, far, residual)
    return best


class _Against:
    """The things of the other source."""

    def __init__(self, those: Reals) -> None:
        low, high = those.min(axis=0), those.max(axis=0)
        self.plane = LocalPlane(*((low + high) / 2))
        there = self.plane.to_plane(those)
        self.low, self.high = there.min(axis=0) - _MEET_M, there.max(axis=0) + _MEET_M
        self.tree = shapely.STRtree(np.array(shapely.points(there), dtype=object))

    def met(
        self, lonlat: Reals, shift: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[float, int, float]:
        """Return the share that meets one of them, of how many within their box, and how near."""
        spots = self.plane.to_plane(lonlat) + shift
        spots = spots[np.isfinite(spots).all(axis=1)]
        spots = spots[((spots >= self.low) & (spots <= self.high)).all(axis=1)]
        if len(spots) < FEWEST or len(spots) < len(lonlat) / 5:
            return 0.0, len(spots), 0.0
        _, away = self.tree.query_nearest(
            shapely.points(spots), max_distance=_MEET_M, return_distance=True, all_matches=False
        )
        return len(away) / len(spots), len(spots), float(np.median(away)) if len(away) else 0.0
