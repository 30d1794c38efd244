"""Identifier codes: a sequence of segments, compiled to one regular expression."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cimkit.errors import UsageError

__all__ = ["CodeGrammar", "Segment"]

_ALPHABETS = {"digits": "0-9", "letters": "A-Z", "alphanumeric": "0-9A-Z"}
_SAYS = {
    "digits": "digits",
    "letters": "capital letters",
    "alphanumeric": "digits or capital letters",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of an identifier code."""

    name: str
    """Name of the part; the name of its group in `CodeGrammar.pattern`."""
    length: int
    """Characters."""
    alphabet: str = "digits"
    """``digits``, ``letters`` or ``alphanumeric`` (capital letters, ASCII)."""
    values: tuple[str, ...] = ()
    """The only values allowed; empty: all of the alphabet."""

    @property
    def pattern(self) -> str:
        """Regular expression of this part, for RE2 and `re` alike."""
        if self.values:
            return "|".join(re.escape(v) for v in self.values)
        return f"[{_ALPHABETS[self.alphabet]}]{{{self.length}}}"

    def reasons(self, text: str) -> list[str]:
        """Return why ``text`` (of the right length) cannot be this part."""
        if self.values:
            if text in self.values:
                return []
            return [f"{self.name} is {text!r}, not {' or '.join(self.values)}"]
        if re.fullmatch(self.pattern, text):
            return []
        return [f"{self.name} is {text!r}, not {self.length} {_SAYS[self.alphabet]}"]


@dataclass(frozen=True)
class CodeGrammar:
    """How an identifier code is built.

    Examples
    --------
    >>> g = CodeGrammar((Segment("division", 6), Segment("major", 2), Segment("minor", 2),
    ...                  Segment("sequence", 6)))
    >>> g.format("509912", "0118", 7)
    '5099120118000007'
    >>> g.parse("5099120118000007")["minor"]
    '18'
    >>> g.validate("50991201180007")
    ['14 characters, not 16']
    """

    segments: tuple[Segment, ...]
    """In the order of the code. One is called ``sequence``; ``division`` is optional."""
    class_segments: tuple[str, ...] = ("major", "minor")
    """Names of the segments that together are the class code; they stand side by side."""
    field_names: tuple[str, ...] = ()
    """Attributes that carry a delivered code, e.g. ``ObjID``."""

    @cached_property
    def length(self) -> int:
        """Characters of a code."""
        return sum(s.length for s in self.segments)

    @cached_property
    def pattern(self) -> str:
        """The whole code with one named group a segment; for RE2 (DuckDB) and `re` alike."""
        return "^" + "".join(f"(?P<{s.name}>{s.pattern})" for s in self.segments) + "$"

    @cached_property
    def class_pattern(self) -> str:
        """The whole code with one unnamed group: the class code."""
        parts = []
        for segment in self.segments:
            text = f"(?:{segment.pattern})"
            if segment.name == self.class_segments[0]:
                text = "(" + text
            if segment.name == self.class_segments[-1]:
                text += ")"
            parts.append(text)
        return "^" + "".join(parts) + "$"

    @cached_property
    def sequence_digits(self) -> int:
        """Characters of the sequence number."""
        return self._segment("sequence").length

    @property
    def segment_names(self) -> list[str]:
        """Names of the segments, in order: of the groups of `pattern`."""
        return [s.name for s in self.segments]

    def parse(self, code: str) -> dict[str, str] | None:
        """Return the segments of a code by name, or None if it is none."""
        # `$` of Python would let a final line feed pass.
        found = re.fullmatch(self.pattern[1:-1], code)
        return found.groupdict() if found else None

    def class_of(self, code: str) -> str | None:
        """Return the class code in a code, or None if it is none."""
        parts = self.parse(code)
        return None if parts is None else "".join(parts[n] for n in self.class_segments)

    def validate(self, code: str) -> list[str]:
        """Return what is wrong with a code, segment by segment; [] if it is well formed.

        Whether its class exists is another question: see `class_of`.
        """
        if len(code) != self.length:
            return [f"{len(code)} characters, not {self.length}"]
        reasons = []
        at = 0
        for segment in self.segments:
            reasons += segment.reasons(code[at : at + segment.length])
            at += segment.length
        return reasons

    def prefix(self, division: str, class_code: str) -> str:
        """Return what all codes of a class in a division start with.

        Raises
        ------
        UsageError
            If the two do not fit the grammar.
        """
        given = {"division": division, **self._split(class_code)}
        parts = [given.get(s.name, "") for s in self.segments if s.name != "sequence"]
        for segment, text in zip(
            (s for s in self.segments if s.name != "sequence"), parts, strict=True
        ):
            if len(text) != segment.length or segment.reasons(text):
                raise UsageError(
                    f"no code can be made: {segment.name}", got=text, expected=segment.pattern
                )
        return "".join(parts)

    def format(self, division: str, class_code: str, sequence: int) -> str:
        """Return the code with that sequence number.

        Raises
        ------
        UsageError
            If a part does not fit the grammar or the numbers are spent.
        """
        digits = self.sequence_digits
        if not 0 <= sequence < 10**digits:
            raise UsageError(
                f"a sequence number has {digits} digits",
                got=sequence,
                mend=f"The numbers of class {class_code} are spent: split the class or district.",
            )
        head = self.prefix(division, class_code)
        return f"{head}{sequence:0{digits}d}"

    def _segment(self, name: str) -> Segment:
        for segment in self.segments:
            if segment.name == name:
                return segment
        raise UsageError("the code grammar has no such segment", got=name)

    def _split(self, class_code: str) -> dict[str, str]:
        parts, at = {}, 0
        for name in self.class_segments:
            length = self._segment(name).length
            parts[name] = class_code[at : at + length]
            at += length
        if len(class_code) != at:
            raise UsageError(
                "only a leaf class can be coded", got=class_code, expected=f"{at} characters"
            )
        return parts


def problems(segments: Sequence[Segment], class_segments: Sequence[str]) -> str:
    """Return why these segments make no grammar, or ""."""
    names = [s.name for s in segments]
    if len(set(names)) != len(names):
        return "two segments have one name"
    if not names or names[-1] != "sequence":
        return "the last segment must be `sequence`"
    if segments[-1].alphabet != "digits" or segments[-1].values:
        return "the sequence must be digits"
    missing = [n for n in class_segments if n not in names]
    if missing or not class_segments:
        return f"class names no segment: {', '.join(missing) or '(empty)'}"
    first = names.index(class_segments[0])
    if names[first : first + len(class_segments)] != list(class_segments):
        return "the segments of the class must stand side by side"
    for s in segments:
        if s.alphabet not in _ALPHABETS:
            return f"{s.name}: no such alphabet {s.alphabet!r} ({', '.join(_ALPHABETS)})"
        if s.length < 1 or any(len(v) != s.length for v in s.values):
            return f"{s.name}: length must be at least 1 and that of every value"
        if not re.fullmatch("[a-z][a-z0-9_]*", s.name):
            return f"{s.name}: names are small letters, digits and _"
    return ""
