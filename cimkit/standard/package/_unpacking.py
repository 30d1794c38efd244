"""Bytes of a package: out of a folder or a zip, within limits, and from nowhere else."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from cimkit.errors import StandardError

LIMIT = 64 * 1024 * 1024
"""Bytes of a package, unpacked: a code list of a million rows fits, a zip bomb does not."""
NO_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, RuntimeError, ValueError, NotImplementedError),
)
"""What the standard library raises on a damaged or encrypted zip."""


def read_folder(path: Path) -> dict[str, bytes]:
    """Return the files of a folder by name; hidden ones are no part of a package.

    Raises
    ------
    StandardError
        If a link leads out of the folder, or the files are too large together.
    """
    home = path.resolve()
    found: dict[str, Path] = {}
    size = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(n for n in folders if not _hidden(n))
        for name in [*folders, *(n for n in names if not _hidden(n))]:
            file = Path(folder, name)
            if file.is_symlink():
                _check_link(file, home)
            if file.is_file():
                found[file.relative_to(path).as_posix()] = file
                size += file.stat().st_size
                check_size(path, size)
    return {name: found[name].read_bytes() for name in sorted(found)}


def _check_link(file: Path, home: Path) -> None:
    target = file.resolve()
    if target.is_relative_to(home) and not target.is_dir():
        return
    raise StandardError(
        "a link that leads out of the package" if target.is_file() else "a link to a folder",
        where=str(file),
        got=os.readlink(file),
        mend="Put the file itself there: a package holds all it says.",
    )


def unzip(path: Path, ending: str = "") -> dict[str, bytes]:
    """Return the files of a zip whose names end so.

    Raises
    ------
    StandardError
        If it is no zip, a name leads out of it, or it is too large unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            for member in members:
                _check_member(member.filename, path)
            members = [m for m in members if m.filename.endswith(ending)]
            members = [m for m in members if not any(map(_hidden, m.filename.split("/")))]
            check_size(path, sum(m.file_size for m in members))
            return {m.filename: archive.read(m) for m in members}
    except StandardError:
        raise
    except NO_ZIP as error:
        raise StandardError(
            f"no standard package: {error}",
            where=str(path),
            expected="a folder, a zip or a workbook (.xlsx)",
        ) from error


def _check_member(name: str, path: Path) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise StandardError("a file in the zip leads out of it", where=str(path), got=name)


def _hidden(name: str) -> bool:
    """Return whether a file or folder is what systems and editors leave behind."""
    return name.startswith((".", "~$")) or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def check_size(path: Path, size: int) -> None:
    """Refuse what is too large; raises `StandardError`."""
    if size > LIMIT:
        raise StandardError(
            "too large for a standard package", where=str(path), got=size, expected=f"≤ {LIMIT}"
        )


def root(names: list[str]) -> str | None:
    """Return the folder in a zip that holds the package: a zip of a folder has it on top."""
    tops = [n.removesuffix("standard.toml") for n in names if n.endswith("standard.toml")]
    tops = [t for t in tops if not t or t.endswith("/")]
    return min(tops, key=len, default=None)
