"""Identifier codes by the million: pieces of SQL, and columns of cells and check digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.standard.codes._check_digit import check_digits
from cimkit.standard.grammar import CodeGrammar, Segment

__all__ = ["TOUCHES", "body", "cells", "check_digits", "class_slices", "outlines", "slices"]

TOUCHES = 1e-5
"""Degrees, about a metre: an object this near to a cell may have the code of that cell."""


def slices(grammar: CodeGrammar, names: Iterable[str], code: str, between: str = "") -> str:
    """Return SQL for segments of a code, joined by a text; only for codes of the right shape.

    Examples
    --------
    >>> grammar = CodeGrammar((Segment("kind", 2), Segment("sequence", 4)), ("kind",))
    >>> slices(grammar, ["sequence"], "code")
    'substr(code, 3, 4)'
    """
    quoted = "'" + between.replace("'", "''") + "'"
    joined = f" || {quoted} || " if between else " || "
    return joined.join(_slice(grammar.segments, name, code) for name in names) or "''"


def class_slices(grammar: CodeGrammar, class_code: str) -> dict[str, str]:
    """Return SQL for each segment of a class code."""
    parts = [grammar.segment(name) for name in grammar.class_segments]
    return {s.name: _slice(parts, s.name, class_code) for s in parts}


def body(grammar: CodeGrammar, code: str) -> str:
    """Return SQL for that part of a code over which its check digit is taken."""
    if grammar.check is None:
        raise UsageError("the codes have no check digit")
    before = grammar.segments[: grammar.segments.index(grammar.check)]
    return slices(grammar, [s.name for s in before if s.name], code)


def cells(grammar: CodeGrammar, lon: Any, lat: Any) -> pa.Array:
    """Return the cells of points (degrees); null where there is no point, or it has no cell."""
    if grammar.cell is None or grammar.cell.cell is None:
        raise UsageError("the codes have no grid cell")
    grid = grammar.cell.cell
    x, y = (np.asarray(v.to_numpy(zero_copy_only=False), np.float64) for v in (lon, lat))
    inside = grid.covers(x, y)
    if not inside.any():
        return pa.nulls(len(x), pa.string())
    # A place for each point among the cells that are there, null for the others.
    places = pa.array(np.cumsum(inside) - 1, mask=~inside)
    return pa.array(grid.encode(x[inside], y[inside])).cast(pa.string()).take(places)


def outlines(grammar: CodeGrammar, codes: Sequence[str]) -> pa.Table:
    """Return the outlines of cells in longitude and latitude: cell, outline (WKB)."""
    import shapely

    shapes: Sequence[bytes] = ()
    if codes and grammar.cell is not None and grammar.cell.cell is not None:
        shapes = shapely.to_wkb(grammar.cell.cell.outlines(list(codes)))
    return pa.table(
        {"cell": pa.array(codes, pa.string()), "outline": pa.array(list(shapes), pa.binary())}
    )


def _slice(segments: Sequence[Segment], name: str, code: str) -> str:
    at = [s.name for s in segments].index(name)
    segment, before, after = segments[at], segments[:at], segments[at + 1 :]
    start = 1 + sum(s.length for s in before)
    rest = sum(s.length for s in after)
    if segment.shortest is not None:
        return f"substr({code}, {start}, length({code}) - {start - 1 + rest})"
    if any(s.shortest is not None for s in before):
        return f"substr({code}, length({code}) - {rest + segment.length - 1}, {segment.length})"
    return f"substr({code}, {start}, {segment.length})"
