"""A package as people write it: plain rows and tables, nothing resolved.

Importers make one, writers save one, and the folder and the workbook are two forms of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["Draft", "Loss", "flatten", "read_draft", "write_draft"]

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a format cannot carry, or that an import could not take over."""

    what: str
    """Part of a standard: ``classes``, ``attributes``, ``mapping``, ``rules``, ``naming`` ..."""
    which: str
    """Which of them: codes, names, columns; "" all."""
    why: str
    """In a sentence."""
    columns: tuple[str, ...] = ()
    """Names of the columns that it is about; () all."""
    rows: tuple[int, ...] = ()
    """Numbers of the rows that it is about, from 0, in the draft that `flatten` gives; () all."""


@dataclass
class Draft:
    """What stands in the files of one package; cells are texts, absent ones "" or missing."""

    head: dict[str, Any]
    """The document ``standard.toml``."""
    classes: list[Row] = field(default_factory=list)
    """Rows of ``classes.csv``."""
    attributes: list[Row] = field(default_factory=list)
    """Rows of ``attributes.csv``."""
    mapping: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``mapping/<name>.csv``, by name."""
    domains: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``domains/<name>.csv``, by name."""
    levels: list[Row] = field(default_factory=list)
    """Rows of ``levels.csv``."""
    level_rules: list[Row] = field(default_factory=list)
    """Rows of ``level_rules.csv``."""
    models: list[Row] = field(default_factory=list)
    """Rows of ``models.csv``."""
    crosswalk: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of ``crosswalk/<name>.csv``, by name."""
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The documents ``rules/<name>.toml``, by name."""
    naming: dict[str, Any] = field(default_factory=dict)
    """The document ``naming.toml``; {} if there is none."""
    files: dict[str, bytes] = field(default_factory=dict)
    """All other files by their path in the package: jurisdiction, IDS, fixtures."""


def read_draft(path: str | Path) -> Draft:
    """Read a package as it is written.

    Parameters
    ----------
    path : str or Path
        A folder, a zip or a workbook (.xlsx).

    Raises
    ------
    StandardError
        If it is no package, or a file in it cannot be read.
    """
    from cimkit.standard.package._files import open_package
    from cimkit.standard.package._reading import draft_of

    return draft_of(open_package(Path(path)))


def write_draft(draft: Draft, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a package: the same draft gives the same bytes.

    Parameters
    ----------
    draft : Draft
        What to write; nothing is resolved or checked but that it can be written.
    path : str or Path
        A workbook if it ends in ``.xlsx``, a zip if in ``.zip``, else a folder.
    overwrite : bool
        Whether a package that is there may be replaced.

    Raises
    ------
    StandardError
        If the draft has what the form cannot hold: an unknown column, a file name.
    UsageError
        If there is something at `path` and it may not be overwritten.
    """
    from cimkit.standard.package._writing import package_files, replace_file, write_files

    path = Path(path)
    if path.suffix.lower() == ".xlsx":
        from cimkit.standard.workbook._write import workbook_bytes

        replace_file(path, workbook_bytes(draft), overwrite=overwrite)
    else:
        write_files(package_files(draft), path, overwrite=overwrite)


def flatten(standard: Standard) -> Draft:
    """Return a resolved standard and its parents as one package that extends none.

    What is retired is left out; a level inherited from a class above stands on the class. Rules
    take the package's own id before their name: ``cn.components/x`` becomes ``city.y/x``.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> draft = flatten(load("city.linjiang"))
    >>> "extends" in draft.head, draft.classes[0]["code"]
    (False, '01')
    """
    from cimkit.standard.package import _flatten

    return _flatten.flatten(standard)
