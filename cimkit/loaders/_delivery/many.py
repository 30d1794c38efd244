"""One staging folder for many small sources: a few files for them all, not a few for each.

``staging/many/<hash of the keys>`` holds ``sources.ndjson`` and one Parquet file per table. The
first line of ``sources.ndjson`` lists the keys; each other line is one source: its asset, and which
rows of each table are its own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cimkit.loaders._delivery.tables import write_joined
from cimkit.model import Asset

__all__ = ["SOURCES", "Rows", "Shelf", "folder_of", "shelf", "write_many"]

SOURCES = "sources.ndjson"
_MANY = "many"

Rows = dict[str, tuple[int, int]]
"""Of each table that a source has rows in: its first row there, and the one after its last."""


@dataclass(slots=True)
class Shelf:
    """The folders of many sources below a staging folder: which source is where."""

    root: Path
    names: set[str] = field(default_factory=set)
    places: dict[str, tuple[Path, int]] = field(default_factory=dict)

    def look(self) -> None:
        """Learn what has come since, from this process or another."""
        there = set(os.listdir(self.root)) if self.root.is_dir() else set()
        if self.names - there:  # somebody has cleared it
            self.names, self.places = set(), {}
        for name in there - self.names:
            folder = self.root / name
            with (folder / SOURCES).open("rb") as lines:
                for n, key in enumerate(json.loads(lines.readline()), 1):
                    self.places[key] = folder, n
        self.names = there

    def find(self, key: str) -> tuple[Asset, Path, Rows] | None:
        """Return asset, folder and rows of a source that was read before."""
        if key not in self.places:
            return None
        folder, n = self.places[key]
        found = json.loads(_lines(folder)[n])
        rows = {name: (first, end) for name, (first, end) in found["rows"].items()}
        return Asset.from_json(found["asset"]), folder, rows


@lru_cache(maxsize=2)
def shelf(staging: Path) -> Shelf:
    """Return what is known of a staging folder; it is to look before something is found."""
    return Shelf(staging / _MANY)


@lru_cache(maxsize=4)
def _lines(folder: Path) -> list[bytes]:
    return (folder / SOURCES).read_bytes().split(b"\n")


def folder_of(staging: Path, keys: Sequence[str]) -> Path:
    """Return where the sources of these keys belong."""
    return staging / _MANY / hashlib.sha256("".join(keys).encode()).hexdigest()[:32]


def write_many(
    keys: Sequence[str],
    assets: Sequence[Asset],
    tables: Sequence[Mapping[str, Sequence[Any]]],
    folder: Path,
) -> list[Rows]:
    """Write sources and their tables into a folder; return which rows are whose."""
    rows = write_joined(tables, folder)
    with (folder / SOURCES).open("w", encoding="utf-8") as out:
        out.write(json.dumps(list(keys)))
        for asset, own in zip(assets, rows, strict=True):
            out.write("\n" + json.dumps({"asset": asset.to_json(), "rows": own}))
    return rows
