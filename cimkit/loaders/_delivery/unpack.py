"""Archives: their members are laid out in a folder of our own, within limits."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import detect
from cimkit.model import Problem

__all__ = ["MAX_DEPTH", "Unpacked", "archive_kind", "unpack"]

MAX_DEPTH = 4
"""Archives within archives that are still opened."""
MAX_MEMBERS = 500_000
MAX_BYTES = 200 * 2**30
MAX_RATIO = 250
"""Bytes out for one byte in, counted once an archive has given `FREE_BYTES`."""
FREE_BYTES = 256 * 2**20
_TWICE = "it is in it twice"
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, LookupError, OverflowError),
    *(NotImplementedError, RuntimeError),
)
"""What the readers of archives raise over damage; a name that is no UTF-8 is a ValueError."""


@dataclass(slots=True)
class Unpacked:
    """One member of an archive: where it now lies, or why it does not."""

    name: str
    file: Path | None
    problem: Problem | None = None


def archive_kind(start: bytes, name: str) -> str | None:
    """Return "zip", "gzip", "tar", "unsupported" or None for what begins with ``start``."""
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if start[:2] == b"\x1f\x8b":
        return "gzip"
    if start[257:262] == b"ustar":
        return "tar"
    if start[:6] in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00") or (
        start[:3] == b"BZh" and name.endswith((".bz2", ".tbz"))
    ):
        return "unsupported"
    return None


def _safe(name: str) -> str | None:
    """Return the member's path inside the folder, or None if it points out of it."""
    name = name.replace("\\", "/")
    parts = [p for p in PurePosixPath(name).parts if p not in ("", ".")]
    if not parts or name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        return None
    return "/".join(parts)


def _zip_names(archive: zipfile.ZipFile) -> dict[int, str]:
    """Member names by header offset; old tools store them in the code page of their makers."""
    raw: dict[int, bytes] = {}
    names: dict[int, str] = {}
    for info in archive.infolist():
        names[info.header_offset] = info.filename
        if info.flag_bits & 0x800:
            continue
        stored = info.orig_filename.encode("cp437", "replace")
        unicode_name = _unicode_path(info.extra, stored)
        if unicode_name is not None:
            names[info.header_offset] = unicode_name
        else:
            raw[info.header_offset] = stored
    encoding = detect(b"\n".join(raw.values())) if raw else "ascii"
    if encoding not in ("ascii", "cp1252", "latin-1"):  # those are cp437 misread: leave them
        names |= {key: stored.decode(encoding, "replace") for key, stored in raw.items()}
    return names


def _unicode_path(extra: bytes, stored: bytes) -> str | None:
    """Info-ZIP's field 0x7075: the name in UTF-8, valid as long as the stored name's CRC fits."""
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x7075 and size > 5:
            (crc,) = struct.unpack("<I", extra[5:9])
            return (
                extra[9 : 4 + size].decode("utf-8", "replace")
                if crc == zlib.crc32(stored)
                else None
            )
        extra = extra[4 + size :]
    return None


