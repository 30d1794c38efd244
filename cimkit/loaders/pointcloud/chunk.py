"""What point-cloud readers of all formats have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem

__all__ = ["CloudFacts", "CloudReader", "PointChunk"]


@dataclass(frozen=True, slots=True)
class PointChunk:
    """Some points of a cloud, in the order of the file."""

    xyz: npt.NDArray[np.float64]
    """(n, 3) in the source's CRS and units: x is easting or longitude, z the height."""
    rgb: npt.NDArray[np.uint8] | None = None
    """(n, 3), 0 to 255; None if the cloud has no colour."""
    intensity: npt.NDArray[np.uint16] | None = None
    """(n,), None if there is none."""
    classification: npt.NDArray[np.uint8] | None = None
    """(n,) ASPRS classes, None if the format has none."""
    gps_time: npt.NDArray[np.float64] | None = None
    """(n,) seconds as the file counts them, None if there is none."""


@dataclass(slots=True)
class CloudFacts:
    """What the header of a cloud says."""

    format: str
    """Name and version."""
    points: int
    """Number of points that the header promises."""
    media_type: str = "application/octet-stream"
    """IANA media type."""
    bbox: tuple[float, ...] | None = None
    """(xmin, ymin, zmin, xmax, ymax, zmax) in units of the CRS; None if the header has none."""
    crs: str | None = None
    """``EPSG:n`` or WKT 2; None if the file names none that can be understood."""
    vertical_datum: str | None = None
    """Name or ``EPSG:n`` of the vertical CRS."""
    z_unit_m: float | None = None
    """Metres in one unit of z; None if the file does not say."""
    standard_time: bool = False
    """Whether `PointChunk.gps_time` is adjusted standard GPS time (an absolute time)."""
    counts: dict[str, int] = field(default_factory=dict)
    """Further counts: scans, faces."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON values."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong with the header."""


class CloudReader(Protocol):
    """A module that reads one format."""

    def facts(self, file: Path) -> CloudFacts:
        """Return what the header says; raise `SourceUnreadable` if there is none."""

    def chunks(self, file: Path, size: int) -> Iterator[PointChunk]:
        """Yield all points, at most ``size`` at a time."""
