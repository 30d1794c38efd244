"""Texts in IFC files that stand as raw bytes where the format wants escapes.

The parser drops every byte beyond ASCII without a word: a wall named 墙 would have no name.
Exporters in China, Japan and Europe write such names as they are, so they are escaped first.
"""

from __future__ import annotations

import re
from typing import IO

from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.model import Problem

__all__ = ["escaped", "is_plain"]

_BOM = b"\xef\xbb\xbf"
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_RAW_LINES = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_LOOKED_AT = 4000
"""Lines with raw bytes that the encoding is guessed from."""
_BLOCK = 8 << 20


def is_plain(stream: IO[bytes]) -> bool:
    """Tell whether the parser can read the file as it stands: ASCII throughout."""
    return all(block.isascii() for block in iter(lambda: stream.read(_BLOCK), b""))


def escaped(content: bytes, encoding: str | None) -> tuple[bytes, list[Problem]]:
    r"""Write what is beyond ASCII as ``\X2\...\X0\``, and leave out a byte order mark.

    Parameters
    ----------
    content : bytes
        A whole IFC file.
    encoding : str or None
        What the delivery sheet says; None to find out.
    """
    content = content.removeprefix(_BOM)
    if content.isascii():
        return content, []
    found = encoding
    if found is None or not decodes(content, found):
        lines = [
            m[0] for m, _ in zip(_RAW_LINES.finditer(content), range(_LOOKED_AT), strict=False)
        ]
        found = "utf-8" if decodes(content, "utf-8") else detect(b"\n".join(lines))
    text = content.decode(found, "replace")
    problem = Problem(
        "text-not-escaped",
        f"Its texts are written as raw {found} and not as the format escapes them; "
        f"they were read as {found}.",
        "info" if found in ("utf-8", encoding) else "warning",
        got=found,
        expected=r"ASCII with \X2\ escapes",
        hint='If names come out wrong, write in the delivery sheet: encoding = "…".',
    )
    return _BEYOND.sub(_escape, text).encode("ascii"), [problem]


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if max(text) > "\uffff":
        return f"\\X4\\{text.encode('utf-32-be').hex().upper()}\\X0\\"
    return f"\\X2\\{text.encode('utf-16-be').hex().upper()}\\X0\\"
