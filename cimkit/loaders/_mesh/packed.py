"""Models and tiles packed with gzip, as web servers send them and as 3D Tiles allows."""

from __future__ import annotations

import zlib

from cimkit.errors import SourceUnreadable

__all__ = ["GZIP", "LARGEST", "beginning", "unpacked"]

GZIP = b"\x1f\x8b"
"""How what is packed begins."""
LARGEST = 256_000_000
"""Bytes of one content that are read."""


def unpacked(data: bytes, most: int = LARGEST) -> bytes:
    """Return a content that may be packed, at most so many bytes of it.

    Raises
    ------
    SourceUnreadable
        If it is packed and broken.

    Examples
    --------
    >>> import gzip
    >>> unpacked(gzip.compress(b"b3dm")), unpacked(b"b3dm")
    (b'b3dm', b'b3dm')
    """
    if not data.startswith(GZIP):
        return data
    try:
        return zlib.decompressobj(31).decompress(data, most)
    except zlib.error as error:
        raise SourceUnreadable("it is packed with gzip and broken", got=str(error)) from error


def beginning(start: bytes) -> bytes:
    """Return what the first bytes of a file begin with, unpacked if they are packed."""
    try:
        return unpacked(start, len(start))
    except SourceUnreadable:
        return start
