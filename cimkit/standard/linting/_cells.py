"""Cells with characters that nobody sees: they make a value another one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined, counted

__all__ = ["cells"]


def cells(seen: Examined) -> Iterator[LintFinding]:
    """Yield the cells of a package with invisible characters, and how many have outer blanks."""
    files = seen.files
    if files is None:
        return
    for name in sorted(n for n in files.files if n.endswith(".csv") and not n.startswith("tests/")):
        try:
            header, _, lines = files.table(name)
            padded: list[str] = []
            for place, row in lines:
                for column, text in zip(header, row, strict=False):
                    odd = _unseen(text.strip())
                    if odd and column != "code":  # said of codes as such
                        yield LintFinding(
                            "cell-unseen-character",
                            "warning",
                            place.cell(column),
                            f"{text!r} has a character that cannot be seen: {odd}",
                            "Type it anew.",
                        )
                    if text != text.strip():
                        padded.append(place.cell(column))
        except StandardError:
            continue  # said of the building
        if padded:
            yield LintFinding(
                "cell-outer-blanks",
                "info",
                padded[0],
                f"{counted(len(padded), 'cell')} with a blank at an end, which reading leaves out",
                "Take the blanks out.",
            )


def _unseen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return ""
    odd = (c for c in text if unicodedata.category(c) in ("Cf", "Cc") and c not in "\n\r\t")
    return ", ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(odd))
