"""What a reporter is: one public module of this folder.

A form that is text has ``write``, and may go to a terminal or a pipe::

    SPEC = ReporterSpec(name="json", title="JSON", suffixes=(".json",))

    def write(verdict: Verdict, out: TextIO, *, language: str, machine: Path | None) -> None: ...

A form that is a file has ``save`` instead, and is given a file beside the one asked for, which
takes its place when it is whole::

    SPEC = ReporterSpec(name="xlsx", title="Excel workbook", suffixes=(".xlsx",))

    def save(verdict: Verdict, file: Path, *, language: str, machine: Path | None) -> None: ...

All reports are made from the one table of findings and the figures of the verdict
(`cimkit.reporters._content`), so that their counts agree.
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
    mark: bool = False
    """Whether a file of it begins with a byte order mark."""
