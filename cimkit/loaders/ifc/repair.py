"""Salvage of IFC text that the parser stumbles over: what is whole is kept, the rest is named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from cimkit.model import Problem

__all__ = ["salvaged", "uncommented"]

_START = re.compile(rb"#\s*(\d+)\s*=\s*(?=[A-Za-z(])")
_WHOLE = re.compile(
    rb"(?:[^'()/]++|'(?:[^']++|'')*+'|[()]|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+\*/)*+", re.DOTALL
)
_TEXT = re.compile(rb"'(?:[^']++|'')*+'|/\*(?:[^*]++|\*(?!/))*+\*/", re.DOTALL)
_TOKEN = re.compile(
    rb"""\s*(?:
    (?P<reference>\#\s*\d+) |
    (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?(?=[\s,)]|$)) |
    (?P<mark>\.[A-Za-z_][A-Za-z0-9_]*\.|"[0-9A-Fa-f]*"|[$*(),]|'') |
    (?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?=\()
    )\s*""",
    re.VERBOSE,
)
_REFERENCE = re.compile(rb"#\s*(\d+)")
_LARGEST = 2**31 - 1
_SHOWN = 5
_REAL_LIMIT = 1e300


def salvaged(content: bytes) -> tuple[bytes, list[Problem]]:
    """Keep the statements of a data section that are whole and leave out those that are not.

    Parameters
    ----------
    content : bytes
        What stands between ``DATA;`` and the end of the file, ASCII.

    Returns
    -------
    content : bytes
        Statements, one a line.
    problems : list of Problem
        ``statements-lost`` names what was left out; ``instance-numbers-changed`` tells that numbers
        beyond 2,147,483,647 were given others.
    """
    content = uncommented(content)
    kept: list[bytes] = []
    lost: list[str] = []
    numbers: set[int] = set()
    large = False
    for number, statement in _statements(content):
        body = _cleaned(statement)
        if body is None:
            lost.append(f"#{number}")
            continue
        large = large or number > _LARGEST
        numbers.add(number)
        kept.append(b"#%d=%b;" % (number, body))
    problems = [_lost(lost)] if lost else []
    if b"/*" in _TEXT.sub(b"", content):
        problems.append(
            Problem(
                "comment-not-closed",
                "A comment begins and does not end; what stands behind its beginning was read.",
                got="/*",
                expected="*/",
            )
        )
    text = b"\n".join(kept) + b"\n"
    if large:
        text = _renumbered(text, numbers)
        problems.append(
            Problem(
                "instance-numbers-changed",
                "Instance numbers beyond 2147483647 cannot be parsed; they were given others.",
                "info",
                got=f"#{max(numbers)}",
                expected="#1 to #2147483647",
            )
        )
    return text, problems


def uncommented(content: bytes) -> bytes:
    """Return the text without its comments; texts that hold what looks like one stay."""
    end = content.rfind(b"*/") + 2  # most often in the header only
    if end < 2 or b"/*" not in content:
        return content
    bare = _TEXT.sub(lambda m: m[0] if m[0][:1] == b"'" else b" ", content[:end])
    return bare + content[end:]


def _lost(places: list[str]) -> Problem:
    return Problem(
        "statements-lost",
        f"{len(places)} statements are cut off or garbled; they were left out, and what refers to "
        "them has lost it.",
        "error",
        ", ".join(places[:_SHOWN]) + (" …" if len(places) > _SHOWN else ""),
        got=f"{len(places)} statements that are no STEP",
        expected="#n=CLASS(…);",
        hint="Deliver the file again; it was damaged on its way or by its exporter.",
    )


def _statements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and what follows ``=`` of each statement, up to where the next one begins.

    A text may hold what looks like the beginning of a statement: what is not whole is tried
    together with what follows it.
    """
    starts = list(_START.finditer(content))
    ends = [m.start() for m in starts[1:]] + [len(content)]
    at = 0
    while at < len(starts):
        number = int(starts[at][1])
        for until in range(at, min(at + 3, len(starts))):
            part = _trimmed(content[starts[at].end() : ends[until]], until == len(starts) - 1)
            if _is_whole(part):
                yield number, part
                at = until + 1
                break
        else:
            yield number, b""
            at += 1


def _trimmed(part: bytes, last: bool) -> bytes:
    """Leave out what stands behind the statement: white space, section ends, garbage."""
    if last or b"ENDSEC" in part:
        part = re.sub(rb";\s*ENDSEC\s*;(?:(?!').)*\Z", b";", part, flags=re.DOTALL)
    cut = _TEXT.sub(lambda m: b"_" * len(m[0]), part).find(b";")
    return part[:cut].rstrip() if cut >= 0 else part.rstrip()


def _is_whole(part: bytes) -> bool:
    found = _WHOLE.fullmatch(part)
    if found is None or not part.endswith(b")"):
        return False
    bare = _TEXT.sub(b"", part)
    return bare.count(b"(") == bare.count(b")")


def _cleaned(part: bytes) -> bytes | None:
    """Return a statement if all its words are STEP and all its numbers finite."""
    if not part:
        return None
    bare = _TEXT.sub(lambda m: b"''" if m[0][:1] == b"'" else b" ", part)
    at, depth, done = 0, 0, False  # whether a value stands before
    while at < len(bare):
        token = _TOKEN.match(bare, at)
        if token is None or (token["number"] and not _is_sound(token["number"])):
            return None
        mark = token["mark"]
        if mark in (b",", b")"):
            depth -= mark == b")"
            done = mark == b")"
        elif done:
            return None  # no comma between two values
        elif mark == b"(":
            depth += 1
        else:
            done = token["name"] is None
        if depth < 0:
            return None
        at = token.end()
    return part


def _is_sound(number: bytes) -> bool:
    value = float(number)
    return math.isfinite(value) and abs(value) < _REAL_LIMIT


def _renumbered(text: bytes, numbers: set[int]) -> bytes:
    free = (n for n in range(1, _LARGEST) if n not in numbers)
    other = {n: next(free) for n in sorted(numbers) if n > _LARGEST}

    def change(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            return found[0]  # a text
        number = int(found[1])
        return b"#%d" % other.get(number, number if number <= _LARGEST else 0)

    return re.sub(rb"'(?:[^']++|'')*+'|#\s*(\d+)", change, text)
