"""The property facet: properties and quantities of occurrences and of their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ids._answer import (
    EMPTY,
    FITS,
    MISSING,
    NOSET,
    NULL,
    OTHER,
    TYPE,
    Answer,
    States,
)
from cimkit.checks.ids._held import shown_number
from cimkit.checks.ids._values import Bools, bounded, cells_fit, filled, near, texts_fit
from cimkit.loaders.ifc import cells as kinds
from cimkit.loaders.ifc.columns import Columns
from cimkit.loaders.ifc.properties_met import BOUNDED, LOWER, POINT, UNSUPPORTED, UPPER
from cimkit.loaders.ifc.propertysets import PropertySets

__all__ = ["property_"]

Ints = npt.NDArray[np.int64]
Json = Mapping[str, Any]


def property_(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against a property facet.

    An occurrence's own property stands in place of its type's. Every set whose name fits must
    have a property whose name fits, and all of those that say something must be as asked.
    """
    sets = columns.sets
    if not sets.names:
        return _nothing(len(rows))
    set_fits = texts_fit(facet["propertySet"], sets.names)[sets.set_names]
    name_fits = texts_fit(facet["baseName"], sets.names)
    at_of = np.full(len(columns), -1, np.int64)
    at_of[rows] = np.arange(len(rows))
    at = at_of[sets.owners]
    chosen = (at >= 0) & set_fits[sets.owned]
    at, owned, inherited = at[chosen], sets.owned[chosen], sets.inherited[chosen]
    width = len(sets.names)
    key = at * width + sets.set_names[owned]
    groups, group = np.unique(key, return_inverse=True)
    held = name_fits[sets.property_names[sets.properties]]
    members, inner = sets.members[held], sets.properties[held]
    begin = np.searchsorted(members, owned, side="left")
    count = np.searchsorted(members, owned, side="right") - begin
    take = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    prop, group = inner[take], np.repeat(group, count)
    inherited = np.repeat(inherited, count)
    mark = group * width + sets.property_names[prop]
    kept = ~inherited | ~np.isin(mark, mark[~inherited])
    prop, group = prop[kept], group[kept]
    alike, back = np.unique(prop, return_inverse=True)
    states = _states(sets, facet, alike)[back]
    owner = groups // width
    row_states = _rows(states, group, owner, len(groups), len(rows), lenient=False)
    lenient = _rows(states, group, owner, len(groups), len(rows), lenient=True)
    there = np.zeros(len(rows), bool)
    there[owner[group]] = True

    def measured(wanted: Ints) -> list[str]:
        # The first property of each instance that made it what it is.
        culprit = np.flatnonzero(states == row_states[owner[group]])
        where, first = np.unique(owner[group][culprit], return_index=True)
        chosen = dict(zip(where.tolist(), prop[culprit[first]].tolist(), strict=True))
        asked = np.unique([chosen[n] for n in wanted.tolist() if n in chosen]).astype(np.int64)
        begin = np.searchsorted(sets.of, asked, side="left").tolist()
        end = np.searchsorted(sets.of, asked, side="right").tolist()
        typed = bool(len(wanted)) and int(row_states[wanted[0]]) == TYPE
        spelt = {
            one: _spelt(sets, slice(a, b), typed)
            for one, a, b in zip(asked.tolist(), begin, end, strict=True)
        }
        return [spelt.get(chosen.get(n, -1), "") for n in wanted.tolist()]

    return Answer(row_states, there, measured, lenient == FITS)


def _nothing(count: int) -> Answer:
    none = np.zeros(count, bool)
    states = np.full(count, NOSET, np.int8)
    return Answer(states, none, lambda at: [""] * len(at), ~none)


