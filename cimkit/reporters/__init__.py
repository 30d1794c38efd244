"""Reporters: one form of the report in each module, all from the same findings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cimkit.errors import UsageError
from cimkit.registry import entries, entry
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["MACHINE", "ReporterSpec", "for_file", "save", "write"]

MACHINE = ("json", "parquet", "csv", "sarif")
"""Forms that hold all findings for programs: the one that others name, the first that is there."""


def for_file(file: Path) -> str:
    """Return the name of the reporter that a file's suffix asks for.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> for_file(Path("report.json"))
    'json'
    >>> for_file(Path("report.iso19157.xml"))
    'iso19157'
    """
    name = file.name.lower()
    known = {s: name for name, module in entries(__name__).items() for s in module.SPEC.suffixes}
    ends = [suffix for suffix in known if name.endswith(suffix)]
    if not ends:
        raise UsageError(
            "no report has this suffix", got=file.name, expected=", ".join(sorted(known))
        )
    return known[max(ends, key=len)]


def write(
    form: str,
    verdict: Verdict,
    out: TextIO,
    *,
    language: str = "en",
    machine: Path | None = None,
) -> None:
    """Write a verdict in a form that is text.

    Parameters
    ----------
    form
        Name of a reporter: ``terminal``, ``json`` ...
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of headings and messages: zh, ja or en.
    machine
        A file that holds all findings, to be named in a report that shows some.

    Raises
    ------
    UsageError
        If there is no such reporter, or its form is a file and no text.
    """
    module = entry(__name__, form)
    if not hasattr(module, "write"):
        raise UsageError("this form of the report is a file, no text", got=form)
    module.write(verdict, out, language=language, machine=machine)


def save(
    verdict: Verdict,
    file: Path,
    *,
    language: str = "en",
    machine: Path | None = None,
) -> None:
    """Write a verdict to a file, in the form that its suffix asks for.

    It is written beside and then takes the place of what was there: never half a report.

    Parameters
    ----------
    verdict, language, machine
        As of `write`.
    file
        The file; its folder is there.

    Raises
    ------
    UsageError
        If no reporter has this suffix.
    OSError
        If the file cannot be written.
    """
    module = entry(__name__, for_file(file))
    # The suffix stays the last one: writers of some formats go by it.
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix}")
    try:
        if hasattr(module, "save"):
            module.save(verdict, part, language=language, machine=machine)
        else:
            encoding = "utf-8-sig" if module.SPEC.mark else "utf-8"
            with part.open("w", encoding=encoding, newline="") as out:
                module.write(verdict, out, language=language, machine=machine)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
