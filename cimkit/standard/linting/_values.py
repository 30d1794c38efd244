"""Cells whose value is none of those there are: all of them, in the words of what builds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from cimkit.errors import StandardError
from cimkit.standard.overlay._attributes import limit_in, obligation_in, pattern_in, type_in
from cimkit.standard.overlay._changes import access_in, changes_in
from cimkit.standard.overlay._mapping import conditions_in, confidence_in
from cimkit.standard.overlay._models import sizes_in
from cimkit.standard.package._package import truth
from cimkit.standard.package._place import Place

__all__ = ["values"]

_Cells = Mapping[str, str]
_Read = Callable[[_Cells, Place], object]


def _verified(cells: _Cells, place: Place) -> bool:
    return truth(cells["verified"], place.cell("verified"))


_READ: dict[str, tuple[_Read, ...]] = {
    "classes": (changes_in, access_in, _verified),
    "attributes": (
        *(changes_in, type_in, obligation_in, pattern_in, access_in, _verified),
        *(partial(limit_in, column) for column in ("minimum", "maximum")),
    ),
    "levels": (_verified,),
    "domains": (changes_in, _verified),
    "models": (sizes_in,),
    "mapping": (confidence_in, conditions_in),
}
"""What reads the cells of a row, by table."""


def values(name: str, rows: Iterable[tuple[Place, _Cells]]) -> Iterator[StandardError]:
    """Yield what keeps the single cells of a table from being read."""
    for place, cells in rows:
        for read in _READ.get(name.partition("/")[0].removesuffix(".csv"), ()):
            try:
                read(cells, place)
            except StandardError as error:
                yield error
