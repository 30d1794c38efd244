"""What overlays declare in the column ``change``, and when two names mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from cimkit.errors import StandardError
from cimkit.standard.package._place import Place

CHANGES = ("add", "rename", "restrict", "retire", "replace")
"""What an overlay can do to a class, an attribute or a value of a list."""
ACCESS = ("public", "internal", "secret")
"""From the widest to the narrowest."""
TAKEN = (
    "Take a code that is free, or declare what you do in the column `change`: "
    "rename (the same thing by another name), replace (another thing)."
)
"""The mend for a code that has another meaning already."""


def words(text: str) -> tuple[str, ...]:
    """Split a cell that holds several values."""
    return tuple(w for w in re.split(r"[|;,\s]+", text) if w) if text else ()


def changes_in(cells: Mapping[str, str], place: Place) -> tuple[str, ...]:
    """Return what the column ``change`` declares; raises `StandardError`."""
    said = words(cells["change"])
    for change in said:
        if change not in CHANGES:
            raise StandardError(
                "no such change",
                where=place.cell("change"),
                got=change,
                expected=" | ".join(CHANGES),
                mend="Choose one of them; an empty cell adds a class, attribute or value.",
            )
    return said


def access_in(cells: Mapping[str, str], place: Place) -> str:
    """Return what the column ``access`` says; raises `StandardError`."""
    said = cells["access"] or "public"
    if said not in ACCESS:
        raise StandardError(
            "no such access",
            where=place.cell("access"),
            got=said,
            expected=" | ".join(ACCESS),
            mend="Choose one of them; an empty cell is public.",
        )
    return said


def same_names(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two sets of names mean the same: by the first language that both have."""
    for a, b in zip(map(plain_name, old), map(plain_name, new), strict=True):
        if a and b:
            return a == b
    return True


def shown(*names: str) -> str:
    """Return names in the languages there are."""
    return " / ".join(n for n in names if n)


def plain_name(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
