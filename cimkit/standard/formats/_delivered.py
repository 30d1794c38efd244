"""Read the file, folder or zip that holds a list; write one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from cimkit.errors import ExportError, StandardError, UsageError
from cimkit.standard.package._unpacking import check_size, read_folder, unzip

__all__ = ["content", "contents", "file_name", "save"]


def content(file: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    StandardError
        If it cannot be read, or is larger than a package may be.
    """
    try:
        check_size(file, file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise StandardError(f"cannot be read: {error.strerror}", where=str(file)) from error


def contents(path: Path, suffixes: Collection[str]) -> dict[str, bytes]:
    """Return the files of a folder or zip that end so, or the one file, by name."""
    if path.is_dir():
        found = read_folder(path)
    elif path.suffix.lower() == ".zip":
        found = unzip(path)
    else:
        return {path.name: content(path)}
    found = {n: found[n] for n in sorted(found) if Path(n).suffix.lower() in suffixes}
    if not found:
        raise StandardError("no such file in it", where=str(path), expected=", ".join(suffixes))
    return found


def save(out: Path, files: Mapping[str, bytes]) -> None:
    """Write one file as `out`, or several as a folder (a zip if it ends so).

    Raises
    ------
    UsageError
        If several files would have to be one.
    ExportError
        If it cannot be written.
    """
    from cimkit.standard.package._writing import replace_file, zip_bytes

    try:
        if out.suffix.lower() == ".zip":
            replace_file(out, zip_bytes(files), overwrite=True)
        elif len(files) == 1 and not out.is_dir():
            replace_file(out, next(iter(files.values())), overwrite=True)
        elif out.suffix and not out.is_dir() and out.suffix in {Path(n).suffix for n in files}:
            raise UsageError(
                f"this makes {len(files)} files",
                got=str(out),
                expected="a folder or a .zip",
                mend=f"Name it without {out.suffix}.",
            )
        else:
            for name, data in files.items():
                replace_file(out / name, data, overwrite=True)
    except OSError as error:
        raise ExportError(f"cannot be written: {error.strerror}", where=str(out)) from error


def file_name(name: str, suffix: str, taken: Collection[str]) -> str:
    """Return a file name that every system allows and no other has."""
    stem = re.sub(r'[\x00-\x1f\\/:*?"<>|]', "_", name).strip(". ") or "list"
    found, n = f"{stem}{suffix}", 1
    while found.casefold() in {t.casefold() for t in taken}:
        n += 1
        found = f"{stem}-{n}{suffix}"
    return found
