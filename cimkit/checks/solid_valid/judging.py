"""Rows of ``geometries`` to bodies, and their faults to bad rows."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids import (
    CODES,
    Bodies,
    Faults,
    Tolerances,
    bodies_of,
    drawn,
    metre_scale,
    overlaps,
    validate,
)

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["Judge", "crs_of"]

Reals = npt.NDArray[np.float64]
_DRAWN = 50
"""How many parts of one geometry with one fault are drawn."""
_DEGREES, _LENGTHS, _COUNTS = {204}, {203}, {302, 304}


class Judge:
    """Takes rows of geometries batch by batch."""

    def __init__(
        self, limits: Tolerances, without: frozenset[str], lenient: frozenset[str], parts: bool
    ) -> None:
        self.limits, self.without, self.lenient, self.parts = limits, without, lenient, parts
        self.bad: list[dict[str, Any]] = []
        """Rows of failures."""
        self.count = 0
        """Geometries judged."""

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Judge a batch; what one building is made of must come in one."""
        if not rows:
            return
        import orjson

        self.count += len(rows)
        points = [np.asarray(r["vertices"], np.float64).reshape(-1, 3) for r in rows]
        scales = [
            metre_scale(p[0], crs_of(r["crs"])) if len(p) else np.ones(3)
            for p, r in zip(points, rows, strict=True)
        ]
        near = [(p - p[:1]) * s for p, s in zip(points, scales, strict=True)]
        bodies = bodies_of(
            [r["geometry_type"] for r in rows],
            (orjson.loads(r["boundaries"]) for r in rows),
            near,
            self.limits.snap,
        )
        faults = validate(bodies, self.limits)
        first = np.cumsum([0, *map(len, points)])
        self._tell(rows, points, scales, first, bodies, faults)
        if self.parts:
            self._hold_parts(rows, points, scales, set(faults.body.tolist()))

    def _tell(
        self,
        rows: list[dict[str, Any]],
        points: list[Reals],
        scales: list[Reals],
        first: npt.NDArray[np.int64],
        bodies: Bodies,
        faults: Faults,
    ) -> None:
        """Add a row for each code that a geometry has."""
        if not len(faults):
            return
        fresh = np.ones(len(faults), bool)
        fresh[1:] = (faults.body[1:] != faults.body[:-1]) | (faults.code[1:] != faults.code[:-1])
        starts = [*np.flatnonzero(fresh).tolist(), len(faults)]
        failed: set[int] = set()
        places = np.full((len(bodies.xyz), 3), np.nan)
        for body in sorted(set(faults.body.tolist())):
            places[first[body] : first[body + 1]] = _on_earth(points[body], rows[body]["crs"])
        for low, high in pairwise(starts):
            body, code = int(faults.body[low]), int(faults.code[low])
            if str(code) in self.without:
                continue
            spots = faults.point[low:high]
            known = np.flatnonzero(np.isfinite(spots[:, 0]))
            row = self._row(rows[body], code, faults, low, high)
            row["things"] = int(body not in failed)
            failed.add(body)
            if len(known) and len(points[body]):
                spot = spots[known[:1]] / scales[body] + points[body][:1]
                place = _on_earth(spot, rows[body]["crs"])[0]
                if np.isfinite(place[:2]).all():
                    row["x"], row["y"], row["z"] = place.tolist()
            if np.isfinite(places[first[body] : first[body + 1]]).all():
                shown = _cut(faults, low, min(high, low + _DRAWN))
                row["geometry"] = _wkb(drawn(shown, bodies, places))
            self.bad.append(row)

    def _row(
        self, source: dict[str, Any], code: int, faults: Faults, low: int, high: int
    ) -> dict[str, Any]:
        value = faults.value[low:high]
        finite = value[np.isfinite(value)]
        worst = float(np.abs(finite).max()) if len(finite) else 0.0
        measured, expected = "", ""
        if code in _LENGTHS:
            measured, expected = f"{worst:.3g} m", f"≤ {self.limits.planarity_distance:g} m"
        elif code in _DEGREES:
            measured, expected = f"{worst:.1f}°", f"≤ {self.limits.planarity_normals:g}°"
        elif code == 301:
            measured, expected = f"{worst:.0f}", "≥ 4"
        elif code in _COUNTS:
            measured, expected = f"{worst:.0f}", "2"
        elif code == 405:
            measured = f"{faults.value[low]:.3f} m³"
        names = ("path", "layer", "place", "object_id", "x", "y", "z", "rank", "lod")
        return {
            **{name: source[name] for name in names},
            "geometry": None,
            "code": code,
            "name": CODES[code],
            "faults": high - low,
            "severity": "warning" if str(code) in self.lenient else None,
            "reason": f"e{code}",
            "hint": f"h{code}",
            "measured": measured,
            "expected": expected,
        }

    def _hold_parts(
        self,
        rows: list[dict[str, Any]],
        points: list[Reals],
        scales: list[Reals],
        faulty: set[int],
    ) -> None:
        """Find the sound solids of one building and level of detail that overlap (601)."""
        if "601" in self.without:
            return
        kin: dict[tuple[str, str], list[int]] = {}
        for n, row in enumerate(rows):
            named = row["source_class"] or ""
            whole = named.endswith(("Building", "BuildingPart"))
            if whole and row["geometry_type"] == "Solid" and n not in faulty and len(points[n]):
                kin.setdefault((row["family"], row["lod"] or ""), []).append(n)
        for members in kin.values():
            if len(members) > 1:
                self._hold(rows, members, points, scales[members[0]])

    def _hold(
        self,
        rows: list[dict[str, Any]],
        members: list[int],
        points: list[Reals],
        scale: Reals,
    ) -> None:
        import orjson

        origin = points[members[0]][:1]
        near = [(points[n] - origin) * scale for n in members]
        low = np.array([p.min(axis=0) for p in near]) + self.limits.overlap
        high = np.array([p.max(axis=0) for p in near])
        pairs = [
            (a, b)
            for a, b in combinations(range(len(members)), 2)
            if (low[a] < high[b]).all() and (low[b] < high[a]).all()
        ]
        if not pairs:
            return
        bodies = bodies_of(
            [rows[n]["geometry_type"] for n in members],
            (orjson.loads(rows[n]["boundaries"]) for n in members),
            near,
            self.limits.snap,
        )
        one, two = np.array(pairs, np.int64).T
        faults = overlaps(bodies, one, two, self.limits)
        for n in range(len(faults)):
            own, other = (members[int(c[n])] for c in (faults.solid, faults.other))
            row = self._row(rows[own], 601, faults, n, n + 1)
            place = _on_earth(faults.point[n : n + 1] / scale + origin, rows[own]["crs"])
            row["measured"] = rows[other]["place"]
            row["things"] = 0
            if np.isfinite(place[0, :2]).all():
                row["x"], row["y"], row["z"] = place[0].tolist()
                places = np.concatenate([_on_earth(points[m], rows[m]["crs"]) for m in members])
                row["geometry"] = _wkb(drawn(_cut(faults, n, n + 1), bodies, places))
            self.bad.append(row)


