"""What a loader is: the names its module has, and what it is handed.

A loader is one public module of this folder::

    SPEC = LoaderSpec(name="ifc", kind="bim", title="IFC", version=1)

    def sniff(head: Head) -> int: ...
    def siblings(path: str, listing: set[str], file: Path) -> set[str]: ...     # optional
    def probe(source: Source, options: ReadOptions) -> Asset: ...
    def read(
        source: Source, asset: Asset, options: ReadOptions
    ) -> Iterator[tuple[str, pa.Table]]: ...
    def stream(source: Source, ...) -> Iterator[...]: ...                        # optional

Importing the module must be quick: every loader is imported to sniff.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.model import Declaration, Problem
from cimkit.model.source import Depth, Kind

__all__ = ["HEAD_BYTES", "Head", "LoaderSpec", "ReadOptions"]

HEAD_BYTES = 65_536
"""How much of a file a loader sees to recognise it."""


@dataclass(frozen=True, slots=True)
class LoaderSpec:
    """What a loader is called, and which version of its output this is."""

    name: str
    """Same as the module."""
    kind: Kind
    """What it mostly gives; an asset may say otherwise."""
    title: str
    """For people."""
    version: int = 1
    """Part of the staging key: raise it whenever the rows it gives change."""
    lighter: bool = False
    """Whether it obeys `ReadOptions.lighter`."""
    measures: tuple[str, ...] = ()
    """What it measures only where it is asked for (`ReadOptions.measures`): it costs time."""
    together: bool = False
    """Whether many of its sources are read as one job into one staging folder: they come by the
    thousand, and each gives a few rows and no shapes."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a loader sees of a file to recognise it by its content."""

    file: Path
    """Where it lies; open it only if the start cannot decide."""
    name: str
    """Its delivered file name, lower case, without folders."""
    start: bytes
    """Its first `HEAD_BYTES` bytes; empty for a folder."""
    is_dir: bool = False
    """Whether it is a folder (``.gdb``)."""


@dataclass(slots=True)
class ReadOptions:
    """How a source is to be read, and the list that problems met on the way go to."""

    declared: Declaration = field(default_factory=Declaration)
    """What the delivery sheet says of it."""
    depth: Depth = "full"
    """*header*: as little as possible; *sample*: counts, and enough to know that it opens."""
    root: Path = Path()
    """The delivered folder that `Source.path` and its members are relative to."""
    problems: list[Problem] = field(default_factory=list)
    """`read` appends what it meets; `probe` puts its own into the asset."""
    lighter: bool = False
    """Leave out what a native library computes (triangles): it has crashed, hung or outgrown its
    memory on this source once. What is left out becomes a problem."""
    measures: frozenset[str] = frozenset()
    """Names of `LoaderSpec.measures` that a rule wants."""
    held: dict[str, Any] = field(default_factory=dict)
    """What `probe` hands on to `read` of the same source, so that it is not opened twice; a `read`
    that is alone finds nothing here."""
