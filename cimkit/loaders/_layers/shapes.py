"""What is odd in the rows of a layer: counted over all of them, told once each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.model import Problem

__all__ = ["LIMIT", "Oddities", "geometry_types"]

LIMIT = 1e12
"""No coordinate on Earth is as far out as this, in any unit."""
_SHOWN = 5
_POLYGON = int(shapely.GeometryType.POLYGON)
_MULTIPOLYGON = int(shapely.GeometryType.MULTIPOLYGON)

_TELL = {
    "geometry-unreadable": ("{n} geometries cannot be read.", "error"),
    "geometry-invalid": (
        "{n} geometries are invalid: rings that cross themselves or each other, or lack points.",
        "warning",
    ),
    "geometry-empty": ("{n} rows have an empty geometry.", "info"),
    "geometry-missing": ("{n} rows have no geometry.", "info"),
    "ring-not-closed": ("{n} geometries have rings that are not closed; closed here.", "warning"),
    "text-unreadable": (
        "{n} rows have texts that are no UTF-8; � stands for what is not.",
        "warning",
    ),
    "coordinates-absurd": (
        "{n} geometries have coordinates that are no numbers or beyond all measure.",
        "error",
    ),
}


@dataclass(slots=True)
class _Odd:
    count: int = 0
    places: list[str] = field(default_factory=list)
    got: str = ""


class Oddities:
    """Counts by kind, with the first places."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._odd: dict[str, _Odd] = {}

    def add(self, code: str, rows: npt.NDArray[np.intp], first: int, got: str = "") -> None:
        """Count rows of one batch, whose first row has the number ``first``."""
        if not len(rows):
            return
        odd = self._odd.setdefault(code, _Odd())
        odd.count += len(rows)
        odd.places += [f"row {first + int(i)}" for i in rows[: _SHOWN - len(odd.places)]]
        odd.got = odd.got or got

    def look(
        self,
        wkb: pa.Array,
        shapes: npt.NDArray[np.object_],
        bad: npt.NDArray[np.bool_],
        first: int,
    ) -> None:
        """Count what is odd in the geometries of one batch, read to ``shapes`` but for ``bad``."""
        self.add("geometry-unreadable", np.flatnonzero(bad), first)
        null = np.asarray(wkb.is_null())
        if null.any():
            self.add("geometry-missing", np.flatnonzero(null), first)
        empty = shapely.is_empty(shapes)
        self.add("geometry-empty", np.flatnonzero(empty), first)
        limits = shapely.bounds(shapes) if len(shapes) else np.empty((0, 4))
        known = ~shapely.is_missing(shapes) & ~empty
        wild = known & ~(np.abs(limits) < LIMIT).all(axis=1)
        if known.any():
            wild |= known & _half_known(shapes, known)
        self.add("coordinates-absurd", np.flatnonzero(wild), first)
        # Walls and bodies in space need not be valid when they are seen from above.
        upright = shapely.has_z(shapes) & (
            (shapely.get_type_id(shapes) > _POLYGON) | (shapely.area(shapes) == 0)
        )
        open_ones = _with_open_rings(wkb, shapes)
        self.add("ring-not-closed", open_ones, first)
        wrong = np.flatnonzero(known & ~wild & ~upright & ~shapely.is_valid(shapes))
        reason = str(shapely.is_valid_reason(shapes[wrong[0]])) if len(wrong) else ""
        self.add("geometry-invalid", wrong, first, reason)

    def problems(self) -> list[Problem]:
        """Return one problem for each kind met."""
        told = []
        for code, odd in self._odd.items():
            text, severity = _TELL[code]
            places = ", ".join(odd.places) + (" …" if odd.count > len(odd.places) else "")
            message = text.format(n=odd.count)
            told.append(
                Problem(code, message, severity, f"{self.layer}: {places}", odd.got)  # type: ignore[arg-type]
            )
        return told


def _with_open_rings(wkb: pa.Array, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Return the areas whose WKB is shorter than closed rings are, by whole points.

    Sizes: OGC 06-103r4, 8.2: nine bytes a geometry, four a ring, eight an ordinate.
    """
    kinds = shapely.get_type_id(shapes)
    areas = np.flatnonzero((kinds == _POLYGON) | (kinds == _MULTIPOLYGON))
    if not len(areas):
        return areas
    if (kinds[areas] == _POLYGON).all():
        parts, whose = shapes[areas], np.arange(len(areas))
    else:
        parts, whose = shapely.get_parts(shapes[areas], return_index=True)
    filled = ~shapely.is_empty(parts)
    inner = np.where(filled, shapely.get_num_interior_rings(parts) + 1, 0)
    rings = np.bincount(whose, inner, len(areas))
    pieces = np.bincount(whose, minlength=len(areas)) * (kinds[areas] == _MULTIPOLYGON)
    point = 8 * shapely.get_coordinate_dimension(shapes[areas])
    closed = 9 + 9 * pieces + 4 * rings + point * shapely.get_num_coordinates(shapes[areas])
    given = np.asarray(pc.binary_length(wkb).fill_null(0))[areas]
    short = closed - given
    found: npt.NDArray[np.intp] = areas[
        (short > 0) & (short % point == 0) & (short <= point * rings)
    ]
    return found


def _half_known(
    shapes: npt.NDArray[np.object_], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return which have a coordinate that is no number; their bounds pass over it."""
    odd: npt.NDArray[np.bool_] = np.zeros(len(shapes), bool)
    if np.isfinite(shapely.get_coordinates(shapes)).all():
        return odd
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    odd[np.unique(index[~np.isfinite(xy).all(axis=1)])] = True
    return odd & known


_NAMES = (
    *("Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString"),
    *("MultiPolygon", "GeometryCollection", "CircularString", "CompoundCurve", "CurvePolygon"),
    *("MultiCurve", "MultiSurface", "Curve", "Surface", "PolyhedralSurface", "TIN", "Triangle"),
)
"""By their number in ISO WKB."""


def geometry_types(wkb: pa.Array) -> pa.Array:
    """Return the OGC names of WKB, with ``Z``, ``M`` or ``ZM``: as the source has them.

    Examples
    --------
    >>> geometry_types(pa.array([shapely.Point(1, 2, 3).wkb, None])).to_pylist()
    ['Point Z', None]
    """
    heads = pc.binary_slice(wkb, 0, 5).dictionary_encode()
    names = [_named(h) if len(h) == 5 else None for h in heads.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(heads.indices)


def _named(head: bytes) -> str:
    word = int.from_bytes(head[1:5], "little" if head[0] else "big")
    flat = word & 0x0FFFFFFF
    z = bool(word & 0x80000000) or flat // 1000 in (1, 3)
    m = bool(word & 0x40000000) or flat // 1000 in (2, 3)
    kind = flat % 1000
    name = _NAMES[kind] if kind < len(_NAMES) else "Geometry"
    return f"{name} {'Z' if z else ''}{'M' if m else ''}".strip()
