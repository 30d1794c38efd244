"""Files that come with geodata and are none: texts, tables, licences, schemas, styles."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import detect
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="document", kind="document", title="Document", version=1)

_LFS = b"version https://git-lfs.github.com/spec/"
_OLE = b"\xd0\xcf\x11\xe0"
_MAGIC = (
    (b"%PDF-", "PDF", "application/pdf"),
    (_OLE, "Microsoft Office", "application/x-ole-storage"),
    (b"{\\rtf", "RTF", "application/rtf"),
    (b"GIF8", "GIF", "image/gif"),
)
_SUFFIX = {
    ".csv": ("CSV", "text/csv"),
    ".md": ("Markdown", "text/markdown"),
    ".yaml": ("YAML", "application/yaml"),
    ".yml": ("YAML", "application/yaml"),
    ".xsd": ("XML Schema", "application/xml"),
    ".qml": ("QGIS style", "application/xml"),
    ".sld": ("SLD style", "application/xml"),
}


_CONTROL = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 27))
"""What a text has hardly any of."""


def sniff(head: Head) -> int:
    """Claim what is text, office paper or a broken pointer, more faintly than any other loader."""
    if head.is_dir:
        return 0
    if head.start.startswith(tuple(magic for magic, _, _ in _MAGIC)) or _is_office(head.start):
        return 3
    if head.start.startswith(_LFS):
        return 100  # whatever its name says, the data itself is not here
    return 2 if _text(head.start) is not None else 0


def _is_office(start: bytes) -> bool:
    return start[:4] == b"PK\x03\x04" and (
        b"[Content_Types].xml" in start[:2000] or start[30:38] == b"mimetype"
    )


def _text(start: bytes) -> str | None:
    """Return the encoding of a text, or None for binary data."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if start.startswith(mark):
            return name
    if len(start) - len(start.translate(None, _CONTROL)) > len(start) // 1000:
        return None
    # a multi-byte character may be cut in two at the end
    return next(
        (detect(start[: len(start) - cut]) for cut in range(4) if start[: len(start) - cut]), None
    )


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say what kind of document it is, and that nothing of it goes into the catalogue."""
    with source.file.open("rb") as opened:
        start = opened.read(65_536)
    if start.startswith(_LFS):
        raise SourceUnreadable(
            "this is a Git LFS pointer, not the file itself",
            where=source.path,
            mend="Fetch the data (git lfs pull) and deliver it again.",
        )
    if start.startswith(_OLE) and source.file.suffix.lower() == ".dgn":
        raise SourceUnreadable(
            "this is a DGN of version 8, which cannot be read",
            where=source.path,
            mend="Save it as DGN 7, DXF or GeoPackage.",
        )
    title, media = _name(source, start)
    problems = _malformed(source, start)
    refused = any(p.severity == "error" for p in problems)
    if not refused:
        problems.append(
            Problem("not-geodata", f"A document ({title}), no geodata: recorded, not read.", "info")
        )
    encoding = _text(start)
    return Asset(
        path=source.path,
        status="refused" if refused else "ignored",
        kind="document",
        format=title,
        media_type=media,
        encoding=encoding,
        encoding_origin="detected" if encoding else "none",
        problems=tuple(problems),
    )


def _name(source: Source, start: bytes) -> tuple[str, str]:
    for magic, title, media in _MAGIC:
        if start.startswith(magic):
            return title, media
    if _is_office(start):
        return "Office document", "application/vnd.openxmlformats-officedocument"
    suffix = source.file.suffix.lower()
    if suffix in _SUFFIX:
        return _SUFFIX[suffix]
    begun = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begun.startswith(b"<"):
        return "XML", "application/xml"
    if begun.startswith((b"{", b"[")):
        return "JSON", "application/json"
    return "text", "text/plain"


def _malformed(source: Source, start: bytes) -> list[Problem]:
    """Broken JSON and XML may have been geodata: it is refused, not passed over."""
    begun = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        if begun.startswith((b"{", b"[")) and source.file.suffix.lower() in (".json", ".geojson"):
            json.loads(source.file.read_bytes().decode("utf-8-sig"))
        elif begun.startswith(b"<?xml") or (begun.startswith(b"<") and b"xmlns" in start):
            _walk_xml(source)
    except (ValueError, SyntaxError) as error:
        return [
            Problem(
                "malformed",
                f"The file is broken: {error}.",
                "error",
                place=str(getattr(error, "lineno", None) or ""),
                hint="Write it again with the tool that made it.",
            )
        ]
    return []


def _walk_xml(source: Source) -> None:
    from lxml import etree

    for _, element in etree.iterparse(
        str(source.file), events=("end",), resolve_entities=False, no_network=True, huge_tree=True
    ):
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give nothing: a document has no objects."""
    yield from ()
