"""One part of an identifier code."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from cimkit.standard.codes import _check_digit
from cimkit.standard.codes._mesh import Mesh, MetricGrid
from cimkit.standard.naming import DATE

__all__ = ["ALPHABETS", "DATES", "Segment"]

ALPHABETS = {
    "digits": string.digits,
    "letters": string.ascii_uppercase,
    "lowercase": string.ascii_lowercase,
    "alphanumeric": string.digits + string.ascii_uppercase,
}
_SAYS = {
    "digits": "digits",
    "letters": "capital letters",
    "lowercase": "small letters",
    "alphanumeric": "digits or capital letters",
}
_RANGES = {"digits": "0-9", "letters": "A-Z", "lowercase": "a-z", "alphanumeric": "0-9A-Z"}
DATES = {
    "yy": "[0-9]{2}",
    "yyyy": "(?:19|20)[0-9]{2}",
    "yyyymm": "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])",
    "yyyymmdd": DATE,
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of an identifier code.

    What it is follows from what is set: fixed ``text``, ``cell``, ``check`` or ``date``, else from
    its name: ``division`` and ``sequence``, the segments of the class, and all others free.
    """

    name: str
    """Name of the part; the name of its group in `CodeGrammar.pattern`. "" for fixed text."""
    length: int
    """Characters, at most."""
    alphabet: str = "digits"
    """``digits``, ``letters`` (capital), ``lowercase`` or ``alphanumeric`` (capital); ASCII."""
    values: tuple[str, ...] = ()
    """The only values allowed; empty: all of the alphabet."""
    shortest: int | None = None
    """Characters at least, if the length may vary. One segment of a code may."""
    also: str = ""
    """Characters allowed besides the alphabet, e.g. ``.-``."""
    without: str = ""
    """Characters of the alphabet that are not used, e.g. ``IOZ``."""
    text: str = ""
    """What always stands here: a separator."""
    cell: Mesh | MetricGrid | None = None
    """The grid whose cell this is."""
    check: str = ""
    """Algorithm of the check digit over the segments before it, separators left out."""
    date: str = ""
    """``yy``, ``yyyy``, ``yyyymm`` or ``yyyymmdd``: of the allocation."""
    default: str = ""
    """What a code that is allocated gets here."""
    scope: tuple[str, ...] = ()
    """Of the sequence: the segments (``class`` for those of the class) within which it counts."""

    @property
    def least(self) -> int:
        """Characters at least."""
        return self.length if self.shortest is None else self.shortest

    @property
    def kind(self) -> str:
        """``text``, ``cell``, ``check``, ``date``, ``division``, ``sequence``, else ``free``."""
        for kind in ("text", "cell", "check", "date"):
            if getattr(self, kind):
                return kind
        return self.name if self.name in ("division", "sequence") else "free"

    @property
    def characters(self) -> str:
        """All characters that may stand in it."""
        if self.text or self.values:
            return "".join(sorted({*self.text, *"".join(self.values)}))
        if self.check:
            return _check_digit.CHECKS[self.check][2]
        if self.cell or self.date:
            return string.digits
        return "".join(c for c in ALPHABETS[self.alphabet] + self.also if c not in self.without)

    @property
    def pattern(self) -> str:
        """Regular expression of this part, for RE2 and `re` alike."""
        if self.text or self.values:
            return "|".join(re.escape(v) for v in self.values or (self.text,))
        if self.cell:
            return self.cell.pattern
        if self.check:
            return _check_digit.result_pattern(self.check)
        if self.date:
            return DATES[self.date]
        one = _RANGES[self.alphabet]
        if self.also or self.without:
            one = "".join(re.escape(c) for c in self.characters)
        times = self.length if self.shortest is None else f"{self.shortest},{self.length}"
        return f"[{one}]{{{times}}}"

    @property
    def says(self) -> str:
        """What stands in it, for messages."""
        if self.text or self.values:
            return " or ".join(self.values or (repr(self.text),))
        if self.cell:
            return self.cell.says
        if self.check:
            return f"a check digit ({self.check})"
        if self.date:
            return f"a date as {self.date}"
        many = self.length if self.shortest is None else f"{self.shortest} to {self.length}"
        also = f" or {' '.join(self.also)}" if self.also else ""
        without = f" (without {', '.join(self.without)})" if self.without else ""
        return f"{many} {_SAYS[self.alphabet]}{also}{without}"

    def reasons(self, text: str) -> list[str]:
        """Return why ``text`` (of the right length) cannot be this part."""
        if re.fullmatch(self.pattern, text):
            return []
        return [f"{self.name or 'separator'} is {text!r}, not {self.says}"]
