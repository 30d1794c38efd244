"""What a PNG says after its pixels: Pillow would decode all of them to get there."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from cimkit.loaders.photo.xmp import MOST_BYTES

__all__ = ["late_chunks"]

_MOST_CHUNKS = 200_000
_XMP = b"XML:com.adobe.xmp\0"


def late_chunks(file: Path) -> tuple[bytes | None, bytes | None]:
    """Return EXIF and XMP of a PNG, wherever in it they stand.

    Parameters
    ----------
    file : Path
        Only the heads of its chunks are read, and the two that are wanted (PNG, 11.3; XMP
        specification part 3, 1.1.5).
    """
    exif = xmp = None
    with file.open("rb") as opened:
        opened.seek(8)
        for _ in range(_MOST_CHUNKS):
            head = opened.read(8)
            if len(head) < 8:
                break
            length, name = struct.unpack(">I4s", head)
            if name in (b"eXIf", b"iTXt") and length <= MOST_BYTES:
                data = opened.read(length)
                if name == b"eXIf":
                    exif = data
                elif data.startswith(_XMP):
                    xmp = _text(data[len(_XMP) :])
                opened.seek(4, 1)
            else:
                opened.seek(length + 4, 1)
            if name == b"IEND":
                break
    return exif, xmp


def _text(data: bytes) -> bytes | None:
    """Return the text of an iTXt chunk after its keyword, unpacked if it is compressed."""
    compressed, rest = data[:1] == b"\1", data[2:]
    text = rest.split(b"\0", 2)[-1]
    if not compressed:
        return text
    try:
        return zlib.decompressobj().decompress(text, MOST_BYTES)
    except zlib.error:
        return None