def _rows(
    states: States, group: Ints, owner: Ints, groups: int, count: int, *, lenient: bool
) -> States:
    """Return the state of each instance from those of its properties, set by set."""
    full = states < EMPTY
    has_full = np.zeros(groups, bool)
    has_full[group[full]] = True
    if lenient:
        found = np.full(groups, FITS, np.int8)
        counted = np.where(states == NULL, FITS, states)
    else:
        found = np.full(groups, MISSING, np.int8)
        found[group] = FITS
        # Empty ones beside one that says something do no harm.
        counted = np.where(~full & has_full[group], FITS, states)
    np.maximum.at(found, group, counted.astype(np.int8))
    start = FITS if lenient else NOSET
    rows = np.full(count, start, np.int8)
    if not lenient:
        rows[owner] = FITS
    np.maximum.at(rows, owner, found)
    return rows


def _states(sets: PropertySets, facet: Json, props: Ints) -> States:
    """Return the state of some properties."""
    begin = np.searchsorted(sets.of, props, side="left")
    count = np.searchsorted(sets.of, props, side="right") - begin
    take = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
    of = np.repeat(np.arange(len(props)), count)
    cell = sets.values[take]
    full = filled(sets.cells)[cell]
    blank = ~full & (sets.cells.kinds[cell] != kinds.NULL)
    forms = sets.forms[props]
    found = np.where(_any(of, blank, len(props)), EMPTY, NULL)
    typed = full
    if "dataType" in facet:
        typed = full & np.asarray(sets.types[take] == facet["dataType"], bool)
    good = typed
    every = "value" in facet and bounded(facet["value"])
    if "value" in facet:
        good = typed & cells_fit(facet["value"], sets.cells)[cell]
    has, has_type = _any(of, full, len(props)), _any(of, typed, len(props))
    fits = _any(of, good, len(props))
    if every:
        fits &= ~_any(of, typed & ~good, len(props))
    if "value" in facet:
        for n in np.flatnonzero((forms == BOUNDED) & has_type).tolist():
            mine = slice(int(begin[n]), int(begin[n] + count[n]))
            fits[n] = _bounds_fit(sets, facet["value"], mine, bool(fits[n]))
    found = np.where(has, np.where(has_type, np.where(fits, FITS, OTHER), TYPE), found)
    found[forms == UNSUPPORTED] = NULL
    return found.astype(np.int8)


def _any(of: Ints, which: Bools, count: int) -> Bools:
    found = np.zeros(count, bool)
    found[of[which]] = True
    return found


def _bounds_fit(sets: PropertySets, value: Json, mine: slice, any_fits: bool) -> bool:
    """Tell whether a bounded property is as asked (IDS 1.0, property facet).

    Without a set point the bounds stand for all between them; a range that is asked for must
    have both of what is given of lower and upper bound within.
    """
    numbers = {
        int(r): float(sets.cells.numbers[c])
        for r, c in zip(sets.roles[mine], sets.values[mine], strict=True)
        if sets.cells.kinds[c] == kinds.NUMBER
    }
    if "simple" in value and numbers and POINT not in numbers:
        try:
            low, high = near(float(value["simple"]))
        except ValueError:
            return any_fits
        return numbers.get(LOWER, high) <= high and numbers.get(UPPER, low) >= low
    if bounded(value):
        below = "minInclusive" not in value and "minExclusive" not in value
        above = "maxInclusive" not in value and "maxExclusive" not in value
        return any_fits and (below or LOWER in numbers) and (above or UPPER in numbers)
    return any_fits


def _spelt(sets: PropertySets, mine: slice, typed: bool) -> str:
    """Return what a property holds, or of which type it is, as a text."""
    if typed:
        return ", ".join(dict.fromkeys(str(t) for t in sets.types[mine] if t))
    found = []
    for c, role in zip(sets.values[mine].tolist(), sets.roles[mine].tolist(), strict=True):
        text = str(sets.cells.texts[c])
        if sets.cells.kinds[c] == kinds.NUMBER:
            text = shown_number(text, float(sets.cells.numbers[c]))
        found.append({LOWER: f">= {text}", UPPER: f"<= {text}"}.get(int(role), text))
    return ", ".join(found)