def _cut(faults: Faults, low: int, high: int) -> Faults:
    names = Faults.__dataclass_fields__
    return Faults(**{name: getattr(faults, name)[low:high] for name in names})


def _wkb(parts: list[Any]) -> bytes | None:
    """Return several parts at fault as one geometry; None if there is none."""
    import shapely

    known = [p for p in parts if p is not None]
    flat = [g for p in known for g in shapely.get_parts(p)]
    if not flat:
        return None
    whole: Any = flat[0]
    if len(flat) > 1:
        kinds = {g.geom_type for g in flat}
        (kind, *more) = kinds
        gathered = "GeometryCollection" if more else f"Multi{kind}"
        whole = getattr(shapely, gathered)(flat)
    found: bytes = shapely.to_wkb(whole)
    return found


@lru_cache(256)
def crs_of(text: str | None) -> CRS | None:
    """Return the coordinate system that a geometry names, None if it is not known here."""
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs

    if not text:
        return None
    try:
        return parse_crs(text)
    except UsageError:  # a system that is not known here: its unit is taken to be the metre
        return None


def _on_earth(points: Reals, text: str | None) -> Reals:
    """Return longitude, latitude and height (metres); NaN where the place is unknown."""
    from cimkit.geometry.crs import to_crs84

    crs = crs_of(text)
    placed = np.full(points.shape, np.nan)
    if crs is not None and len(points):
        placed[:, :2] = to_crs84(points[:, :2], crs)
        scale = metre_scale(points[0], crs)
        placed[:, 2] = points[:, 2] * scale[2]
    return placed
