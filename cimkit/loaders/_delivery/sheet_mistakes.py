"""What is wrong with a delivery sheet, gathered: who mends it wants to see all of it at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cimkit.errors import SheetError
from cimkit.model import SheetRow

__all__ = ["contradictions", "raise_all", "told"]


@contextmanager
def told(mistakes: list[SheetError]) -> Iterator[None]:
    """Add what is raised to the mistakes, and go on behind it."""
    try:
        yield
    except SheetError as error:
        mistakes.append(error)


def contradictions(
    rows: Sequence[SheetRow], places: Sequence[dict[str, str]]
) -> Iterator[SheetError]:
    """Give the values that a row says otherwise than an earlier row with the very same glob.

    Of different globs the later outranks the earlier; the same one twice is a slip.

    Parameters
    ----------
    places : sequence of dict
        Where the values of each row stand.
    """
    first: dict[tuple[str, str], tuple[object, str]] = {}
    for row, where in zip(rows, places, strict=True):
        for field in dataclasses.fields(row.declared):
            value = getattr(row.declared, field.name)
            if value is None:
                continue
            before, there = first.setdefault((row.glob, field.name), (value, where[""]))
            if before != value:
                yield SheetError(
                    f"{field.name} contradicts another row of the same glob",
                    where=where.get(field.name, where[""]),
                    got=value,
                    expected=f"{before}, as in {there}",
                    mend="Delete one of the two.",
                )


def raise_all(mistakes: Sequence[SheetError], file: Path) -> None:
    """Raise what is wrong, if anything is.

    Raises
    ------
    SheetError
        The one mistake; or one that lists them all, a line each.
    """
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise SheetError(f"{len(mistakes)} mistakes in the delivery sheet{lines}", where=str(file))
