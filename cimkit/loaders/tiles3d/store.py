"""Where the contents of a tileset lie: delivered files, or the members of an archive."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cimkit.errors import SourceUnreadable
from cimkit.model import Source

__all__ = ["FileStore", "Store", "ZipStore"]

LARGEST = 256_000_000
"""Bytes of one content that are read."""


class Store(Protocol):
    """Contents by their names, ``/`` between parts, relative to the delivered folder."""

    def size(self, name: str) -> int | None:
        """Return its bytes; None if it is not there."""
        ...

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return its content.

        Raises
        ------
        SourceUnreadable
            If it is not there, too large or broken.
        """
        ...


class FileStore(Store):
    """The files of a source; nothing else on the disk is looked at."""

    def __init__(self, source: Source) -> None:
        folder = posixpath.dirname(source.path)
        self.files: Mapping[str, Path] = {
            name: source.file.parent / posixpath.relpath(name, folder or ".")
            for name in (source.path, *source.members)
        }

    def size(self, name: str) -> int | None:
        """Return its bytes; None if it was not delivered."""
        file = self.files.get(name)
        return file.stat().st_size if file is not None and file.is_file() else None

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return its content; see `Store.read`."""
        size = self.size(name)
        if size is None or size > LARGEST:
            raise SourceUnreadable("it is not there, or too large", where=name, got=str(size))
        with self.files[name].open("rb") as opened:
            return opened.read(most)


class ZipStore(Store):
    """The members of an archive (3TZ, SLPK, zip)."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.sizes = {i.filename.replace("\\", "/"): i for i in archive.infolist()}

    def size(self, name: str) -> int | None:
        """Return its bytes; None if it was not delivered."""
        found = self.sizes.get(name)
        return None if found is None else found.file_size

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return its content; see `Store.read`."""
        found = self.sizes.get(name)
        if found is None or found.file_size > LARGEST:
            got = "nothing" if found is None else f"{found.file_size} bytes"
            raise SourceUnreadable("it is not there, or too large", where=name, got=got)
        try:
            with self.archive.open(found) as opened:
                return opened.read(most)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError) as error:
            raise SourceUnreadable("it is broken", where=name, got=str(error)) from error
