"""Which of the encodings of IFC the first bytes of a file are in, if any."""

from __future__ import annotations

import re

from cimkit.loaders.ifc.header import read_header
from cimkit.loaders.ifc.text import utf16

__all__ = ["is_json_ifc", "is_step_ifc", "is_xml_ifc", "narrow"]

_INSTANCE = re.compile(rb"#\s*\d+\s*=\s*IFC[A-Z]", re.IGNORECASE)
_JSON = re.compile(rb'"ifcJSON"|"ifcxVersion"|"ifcx_\w+"|"bsi::ifc::')
_BOM = b"\xef\xbb\xbf"


def narrow(start: bytes) -> bytes:
    """Return the start of a file without byte order mark, and in one byte a letter.

    Parameters
    ----------
    start : bytes
        As the file has them; of UTF-16 an even number.
    """
    wide = utf16(start)
    if wide is not None:
        return start.decode(wide, "replace").lstrip("\ufeff").encode("utf-8", "replace")
    return start.removeprefix(_BOM)


def is_step_ifc(start: bytes) -> bool:
    """Tell whether the start of a file is that of an IFC file in STEP encoding."""
    start = narrow(start)
    if b"ISO-10303-21" not in start[:4096] and b"FILE_SCHEMA" not in start[:65_536]:
        return False
    if start.lstrip()[:1] == b"<":
        return False
    schemas = read_header(start).schemas
    if schemas:
        return any(s.upper().startswith("IFC") for s in schemas)
    # A header longer than what we see is rare; what follows it would be named IFC all the same.
    return _INSTANCE.search(start) is not None


def is_xml_ifc(start: bytes) -> bool:
    """Tell whether the start of a file is that of an ifcXML file."""
    text = narrow(start)[:4096].lower()
    return b"<" in text[:512] and (b"ifcxml" in text or b"iso_10303_28" in text)


def is_json_ifc(start: bytes) -> bool:
    """Tell whether the start of a file is that of a model in a draft of ifcJSON or of IFC5."""
    text = narrow(start)[:4096]
    return text.lstrip()[:1] == b"{" and _JSON.search(text) is not None
