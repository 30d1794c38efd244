"""CityJSON 0.5 to 2.0 and CityJSONSeq."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING

from cimkit.loaders._city.beside import mentioned
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="cityjson", kind="citymodel", title="CityJSON", version=5)

_TYPE = re.compile(rb'"type"\s*:\s*"CityJSON(Feature)?"')
_IMAGE = re.compile(rb'"image"\s*:\s*"((?:[^"\\]|\\.)*)"')
_TAIL = 4_096


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is CityJSON, 0 to 100."""
    start = head.start
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "ignore").encode()
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
    if start[:1] != b"{":
        return 0
    if _TYPE.search(start):
        return 95
    if b'"CityObjects"' in start:
        return 60
    if b'"vertices"' in start or b'"transform"' in start:  # its type may stand at the end
        with head.file.open("rb") as opened:
            opened.seek(max(0, head.file.stat().st_size - _TAIL))
            return 90 if _TYPE.search(opened.read()) else 0
    return 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Return the delivered textures that a model names."""
    folder = PurePosixPath(path).parent
    found = set()
    for name in mentioned(file, _IMAGE):
        plain = name.decode("utf-8", "replace").replace("\\/", "/").replace("\\\\", "/")
        found.add(normpath(str(folder / plain)))
    return found & listing


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the objects of a city model and find out where it stands.

    Raises
    ------
    SourceUnreadable
        If it is broken JSON or no CityJSON.
    """
    from cimkit.loaders._city.unswept import unswept
    from cimkit.loaders.cityjson.survey import survey

    with unswept():
        return survey(source, options)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read the objects of a city model with all their geometries.

    Yields
    ------
    name, table
        ``geometries`` (vertices in the CRS, boundaries, semantics, appearance by LoD; templates
        written out), ``relations`` and ``objects`` (outline in CRS84, heights, attributes).
    """
    from cimkit.geometry.crs import parse_crs
    from cimkit.loaders._city.rows import rows
    from cimkit.loaders._city.tally import Tally
    from cimkit.loaders._city.unswept import unswept_items
    from cimkit.loaders.cityjson.objects import city_objects
    from cimkit.loaders.cityjson.parts import parts

    crs = parse_crs(asset.crs) if asset.crs and asset.properties.get("placed") else None
    origin = "sheet" if asset.crs_origin == "sheet" else "file"
    tally = Tally()
    told = Tally()  # the survey has told of broken lines already
    items = (
        o for part in parts(source, told, options.declared.place) for o in city_objects(part, tally)
    )
    try:
        yield from unswept_items(rows(items, crs, asset.crs, origin, tally))
    finally:
        options.problems.extend(tally.problems())
