"""Facets about what an instance is and what it is part of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ids._answer import FITS, MISSING, OTHER, TYPE, Answer
from cimkit.checks.ids._values import Bools, texts_fit
from cimkit.loaders.ifc.columns import RELATIONS, Columns
from cimkit.standard.requirements import MAPPED

__all__ = ["entity", "entity_rows", "part_of"]

Ints = npt.NDArray[np.int64]
Json = Mapping[str, Any]
_OWN = ("ObjectType", "ElementType", "ProcessType", "ResourceType")
"""Attributes that name a type of one's own."""
_SPATIAL = "IFCRELCONTAINEDINSPATIALSTRUCTURE"


def entity_rows(columns: Columns, name: Json) -> Bools:
    """Return of all instances whether their class is as a facet asks.

    In IFC2X3 an air terminal is an IfcFlowTerminal with an IfcAirTerminalType.
    """
    read = columns.read
    fits = texts_fit(name, read.classes) if read.classes else np.zeros(0, bool)
    found = fits[read.codes] if len(read) else np.zeros(0, bool)
    if columns.schema == "IFC2X3":
        names = list(MAPPED)
        for alias in np.array(names)[texts_fit(name, names)].tolist():
            occurrence, kind = MAPPED[alias]
            rows = read.rows(occurrence)
            typed = columns.type_of[rows]
            is_kind = np.zeros(len(read) + 1, bool)
            is_kind[read.rows(kind)] = True
            found[rows[is_kind[typed] & (typed >= 0)]] = True
    return np.asarray(found, bool)


def entity(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against an entity facet."""
    same = entity_rows(columns, facet["name"])[rows]
    states = np.where(same, FITS, OTHER).astype(np.int8)
    types: list[str] = []
    if "predefinedType" in facet and same.any():
        at = np.flatnonzero(same)
        fits, types = _predefined_fits(columns, facet["predefinedType"], rows[at])
        states[at[~fits]] = TYPE
        shown = dict(zip(at.tolist(), types, strict=True))
    else:
        shown = {}

    def measured(at: Ints) -> list[str]:
        classes = columns.read.classes
        return [
            shown.get(n) or ("" if n in shown else classes[columns.read.codes[rows[n]]])
            for n in at.tolist()
        ]

    fits = states == FITS
    return Answer(states, np.asarray(fits, bool), measured, np.asarray(fits, bool))


def _predefined_fits(columns: Columns, value: Json, rows: Ints) -> tuple[Bools, list[str]]:
    """Return whose predefined type is as asked, and the predefined types."""
    raw, own = predefined_types(columns, rows)
    shown = [o or "USERDEFINED" if r == "USERDEFINED" else r for r, o in zip(raw, own, strict=True)]
    fits = texts_fit(value, [s or None for s in shown])
    # USERDEFINED asks for any type of one's own.
    fits |= texts_fit(value, [r if r == "USERDEFINED" else None for r in raw])
    return fits, shown


def predefined_types(columns: Columns, rows: Ints) -> tuple[list[str], list[str]]:
    """Return the predefined type of instances, "" if they have none, and that of their own.

    The type object's comes first, if it defines one (IDS 1.0, entity facet).
    """
    raw, own = _spelt(columns, rows)
    typed = columns.type_of[rows]
    has = np.flatnonzero(typed >= 0)
    kinds, inverse = np.unique(typed[has], return_inverse=True)
    type_raw, type_own = _spelt(columns, kinds)
    for at, k in zip(has.tolist(), inverse.tolist(), strict=True):
        if type_raw[k] and type_raw[k] != "NOTDEFINED":
            raw[at], own[at] = type_raw[k], type_own[k]
    return raw, own


def _spelt(columns: Columns, rows: Ints) -> tuple[list[str], list[str]]:
    raw = columns.text(rows, "PredefinedType")
    own = [""] * len(rows)
    for name in _OWN:
        for at, text in enumerate(columns.text(rows, name)):
            own[at] = own[at] or text
    # A class without predefined types of its own has the type that its author names.
    for name, places in columns.by_class(rows):
        if columns.attribute(name, "PredefinedType") is None:
            for n in places.tolist():
                raw[n] = "USERDEFINED" if own[n] else ""
    return raw, own


def part_of(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against a partOf facet."""
    wholes = entity_rows(columns, facet["entity"]["name"])
    if "predefinedType" in facet["entity"]:
        at = np.flatnonzero(wholes)
        fits, _ = _predefined_fits(columns, facet["entity"]["predefinedType"], at)
        wholes[at[~fits]] = False
    relation = facet.get("relation", "")
    inside = parts(columns, wholes, relation)[rows]
    edges = [columns.edges(r) for r in ((relation,) if relation else RELATIONS)]
    direct = np.zeros(len(columns), np.int64) - 1
    for children, parents in edges:
        direct[children] = parents
    states = np.where(inside, FITS, np.where(direct[rows] >= 0, OTHER, MISSING)).astype(np.int8)

    typed = "predefinedType" in facet["entity"]

    def measured(at: Ints) -> list[str]:
        chains = [_chain(direct, int(rows[n])) for n in at.tolist()]
        names = _named(columns, sorted({row for chain in chains for row in chain}), typed)
        return [" < ".join(names[row] for row in chain) for chain in chains]

    return Answer(states, np.asarray(inside, bool), measured, np.asarray(inside, bool))


def parts(columns: Columns, wholes: Bools, relation: str) -> Bools:
    """Return which instances are part of some, directly or through others.

    What is contained in a space is contained in the storey that the space is part of, and so are
    the parts of what is contained.
    """
    if relation != _SPATIAL:
        return below(wholes, [columns.edges(r) for r in ((relation,) if relation else RELATIONS)])
    decomposed = [columns.edges(r) for r in ("IFCRELAGGREGATES", "IFCRELNESTS")]
    contained = columns.edges(_SPATIAL)
    places = wholes | below(wholes, [columns.edges("IFCRELAGGREGATES")])
    children, parents = contained
    found = np.zeros(len(wholes), bool)
    found[children[places[parents]]] = True
    return found | below(found, [*decomposed, contained])


def below(wholes: Bools, edges: Sequence[tuple[Ints, Ints]]) -> Bools:
    """Return which instances some edges (part, whole) lead to from wholes."""
    children = np.concatenate([e[0] for e in edges])
    parents = np.concatenate([e[1] for e in edges])
    found = np.zeros(len(wholes), bool)
    frontier = wholes
    while frontier.any():
        reached = np.zeros(len(wholes), bool)
        reached[children[frontier[parents]]] = True
        frontier = reached & ~found
        found |= reached
    return found


def _chain(direct: Ints, row: int) -> list[int]:
    """Return what something is part of, the nearest first."""
    found: list[int] = []
    seen = {row}
    row = int(direct[row])
    while row >= 0 and row not in seen:
        seen.add(row)
        found.append(row)
        row = int(direct[row])
    return found


def _named(columns: Columns, rows: Sequence[int], typed: bool) -> dict[int, str]:
    """Return the classes of instances, with their predefined types if those are asked for."""
    names = {row: columns.read.classes[columns.read.codes[row]] for row in rows}
    if typed:
        raw, own = predefined_types(columns, np.array(rows, np.int64))
        for row, word, text in zip(rows, raw, own, strict=True):
            kind = text or word if word == "USERDEFINED" else word
            names[row] += f".{kind or '-'}"
    return names
