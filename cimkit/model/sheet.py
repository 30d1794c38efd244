"""The delivery sheet: what files do not say about themselves, said by a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

__all__ = ["Declaration", "LocalGrid", "Place", "Sheet", "SheetRow", "Trajectory"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model without georeference stands."""

    easting: float
    """Of the model's origin, in metres of the declared CRS."""
    northing: float
    """Of the model's origin, in metres of the declared CRS."""
    height: float = 0.0
    """Of the model's origin, in metres of the declared vertical datum."""
    rotation: float = 0.0
    """Degrees counter-clockwise from the CRS's easting to the model's x axis."""
    scale: float = 1.0
    """Metres of the CRS per metre of the model."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """How to read a table of camera poses, or another file that holds them.

    "" means: as the file says it, else not known. A column is named as in the header, or by its
    number from 1 in a table that has none. Settings are written as text.
    """

    file: str
    """Path of the table relative to the delivered folder."""
    image: str = ""
    """Column with the photograph's file name ("" means: find it)."""
    x: str = ""
    """Column of easting or longitude."""
    y: str = ""
    """Column of northing or latitude."""
    z: str = ""
    """Column of height."""
    heading: str = ""
    """Column of the heading or yaw, clockwise from true north."""
    pitch: str = ""
    """Column of the pitch."""
    roll: str = ""
    """Column of the roll."""
    omega: str = ""
    """Column of omega, about the x axis (east)."""
    phi: str = ""
    """Column of phi, about the y axis (north)."""
    kappa: str = ""
    """Column of kappa, about the z axis (up)."""
    time: str = ""
    """Column of the moment of exposure."""
    crs: str = ""
    """CRS of the positions; "" means CRS84 degrees."""
    angles: str = ""
    """``vehicle``: heading, pitch and roll of what looks ahead, pitch 0 at the horizon; ``nadir``:
    yaw, pitch and roll of a camera that looks down at 0, 0, 0; ``opk``: omega, phi, kappa."""
    angle_unit: str = ""
    """``deg`` (default), ``rad`` or ``gon``."""
    time_scale: str = ""
    """``utc`` (ISO 8601, or seconds since 1970), ``local`` (ISO 8601 in `time_zone`), ``gps``
    (seconds since 1980-01-06, no leap seconds), ``gps-week`` (seconds of the week `gps_week`, no
    leap seconds), ``utc-day`` or ``gps-day`` (seconds of the day `date`)."""
    gps_week: str = ""
    """Column of the GPS week, or the week itself."""
    date: str = ""
    """Column of the day, or the day itself (``YYYY-MM-DD``)."""
    time_zone: str = ""
    """``+08:00`` or ``Asia/Shanghai``, of local times in the table."""
    time_offset: str = ""
    """Seconds to be added to the photographs' times to get those of the trajectory."""
    longest_gap: str = ""
    """Seconds between two poses over which is still interpolated; 1 if it is not said."""
    lever_arm: str = ""
    """``x, y, z`` from the point that the positions are of to the camera; metres forward, right
    and down in the body that the angles are of."""
    boresight: str = ""
    """``roll, pitch, yaw`` of the camera in that body, degrees."""


@dataclass(frozen=True, slots=True)
class LocalGrid:
    """A local coordinate system: where its definition lies, and never what it says."""

    name: str
    """``local:<name>``, as in `Declaration.crs`."""
    file: str
    """Absolute path of the definition."""
    sha256: str
    """Of the definition."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared about one source. None means: not declared."""

    dataset: str | None = None
    """Name of the lasting product this source delivers."""
    action: str | None = None
    """``replace`` (default), ``extend`` or ``patch`` that dataset."""
    owner: str | None = None
    """The bureau that answers for the data."""
    producer: str | None = None
    """Who made it."""
    licence: str | None = None
    """SPDX identifier, name or address of the terms of use."""
    crs: str | None = None
    """Anything that `cimkit.geometry.crs.parse_crs` reads; overrides what the file says."""
    local_crs: LocalGrid | None = None
    """Where the definition of ``crs = "local:<name>"`` lies."""
    vertical_datum: str | None = None
    """Name or ``EPSG:n`` of the vertical CRS."""
    epoch: str | None = None
    """Coordinate epoch, decimal year."""
    encoding: str | None = None
    """Python name of the character encoding."""
    access: str | None = None
    """``public`` (default), ``internal`` or ``secret``."""
    observed: str | None = None
    """ISO 8601 date or time of the survey."""
    time_zone: str | None = None
    """``+08:00`` or ``Asia/Shanghai``: of clocks, like a camera's, that show local time."""
    key_field: str | None = None
    """Attribute that identifies a row for good."""
    code: str | None = None
    """Identifier of the thing that the whole source shows: the building that a model is of."""
    place: Place | None = None
    """Where a model without georeference stands."""
    trajectory: Trajectory | None = None
    """Poses for photographs."""

    def plain(self) -> dict[str, Any]:
        """Return it as a dict, to be read only: thousands of photographs share one."""
        return _plain(self)

    def over(self, other: Declaration) -> Declaration:
        """Return `other` with what this declares written over it."""
        merged = {}
        for f in fields(self):
            mine = getattr(self, f.name)
            merged[f.name] = getattr(other, f.name) if mine is None else mine
        return Declaration(**merged)


@lru_cache(maxsize=64)
def _plain(declared: Declaration) -> dict[str, Any]:
    return asdict(declared)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the sheet: the sources a glob matches, and what is declared about them."""

    glob: str
    """Matched against `Source.path`, case-sensitive; ``*`` also crosses ``/``."""
    declared: Declaration
    """What holds for them."""
    detected: str = ""
    """What the draft found and why, for the reader; never obeyed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A delivery sheet. Later rows outrank earlier ones, field by field."""

    rows: tuple[SheetRow, ...] = ()
    """In the order of the file."""
    delivery: dict[str, Any] | None = None
    """About the whole delivery: name, author, message, standard, date (``YYYY-MM-DD``)."""

    def declared(self, path: str) -> Declaration:
        """Return what all rows that match ``path`` declare together.

        Examples
        --------
        >>> rows = (SheetRow("*", Declaration(crs="EPSG:4544")),
        ...         SheetRow("*.ifc", Declaration(access="internal")))
        >>> d = Sheet(rows).declared("bim/a.ifc")
        >>> d.crs, d.access
        ('EPSG:4544', 'internal')
        """
        found = Declaration()
        for row in self.rows:
            if fnmatchcase(path, row.glob):
                found = row.declared.over(found)
        return found

    def unmatched(self, paths: list[str]) -> list[str]:
        """Return the globs that match none of ``paths``: most often a typing mistake."""
        return [r.glob for r in self.rows if not any(fnmatchcase(p, r.glob) for p in paths)]
