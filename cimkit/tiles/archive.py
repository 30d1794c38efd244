"""A tileset in one file: the 3D Tiles Archive Format (3TZ) 1.3."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

__all__ = ["INDEX", "is_archive", "write_archive"]

INDEX = "@3dtilesIndex1@"
"""Name of the last entry: where each other one begins, by the hash of its name."""
_ROOT = "tileset.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_archive(folder: Path, file: Path, *, without: frozenset[str] = frozenset()) -> None:
    """Write a folder with a ``tileset.json`` as an archive: stored, in the order of names.

    Parameters
    ----------
    folder : Path
        The tileset.
    file : Path
        The archive; replaced if it is there.
    without : frozenset of str
        Names of files, relative to the folder, that stay outside.
    """
    names = sorted(
        name
        for f in folder.rglob("*")
        if f.is_file() and (name := f.relative_to(folder).as_posix()) not in without
    )
    names = [_ROOT, *(name for name in names if name != _ROOT)]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.writestr(_entry(name), (folder / name).read_bytes())
        begins = [
            (hashlib.md5(i.filename.encode(), usedforsecurity=False).digest(), i.header_offset)
            for i in archive.infolist()
        ]
        # Readers search by halves: hashes ascend as two little-endian numbers of 64 bits.
        begins.sort(key=lambda entry: struct.unpack("<QQ", entry[0]))
        index = b"".join(digest + struct.pack("<Q", offset) for digest, offset in begins)
        archive.writestr(_entry(INDEX), index)


def is_archive(file: Path) -> bool:
    """Whether a file is an archive of tiles."""
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return {_ROOT, INDEX} <= set(archive.namelist())


def _entry(name: str) -> zipfile.ZipInfo:
    # No time and no owner: the same tiles are the same archive.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
