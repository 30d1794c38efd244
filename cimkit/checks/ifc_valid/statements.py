"""The instances of a model as columns of their text: what bulk rules read instead of objects.

One pass of one regular expression cuts a 60 MB file into its statements; arguments are cut up class
by class, and references, numbers and lists of them come out as arrays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["Lists", "Statements", "arguments", "read_statements", "without_texts"]

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

_STATEMENT = re.compile(rb"#\s*(\d+)\s*=\s*([A-Za-z0-9_]+)\s*\(((?:[^';]++|'(?:[^']++|'')*+')*+);")
_FRAME = re.compile(
    rb"\b(?:ENDSEC|DATA(?:\s*\([^;]*\))?|END-ISO-10303-21|SIGNATURE)\s*;|\AISO-10303-21;.*?\bDATA\s*;",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(rb"'(?:[^']++|'')*+'|/\*(?:[^*]++|\*(?!/))*+\*/")
_ARGUMENT = re.compile(
    rb"\s*((?:[^',()]++|'(?:[^']++|'')*+'|\((?:[^'()]++|'(?:[^']++|'')*+'"
    rb"|\((?:[^'()]++|'(?:[^']++|'')*+'|\((?:[^'()]++|'(?:[^']++|'')*+')*+\))*+\))*+\))*+)(?:,|\Z)"
)
_NOT_NUMBER = bytes(b if chr(b) in "0123456789+-.eE," else 32 for b in range(256))
_REFERENCE = re.compile(rb"#\s*(\d+)")
_TEXT = re.compile(rb"'(?:[^']++|'')*+'")


@dataclass(frozen=True, slots=True)
class Lists:
    """A list for each of a number of things, one behind the other."""

    starts: Int
    """Where each begins in `values`; one more than there are lists."""
    values: npt.NDArray[Any]
    """All elements."""

    @property
    def sizes(self) -> Int:
        """Number of elements of each list."""
        return np.diff(self.starts)


@dataclass(slots=True)
class Statements:
    """The instances of a model by class, with the text of their arguments."""

    numbers: dict[str, list[int]]
    """Instance numbers by class in capitals, in the order of the file."""
    texts: dict[str, list[bytes]]
    """Arguments of each, without the outer parentheses."""
    rest: str = ""
    """The first of what stands between the statements and is none."""
    _cut: dict[str, list[list[bytes]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.numbers.values()))

    def ids(self, *names: str) -> Int:
        """Return the instance numbers of these classes, one class after the other."""
        found = [self.numbers.get(name.upper(), []) for name in names]
        return np.array([n for part in found for n in part], dtype=np.int64)

    def column(self, name: str, at: int) -> list[bytes]:
        """Return the text of one argument of each instance of a class; empty where it has none."""
        name = name.upper()
        if name not in self._cut:
            self._cut[name] = [arguments(text) for text in self.texts.get(name, [])]
        return [row[at].strip() if at < len(row) else b"" for row in self._cut[name]]

    def references(self, name: str, at: int) -> Int:
        """Return what one argument refers to, 0 where it refers to nothing."""
        return np.array(
            [int(v[1:]) if v[:1] == b"#" and v[1:].isdigit() else 0 for v in self.column(name, at)],
            dtype=np.int64,
        )

    def reference_lists(self, name: str, at: int) -> Lists:
        """Return the instance numbers in an argument that is a list of references."""
        column = self.column(name, at)
        sizes = [v.count(b"#") for v in column]
        return Lists(_starts(sizes), _integers(b",".join(column)))

    def number_lists(self, name: str, at: int) -> Lists:
        """Return the numbers in an argument, lists within lists one behind the other."""
        column = [v.strip(b"() ") for v in self.column(name, at)]
        column = [v if v != b"$" else b"" for v in column]
        sizes = [v.count(b",") + 1 if v else 0 for v in column]
        joined = b",".join(v for v in column if v).translate(_NOT_NUMBER)
        values = np.array(joined.split(b","), dtype=np.float64) if joined else np.zeros(0)
        return Lists(_starts(sizes), values)

    def links(self, name: str) -> tuple[Int, Int]:
        """Return who refers to whom among the instances of a class: instance, and what it names."""
        texts = [without_texts(t) for t in self.texts.get(name, [])]
        sizes = [t.count(b"#") for t in texts]
        return np.repeat(self.ids(name), sizes), _integers(b",".join(texts))

    def points(self) -> tuple[Int, Float]:
        """Return number and coordinates of all Cartesian points; the third is 0 in a plane."""
        lists = self.number_lists("IFCCARTESIANPOINT", 0)
        numbers = self.ids("IFCCARTESIANPOINT")
        xyz = np.zeros((len(numbers), 3))
        sizes = lists.sizes
        for axis in range(3):
            has = sizes > axis
            xyz[has, axis] = lists.values[lists.starts[:-1][has] + axis]
        order = np.argsort(numbers, kind="stable")
        return numbers[order], xyz[order]


def arguments(text: bytes) -> list[bytes]:
    """Cut the arguments of an instance apart.

    Examples
    --------
    >>> arguments(b"'a,b',(#1,#2),$,IFCLABEL('c')")
    [b"'a,b'", b'(#1,#2)', b'$', b"IFCLABEL('c')"]
    """
    if b"'" not in text and b"(" not in text:
        return text.split(b",")
    found = [m[1] for m in _ARGUMENT.finditer(text)]
    # The pattern matches once more, and nothing, at the end of the text.
    return found[:-1] if len(found) > 1 and not text.rstrip().endswith(b",") else found


def _starts(sizes: list[int]) -> Int:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _integers(text: bytes) -> Int:
    found = _REFERENCE.findall(text)
    return np.array(found, dtype="S20").astype(np.int64) if found else np.zeros(0, np.int64)


def read_statements(model: Model) -> Statements:
    """Cut the text of a model into its statements.

    What is no plain STEP text (ifcXML, UTF-16) is written as such by the parser first.
    """
    from cimkit.loaders.ifc.archive import opened
    from cimkit.loaders.ifc.recognition import is_xml_ifc
    from cimkit.loaders.ifc.text import utf16

    with opened(model.source.file) as stream:
        content = stream.read()
    if is_xml_ifc(content[:4096]) or utf16(content[:512]):
        content = model.file.to_string().encode("ascii", "replace")
    else:
        content = content[model.header.data or 0 :]
    if b"/*" in content:
        content = _COMMENT.sub(lambda m: m[0] if m[0][:1] == b"'" else b" ", content)
    numbers: defaultdict[bytes, list[int]] = defaultdict(list)
    texts: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for number, name, text in _STATEMENT.findall(content):
        name = name.upper()
        numbers[name].append(int(number))
        texts[name].append(text.rstrip()[:-1])
    return Statements(
        {k.decode(): v for k, v in numbers.items()},
        {k.decode(): v for k, v in texts.items()},
        _rest(content),
    )


def _rest(content: bytes) -> str:
    """Return the first piece of a data section that is no statement; empty: there is none."""
    left = _FRAME.sub(b"", _STATEMENT.sub(b"", content)).split()
    return b" ".join(left)[:120].decode("utf-8", "replace")


def without_texts(text: bytes) -> bytes:
    """Return arguments without what stands in quotes."""
    return _TEXT.sub(b"", text) if b"'" in text else text
