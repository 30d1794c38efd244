"""Reporters: one form of the report in each module, all from the same findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cimkit.errors import UsageError
from cimkit.registry import entries, entry
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["ReporterSpec", "for_file", "write"]


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
    """
    suffix = file.suffix.lower()
    known = {s: name for name, module in entries(__name__).items() for s in module.SPEC.suffixes}
    if suffix not in known:
        raise UsageError(
            "no report has this suffix", got=file.name, expected=", ".join(sorted(known))
        )
    return known[suffix]


def write(
    form: str,
    verdict: Verdict,
    out: TextIO,
    *,
    language: str = "en",
    machine: Path | None = None,
) -> None:
    """Write a verdict in one form.

    Parameters
    ----------
    form
        Name of a reporter: ``terminal``, ``json`` ...
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of headings: zh, ja or en; messages are in the language of the check.
    machine
        A file that holds all findings, to be named in a report that shows some.

    Raises
    ------
    UsageError
        If there is no such reporter.
    """
    entry(__name__, form).write(verdict, out, language=language, machine=machine)
