"""A track: poses in the order of time, and the pose between two of them."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_hpr, slerp, to_hpr
from cimkit.model import Problem

__all__ = ["Pose", "Track"]

Array = npt.NDArray[np.float64]

_NEAR_S = 1.0
"""So far beyond its ends, or from a lone pose, the nearest pose is taken."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where, and in which direction, something was at one moment."""

    x: float
    """In the CRS of the track."""
    y: float
    """In the CRS of the track."""
    lonlat: tuple[float, float] | None
    """CRS84 degrees; None if the position is none."""
    z: float
    """Metres; NaN if it is not known."""
    hpr: tuple[float, float, float]
    """Heading, pitch and roll as in `attitude`; NaN for what is not known."""
    time: float
    """Seconds since 1970 in UTC; NaN if it is not known."""
    derived: bool
    """Whether the heading is the direction of motion."""
    gap_s: float = 0.0
    """Seconds between the two poses it lies between; 0 if it is one of them."""
    row: int = -1
    """Which row it is; -1 if it lies between two."""


@dataclass(frozen=True)
class Track:
    """Poses as their file has them, row by row."""

    what: str
    """What kind of file it was."""
    xyz: Array
    """Shape (n, 3): easting or longitude, northing or latitude, height; NaN: not said."""
    lonlat: Array
    """Shape (n, 2): CRS84 degrees; NaN where they cannot be known."""
    hpr: Array
    """Shape (n, 3): heading from true north, pitch, roll in degrees; NaN: not said."""
    time: Array
    """Shape (n,): seconds since 1970 in UTC; NaN: not said."""
    names: tuple[str, ...] = ()
    """File name of the photograph of each row, in small letters; empty if rows name none."""
    folders: tuple[str, ...] = ()
    """Folders that the rows name before the file name, in small letters; empty if none does."""
    crs: str | None = None
    """Of `xyz` as the file or the sheet says; None: degrees are assumed to be CRS84."""
    crs_origin: str = "none"
    """declared, assumed, sheet or none."""
    vertical: str | None = None
    """What the file says its heights are measured from."""
    encoding: str | None = None
    """Of its text."""
    derived: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    """Shape (n,) or empty: whether the heading is the direction of motion."""
    columns: dict[str, str] = field(default_factory=dict)
    """Columns of a table, by what they hold."""
    header: tuple[str, ...] = ()
    """All columns of a table."""
    more: tuple[dict[str, object], ...] = ()
    """What else each row says; empty if nothing."""
    problems: tuple[Problem, ...] = ()
    """What was wrong."""

    def __len__(self) -> int:
        return len(self.xyz)

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """Rows by the name of their photograph, with and without its ending."""
        found: dict[str, list[int]] = {}
        for row, name in enumerate(self.names):
            if name:
                found.setdefault(name, []).append(row)
        whole = set(found)
        for row, name in enumerate(self.names):
            stem = name.rpartition(".")[0] or name
            if stem not in whole:
                found.setdefault(stem, []).append(row)
        found.pop("", None)
        return found

    @cached_property
    def _ordered(self) -> tuple[list[float], npt.NDArray[np.int64]]:
        rows = np.flatnonzero(np.isfinite(self.time) & np.isfinite(self.lonlat[:, 0]))
        rows = rows[np.argsort(self.time[rows], kind="stable")]
        return self.time[rows].tolist(), rows

    @cached_property
    def usual_gap_s(self) -> float:
        """Median of the seconds between two poses; 0 if there are less than two."""
        times = np.asarray(self._ordered[0])
        steps = np.diff(times)
        steps = steps[steps > 0]
        return float(np.median(steps)) if len(steps) else 0.0

    def pose(self, row: int) -> Pose:
        """Return the pose that a row is."""
        lon, lat = (float(v) for v in self.lonlat[row])
        x, y, z = (float(v) for v in self.xyz[row])
        placed = math.isfinite(lon) and math.isfinite(lat)
        heading, pitch, roll = (float(v) for v in self.hpr[row])
        derived = bool(len(self.derived) and self.derived[row])
        return Pose(
            x,
            y,
            (lon, lat) if placed else None,
            z,
            (heading, pitch, roll),
            float(self.time[row]),
            derived,
            row=row,
        )

    def named(self, path: str, moment: float = math.nan) -> tuple[Pose, ...]:
        """Return the poses that may be those of a photograph, by its name: one, if all is well.

        Cameras count from 1 again in each folder. Of several rows of a name those are taken whose
        own path agrees with most folders of the photograph's, then those nearest to its time.

        Parameters
        ----------
        path : str
            Delivered path of the photograph.
        moment : float
            When it was taken, seconds since 1970 in UTC; NaN if that is not known.
        """
        parts = path.lower().split("/")
        name = parts[-1]
        rows = self.by_name.get(name) or self.by_name.get(name.rpartition(".")[0] or name) or []
        if len(rows) > 1 and self.folders:
            shared = [_shared(self.folders[row].split("/"), parts[:-1]) for row in rows]
            rows = [row for row, s in zip(rows, shared, strict=True) if s == max(shared)]
        if len(rows) > 1 and math.isfinite(moment):
            apart = [abs(float(self.time[row]) - moment) for row in rows]
            near = [row for row, s in zip(rows, apart, strict=True) if s == min(apart)]
            rows = near or rows  # no row of them has a time
        poses = [self.pose(row) for row in rows]
        return tuple(poses[:1] if len({(p.x, p.y, p.lonlat) for p in poses}) == 1 else poses)

    def at(self, moment: float, longest_gap_s: float | None = None) -> Pose | None:
        """Return the pose at a moment, between the two poses about it.

        Positions are interpolated linearly in the CRS of the track, attitudes on the shortest turn
        (`attitude.slerp`).

        Parameters
        ----------
        moment : float
            Seconds since 1970 in UTC.
        longest_gap_s : float, optional
            The two may lie so far apart; if not given, twice as far as they usually do, and 1 s.
        """
        times, rows = self._ordered
        if not times:
            return None
        k = bisect.bisect_left(times, moment)
        if k < len(times) and times[k] == moment:
            return self.pose(int(rows[k]))
        if k == 0 or k == len(times):
            near = min(k, len(times) - 1)
            return self.pose(int(rows[near])) if abs(times[near] - moment) <= _NEAR_S else None
        before, after = self.pose(int(rows[k - 1])), self.pose(int(rows[k]))
        gap = after.time - before.time
        allowed = longest_gap_s if longest_gap_s is not None else max(1.0, 2 * self.usual_gap_s)
        if gap > allowed:
            nearest = before if moment - before.time <= after.time - moment else after
            return nearest if abs(nearest.time - moment) <= min(_NEAR_S, allowed) else None
        return _between(before, after, (moment - before.time) / gap, moment)


