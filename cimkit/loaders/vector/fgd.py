"""Japan's fundamental geospatial data (基盤地図情報): objects of all classes of a FG-GML file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.kept import MORE, Kept
from cimkit.loaders._layers.table import Opened, Table
from cimkit.loaders._layers.times import Times
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.plan import as_utf8
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["open_fgd"]

_COLUMNS = ("gml_id", "fid", "type", "name")
_SYSTEMS = {"jgd2000": "EPSG:4612", "jgd2001": "EPSG:4612", "jgd2011": "EPSG:6668"}
_NEWEST = "EPSG:6668"  # JGD2024 changed heights and left positions as they were
_ID = "{http://www.opengis.net/gml/3.2}id"


@contextmanager
def open_fgd(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a FG-GML file of vector data.

    Raises
    ------
    SourceUnreadable
        If it is no XML, or holds no objects.
    """
    from lxml import etree

    layers: dict[str, Kept] = {}
    systems: set[str] = set()
    problems: list[Problem] = []
    with TemporaryDirectory(prefix="cimkit-fgd-") as name:
        way = as_utf8(source, None, options, Path(name))
        problems += way.problems
        found = etree.iterparse(
            str(way.file), events=("end",), resolve_entities=False, no_network=True, huge_tree=True
        )
        try:
            for _, element in found:
                parent = element.getparent()
                if parent is None or parent.getparent() is not None or element.get(_ID) is None:
                    continue
                kept = layers.setdefault(_local(element), Kept(_COLUMNS))
                row, more, shape = _row(element, systems)
                wkb = None if shape is None else shapely.to_wkb(shape, flavor="iso")
                kept.add(row, more, wkb)
                element.clear()
        except etree.XMLSyntaxError as error:
            if not layers:
                raise SourceUnreadable(
                    "it is no valid XML", where=source.path, got=str(error)
                ) from error
            problems.append(
                Problem(
                    "xml-broken",
                    "The file is broken; what comes before the damage is read.",
                    "error",
                    got=str(error)[:200],
                    hint="Deliver it again.",
                )
            )
        if not layers:
            raise SourceUnreadable("it holds no objects", where=source.path)
        crs = next((_crs(s) for s in sorted(systems)), None)
        yield Opened(
            "FG-GML",
            "application/gml+xml",
            [
                Table(
                    name=layer,
                    features=kept.count,
                    geometry_type="Unknown",
                    crs=crs,
                    crs_origin="declared" if crs else "none",
                    fields=kept.fields(),
                    bounds=None,
                    batches=kept.batches,
                    key_field="gml_id",
                    merged=MORE,
                    times=Times("devDate", "lifeSpanFrom", "lifeSpanTo"),
                )
                for layer, kept in layers.items()
            ],
            way.shown,
            way.origin,
            problems=problems,
            properties={"srsName": sorted(systems)},
        )


def _crs(name: str) -> str:
    return next((code for key, code in _SYSTEMS.items() if key in name.lower()), _NEWEST)


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _row(element: _Element, systems: set[str]) -> tuple[dict[str, str | None], dict[str, Any], Any]:
    row: dict[str, str | None] = {"gml_id": element.get(_ID)}
    more: dict[str, Any] = {}
    shapes = []
    for part in element:
        if not isinstance(part.tag, str):
            continue
        name = _local(part)
        drawn = [c for c in part if isinstance(c.tag, str) and c.get("srsName")]
        if drawn:
            systems.add(drawn[0].get("srsName", ""))
            shapes += [s for c in drawn if (s := _shape(c)) is not None]
            continue
        text = " ".join(t.strip() for t in part.itertext() if t.strip()) or None
        if name in _COLUMNS:
            row[name] = text
        elif text is not None:
            more[name] = text
    shape = (
        shapes[0] if len(shapes) == 1 else shapely.GeometryCollection(shapes) if shapes else None
    )
    return row, more, shape


def _positions(element: _Element) -> list[tuple[float, float]]:
    """Return (longitude, latitude) of all positions in an element; the file has latitude first."""
    values: list[float] = []
    for part in element.iter("{*}posList", "{*}pos"):
        values += [float(v) for v in (part.text or "").split()]
    pairs = list(zip(values[1::2], values[::2], strict=False))
    return [p for i, p in enumerate(pairs) if i == 0 or p != pairs[i - 1]]


def _shape(element: _Element) -> Any:
    kind = _local(element)
    if kind == "Point":
        points = _positions(element)
        return shapely.Point(points[0]) if points else None
    if kind in ("Surface", "Polygon"):
        areas = []
        for patch in [*element.iter("{*}PolygonPatch")] or [element]:
            rings = [_positions(e) for e in patch if _local(e) in ("exterior", "interior")]
            rings = [r for r in rings if len(r) > 2]
            if rings:
                areas.append(shapely.Polygon(rings[0], rings[1:]))
        return shapely.MultiPolygon(areas) if len(areas) > 1 else areas[0] if areas else None
    points = _positions(element)
    return shapely.LineString(points) if len(points) > 1 else None
