"""The layer of terrain: elevation models with the imagery that lies on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Draw the elevation models."""
    return None
