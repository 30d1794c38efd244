"""Find packages and read their files: folders, zips and workbooks, whole and in memory."""

from __future__ import annotations

import csv
import difflib
import io
import os
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError, StandardNotFound
from cimkit.registry import data_folder
from cimkit.standard.package._bare import bare_ids
from cimkit.standard.package._named import edition_order
from cimkit.standard.package._place import Place
from cimkit.standard.package._unpacking import read_folder, root, unzip

_LONGEST_NAME = 4_000


@dataclass(frozen=True)
class PackageFiles:
    """The files of one package by name (``/`` between parts)."""

    path: Path
    """Folder or zip."""
    files: Mapping[str, bytes]
    """Content."""
    bare: bool = field(default=False, kw_only=True)
    """Whether it is an IDS, or a folder of them, and no more."""

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
        except (tomllib.TOMLDecodeError, RecursionError) as error:
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
        header, top, lines = self.table(name)
        for column in header:
            if column not in columns:
                near = difflib.get_close_matches(column, columns, 1)
                mend = f"Did you mean {near[0]!r}?" if near else "Take the column out."
                if len(header) == 1 and (";" in column or "\t" in column):
                    mend = "Save the file as CSV with commas between the columns."
                raise StandardError(
                    "no such column",
                    where=top,
                    got=column,
                    expected=", ".join(columns),
                    mend=mend,
                )
        if len(set(header)) != len(header):
            raise StandardError("one column stands twice", where=top)
        missing = [n for n in needed if n not in header]
        if missing:
            raise StandardError("a column is missing", where=top, expected=missing[0])
        for place, cells in lines:
            row = dict.fromkeys(columns, "")
            row.update(zip(header, (c.strip() for c in cells), strict=False))
            for column in needed:
                if not row[column]:
                    raise StandardError(
                        f"`{column}` is empty",
                        where=place.cell(column),
                        mend="Fill it in, or take the row out.",
                    )
            yield place, row

    def table(self, name: str) -> tuple[list[str], Place, Iterator[tuple[Place, list[str]]]]:
        """Return the header of a CSV file, its place, and the rows that say something."""
        where = self.where(name)
        # Strict: a quote that is opened and not closed would swallow the rest of the table.
        reader = csv.reader(io.StringIO(self.text(name), newline=""), strict=True)
        try:
            header = [h.strip() for h in next(_cells(reader, where))]
        except StopIteration:
            raise StandardError(
                "an empty table", where=where, mend="Give it a header row or remove the file."
            ) from None
        return header, Place(f"{where}:1"), _lines(reader, where, len(header))

    def section(self, key: str) -> str:
        """Return the place of a table of ``standard.toml``."""
        return f"{self.where('standard.toml')}, [{key}]"

    def segment(self, number: int) -> str:
        """Return the place of the n-th segment of ``[code]``, counted from 1."""
        return f"{self.section('code')}, segment {number}"

    def entry(self, name: str, key: str, number: int) -> Place:
        """Return the place of the n-th ``[[key]]`` of a TOML file, counted from 1."""
        text = f"{self.where(name)}:{'' if key == 'rule' else f'{key} '}{number}"
        # A TOML file has no columns: the key is named in the message.
        return Place(text, lambda column: text)


def _lines(reader: Any, where: str, width: int) -> Iterator[tuple[Place, list[str]]]:
    for cells in _cells(reader, where):
        # The line of the file, so that an editor's "go to line" finds it.
        place = Place(f"{where}:{reader.line_num}")
        if not any(c.strip() for c in cells) or cells[0].startswith("#"):
            continue
        if len(cells) > width:
            raise StandardError(
                "more cells than columns",
                where=place,
                got=len(cells),
                expected=str(width),
                mend="Put a text that holds a comma in double quotes.",
            )
        yield place, cells


