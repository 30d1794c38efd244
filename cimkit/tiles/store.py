"""The folder that contents are written to, and what an earlier run left there."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

__all__ = ["COMPRESSIONS", "MANIFEST", "Kept", "Store", "packed"]

MANIFEST = "contents.json"
"""Name of the file that says what each content was made from."""


COMPRESSIONS = ("none", "gzip", "brotli")
_PACKED = {".json", ".subtree", ".glb"}


def packed(data: bytes, compress: str) -> bytes:
    """Return data compressed the way a server can send it: the same bytes in every run."""
    if compress == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if compress == "brotli":
        import brotli

        found: bytes = brotli.compress(data, quality=5)
        return found
    return data


@dataclass(frozen=True, slots=True)
class Kept:
    """A content that is there already."""

    name: str
    """Relative to the folder of the store."""
    said: dict[str, Any]
    """What was said of it when it was written: JSON values."""


class Store:
    """Contents by name, each with a key of what it was made from.

    The same key under the same name means the same bytes: they are taken from the earlier run,
    and the content is not made again.

    Parameters
    ----------
    folder : Path
        Exists; where contents go.
    earlier : Path, optional
        Folder of the run before.
    recipe : str
        What else decides the bytes: version of the program, options. Part of every key.
    compress : str
        ``none``, or ``gzip`` or ``brotli``: files keep their names, and servers must say
        ``Content-Encoding``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        earlier: Path | None = None,
        recipe: str = "",
        compress: str = "none",
    ) -> None:
        self.folder = folder
        self.compress = compress
        self.written: list[str] = []
        """Names of the contents made in this run."""
        self.kept: list[str] = []
        """Names of the contents taken from the run before."""
        self._recipe = f"{recipe}\n{compress}".encode()
        self._earlier = earlier
        self._known: dict[str, Any] = {}
        self._now: dict[str, Any] = {}
        if earlier is not None and (earlier / MANIFEST).is_file():
            self._known = orjson.loads((earlier / MANIFEST).read_bytes())

    def key(self, *parts: bytes) -> str:
        """Return the key of something made from these bytes, under this recipe."""
        digest = hashlib.blake2b(self._recipe, digest_size=16)
        for part in parts:
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()

    def keep(self, name: str, key: str) -> Kept | None:
        """Take a content from the run before, if it was made from the same there."""
        known = self._known.get(name)
        if known is None or known["key"] != key or self._earlier is None:
            return None
        if known.get("none"):
            self._now[name] = known
            return Kept(name, known["said"])
        source, target = self._earlier / name, self.folder / name
        if not source.is_file():
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, target)
        self.kept.append(name)
        self._now[name] = known
        return Kept(name, known["said"])

    def put(self, name: str, key: str, data: bytes, said: dict[str, Any]) -> Path:
        """Write a content, and what a later run that keeps it must know of it."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed(data, self.compress))
        self.written.append(name)
        self._now[name] = {"key": key, "said": said}
        return target

    def remember(self, name: str, key: str, said: dict[str, Any]) -> None:
        """Keep what was found out of a name that has no content: `keep` gives it back."""
        self._now[name] = {"key": key, "said": said, "none": True}

    def dropped(self) -> list[str]:
        """Names of the contents of the run before that are no more."""
        return sorted({n for n, k in self._known.items() if not k.get("none")} - set(self._now))

    def finish(self) -> None:
        """Compress what was written beside the store: tilesets, schemas, subtrees."""
        if self.compress == "none":
            return
        done = {*self.written, *self.kept}
        for file in sorted(self.folder.rglob("*")):
            name = file.relative_to(self.folder).as_posix()
            if file.is_file() and file.suffix in _PACKED and name not in done:
                file.write_bytes(packed(file.read_bytes(), self.compress))

    def close(self) -> None:
        """Write the manifest."""
        self.folder.joinpath(MANIFEST).write_bytes(
            orjson.dumps(self._now, option=orjson.OPT_SORT_KEYS)
        )
