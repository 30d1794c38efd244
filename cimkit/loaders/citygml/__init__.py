"""CityGML 1, 2 and 3."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from cimkit.errors import UsageError
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._city.model import CityObject
    from cimkit.loaders.citygml.geometry import Frame

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="citygml", kind="citymodel", title="CityGML", version=1)

_ROOT = re.compile(rb"<(?:[\w.-]+:)?CityModel[\s>]")
_IMAGE = re.compile(rb"<(?:[\w.-]+:)?imageURI>\s*([^<]+?)\s*<")
_ADV = re.compile(r"urn:adv:crs:ETRS89_UTM(\d\d)", re.IGNORECASE)
_BLOCK = 4 << 20


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is CityGML, 0 to 100."""
    return 95 if _ROOT.search(head.start) and b"citygml" in head.start.lower() else 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Return the delivered textures that a model names."""
    folder = PurePosixPath(path).parent
    found: set[str] = set()
    rest = b""
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            text = rest + block
            for uri in _IMAGE.findall(text):
                found.add(normpath(str(folder / uri.decode("utf-8", "replace").replace("\\", "/"))))
            rest = text[-1024:]
    return found & listing


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the objects of a city model and find out where it stands.

    Raises
    ------
    SourceUnreadable
        If it is no well-formed XML or no CityGML.
    """
    import numpy as np

    from cimkit.loaders._placing import place
    from cimkit.loaders.citygml.parse import envelope, members

    said = envelope(source.file)
    crs_text = _named(options.declared.crs or said.srs)
    frame = _frame(crs_text, said.dimension, sheet=options.declared.crs is not None)
    types: Counter[str] = Counter()
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    sink: list[Problem] = []  # `read` tells of each
    inner = 0
    for number, element in enumerate(members(source.file)):
        types[_type(element)] += 1
        for item in _objects(element, frame, number, sink):
            inner += 1
            for geometry in item.geometries:
                low = np.minimum(low, geometry.vertices.min(axis=0))
                high = np.maximum(high, geometry.vertices.max(axis=0))
    box = (*map(float, low), *map(float, high)) if np.isfinite([*low, *high]).all() else None
    origin = "sheet" if options.declared.crs else "declared" if crs_text else "none"
    flat = (box[0], box[1], box[3], box[4]) if box else None
    placed = place("", crs_text, origin, flat, source)
    return Asset(
        path=source.path,
        members=source.members,
        kind="citymodel",
        format=f"CityGML {said.version}",
        media_type="application/gml+xml",
        counts={"top_level": types.total(), "objects": inner},
        crs=placed.name,
        crs_origin=origin,  # type: ignore[arg-type]
        vertical_datum=options.declared.vertical_datum,
        bbox=box,
        bbox_wgs84=placed.box,
        properties={
            "types": dict(sorted(types.items())),
            "placed": placed.crs is not None,
            "dimension": frame.dimension,
            "axes_swapped": frame.swapped,
        },
        problems=placed.problems,
    )


def _type(element: Any) -> str:
    from cimkit.loaders.citygml.geometry import local

    return local(element)


def _objects(
    element: Any, frame: Frame, number: int, problems: list[Problem]
) -> Iterator[CityObject]:
    from cimkit.loaders.citygml.parse import objects_of

    return objects_of(element, frame, number, problems)


def _named(text: str | None) -> str | None:
    """Return a CRS name that PROJ knows for one that German surveyors use."""
    found = _ADV.match(text or "")
    return f"EPSG:258{found[1]}" if found else text


def _frame(crs_text: str | None, dimension: int, *, sheet: bool) -> Frame:
    """Decide the order of the axes: a URN or URL means that of the authority, a bare code x, y."""
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders.citygml.geometry import Frame

    if not crs_text:
        return Frame(dimension or 3)
    try:
        crs = parse_crs(crs_text)
    except UsageError:
        return Frame(dimension or 3)  # told of by `place`
    formal = crs_text.lower().startswith(("urn:", "http")) or crs.is_geographic
    first = crs.axis_info[0].direction.lower() if crs.axis_info else "east"
    return Frame(dimension or 3, swapped=formal and not sheet and first == "north")


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read the objects of a city model, their attributes, and their surfaces by level of detail.

    Surfaces that are only referred to (``xlink:href``) are given where they stand; library objects
    (``ImplicitGeometry``) by their reference point.

    Yields
    ------
    name, table
        ``geometries`` and ``objects``.
    """
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders._city.rows import rows
    from cimkit.loaders.citygml.geometry import Frame
    from cimkit.loaders.citygml.parse import members

    frame = Frame(
        int(asset.properties.get("dimension", 3)), bool(asset.properties.get("axes_swapped"))
    )
    crs = parse_crs(asset.crs) if asset.crs and asset.properties.get("placed") else None
    items = (
        item
        for number, element in enumerate(members(source.file))
        for item in _objects(element, frame, number, options.problems)
    )
    origin = "sheet" if asset.crs_origin == "sheet" else "file"
    yield from rows(items, crs, asset.crs, origin, options.problems)