class _Budget:
    """What one archive may still give."""

    def __init__(self, archive: Path, room: Path) -> None:
        self.packed = max(1, archive.stat().st_size)
        self.limit = min(MAX_BYTES, int(shutil.disk_usage(room).free * 0.8))
        self.given = 0

    def copy(self, stream: IO[bytes], target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            while block := stream.read(1 << 20):
                self.given += len(block)
                if self.given > self.limit or (
                    self.given > FREE_BYTES and self.given > MAX_RATIO * self.packed
                ):
                    raise SourceUnreadable(
                        "the archive grows beyond all measure while it is unpacked",
                        got=f"{self.given} bytes from {self.packed}",
                        expected=f"at most {MAX_RATIO} times its size and {self.limit} bytes",
                        mend="Deliver the files unpacked.",
                    )
                out.write(block)


def _members(archive: Path, kind: str) -> Iterator[tuple[str, IO[bytes] | None, str]]:
    """Give (name, open stream or None, why not) for each file in the archive."""
    if kind == "zip":
        with zipfile.ZipFile(archive) as opened:
            if len(opened.infolist()) > MAX_MEMBERS:
                raise SourceUnreadable("too many members", expected=f"at most {MAX_MEMBERS}")
            names = _zip_names(opened)
            for info in opened.infolist():
                name = names[info.header_offset]
                if info.is_dir() or name.endswith(("/", "\\")):
                    continue
                if info.flag_bits & 0x1:
                    yield name, None, "it is encrypted"
                    continue
                try:
                    stream = opened.open(info)
                except _BROKEN as error:  # its own header is broken, or its method unknown
                    yield name, None, f"it cannot be read ({error})"
                    continue
                with stream:
                    yield name, stream, ""
    elif kind == "tar":
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isdir():
                    continue
                yield (
                    member.name,
                    tar.extractfile(member) if member.isfile() else None,
                    "it is a link",
                )
    else:
        with gzip.open(archive) as plain:
            stream = cast("IO[bytes]", plain)
            name = archive.name
            yield name[:-3] if name.lower().endswith(".gz") else f"{name}.unpacked", stream, ""


def unpack(archive: Path, kind: str, into: Path) -> Iterator[Unpacked]:
    """Lay the members of an archive out under the folder ``into``.

    Names are decoded as their maker meant them, never leave the folder, and a member that cannot be
    had is given with its `Problem`; the others are not lost for it.

    Raises
    ------
    SourceUnreadable
        If the archive itself cannot be read, or grows beyond its limits.
    """
    into.mkdir(parents=True, exist_ok=True)
    budget = _Budget(archive, into)
    if kind == "gzip" and _is_tar(archive):
        kind = "tar"
    taken: set[str] = set()
    try:
        for name, stream, why in _members(archive, kind):
            safe = _safe(name)
            target = None if safe is None else into / safe
            if safe is None or target is None:
                shown = name.replace("\\", "/").replace("..", "__").lstrip("/")
                yield Unpacked(shown, None, _lost("unsafe-name", name, "its name leads out of it"))
            elif stream is None:
                yield Unpacked(safe, None, _lost("member-unreadable", name, why))
            elif safe.casefold() in taken:
                yield Unpacked(f"{safe}#2", None, _lost("member-twice", name, _TWICE))
            else:
                taken.add(safe.casefold())
                try:
                    budget.copy(stream, target)
                except SourceUnreadable:
                    raise
                except FileExistsError:  # some disks take é for one letter or for two
                    yield Unpacked(f"{safe}#2", None, _lost("member-twice", name, _TWICE))
                except _BROKEN as error:
                    _remove(target)
                    why = error.strerror or "" if isinstance(error, OSError) else ""
                    why = why or str(error) or type(error).__name__
                    yield Unpacked(safe, None, _lost("member-unreadable", name, why))
                else:
                    yield Unpacked(safe, target)
    except SourceUnreadable:
        raise
    except (NotImplementedError, RuntimeError) as error:
        raise SourceUnreadable(
            "the archive uses a method that cannot be read",
            got=str(error),
            mend="Pack it as plain ZIP.",
        ) from error
    except _BROKEN as error:
        raise SourceUnreadable("the archive cannot be read", got=str(error)) from error


def _remove(target: Path) -> None:
    """Remove what was written of a member; nothing was, if its name is too long for this disk."""
    with contextlib.suppress(OSError, ValueError):
        target.unlink()


def _is_tar(archive: Path) -> bool:
    try:
        with gzip.open(archive) as stream:
            return stream.read(512)[257:262] == b"ustar"
    except (OSError, EOFError, zlib.error):
        return False


def _lost(code: str, name: str, why: str) -> Problem:
    return Problem(
        code=code,
        message=f"A member of the archive was not unpacked: {why}.",
        severity="error",
        place=name,
        hint="Deliver the file unpacked.",
    )
