"""How exact a body has to be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Tolerances"]


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Tolerances with the names and values that val3dity gives them."""

    snap: float = 0.001
    """Points closer than this are one (metres)."""
    planarity_distance: float = 0.01
    """How far a point may lie off the plane fitted to its polygon (metres)."""
    planarity_normals: float = 20.0
    """How far the normal of a part of a polygon may turn from that of the polygon (degrees)."""
    overlap: float = 0.005
    """How thick what two bodies share may be without their overlapping (metres)."""

    @property
    def touch(self) -> float:
        """How close a point must lie to a plane or line to be on it (metres)."""
        return 0.1 * self.snap
