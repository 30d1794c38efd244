"""Values as STEP writes them, decoded once for each that differs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.ifc.text import decoded

__all__ = [
    "BOOLEAN",
    "EMPTY",
    "ENUMERATION",
    "LIST",
    "NULL",
    "NUMBER",
    "REFERENCE",
    "TEXT",
    "UNKNOWN",
    "Cells",
    "Pool",
    "items",
]

NULL, TEXT, NUMBER, BOOLEAN, UNKNOWN, ENUMERATION, REFERENCE, LIST, EMPTY = range(9)
"""What a value is: ``$`` or ``*``, a text, a number, true or false, ``.U.``, a word of an
enumeration, an instance, a list that holds something, a list that holds nothing."""

_TYPED = re.compile(r"([A-Za-z_]\w*)\s*\((.*)\)\s*\Z", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?\Z")


@dataclass(frozen=True)
class Cells:
    """Values that differ from each other, as columns."""

    kinds: npt.NDArray[np.uint8]
    """One of the kinds above."""
    types: npt.NDArray[np.object_]
    """Type that is written around the value, in capitals; "" if none is."""
    texts: pa.Array
    """The text; of a number as it is written, of a truth ``true`` or ``false``."""
    numbers: npt.NDArray[np.float64]
    """The number in SI units, NaN of what is none."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.kinds)


@dataclass
class Pool:
    """Values met so far, each with the factor and the offset that make it SI."""

    known: dict[tuple[str, float, float], int] = field(default_factory=dict)
    _kinds: list[int] = field(default_factory=list)
    _types: list[str] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _numbers: list[float] = field(default_factory=list)

    def add(self, token: str, factor: float = 1.0, offset: float = 0.0) -> int:
        """Return the index of a value as it is written."""
        key = (token, factor, offset)
        index = self.known.get(key)
        if index is None:
            index = self.known[key] = len(self._kinds)
            kind, name, text, number = _decode(token)
            self._kinds.append(kind)
            self._types.append(name)
            self._texts.append(text)
            self._numbers.append(number * factor + offset)
        return index

    def cells(self) -> Cells:
        """Return the values as columns."""
        types = np.array(self._types, dtype=object)
        return Cells(
            np.array(self._kinds, np.uint8),
            types,
            pa.array([t.encode("utf-8", "replace").decode() for t in self._texts], pa.string()),
            np.array(self._numbers, np.float64),
        )


def _decode(token: str) -> tuple[int, str, str, float]:
    """Return kind, type, text and number of a value."""
    first = token[:1]
    if first in ("", "$", "*"):
        return NULL, "", "", math.nan
    if first == "'":
        return TEXT, "", decoded(token[1:-1]), math.nan
    if first == ".":
        word = token.strip(".").upper()
        if word in ("T", "F"):
            return BOOLEAN, "", "true" if word == "T" else "false", math.nan
        if word == "U" or word == "UNKNOWN":
            return UNKNOWN, "", "unknown", math.nan
        if not _NUMBER.match(token):
            return ENUMERATION, "", word, math.nan
    if first == "#":
        return REFERENCE, "", token, math.nan
    if first == "(":
        return (LIST if token.strip("() \t\r\n,") else EMPTY), "", token, math.nan
    if _NUMBER.match(token):
        number = float(token)
        return NUMBER, "", token, number if math.isfinite(number) else math.nan
    typed = _TYPED.match(token)
    if typed:
        kind, _, text, number = _decode(typed[2].strip())
        return kind, typed[1].upper(), text, number
    return TEXT, "", token.strip('"'), math.nan


def items(token: str) -> list[str]:
    """Return what a list holds, each as it is written.

    Examples
    --------
    >>> items("(IFCLABEL('a,b'),(1,2),$)")
    ["IFCLABEL('a,b')", '(1,2)', '$']
    """
    inner = token.strip()
    if not (inner.startswith("(") and inner.endswith(")")):
        return []
    found: list[str] = []
    depth, begin, quoted = 0, 1, False
    for at, sign in enumerate(inner):
        if sign == "'":
            quoted = not quoted
        elif not quoted and sign in "()":
            depth += 1 if sign == "(" else -1
        if not quoted and ((sign == "," and depth == 1) or (sign == ")" and depth == 0)):
            found.append(inner[begin:at].strip())
            begin = at + 1
    return [f for f in found if f]
