"""Placements and booleans that refer to themselves: what a geometry kernel does not survive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from cimkit.loaders.ifc.instances import each, get, members, number, position
from cimkit.model import Problem

__all__ = ["cut_rings", "take_out", "turning"]


def turning(links: dict[int, list[int]]) -> list[tuple[int, int]]:
    """Return the links of a graph that close a ring, as (from, to).

    Examples
    --------
    >>> turning({1: [2], 2: [3], 3: [1], 4: [1]})
    [(3, 1)]
    """
    found = []
    done: set[int] = set()
    for start in links:
        path: dict[int, Iterator[int]] = {}
        if start not in done:
            path[start] = iter(links[start])
        while path:
            at = next(reversed(path))
            to = next(path[at], None)
            if to is None:
                done.add(at)
                del path[at]
            elif to in path:
                found.append((at, to))
            elif to not in done and to in links:
                path[to] = iter(links[to])
    return found


def cut_rings(model: Any, problems: list[Problem]) -> set[int]:
    """Take out of a model the references by which placements and booleans rest on themselves.

    A kernel ends the process on the one and never comes back from the other.

    Parameters
    ----------
    model : ifcopenshell.file
    problems : list of Problem
        ``placement-cyclic``, ``void-unsound`` and ``boolean-cyclic`` are appended.

    Returns
    -------
    set of int
        Placements that stand nowhere, because they rest on themselves or on one that does.
    """
    links = _links(model, "IfcObjectPlacement", ("PlacementRelTo",))
    closing = turning(links)
    lost = _resting(links, {start for start, _ in closing})
    for start, _ in closing:
        model.by_id(start).PlacementRelTo = None
    if closing:
        problems.append(
            Problem(
                "placement-cyclic",
                "Placements are relative to themselves; what is placed by them stands nowhere.",
                "error",
                place=", ".join(f"#{start}" for start, _ in closing[:5]),
                got=f"{len(closing)} rings, {len(lost)} placements",
                expected="a placement relative to one before it",
                hint="Export the model again.",
            )
        )
    _drop_voids(model, problems)
    operands = ("FirstOperand", "SecondOperand")
    closing = turning(_links(model, "IfcBooleanResult", operands))
    for start, to in closing:
        result = model.by_id(start)
        for name in operands:
            if any(number(m) == to for m in members(getattr(result, name))):
                setattr(result, name, None)
    if closing:
        problems.append(
            Problem(
                "boolean-cyclic",
                "Boolean results are operands of themselves; such bodies cannot be built.",
                "error",
                place=", ".join(f"#{start}" for start, _ in closing[:5]),
                got=f"{len(closing)} rings",
                expected="operands that were built before",
                hint="Export the model again.",
            )
        )
    return lost


def _drop_voids(model: Any, problems: list[Problem]) -> None:
    """Take out relationships that cut something that is no opening, or from what is no element."""
    wrong = [
        relation
        for relation in each(model, "IfcRelVoidsElement")
        if not _are(relation.RelatedOpeningElement, "IfcFeatureElement")
        or not _are(relation.RelatingBuildingElement, "IfcElement")
    ]
    if wrong:
        problems.append(
            Problem(
                "void-unsound",
                "Voids are not of openings in elements, or their ends are missing; they are not "
                "cut.",
                "error",
                place=", ".join(f"#{number(r)}" for r in wrong[:5]),
                got=f"{len(wrong)} of IfcRelVoidsElement",
                expected="an opening and an element",
                hint="Export the model again.",
            )
        )
    for relation in wrong:
        take_out(model, relation)


def take_out(model: Any, relation: Any) -> None:
    """Remove a relationship from a model."""
    # Of two instances with one number the model knows the later one only, and refuses the other.
    with suppress(RuntimeError):
        model.remove(relation)


def _are(value: Any, name: str) -> bool:
    ends = list(members(value))
    return bool(ends) and all(m.is_a(name) for m in ends)


def _links(model: Any, name: str, attributes: tuple[str, ...]) -> dict[int, list[int]]:
    schema = model.schema_identifier
    found: dict[int, list[int]] = {}
    for one in each(model, name):
        places = [position(schema, one.is_a(), a) for a in attributes]
        ends = [number(m) for p in places if p is not None for m in members(get(one, p))]
        if ends:
            found[number(one)] = ends
    return found


def _resting(links: dict[int, list[int]], rings: set[int]) -> set[int]:
    """Return what leads to a ring, the ring itself included."""
    if not rings:
        return set()
    above: dict[int, list[int]] = {}
    for start, ends in links.items():
        for end in ends:
            above.setdefault(end, []).append(start)
    found: set[int] = set()
    left = list(rings)
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left += above.get(at, ())
    return found
