"""The files that a tileset names, and the index of an archive of them."""

from __future__ import annotations

import hashlib
import posixpath
import struct
import zipfile
import zlib
from typing import Any

from cimkit.checks._tiles3d.issues import Issues
from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.paths import resolve
from cimkit.loaders.tiles3d.store import Store, ZipStore

__all__ = ["Files", "check_index"]

_INDEX = "@3dtilesIndex1@"


class Files:
    """The files of a source by the addresses in it, and what is wrong with these."""

    def __init__(self, store: Store, names: Any) -> None:
        self.store = store
        self.lower: dict[str, str] = {}
        for name in names:
            self.lower.setdefault(str(name).lower(), str(name))

    def name(self, uri: str, base: str, issues: Issues, pointer: str) -> str | None:
        """Return the file that an address stands for; None if it is elsewhere or not there."""
        issues = issues.on("references")
        issues.count("references")
        name = resolve(uri, base)
        if name is None:
            issues.told.absent += 1
            if not uri.startswith("data:"):
                issues.tell("file-remote", pointer, got=uri, severity="warning")
            return None
        if self.store.size(name) is not None:
            return name
        plain = posixpath.normpath(posixpath.join(posixpath.dirname(base), uri))
        if self.store.size(plain) is not None:
            return plain  # its name has what an address would have escaped
        issues.told.absent += 1
        other = self.lower.get(name.lower())
        if other is not None:
            issues.tell("file-case", pointer, got=uri, expected=posixpath.basename(other))
        elif (
            "\\" in uri and self.store.size(resolve(uri.replace("\\", "/"), base) or "") is not None
        ):
            issues.tell("file-backslash", pointer, got=uri, expected=uri.replace("\\", "/"))
        elif name.startswith("../"):
            issues.tell("file-outside", pointer, got=uri)
        else:
            issues.tell("file-missing", pointer, got=uri)
        return None

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; None if there are none."""
        try:
            return self.store.read(name) if self.store.size(name) is not None else None
        except SourceUnreadable:
            return None


def check_index(store: ZipStore, issues: Issues) -> None:
    """Hold the index of a 3TZ archive against its members (3tz specification 1.3)."""
    archive = store.archive
    issues.count("structure")
    members = archive.infolist()
    if not members or members[-1].filename != _INDEX:
        found = any(m.filename == _INDEX for m in members)
        got = "not the last" if found else "none"
        severity = "error" if found else "warning"
        issues.tell("index-missing", got=got, expected=_INDEX, severity=severity)
        if not found:
            return
    try:
        raw = archive.read(_INDEX)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        issues.tell("index-wrong", got=str(error))
        return
    listed = [m for m in members if m.filename != _INDEX and not m.is_dir()]
    if len(raw) % 24 or len(raw) // 24 != len(listed):
        wanted = f"{len(listed)} × 24"
        issues.tell("index-wrong", got=len(raw), expected=wanted)
        return
    said = dict(struct.iter_unpack("<16sQ", raw))
    for member in listed:
        key = hashlib.md5(member.filename.encode(), usedforsecurity=False).digest()
        if said.get(key) != member.header_offset:
            issues.tell(
                "index-wrong", got=f"{member.filename}: {said.get(key)}",
                expected=str(member.header_offset),
            )  # fmt: skip
