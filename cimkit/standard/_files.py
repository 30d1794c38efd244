"""Find packages and read their files: folders and zips alike, whole and in memory."""

from __future__ import annotations

import csv
import difflib
import io
import lzma
import os
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError, StandardNotFound
from cimkit.registry import data_folder
from cimkit.standard._place import Place

_NO_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, RuntimeError, ValueError, NotImplementedError),
)
"""What the standard library raises on a damaged or encrypted zip."""
LIMIT = 64 * 1024 * 1024
"""Bytes of a package, unpacked: a code list of a million rows fits, a zip bomb does not."""


@dataclass(frozen=True)
class PackageFiles:
    """The files of one package by name (``/`` between parts)."""

    path: Path
    """Folder or zip."""
    files: Mapping[str, bytes]
    """Content."""

    def where(self, name: str) -> str:
        """Return how messages name a file."""
        return f"{self.path.name}/{name}"

    def text(self, name: str) -> str:
        """Return a file's text."""
        try:
            return self.files[name].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.files[name][: error.start].count(b"\n") + 1
            raise StandardError(
                "not UTF-8 text",
                where=f"{self.where(name)}:{line}",
                mend="Save the file as UTF-8 (in Excel: 'CSV UTF-8').",
            ) from error

    def toml(self, name: str) -> dict[str, Any]:
        """Return a TOML file's table."""
        try:
            return tomllib.loads(self.text(name))
        except tomllib.TOMLDecodeError as error:
            raise StandardError(f"no valid TOML: {error}", where=self.where(name)) from error

    def under(self, folder: str, suffix: str) -> list[str]:
        """Return the names of the files in a folder that end so, sorted."""
        return sorted(n for n in self.files if n.startswith(f"{folder}/") and n.endswith(suffix))

    def rows(
        self, name: str, columns: tuple[str, ...], needed: tuple[str, ...] = ()
    ) -> Iterator[tuple[Place, dict[str, str]]]:
        """Yield ``(place, row)`` of a CSV file; absent columns are "", values are stripped.

        Parameters
        ----------
        name : str
            File in the package.
        columns : tuple of str
            Those allowed.
        needed : tuple of str
            Those that every row must fill.
        """
        where = self.where(name)
        reader = csv.reader(io.StringIO(self.text(name), newline=""))
        try:
            header = [h.strip() for h in next(_cells(reader, where))]
        except StopIteration:
            raise StandardError(
                "an empty table", where=where, mend="Give it a header row or remove the file."
            ) from None
        for column in header:
            if column not in columns:
                near = difflib.get_close_matches(column, columns, 1)
                raise StandardError(
                    "no such column",
                    where=f"{where}:1",
                    got=column,
                    expected=", ".join(columns),
                    mend=f"Did you mean {near[0]!r}?" if near else "",
                )
        if len(set(header)) != len(header):
            raise StandardError("one column stands twice", where=f"{where}:1")
        missing = [n for n in needed if n not in header]
        if missing:
            raise StandardError("a column is missing", where=f"{where}:1", expected=missing[0])
        for cells in _cells(reader, where):
            # The line of the file, so that an editor's "go to line" finds it.
            place = Place(f"{where}:{reader.line_num}")
            if not any(c.strip() for c in cells) or cells[0].startswith("#"):
                continue
            if len(cells) > len(header):
                raise StandardError(
                    "more cells than columns",
                    where=place,
                    got=len(cells),
                    expected=str(len(header)),
                    mend="Put a text that holds a comma in double quotes.",
                )
            row = dict.fromkeys(columns, "")
            row.update(zip(header, (c.strip() for c in cells), strict=False))
            for column in needed:
                if not row[column]:
                    raise StandardError(f"`{column}` is empty", where=place)
            yield place, row


