"""Identifier codes: a sequence of segments, compiled to one regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cimkit.errors import UsageError
from cimkit.standard.codes._check_digit import check_digits
from cimkit.standard.codes._problems import problems
from cimkit.standard.codes._segment import Segment

__all__ = ["CodeGrammar", "Segment", "problems"]


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
        """Characters of a code, at most."""
        return sum(s.length for s in self.segments)

    @cached_property
    def shortest(self) -> int:
        """Characters of a code, at least."""
        return sum(s.least for s in self.segments)

    @cached_property
    def pattern(self) -> str:
        """The whole code with one named group a segment; for RE2 (DuckDB) and `re` alike."""
        parts = (f"(?P<{s.name}>{s.pattern})" if s.name else s.pattern for s in self.segments)
        return "^" + "".join(parts) + "$"

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
        return self.segment("sequence").length

    @property
    def segment_names(self) -> list[str]:
        """Names of the segments, in order: of the groups of `pattern`."""
        return [s.name for s in self.segments if s.name]

    @cached_property
    def cell(self) -> Segment | None:
        """The segment with a grid cell."""
        return next((s for s in self.segments if s.cell), None)

    @cached_property
    def check(self) -> Segment | None:
        """The segment with the check digit."""
        return next((s for s in self.segments if s.check), None)

    @cached_property
    def scope(self) -> tuple[str, ...]:
        """Names of the segments within which the numbers count, besides those of the class."""
        said = self.segment("sequence").scope or ("division", "class", "cell")
        return tuple(s.name for s in self.segments if s.name in said)

    @cached_property
    def counts_by_class(self) -> bool:
        """Whether each class has numbers of its own."""
        said = self.segment("sequence").scope
        return not said or "class" in said or set(self.class_segments) <= set(said)

    def segment(self, name: str) -> Segment:
        """Return a segment by its name."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        raise UsageError("the code grammar has no such segment", got=name)

    def cut(self, code: str) -> list[str]:
        """Return the texts of all segments, separators too, however wrong they are."""
        return _cut(self.segments, code)

    def parse(self, code: str) -> dict[str, str] | None:
        """Return the segments of a code by name, or None if it has another shape.

        Whether the check digit is right, `validate` says.
        """
        # `$` of Python would let a final line feed pass.
        found = re.fullmatch(self.pattern[1:-1], code)
        return found.groupdict() if found else None

    def class_of(self, code: str) -> str | None:
        """Return the class code in a code, or None if it has another shape."""
        parts = self.parse(code)
        return None if parts is None else "".join(parts[n] for n in self.class_segments)

    def validate(self, code: str) -> list[str]:
        """Return what is wrong with a code, segment by segment; [] if it is well formed.

        Whether its class exists is another question: see `class_of`.
        """
        if not self.shortest <= len(code) <= self.length:
            return [f"{len(code)} characters, not {self.says_length}"]
        texts = self.cut(code)
        pairs = zip(self.segments, texts, strict=True)
        reasons = [reason for segment, text in pairs for reason in segment.reasons(text)]
        if not reasons and self.check:
            got, due = texts[self.segments.index(self.check)], self.check_digit(code)
            if got != due:
                reasons.append(f"{self.check.name} is {got!r}, and should be {due!r}")
        return reasons

    @property
    def says_length(self) -> str:
        """How many characters a code has, for messages."""
        return _span(self.segments)

    def check_digit(self, code: str) -> str:
        """Return the check digit that a code of the right shape should have, "" if it has none."""
        if self.check is None:
            return ""
        before = self.segments[: self.segments.index(self.check)]
        pairs = zip(before, self.cut(code), strict=False)
        body = "".join(t for s, t in pairs if s.name)
        return str(check_digits(self.check.check, [body])[0])

    def format(
        self,
        division: str,
        class_code: str,
        sequence: int,
        *,
        cell: str = "",
        date: str = "",
        values: Mapping[str, str] | None = None,
    ) -> str:
        """Return the code with that sequence number.

        Parameters
        ----------
        division, class_code, sequence
            What the code is of.
        cell
            Code of the grid cell, if the grammar has one.
        date
            As the grammar writes it, if it has one.
        values
            Of free segments, by name; else their default.

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
        given = {**self.split_class(class_code), **(values or {}), "division": division}
        given |= {"sequence": f"{sequence:0{digits}d}", "cell": cell}
        code = body = ""
        for segment in self.segments:
            text = segment.text or given.get(segment.name) or segment.default
            if segment.check:
                text = check_digits(segment.check, [body])[0].as_py()
            elif segment.date:
                text = date or text
            if segment.reasons(text):
                raise UsageError(
                    f"no code can be made: {segment.name}", got=text, expected=segment.says
                )
            code += text
            body += text if segment.name else ""
        return code

    def split_class(self, class_code: str) -> dict[str, str]:
        """Return a class code by segments.

        Raises
        ------
        UsageError
            If it is not one that can be coded: of a major class, say.
        """
        parts = [self.segment(name) for name in self.class_segments]
        found = dict(zip(self.class_segments, _cut(parts, class_code), strict=True))
        if not sum(s.least for s in parts) <= len(class_code) <= sum(s.length for s in parts):
            raise UsageError(
                "only a leaf class can be coded",
                got=class_code,
                expected=f"{_span(parts)} characters",
            )
        for segment in parts:
            if segment.reasons(found[segment.name]):
                raise UsageError(
                    f"no code can be made: {segment.name}",
                    got=found[segment.name],
                    expected=segment.says,
                )
        return found


def _cut(segments: Sequence[Segment], code: str) -> list[str]:
    spare = len(code) - sum(s.length for s in segments if s.shortest is None)
    texts, at = [], 0
    for segment in segments:
        length = segment.length if segment.shortest is None else max(spare, 0)
        texts.append(code[at : at + length])
        at += length
    return texts


def _span(segments: Sequence[Segment]) -> str:
    least, most = sum(s.least for s in segments), sum(s.length for s in segments)
    return f"{least} to {most}" if least < most else f"{most}"
