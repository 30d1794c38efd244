"""Curves of IFC as chains of points no farther from the curve than a tolerance."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.instances import get, number
from cimkit.loaders.ifc.polylines import corners
from cimkit.loaders.ifc.units import length_unit

__all__ = ["CurveReader", "simplified"]

Reals = npt.NDArray[np.float64]

_FIRST_M = 10.0
"""Length of the intervals that are looked at first: no arc of a road or a railway hides in it."""
_FINEST = 12
"""How often an interval is halved; a curve with a break never comes within the tolerance."""
_FEW = 32
"""Corners of a chain of straight pieces that are kept as they are, however near."""
_MOST = 200_000
"""Intervals looked at first, of curves of any length."""


class CurveReader:
    """Evaluates curves of one model with the geometry engine, in metres of the model.

    Parameters
    ----------
    model : ifcopenshell.file
    tolerance_m : float
        How far the chains may be from the curves.
    """

    def __init__(self, model: Any, tolerance_m: float) -> None:
        from ifcopenshell import ifcopenshell_wrapper

        geom: Any = importlib.import_module("ifcopenshell.geom")
        self._wrapper: Any = ifcopenshell_wrapper
        self._create: Any = geom.create_shape
        self._tolerance = tolerance_m
        self._settings = geom.settings()
        self._settings.set("dimensionality", self._wrapper.CURVES_SURFACES_AND_SOLIDS)
        self._settings.set("mesher-linear-deflection", tolerance_m)
        self._settings.set("mesher-angular-deflection", 0.1)
        self._model = model
        self._unit = length_unit(model)
        self._mapped: dict[tuple[int, str], list[Reals]] = {}

    def function(self, curve: Any) -> Any:
        """Return the engine's function of the distance along a curve, None if it has none.

        Of IfcCurveSegment and the curves made of them: composite, gradient, segmented reference,
        offset.
        """
        try:
            item = self._wrapper.map_shape(self._settings, curve)
        except (RuntimeError, TypeError):
            return None
        return item if isinstance(item, self._wrapper.function_item) else None

    def matrix(self, placement: Any) -> Reals | None:
        """Return the (4, 4) matrix of an object placement as the engine computes it, in metres."""
        try:
            item = self._wrapper.map_shape(self._settings, placement)
            matrix = np.array(item.components, dtype=np.float64)
        except (AttributeError, RuntimeError, TypeError, ValueError):
            return None
        return matrix if matrix.shape == (4, 4) and np.isfinite(matrix).all() else None

    def chains(self, item: Any) -> list[Reals]:
        """Return a curve, or all curves of a representation item, as (n, 3) arrays.

        Chains of straight pieces are read as they are written; the engine takes a millisecond for
        each. It draws what is mapped once for all its copies.
        """
        straight = corners(item, self._unit)
        if straight is not None:
            return _sound(self._lean(straight))
        if item.is_a() == "IfcMappedItem" and get(item, 1) is not None:
            key = (number(get(item, 0)), str(get(item, 1)).partition("=")[2])
            if key not in self._mapped:
                self._mapped[key] = self._meshed(item)
            return self._mapped[key]
        function = self.function(item)
        if function is not None:
            return self._sampled(function)
        return self._meshed(item)

    def _sampled(self, function: Any) -> list[Reals]:
        length = float(function.length())
        if not np.isfinite(length) or length <= 0.0:
            return []
        evaluator = self._wrapper.function_item_evaluator(self._settings, function)

        def at(distances: Reals) -> Reals:
            rows = [evaluator.evaluate(u) for u in distances.tolist()]
            return np.array(rows, dtype=np.float64)[:, :3, 3]

        count = int(min(max(4, np.ceil(length / _FIRST_M)), _MOST))
        distances = np.linspace(0.0, length, count + 1)
        try:
            points = at(distances)
            distances, points = self._refined(at, distances, points)
        except (RuntimeError, TypeError, ValueError):
            return []
        return _sound(simplified(points, self._tolerance / 2))

    def _refined(self, at: Any, distances: Reals, points: Reals) -> tuple[Reals, Reals]:
        """Halve the intervals of which a quarter, the middle or three quarters is off the chord."""
        open_ = np.ones(len(distances) - 1, dtype=bool)
        for _ in range(_FINEST):
            first = np.flatnonzero(open_)
            if not len(first):
                break
            a, b = distances[first], distances[first + 1]
            p, q = points[first], points[first + 1]
            off = np.zeros(len(first))
            middles = p
            for share in (0.25, 0.5, 0.75):
                met = at(a + (b - a) * share)
                off = np.maximum(off, _distances(met, p, q))
                middles = met if share == 0.5 else middles
            bad = off > self._tolerance / 2
            open_ = np.zeros(len(distances) - 1, dtype=bool)
            open_[first[bad]] = True
            distances = np.insert(distances, first[bad] + 1, ((a + b) / 2)[bad])
            points = np.insert(points, first[bad] + 1, middles[bad], axis=0)
            open_ = np.repeat(open_, np.where(open_, 2, 1))
        return distances, points

    def _meshed(self, item: Any) -> list[Reals]:
        try:
            shape = self._create(self._settings, item)
        except (RuntimeError, TypeError):
            return []
        geometry = getattr(shape, "geometry", shape)
        if not hasattr(geometry, "verts_buffer"):
            return []  # a placement, or another thing without a shape
        vertices = np.frombuffer(geometry.verts_buffer, np.float64).reshape(-1, 3)
        edges = np.frombuffer(geometry.edges_buffer, np.int32).reshape(-1, 2)
        if not len(edges) or len(geometry.faces_buffer):
            return []
        breaks = np.flatnonzero(edges[1:, 0] != edges[:-1, 1]) + 1
        found: list[Reals] = []
        for part in np.split(edges, breaks):
            points = vertices[np.append(part[:, 0], part[-1, 1])]
            found += _sound(self._lean(points))
        return found

    def _lean(self, points: Reals) -> Reals:
        return points if len(points) <= _FEW else simplified(points, self._tolerance / 2)


def _sound(points: Reals) -> list[Reals]:
    finite = points[np.isfinite(points).all(axis=1)]
    return [finite] if len(finite) > 1 else []


def _distances(points: Reals, a: Reals, b: Reals) -> Reals:
    """Return the distances of points to the segments a to b, each (n, 3)."""
    along = b - a
    square = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", points - a, along) / np.where(square > 0, square, 1.0)
    nearest = a + along * np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray(np.linalg.norm(points - nearest, axis=1))


def simplified(points: Reals, tolerance_m: float) -> Reals:
    """Return a chain with as few of its points as the tolerance allows.

    Parameters
    ----------
    points : (n, 3) array
    tolerance_m : float
        How far points that are left out may be from what remains.

    Notes
    -----
    Douglas and Peucker, 1973, in three dimensions.
    """
    count = len(points)
    if count < 3:
        return points
    kept = np.zeros(count, dtype=bool)
    kept[[0, -1]] = True
    waiting = [(0, count - 1)]
    while waiting:
        first, last = waiting.pop()
        inner = points[first + 1 : last]
        if not len(inner):
            continue
        ends = (
            np.broadcast_to(points[first], inner.shape),
            np.broadcast_to(points[last], inner.shape),
        )
        off = _distances(inner, *ends)
        worst = int(off.argmax())
        if off[worst] > tolerance_m:
            at = first + 1 + worst
            kept[at] = True
            waiting += [(first, at), (at, last)]
    return points[kept]
