"""Text that XML 1.0 can hold."""

from __future__ import annotations

import re

__all__ = ["legal"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Return a text with a mark in the place of each character that XML cannot hold.

    Examples
    --------
    >>> legal("a\\x00b")
    'a\ufffdb'
    """
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
