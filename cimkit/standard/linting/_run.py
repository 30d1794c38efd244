"""All that lint looks at, in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cimkit.errors import StandardError
from cimkit.standard.linting._attributes import attributes
from cimkit.standard.linting._build import not_built, raw
from cimkit.standard.linting._cells import cells
from cimkit.standard.linting._classes import classes
from cimkit.standard.linting._codes import codes
from cimkit.standard.linting._files import unread_files
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._head import head
from cimkit.standard.linting._levels import levels
from cimkit.standard.linting._mapping import mapping
from cimkit.standard.linting._models import models
from cimkit.standard.linting._names import naming
from cimkit.standard.linting._rules import rules
from cimkit.standard.linting._seen import Examined
from cimkit.standard.linting._verified import unverified
from cimkit.standard.overlay._overlay import resolve
from cimkit.standard.package._files import PackageFiles, find_package, open_package
from cimkit.standard.package._named import split_flag
from cimkit.standard.package._package import read_package

__all__ = ["examine"]

_Look = Callable[[Examined], Iterable[LintFinding]]
_BUILT: tuple[_Look, ...] = (
    head,
    classes,
    codes,
    attributes,
    mapping,
    levels,
    models,
    naming,
    rules,
    unverified,
)


def examine(name: str) -> Examined:
    """Look at a package without running anything of it.

    Raises
    ------
    StandardNotFound
        If there is none.
    """
    plain, flag = split_flag(name)
    path = find_package(plain)
    seen = Examined(name, path)
    try:
        seen.files = _opened(seen)
        if seen.findings:
            # A workbook with mistakes in its sheets: what could be read of it is looked at, too.
            seen.findings += raw(seen, partly=True)
            return seen
        seen.findings += unread_files(seen)
        seen.findings += cells(seen)
        seen.package = read_package(seen.files)
        seen.standard = resolve(path, unverified=flag)
        if not flag and seen.package.head.get("unverified") == "off":
            resolve(path, unverified=True)  # what is left out must build, too
    except StandardError as error:
        seen.standard = None
        # What the rows were found to lack stops the building, too, and is said once.
        seen.findings += (found := list(raw(seen)))
        told = {_row(f.where) for f in found}
        seen.findings += [f for f in not_built(error) if _row(f.where) not in told]
        return seen
    seen.name = seen.standard.key
    for look in _BUILT:
        seen.findings += look(seen)
    return seen


def _opened(seen: Examined) -> PackageFiles:
    """Return the files of a package; of a workbook all mistakes in its sheets are findings."""
    if seen.path.suffix.lower() != ".xlsx" or not seen.path.is_file():
        return open_package(seen.path)
    from cimkit.standard.workbook._open import open_workbook

    return open_workbook(seen.path, lambda error: seen.findings.extend(not_built(error)))


def _row(where: str) -> str:
    """Return the place of a row that the place of a cell lies in."""
    return re.sub(r"![A-Z]+(?=[0-9]+$)", "!", re.sub(r", column \w+$", "", where))
