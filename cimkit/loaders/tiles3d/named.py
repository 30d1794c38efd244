"""The files that a tileset, a subtree or a tile names."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from cimkit.loaders._mesh.packed import GZIP, LARGEST, unpacked

__all__ = ["named_files"]

_HEADERS = {b"b3dm": 28, b"i3dm": 32}
_DEEPEST = 8


def named_files(file: Path) -> Iterator[str]:
    """Give the addresses in a file, as they are written in it.

    Tilesets and subtrees of JSON are read whole; of tiles (b3dm, i3dm, cmpt) and binary subtrees
    only the JSON in them is, and of an i3dm the address of its model.

    Raises
    ------
    ValueError
        If it is none of them, or broken.
    """
    size = file.stat().st_size
    with file.open("rb") as packed:
        opened: BinaryIO = packed
        if packed.read(2) == GZIP and size <= LARGEST:
            packed.seek(0)
            data = unpacked(packed.read())
            opened, size = BytesIO(data), len(data)
        opened.seek(0)
        magic = opened.read(4)
        if magic == b"subt":
            _, length, _ = struct.unpack("<IQQ", _exactly(opened, 20))
            yield from _uris(_parsed(opened, length, size))
        elif magic in (b"b3dm", b"i3dm", b"cmpt"):
            yield from _tile(opened, 0, size, 0)
        elif magic[:1] in (b"{", b"\xef", b" ", b"\n", b"\r", b"\t"):
            opened.seek(0)
            yield from _uris(_parsed(opened, size, size))
        else:
            raise ValueError("no JSON object")


def _exactly(opened: BinaryIO, length: int) -> bytes:
    data = opened.read(length)
    if len(data) != length:
        raise ValueError("shorter than its header")
    return data


def _parsed(opened: BinaryIO, length: int, size: int) -> Any:
    if length > min(size, LARGEST):
        raise ValueError(f"{length} bytes of JSON")
    return json.loads(opened.read(length).decode("utf-8-sig"))


def _tile(opened: BinaryIO, at: int, size: int, depth: int) -> Iterator[str]:
    opened.seek(at)
    magic, _, length = struct.unpack("<4sII", _exactly(opened, 12))
    end = min(at + length, size)
    if magic == b"cmpt" and depth < _DEEPEST:
        (count,) = struct.unpack("<I", _exactly(opened, 4))
        at += 16
        for _ in range(count):
            if at + 12 > end:
                return
            opened.seek(at + 8)
            (inner,) = struct.unpack("<I", _exactly(opened, 4))
            yield from _tile(opened, at, size, depth + 1)
            at += max(inner, 12)
    elif magic in _HEADERS:
        parts = sum(struct.unpack("<4I", _exactly(opened, 16)))
        linked = magic == b"i3dm" and _exactly(opened, 4) == bytes(4)
        opened.seek(at + _HEADERS[magic] + parts)
        if linked:
            body = opened.read(min(max(end - opened.tell(), 0), 4096))
            yield body.rstrip(b" \0").decode("utf-8", "replace")
        elif opened.read(4) == b"glTF":
            _, _, said, kind = struct.unpack("<IIII", _exactly(opened, 16))
            if kind == 0x4E4F534A:  # "JSON"
                yield from _uris(_parsed(opened, said, size))


def _uris(value: Any) -> Iterator[str]:
    """Give the values of all ``uri`` and ``url`` fields."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            for name, inner in at.items():
                if isinstance(inner, str):
                    if name in ("uri", "url") or name.lower().endswith("schemauri"):
                        yield inner
                else:
                    waiting.append(inner)
        elif isinstance(at, list):
            waiting.extend(at)
