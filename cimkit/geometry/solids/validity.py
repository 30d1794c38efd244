"""All faults of a batch of bodies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Kind, Reals, Whole
from cimkit.geometry.solids.composites import composite_faults
from cimkit.geometry.solids.crossings import meetings
from cimkit.geometry.solids.faults import Faults
from cimkit.geometry.solids.pairs import doubtful_pairs
from cimkit.geometry.solids.planes import Planes, planes_of
from cimkit.geometry.solids.rings import ring_faults, self_crossings
from cimkit.geometry.solids.shells import Edges, edges_of, shell_faults, volumes
from cimkit.geometry.solids.solids import cavity_faults, inside_out
from cimkit.geometry.solids.surfaces import hole_faults, not_planar, turned_parts
from cimkit.geometry.solids.tolerances import Tolerances

__all__ = ["validate"]

Truth = npt.NDArray[np.bool_]


def validate(bodies: Bodies, limits: Tolerances | None = None) -> Faults:
    """Return all faults of bodies, in the order of bodies and of codes.

    What has a fault is not judged on the next level: a polygon with a fault in a ring not as a
    polygon, a shell with a fault in a polygon not as a shell, a solid with a fault in a shell not
    as a solid, a composite with a fault in a solid not as a composite. Surfaces are judged as such
    (101 to 208), composite surfaces also as shells that need not be closed.

    Parameters
    ----------
    bodies : Bodies
        Metres.
    limits : Tolerances, optional
        Those of val3dity by default.
    """
    limits = limits or Tolerances()
    found = [_empty(bodies)]
    good = np.ones(len(bodies.ring_face) and len(bodies.face_shell), bool)
    good &= np.diff(bodies.face_start) > 0

    def mark(faults: list[Faults]) -> None:
        found.extend(faults)
        for one in faults:
            good[one.face[one.face >= 0]] = False

    mark(ring_faults(bodies))
    planes = planes_of(bodies, 0.3 * limits.planarity_distance)
    mark([not_planar(bodies, planes, good, limits)])
    flat = planes.flat(bodies.corner_face, bodies.at)
    crossed, is_convex = self_crossings(bodies, planes, flat, good, limits.touch)
    mark([crossed])
    mark(hole_faults(bodies, planes, flat, good))
    mark([turned_parts(bodies, planes, flat, good, is_convex, limits)])

    shells, closed = _asked(bodies, good)
    edges = edges_of(bodies, shells)
    torn = shell_faults(bodies, edges, shells, closed)
    found += torn
    for one in torn:
        shells[one.shell] = False
    met = _self_meetings(bodies, planes, flat, edges, shells, limits)
    found.append(met)
    shells[met.shell] = False
    solids = shells & closed
    volume = volumes(bodies, planes.area, planes.origin)
    turned = inside_out(bodies, volume, solids)
    found.append(turned)
    solids[turned.shell] = False
    _above(bodies, planes, flat, solids, limits, found)
    return Faults.joined(found)


def _empty(bodies: Bodies) -> Faults:
    """Return the bodies that have a part without any face (902)."""
    none = np.flatnonzero(np.diff(bodies.shell_start) == 0)
    shells = Faults.of(902, bodies, shell=none)
    bare = np.flatnonzero(np.diff(bodies.solid_start) == 0)
    solids = Faults.of(902, bodies, solid=bare)
    hollow = np.flatnonzero(np.diff(bodies.body_start) == 0)
    whole = Faults.of(902, bodies, body=hollow)
    return Faults.joined([shells, solids, whole])


def _asked(bodies: Bodies, good: Truth) -> tuple[Truth, Truth]:
    """Return which shells are to be judged as such, and which of them must be closed."""
    bad = np.bincount(bodies.face_shell, ~good, len(bodies.shell_solid)) > 0
    kind = bodies.kind[bodies.shell_body]
    closed = kind >= Kind.SOLID
    full = np.diff(bodies.shell_start) > 0
    return ~bad & full & (kind >= Kind.COMPOSITE_SURFACE), closed


def _self_meetings(
    bodies: Bodies, planes: Planes, flat: Reals, edges: Edges, shells: Truth, limits: Tolerances
) -> Faults:
    """Return the shells that meet themselves (306): one place for each pair of faces."""
    one, two = doubtful_pairs(bodies, planes, edges, shells, limits.touch)
    if not len(one):
        return Faults.of(306, bodies, face=np.empty(0, np.int64))
    met = meetings(bodies, planes, flat, one, two, limits.touch)
    pair, first = np.unique(met.pair, return_index=True)
    return Faults.of(
        306, bodies, face=one[pair], other=two[pair], point=met.point[first].reshape(-1, 3)
    )


def _above(
    bodies: Bodies,
    planes: Planes,
    flat: Reals,
    shells: Truth,
    limits: Tolerances,
    found: list[Faults],
) -> None:
    """Judge solids with cavities, and composites."""
    count = np.diff(bodies.solid_start)
    sound = np.bincount(bodies.shell_solid, ~shells, len(count)) == 0
    sound &= count > 0
    hollow = np.flatnonzero(sound & (count > 1))
    cavities = cavity_faults(bodies, planes, flat, hollow, limits.touch)
    found += cavities
    for one in cavities:
        sound[one.solid] = False
    whole = np.bincount(bodies.solid_body, ~sound, len(bodies.kind)) == 0
    several: Whole = np.flatnonzero(
        whole & (bodies.kind == Kind.COMPOSITE_SOLID) & (np.diff(bodies.body_start) > 1)
    )
    found += composite_faults(bodies, planes, flat, several, limits)
