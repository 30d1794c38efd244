"""What a reporter is: one public module of this folder.

::

    SPEC = ReporterSpec(name="json", title="JSON", suffixes=(".json",))

    def write(verdict: Verdict, out: TextIO, *, language: str, machine: Path | None) -> None: ...

All reports are made from the one table of findings and the figures of the verdict, so that their
counts agree.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReporterSpec"]


@dataclass(frozen=True, slots=True)
class ReporterSpec:
    """What a reporter is called, and which files it is for."""

    name: str
    """Same as the module."""
    title: str
    """For people."""
    suffixes: tuple[str, ...]
    """Suffixes of file names that ask for it, with the dot, small letters."""
