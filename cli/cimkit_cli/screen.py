"""What reaches a terminal: texts of packages and deliveries must not steer it.

A name may hold an escape sequence that clears the screen, types for the reader, or turns the
direction of what follows. On a terminal such signs are shown; what goes to a file or another
program is data and stays as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

__all__ = ["Screen", "guard", "shown"]

_OWN = r"\x1b\[[0-9;]*m|\x1b\[K"
"""Sequences that this program writes itself: colours, and the end of the line of progress."""
_STEERING = re.compile(
    rf"({_OWN})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def shown(text: str) -> str:
    """Return a text in which signs that would steer a terminal are written out.

    Examples
    --------
    >>> shown("lamp\\x1b]0;title\\x07 \\u202egnp.exe")
    'lamp<U+001B>]0;title<U+0007> <U+202E>gnp.exe'
    """
    return _STEERING.sub(lambda m: m[1] or f"<U+{ord(m[0]):04X}>", text)


class Screen:
    """A terminal to which nothing but texts is written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text as `shown`."""
        return self._stream.write(shown(text))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts as `shown`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """Put a `Screen` before stdout and stderr where they are a terminal."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream.isatty():
            setattr(sys, name, cast(TextIO, Screen(stream)))
