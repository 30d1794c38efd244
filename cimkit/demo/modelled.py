"""What of a building of the plan goes into its IFC model, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from cimkit.demo.frame import EAST, WEST, Reals, project, similarity
from cimkit.demo.plan import Plan

__all__ = ["Model", "model_of"]


@dataclass(frozen=True, slots=True)
class Model:
    """What of a building goes into its IFC."""

    name: str
    """Name of the building, as in the GIS layer."""
    tag: str
    """``bldg_id`` of the GIS layer."""
    rings: tuple[Reals, ...]
    """Open rings (n, 2) in metres about the model's origin: outer counter-clockwise, then holes."""
    floors: int
    """Storeys."""
    storey: float
    """Height of each, metres."""
    crs: str
    """Projected CRS of the zone it lies in."""
    stand: tuple[float, float, float, float, float]
    """As `cimkit.demo.frame.similarity` returns it."""
    base_z: float
    """Height of the model's origin."""
    lonlat: tuple[float, float]
    """What IfcSite says."""
    seed: str
    """GlobalIds follow from it."""
    placed: bool = True
    """Whether it has a georeference at all."""
    twin_storeys: bool = False
    """Whether two storeys bear one name (a planted defect)."""
    fire_exit: bool = True
    """Whether its door says if it is a fire exit (false: a planted defect)."""

    def unplaced(self) -> Model:
        """Return it without any georeference."""
        return replace(self, placed=False)

    def without_fire_exit(self) -> Model:
        """Return it with a door that does not say whether it is a fire exit."""
        return replace(self, fire_exit=False)

    def contradicting(self) -> Model:
        """Return it with an IfcSite 3.9 km south of its map conversion."""
        return replace(self, lonlat=(self.lonlat[0], self.lonlat[1] - 0.035))

    def with_twin_storeys(self) -> Model:
        """Return it with its second storey called like the first."""
        return replace(self, twin_storeys=True)


def model_of(plan: Plan, row: int) -> Model:
    """Return the model of one building of the plan."""
    b = plan.buildings
    origin = np.array(shapely.bounds(b.outline[row])[:2])
    rings = tuple(shapely.get_coordinates(r)[:-1] - origin for r in _rings(b.outline[row]))
    crs = WEST if b.west[row] else EAST
    lon, lat = project(origin[None], "OGC:CRS84")[0]
    return Model(
        name=str(b.name[row]),
        tag=f"LJB-{row + 1:06d}",
        rings=rings,
        floors=int(b.floors[row]),
        storey=float(b.height[row] / b.floors[row]),
        crs=crs,
        stand=similarity((float(origin[0]), float(origin[1])), crs),
        base_z=float(b.base_z[row]),
        lonlat=(float(lon), float(lat)),
        seed=f"{plan.seed}/{row}",
    )


def _rings(outline: shapely.Polygon) -> list[Any]:
    return [outline.exterior, *outline.interiors]
