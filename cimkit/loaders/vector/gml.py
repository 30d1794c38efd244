"""What GDAL leaves out of GML: references between objects, and further geometries of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.errors import SourceUnreadable
from cimkit.model import STAGED, Problem, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "closed_again",
    "drawn_properties",
    "left_out",
    "nothing_in",
    "references",
    "several_geometries",
    "unread",
]

_HREF = "{http://www.w3.org/1999/xlink}href"
_MEMBERS = ("member", "featureMember", "featureMembers")
_SHAPES = {
    *("Point", "LineString", "Curve", "CompositeCurve", "MultiPoint", "MultiCurve"),
    *("MultiLineString", "Polygon", "Surface", "MultiSurface", "MultiPolygon", "MultiGeometry"),
    *("CompositeSurface", "Solid", "MultiSolid", "TriangulatedSurface", "Tin", "OrientableCurve"),
}


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _features(file: Path) -> Iterator[_Element]:
    from lxml import etree

    found = etree.iterparse(
        str(file),
        events=("end",),
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        recover=True,
    )
    for _, element in found:
        parent = element.getparent()
        if parent is not None and _local(parent) in _MEMBERS:
            yield element
            element.clear()


def _id(element: _Element) -> str | None:
    for name in ("{http://www.opengis.net/gml/3.2}id", "{http://www.opengis.net/gml}id", "fid"):
        if element.get(name) is not None:
            return str(element.get(name))
    return None


def references(file: Path) -> Iterator[pa.Table]:
    """Give the references (``xlink:href``) of features to others, by ``gml:id``."""
    rows: list[tuple[str, str, str, str]] = []
    for feature in _features(file):
        key = _id(feature)
        if key is None:
            continue
        for part in feature.iter():
            other = part.get(_HREF)
            if other and isinstance(part.tag, str):
                rows.append((_local(feature), key, _local(part), other.removeprefix("#")))
    if rows:
        layers, keys, names, others = (
            pa.array(list(c), pa.string()) for c in zip(*rows, strict=True)
        )
        none = pa.nulls(len(rows), pa.string())
        yield pa.table([layers, keys, names, none, others], schema=STAGED["relations"])


def closed_again(file: Path, scratch: Path) -> tuple[Path, Problem | None]:
    """Close the elements of a file that was cut short: GDAL gives no row of one that is open."""
    from lxml import etree

    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - 4096))
        end = re.sub(rb"(\s|<!--.*?-->)+$", b"", opened.read(), flags=re.S)
    if re.search(rb"</(\w+:)?\w*(Collection|Dataset)\s*>$", end):
        return file, None
    whole = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    tree = etree.parse(file, whole)
    if tree.getroot() is None or not whole.error_log:
        return file, None
    target = scratch / "closed.gml"
    tree.write(target, encoding="UTF-8", xml_declaration=True)
    return target, Problem(
        "xml-broken",
        "The file is broken; what comes before the damage is read.",
        "error",
        got=str(whole.error_log[0].message)[:200],
        hint="Deliver it again.",
    )


def drawn_properties(feature: _Element) -> dict[str, _Element]:
    """Return the geometries of a feature by the properties that hold them."""
    found = {}
    for part in feature:
        shape = next((child for child in part if _local(child) in _SHAPES), None)
        if shape is not None:
            found[_local(part)] = shape
    return found


def several_geometries(
    file: Path, count: list[int]
) -> Iterator[tuple[str, str | None, dict[str, _Element]]]:
    """Give (layer, ``gml:id``, geometries) of features that have several; count all features."""
    for feature in _features(file):
        outer = feature.iterancestors()
        count[0] += sum(_local(a) in _MEMBERS for a in outer) == 1
        drawn = drawn_properties(feature)
        if len(drawn) > 1:
            yield _local(feature), _id(feature), drawn


def nothing_in(file: Path, source: Source) -> None:
    """Make sure that a file of which GDAL makes nothing is a collection without features.

    Raises
    ------
    SourceUnreadable
        If it is broken, or has features all the same.
    """
    from lxml import etree

    try:
        with file.open("rb") as opened:
            found = etree.iterparse(
                opened, events=("end",), resolve_entities=False, no_network=True
            )
            for _, element in found:
                parent = element.getparent()
                if parent is not None and _local(parent) in _MEMBERS:
                    raise SourceUnreadable(
                        "GDAL makes nothing of its features",
                        where=source.path,
                        got=_local(element),
                    )
    except etree.XMLSyntaxError as error:
        raise SourceUnreadable(
            "it is no XML that can be read", where=source.path, got=str(error)[:200]
        ) from error


def unread(there: int, read: int) -> Problem | None:
    """Tell of features that the file has and GDAL does not give."""
    if read >= there:
        return None
    return Problem(
        "features-unread",
        f"{there - read} of {there} features are not read: the file is damaged or nested too "
        "deep, or they are of no known form.",
        "error",
        got=f"{read} rows",
        expected=f"{there} rows",
        hint="Deliver it again, or as GeoPackage.",
    )


def left_out(places: list[str]) -> Problem | None:
    """Tell of features with several geometries of which one is read."""
    if not places:
        return None
    return Problem(
        "geometries-left-out",
        f"{len(places)} features have several geometries, of which one is read.",
        "error",
        "; ".join(places[:5]),
        hint="Deliver the others as layers of their own, for example in a GeoPackage.",
    )
