"""Values of a model held against those of an IDS, each value that differs once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.loaders.ifc.cells import (
    BOOLEAN,
    EMPTY,
    ENUMERATION,
    NULL,
    NUMBER,
    TEXT,
    UNKNOWN,
    Cells,
)

__all__ = ["Bools", "bounded", "cells_fit", "filled", "near", "texts_fit"]

Bools = npt.NDArray[np.bool_]
Json = Mapping[str, Any]
_BOUNDS = ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
_PART = 1e-6
"""Tolerance of real numbers, of the number and absolute (IDS 1.0, developer guide, Precision)."""
_ULPS = 4.0
"""Units in the last place that a bound itself may be off, as it is computed."""


def bounded(value: Json) -> bool:
    """Tell whether a restriction has bounds."""
    return any(name in value for name in _BOUNDS)


def near(number: float) -> tuple[float, float]:
    """Return between which numbers a number counts as another."""
    slack = _PART + _PART * abs(number)
    slack += _ULPS * float(np.spacing(abs(number) + slack))
    return number - slack, number + slack


def filled(cells: Cells) -> Bools:
    """Return which values are there and say something."""
    found = ~np.isin(cells.kinds, (NULL, UNKNOWN, EMPTY))
    blank = pc.equal(cells.texts, "").to_numpy(zero_copy_only=False)
    found &= ~((cells.kinds == TEXT) & blank)
    return np.asarray(found, bool)


def texts_fit(value: Json, texts: Sequence[str | None] | pa.Array) -> Bools:
    """Return which texts a value of an IDS accepts. None is never accepted."""
    given = texts if isinstance(texts, pa.Array) else pa.array(list(texts), pa.string())
    if "simple" in value:
        return _bools(pc.equal(given, value["simple"]))
    fits = pc.is_valid(given)
    if "enumeration" in value:
        fits = pc.and_(fits, pc.is_in(given, pa.array(value["enumeration"], given.type)))
    if "pattern" in value:
        fits = pc.and_(fits, _patterns(value["pattern"], given))
    lengths = pc.utf8_length(given)
    if "length" in value:
        fits = pc.and_(fits, pc.equal(lengths, int(value["length"])))
    if "minLength" in value:
        fits = pc.and_(fits, pc.greater_equal(lengths, int(value["minLength"])))
    if "maxLength" in value:
        fits = pc.and_(fits, pc.less_equal(lengths, int(value["maxLength"])))
    found = _bools(fits)
    if bounded(value):
        found &= _dates_fit(value, given)
    return found


def _bools(found: pa.Array) -> Bools:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), bool)


def _patterns(patterns: Sequence[str], given: pa.Array) -> pa.Array:
    from cimkit.standard.requirements import re2_of

    found = pa.array(np.zeros(len(given), bool))
    for pattern in patterns:
        found = pc.or_(found, pc.match_substring_regex(given, re2_of(pattern)[0]))
    return found


def cells_fit(value: Json, cells: Cells) -> Bools:
    """Return which values a value of an IDS accepts.

    Parameters
    ----------
    value : mapping
        ``{"simple": text}`` or a restriction. Texts are compared as they are, real numbers with
        the tolerance of IDS, truths as ``true``, ``false``, ``1`` and ``0``.
    cells : Cells
        Numbers in SI units.
    """
    found = np.zeros(len(cells), bool)
    texts = np.isin(cells.kinds, (TEXT, ENUMERATION)) & filled(cells)
    if texts.any():
        found[texts] = texts_fit(value, cells.texts.filter(pa.array(texts)))
    numbers = (cells.kinds == NUMBER) & ~np.isnan(cells.numbers)
    if numbers.any():
        found[numbers] = _numbers_fit(value, cells, numbers)
    for truth in ("true", "false"):
        here = (cells.kinds == BOOLEAN) & _bools(pc.equal(cells.texts, truth))
        if here.any():
            found[here] = _truth_fits(value, truth)
    return found


def _truth_fits(value: Json, truth: str) -> bool:
    spelt = ("true", "1") if truth == "true" else ("false", "0")
    if "simple" in value:
        return value["simple"] in spelt
    return any(bool(texts_fit(value, [word])[0]) for word in spelt) and not bounded(value)


def _numbers_fit(value: Json, cells: Cells, here: Bools) -> Bools:
    numbers = cells.numbers[here]
    if "simple" in value:
        return _equal(numbers, _real(cells, here), value["simple"])
    found = np.ones(len(numbers), bool)
    if "enumeration" in value:
        real = _real(cells, here)
        found &= np.logical_or.reduce(
            [_equal(numbers, real, text) for text in value["enumeration"]]
        )
    if "pattern" in value or {"length", "minLength", "maxLength"} & value.keys():
        return np.zeros(len(numbers), bool)
    for name in _BOUNDS:
        if name not in value:
            continue
        low, high = near(float(value[name]))
        if name == "minInclusive":
            found &= numbers >= low
        elif name == "minExclusive":
            found &= numbers > high
        elif name == "maxInclusive":
            found &= numbers <= high
        else:
            found &= numbers < low
    return found


def _real(cells: Cells, here: Bools) -> Bools:
    """Return which numbers are no integers as they stand: those have a tolerance."""
    written = cells.texts.filter(pa.array(here))
    whole = _bools(pc.match_substring_regex(written, r"^[+-]?\d{1,15}$"))
    same = pc.if_else(pa.array(whole), written, "0").cast(pa.float64()).to_numpy()
    return np.asarray(~(whole & (same == cells.numbers[here])), bool)


def _equal(numbers: npt.NDArray[np.float64], real: Bools, text: str) -> Bools:
    try:
        wanted = float(text.replace("INF", "inf"))
    except ValueError:
        return np.zeros(len(numbers), bool)
    low, high = near(wanted)
    fits = np.where(real, (numbers >= low) & (numbers <= high), numbers == wanted)
    return np.asarray(fits, bool)


def _dates_fit(value: Json, given: pa.Array) -> Bools:
    """Return which dates, times or durations keep their bounds."""
    base = str(value.get("base", ""))
    found = []
    for text in given.to_pylist():
        moment = _moment(text or "", base)
        fits = moment is not None
        for name in _BOUNDS:
            limit = _moment(str(value[name]), base) if name in value else None
            if name not in value or not fits:
                continue
            if limit is None or moment is None:
                fits = False
            elif name.startswith("min"):
                fits = moment > limit or (name == "minInclusive" and moment == limit)
            else:
                fits = moment < limit or (name == "maxInclusive" and moment == limit)
        found.append(fits)
    return np.array(found, bool)


_DURATION = re.compile(
    r"([-+]?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = (365.25 * 86400, 365.25 / 12 * 86400, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0)


def _moment(text: str, base: str) -> float | None:
    """Return a date, a time or a duration as a number of seconds; None if it is none."""
    if base == "duration":
        found = _DURATION.fullmatch(text)
        if found is None:
            return None
        parts = zip(found.groups()[1:], _SECONDS, strict=True)
        return sum(float(p or 0) * s for p, s in parts) * (-1 if found[1] == "-" else 1)
    try:
        if base == "time":
            at = time.fromisoformat(text)
            return at.hour * 3600.0 + at.minute * 60 + at.second + at.microsecond / 1e6
        if base == "date":
            return float(date.fromisoformat(text[:10]).toordinal()) * 86400.0
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    shift = when.utcoffset()
    seconds = float(when.toordinal()) * 86400.0 + when.hour * 3600 + when.minute * 60
    return seconds + when.second - (shift.total_seconds() if shift else 0.0)
