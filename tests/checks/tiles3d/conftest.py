"""Tilesets of a few lines, looked at as the check looks at them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.stores import Files
from cimkit.checks._tiles3d.tree import Walk
from cimkit.loaders.tiles3d.store import FileStore
from cimkit.model import Source

Told = list[tuple[str, str, str]]
Look = Callable[..., Told]

BOX = {"box": [0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10]}


def tileset(top: dict[str, Any] | None = None, **root: Any) -> dict[str, Any]:
    """Return a sound tileset of one tile, with other members."""
    tile = {"boundingVolume": BOX, "geometricError": 1, "refine": "ADD", **root}
    return {"asset": {"version": "1.1"}, "geometricError": 2, "root": tile, **(top or {})}


def look_at(folder: Path, name: str = "tileset.json") -> Issues:
    """Look at a tileset among the files of a folder."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    source = Source(name, folder / name, tuple(n for n in names if n != name))
    issues = Issues()
    Walk(Files(FileStore(source), names)).document((folder / name).read_bytes(), name, issues)
    return issues


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Write a tileset and files beside it, and give what is told: (severity, word, place)."""

    def run(said: Any, /, **files: bytes | dict[str, Any]) -> Told:
        for name, content in {"tileset.json": said, **files}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            file.write_bytes(raw)
        return [(r["severity"], r["reason"], r["place"]) for r in look_at(tmp_path).told.rows]

    return run
