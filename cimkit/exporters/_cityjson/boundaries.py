"""Boundaries with new numbers of vertices, and all that is nested as they are."""

from __future__ import annotations

from collections import Counter
from typing import Any

__all__ = ["DEPTH", "renumbered", "tidied"]

DEPTH = {
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiSurface": 3,
    "CompositeSurface": 3,
    "Solid": 4,
    "MultiSolid": 5,
    "CompositeSolid": 5,
}
"""How many lists deep the boundaries of each type of geometry are."""
_FALLEN = "rings that fall into a point or a line when rounded"
_UNFIT = "semantics or appearance that do not fit the surfaces"


def renumbered(nested: Any, depth: int, numbers: list[int]) -> tuple[Any, bool]:
    """Return boundaries with new numbers, and whether a corner comes twice in a ring or line.

    Parameters
    ----------
    nested : list
        Indices into ``numbers``.
    depth : int
        1 for points, 2 for lines, 3 for surfaces and so on.
    numbers : list of int
        New number of each vertex.

    Examples
    --------
    >>> renumbered([[[0, 1, 2]]], 3, [7, 8, 7])
    ([[[7, 8, 7]]], True)
    """
    twice = False

    def corners(ring: list[int]) -> list[int]:
        nonlocal twice
        found = [numbers[i] for i in ring]
        if len(set(found)) != len(found) or len(found) < 3:
            twice = True
        return found

    if depth == 1:
        return [numbers[i] for i in nested], False
    if depth == 2:
        return [corners(line) for line in nested], twice
    if depth == 3:
        return [[corners(ring) for ring in surface] for surface in nested], twice
    if depth == 4:
        return [[[corners(ring) for ring in surface] for surface in shell] for shell in nested], (
            twice
        )
    return [
        [[[corners(ring) for ring in surface] for surface in shell] for shell in solid]
        for solid in nested
    ], twice


def tidied(shape: dict[str, Any], twice: bool, lost: Counter[str]) -> bool:
    """Take out what cannot be written; return whether anything is left.

    Parameters
    ----------
    shape : dict
        A geometry of CityJSON with new numbers; it is changed.
    twice : bool
        Whether a corner comes twice in a ring: then it is looked for rings without an area.
    lost : Counter
        Counts what is taken out.
    """
    depth = DEPTH[shape["type"]]
    beside = _beside(shape, depth, lost)
    if not twice:
        return bool(shape["boundaries"])
    if depth == 2:
        kept = [_without_steps(line, closed=False) for line in shape["boundaries"]]
        good = [n for n, line in enumerate(kept) if len(line) > 1]
        lost[_FALLEN] += len(kept) - len(good)
        shape["boundaries"] = [kept[n] for n in good]
        for hold in beside:
            hold.put([hold.values[n] for n in good])
        return bool(good)
    shape["boundaries"], values = _swept(
        shape["boundaries"], depth, [h.values for h in beside], [h.deep for h in beside], lost
    )
    for hold, value in zip(beside, values, strict=True):
        hold.put(value)
    return bool(shape["boundaries"])


class _Beside:
    """Something nested as the boundaries are: semantics and materials to the surfaces, textures to
    the corners."""

    def __init__(self, holder: dict[str, Any], deep: bool) -> None:
        self._holder, self.deep = holder, deep

    @property
    def values(self) -> Any:
        return self._holder["values"]

    def put(self, values: Any) -> None:
        self._holder["values"] = values


def _beside(shape: dict[str, Any], depth: int, lost: Counter[str]) -> list[_Beside]:
    """Return what is nested as the boundaries are; what does not fit is taken out."""
    found = []
    upto = max(depth - 2, 1)
    said = shape.get("semantics")
    if said is not None:
        values = said.get("values")
        if not _fits(values, shape["boundaries"], upto, len(said["surfaces"])):
            said["values"], values = None, None
            lost[_UNFIT] += 1
        if values is not None:
            found.append(_Beside(said, False))
    for name, deep in (("material", False), ("texture", True)):
        themes = shape.get(name) or {}
        for theme in list(themes):
            given = themes[theme]
            if "values" not in given:
                if not isinstance(given.get("value"), int):
                    del themes[theme]
                continue
            values = given["values"]
            fits = (
                depth > 2 and _textured(values, shape["boundaries"], depth)
                if deep
                else _fits(values, shape["boundaries"], upto, None)
            )
            if not fits:
                del themes[theme]
                lost[_UNFIT] += 1
            elif values is not None:
                found.append(_Beside(given, deep))
        if name in shape and not themes:
            del shape[name]
    return found


def _fits(values: Any, nested: Any, depth: int, count: int | None) -> bool:
    """Return whether there is a value, or null, for each surface; null may stand for many."""
    if values is None:
        return True
    if not isinstance(values, list) or len(values) != len(nested):
        return False
    if depth > 1:
        return all(_fits(v, n, depth - 1, count) for v, n in zip(values, nested, strict=True))
    return all(
        v is None or (isinstance(v, int) and v >= 0 and (count is None or v < count))
        for v in set(values)
        if not isinstance(v, list)
    ) and not any(isinstance(v, list) for v in values)


def _textured(values: Any, nested: Any, depth: int) -> bool:
    """Return whether each ring has a texture and a place in it for each corner, or null."""
    if not isinstance(values, list):
        return False
    if depth == 1:
        return values == [None] or (len(values) == len(nested) + 1 and None not in values)
    return len(values) == len(nested) and all(
        _textured(v, n, depth - 1) for v, n in zip(values, nested, strict=True)
    )


def _swept(
    nested: Any, depth: int, beside: list[Any], deep: list[bool], lost: Counter[str]
) -> tuple[Any, list[Any]]:
    kept: list[Any] = []
    values: list[Any] = [[] if isinstance(b, list) else b for b in beside]
    for index, part in enumerate(nested):
        below = [b[index] if isinstance(b, list) else b for b in beside]
        if depth > 3:
            made, below = _swept(part, depth - 1, below, deep, lost)
        else:
            made, below = _surface(part, below, deep, lost)
        if not made:
            continue
        kept.append(made)
        for value, own in zip(values, below, strict=True):
            if isinstance(value, list):
                value.append(own)
    return kept, values


def _surface(
    rings: list[list[int]], beside: list[Any], deep: list[bool], lost: Counter[str]
) -> tuple[Any, list[Any]]:
    """Return a surface without rings that have no area; nothing if the outer one has none."""
    kept: list[list[int]] = []
    values = [[] if d else b for b, d in zip(beside, deep, strict=True)]
    for index, ring in enumerate(rings):
        steps = _steps(ring)
        own = [ring[n] for n in steps]
        if len(set(own)) < 3:
            lost[_FALLEN] += 1
            if index == 0:
                lost[_FALLEN] += len(rings) - 1
                return [], beside
            continue
        kept.append(own)
        for value, given, down in zip(values, beside, deep, strict=True):
            if down:
                places = given[index]
                plain = places == [None]
                value.append(places if plain else [places[0], *(places[n + 1] for n in steps)])
    return kept, values


def _steps(ring: list[int]) -> list[int]:
    """Return the places in a ring where the corner is another than the one before."""
    steps = [n for n in range(len(ring)) if n == 0 or ring[n] != ring[n - 1]]
    while len(steps) > 1 and ring[steps[-1]] == ring[steps[0]]:
        steps.pop()
    return steps


def _without_steps(line: list[int], *, closed: bool) -> list[int]:
    kept = [v for n, v in enumerate(line) if n == 0 or v != line[n - 1]]
    return kept[:-1] if closed and len(kept) > 1 and kept[0] == kept[-1] else kept
