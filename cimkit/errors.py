"""What can go wrong, as one tree.

::

    CimkitError
    ├── UsageError            (ValueError)       an argument that cannot be obeyed
    ├── SourceUnreadable      (OSError)          a delivered file that its loader cannot read
    ├── SheetError            (ValueError)       a delivery sheet that says what cannot be
    ├── StandardError         (ValueError)       a standard package that does not build
    │   ├── StandardNotFound  (LookupError)      no package of that id and edition
    │   └── StandardConflict                     one code, two meanings, undeclared
    ├── CatalogError          (OSError)          a catalogue that cannot be used
    │   ├── CatalogNotFound                      no catalogue in this folder or above it
    │   ├── CatalogExists                        there is one already
    │   └── CatalogLocked                        another process is writing
    ├── QueryError            (ValueError)       SQL that the database refuses
    │   └── QueryRefused      (PermissionError)  SQL that cimkit does not let through
    └── ExportError           (OSError)          an output that cannot be written

An *error* is a tool that cannot go on; bad data is a `cimkit.model.Finding` and the run goes on.
Each error carries values, so that a caller need not parse the sentence.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "CatalogError",
    "CatalogExists",
    "CatalogLocked",
    "CatalogNotFound",
    "CimkitError",
    "ExportError",
    "QueryError",
    "QueryRefused",
    "SheetError",
    "SourceUnreadable",
    "StandardConflict",
    "StandardError",
    "StandardNotFound",
    "UsageError",
]


class CimkitError(Exception):
    """Root of all errors that cimkit raises itself.

    Parameters
    ----------
    what : str
        What went wrong, as a sentence without a full stop.
    where : str
        The file, and the place in it: line, row, GUID, sheet and cell.
    got, expected : object
        The value met and the value that was wanted.
    mend : str
        What the reader can do about it.

    Examples
    --------
    >>> print(UsageError("no such depth", got="deep", expected="header, sample or full"))
    no such depth: got 'deep', expected header, sample or full
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        got: Any = None,
        expected: Any = None,
        mend: str = "",
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.expected = expected
        self.mend = mend
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        said = [
            f"{word} {value}"
            for word, value in (
                ("got", None if self.got is None else repr(self.got)),
                ("expected", self.expected),
            )
            if value is not None
        ]
        text = f"{text}: {', '.join(said)}" if said else text
        return f"{text}. {self.mend}" if self.mend else text

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; the default would call the class without its keywords.
        return _rebuild, (type(self), self.what, self.where, self.got, self.expected, self.mend)


def _rebuild(
    cls: type[CimkitError], what: str, where: str, got: Any, expected: Any, mend: str
) -> CimkitError:
    return cls(what, where=where, got=got, expected=expected, mend=mend)


class UsageError(CimkitError, ValueError):
    """An argument that cannot be obeyed."""


class SourceUnreadable(CimkitError, OSError):
    """A delivered file that its loader cannot read."""


class SheetError(CimkitError, ValueError):
    """A delivery sheet that says what cannot be."""


class StandardError(CimkitError, ValueError):
    """A standard package that does not build."""


class StandardNotFound(StandardError, LookupError):
    """No package of that id and edition."""


class StandardConflict(StandardError):
    """One code with two meanings, where the overlay does not declare the change."""


class CatalogError(CimkitError, OSError):
    """A catalogue that cannot be used."""


class CatalogNotFound(CatalogError):
    """No catalogue in this folder or above it."""


class CatalogExists(CatalogError):
    """The folder holds a catalogue already."""


class CatalogLocked(CatalogError):
    """Another process is writing to the catalogue."""


class QueryError(CimkitError, ValueError):
    """SQL that the database refuses."""


class QueryRefused(QueryError, PermissionError):
    """SQL that would read or change what a query may not."""


class ExportError(CimkitError, OSError):
    """An output that cannot be written."""
