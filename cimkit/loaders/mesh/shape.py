"""What readers of meshes find out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem

__all__ = ["Shape"]

Array = npt.NDArray[np.float64]


@dataclass(slots=True)
class Shape:
    """What is known of a mesh."""

    counts: dict[str, int] = field(default_factory=dict)
    """vertices, triangles (faces cut into triangles), materials …"""
    low: Array | None = None
    """Least x, y, z, z up; None if no vertex was read."""
    high: Array | None = None
    """Greatest x, y, z."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON values."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong."""

    def take(self, points: Array) -> None:
        """Widen the box by points (n, 3)."""
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            low, high = points.min(axis=0), points.max(axis=0)
            self.low = low if self.low is None else np.minimum(self.low, low)
            self.high = high if self.high is None else np.maximum(self.high, high)
