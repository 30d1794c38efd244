"""CityJSON 1.0 to 2.0 and CityJSONSeq."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "sniff"]

SPEC = LoaderSpec(name="cityjson", kind="citymodel", title="CityJSON", version=1)

_TYPE = re.compile(rb'"type"\s*:\s*"CityJSON(Feature)?"')


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is CityJSON, 0 to 100."""
    if head.start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return 0
    if _TYPE.search(head.start):
        return 95
    return 60 if b'"CityObjects"' in head.start else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the objects of a city model and find out where it stands.

    Raises
    ------
    SourceUnreadable
        If it is broken JSON or no CityJSON.
    """
    import numpy as np

    from cimkit.loaders._placing import place
    from cimkit.loaders.cityjson.parse import parts, reference_system

    types: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    head: dict[str, Any] = {}
    sequence = False
    for part in parts(source.file):
        head = part.head
        sequence |= part.place != ""
        problems += part.problems
        counts["objects"] += len(part.objects)
        counts["vertices"] += len(part.vertices)
        bodies = [b for b in part.objects.values() if isinstance(b, dict)]
        types.update(str(b.get("type")) for b in bodies)
        counts["top_level"] += (
            1 if part.feature else sum(not (b.get("parents") or b.get("parent")) for b in bodies)
        )
        if len(part.vertices):
            low = np.minimum(low, part.vertices.min(axis=0))
            high = np.maximum(high, part.vertices.max(axis=0))
    box = (*map(float, low), *map(float, high)) if np.isfinite([*low, *high]).all() else None
    said = options.declared.crs or reference_system(head)
    origin = "sheet" if options.declared.crs else "declared" if said else "none"
    flat = (box[0], box[1], box[3], box[4]) if box else None
    placed = place("", said, origin, flat, source)
    version = str(head.get("version") or "").strip()
    return Asset(
        path=source.path,
        kind="citymodel",
        format=f"{'CityJSONSeq' if sequence else 'CityJSON'} {version}".strip(),
        media_type="application/city+json-seq" if sequence else "application/city+json",
        counts={k: counts[k] for k in ("objects", "top_level", "vertices")},
        crs=placed.name,
        crs_origin=origin,  # type: ignore[arg-type]
        vertical_datum=options.declared.vertical_datum or _vertical(placed.crs),
        bbox=box,
        bbox_wgs84=placed.box,
        encoding="UTF-8",
        encoding_origin="declared",
        properties={
            "types": dict(sorted(types.items())),
            "title": (head.get("metadata") or {}).get("title"),
            "placed": placed.crs is not None,
            "extensions": sorted(head.get("extensions") or {}),
        },
        problems=(*problems, *placed.problems),
    )


def _vertical(crs: Any) -> str | None:
    if crs is None or not crs.is_compound:
        return None
    from cimkit.geometry.crs import crs_name

    below = crs.sub_crs_list[1]
    return crs_name(below) if below.to_epsg() else str(below.name)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read the objects of a city model with all their geometries.

    Yields
    ------
    name, table
        ``geometries`` (vertices in the CRS, boundaries, semantics, appearance by LoD; templates
        written out) and ``objects`` (outline in CRS84, heights, attributes).
    """
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders._city.rows import rows
    from cimkit.loaders._city.tally import Tally
    from cimkit.loaders.cityjson.parse import city_objects, parts

    crs = parse_crs(asset.crs) if asset.crs and asset.properties.get("placed") else None
    items = (o for part in parts(source.file) for o in city_objects(part, options.problems))
    origin = "sheet" if asset.crs_origin == "sheet" else "file"
    tally = Tally()
    yield from rows(items, crs, asset.crs, origin, tally)
    options.problems.extend(tally.problems())
