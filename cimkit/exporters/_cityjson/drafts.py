"""Geometries on their way from the catalogue to CityJSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Draft"]


@dataclass(slots=True)
class Draft:
    """A geometry, or the place of an address or instance, whose vertices have no numbers yet."""

    owner: int
    """Row of its object in the heap."""
    points: npt.NDArray[np.float64]
    """Shape (n, 3), x first, in ``crs``."""
    crs: str | None
    """None: in the frame of the model."""
    shape: dict[str, Any]
    """A geometry of CityJSON; its boundaries are indices into ``points``."""
    address: dict[str, Any] | None = None
    """The address whose ``location`` it is; None: it is a geometry of its object."""
    appearance: dict[str, Any] | None = None
    """Column ``appearance`` of the catalogue."""
    item: str = ""
    """The source it is of."""
