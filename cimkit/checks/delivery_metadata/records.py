"""Metadata records beside the data: ISO 19115 in XML, FGDC, and STAC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["ELEMENTS", "LONGEST", "elements_of"]

LONGEST = 16 * 2**20
"""Bytes of a record."""

ELEMENTS = (
    *("title", "abstract", "contact", "date", "crs", "extent", "lineage", "accuracy", "licence"),
)
"""What a record may be asked for."""

# Local names of ISO 19139 and ISO 19115-3, JMP 2.0, and FGDC, by what they tell.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "abstract": ("abstract",),
    "contact": ("organisationName", "individualName", "cntorg", "cntper", "CI_Organisation"),
    "date": ("dateStamp", "dateInfo", "CI_Date", "pubdate", "caldate"),
    "crs": ("referenceSystemInfo", "referenceSystemIdentifier", "MD_ReferenceSystem", "spref"),
    "extent": ("EX_GeographicBoundingBox", "westBoundLongitude", "westbc", "EX_BoundingPolygon"),
    "lineage": ("statement", "LI_Lineage", "LI_ProcessStep", "lineage"),
    "accuracy": ("DQ_QuantitativeResult", "DQ_AbsoluteExternalPositionalAccuracy", "posacc"),
    "licence": ("useLimitation", "useConstraints", "otherConstraints", "useconst", "accconst"),
}
_ROOTS = ("MD_Metadata", "MI_Metadata")
_STAC: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "abstract": ("description",),
    "contact": ("providers", "contacts"),
    "date": ("datetime", "start_datetime", "created", "interval"),
    "crs": ("proj:code", "proj:epsg", "proj:wkt2", "proj:projjson"),
    "extent": ("bbox", "extent"),
    "lineage": ("processing:lineage", "derived_from"),
    "accuracy": ("accuracy:geometric_x_rmse", "accuracy:geometric_rmse"),
    "licence": ("license",),
}


def elements_of(content: bytes) -> frozenset[str] | None:
    """Return which `ELEMENTS` a record tells, or None if it is no metadata record.

    Examples
    --------
    >>> sorted(elements_of(b"<MD_Metadata><title>T</title><abstract/></MD_Metadata>"))
    ['title']
    """
    start = content[:400].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start[:1] == b"{":
        return _stac(content)
    if start[:1] == b"<":
        return _xml(content)
    return None


def _xml(content: bytes) -> frozenset[str] | None:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    names = [etree.QName(e).localname for e in root.iter("*")]
    fgdc = names[0] == "metadata" and "idinfo" in names
    if not fgdc and not any(n in names[:200] for n in _ROOTS):
        return None
    told = {etree.QName(e).localname for e in root.iter("*") if _says(e)}
    return _known(_NAMES, told)


def _says(element: Any) -> bool:
    """Return whether there is any text or code in an element or below it."""
    if any(text.strip() for text in element.itertext()):
        return True
    return any("codeListValue" in e.attrib for e in element.iter("*"))


def _stac(content: bytes) -> frozenset[str] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    if not isinstance(document, dict) or "stac_version" not in document:
        return None
    more = document.get("properties")
    flat = {**(more if isinstance(more, dict) else {}), **document}
    told = {name for name, value in flat.items() if value not in (None, "", [], {})}
    links = document.get("links")
    told |= (
        {str(x.get("rel")) for x in links if isinstance(x, dict)}
        if isinstance(links, list)
        else set()
    )
    if isinstance(document.get("extent"), dict) and document["extent"].get("temporal"):
        told.add("interval")
    return _known(_STAC, told)


def _known(names: Mapping[str, Iterable[str]], told: set[str]) -> frozenset[str]:
    return frozenset(what for what, known in names.items() if not told.isdisjoint(known))
