"""Texts in IFC files: the escapes of ISO 10303-21, and raw bytes where the format wants escapes.

The parser drops every byte beyond ASCII without a word: a wall named 墙 would have no name.
Exporters in China, Japan and Europe write such names as they are, so they are escaped first.
"""

from __future__ import annotations

import re
from typing import IO

from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.model import Problem

__all__ = ["decoded", "escaped", "is_plain", "utf16"]

_BOM = b"\xef\xbb\xbf"
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_RAW_LINES = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_ESCAPE = re.compile(
    r"\\X2\\((?:[0-9A-F]{4})*)\\X0\\|\\X4\\((?:[0-9A-F]{8})*)\\X0\\|\\X\\([0-9A-F]{2})"
    r"|\\S\\(.)|\\P([A-I])\\|(\\\\)|('')",
    re.IGNORECASE | re.DOTALL,
)
_LOOKED_AT = 4000
"""Lines with raw bytes that the encoding is guessed from."""
_BLOCK = 8 << 20


def is_plain(stream: IO[bytes]) -> bool:
    """Tell whether the parser can read the file as it stands: ASCII throughout."""
    return all(block.isascii() for block in iter(lambda: stream.read(_BLOCK), b""))


def utf16(start: bytes) -> str | None:
    """Return the encoding of a file whose letters take two bytes each, None for any other."""
    if start[:2] == b"\xff\xfe":
        return "utf-16"
    if start[:2] == b"\xfe\xff":
        return "utf-16"
    if b"I\0S\0O\0" in start[:512]:
        return "utf-16-le"
    return "utf-16-be" if b"\0I\0S\0O" in start[:512] else None


def decoded(text: str) -> str:
    r"""Return a STEP string literal, given without its quotes, as it is meant (clause 6.4.3).

    Examples
    --------
    >>> decoded(r"\X2\5899\X0\ \X\E4 \S\d it''s")
    "墙 ä ä it's"
    """
    page = 1

    def one(found: re.Match[str]) -> str:
        nonlocal page
        two, four, single, shifted, page_letter, slash, _ = found.groups()
        if two is not None:
            return bytes.fromhex(two).decode("utf-16-be", "replace")
        if four is not None:
            return bytes.fromhex(four).decode("utf-32-be", "replace")
        if single is not None:
            return chr(int(single, 16))
        if shifted is not None:
            high = bytes([(ord(shifted) + 128) & 0xFF])
            return high.decode(f"iso8859-{page}", "replace")
        if page_letter is not None:
            page = ord(page_letter.upper()) - ord("A") + 1
            return ""
        return "\\" if slash else "'"

    return _ESCAPE.sub(one, text) if "\\" in text or "''" in text else text


def escaped(content: bytes, encoding: str | None) -> tuple[bytes, list[Problem]]:
    r"""Write what is beyond ASCII as ``\X2\...\X0\``, and leave out a byte order mark.

    Parameters
    ----------
    content : bytes
        A whole IFC file.
    encoding : str or None
        What the delivery sheet says; None to find out.
    """
    wide = utf16(content[:512])
    if wide is not None:
        text = content.decode(wide, "replace").removeprefix("\ufeff")
        problem = Problem(
            "text-not-escaped",
            "It is written in UTF-16, which the format does not know; it was read as that.",
            "info",
            got=wide,
            expected=r"ASCII with \X2\ escapes",
        )
        return _BEYOND.sub(_escape, text).encode("ascii"), [problem]
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
    sure = found in ("utf-8", encoding)
    problem = Problem(
        "text-not-escaped",
        f"Its texts are written as raw {found} and not as the format escapes them; "
        f"they were read as {found}.",
        "info" if sure else "warning",
        got=found,
        expected=r"ASCII with \X2\ escapes",
        hint='If names come out wrong, write in the delivery sheet: encoding = "…".',
        proposal=() if sure else (("encoding", found),),
    )
    return _BEYOND.sub(_escape, text).encode("ascii"), [problem]


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if max(text) > "\uffff":
        return f"\\X4\\{text.encode('utf-32-be').hex().upper()}\\X0\\"
    return f"\\X2\\{text.encode('utf-16-be').hex().upper()}\\X0\\"
