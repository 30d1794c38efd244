"""What an interchange format is: the names its module has.

A format is one public module of this folder::

    SPEC = FormatSpec(name="skos", title="SKOS", suffixes=(".ttl", ".rdf"))

    def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]: ...
    def read(file: Path, *, id: str, edition: str) -> tuple[Draft, list[Loss]]: ...

One of the two may be absent. `write` takes a resolved standard and says what the format could not
carry; `read` gives a package without parents and says what it could not take over.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FormatSpec"]


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """What a format is called."""

    name: str
    """As on the command line, e.g. ``gml-dictionary``."""
    title: str
    """For people."""
    suffixes: tuple[str, ...]
    """Of its files, the usual one first."""
