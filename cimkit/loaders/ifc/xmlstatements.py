"""Statements of STEP as they are written from ifcXML: their numbers, and relations that wait."""

from __future__ import annotations

import re
from typing import IO

from cimkit.loaders.ifc.types import Class

__all__ = ["Statements"]

_BEYOND = 1_000_000_000
"""Far above what files number themselves, so that an id met later keeps its own."""


class Statements:
    """Writes instances as they come; relations that others point at wait until the end.

    Parameters
    ----------
    out : binary file
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._numbers: dict[str, int] = {}
        self._used: set[int] = set()
        self._next = _BEYOND
        self._waiting: dict[int, tuple[Class, list[str]]] = {}
        self._pointing: dict[int, list[tuple[str, int]]] = {}

    def number(self, key: str) -> int:
        """Return the instance number for an id: the digits in it, if they are free."""
        if key not in self._numbers:
            digits = re.fullmatch(r"\D*(\d{1,9})", key)
            wanted = int(digits[1]) if digits else 0
            self._numbers[key] = wanted if self._free(wanted) else self.fresh()
        return self._numbers[key]

    def _free(self, number: int) -> bool:
        if number <= 0 or number in self._used:
            return False
        self._used.add(number)
        return True

    def fresh(self) -> int:
        """Return a number for an instance without an id."""
        self._next += 1
        return self._next

    def write(self, number: int, of: Class, values: list[str]) -> None:
        """Write one statement; values are STEP already."""
        self._out.write(f"#{number}={of.name}({','.join(values)});\n".encode("ascii"))

    def wait(self, number: int, of: Class, values: list[str]) -> None:
        """Keep a relation until all that points at it is known."""
        self._waiting[number] = (of, values)

    def point(self, relation: int, attribute: str, number: int) -> None:
        """Let an attribute of a relation refer to an instance that holds the relation."""
        self._pointing.setdefault(relation, []).append((attribute, number))

    def finish(self) -> list[str]:
        """Write the relations, with what points at them, and return what could not be written."""
        for number, (of, values) in self._waiting.items():
            for name, target in self._pointing.pop(number, ()):
                index = of.index(name)
                if index is None:
                    continue
                held, one = values[index], f"#{target}"
                if of.attributes[index].kind.form != "list":
                    values[index] = one
                elif held == "$":
                    values[index] = f"({one})"
                elif one not in held[1:-1].split(","):
                    values[index] = f"{held[:-1]},{one})"
            self.write(number, of, values)
        return [f"#{n} {name}" for n, given in self._pointing.items() for name, _ in given]
