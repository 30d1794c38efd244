"""What an exporter is, and what it reports.

An exporter is one public module of this folder::

    SPEC = ExporterSpec(name="gpkg", title="GeoPackage", suffix=".gpkg")

    def export(
        catalog: Catalog, out: Path, *, where: str | None, as_of: str | int | None,
        access: str, **options: Any
    ) -> ExportReport: ...
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ExportReport", "ExporterSpec"]


@dataclass(frozen=True, slots=True)
class ExporterSpec:
    """What a format is called."""

    name: str
    """On the command line."""
    title: str
    """For people."""
    suffix: str = ""
    """Of the file it writes; "" for a folder."""
    options: tuple[str, ...] = ()
    """Options that its signature does not name."""


@dataclass(slots=True)
class ExportReport:
    """What an export wrote, and what it did not."""

    format: str
    """Name of the format."""
    out: Path
    """File or folder written."""
    counts: dict[str, int] = field(default_factory=dict)
    """Things written, by layer or collection."""
    files: int = 0
    """Files written."""
    size: int = 0
    """Bytes written."""
    largest: int = 0
    """Bytes of the largest file that is loaded at one go."""
    contents: dict[str, int] = field(default_factory=dict)
    """Of a format with many contents: how many were written, kept from the run before, dropped."""
    withheld: dict[str, int] = field(default_factory=dict)
    """Objects and items that the access asked for does not cover, by their own."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Objects that this format has no place for, by reason."""
    notes: list[str] = field(default_factory=list)
    """What the reader of the output must know, and what to do about it."""

    def leave(self, reason: str, count: int) -> None:
        """Count objects left out."""
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {**asdict(self), "out": str(self.out)}

    def to_text(self) -> str:
        """Return a few lines for people."""
        total = sum(self.counts.values())
        lines = [f"{self.out}: {total:,} in {self.files:,} files, {self.size / 1e6:,.1f} MB"]
        for title, figures in (
            ("", self.counts),
            ("tiles ", self.contents),
            ("withheld, access ", self.withheld),
            ("left out: ", self.left_out),
        ):
            lines += [f"  {title}{name}: {count:,}" for name, count in figures.items()]
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])
