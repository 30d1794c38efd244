"""How standards are named, ``id@edition+unverified``, and which edition comes after which."""

from __future__ import annotations

import re

UNVERIFIED = "+unverified"
"""Ending of a name that asks for the rows that are not verified, too."""


def split_flag(name: str) -> tuple[str, bool]:
    """Return a name without its ``+unverified``, and whether it was there.

    Examples
    --------
    >>> split_flag("cn.gbt13923@2022+unverified")
    ('cn.gbt13923@2022', True)
    """
    return name.removesuffix(UNVERIFIED), name.endswith(UNVERIFIED)


def edition_order(edition: str) -> tuple[tuple[bool, int, str], ...]:
    """Return what editions are sorted by: numbers in them count as numbers.

    Examples
    --------
    >>> sorted(["2010", "2.10", "2009", "2.9"], key=edition_order)
    ['2.9', '2.10', '2009', '2010']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", edition)
    return tuple((True, int(p), "") if p[0].isdecimal() else (False, 0, p) for p in parts)