def _shared(folders: list[str], others: list[str]) -> int:
    """Return how many folders two paths share, counted from the file upward."""
    same = (a == b for a, b in zip(reversed(folders), reversed(others), strict=False))
    return sum(1 for _ in takewhile(bool, same))


def _between(a: Pose, b: Pose, share: float, moment: float) -> Pose:
    def mixed(first: float, second: float) -> float:
        return first + (second - first) * share

    lonlat = None
    if a.lonlat is not None and b.lonlat is not None:
        east = (b.lonlat[0] - a.lonlat[0] + 180) % 360 - 180  # also across the antimeridian
        lon = (a.lonlat[0] + east * share + 180) % 360 - 180
        lonlat = lon, mixed(a.lonlat[1], b.lonlat[1])
    whole = all(map(math.isfinite, (*a.hpr, *b.hpr)))
    if whole:
        first, second = from_hpr([a.hpr])[0], from_hpr([b.hpr])[0]
        heading, pitch, roll = (float(v) for v in to_hpr(slerp(first, second, share)[None])[0])
    else:
        turn = (b.hpr[0] - a.hpr[0] + 180) % 360 - 180
        heading = (a.hpr[0] + turn * share) % 360
        pitch, roll = mixed(a.hpr[1], b.hpr[1]), mixed(a.hpr[2], b.hpr[2])
    return Pose(
        mixed(a.x, b.x),
        mixed(a.y, b.y),
        lonlat,
        mixed(a.z, b.z),
        (heading, pitch, roll),
        moment,
        a.derived or b.derived,
        gap_s=b.time - a.time,
    )
