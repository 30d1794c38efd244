"""Trees made to have no end: looked at in bounded time, and what was left out is said."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from .conftest import Look, look_at, tileset

ALL = {
    "tileAvailability": {"constant": 1},
    "contentAvailability": [{"constant": 1}],
    "childSubtreeAvailability": {"constant": 1},
}


def tiling(scheme: str, levels: int, subtrees: str, **top: Any) -> dict[str, Any]:
    implicit = {
        "subdivisionScheme": scheme,
        "subtreeLevels": levels,
        "availableLevels": 1_000_000,
        "subtrees": {"uri": subtrees},
    }
    return tileset(implicitTiling=implicit, **top)


@pytest.mark.parametrize(("scheme", "levels"), [("OCTREE", 9), ("OCTREE", 16), ("QUADTREE", 13)])
def test_subtrees_that_no_memory_holds_are_not_followed(
    tmp_path: Path, scheme: str, levels: int
) -> None:
    name = "{level}-{x}-{y}-{z}.json" if scheme == "OCTREE" else "{level}-{x}-{y}.json"
    (tmp_path / "tileset.json").write_text(json.dumps(tiling(scheme, levels, name)))
    (tmp_path / ("0-0-0-0.json" if scheme == "OCTREE" else "0-0-0.json")).write_text(
        json.dumps(ALL)
    )
    assert ("implicit", "subtrees-deep") in look_at(tmp_path).told.unseen


def test_files_that_are_all_missing_are_not_looked_for_without_end(tmp_path: Path) -> None:
    said = tiling("QUADTREE", 9, "{level}-{x}-{y}.json", content={"uri": "c{level}-{x}-{y}.glb"})
    (tmp_path / "tileset.json").write_text(json.dumps(said))
    (tmp_path / "0-0-0.json").write_text(json.dumps(ALL))
    told = look_at(tmp_path).told
    missing = sum(n for (_, key, _), n in told.met.items() if key.startswith("file-missing"))
    assert 10_000 <= missing < 20_010
    assert ("implicit", "implicit-many") in told.unseen


def test_a_template_that_names_one_file_for_all_tiles_is_looked_at_once(tmp_path: Path) -> None:
    subtree = {**ALL, "childSubtreeAvailability": {"constant": 0}}
    said = tiling("QUADTREE", 9, "s.json", content={"uri": "c.glb"})
    (tmp_path / "tileset.json").write_text(json.dumps(said))
    (tmp_path / "s.json").write_text(json.dumps(subtree))
    told = look_at(tmp_path).told
    assert sum(1 for row in told.rows if row["reason"] == "file-missing") == 1
    assert not told.unseen


def test_tilesets_that_lead_to_tilesets_are_followed_so_far(look: Look, tmp_path: Path) -> None:
    chain = {f"{i}.json": tileset(content={"uri": f"{i + 1}.json"}) for i in range(400)}
    assert not look(tileset(content={"uri": "0.json"}), **chain)
    assert look_at(tmp_path).told.unseen == [("references", "tilesets-deep")]


def test_archives_in_archives_are_followed_so_far(tmp_path: Path) -> None:
    declared = {"extensionsUsed": ["MAXAR_content_3tz"]}
    inner = json.dumps(tileset(declared, content={"uri": "in.3tz"})).encode()
    data = b""
    for _ in range(80):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tileset.json", inner)
            archive.writestr("in.3tz", data)
        data = packed.getvalue()
    (tmp_path / "in.3tz").write_bytes(data)
    (tmp_path / "tileset.json").write_bytes(inner)
    assert ("references", "tilesets-deep") in look_at(tmp_path).told.unseen
