"""JSON as the specifications read it."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["load_json"]

_EXACT = 2.0**53


def load_json(data: bytes) -> Any:
    """Return the JSON in some bytes of UTF-8; 2.0 is the whole number 2, as in JavaScript.

    Raises
    ------
    ValueError
        If it is none; ``NaN`` and ``Infinity`` are no numbers of JSON.
    RecursionError
        If it is nested too deep.
    """
    return json.loads(data.decode("utf-8"), parse_float=_number, parse_constant=_unreal)


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _unreal(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")
