"""Finding the sources in what was delivered, so that every file belongs to exactly one."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cimkit.errors import SourceUnreadable, UsageError
from cimkit.loaders._delivery.archives import archive_kind
from cimkit.loaders._delivery.recognise import Recogniser, gather
from cimkit.loaders._delivery.renamed import readable, shown
from cimkit.loaders._delivery.unpack import MAX_DEPTH, Allowance, unpack
from cimkit.loaders._spec import HEAD_BYTES, Head
from cimkit.model import Problem, Source

__all__ = ["Discovery", "discover", "shown"]

_JUNK = {".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", ".directory"}


@dataclass(slots=True)
class Discovery:
    """The sources of a delivery."""

    root: Path
    """The folder that `Source.path` is relative to."""
    sources: list[Source] = field(default_factory=list)
    """In the order of their paths."""
    reasons: dict[str, Problem] = field(default_factory=dict)
    """Why a source has no loader; *error* there means that it is refused, else it is ignored."""
    notes: dict[str, list[Problem]] = field(default_factory=dict)
    """What was met while sources were looked for that are read all the same."""
    files: dict[str, Path] = field(default_factory=dict)
    """Where each delivered path lies now, members of archives included."""


class _Finder:
    def __init__(self, unpack_to: Path) -> None:
        self.found = Discovery(Path())
        self.unpack_to = unpack_to
        self.opened = 0
        self.linked = 0
        self.allowance: Allowance | None = None
        self.knows = Recogniser(self.found.notes)
        self.loader_of: dict[str, str | None] = {}
        self.inside: dict[str, set[str]] = {}  # files of a folder format

    def is_source(self, folder: Path) -> bool:
        """Return whether a folder is one source, like a file geodatabase."""
        found = self.knows.best(Head(folder, folder.name.lower(), b"", is_dir=True), "")
        self.found.notes.pop("", None)  # the folder that is delivered is no part of the delivery
        return found is not None

    def folder(self, folder: Path, path: str, depth: int) -> None:
        """Take up a folder: as one source if a loader knows it, else file by file."""
        waiting = [(folder, path)]
        while waiting:  # folders may be nested deeper than functions may
            at, name = waiting.pop()
            if name and self._taken_whole(at, name):
                continue
            for problem in self.found.notes.pop(name, ()):
                self._placeless(at, name)
                self.found.reasons[name] = problem
            listed = self._listed(at, name)
            if listed is None:
                continue
            if _is_geodata_name(name):
                self._placeless(at, name)
                left = "what is in it was read by itself" if listed else "it is empty"
                why = f"A folder has the name of a file; {left}."
                self._without(name, "folder-not-file", why, refused=not listed)
            waiting += reversed(list(self._files(listed, name, depth)))

    def _taken_whole(self, folder: Path, path: str) -> bool:
        if _is_catalogue(folder):
            self._placeless(folder, path)
            self._without(path, "catalogue", "It is a catalogue, and not a part of the delivery.")
            return True
        loader = self.knows.best(Head(folder, folder.name.lower(), b"", is_dir=True), path)
        if loader is not None:
            self._whole(folder, path, loader)
        return loader is not None

    def _listed(self, folder: Path, path: str) -> list[os.DirEntry[str]] | None:
        try:
            return sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            self._placeless(folder, path)
            why = f"The folder cannot be opened: {error.strerror}."
            self._without(path, "unreadable", why, refused=True)
            return None

    def _files(
        self, listed: list[os.DirEntry[str]], path: str, depth: int
    ) -> Iterator[tuple[Path, str]]:
        """Take up the files of a folder; give the folders in it."""
        self.linked += 1
        folder = self.unpack_to / f"named-{self.linked}"
        files = readable([Path(entry.path) for entry in listed], folder)
        for entry, file in zip(listed, files, strict=True):
            name = shown(entry.name)
            inner = f"{path}/{name}" if path else name
            if entry.is_dir(follow_symlinks=False):
                yield file, inner
            else:
                self.file(file, inner, depth)

    def _placeless(self, file: Path, path: str) -> None:
        self.found.files[path] = file
        self.loader_of[path] = None

    def _whole(self, folder: Path, path: str, loader: str) -> None:
        self.found.files[path] = folder
        self.loader_of[path] = loader
        held = {}
        for at, _, names in os.walk(folder):
            for name in names:
                file = Path(at, name)
                held[f"{path}/{shown(file.relative_to(folder).as_posix())}"] = file
        self.found.files |= held
        self.inside[path] = set(held)

    def file(self, file: Path, path: str, depth: int) -> None:
        """Take up one file: recognise it, or unpack it."""
        self._placeless(file, path)
        try:
            mode = file.stat().st_mode
            if not stat.S_ISREG(mode):
                self._without(path, "not-a-file", "It is a link to a folder, or no plain file.")
                return
            with file.open("rb") as opened:
                start = opened.read(HEAD_BYTES)
        except OSError as error:
            self._without(
                path, "unreadable", f"It cannot be opened: {error.strerror}.", refused=True
            )
            return
        if not start:
            self._without(
                path, "empty-file", "The file has no bytes.", refused=_is_geodata_name(path)
            )
            return
        if file.name.lower() in _JUNK or file.name.startswith("._") or "/__MACOSX/" in f"/{path}":
            self._without(path, "not-geodata", "The file was left behind by an operating system.")
            return
        if b"<!ENTITY" in start:
            self.found.notes.setdefault(path, []).append(
                Problem(
                    "xml-entities",
                    "It defines entities of its own. Those that lead out of the file or grow "
                    "are not read, and what they stand for is missing.",
                    hint="Deliver it with the entities resolved.",
                )
            )
        loader = self.knows.best(Head(file, file.name.lower(), start), path)
        kind = archive_kind(start, file.name.lower()) if loader is None else None
        if kind is not None:
            self._archive(file, path, kind, depth)
        elif loader is None:
            why = "No loader recognises the content of the file."
            packed = path.lower().endswith(_ARCHIVES)  # such as the last of several volumes
            self._without(path, "not-geodata", why, refused=packed, got=repr(start[:16]))
        else:
            self.loader_of[path] = loader

    def _archive(self, file: Path, path: str, kind: str, depth: int) -> None:
        if kind == "unsupported" or depth >= MAX_DEPTH:
            why = f"Archives are nested more than {MAX_DEPTH} deep."
            if kind == "unsupported":
                why = "Archives of this format are not unpacked."
            self._without(
                path, "archive-not-opened", why, refused=True, hint="Deliver it unpacked."
            )
            return
        if not depth:  # those inside follow before the next delivered one
            self.allowance = Allowance(file, self.unpack_to.parent)
        self.opened += 1
        into = self.unpack_to / str(self.opened)
        lost: list[tuple[str, Problem]] = []
        got = 0
        try:
            for member in unpack(file, kind, into, self.allowance):
                if member.problem is not None:
                    lost.append((f"{path}/{member.name}", member.problem))
                got += member.file is not None
        except SourceUnreadable as error:
            shutil.rmtree(into, ignore_errors=True)
            self._without(path, "archive-unreadable", str(error), refused=True)
            return
        if not got and not lost:
            self._without(path, "empty-archive", "The archive holds no files.")
            return
        for inner, problem in lost:
            self._placeless(file, inner)
            self.found.reasons[inner] = problem
        # the archive is not a source of its own: its members stand for it
        del self.found.files[path], self.loader_of[path]
        for folder, inner in list(self._files(self._listed(into, path) or [], path, depth + 1)):
            self.folder(folder, inner, depth + 1)

    def _without(
        self,
        path: str,
        code: str,
        message: str,
        *,
        refused: bool = False,
        got: str = "",
        hint: str = "",
    ) -> None:
        self.found.reasons[path] = Problem(
            code, message, severity="error" if refused else "info", got=got, hint=hint
        )

    def claims(self) -> dict[str, set[str]]:
        """Which other files each source claims as its own, by path."""
        listing = set(self.found.files)
        claimed = {}
        for path, name in self.loader_of.items():
            theirs = set(self.inside.get(path, ()))
            if name is not None:
                theirs |= self.knows.siblings(name, path, listing, self.found.files[path])
            theirs.discard(path)
            if theirs:
                claimed[path] = theirs
        return claimed


def _is_catalogue(folder: Path) -> bool:
    return (folder / "cimkit.toml").is_file() and (folder / "lake" / "metadata.sqlite").is_file()


_GEODATA = (
    *(".ifc", ".ifczip", ".las", ".laz", ".e57", ".ply", ".pcd"),
    *(".shp", ".gpkg", ".geojson", ".gml", ".kml", ".kmz", ".gpx", ".fgb", ".parquet", ".dxf"),
    *(".tif", ".tiff", ".jp2", ".asc", ".img", ".jpg", ".jpeg", ".heic", ".mpo"),
    *(".glb", ".gltf", ".b3dm", ".zip", ".gz", ".7z", ".rar", ".gdb", ".csv", ".xlsx"),
)
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tgz", ".xz")


def _is_geodata_name(path: str) -> bool:
    return path.lower().endswith(_GEODATA)


def discover(paths: Sequence[Path], unpack_to: Path) -> Discovery:
    """Find the sources under files and folders.

    Parameters
    ----------
    paths : sequence of Path
        What was delivered. Nothing in it is changed.
    unpack_to : Path
        Folder for the members of archives; it must last as long as the sources are read.

    Returns
    -------
    Discovery
        Every file is the path or a member of exactly one source. Files in archives are named
        ``archive.zip/inner.shp``; an archive that was unpacked stands for its members.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    given = [Path(p).absolute() for p in paths]
    for path in given:
        if not path.exists():
            raise UsageError("no such file or folder", got=str(path))
        if _is_catalogue(path):
            raise UsageError("this is a catalogue, not a delivery", got=str(path))
    if not given:
        raise UsageError("nothing to read", expected="at least one file or folder")
    given = [p for p in sorted(set(given)) if not any(q in p.parents for q in given)]
    finder = _Finder(unpack_to)
    folders = [p if p.is_dir() and not finder.is_source(p) else p.parent for p in given]
    root = finder.found.root = folders[0] if len(given) == 1 else Path(os.path.commonpath(folders))
    for n, path in enumerate(given):
        inner = "" if path == root else shown(path.relative_to(root).as_posix())
        if path.is_dir():
            finder.folder(path, inner, 0)
        else:
            finder.file(readable([path], unpack_to / f"given-{n}")[0], inner, 0)
    found = finder.found
    for name, members in sorted(gather(finder.loader_of, finder.claims()).items()):
        size = sum(_size(found.files[p]) for p in (name, *members))
        found.sources.append(
            Source(name, found.files[name], tuple(sorted(members)), size, finder.loader_of[name])
        )
    return found


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
