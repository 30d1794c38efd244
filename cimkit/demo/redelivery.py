"""The second delivery: one dataset again, renamed, re-ordered, three changed and one missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely.affinity

from cimkit.demo.frame import WEST
from cimkit.demo.gis import write_gpkg
from cimkit.demo.tables import Table

__all__ = ["Changes", "redeliver"]

NAME = "gis/509912_bld_outline_20261101_01.gpkg"


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between the deliveries, by ``bldg_id``."""

    path: str
    """The file of the second delivery."""
    attributes: tuple[str, ...]
    """Buildings with other attributes."""
    geometry: tuple[str, ...]
    """Buildings with another outline."""
    missing: tuple[str, ...]
    """Buildings that are gone."""
    unchanged: int
    """How many are as they were."""


def redeliver(folder: Path, western: Table, seed: int) -> Changes:
    """Write the western buildings once more and return what was changed."""
    rng = np.random.default_rng([seed, 9])
    order = rng.permutation(len(western))
    gone, raised, used, moved = (int(r) for r in order[:4])
    again = western.put(raised, floors=western.fields["floors"][raised] + 1)
    storey = western.fields["height"][raised] / western.fields["floors"][raised]
    higher = round(float(western.fields["height"][raised] + storey), 2)
    other = "public" if western.fields["usage"][used] != "public" else "office"
    again = again.put(raised, height=higher).put(used, usage=other)
    # A metre along the street, away from no neighbour: lots keep more than that between houses.
    shifted = shapely.affinity.scale(western.geometry[moved], 0.94, 0.94)
    again = again.put(moved, geometry=shifted)
    ids = western.fields["bldg_id"]
    again = again.rows(rng.permutation(np.setdiff1d(np.arange(len(western)), [gone])))
    write_gpkg(folder / NAME, {"building": again}, WEST)
    return Changes(
        NAME,
        attributes=tuple(sorted((str(ids[raised]), str(ids[used])))),
        geometry=(str(ids[moved]),),
        missing=(str(ids[gone]),),
        unchanged=len(again) - 3,
    )
