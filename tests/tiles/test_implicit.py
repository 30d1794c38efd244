from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.tiles.implicit import CLASSES, Available, write_implicit

BOX = [0.0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 64]


def subtree(file: Path) -> tuple[dict[str, Any], bytes]:
    data = file.read_bytes()
    magic, version, texts, binary = struct.unpack_from("<4sIQQ", data)
    assert (magic, version) == (b"subt", 1)
    assert texts % 8 == binary % 8 == 0
    assert len(data) == 24 + texts + binary
    said = json.loads(data[24 : 24 + texts])
    for view in said.get("bufferViews", []):
        assert view["byteOffset"] % 8 == 0
        assert view["byteOffset"] + view["byteLength"] <= binary
    return said, data[24 + texts :]


def flags(said: dict[str, Any], binary: bytes, what: dict[str, int], count: int) -> list[bool]:
    if "constant" in what:
        return [bool(what["constant"])] * count
    view = said["bufferViews"][what["bitstream"]]
    data = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    assert len(data) == (count + 7) // 8
    found = [bool(data[i // 8] >> i % 8 & 1) for i in range(count)]
    assert sum(found) == what["availableCount"]
    return found


def walk(
    folder: Path, tile: dict[str, Any]
) -> tuple[set[tuple[int, ...]], set[tuple[int, ...]], dict[tuple[int, ...], float]]:
    """Tiles, contents and errors, read as the specification words it, one by one."""
    how = tile["implicitTiling"]
    axes = 2 if how["subdivisionScheme"] == "QUADTREE" else 3
    wide, levels = 2**axes, how["subtreeLevels"]
    tiles, contents, errors = set(), set(), {}

    def read(root: tuple[int, ...]) -> None:
        names = dict(zip(("level", "x", "y", "z"), root, strict=False))
        said, binary = subtree(folder / how["subtrees"]["uri"].format(**names))
        count = (wide**levels - 1) // (wide - 1)
        there = flags(said, binary, said["tileAvailability"], count)
        full = [False] * count
        if "contentAvailability" in said:
            full = flags(said, binary, said["contentAvailability"][0], count)
        rank = 0
        for index in range(count):
            level = next(k for k in range(levels) if index < (wide ** (k + 1) - 1) // (wide - 1))
            morton = index - (wide**level - 1) // (wide - 1)
            local = [
                sum((morton >> (b * axes + a) & 1) << b for b in range(level)) for a in range(axes)
            ]
            place = (root[0] + level, *((root[1 + a] << level) + local[a] for a in range(axes)))
            if there[index]:
                tiles.add(place)
                if "tileMetadata" in said:
                    table = said["propertyTables"][said["tileMetadata"]]
                    view = said["bufferViews"][table["properties"]["error"]["values"]]
                    at = view["byteOffset"] + 8 * rank
                    errors[place] = struct.unpack_from("<d", binary, at)[0]
                rank += 1
            if full[index]:
                assert there[index]
                contents.add(place)
        below = flags(said, binary, said["childSubtreeAvailability"], wide**levels)
        for morton in np.flatnonzero(below).tolist():
            local = [
                sum((morton >> (b * axes + a) & 1) << b for b in range(levels)) for a in range(axes)
            ]
            read((root[0] + levels, *((root[1 + a] << levels) + local[a] for a in range(axes))))

    read((0,) * (axes + 1))
    return tiles, contents, errors


@given(
    seed=st.integers(0, 10_000), axes=st.sampled_from([2, 3]), depth=st.integers(0, 6),
    levels=st.integers(1, 4), count=st.integers(1, 40),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_there_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int, axes: int, depth: int, levels: int, count: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    level = rng.integers(0, depth + 1, count)
    place = rng.integers(0, 2 ** level[:, None], (count, axes))
    cells = np.unique(np.column_stack([level, place]), axis=0)
    folder = tmp_path_factory.mktemp("implicit")
    tiles = Available(*(cells[:, i] for i in range(axes + 1)))
    root = write_implicit(folder, {"box": BOX}, tiles, error=100.0, subtree_levels=levels)
    found, contents, _ = walk(folder, root)
    want = {tuple(c) for c in cells.tolist()}
    assert contents == want
    parents = {
        (c[0] - up, *(v >> up for v in c[1:])) for c in want for up in range(c[0] + 1)
    }  # fmt: skip
    assert found == parents
    assert root["implicitTiling"]["availableLevels"] == int(cells[:, 0].max()) + 1


def test_metadata_of_tiles_is_in_their_order(tmp_path: Path) -> None:
    cells = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [2, 3, 1], [2, 0, 2]])[::-1]
    errors = np.arange(5.0)
    boxes = np.tile(np.array(BOX), (5, 1))
    tiles = Available(*cells.T, None, np.array([1, 0, 1, 1, 0], bool), boxes, errors, boxes)
    root = write_implicit(tmp_path, {"box": BOX}, tiles, error=9.0, subtree_levels=2)
    _, contents, found = walk(tmp_path, root)
    assert found == {tuple(c): e for c, e in zip(cells.tolist(), errors.tolist(), strict=True)}
    assert contents == {tuple(cells[i].tolist()) for i in (0, 2, 3)}
    assert root["content"]["uri"] == "{level}-{x}-{y}.glb"


def test_the_projects_own_check_has_nothing_to_say(tmp_path: Path) -> None:
    from cimkit.checks._tiles3d.issues import Issues, Told
    from cimkit.checks._tiles3d.subtree import Shape, check_subtree

    cells = np.array([[0, 0, 0, 0], [1, 1, 0, 1], [2, 3, 1, 2]])
    boxes = np.tile(np.array(BOX), (3, 1))
    tiles = Available(*cells.T, None, boxes, np.array([9.0, 4, 2]), boxes)
    write_implicit(tmp_path, {"box": BOX}, tiles, error=9.0, subtree_levels=2)
    schema = {"id": "s", "classes": CLASSES}
    for file in sorted(tmp_path.glob("*.subtree")):
        told = Told()
        found = check_subtree(
            file.read_bytes(),
            Issues(file=file.name, told=told),
            lambda uri: None,
            Shape(8, 2),
            schema,
        )
        assert found is not None
        assert told.rows == []
        assert told.checked["implicit"] == 1


def test_twice_or_without_a_parent_is_refused(tmp_path: Path) -> None:
    two = np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="twice"):
        write_implicit(tmp_path, {"box": BOX}, Available(two, two, two), error=1.0)
    one = np.ones(1, np.int64)
    with pytest.raises(ValueError, match="not listed"):
        write_implicit(
            tmp_path, {"box": BOX}, Available(one, one, one, error=np.ones(1)), error=1.0
        )
