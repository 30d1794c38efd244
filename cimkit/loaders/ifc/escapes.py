"""Backslashes in STEP texts that begin no escape: paths of Windows, cut and empty escapes."""

from __future__ import annotations

import re

from cimkit.model import Problem

__all__ = ["mended_escapes"]

_BACKSLASH = re.compile(
    rb"""\\(?:
    (?P<sound>X2\\(?:[0-9A-Fa-f]{4})+\\X0\\|X4\\(?:[0-9A-Fa-f]{8})+\\X0\\|X\\[0-9A-Fa-f]{2}
        |S\\[ -~]|P[A-I]\\) |
    (?P<empty>X[24]\\\\X0\\) |
    (?P<line>N\\) |
    (?=\\X[24]\\[0-9A-Fa-f]+\\X0\\) |  # of a path, before a name that is escaped rightly
    (?P<pair>\\)
    )?""",
    re.VERBOSE,
)
_NUMBER = re.compile(rb"#\s*(\d+)\s*=\s*[A-Za-z]")
_SHOWN = 5
_BEFORE = 4_000
"""How far before a text the number of its instance is looked for."""


def mended_escapes(content: bytes) -> tuple[bytes, list[Problem]]:
    r"""Write backslashes that begin no escape as ``\\``, for the parser refuses the whole file.

    Parameters
    ----------
    content : bytes
        Statements, ASCII.

    Returns
    -------
    content : bytes
    problems : list of Problem
        ``text-escapes-invalid`` if there were any.

    Examples
    --------
    >>> mended_escapes(rb"#1=IFCLABEL('C:\Users\X\E4');")[0]
    b"#1=IFCLABEL('C:\\\\Users\\X\\E4');"
    """
    wrong: list[tuple[int, bytes]] = []

    def one(found: re.Match[bytes]) -> bytes:
        if found["sound"] or found["pair"]:
            return found[0]
        if found["line"]:
            return b"\\X\\0A"  # a print control directive of the first edition
        wrong.append((found.start(), content[found.start() : found.start() + 12]))
        return b"" if found["empty"] else b"\\\\"

    mended = _BACKSLASH.sub(one, content)
    if not wrong:
        return mended, []
    places = dict.fromkeys(_place(content, at) for at, _ in wrong[:_SHOWN])
    return mended, [
        Problem(
            "text-escapes-invalid",
            f"{len(wrong)} backslashes in texts begin no escape; they were read as backslashes.",
            "warning",
            place=", ".join(filter(None, places)) + (" …" if len(wrong) > _SHOWN else ""),
            got=", ".join(dict.fromkeys(w.decode("ascii", "replace") for _, w in wrong[:_SHOWN])),
            expected=r"\\ for a backslash",
            hint="Look whether the texts are right; the exporter does not escape them.",
        )
    ]


def _place(content: bytes, at: int) -> str:
    found = _NUMBER.findall(content[max(0, at - _BEFORE) : at])
    return f"#{found[-1].decode('ascii')}" if found else ""
