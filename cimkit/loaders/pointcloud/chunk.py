"""What point-cloud readers of all formats have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem
from cimkit.model.source import Kind

__all__ = [
    "KEY_POINT",
    "OVERLAP",
    "SYNTHETIC",
    "USUAL",
    "WITHHELD",
    "CloudFacts",
    "CloudReader",
    "PointChunk",
]

SYNTHETIC, KEY_POINT, WITHHELD, OVERLAP = 1, 2, 4, 8
"""Bits of `PointChunk.flags`."""

USUAL = frozenset({"rgb", "intensity", "classification", "gps_time", "returns"})
"""What `stream` gives if nothing is asked for."""

Bytes = npt.NDArray[np.uint8]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PointChunk:
    """Some points of a cloud, in the order of the file. What a cloud has not got is None."""

    xyz: Reals
    """(n, 3) in the source's CRS and units: x is easting or longitude, z the height."""
    rgb: Bytes | None = None
    """(n, 3), 0 to 255."""
    intensity: npt.NDArray[np.uint16] | None = None
    """(n,) as stored, or the range that the file declares spread over 0 to 65535."""
    classification: Bytes | None = None
    """(n,) ASPRS classes."""
    gps_time: Reals | None = None
    """(n,) seconds as the file counts them."""
    return_number: Bytes | None = None
    """(n,) from 1; 0 is not allowed and is kept."""
    return_count: Bytes | None = None
    """(n,) returns of the pulse."""
    flags: Bytes | None = None
    """(n,) bits `SYNTHETIC`, `KEY_POINT`, `WITHHELD`, `OVERLAP`."""
    channel: Bytes | None = None
    """(n,) scanner channel, 0 to 3."""
    point_source: npt.NDArray[np.uint16] | None = None
    """(n,) flight line or scanner position."""
    nir: npt.NDArray[np.uint16] | None = None
    """(n,) near infrared as stored."""
    extra: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Further fields by name: extra bytes (scaled, no-data as NaN), ``scan_angle`` in degrees,
    ``user_data``, ``edge``, ``direction``, ``wave``, ``normal_x`` ... as the file calls them."""
    color_peak: int = 0
    """The largest colour value as stored, before it became 8 bits."""
    scan: int = 0
    """Number of the scan in a file with several."""


@dataclass(slots=True)
class CloudFacts:
    """What the header of a cloud says."""

    format: str
    """Name and version."""
    points: int
    """Number of points that the header promises; of a text without header, its lines."""
    kind: Kind = "pointcloud"
    """``mesh`` if its points are the corners of faces."""
    media_type: str = "application/octet-stream"
    """IANA media type."""
    bbox: tuple[float, ...] | None = None
    """(xmin, ymin, zmin, xmax, ymax, zmax) in units of the CRS; None if the header has none."""
    rounded: float = 0.0
    """Units of the CRS that the box may be wider than the points need."""
    crs: str | None = None
    """``EPSG:n`` or WKT 2; None if the file names none that can be understood."""
    vertical_datum: str | None = None
    """Name or ``EPSG:n`` of the vertical CRS."""
    z_unit_m: float | None = None
    """Metres in one unit of z; None if the file does not say."""
    gps: Literal["week", "standard"] | None = None
    """What `PointChunk.gps_time` counts: seconds of a GPS week, or adjusted standard GPS time."""
    created: str | None = None
    """ISO 8601 date on which the file says that it was made."""
    observed: tuple[str, str] | None = None
    """ISO 8601 moments in UTC, where the header has them."""
    returns: tuple[int, ...] | None = None
    """Points by return number, from 1, as the header counts them."""
    counted: bool = True
    """Whether `points` is promised; False if it was estimated or counted by lines."""
    counts: dict[str, int] = field(default_factory=dict)
    """Further counts: scans, images, faces."""
    encoding: str | None = None
    """Character encoding of a text."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON values."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong with the header; readers add what they meet on the way."""


class CloudReader(Protocol):
    """A module that reads one format."""

    def facts(self, file: Path, *, quick: bool = False) -> CloudFacts:
        """Return what the header says; raise `SourceUnreadable` if there is none.

        ``quick`` asks for an answer in milliseconds whatever the size of the file.
        """

    def chunks(
        self, file: Path, size: int, wanted: frozenset[str], problems: list[Problem]
    ) -> Iterator[PointChunk]:
        """Yield all points, at most ``size`` at a time; append to ``problems`` what is met."""
