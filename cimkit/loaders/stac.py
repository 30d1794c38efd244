"""STAC catalogues, collections, items and item collections: recorded with place and time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="stac", kind="stac", title="STAC", version=1)

_Box = tuple[float, float, float, float]


def sniff(head: Head) -> int:
    """Recognise JSON that states a STAC version."""
    start = head.start.lstrip(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return 0
    if b'"stac_version"' in start:
        return 85
    return 30 if b'"stac_extensions"' in start and b'"links"' in start else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Say which kind of STAC object it is, how many items it holds and where and when they are.

    Raises
    ------
    SourceUnreadable
        If the JSON is broken.
    """
    try:
        said: Any = json.loads(source.file.read_bytes().decode("utf-8-sig"))
    except ValueError as error:
        raise SourceUnreadable("its JSON is broken", where=source.path, got=str(error)) from error
    items = _items(said)
    first = said if isinstance(said, dict) else (items[0] if items else {})
    version = first.get("stac_version") or (items[0].get("stac_version") if items else None)
    kind = _kind(said)
    problems = []
    if version is None:
        problems.append(
            Problem(
                "stac-version-missing",
                "It does not say which version of STAC it is.",
                place="stac_version",
                expected="1.0.0 or 1.1.0",
            )
        )
    links = first.get("links", []) if isinstance(said, dict) else []
    counts = {"items": len(items), "links": len(links) if isinstance(links, list) else 0}
    counts["assets"] = sum(len(i.get("assets") or {}) for i in (items or [first]))
    start, end = _interval(first, items)
    box = _box(first, items)
    return Asset(
        path=source.path,
        kind="stac",
        format=f"STAC {kind} {version or ''}".strip(),
        media_type="application/geo+json" if kind.startswith("Item") else "application/json",
        counts=counts,
        crs="OGC:CRS84" if box else None,
        crs_origin="assumed" if box else "none",
        bbox=box,
        bbox_wgs84=box,
        observed_start=start,
        observed_end=end,
        encoding="utf-8",
        encoding_origin="declared",
        properties={"class": kind, "id": first.get("id"), "title": first.get("title")},
        problems=tuple(problems),
    )


def _kind(said: Any) -> str:
    if isinstance(said, list):
        return "ItemCollection"
    named = {"Feature": "Item", "FeatureCollection": "ItemCollection"}
    word = str(said.get("type", ""))
    if word in ("Catalog", "Collection"):
        return word
    return named.get(word, "Collection" if "extent" in said else "Catalog")


def _items(said: Any) -> list[dict[str, Any]]:
    if isinstance(said, list):
        return [i for i in said if isinstance(i, dict)]
    if said.get("type") == "FeatureCollection":
        return [i for i in said.get("features", []) if isinstance(i, dict)]
    return [said] if said.get("type") == "Feature" else []


def _flat(box: Any) -> _Box | None:
    """Make four numbers of four or six; None for anything else."""
    if not isinstance(box, list) or len(box) not in (4, 6):
        return None
    if not all(isinstance(v, int | float) for v in box):
        return None
    half = len(box) // 2
    return float(box[0]), float(box[1]), float(box[half]), float(box[half + 1])


def _box(first: dict[str, Any], items: list[dict[str, Any]]) -> _Box | None:
    extent = (first.get("extent") or {}).get("spatial") or {}
    boxes = extent.get("bbox") or [i.get("bbox") for i in items]
    known = [b for b in (_flat(box) for box in boxes) if b is not None]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)


def _interval(first: dict[str, Any], items: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    temporal = (first.get("extent") or {}).get("temporal") or {}
    pairs = temporal.get("interval") or []
    if pairs and isinstance(pairs[0], list) and len(pairs[0]) == 2:
        return pairs[0][0], pairs[0][1]
    moments = []
    for item in items:
        said = item.get("properties") or {}
        moments += [said[n] for n in ("start_datetime", "datetime", "end_datetime") if said.get(n)]
    return (min(moments), max(moments)) if moments else (None, None)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give nothing: what a STAC item describes is delivered as a source of its own, or is not."""
    yield from ()
