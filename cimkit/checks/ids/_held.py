"""Facets about what an instance holds: attributes, properties, materials, classifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ids._answer import EMPTY, FITS, MISSING, NULL, OTHER, Answer
from cimkit.checks.ids._values import Bools, cells_fit, filled, texts_fit
from cimkit.loaders.ifc import cells as kinds
from cimkit.loaders.ifc.cells import Cells
from cimkit.loaders.ifc.columns import Columns
from cimkit.loaders.ifc.types import class_of

__all__ = ["attribute", "classification", "material", "shown_number"]

Ints = npt.NDArray[np.int64]
Json = Mapping[str, Any]


def attribute(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against an attribute facet.

    Of several attributes whose names fit, those that say something count, and all of them must
    have the value.
    """
    states = np.full(len(rows), MISSING, np.int8)
    there = np.zeros(len(rows), bool)
    texts: dict[int, list[tuple[Ints, Ints, Cells]]] = {}
    for name, at in columns.by_class(rows):
        of = class_of(columns.schema, name)
        names = [a.name for a in of.attributes] if of is not None else []
        fit = texts_fit(facet["name"], names) if names else np.zeros(0, bool)
        place = np.searchsorted(columns.read.rows(name), rows[at])
        said = np.zeros(len(at), bool)
        wrong = np.zeros(len(at), bool)
        blank = np.zeros(len(at), bool)
        for n in np.flatnonzero(fit).tolist():
            column = columns.attribute(name, names[n])
            if column is None:
                continue
            index, cells = column
            index = index[place]
            full = filled(cells)
            said |= full[index]
            blank |= (~full & (cells.kinds != kinds.NULL))[index]
            if "value" in facet:
                wrong |= (full & ~cells_fit(facet["value"], cells))[index]
            texts.setdefault(n, []).append((at, index, cells))
        if fit.any():
            states[at] = np.where(said, np.where(wrong, OTHER, FITS), np.where(blank, EMPTY, NULL))
            there[at] = said | blank

    def measured(wanted: Ints) -> list[str]:
        found = [""] * len(rows)
        for columns_of_name in texts.values():
            for at, index, cells in columns_of_name:
                spelt = shown(cells)
                for n, k in zip(at.tolist(), index.tolist(), strict=True):
                    if spelt[k]:
                        found[n] = f"{found[n]}, {spelt[k]}" if found[n] else spelt[k]
        return [found[n] for n in wanted.tolist()]

    lenient = np.isin(states, (FITS, NULL, MISSING))
    return Answer(states, there, measured, lenient)


def shown(cells: Cells) -> list[str]:
    """Return values as texts for people; numbers in SI."""
    return [
        shown_number(text, number) if kind == kinds.NUMBER else text
        for kind, text, number in zip(
            cells.kinds.tolist(), cells.texts.to_pylist(), cells.numbers.tolist(), strict=True
        )
    ]


def shown_number(text: str, number: float) -> str:
    """Return a number as it is written, or in SI if that is another."""
    try:
        return text.removesuffix(".") if float(text) == number else f"{number:.10g}"
    except ValueError:
        return text


def material(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against a material facet: any name or category may be the one asked for."""
    held = columns.materials
    known = list(held.texts)
    fits = np.ones(len(known), bool)
    if "value" in facet:
        for n, row in enumerate(known):
            texts = held.texts[row]
            fits[n] = bool(texts) and bool(texts_fit(facet["value"], texts).any())
    spelt = {row: " | ".join(held.texts[row]) for row in known}
    good = dict(zip(known, fits.tolist(), strict=True))
    return _assigned(columns, rows, held.owners, held.owned, good, spelt)


def classification(columns: Columns, facet: Json, rows: Ints) -> Answer:
    """Hold instances against a classification facet: system and value of one and the same.

    An optional one speaks of those only that are classified in the system (IDS 1.0,
    classification facet), or in one without a name, which may be any.
    """
    held = columns.classifications
    good: dict[int, bool] = {}
    meant: dict[int, bool] = {}
    spelt: dict[int, str] = {}
    for row, system in held.systems.items():
        codes = held.values[row]
        fits = bool(texts_fit(facet["system"], [system])[0]) if "system" in facet else True
        meant[row] = fits or not system
        if fits and "value" in facet:
            fits = bool(codes) and bool(texts_fit(facet["value"], codes).any())
        good[row] = fits
        spelt[row] = f"{system or '?'}: {codes[0] if codes else '-'}"
    answer = _assigned(columns, rows, held.owners, held.owned, good, spelt)
    elsewhere = ~_any_of(columns, held.owners, held.owned, meant)[rows]
    return replace(answer, lenient=answer.lenient | elsewhere)


def _assigned(
    columns: Columns,
    rows: Ints,
    owners: Ints,
    owned: Ints,
    good: Mapping[int, bool],
    spelt: Mapping[int, str],
) -> Answer:
    has = np.zeros(len(columns), bool)
    has[owners] = True
    fits = _any_of(columns, owners, owned, good)
    states = np.where(fits[rows], FITS, np.where(has[rows], OTHER, MISSING)).astype(np.int8)

    def measured(at: Ints) -> list[str]:
        begin = np.searchsorted(owners, rows[at], side="left")
        end = np.searchsorted(owners, rows[at], side="right")
        return [
            ", ".join(spelt.get(r, "") for r in owned[a:b].tolist())
            for a, b in zip(begin.tolist(), end.tolist(), strict=True)
        ]

    return Answer(states, has[rows], measured, np.isin(states, (FITS, MISSING)))


def _any_of(columns: Columns, owners: Ints, owned: Ints, good: Mapping[int, bool]) -> Bools:
    """Return of all instances whether any of what they own is good."""
    is_good = np.zeros(len(columns), bool)
    is_good[[row for row, fits in good.items() if fits]] = True
    found = np.zeros(len(columns), bool)
    found[owners[is_good[owned]]] = True
    return found
