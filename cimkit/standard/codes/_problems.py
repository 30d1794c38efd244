"""What makes segments a grammar of identifier codes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cimkit.standard.codes._check_digit import CHECKS, alphabet_of
from cimkit.standard.codes._segment import ALPHABETS, DATES, Segment

__all__ = ["problems"]


def problems(segments: Sequence[Segment], class_segments: Sequence[str]) -> str:
    """Return why these segments make no grammar, or ""."""
    for s in segments:
        wrong = _segment_problem(s)
        if wrong:
            return wrong
    names = [s.name for s in segments if s.name]
    if len(set(names)) != len(names):
        return "two segments have one name"
    if "sequence" not in names:
        return "one segment must be `sequence`"
    sequence = next(s for s in segments if s.name == "sequence")
    if sequence.kind != "sequence" or sequence.characters != ALPHABETS["digits"]:
        return "the sequence must be digits"
    if sequence.values or sequence.shortest is not None:
        return "the sequence has one length and no list of values"
    missing = [n for n in class_segments if n not in names]
    if missing or not class_segments:
        return f"class names no segment: {', '.join(missing) or '(empty)'}"
    every = [s.name for s in segments]
    first = every.index(class_segments[0])
    if every[first : first + len(class_segments)] != list(class_segments):
        return "the segments of the class must stand side by side"
    if sum(s.shortest is not None for s in segments) > 1:
        return "only one segment can vary in length"
    return _scope_problem(sequence, segments) or _check_problem(segments)


def _scope_problem(sequence: Segment, segments: Sequence[Segment]) -> str:
    names = ["class", *(s.name for s in segments if s.kind not in ("text", "check", "sequence"))]
    unknown = [n for n in sequence.scope if n not in names]
    return f"scope of the sequence names no segment: {', '.join(unknown)}" if unknown else ""


def _check_problem(segments: Sequence[Segment]) -> str:
    checks = [n for n, s in enumerate(segments) if s.check]
    for kind in ("check", "cell"):
        if sum(s.kind == kind for s in segments) > 1:
            return f"only one segment can be a {kind}"
    for n in checks:
        body = [s for s in segments[:n] if s.name]
        if not body:
            return "the check digit is taken over the segments before it: there are none"
        for s in body:
            odd = set(s.characters) - set(alphabet_of(segments[n].check))
            if odd:
                return f"{segments[n].check} cannot be taken over {min(odd)!r} of segment {s.name}"
    return ""


def _segment_problem(s: Segment) -> str:
    if s.text:
        return "" if s.text.isascii() and s.text.isprintable() else "fixed text is ASCII"
    if not re.fullmatch("[a-z][a-z0-9_]*", s.name):
        return f"{s.name!r}: names are small letters, digits and _"
    if s.alphabet not in ALPHABETS:
        return f"{s.name}: no such alphabet {s.alphabet!r} ({', '.join(ALPHABETS)})"
    if s.check and s.check not in CHECKS:
        return f"{s.name}: no such check {s.check!r} ({', '.join(CHECKS)})"
    if s.date and s.date not in DATES:
        return f"{s.name}: no such date {s.date!r} ({', '.join(DATES)})"
    if bool(s.cell) != (s.name == "cell"):
        return f"{s.name}: the segment with a mesh or grid, and only that one, is called `cell`"
    if not (s.also + s.without).isascii() or not s.characters:
        return f"{s.name}: `also` and `without` are ASCII, and leave some characters"
    if s.length < 1 or s.least < 1 or s.least > s.length:
        return f"{s.name}: length must be at least 1, and `shortest` at most the length"
    if any(not s.least <= len(v) <= s.length for v in s.values):
        return f"{s.name}: length must be that of every value"
    if s.default and s.reasons(s.default):
        return f"{s.name}: the default {s.default!r} is not {s.says}"
    return ""
