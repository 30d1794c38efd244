"""The data section of an IFC file as arrays: where each instance is, its number and its class.

The text is looked at as a whole, not instance by instance: a statement ends at a semicolon with an
even number of apostrophes before it. Attributes are cut only for the classes that somebody asks
for, so that the million points of a model cost no more than their place.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.errors import SourceUnreadable
from cimkit.loaders.ifc.archive import opened
from cimkit.loaders.ifc.header import read_header
from cimkit.loaders.ifc.ifcxml import write_step
from cimkit.loaders.ifc.recognition import is_json_ifc, is_xml_ifc, narrow
from cimkit.loaders.ifc.repair import salvaged, uncommented
from cimkit.loaders.ifc.schemas import KNOWN, adapted, nearest
from cimkit.loaders.ifc.text import escaped, utf16
from cimkit.loaders.ifc.xmlheader import read_xml_header

__all__ = ["Statements", "gathered", "statements"]

Ints = npt.NDArray[np.int64]
_ENTITY = re.compile(rb"#\s*+\d++\s*+=\s*+([A-Za-z0-9_]++)\s*+\(")
_QUOTE, _OPEN, _CLOSE, _COMMA = b"'(),"
_START = 1 << 20


class Statements:
    """The instances of one model.

    Parameters
    ----------
    data : bytes
        Statements ``#1=IFCWALL(...);`` one after the other, with nothing else between them than
        white space.
    schema : str
        What they are read as: IFC2X3, IFC4 or IFC4X3_ADD2.
    named : str
        What the file's header says.
    """

    def __init__(self, data: bytes, schema: str, named: str) -> None:
        self.schema, self.named = schema, named
        self.data = np.frombuffer(data, np.uint8)
        self.damage: tuple[str, ...] = ()
        """What is wrong with the text, so that not all of it was read: *cut-off*, *broken*."""
        starts, opens, ends = _cut(self.data)
        heads = _text(gathered(self.data, starts, opens))
        parts = pc.extract_regex(heads, r"#\s*(?P<n>\d+)\s*=\s*(?P<c>\w+)\s*$")
        whole = pc.is_valid(parts).to_numpy(zero_copy_only=False)
        if bool(pc.any(pc.starts_with(heads.filter(pa.array(~whole)), "#")).as_py()):
            self.damage = ("broken",)
        parts = parts.filter(pa.array(whole))
        names = pc.ascii_upper(parts.field("c")).dictionary_encode()
        self.classes: list[str] = names.dictionary.to_pylist()
        numbers = pc.cast(parts.field("n"), pa.int64(), safe=False).to_numpy()
        starts, ends = opens[whole], ends[whole]
        codes = names.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        # Of one number given twice the last counts, as for the parser.
        order = np.argsort(numbers, kind="stable")
        last = np.ones(len(order), bool)
        last[:-1] = numbers[order][1:] != numbers[order][:-1]
        order = order[last]
        self.numbers: Ints = numbers[order]
        self.codes: npt.NDArray[np.int32] = codes[order]
        self._opens, self._ends = starts[order], ends[order]
        self._by_class: dict[int, Ints] | None = None
        self._cuts: dict[str, tuple[npt.NDArray[np.uint8], Ints, Ints]] = {}

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.numbers)

    def rows(self, *names: str) -> Ints:
        """Return the rows of the instances of classes, named in capitals; sorted."""
        if self._by_class is None:
            order = np.argsort(self.codes, kind="stable").astype(np.int64)
            edges = np.searchsorted(self.codes[order], np.arange(len(self.classes) + 1))
            self._by_class = {k: order[edges[k] : edges[k + 1]] for k in range(len(self.classes))}
        known = {name: k for k, name in enumerate(self.classes)}
        found = [self._by_class[known[n]] for n in dict.fromkeys(names) if n in known]
        if len(found) == 1:
            return found[0]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def row_of(self, numbers: Ints) -> Ints:
        """Return the rows of instance numbers, -1 where there is no such instance."""
        if not len(self.numbers):
            return np.full(len(numbers), -1, np.int64)
        at = np.searchsorted(self.numbers, numbers)
        at = np.minimum(at, len(self.numbers) - 1)
        return np.where(self.numbers[at] == numbers, at, -1)

    def tokens(self, name: str, index: int) -> pa.Array:
        """Return the n-th attribute of all instances of a class, as it is written.

        Parameters
        ----------
        name : str
            Class in capitals.
        index : int
            From 0. An attribute that is not there is ``$``.

        Returns
        -------
        pyarrow.Array
            Texts in the order of `rows`.
        """
        if name not in self._cuts:
            rows = self.rows(name)
            self._cuts[name] = _attributes(self.data, self._opens[rows], self._ends[rows])
        body, starts, ends = self._cuts[name]
        if index >= starts.shape[1]:
            return pa.array(["$"] * len(starts), pa.string())
        return _text(gathered(body, starts[:, index], ends[:, index]))

    def attributes(self, row: int) -> list[str]:
        """Return all attributes of one instance, as they are written."""
        body, starts, ends = _attributes(
            self.data, self._opens[row : row + 1], self._ends[row : row + 1]
        )
        text = body.tobytes()
        return [
            text[a:b].decode("utf-8", "replace").strip()
            for a, b in zip(starts[0], ends[0], strict=True)
        ]


def _cut(data: npt.NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Return where each statement begins, where its first parenthesis is, and where it ends."""
    quotes = np.flatnonzero(data == _QUOTE)
    ends = np.flatnonzero(data == ord(";"))
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1] + 1])
    opens = np.flatnonzero(data == _OPEN)
    at = np.searchsorted(opens, starts)
    there = at < len(opens)
    first = np.where(there, opens[np.minimum(at, max(0, len(opens) - 1))] if len(opens) else 0, 0)
    fits = there & (first < ends)
    return starts[fits], first[fits], ends[fits]


