"""What GDAL leaves out of GML: references between objects, and further geometries of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.model import STAGED, Problem

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["more_geometries", "references"]

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


def more_geometries(file: Path) -> Problem | None:
    """Tell of features with several geometries: GDAL gives one of them."""
    places: list[str] = []
    count = 0
    for feature in _features(file):
        drawn = [part for part in feature if any(_local(child) in _SHAPES for child in part)]
        if len(drawn) > 1:
            count += 1
            if len(places) < 5:
                places.append(f"{_id(feature)} ({', '.join(_local(d) for d in drawn)})")
    if not count:
        return None
    return Problem(
        "geometries-left-out",
        f"{count} features have several geometries, of which one is read.",
        "error",
        "; ".join(places),
        hint="Deliver the others as layers of their own, for example in a GeoPackage.",
    )