def _cells(reader: Any, where: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise StandardError(f"no valid CSV: {error}", where=f"{where}:{reader.line_num}") from error


def open_package(path: Path) -> PackageFiles:
    """Read a folder or zip with a ``standard.toml``, a workbook with a sheet of it, or bare IDS.

    Raises
    ------
    StandardError
        If it is neither, too large, or leads to files that are not its own.
    """
    if path.is_file() and path.name == "standard.toml":
        path = path.parent
    if bare := bare_ids(path):
        return PackageFiles(path, bare, bare=True)
    if path.suffix.lower() == ".xlsx" and path.is_file():
        from cimkit.standard.workbook._open import open_workbook

        return open_workbook(path)
    if path.is_dir():
        # Looked for first: a wrong folder may be a large one.
        files = read_folder(path) if (path / "standard.toml").is_file() else {}
    else:
        files = unzip(path)
        top = root(list(files)) or ""
        files = {n.removeprefix(top): b for n, b in files.items() if n.startswith(top)}
    if "standard.toml" not in files:
        raise StandardError("no standard package", where=str(path), expected="standard.toml, .ids")
    return PackageFiles(path, files)


def _folders() -> list[Path]:
    said = os.environ.get("CIMKIT_STANDARDS", "")
    return [*(Path(p) for p in said.split(os.pathsep) if p), data_folder("standards")]


def packages(
    broken: list[StandardError] | None = None,
) -> Iterator[tuple[str, str, Path, dict[str, Any]]]:
    """Yield ``(id, edition, path, standard.toml)`` of all packages that can be found by id.

    Those in ``CIMKIT_STANDARDS`` come before those shipped. What cannot be read is put into
    `broken`, or raised if there is no such list.
    """
    for folder in _folders():
        if not folder.is_dir():
            raise StandardNotFound(
                "CIMKIT_STANDARDS names a folder that is not there", got=str(folder)
            )
        inside = [folder] if (folder / "standard.toml").is_file() else sorted(folder.iterdir())
        # A package whose name begins with _ is there to be copied, not to be used.
        yield from _among((p for p in inside if not p.name.startswith("_")), broken)


def _among(
    paths: Iterable[Path], broken: list[StandardError] | None
) -> Iterator[tuple[str, str, Path, dict[str, Any]]]:
    for path in paths:
        try:
            head = _head(path)
        except StandardError as error:
            if broken is None:
                raise
            broken.append(error)
            continue
        if head is not None:
            yield str(head.get("id", "")), str(head.get("edition", "")), path, head


def _head(path: Path) -> dict[str, Any] | None:
    """Return the ``standard.toml`` of a package, None where there is none."""
    if (path / "standard.toml").is_file():
        return PackageFiles(path, {"standard.toml": (path / "standard.toml").read_bytes()}).toml(
            "standard.toml"
        )
    if path.suffix.lower() == ".xlsx" and not path.name.startswith((".", "~$")):
        from cimkit.standard.workbook._open import workbook_head

        return workbook_head(path)
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return None
    files = unzip(path, "standard.toml")
    top = root(list(files))
    if top is None:
        return None
    return PackageFiles(path, {"standard.toml": files[f"{top}standard.toml"]}).toml("standard.toml")


def find_package(name: str, *, beside: Path | None = None) -> Path:
    """Return the folder, zip or workbook of a package.

    Parameters
    ----------
    name : str
        ``id``, ``id@edition`` or a path.
    beside : Path, optional
        The package that asks: its neighbours are looked at first, so that a set of packages can
        be moved. It names others by id; a path would let it read any file.

    Raises
    ------
    StandardNotFound
        If there is none; the error lists those there are.
    StandardError
        If a package names another by its path.
    """
    if len(name) > _LONGEST_NAME:
        raise StandardNotFound(
            "no such standard", got=f"{name[:100]}…", expected="a name or a path"
        )
    path = Path(name)
    is_path = (
        "/" in name or "\\" in name or path.suffix.lower() in (".zip", ".toml", ".xlsx", ".ids")
    )
    if beside is not None and (is_path or name.startswith(".")):
        raise StandardError(
            "a package names its parents by id and edition, not by path",
            where=str(beside),
            got=name,
            expected="id@edition",
        )
    if is_path and path.exists():
        return path
    wanted, _, edition = name.partition("@")
    # A broken package must not stand in the way of the others; if it is the one, the error says so.
    broken: list[StandardError] = []
    near = sorted(beside.resolve().parent.iterdir()) if beside is not None else []
    known = [(i, e, p) for i, e, p, _ in (*_among(near, broken), *packages(broken))]
    fits = [(e, p) for i, e, p in known if i == wanted and (not edition or e == edition)]
    if fits:
        # Of several editions the latest; of one edition in several places the first found.
        latest = max((e for e, _ in fits), key=edition_order)
        return next(p for e, p in fits if e == latest)
    if path.exists() and beside is None:
        return path
    raise StandardNotFound(
        "no such standard",
        got=name,
        expected=", ".join(sorted({f"{i}@{e}" for i, e, _ in known})) or "a path",
        mend="Put its folder, zip or workbook into a folder named in CIMKIT_STANDARDS, or give "
        f"its path.{''.join(f' Could not be read: {error}' for error in broken[:3])}",
    )