def gathered(
    data: npt.NDArray[np.uint8], starts: Ints, ends: Ints
) -> tuple[npt.NDArray[np.uint8], Ints]:
    """Return pieces of an array of bytes one after the other, and where each begins."""
    lengths = np.maximum(ends - starts, 0)
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    # Half the bytes to move, wherever the positions fit.
    size = np.int32 if len(data) < 2**31 else np.int64
    at = np.arange(offsets[-1], dtype=size)
    at += np.repeat((starts - offsets[:-1]).astype(size), lengths)
    return data[at], offsets


def _text(pieces: tuple[npt.NDArray[np.uint8], Ints]) -> pa.Array:
    """Return pieces as texts without white space around them."""
    data, offsets = pieces
    if offsets[-1] < 2**31 - 1:
        buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)]
        found = pa.StringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2])
    else:
        found = pa.LargeStringArray.from_buffers(
            len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data)
        )
    if bool(np.isin(data, _BLANKS).any()):
        found = pc.ascii_trim_whitespace(found)
    return found


_BLANKS = np.frombuffer(b"\n\r\t ", np.uint8)


def _attributes(
    data: npt.NDArray[np.uint8], opens: Ints, ends: Ints
) -> tuple[npt.NDArray[np.uint8], Ints, Ints]:
    """Return the text of some statements, and where in it each attribute begins and ends.

    Returns
    -------
    body : array
    starts, ends : array, shape (statements, most attributes)
        Equal where a statement has fewer.
    """
    body, offsets = gathered(data, opens, ends)
    at = np.flatnonzero(_MARKS[body])
    mark = body[at]
    quote = mark == _QUOTE
    plain = (np.cumsum(quote) % 2 == 0) & ~quote
    at, mark = at[plain], mark[plain]
    step = (mark == _OPEN).astype(np.int32) - (mark == _CLOSE)
    depth = np.cumsum(step)
    of = np.searchsorted(offsets, at, side="right") - 1
    # A statement that is not closed must not shift those behind it.
    first = np.searchsorted(of, np.arange(len(opens)))
    base = np.where(first > 0, depth[np.maximum(first - 1, 0)] if len(depth) else 0, 0)
    depth = depth - base[of]
    edge = ((mark == _COMMA) & (depth == 1)) | ((mark == _OPEN) & (depth == 1))
    edge |= (mark == _CLOSE) & (depth == 0)
    at, of = at[edge], of[edge]
    count = np.bincount(of, minlength=len(opens)) if len(opens) else np.zeros(0, np.int64)
    width = int(max(0, count.max(initial=0) - 1))
    starts = np.zeros((len(opens), width), np.int64)
    stops = np.zeros((len(opens), width), np.int64)
    rank = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    begins = rank < count[of] - 1
    starts[of[begins], rank[begins]] = at[begins] + 1
    closes = rank > 0
    stops[of[closes], rank[closes] - 1] = at[closes]
    return body, starts, stops


_MARKS = np.zeros(256, bool)
_MARKS[list(b"'(),")] = True


def statements(file: Path, encoding: str | None = None) -> Statements:
    """Read the instances of a model: plain or zipped, in STEP or XML, of any release.

    Raises
    ------
    SourceUnreadable
        If it holds no IFC that can be read.
    """
    with opened(file) as stream:
        content = stream.read()
    start = content[:_START]
    if is_json_ifc(start):
        raise SourceUnreadable("ifcJSON is not read", where=file.name)
    if is_xml_ifc(start):
        return _of_xml(file, narrow(start))
    header = read_header(narrow(start), encoding)
    if utf16(content[:512]) or not content.isascii():
        content, _ = escaped(content, encoding)
        header = read_header(content[:_START])
    body = content[header.data or 0 :]
    # The sign behind \S\ may be an apostrophe, which then ends no text; it means the same so.
    body = body.replace(b"\\S\\'", b"\\X\\A7")
    if b"/*" in body:
        body = uncommented(body)
    found = (
        Counter(name.decode().upper() for name in _ENTITY.findall(body))
        if (header.schema not in KNOWN)
        else Counter()
    )
    near = nearest(header.schema, found)
    if near is None:
        raise SourceUnreadable(
            "no such IFC schema", where=file.name, got=header.schema, expected=", ".join(KNOWN)
        )
    if header.schema not in KNOWN:
        body, _, _ = adapted(body, header.schema, near, found)
    read = Statements(body, near, header.schema or near)
    if body.count(b"'") % 2:
        # An apostrophe without its fellow turns all texts behind it inside out.
        mended, _ = salvaged(body)
        read = Statements(mended, near, header.schema or near)
        read.damage = ("broken",)
    if b"END-ISO-10303-21" not in content[-4096:]:
        read.damage = ("cut-off", *read.damage)
    return read


def _of_xml(file: Path, start: bytes) -> Statements:
    named = read_xml_header(start).schema
    near = nearest(named, Counter())
    if near is None:
        raise SourceUnreadable(
            "no such IFC schema", where=file.name, got=named, expected=", ".join(KNOWN)
        )
    with tempfile.TemporaryDirectory(prefix="cimkit-ifc-") as room:
        whole = Path(room, "whole")
        whole.write_bytes(b"")
        with opened(file) as stream:
            write_step(stream, whole, near)
        content: Any = whole.read_bytes()
    if not content.isascii():
        content, _ = escaped(content, "utf-8")
    return Statements(content, near, named or near)
