"""What is wrong with a standard package, all of it at once, each with its place and its mend."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["LintFinding", "Severity", "lint"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing in a package that is wrong, or that somebody should look at."""

    code: str
    """Stable name in kebab-case, e.g. ``mapping-unreachable``."""
    severity: Severity
    """*error*: it does not do what it says; *warning*: it will mislead somebody; *info*: a fact to
    know. A package without errors and warnings is clean."""
    where: str
    """File and line, or sheet and cell; the id of the package where no place says more."""
    message: str
    """What is wrong, in a sentence."""
    mend: str = ""
    """What to do about it."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {**asdict(self), "where": str(self.where)}


def lint(name: str | Path) -> list[LintFinding]:
    """Read a package and say all that is wrong with it, without running anything of it.

    What takes the checks (parameters, fixtures) is said by `cimkit.checks.prove`, which includes
    this.

    Parameters
    ----------
    name : str or Path
        ``"cn.components"``, ``"city.linjiang@2026"``, a folder, a zip or a workbook.

    Returns
    -------
    list of LintFinding
        Errors first, then warnings, then infos; each group in the order of the files.

    Raises
    ------
    StandardNotFound
        If there is no such package. One that does not build raises nothing: that is a finding.
    """
    from cimkit.standard.linting._accept import settle
    from cimkit.standard.linting._run import examine

    seen = examine(str(name))
    return settle(seen.files, seen.findings)
