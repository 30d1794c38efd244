"""Where the members of a JSON document lie, found without building what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.cityjson.text import loads

__all__ = ["Outline", "Span", "outline"]

_BLOCK = 4 << 20
_STEP = 1 << 20
_MOST_MEMBERS = 10_000
_TRIES = 50
_PATIENCE = 10_000_000
_OPEN, _CLOSE, _QUOTE, _ESCAPE = 1, 2, 3, 4
_KINDS = bytearray(256)
for _kind, _signs in ((_OPEN, b"{["), (_CLOSE, b"}]"), (_QUOTE, b'"'), (_ESCAPE, b"\\")):
    for _sign in _signs:
        _KINDS[_sign] = _kind
_SPACE = b" \t\r\n\x1e"


@dataclass(slots=True)
class Span:
    """An object or a list right below the root."""

    start: int
    """Of its opening bracket."""
    end: int = -1
    """Behind its closing bracket; -1 if the file breaks off before that."""
    cuts: list[int] = field(default_factory=list)
    """Ends of objects and lists in it, about a step apart, and the end of the last one."""
    counts: list[int] = field(default_factory=list)
    """How many objects and lists there are up to each of the cuts."""
    last: int = -1
    held: int = 0

    def close(self, end: int) -> None:
        """Take note of the last cut."""
        self.end = end
        if self.held and (not self.cuts or self.cuts[-1] != self.last):
            self.cuts.append(self.last)
            self.counts.append(self.held)

    def take(self, ends: npt.NDArray[np.int64], step: int) -> None:
        """Take ends of what it holds, in order."""
        if not len(ends):
            return
        done = 0
        while True:
            before = self.cuts[-1] if self.cuts else self.start
            at = max(done, int(np.searchsorted(ends, before + step)))
            if at >= len(ends):
                break
            self.cuts.append(int(ends[at]))
            self.counts.append(self.held + at + 1)
            done = at + 1
        self.held += len(ends)
        self.last = int(ends[-1])


@dataclass(slots=True)
class Outline:
    """The root of a document."""

    plain: dict[str, Any]
    """Members that are neither objects nor lists."""
    spans: dict[str, Span]
    """The others."""
    end: int
    """Behind the root; -1 if it is not closed."""


def outline(opened: BinaryIO, name: str, step: int = _STEP) -> Outline:
    """Find the members of the object that a file begins with.

    Parameters
    ----------
    opened : file
        JSON in UTF-8.
    name : str
        Of the file, for the error.
    step : int
        Bytes between two cuts of a member.

    Raises
    ------
    SourceUnreadable
        If it does not begin with an object, or has members without end.

    Examples
    --------
    >>> import io
    >>> found = outline(io.BytesIO(b'{"type": "CityJSON", "vertices": [[1, 2, 3]]}'), "a.json")
    >>> found.plain, found.spans["vertices"].start, found.end
    ({'type': 'CityJSON'}, 33, 45)
    """
    spans: list[Span] = []
    end = _walk(opened, spans, name, step)
    plain, names = _root(opened, spans, end, name)
    return Outline(plain, {n: spans[k] for n, k in names.items()}, end)


def _walk(opened: BinaryIO, spans: list[Span], name: str, step: int) -> int:
    """Find the spans; return the end of the root, -1 if there is none."""
    offset = depth = quotes = 0
    escaped = False
    opened.seek(0)
    while block := opened.read(_BLOCK):
        if not offset and not block.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE).startswith(b"{"):
            raise SourceUnreadable("no CityJSON", where=name, expected='"type": "CityJSON"')
        kinds = np.frombuffer(block.translate(_KINDS), np.uint8)
        at = np.flatnonzero(kinds != 0)
        kind = kinds[at]
        if escaped or (kind == _ESCAPE).any():
            at, kind, escaped = _unescaped(at, kind, len(block), escaped)
        is_quote = kind == _QUOTE
        parity = np.cumsum(is_quote, dtype=np.int32) + quotes
        quotes = int(parity[-1]) & 1 if len(parity) else quotes
        bracket = ~is_quote & ((parity & 1) == 0)
        at, kind = at[bracket], kind[bracket]
        deep = np.cumsum(np.where(kind == _OPEN, 1, -1).astype(np.int32), dtype=np.int32) + depth
        closes = kind == _CLOSE
        children = at[closes & (deep == 2)] + (offset + 1)
        done = 0
        events = np.flatnonzero((closes & (deep <= 1)) | (~closes & (deep == 2)))
        for where, level in zip((at[events] + offset).tolist(), deep[events].tolist(), strict=True):
            if level <= 0:
                return int(where) + 1
            if level == 2:
                spans.append(Span(where))
                if len(spans) > _MOST_MEMBERS:
                    raise SourceUnreadable(
                        "too many members at the root",
                        where=name,
                        got=f"more than {_MOST_MEMBERS}",
                        mend="Export the file again.",
                    )
            elif spans:
                upto = int(np.searchsorted(children, where + 1))
                spans[-1].take(children[done:upto], step)
                spans[-1].close(int(where) + 1)
                done = upto
        if spans and spans[-1].end < 0:
            spans[-1].take(children[done:], step)
        depth = int(deep[-1]) if len(deep) else depth
        offset += len(block)
    if spans and spans[-1].end < 0:
        spans[-1].close(-1)
    return -1


def _unescaped(
    at: npt.NDArray[np.int64], kind: npt.NDArray[np.uint8], size: int, carried: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], bool]:
    """Leave out backslashes and what each of them takes its meaning from."""
    strokes = at[kind == _ESCAPE]
    first = np.flatnonzero(np.diff(strokes, prepend=-2) != 1)
    starts = strokes[first]
    lengths = np.diff([*first.tolist(), len(strokes)])
    if carried and len(starts) and starts[0] == 0:
        lengths[0] -= 1
        starts = starts.copy()
        starts[0] = 1
        carried = False
    ends = starts + lengths
    taken = ends[lengths % 2 == 1]
    if carried:
        taken = np.concatenate([[0], taken])
    keep = (kind != _ESCAPE) & ~np.isin(at, taken)
    return at[keep], kind[keep], bool(len(taken) and taken[-1] == size)


def _root(
    opened: BinaryIO, spans: list[Span], end: int, name: str
) -> tuple[dict[str, Any], dict[str, int]]:
    """Read what stands between the spans, each of which is a number in a list there."""
    pieces = []
    since = 0
    for number, span in enumerate(spans):
        opened.seek(since)
        pieces.append(opened.read(span.start - since) + b"[%d]" % number)
        since = span.end
        if since < 0:
            break
    if since >= 0:
        opened.seek(since)
        pieces.append(opened.read(end - since if end >= 0 else -1))
    text = b"".join(pieces).removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    found = _closed(text, end >= 0, name)
    plain = {k: v for k, v in found.items() if not isinstance(v, list)}
    return plain, {k: v[0] for k, v in found.items() if isinstance(v, list)}


def _closed(text: bytes, whole: bool, name: str) -> dict[str, Any]:
    """Return the members of the root; of one that breaks off those that are whole."""
    tries = 1 if whole else max(2, min(_TRIES, _PATIENCE // max(1, len(text))))
    while True:
        tries -= 1
        try:
            found = loads(text if whole else text.rstrip(b", \t\r\n") + b"}")
        except ValueError as error:
            text = text.rpartition(b",")[0]
            if tries and text:
                continue
            raise SourceUnreadable(
                f"broken JSON: {error}",
                where=f"{name}, among the members of the root",
                mend="Export the file again; it may have been cut off.",
            ) from error
        return found if isinstance(found, dict) else {}
