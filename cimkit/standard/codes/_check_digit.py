"""Check digits of whole columns, by the algorithms of python-stdnum."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.errors import UsageError

__all__ = ["CHECKS", "alphabet_of", "check_digits", "result_pattern"]

_ALNUM = string.digits + string.ascii_uppercase
# Name: module of stdnum, characters it takes, characters it gives, whether it reads from the left.
CHECKS: dict[str, tuple[str, str, str, bool]] = {
    "luhn": ("luhn", string.digits, string.digits, False),
    "gs1": ("ean", string.digits, string.digits, False),
    "verhoeff": ("verhoeff", string.digits, string.digits, False),
    "damm": ("damm", string.digits, string.digits, True),
    "iso7064-mod11-2": ("iso7064.mod_11_2", string.digits, string.digits + "X", True),
    "iso7064-mod11-10": ("iso7064.mod_11_10", string.digits, string.digits, True),
    "iso7064-mod37-2": ("iso7064.mod_37_2", _ALNUM, _ALNUM + "*", True),
    "iso7064-mod37-36": ("iso7064.mod_37_36", _ALNUM, _ALNUM, True),
}


def alphabet_of(check: str) -> str:
    """Return the characters that a check can be taken over."""
    return CHECKS[check][1]


def result_pattern(check: str) -> str:
    """Return the regular expression of a check digit."""
    return {10: "[0-9]", 11: "[0-9X]", 36: "[0-9A-Z]", 37: "[0-9A-Z*]"}[len(CHECKS[check][2])]


def check_digits(check: str, bodies: pa.Array | pa.ChunkedArray | Sequence[str]) -> pa.StringArray:
    """Return the check digit of each text.

    Raises
    ------
    UsageError
        If a text has a character that the check is not defined for.

    Examples
    --------
    >>> check_digits("luhn", ["7894", "5099120118000001"]).to_pylist()
    ['9', '0']
    """
    whole = bodies if isinstance(bodies, pa.ChunkedArray) else pa.array(bodies, pa.string())
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.cast(pa.string()).combine_chunks()
    _, places, held = whole.buffers()
    starts = np.frombuffer(places, np.int32)[whole.offset :][: len(whole) + 1]
    data = np.frombuffer(held or b"", np.uint8)
    lengths = np.diff(starts)
    digits = np.zeros(len(whole), np.uint8)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        letters = data[starts[rows][:, None] + np.arange(length)]
        digits[rows] = _of_letters(check, letters)
    ends = np.arange(len(whole) + 1, dtype=np.int32)
    return pa.StringArray.from_buffers(len(whole), pa.py_buffer(ends), pa.py_buffer(digits))


def _of_letters(check: str, letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    _, taken, given, from_left = CHECKS[check]
    numbers = np.full(256, -1, np.int8)
    numbers[[ord(c) for c in taken]] = range(len(taken))
    found = numbers[letters]
    if (found < 0).any():
        bad = letters[(found < 0).any(axis=1)][0].tobytes().decode(errors="replace")
        raise UsageError(f"{check} cannot be taken over this", got=bad, expected=taken)
    start, steps = _steps(check, letters.shape[1])
    state = np.full(len(letters), start, np.int8)
    order = range(letters.shape[1]) if from_left else reversed(range(letters.shape[1]))
    for step, column in zip(steps, order, strict=True):
        state = step[state, found[:, column]]
    return np.frombuffer(given.encode(), np.uint8)[state]


@lru_cache(maxsize=64)
def _steps(check: str, length: int) -> tuple[int, list[npt.NDArray[np.int8]]]:
    """Return the state before the first character, and a table of states for each character.

    All these checks go through the text character by character, and the check digit of what was
    read so far tells the state. So the tables are found by asking stdnum for the digits of a few
    hundred short texts; a million codes then cost one look-up a character.
    """
    module, taken, given, from_left = CHECKS[check]
    ask: Callable[[str], str] = import_module(f"stdnum.{module}").calc_check_digit
    start = given.index(ask(""))
    met = {start: ""}
    steps = []
    for _ in range(length):
        table = np.zeros((len(given), len(taken)), np.int8)
        after: dict[int, str] = {}
        for state, text in met.items():
            for n, character in enumerate(taken):
                longer = text + character if from_left else character + text
                table[state, n] = given.index(ask(longer))
                after.setdefault(int(table[state, n]), longer)
        steps.append(table)
        met = after
    return start, steps
