"""Files beside a source that it names: only those of the delivery, whatever the name says."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from cimkit.model import Source

__all__ = ["delivered", "is_elsewhere", "mentioned"]

_BLOCK = 4 << 20
_NAME = 1024
"""Bytes that a name is at most, with what stands around it."""


def mentioned(file: Path, pattern: re.Pattern[bytes]) -> set[bytes]:
    """Return what a pattern with one group finds in a file, however large."""
    names: set[bytes] = set()
    rest = b""
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            text = rest + block
            names.update(pattern.findall(text))
            rest = text[-_NAME:]
    return names


def is_elsewhere(name: str) -> bool:
    """Return whether a name is an address on the web, which is never asked.

    Examples
    --------
    >>> is_elsewhere("https://example.org/a.jpg"), is_elsewhere("appearance/a.jpg")
    (True, False)
    """
    return urlsplit(name.strip()).scheme in ("http", "https", "ftp", "urn")


@lru_cache(maxsize=256)
def _base(file: Path, path: str) -> Path:
    """Return the folder that the delivery (or the unpacked archive) begins in."""
    at = file
    for part in reversed(PurePosixPath(path).parts):
        if at.name != part:
            break
        at = at.parent
    return at if at != file else file.parent


def delivered(source: Source, name: str) -> Path | None:
    """Return the file that a source names relative to itself, None if it was not delivered.

    Parameters
    ----------
    source : Source
    name : str
        As written: with ``\\`` or ``/``, percent-encoded or not. A name that leads out of the
        delivered folder gives None.
    """
    if is_elsewhere(name) or "\0" in name:
        return None
    plain = name.strip().replace("\\", "/").removeprefix("file:///").removeprefix("file:")
    base = _base(source.file, source.path).resolve()
    for spelt in dict.fromkeys((plain, unquote(plain))):
        try:
            found = (source.file.parent / spelt).resolve()
            if found.is_file() and found.is_relative_to(base):
                return found
        except (OSError, ValueError):
            continue  # too long for a name, or a loop of links: no file
    return None
