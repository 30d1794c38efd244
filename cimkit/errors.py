"""What can go wrong, as one tree.

::

    CimkitError
    ├── UsageError            (ValueError)       an argument that cannot be obeyed
    ├── SourceUnreadable      (OSError)          a delivered file that its loader cannot read
    ├── SheetError            (ValueError)       a delivery sheet that says what cannot be
    ├── StandardError         (ValueError)       a standard package that does not build
    │   ├── StandardNotFound  (LookupError)      no package of that id and edition
    │   ├── StandardConflict                     codes with two meanings, undeclared
    │   └── StandardInvalid                      an IDS that is none, or asks what cannot be
    ├── CatalogError          (OSError)          a catalogue that cannot be used
    │   ├── CatalogNotFound                      no catalogue in this folder or above it
    │   ├── CatalogExists                        there is one already
    │   └── CatalogLocked                        another process is writing
    ├── ContextError          (ValueError)       a context package that cannot be used
    ├── QueryError            (ValueError)       SQL that the database refuses
    │   └── QueryRefused      (PermissionError)  SQL that cimkit does not let through
    └── ExportError           (OSError)          an output that cannot be written

An *error* is a tool that cannot go on; bad data is a `cimkit.model.Finding` and the run goes on.
Each error carries values, so that a caller need not parse the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CatalogError",
    "CatalogExists",
    "CatalogLocked",
    "CatalogNotFound",
    "CimkitError",
    "Conflict",
    "ContextError",
    "ExportError",
    "QueryError",
    "QueryRefused",
    "SheetError",
    "SourceUnreadable",
    "StandardConflict",
    "StandardError",
    "StandardInvalid",
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
        # A place in a workbook knows its cells by a function that cannot cross: its text does.
        where = str(self.where)
        return _rebuild, (type(self), self.what, where, self.got, self.expected, self.mend)


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


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that an overlay says otherwise than its parents, without declaring the change."""

    what: str
    """What is wrong, as a sentence without a full stop."""
    where: str
    """Where the overlay says it."""
    code: str
    """The code, name or id it is about."""
    got: str
    """What the overlay says; of a class or value its names in the languages there are."""
    expected: str
    """What the parents say."""
    expected_where: str
    """Where they say it."""
    expected_by: str = ""
    """Which of them, as ``id@edition``."""
    mend: str = ""
    """What the author of the overlay can do about it."""

    def __str__(self) -> str:
        said = f"{self.expected!r} in {self.expected_by or 'a parent'} ({self.expected_where})"
        return f"{self.where}: {self.what}: {self.got!r} here, {said}"


class StandardConflict(StandardError):
    """Codes with two meanings, where the overlay does not declare the change.

    Parameters
    ----------
    conflicts : sequence of Conflict
        All that were found, in the order of the packages and their files; at least one.

    Examples
    --------
    >>> one = Conflict("two meanings of 0120", "b/classes.csv:7", "0120", "Spotlight",
    ...                "Street lamp", "a/classes.csv:3", "a@1")
    >>> print(one)
    b/classes.csv:7: two meanings of 0120: 'Spotlight' here, 'Street lamp' in a@1 (a/classes.csv:3)
    >>> StandardConflict([one]).conflicts[0].code
    '0120'
    """

    SHOWN = 10
    """How many the message tells; the others it counts."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        """All of them."""
        first = self.conflicts[0]
        said = f"{first.expected!r} ({first.expected_by}, {first.expected_where})"
        super().__init__(
            first.what, where=first.where, got=first.got, expected=said, mend=first.mend
        )

    def __str__(self) -> str:
        if len(self.conflicts) == 1:
            return super().__str__()
        shown = self.conflicts[: self.SHOWN]
        left = len(self.conflicts) - len(shown)
        return "\n".join(
            [
                f"{len(self.conflicts)} conflicts with what the parents say, not declared:",
                *(f"  {c}" for c in shown),
                *([f"  ... and {left} more"] if left else []),
                *dict.fromkeys(c.mend for c in self.conflicts if c.mend),
            ]
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.conflicts,)


class StandardInvalid(StandardError):
    """An IDS that does not keep to its format, or asks for what no model can fulfil.

    Parameters
    ----------
    mistakes : sequence of StandardError
        All that were found, in the order of the file; at least one.

    Examples
    --------
    >>> one = StandardError("no class of IFC4", where="a.ids:12", got="IFCRABBIT")
    >>> print(StandardInvalid([one]))
    a.ids:12: no class of IFC4: got 'IFCRABBIT'
    """

    SHOWN = 10
    """How many the message tells; the others it counts."""

    def __init__(self, mistakes: Sequence[StandardError]) -> None:
        self.mistakes = tuple(mistakes)
        """All of them."""
        first = self.mistakes[0]
        super().__init__(
            first.what,
            where=first.where,
            got=first.got,
            expected=first.expected,
            mend=first.mend,
        )

    def __str__(self) -> str:
        shown = "\n".join(str(m) for m in self.mistakes[: self.SHOWN])
        left = max(0, len(self.mistakes) - self.SHOWN)
        return f"{shown}\n... and {left} mistakes more" if left else shown

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.mistakes,)


class CatalogError(CimkitError, OSError):
    """A catalogue that cannot be used."""


class CatalogNotFound(CatalogError):
    """No catalogue in this folder or above it."""


class CatalogExists(CatalogError):
    """The folder holds a catalogue already."""


class CatalogLocked(CatalogError):
    """Another process is writing to the catalogue."""


class ContextError(CimkitError, ValueError):
    """A context package that cannot be used."""


class QueryError(CimkitError, ValueError):
    """SQL that the database refuses."""


class QueryRefused(QueryError, PermissionError):
    """SQL that would read or change what a query may not."""


class ExportError(CimkitError, OSError):
    """An output that cannot be written."""
