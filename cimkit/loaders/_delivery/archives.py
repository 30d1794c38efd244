"""The members of an archive, whatever packed it, under the names their maker meant."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import detect

__all__ = ["BROKEN", "MAX_MEMBERS", "archive_kind", "members", "seven_zip"]

MAX_MEMBERS = 500_000
BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, LookupError, OverflowError),
    *(NotImplementedError, RuntimeError),
)
"""What the readers of archives raise over damage; a name that is no UTF-8 is a ValueError."""

_STREAMS: dict[str, Callable[[Path], Any]] = {
    "gzip": gzip.open,
    "xz": lzma.open,
    "bzip2": bz2.open,
}
_ENDINGS = {"gzip": ".gz", "xz": ".xz", "bzip2": ".bz2"}


def archive_kind(start: bytes, name: str) -> str | None:
    """Return what packed a file that begins with ``start``.

    Returns
    -------
    str or None
        "zip", "gzip", "xz", "bzip2", "tar", "7z"; "unsupported" for what is an archive that is not
        opened; None for what is none.
    """
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if start[:2] == b"\x1f\x8b":
        return "gzip"
    if start[257:262] == b"ustar":
        return "tar"
    if start[:6] == b"7z\xbc\xaf\x27\x1c":
        return "7z"
    if start[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if start[:3] == b"BZh" and name.endswith((".bz2", ".tbz", ".tbz2")):
        return "bzip2"
    # RAR, Zstandard, LZ4, cabinet, and all but the last volume of a ZIP in several
    magic = (b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF\0\0\0\0")
    if start.startswith((*magic, b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")):
        return "unsupported"
    return None


def members(archive: Path, kind: str) -> Iterator[tuple[str, IO[bytes] | None, str]]:
    """Give (name, open stream or None, why not) for each file in an archive but 7z.

    A stream is valid until the next one is asked for. Damage raises one of `BROKEN`.

    Raises
    ------
    SourceUnreadable
        If there are more than `MAX_MEMBERS`.
    """
    if kind == "zip":
        yield from _zip(archive)
    elif kind == "tar" or _is_tar(archive, kind):
        with tarfile.open(archive) as tar:
            for count, member in enumerate(tar):
                if count >= MAX_MEMBERS:
                    raise _too_many()
                if member.isdir():
                    continue
                stream = tar.extractfile(member) if member.isfile() else None
                yield member.name, stream, "it is a link"
    else:
        ending = _ENDINGS[kind]
        name = archive.name
        plain = name[: -len(ending)] if name.lower().endswith(ending) else f"{name}.unpacked"
        with _STREAMS[kind](archive) as opened:
            yield plain, cast("IO[bytes]", opened), ""


def _too_many() -> SourceUnreadable:
    return SourceUnreadable("too many members", expected=f"at most {MAX_MEMBERS}")


def _is_tar(archive: Path, kind: str) -> bool:
    try:
        with _STREAMS[kind](archive) as stream:
            return bool(stream.read(512)[257:262] == b"ustar")
    except BROKEN:
        return False


def _zip(archive: Path) -> Iterator[tuple[str, IO[bytes] | None, str]]:
    with zipfile.ZipFile(archive) as opened:
        if len(opened.infolist()) > MAX_MEMBERS:
            raise _too_many()
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
            except BROKEN as error:  # its own header is broken, or its method unknown
                yield name, None, f"it cannot be read ({error})"
                continue
            with stream:
                yield name, stream, ""


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


def seven_zip(
    archive: Path, begin: Callable[[str], Callable[[bytes], None]], end: Callable[[], None]
) -> None:
    """Push the members of a 7z archive, which is solid: it is decoded from its beginning.

    Parameters
    ----------
    archive : Path
    begin : callable
        Called with each name; gives what takes the bytes.
    end : callable
        Called after each member.

    Raises
    ------
    SourceUnreadable
        If it is encrypted, damaged, has too many members or declares more than it may give.
    """
    import py7zr
    from py7zr.exceptions import ArchiveError

    class Member(py7zr.Py7zIO):
        def __init__(self, name: str) -> None:
            self.take = begin(name)
            self.given = 0

        def write(self, s: bytes | bytearray) -> int:
            self.given += len(s)
            self.take(bytes(s))
            return len(s)

        def read(self, size: int | None = None) -> bytes:
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def flush(self) -> None:
            pass

        def size(self) -> int:
            return self.given

        def close(self) -> None:
            end()

    class Members(py7zr.WriterFactory):
        def create(self, filename: str) -> py7zr.Py7zIO:
            return Member(filename)

    try:
        with py7zr.SevenZipFile(archive) as opened:
            if opened.needs_password():
                raise SourceUnreadable("the archive is encrypted", mend="Deliver it unpacked.")
            plain = [f.filename for f in opened.files if not f.is_directory and not f.is_symlink]
            if len(plain) > MAX_MEMBERS:
                raise _too_many()
            if plain:
                opened.extract(targets=plain, factory=Members())
    except py7zr.PasswordRequired as error:
        raise SourceUnreadable("the archive is encrypted", mend="Deliver it unpacked.") from error
    except (ArchiveError, AttributeError, TypeError, AssertionError, MemoryError) as error:
        raise SourceUnreadable(
            "the archive cannot be read", got=str(error) or type(error).__name__
        ) from error
