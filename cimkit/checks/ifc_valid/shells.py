"""Shells and tessellated face sets: whether they are closed, turned one way, and in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ifc_valid.graphs import parts
from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

Int = npt.NDArray[np.int64]


def _vertices(points: Any) -> Int:
    """Return for each point the number of the first one with the same coordinates."""
    _, same = np.unique(np.asarray(points, dtype=np.float64), axis=0, return_inverse=True)
    return np.asarray(same, dtype=np.int64).reshape(-1)


def _ring(loop: Any) -> Int:
    around = np.asarray(loop, dtype=np.int64)
    return np.stack([around, np.roll(around, -1)], axis=1)


def _set_edges(faces: Any) -> Int:
    """Return the directed edges of a tessellated face set, as pairs of vertices."""
    same = _vertices(faces.Coordinates.CoordList)
    if faces.is_a("IfcTriangulatedFaceSet"):
        triangles = np.asarray(faces.CoordIndex, dtype=np.int64) - 1
        edges = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2)
        return same[edges]
    rings = [_ring(f.CoordIndex) for f in faces.Faces]
    for face in faces.Faces:
        if face.is_a("IfcIndexedPolygonalFaceWithVoids"):
            rings += [_ring(inner) for inner in face.InnerCoordIndices]
    at = np.concatenate(rings) - 1
    if faces.PnIndex:
        at = np.asarray(faces.PnIndex, dtype=np.int64)[at] - 1
    return same[at]


def _balance(found: Found, thing: Any, edges: Int) -> None:
    """Note a shell of which an edge is not used once in each direction."""
    found.look()
    if not len(edges):
        return
    width = int(edges.max()) + 1
    forth = np.sort(edges[:, 0] * width + edges[:, 1])
    _, uses = np.unique(forth, return_counts=True)
    both = np.sort(edges, axis=1)
    _, shared = np.unique(both[:, 0] * width + both[:, 1], return_counts=True)
    wrong, turned = int((shared != 2).sum()), int((uses != 1).sum())
    if wrong:
        found.fail(thing, f"{wrong} edges with {', '.join(map(str, _some(shared)))} faces", "2")
    elif turned:
        found.fail(thing, f"{turned} edges", "1 ↑, 1 ↓")


def _some(uses: Any) -> list[int]:
    return [int(n) for n in np.unique(uses[uses != 2])[:4]]


def _edges(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for name in ("IfcTriangulatedFaceSet", "IfcPolygonalFaceSet"):
        for faces in model.of(name):
            if faces.Closed:
                _balance(found, faces, _set_edges(faces))
    shells = {b.Outer.id(): b.Outer for b in model.of("IfcFacetedBrep") if b.Outer}
    for solid in model.of("IfcFacetedBrepWithVoids"):
        shells |= {s.id(): s for s in solid.Voids or ()}
    if not shells:
        return
    rings = _Rings(model)
    for number, shell in shells.items():
        edges = rings.edges(number)
        if len(edges):
            _balance(found, shell, edges)


class _Rings:
    """The polygons of all faces, from the columns of the text."""

    def __init__(self, model: Model) -> None:
        text = model.statements
        self.model = model
        numbers, xyz = text.points()
        self._order = numbers
        self._vertex = _vertices(xyz) if len(xyz) else np.zeros(0, np.int64)
        self._loops = {
            int(n): text_slice for n, text_slice in _by_number(text, ("IFCPOLYLOOP",), 0)
        }
        self._bounds: dict[int, tuple[int, bool]] = {}
        for name in ("IFCFACEOUTERBOUND", "IFCFACEBOUND"):
            loops = text.references(name, 0).tolist()
            turned = [v.upper() == b".F." for v in text.column(name, 1)]
            for n, loop, back in zip(text.ids(name).tolist(), loops, turned, strict=True):
                self._bounds[n] = (loop, back)
        faces = ("IFCFACE", "IFCFACESURFACE", "IFCADVANCEDFACE")
        self._faces = {int(n): part for n, part in _by_number(text, faces, 0)}
        shells = ("IFCCLOSEDSHELL", "IFCOPENSHELL", "IFCCONNECTEDFACESET")
        self._shells = {int(n): part for n, part in _by_number(text, shells, 0)}

    def loops(self, shell: int) -> Iterator[list[Int]]:
        """Yield for each face its rings of vertices, turned as the bounds say."""
        for face in self._shells.get(shell, np.zeros(0, np.int64)).tolist():
            rings = []
            for bound in self._faces.get(face, np.zeros(0, np.int64)).tolist():
                loop, back = self._bounds.get(bound, (0, False))
                points = self._loops.get(loop)
                if points is None or not len(points):
                    continue
                at = np.minimum(np.searchsorted(self._order, points), len(self._order) - 1)
                ring = self._vertex[at]
                rings.append(ring[::-1] if back else ring)
            yield rings

    def edges(self, shell: int) -> Int:
        """Return the directed edges of a shell."""
        rings = [_ring(r) for face in self.loops(shell) for r in face]
        return np.concatenate(rings) if rings else np.zeros((0, 2), np.int64)


def _by_number(text: Any, names: tuple[str, ...], at: int) -> Iterator[tuple[int, Int]]:
    for name in names:
        lists = text.reference_lists(name, at)
        for n, number in enumerate(text.ids(name).tolist()):
            yield number, lists.values[lists.starts[n] : lists.starts[n + 1]]


def _parts(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    shells = model.of("IfcConnectedFaceSet")
    if not shells:
        return
    rings = _Rings(model)
    for shell in shells:
        found.look()
        pairs: list[Int] = []
        for face in rings.loops(shell.id()):
            pairs += [_ring(ring) for ring in face]
            # An inner ring hangs together with the outer one by the face between them.
            pairs += [np.array([[face[0][0], ring[0]]]) for ring in face[1:]]
        if not pairs:
            continue
        names, at = np.unique(np.concatenate(pairs), return_inverse=True)
        at = at.reshape(-1, 2)
        size = len(names)
        count = parts(at[:, 0], at[:, 1], size)
        if count > 1:
            found.fail(shell, count, "1")


TESTS = {"shell-edges": _edges, "shell-parts": _parts}
