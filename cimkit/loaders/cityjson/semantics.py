"""Semantics of surfaces, also as the first versions of CityJSON wrote them."""

from __future__ import annotations

from typing import Any

from cimkit.loaders._city.model import DEPTH, CityGeometry
from cimkit.loaders._city.tally import Tally
from cimkit.model import Problem

__all__ = ["read_semantics"]


def read_semantics(
    said: Any, geometry: CityGeometry, where: str, tally: Tally
) -> dict[str, Any] | None:
    """Return the semantics of a geometry in the form of CityJSON 1.0 and later.

    Parameters
    ----------
    said : Any
        What the geometry has under ``semantics``.
    geometry : CityGeometry
        Its boundaries say how many values there have to be.
    where : str
        For problems.
    tally : Tally
        Takes ``semantics-mismatch``.
    """
    if not said:
        return None
    found = _old(said) if isinstance(said, list) else said
    if not isinstance(found, dict) or not isinstance(found.get("surfaces"), list):
        _tell(tally, where, "they are no list of surfaces with values")
        return None
    count, wrong = _values(found.get("values"), len(found["surfaces"]))
    depth = DEPTH.get(geometry.type, 3)
    wanted = _items(geometry.boundaries, depth - 2 if depth > 2 else depth)
    if wrong:
        _tell(tally, where, f"{wrong} point at surfaces that are not there")
    elif found.get("values") is not None and count is not None and count != wanted:
        _tell(tally, where, f"there are {count} for {wanted} surfaces")
    return found


def _tell(tally: Tally, where: str, why: str) -> None:
    tally.add(
        Problem(
            "semantics-mismatch",
            "The semantics of a geometry do not fit its surfaces; they are kept as they are.",
            place=where,
            got=why,
            expected="one value for each surface",
        )
    )


def _old(said: list[Any]) -> dict[str, Any]:
    """Return lists of names or objects, nested as the surfaces, as surfaces and values."""
    surfaces: list[Any] = []

    def value(part: Any) -> Any:
        if isinstance(part, list):
            return [value(p) for p in part]
        if part is None:
            return None
        entry = part if isinstance(part, dict) else {"type": str(part)}
        if entry not in surfaces:
            surfaces.append(entry)
        return surfaces.index(entry)

    return {"values": value(said), "surfaces": surfaces}


def _values(nested: Any, known: int) -> tuple[int | None, int]:
    """Return how many values there are (None: some stand for a whole shell) and how many wrong."""
    if not isinstance(nested, list):
        return (0 if nested is None else 1), 0
    count, wrong, open_ended = 0, 0, False
    deep = any(isinstance(v, list) for v in nested)
    for value in nested:
        if isinstance(value, list):
            inner, bad = _values(value, known)
            open_ended |= inner is None
            count, wrong = count + (inner or 0), wrong + bad
        elif value is None:
            open_ended |= deep
            count += 1
        else:
            count += 1
            wrong += not (isinstance(value, int) and 0 <= value < known)
    return (None if open_ended else count), wrong


def _items(nested: Any, depth: int) -> int:
    if depth <= 1 or not isinstance(nested, list):
        return len(nested) if isinstance(nested, list) else 0
    return sum(_items(part, depth - 1) for part in nested)
