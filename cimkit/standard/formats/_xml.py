"""XML read without entities and network, and texts that XML can hold."""

from __future__ import annotations

import re
from typing import Any

from cimkit.errors import StandardError

__all__ = ["parse", "serialize", "storable"]

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(content: bytes, where: str) -> Any:
    """Return the root element.

    Raises
    ------
    StandardError
        If it is no well-formed XML, or has a document type: that is where entities come from.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise StandardError(
            "its XML is broken", where=f"{where}:{error.lineno or 1}", got=error.msg or str(error)
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise StandardError(
            "an XML file with a <!DOCTYPE ...> is not read: it may name other files",
            where=where,
            mend="Take that line out of the file.",
        )
    return root


def serialize(root: Any) -> bytes:
    """Return an element as an indented UTF-8 document."""
    from lxml import etree

    content: bytes = etree.tostring(
        root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True
    )
    return content


def storable(text: str) -> str:
    """Return a text with a mark in place of each character that XML forbids."""
    return _ILLEGAL.sub("\ufffd", text)
