"""Which CRS a model, or one geometry of it, names, and in which order its axes come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from cimkit.errors import UsageError
from cimkit.geometry.crs import parse_crs
from cimkit.loaders._city.crs_names import named
from cimkit.loaders._city.standing import stood
from cimkit.model import Place

__all__ = ["Frame", "Frames", "frame_of"]

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """How the numbers of a geometry are to be read."""

    dimension: int = 3
    """Numbers to a position where the list itself does not say."""
    swapped: bool = False
    """Whether the first axis is the northing or latitude."""
    own: str | None = None
    """The CRS, where it is not that of the model."""
    degrees: bool = False
    """Whether the first two axes are angles."""
    place: Place | None = None
    """Where a model in coordinates of its own stands, as the sheet says."""

    def ordered(self, points: Reals) -> Reals:
        """Return positions with x first, where the model stands."""
        return stood(points[:, [1, 0, 2]] if self.swapped else points, self.place)


def frame_of(text: str | None, dimension: int) -> Frame:
    """Decide the order of the axes: a URN or URL means that of the authority, a bare code x, y.

    Degrees come latitude first in either case, as the makers of PLATEAU and INSPIRE write them,
    unless it is CRS84.
    """
    name = named(text)
    if name is None:
        return Frame(dimension or 3)
    try:
        crs = parse_crs(name)
    except UsageError:
        return Frame(dimension or 3)  # told of by `place`
    formal = (text or "").lower().startswith(("urn:ogc", "urn:x-ogc", "http")) or crs.is_geographic
    first = crs.axis_info[0].direction.lower() if crs.axis_info else "east"
    return Frame(dimension or 3, formal and first == "north", degrees=bool(crs.is_geographic))


@dataclass(slots=True)
class Frames:
    """The frame of the model, and of each CRS that a geometry of it names for itself."""

    model: Frame
    """Of the model."""
    said: str | None = None
    """The CRS of the model as the file writes it."""
    fixed: bool = False
    """Whether the delivery sheet names the CRS: then all geometries are in it."""
    known: dict[str, Frame] = field(default_factory=dict)
    """By the CRS as it is written."""

    def of(self, srs: str | None) -> Frame:
        """Return the frame of a geometry that names this CRS, or none."""
        if not srs or self.fixed or srs == self.said:
            return self.model
        known = self.known.get(srs)
        if known is None:
            frame = frame_of(srs, self.model.dimension)
            same = named(srs) == named(self.said)
            own = None if same or srs.startswith("#") else named(srs)
            known = self.known[srs] = replace(frame, own=own)
            if same:
                known = self.known[srs] = self.model
        return known
