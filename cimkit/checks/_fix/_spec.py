"""What a fix is: the names its module has, and what it is handed.

A fix is one public module of this folder::

    SPEC = FixSpec("shapefile_prj", order=20, title={"en": ..., "zh": ..., "ja": ...})

    def run(job: Job) -> Iterator[Change]: ...

It changes files of a copy, never of a delivery, and only where nothing is lost and nothing has to
be guessed: what it says must follow from the delivery sheet, the standard, or the file itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.model import Asset, Declaration, Sheet
    from cimkit.standard import Standard

__all__ = ["Change", "FixSpec", "Job", "Left"]


@dataclass(frozen=True, slots=True)
class FixSpec:
    """What a fix is called."""

    name: str
    """Same as the module."""
    order: int
    """Lower ones run first; names change last."""
    title: Mapping[str, str]
    """What it does, in zh, ja and en."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed."""

    fix: str
    """Name of the fix."""
    path: str
    """The file, as it was delivered."""
    place: str
    """Where in it: row and field, entity, or "" for the whole."""
    before: str
    """What stood there, "" if nothing did."""
    after: str
    """What stands there now."""

    def to_json(self) -> dict[str, str]:
        """Return JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that a fix is for and could not mend."""

    fix: str
    """Name of the fix."""
    path: str
    """The file."""
    why: str
    """Why not."""


@dataclass(slots=True)
class Job:
    """What a fix sees."""

    folder: Path
    """The copy."""
    assets: Mapping[str, Asset]
    """What a probe learns of the sources, by path."""
    sheet: Sheet
    """The delivery sheet; empty if there is none."""
    standard: Standard
    """The standard."""
    failures: Sequence[Mapping[str, Any]]
    """Findings of the check before, with their details."""
    left: list[Left] = field(default_factory=list)
    """What could not be mended; fixes add to it."""
    renamed: dict[str, str] = field(default_factory=dict)
    """New path by former path; filled by the fix that renames."""

    def file(self, path: str) -> Path | None:
        """Return where a file of the copy lies; None if it is inside an archive."""
        place = self.folder / path
        return place if place.is_file() else None

    def declared(self, path: str) -> Declaration:
        """Return what the sheet says of a source."""
        return self.sheet.declared(path)
