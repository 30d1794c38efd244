"""What is wrong with a standard package, all of it at once, each with its place and its mend."""

from __future__ import annotations

from pathlib import Path

from cimkit.standard.linting._accept import settle
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._run import examine

__all__ = ["lint"]


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
    seen = examine(str(name))
    return settle(seen.files, seen.findings)
