"""Where the contents of a tileset lie: files, members of an archive, rows of a database."""

from __future__ import annotations

import posixpath
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.packed import GZIP, LARGEST, unpacked
from cimkit.model import Source

__all__ = ["LARGEST", "FileStore", "Store", "TableStore", "ZipStore"]

_BROKEN = (NotImplementedError, OSError, EOFError, RuntimeError, ValueError)
"""What members of archives with damaged headers raise."""
_PACKED = 65_536
"""Bytes of a packed content that are read to see what it begins with."""


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
            start = opened.read(most)
            if start.startswith(GZIP) and most < size:
                start += opened.read(max(0, _PACKED - most))
            return unpacked(start, most)


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
                start = opened.read(most)
                if start.startswith(GZIP) and most < found.file_size:
                    start += opened.read(max(0, _PACKED - most))
                return unpacked(start, most)
        except (zipfile.BadZipFile, zlib.error, *_BROKEN) as error:
            raise SourceUnreadable("it is broken", where=name, got=str(error)) from error


class TableStore(Store):
    """The rows of a ``.3dtiles`` package: SQLite with a table ``media`` of keys and contents."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self.con = con
        self.sizes: dict[str, int] = dict(con.execute("SELECT key, length(content) FROM media"))

    @classmethod
    @contextmanager
    def opened(cls, file: Path) -> Iterator[TableStore]:
        """Open a package.

        Raises
        ------
        SourceUnreadable
            If it is none.
        """
        con = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            yield cls(con)
        except sqlite3.Error as error:
            raise SourceUnreadable("it is no package of tiles", got=str(error)) from error
        finally:
            con.close()

    def size(self, name: str) -> int | None:
        """Return its bytes; None if it was not delivered."""
        return self.sizes.get(name)

    def read(self, name: str, most: int = LARGEST) -> bytes:
        """Return its content; see `Store.read`."""
        size = self.sizes.get(name)
        if size is None or size > LARGEST:
            raise SourceUnreadable("it is not there, or too large", where=name, got=str(size))
        row = self.con.execute("SELECT content FROM media WHERE key = ?", [name]).fetchone()
        content = row[0] if isinstance(row[0], bytes) else str(row[0]).encode()
        return unpacked(content, most)[:most]
