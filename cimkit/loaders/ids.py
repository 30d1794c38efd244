"""buildingSMART IDS: requirements that a model must meet, recorded with their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="ids", kind="requirements", title="buildingSMART IDS", version=1)

_SPACE = "http://standards.buildingsmart.org/IDS"


def sniff(head: Head) -> int:
    """Recognise the namespace of IDS at the root."""
    start = head.start.lstrip(b"\xef\xbb\xbf").lstrip()
    return 85 if start[:1] == b"<" and _SPACE.encode() in start[:4096] and b"ids" in start else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count its specifications and requirements.

    Raises
    ------
    SourceUnreadable
        If the XML is broken.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.parse(str(source.file), parser).getroot()
    except (etree.XMLSyntaxError, OSError) as error:  # bytes in no encoding are the latter
        raise SourceUnreadable("its XML is broken", where=source.path, got=str(error)) from error
    name = f"{{{_SPACE}}}"
    specifications = root.findall(f"{name}specifications/{name}specification")
    demands = [e for s in specifications for e in s.findall(f"{name}requirements/*")]
    return Asset(
        path=source.path,
        kind="requirements",
        format="IDS 1.0",
        media_type="application/xml",
        counts={"specifications": len(specifications), "requirements": len(demands)},
        properties={
            "title": (root.findtext(f"{name}info/{name}title") or "").strip(),
            "ifc_versions": sorted({s.get("ifcVersion", "") for s in specifications}),
        },
    )


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give nothing: requirements are no objects of the city."""
    yield from ()
