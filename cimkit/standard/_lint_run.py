"""All that lint looks at, in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cimkit.errors import StandardError
from cimkit.standard._files import PackageFiles, find_package, open_package
from cimkit.standard._overlay import resolve
from cimkit.standard.lint import LintFinding
from cimkit.standard.model import Standard

__all__ = ["Examined", "examine", "in_order"]

_WEIGHT = {"error": 0, "warning": 1, "info": 2}


@dataclass
class Examined:
    """A package that was looked at."""

    name: str
    """As it was asked for, or ``id@edition`` if it builds."""
    files: PackageFiles | None = None
    """What is in it; None if it cannot be opened."""
    standard: Standard | None = None
    """What it builds to; None if it does not."""
    findings: list[LintFinding] = field(default_factory=list)
    """What is wrong with it."""


def examine(name: str) -> Examined:
    """Look at a package without running anything of it.

    Raises
    ------
    StandardNotFound
        If there is none.
    """
    path = find_package(name)
    seen = Examined(name)
    try:
        seen.files = open_package(path)
        seen.standard = resolve(path)
    except StandardError as error:
        seen.findings = [not_built(error)]
        return seen
    seen.name = seen.standard.key
    return seen


def in_order(findings: Sequence[LintFinding]) -> list[LintFinding]:
    """Return findings, the worst first; those of one severity as they were found."""
    return sorted(dict.fromkeys(findings), key=lambda f: _WEIGHT[f.severity])


def not_built(error: StandardError) -> LintFinding:
    """Return the finding that a package does not build."""
    said = [
        f"{word} {value}"
        for word, value in (
            ("got", None if error.got is None else repr(error.got)),
            ("expected", error.expected),
        )
        if value is not None
    ]
    message = f"{error.what}: {', '.join(said)}" if said else error.what
    return LintFinding("package-not-built", "error", error.where, message, error.mend)