def _cells(reader: Any, where: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise StandardError(f"no valid CSV: {error}", where=f"{where}:{reader.line_num}") from error


def open_package(path: Path) -> PackageFiles:
    """Read a folder or zip with a ``standard.toml``.

    Raises
    ------
    StandardError
        If it is neither, or too large.
    """
    if path.is_file() and path.name == "standard.toml":
        path = path.parent
    if path.is_dir():
        names = sorted(p for p in path.rglob("*") if p.is_file())
        _limit(path, sum(p.stat().st_size for p in names))
        files = {p.relative_to(path).as_posix(): p.read_bytes() for p in names}
    else:
        files = _unzip(path)
        root = _root(list(files)) or ""
        files = {n.removeprefix(root): b for n, b in files.items() if n.startswith(root)}
    if "standard.toml" not in files:
        raise StandardError(
            "no standard package", where=str(path), expected="a file standard.toml in it"
        )
    return PackageFiles(path, files)


def _limit(path: Path, size: int) -> None:
    if size > LIMIT:
        raise StandardError(
            "too large for a standard package", where=str(path), got=size, expected=f"≤ {LIMIT}"
        )


def _folders() -> list[Path]:
    said = os.environ.get("CIMKIT_STANDARDS", "")
    return [*(Path(p) for p in said.split(os.pathsep) if p), data_folder("standards")]


def packages() -> Iterator[tuple[str, str, Path, dict[str, Any]]]:
    """Yield ``(id, edition, path, standard.toml)`` of all packages that can be found by id.

    Those in ``CIMKIT_STANDARDS`` come before those shipped.
    """
    for folder in _folders():
        if not folder.is_dir():
            raise StandardNotFound(
                "CIMKIT_STANDARDS names a folder that is not there", got=str(folder)
            )
        inside = [folder] if (folder / "standard.toml").is_file() else sorted(folder.iterdir())
        for path in inside:
            head = _head(path)
            if head is not None:
                yield str(head.get("id", "")), str(head.get("edition", "")), path, head


def _head(path: Path) -> dict[str, Any] | None:
    """Return the ``standard.toml`` of a folder or zip, None where there is none."""
    if (path / "standard.toml").is_file():
        return PackageFiles(path, {"standard.toml": (path / "standard.toml").read_bytes()}).toml(
            "standard.toml"
        )
    if path.suffix != ".zip" or not zipfile.is_zipfile(path):
        return None
    files = _unzip(path, "standard.toml")
    root = _root(list(files))
    if root is None:
        return None
    return PackageFiles(path, {"standard.toml": files[f"{root}standard.toml"]}).toml(
        "standard.toml"
    )


def _unzip(path: Path, ending: str = "") -> dict[str, bytes]:
    """Return the files of a zip whose names end so."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                m for m in archive.infolist() if not m.is_dir() and m.filename.endswith(ending)
            ]
            _limit(path, sum(m.file_size for m in members))
            return {m.filename: archive.read(m) for m in members}
    except StandardError:
        raise
    except _NO_ZIP as error:
        raise StandardError(
            f"no standard package: {error}", where=str(path), expected="a folder or a zip"
        ) from error


def _root(names: list[str]) -> str | None:
    """Return the folder in a zip that holds the package: a zip of a folder has it on top."""
    tops = [n.removesuffix("standard.toml") for n in names if n.endswith("standard.toml")]
    tops = [t for t in tops if not t or t.endswith("/")]
    return min(tops, key=len, default=None)


def find_package(name: str, *, beside: Path | None = None) -> Path:
    """Return the folder or zip of a package.

    Parameters
    ----------
    name : str
        ``id``, ``id@edition`` or a path.
    beside : Path, optional
        A package: its neighbours are looked at first, so that a set of packages can be moved.

    Raises
    ------
    StandardNotFound
        If there is none; the error lists those there are.
    """
    path = Path(name)
    if ("/" in name or os.sep in name or path.suffix in (".zip", ".toml")) and path.exists():
        return path
    wanted, _, edition = name.partition("@")
    known = [(i, e, p) for i, e, p, _ in packages()]
    if beside is not None:
        near = ((p, _head(p)) for p in sorted(beside.resolve().parent.iterdir()))
        known = [(str(h.get("id")), str(h.get("edition")), p) for p, h in near if h] + known
    fits = [(e, p) for i, e, p in known if i == wanted and (not edition or e == edition)]
    if fits:
        # Of several editions the latest; of one edition in several places the first found.
        latest = max(e for e, _ in fits)
        return next(p for e, p in fits if e == latest)
    if path.exists():
        return path
    raise StandardNotFound(
        "no such standard",
        got=name,
        expected=", ".join(sorted({f"{i}@{e}" for i, e, _ in known})) or "a path",
        mend="Put its folder or zip into a folder named in CIMKIT_STANDARDS, or give its path.",
    )
