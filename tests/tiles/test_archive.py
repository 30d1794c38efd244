from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.stores import check_index
from cimkit.loaders.tiles3d.store import ZipStore
from cimkit.tiles.archive import INDEX, is_archive, write_archive

TOOL = Path(__file__).parents[1] / "npm" / "node_modules" / ".bin" / "3d-tiles-tools"


def folder(place: Path) -> Path:
    box = {"box": [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]}
    names = [f"a/{i}.glb" for i in range(40)]
    children = [
        {"boundingVolume": box, "geometricError": 0, "content": {"uri": name}} for name in names
    ]
    root = {"boundingVolume": box, "geometricError": 1, "refine": "ADD", "children": children}
    (place / "a").mkdir(parents=True)
    (place / "tileset.json").write_text(
        json.dumps({"asset": {"version": "1.1"}, "geometricError": 2, "root": root})
    )
    for name in names:
        (place / name).write_bytes(b"glTF" + name.encode())
    (place / "contents.json").write_text("{}")
    return place


def test_every_file_is_found_by_its_index(tmp_path: Path) -> None:
    source = folder(tmp_path / "tiles")
    file = tmp_path / "city.3tz"
    write_archive(source, file, without=frozenset({"contents.json"}))
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert names[0] == "tileset.json"
        assert names[-1] == INDEX
        assert "contents.json" not in names
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
        for name in names[:-1]:
            assert archive.read(name) == (source / name).read_bytes()
        issues = Issues()
        store = object.__new__(ZipStore)
        store.archive = archive
        check_index(store, issues)
        assert issues.told.rows == []
    assert is_archive(file)
    again = tmp_path / "again.3tz"
    write_archive(source, again, without=frozenset({"contents.json"}))
    assert again.read_bytes() == file.read_bytes()


def test_3d_tiles_tools_unpacks_it(tmp_path: Path) -> None:
    if not TOOL.exists():
        pytest.fail("3d-tiles-tools is not installed: run 'npm ci --prefix tests/npm'")
    source = folder(tmp_path / "tiles")
    write_archive(source, tmp_path / "city.3tz", without=frozenset({"contents.json"}))
    done = subprocess.run(
        [TOOL, "convert", "-i", tmp_path / "city.3tz", "-o", tmp_path / "back"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for file in source.rglob("*.glb"):
        assert (tmp_path / "back" / file.relative_to(source)).read_bytes() == file.read_bytes()


def test_other_files_are_no_archive(tmp_path: Path) -> None:
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("thesis.txt", "mine")
    assert not is_archive(plain)
    (tmp_path / "text.3tz").write_text("no zip")
    assert not is_archive(tmp_path / "text.3tz")
