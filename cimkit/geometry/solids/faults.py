"""What is wrong with bodies, and the part at fault as a geometry."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans

__all__ = ["Faults", "drawn"]


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults of a batch, as columns; -1 and NaN where a column does not apply."""

    code: Whole
    """(n,) of `CODES`."""
    body: Whole
    """(n,) number of the body."""
    solid: Whole
    """(n,) number of the solid in the batch."""
    shell: Whole
    """(n,) number of the shell in the batch."""
    face: Whole
    """(n,) number of the face in the batch."""
    ring: Whole
    """(n,) number of the ring in the batch."""
    other: Whole
    """(n,) the other face, ring, shell or solid of two that do not go together."""
    vertex: Whole
    """(n,) vertex at fault."""
    vertex_to: Whole
    """(n,) where the fault is an edge: its other end."""
    point: Reals
    """(n, 3) where, metres in the body's own system."""
    value: Reals
    """(n,) what was measured: metres, degrees or a number."""

    @staticmethod
    def of(code: int, bodies: Bodies, **columns: Any) -> Faults:
        """Return faults of one code; the columns above the lowest one given are filled in."""
        count = max((len(v) for v in columns.values()), default=0)
        given: dict[str, Any] = {
            name: np.asarray(columns.get(name, np.full(count, -1)), np.int64)
            for name in ("body", "solid", "shell", "face", "ring", "other", "vertex", "vertex_to")
        }
        if "ring" in columns:
            given["face"] = bodies.ring_face[given["ring"]]
        if "ring" in columns or "face" in columns:
            given["shell"] = bodies.face_shell[given["face"]]
        if "shell" in columns or "face" in columns or "ring" in columns:
            given["solid"] = bodies.shell_solid[given["shell"]]
        if (given["solid"] >= 0).all():
            given["body"] = bodies.solid_body[given["solid"]]
        point = columns.get("point")
        if point is None:
            point = np.full((count, 3), np.nan)
            known = given["vertex"] >= 0
            point[known] = bodies.xyz[given["vertex"][known]]
            edge = known & (given["vertex_to"] >= 0)
            point[edge] += bodies.xyz[given["vertex_to"][edge]]
            point[edge] /= 2
        value = np.asarray(columns.get("value", np.full(count, np.nan)), np.float64)
        return Faults(np.full(count, code, np.int64), **given, point=point, value=value)

    @staticmethod
    def joined(parts: list[Faults]) -> Faults:
        """Return several batches of faults as one, in the order of bodies and codes."""
        columns = {
            f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Faults)
        }
        order = np.lexsort((columns["ring"], columns["face"], columns["code"], columns["body"]))
        return Faults(**{name: column[order] for name, column in columns.items()})

    def __len__(self) -> int:
        return len(self.code)


def drawn(faults: Faults, bodies: Bodies, positions: Reals) -> list[Any]:
    """Return the part at fault of each fault, as a shapely geometry with heights.

    Parameters
    ----------
    faults, bodies
        As `validate` takes and gives them.
    positions : (v, 3) float64 array
        Where the vertices are, in any system: longitude, latitude and height, say.

    Returns
    -------
    list of shapely geometries or None
        The edge (a line), the ring (a line), the face or both faces (polygons), else the shell or
        the solid.
    """
    return [_drawn(faults, n, bodies, positions) for n in range(len(faults))]


_ROUNDS = {101, 102, 104, 206, 207, 208, 201, 202}


def _drawn(faults: Faults, n: int, bodies: Bodies, positions: Reals) -> Any:
    import shapely

    code, face, ring = int(faults.code[n]), int(faults.face[n]), int(faults.ring[n])
    if faults.vertex_to[n] >= 0:
        return shapely.LineString(positions[[faults.vertex[n], faults.vertex_to[n]]])
    if code == 303:
        return shapely.Point(positions[faults.vertex[n]])
    if ring >= 0 and code in _ROUNDS:
        line = positions[bodies.corner[bodies.ring_start[ring] : bodies.ring_start[ring + 1]]]
        if len(line) < 2:
            return shapely.Point(line[0]) if len(line) else None
        return shapely.LineString(np.concatenate([line, line[:1]]))
    if face >= 0:
        faces = [face, int(faults.other[n])] if code == 306 and faults.other[n] >= 0 else [face]
    elif faults.shell[n] >= 0:
        faces = spans(bodies.shell_start, faults.shell[n : n + 1])[0].tolist()
    elif faults.solid[n] >= 0:
        shells = spans(bodies.solid_start, faults.solid[n : n + 1])[0]
        faces = spans(bodies.shell_start, shells)[0].tolist()
    else:
        return None
    made = [p for p in (_polygon(bodies, f, positions) for f in faces) if p is not None]
    if not made:
        return None
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _polygon(bodies: Bodies, face: int, positions: Reals) -> Any:
    import shapely

    rings = [
        positions[bodies.corner[bodies.ring_start[r] : bodies.ring_start[r + 1]]]
        for r in range(bodies.face_start[face], bodies.face_start[face + 1])
    ]
    rings = [r for r in rings if len(r) > 2]
    return shapely.Polygon(rings[0], rings[1:]) if rings else None
