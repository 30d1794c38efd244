"""A document of CityJSON, its objects and vertices read a piece at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.outline import Outline, Span, outline
from cimkit.loaders.cityjson.text import in_utf8, loads, pairs
from cimkit.model import Problem, Source

__all__ = ["Document", "lost", "positions"]

Reals = npt.NDArray[np.float64]
Json = dict[str, Any]
_BETWEEN = b" \t\r\n,"
_KIN = re.compile(
    rb'"(?:parents?|children|members|(?:Building)?(?:Parts|Installations)|(?:Bridge|Tunnel)Parts'
    rb'|consistsOfBuildingParts)"'
)


class Document:
    """A document that is open.

    Parameters
    ----------
    source : Source
    tally : Tally
        Takes what is wrong with it as a whole.

    Raises
    ------
    SourceUnreadable
        If nothing can be read.
    """

    def __init__(self, source: Source, tally: Tally) -> None:
        self.name = source.file.name
        """Of the file."""
        self.body: Json = {}
        """The members of the root other than ``CityObjects`` and ``vertices``."""
        self._file: BinaryIO = in_utf8(source.file, tally)
        with ExitStack() as unless_opened:
            unless_opened.callback(self.close)
            self._outline: Outline = outline(self._file, self.name)
            self._read_body(tally)
            unless_opened.pop_all()

    def _read_body(self, tally: Tally) -> None:
        self.body |= self._outline.plain
        for name, span in self._outline.spans.items():
            if name in ("CityObjects", "vertices"):
                continue
            try:
                self.body[name] = loads(self._text(span.start, span.end), tally)
            except ValueError as error:
                if span.end >= 0:
                    tally.add(lost(f"a member of the root is broken JSON: {error}", name))

    @property
    def whole(self) -> bool:
        """Whether the root is closed."""
        return self._outline.end >= 0

    def more(self) -> bool:
        """Return whether something follows the root."""
        if not self.whole:
            return False
        self._file.seek(self._outline.end)
        while block := self._file.read(1 << 20):
            if block.strip():
                return True
        return False

    def one_line(self) -> bool:
        """Return whether the root stands in one line."""
        self._file.seek(0)
        left = self._outline.end if self.whole else 0
        while left > 0 and (block := self._file.read(min(left, 1 << 20))):
            if b"\n" in block.lstrip():
                return False
            left -= len(block)
        return True

    def is_cityjson(self) -> bool:
        """Return whether it says so, or looks like it."""
        return self.body.get("type") == "CityJSON" or "CityObjects" in self._outline.spans

    def has_objects(self) -> bool:
        """Return whether there are ``CityObjects``."""
        span = self._outline.spans.get("CityObjects")
        return span is not None and self._text(span.start, span.start + 1) == b"{"

    def items(self, tally: Tally, *, kin: bool = False) -> Iterator[tuple[str, Any]]:
        """Yield key and body of each city object.

        Parameters
        ----------
        tally : Tally
            Takes ``citymodel-invalid`` for those that are broken.
        kin : bool
            Only stretches of the file in which an object names others.
        """
        span = self._outline.spans.get("CityObjects")
        if span is None or not self.has_objects():
            return
        for text, count in self._pieces(span):
            if not kin or _KIN.search(text):
                yield from _members(text, count, tally)

    def vertices(self, tally: Tally) -> Reals:
        """Return the vertices as they are written, up to the first that is broken."""
        span = self._outline.spans.get("vertices")
        given = self.body.get("vertices")
        if span is None:
            if given is not None:
                tally.add(lost("the vertices are no list of coordinates", "vertices"))
            return np.empty((0, 3))
        found: list[Reals] = []
        for text, count in self._pieces(span):
            rows = _rows(text, tally)
            found.append(rows)
            if len(rows) < count:
                tally.add(
                    lost(
                        "a vertex is no three numbers; those from there on are not used, as their "
                        "numbers are in doubt",
                        f"vertex {sum(map(len, found))}",
                    )
                )
                break
        return np.concatenate(found) if found else np.empty((0, 3))

    def all(self) -> Json:
        """Return the whole document in memory."""
        body = dict(self.body)
        for name in ("CityObjects", "vertices"):
            span = self._outline.spans.get(name)
            if span is not None:
                body[name] = loads(self._text(span.start, span.end))
        return body

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _text(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start if end >= 0 else -1)

    def _pieces(self, span: Span) -> Iterator[tuple[bytes, int]]:
        """Yield the texts between the cuts, and how many objects or lists each has."""
        start, done = span.start + 1, 0
        for cut, count in zip(span.cuts, span.counts, strict=True):
            yield self._text(start, cut).strip(_BETWEEN), count - done
            start, done = cut, count
        if span.end >= 0 and (rest := self._text(start, span.end - 1).strip(_BETWEEN)):
            yield rest, 0


def _members(text: bytes, count: int, tally: Tally) -> list[tuple[str, Any]]:
    """Return the members in a stretch of an object; those that are broken are told."""
    whole = b"{" + text + b"}"
    try:
        found = loads(whole, tally)
        return list(found.items()) if len(found) >= count else pairs(whole, tally)
    except ValueError as error:
        broken = error
    if count == 1:
        tally.add(
            lost(f"a city object is broken JSON: {broken}", text[:60].decode("utf-8", "replace"))
        )
        return []
    return [m for one in _split(text, b"{", b"}") for m in _members(one, 1, tally)]


def _split(text: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    """Yield what a stretch holds one by one."""
    inside = b'{"":' + opening + text + closing + b"}"
    span = outline(BytesIO(inside), "", step=0).spans.get("")
    start = len(inside) - len(text) - 2
    for cut in span.cuts if span is not None else ():
        yield inside[start:cut].strip(_BETWEEN)
        start = cut


def _rows(text: bytes, tally: Tally) -> Reals:
    """Return the vertices in a stretch of a list, up to the first that is broken."""
    try:
        return positions(loads(b"[" + text + b"]", tally))
    except (ValueError, TypeError, OverflowError):
        pass  # one by one, to find the first that is
    found: list[Any] = []
    for one in _split(text, b"[", b"]"):
        try:
            found.append(positions([loads(one)])[0])
        except (ValueError, TypeError, OverflowError):
            break
    return np.array(found) if found else np.empty((0, 3))


def positions(given: Any) -> Reals:
    """Return (n, 3) coordinates from nested lists.

    Raises
    ------
    ValueError, TypeError, OverflowError
        If they are none.

    Examples
    --------
    >>> positions([[1, 2, 3]]).tolist()
    [[1.0, 2.0, 3.0]]
    """
    if not given:
        return np.empty((0, 3))
    flat = np.fromiter(chain.from_iterable(given), np.float64)
    if len(flat) != 3 * len(given) or set(map(len, given)) != {3}:
        raise ValueError("not three numbers in each")
    return flat.reshape(-1, 3)


def lost(message: str, place: str) -> Problem:
    """Return the problem that something of a model cannot be read."""
    return Problem(
        code="citymodel-invalid",
        message=message[0].upper() + message[1:] + ".",
        severity="error",
        place=place,
        expected="CityJSON 0.5 to 2.0",
        hint="Validate the file with a CityJSON schema validator.",
    )
