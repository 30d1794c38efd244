"""From the heights of the sources to heights above the ellipsoid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import UsageError
from cimkit.exporters.three_d_tiles.sorting import hold_sorted
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef
from cimkit.geometry.geoid import Geoid, read_geoid
from cimkit.geometry.vertical import read_vertical

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection

__all__ = ["Heights", "to_earth"]

Reals = npt.NDArray[np.float64]


@dataclass(slots=True)
class Heights:
    """From heights in the sources' vertical datum to the ellipsoid, and what was assumed."""

    model: Geoid | float | None
    """The geoid above the ellipsoid: a model, or metres for all places; None: not known, and
    nothing is added."""
    said: str = ""
    """What the catalogue's definition says of heights."""
    outside: int = 0
    """Heights at places of which the model says nothing: passed on as they are."""
    own_zero: int = 0
    """Heights from a zero of their own, which cannot be taken to the ellipsoid."""
    guessed: int = 0
    """Objects without a height, set on the level of the nearest that has one."""
    at_zero: int = 0
    """Objects without a height, and none near that has one."""
    terrain: Callable[[Reals], Reals] | None = None
    """Ellipsoidal heights of the ground at places, NaN where it is not known; None: objects are
    not set on it."""
    clamped: int = 0
    """Objects without a height, set on the terrain."""
    _levels: tuple[Any, Reals] | None = field(default=None, repr=False)
    _tree: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, catalog: Catalog) -> Heights:
        """Return the way that a catalogue's definition names.

        Raises
        ------
        UsageError
            If it names two, or a geoid that cannot be read.
        """
        config = catalog.config
        if config.geoid is not None and config.undulation_m is not None:
            raise UsageError(
                "the catalogue names both a geoid and one undulation",
                got=f"geoid = {config.geoid}, undulation_m = {config.undulation_m}",
                mend="Take one of them out of cimkit.toml.",
            )
        model = config.undulation_m if config.geoid is None else read_geoid(config.geoid)
        return cls(model, config.heights)

    @property
    def label(self) -> str:
        """One sentence for the tileset's metadata."""
        if self.model is None:
            return "Heights: orthometric, not shifted"
        if isinstance(self.model, Geoid):
            return f"Heights: ellipsoidal, by {self.model.title}"
        return f"Heights: ellipsoidal, shifted by {self.model} m ({self.said})"

    def ellipsoidal(self, xy: Reals, z: Reals, datum: npt.NDArray[Any] | str | None) -> Reals:
        """Heights above the ellipsoid, metres, as far as they can be known.

        Heights that are ellipsoidal already stay; those above a level surface, and those of which
        nothing is said, are taken to be above the geoid.

        Parameters
        ----------
        xy : ndarray, shape (n, 2)
            Longitude and latitude, degrees.
        z : ndarray, shape (n,)
            Metres in the vertical datum.
        datum : ndarray of str or None, shape (n,), or one for all
            Vertical datum of the sources as the table `items` has it; None: not said.
        """
        if self.model is None:
            return z
        shifted = np.full(len(z), True)
        kinds = np.array([datum], object) if datum is None or isinstance(datum, str) else datum
        for name in {d for d in kinds if d}:
            kind = _kind(name)
            if kind in ("ellipsoidal", "local"):
                mine = np.broadcast_to(kinds == name, z.shape)
                shifted &= ~mine
                self.own_zero += int(mine.sum()) if kind == "local" else 0
        if isinstance(self.model, float | int):
            return np.where(shifted, z + self.model, z)
        undulation = self.model.undulation(xy)
        unknown = np.isnan(undulation) & shifted & np.isfinite(z)
        self.outside += int(unknown.sum())
        return np.where(shifted, z + np.nan_to_num(undulation), z)

    def learn(self, selection: Selection) -> None:
        """Take the level of the ground from the objects that have one."""
        hold_sorted(selection)
        known = selection.fetch(
            """SELECT (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y, base AS z
            FROM sorted_objects WHERE bbox IS NOT NULL AND base IS NOT NULL AND kind = 'gis'
            AND NOT starts_with(layer, 'left out') ORDER BY object_id"""
        )
        x, y, z = (known[c].to_numpy() for c in "xyz")
        if len(z):
            self._levels = (np.column_stack([x, y]), z)

    def ground(self, xy: Reals, z: Reals, datum: npt.NDArray[Any] | str | None = None) -> Reals:
        """Fill unknown heights (NaN), shape (n,), in the vertical datum of the objects.

        By the terrain where objects are set on it, else by the nearest known one within some 5 km.
        """
        import shapely

        filled = np.where(np.isnan(z), 0.0, z)
        found = np.isfinite(z)
        if self.terrain is not None and not found.all():
            low = np.full(len(z), np.nan)
            low[~found] = self.terrain(xy[~found])
            on = np.isfinite(low)
            self.clamped += int(on.sum())
            # A copy counts what the caller counts when it comes back from this datum.
            filled[on] = (low - replace(self).ellipsoidal(xy, np.zeros(len(z)), datum))[on]
            found |= on
        unknown = np.flatnonzero(~found)
        if not len(unknown):
            return filled
        if self._levels is None:
            self.at_zero += len(unknown)
            return filled
        places, known = self._levels
        if self._tree is None:  # it is large, and most cities have a height for everything
            self._tree = shapely.STRtree(shapely.points(places))
        mine, near = self._tree.query_nearest(
            shapely.points(xy[unknown]), max_distance=0.05, all_matches=False
        )
        filled[unknown[mine]] = known[near]
        self.guessed += len(mine)
        self.at_zero += len(unknown) - len(mine)
        return filled

    def notes(self) -> list[str]:
        """What the reader must know."""
        said = []
        if self.model is None:
            said.append(
                "heights are orthometric, not shifted: the catalogue's definition names no geoid; "
                "set geoid or undulation_m in cimkit.toml for ellipsoidal heights"
            )
        else:
            by = self.model.title if isinstance(self.model, Geoid) else f"{self.model:+g} m"
            said.append(f"heights that are not ellipsoidal were taken to the ellipsoid by {by}")
        if self.outside:
            said.append(
                f"{self.outside:,} heights lie outside of the geoid's model and were not shifted"
            )
        if self.own_zero:
            said.append(
                f"{self.own_zero:,} heights are measured from a zero of their own and were not "
                "shifted"
            )
        if self.clamped:
            said.append(
                f"{self.clamped:,} objects have no height of their own: they stand on the terrain"
            )
        if self.guessed:
            said.append(
                f"{self.guessed:,} objects have no height of their own: they stand on the level of "
                "the nearest object that has one"
            )
        if self.at_zero:
            said.append(
                f"{self.at_zero:,} objects have no height of their own and nothing near has: "
                "they stand at 0 m"
            )
        return said


@lru_cache(maxsize=256)
def _kind(datum: str) -> str:
    read = read_vertical(datum)
    return "unknown" if read is None else read.kind


def to_earth(xyz: Reals, crs: str, heights: Heights, datum: str | None) -> Reals:
    """Earth-centred coordinates, shape (n, 3), of coordinates in a CRS, x before y."""
    xy = to_crs84(np.ascontiguousarray(xyz[:, :2]), parse_crs(crs))
    return ecef(xy[:, 0], xy[:, 1], heights.ellipsoidal(xy, xyz[:, 2], datum))
