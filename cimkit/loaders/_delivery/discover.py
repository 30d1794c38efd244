"""Finding the sources in what was delivered, so that every file belongs to exactly one."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from cimkit.errors import SourceUnreadable, UsageError
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders._delivery.unpack import MAX_DEPTH, archive_kind, unpack
from cimkit.loaders._spec import HEAD_BYTES, Head
from cimkit.model import Problem, Source
from cimkit.registry import entries

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
    files: dict[str, Path] = field(default_factory=dict)
    """Where each delivered path lies now, members of archives included."""


def shown(name: str) -> str:
    """Return a file name as its maker meant it: on Linux it may be bytes in GBK or Shift_JIS."""
    raw = os.fsencode(name)
    return name if decodes(raw, "utf-8") else raw.decode(detect(raw), "replace")


class _Finder:
    def __init__(self, unpack_to: Path) -> None:
        self.found = Discovery(Path())
        self.unpack_to = unpack_to
        self.opened = 0
        self.loaders: dict[str, ModuleType] = entries("cimkit.loaders")
        self.loader_of: dict[str, str | None] = {}
        self.inside: dict[str, set[str]] = {}  # files of a folder format

    def is_source(self, folder: Path) -> bool:
        """Return whether a folder is one source, like a file geodatabase."""
        return self._best(Head(folder, folder.name.lower(), b"", is_dir=True)) is not None

    def folder(self, folder: Path, path: str, depth: int) -> None:
        """Take up a folder: as one source if a loader knows it, else file by file."""
        if _is_catalogue(folder):
            self.found.files[path] = folder
            self.loader_of[path] = None
            self._without(path, "catalogue", "It is a catalogue, and not a part of the delivery.")
            return
        name = self._best(Head(folder, folder.name.lower(), b"", is_dir=True)) if path else None
        if name is not None:
            self._whole(folder, path, name)
            return
        self.contents(folder, path, depth)

    def contents(self, folder: Path, path: str, depth: int) -> None:
        """Take up what lies in a folder that is no source itself."""
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            name = shown(entry.name)
            inner = f"{path}/{name}" if path else name
            if entry.is_dir(follow_symlinks=False):
                self.folder(Path(entry.path), inner, depth)
            else:
                self.file(Path(entry.path), inner, depth)

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
        self.found.files[path] = file
        self.loader_of[path] = None
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
        loader = self._best(Head(file, file.name.lower(), start))
        kind = archive_kind(start, file.name.lower()) if loader is None else None
        if kind is not None:
            self._archive(file, path, kind, depth)
        elif loader is None:
            self._without(
                path,
                "not-geodata",
                "No loader recognises the content of the file.",
                got=repr(start[:16]),
            )
        else:
            self.loader_of[path] = loader

    def _archive(self, file: Path, path: str, kind: str, depth: int) -> None:
        if kind == "unsupported" or depth >= MAX_DEPTH:
            why = (
                "Archives of this format are not unpacked."
                if kind == "unsupported"
                else f"Archives are nested more than {MAX_DEPTH} deep."
            )
            self._without(
                path, "archive-not-opened", why, refused=True, hint="Deliver it unpacked."
            )
            return
        self.opened += 1
        into = self.unpack_to / str(self.opened)
        lost: list[tuple[str, Problem]] = []
        got = 0
        try:
            for member in unpack(file, kind, into):
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
            self.found.files[inner] = file
            self.loader_of[inner] = None
            self.found.reasons[inner] = problem
        # the archive is not a source of its own: its members stand for it
        del self.found.files[path], self.loader_of[path]
        self.contents(into, path, depth + 1)

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

    def _best(self, head: Head) -> str | None:
        scores = {name: _score(module, head) for name, module in self.loaders.items()}
        best = max(scores, key=lambda name: scores[name], default=None)
        return best if best is not None and scores[best] > 0 else None

    def claims(self) -> dict[str, set[str]]:
        """Which other files each source claims as its own, by path."""
        listing = set(self.found.files)
        claimed = {}
        for path, name in self.loader_of.items():
            theirs = set(self.inside.get(path, ()))
            theirs |= _siblings(self.loaders.get(name or ""), path, listing, self.found.files[path])
            theirs.discard(path)
            if theirs:
                claimed[path] = theirs
        return claimed


def _score(module: ModuleType, head: Head) -> int:
    """Ask one loader; one that stumbles over the bytes gets the file, and a worker says how."""
    try:
        return int(module.sniff(head))
    except Exception:
        return 1


def _siblings(module: ModuleType | None, path: str, listing: set[str], file: Path) -> set[str]:
    ask = getattr(module, "siblings", None)
    if ask is None:
        return set()
    try:
        return set(ask(path, listing, file)) & listing
    except Exception:
        return set()  # its probe, in a worker, will meet the same error and report it


def _is_catalogue(folder: Path) -> bool:
    return (folder / "cimkit.toml").is_file() and (folder / "lake" / "metadata.sqlite").is_file()


_GEODATA = (
    *(".ifc", ".ifczip", ".las", ".laz", ".e57", ".ply", ".pcd"),
    *(".shp", ".gpkg", ".geojson", ".gml", ".kml", ".kmz", ".gpx", ".fgb", ".parquet", ".dxf"),
    *(".tif", ".tiff", ".jp2", ".asc", ".img", ".jpg", ".jpeg", ".heic", ".mpo"),
    *(".glb", ".gltf", ".b3dm", ".zip", ".gz", ".7z", ".rar"),
)


def _is_geodata_name(path: str) -> bool:
    return path.lower().endswith(_GEODATA)


def _gather(roots: Iterable[str], claims: dict[str, set[str]]) -> dict[str, list[str]]:
    """Give every path to one source: first what nobody claims, then what is claimed in a ring."""
    owner: dict[str, str] = {}
    everything = sorted(roots)
    wanted = set().union(*claims.values()) if claims else set()
    for start in [p for p in everything if p not in wanted] + everything:
        if start in owner:
            continue
        owner[start] = start
        waiting = sorted(claims.get(start, ()))
        while waiting:
            member = waiting.pop()
            if member not in owner:
                owner[member] = start
                waiting += sorted(claims.get(member, ()))
    members: dict[str, list[str]] = {}
    for path, source in owner.items():
        members.setdefault(source, [])
        if path != source:
            members[source].append(path)
    return members


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
    for path in given:
        inner = "" if path == root else shown(path.relative_to(root).as_posix())
        (finder.folder if path.is_dir() else finder.file)(path, inner, 0)
    found = finder.found
    for name, members in sorted(_gather(finder.loader_of, finder.claims()).items()):
        size = sum(_size(found.files[p]) for p in (name, *members))
        found.sources.append(
            Source(name, found.files[name], tuple(sorted(members)), size, finder.loader_of[name])
        )
    return found


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
