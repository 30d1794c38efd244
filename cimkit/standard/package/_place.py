"""Where a row of a package is written: in a file by line, in a workbook by sheet and cell."""

from __future__ import annotations

from collections.abc import Callable


class Place(str):
    """The place of a row as messages show it; `cell` narrows it to one of its columns.

    Parameters
    ----------
    text : str
        The place of the row.
    cell : callable, optional
        Gives the place of one of its columns by name.

    Examples
    --------
    >>> place = Place("book.xlsx, classes!7", {"parent": "book.xlsx, classes!C7"}.__getitem__)
    >>> print(place, place.cell("parent"), sep="; ")
    book.xlsx, classes!7; book.xlsx, classes!C7
    """

    _cell: Callable[[str], str] | None

    def __new__(cls, text: str = "", cell: Callable[[str], str] | None = None) -> Place:
        """Make a place."""
        place = super().__new__(cls, text)
        place._cell = cell
        return place

    def __reduce__(self) -> tuple[type[Place], tuple[str]]:
        # What knows the cells may hold an open workbook and stays behind.
        return Place, (str(self),)

    def cell(self, column: str) -> str:
        """Return the place of one column in this row."""
        return self._cell(column) if self._cell else f"{self}, column {column}"


NOWHERE = Place()
"""The place of what was not read from a file."""
