"""CityGML 1, 2 and 3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cimkit.loaders._city.beside import mentioned
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "siblings", "sniff"]

SPEC = LoaderSpec(name="citygml", kind="citymodel", title="CityGML", version=5, lighter=True)

_ROOT = re.compile(rb"<(?:[\w.-]+:)?CityModel[\s>]")
_FILE = re.compile(rb"<(?:[\w.-]+:)?(?:imageURI|libraryObject|textureMap)>\s*([^<]+?)\s*<")


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is CityGML, 0 to 100."""
    start = head.start
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "ignore").encode()
    return 95 if _ROOT.search(start) and b"citygml" in start.lower() else 0


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Return the delivered textures and library objects that a model names."""
    folder = PurePosixPath(path).parent
    found = set()
    for name in mentioned(file, _FILE):
        plain = unescape(name.decode("utf-8", "replace")).replace("\\", "/")
        found |= {normpath(str(folder / spelt)) for spelt in (plain, unquote(plain))}
    return found & listing


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count the objects of a city model and find out where it stands.

    Raises
    ------
    SourceUnreadable
        If it is no well-formed XML or no CityGML.
    """
    from cimkit.loaders._city.unswept import unswept
    from cimkit.loaders.citygml.survey import survey

    with unswept():
        return survey(source, options)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read the objects of a city model, their attributes, and their surfaces by level of detail.

    Surfaces that are referred to (``xlink:href``) are set in where they are asked for, templates
    (``ImplicitGeometry``) are written out at their place.

    Yields
    ------
    name, table
        ``geometries``, ``relations`` and ``objects``.
    """
    from cimkit.loaders._city.unswept import unswept_items
    from cimkit.loaders.citygml.whole import tables

    yield from unswept_items(tables(source, asset, options))
