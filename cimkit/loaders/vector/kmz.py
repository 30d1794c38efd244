"""KMZ: the KML files of an archive, unpacked within measure."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path

from cimkit.errors import SourceUnreadable
from cimkit.model import Source

__all__ = ["unpacked"]

_MOST_BYTES, _ANY_RATIO, _RATIO = 2**30, 2**26, 250
"""A KML may unpack to so much: it may be any text up to 64 MB, a bomb is packed tighter."""
_PACKED_BADLY = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError)


def unpacked(
    source: Source, scratch: Path, bad: list[str]
) -> tuple[list[tuple[str, Path]], list[str]]:
    """Return the KML files of a source, those of a KMZ unpacked, and what else is packed in it."""
    with source.file.open("rb") as opened:
        packed = opened.read(2) == b"PK"
    if not packed:
        return [("", source.file)], []
    found, others = [], []
    try:
        with zipfile.ZipFile(source.file) as archive:
            for n, member in enumerate(archive.infolist()):
                if not member.filename.lower().endswith(".kml"):
                    others += [member.filename] if not member.is_dir() else []
                    continue
                target = scratch / f"{n}.kml"
                try:
                    packed_to = max(member.compress_size, 1)
                    if member.file_size > min(_MOST_BYTES, max(_ANY_RATIO, packed_to * _RATIO)):
                        raise zipfile.BadZipFile(f"{member.file_size} bytes: beyond all measure")
                    with archive.open(member) as packed_kml, target.open("wb") as out:
                        shutil.copyfileobj(packed_kml, out)
                except _PACKED_BADLY as error:
                    bad.append(f"{member.filename}: {error}")
                else:
                    found.append((member.filename, target))
    except _PACKED_BADLY as error:
        bad.append(str(error))
    if not found and bad:
        raise SourceUnreadable("the KMZ cannot be unpacked", where=source.path, got=bad[0])
    if not found:
        raise SourceUnreadable("the archive holds no KML", where=source.path)
    return sorted(found, key=lambda f: (f[0] != "doc.kml", f[0])), others[:1000]
