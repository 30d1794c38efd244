"""Standards in other people's formats: the registry `cimkit.standard.formats` and our own forms."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from cimkit.errors import UsageError
from cimkit.registry import entries, entry
from cimkit.standard.draft import Loss, flatten, read_draft, write_draft

__all__ = ["FORMS", "export_standard", "format_of", "import_standard"]

_REGISTRY = "cimkit.standard.formats"
FORMS = {"folder": (), "zip": (".zip",), "xlsx": (".xlsx",)}
"""Our own forms of a package with their suffixes: they carry all of it."""


def import_standard(
    file: str | Path,
    out: str | Path,
    *,
    id: str,
    edition: str,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> list[Loss]:
    """Make a package of a file in a format of others.

    Parameters
    ----------
    file : str or Path
        What to read.
    out : str or Path
        The package: a folder, or a zip or workbook by its suffix.
    id, edition : str
        Of the package.
    format : str, optional
        ``skos``, ``bsdd``, ``table`` ..., or ``folder``, ``zip``, ``xlsx``; guessed from the
        suffix where only one fits.
    columns : mapping, optional
        For ``table``: column by role, ``{"code": "C"}``.
    overwrite : bool
        Whether a package at `out` may be replaced.

    Returns
    -------
    list of Loss
        What the package could not take over.

    Raises
    ------
    UsageError
        If the format is unknown, not certain, or cannot be read.
    StandardError
        If the file cannot be read as that.
    """
    file = Path(file)
    name = format or format_of(file, "read")
    if name in FORMS:
        draft, losses = read_draft(file), []
        draft.head |= {"id": id, "edition": edition}
    else:
        read = getattr(_module(name, "read"), "read")  # noqa: B009 - a module has no such type
        more = {} if columns is None else {"columns": columns}
        if more and "columns" not in inspect.signature(read).parameters:
            raise UsageError("only tables have columns to name", got=name, expected="table")
        draft, losses = read(file, id=id, edition=edition, **more)
    write_draft(draft, out, overwrite=overwrite)
    return list(losses)


def export_standard(
    standard: str | Path,
    out: str | Path,
    *,
    format: str | None = None,
    language: str = "en",
    flat: bool = False,
    overwrite: bool = False,
) -> list[Loss]:
    """Write a standard in a format of others, or in another form of ours.

    Parameters
    ----------
    standard : str or Path
        ``id``, ``id@edition``, a folder, zip or workbook.
    out : str or Path
        What to write.
    format : str, optional
        As in `import_standard`, and ``html``: a code book to print.
    language : str
        For formats that have one language: zh, ja or en; for ``html`` also ``all``.
    flat : bool
        For our own forms: with its parents as one package, not as it is written.
    overwrite : bool
        Whether what is at `out` may be replaced.

    Returns
    -------
    list of Loss
        What the format could not carry.

    Raises
    ------
    UsageError
        If the format is unknown, not certain, or cannot be written, or `out` is there already.
    StandardError
        If the standard cannot be read.
    """
    from cimkit.standard import load
    from cimkit.standard.package._files import find_package

    out = Path(out)
    name = format or format_of(out, "write")
    if name in FORMS:
        path = find_package(str(standard))
        _check_form(name, out)
        draft = flatten(load(standard)) if flat else read_draft(path)
        write_draft(draft, out, overwrite=overwrite)
        return []
    module = _module(name, "write")
    if out.exists() and not overwrite:
        raise UsageError(
            "this is there already",
            where=str(out),
            mend="Name another file, or say that it may be overwritten.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    losses: list[Loss] = module.write(load(standard), out, language=language)
    return losses


def format_of(path: Path, verb: str) -> str:
    """Return the format that a file's suffix means, if there is only one.

    Parameters
    ----------
    path : Path
        The file.
    verb : str
        ``read`` or ``write``: what the format must be able to do.

    Raises
    ------
    UsageError
        If none or several fit.

    Examples
    --------
    >>> format_of(Path("a.zip"), "read")
    'zip'
    """
    from cimkit.standard.workbook._open import workbook_head

    suffix = path.suffix.lower()
    fit = [name for name, suffixes in FORMS.items() if suffix in suffixes]
    if path.is_dir():
        return "folder"
    for module in entries(_REGISTRY).values():
        if hasattr(module, verb) and suffix in module.SPEC.suffixes:
            fit.append(module.SPEC.name)
    if verb == "read" and sorted(fit) == ["table", "xlsx"]:
        # Only a standard's workbook has a sheet with its head.
        return "table" if workbook_head(path) is None else "xlsx"
    if len(fit) != 1:
        raise UsageError(
            "the format must be named: " + ("several have" if fit else "none has") + " this suffix",
            where=str(path),
            expected=", ".join(fit or [*FORMS, *_names(verb)]),
        )
    return fit[0]


def _names(verb: str) -> list[str]:
    return [m.SPEC.name for m in entries(_REGISTRY).values() if hasattr(m, verb)]


def _module(name: str, verb: str) -> ModuleType:
    known = [*FORMS, *_names(verb)]
    if name not in known:
        says = {"read": "imported", "write": "exported"}[verb]
        raise UsageError(f"no format that can be {says}", got=name, expected=", ".join(known))
    return entry(_REGISTRY, name)


def _check_form(name: str, out: Path) -> None:
    suffix = out.suffix.lower()
    wanted = FORMS[name]
    if (wanted and suffix not in wanted) or (not wanted and suffix in (".zip", ".xlsx")):
        raise UsageError(
            f"a {name} is not called so",
            got=out.name,
            expected=f"a name that ends in {wanted[0]}" if wanted else "the name of a folder",
        )
