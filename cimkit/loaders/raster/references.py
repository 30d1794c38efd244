"""The files that a virtual raster (VRT) is made of, and whether they may be opened."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster.formats import head_of, recognise
from cimkit.model import Problem, Source

__all__ = ["check_sources", "delivered_root", "pam_problems", "vrt_members"]

_LARGEST = 64_000_000
"""Bytes of a VRT that are parsed."""
_DEEPEST = 8
"""VRTs of VRTs of VRTs …"""
_FILES = {"SourceFilename", "SourceDataset", "SourceFile", "DEMPath", "Filename", "IndexDataset"}
_SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")


@dataclass(frozen=True, slots=True)
class _Named:
    text: str
    relative: bool


def _named(file: Path) -> Iterator[_Named]:
    """Give the files that a VRT names.

    Raises
    ------
    SourceUnreadable
        If it is no well-formed XML, holds entities, or is too large.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if file.stat().st_size > _LARGEST:
        raise SourceUnreadable("the VRT is larger than any that is read", got=str(_LARGEST))
    try:
        root = fromstring(file.read_bytes())
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceUnreadable("the VRT is no XML that can be read", got=str(error)) from error
    waiting: list[Any] = [root]
    while waiting:
        at = waiting.pop()
        if at.tag in ("Metadata", "SRS", "GCPList"):
            continue
        waiting.extend(at)
        text = (at.text or "").strip()
        if at.tag in _FILES and text:
            relative = at.get("relativeToVRT", at.get("relativetoVRT", "0")).strip() == "1"
            yield _Named(text, relative)


def vrt_members(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the delivered files that a VRT is made of."""
    folder = posixpath.dirname(path)
    names = {posixpath.normpath(posixpath.join(folder, n.text)) for n in _named(file) if n.relative}
    return names & listing


def delivered_root(source: Source) -> Path:
    """Return the folder that the source's path is relative to; in an archive where that lies."""
    at = source.file.absolute().parent
    for part in reversed(posixpath.dirname(source.path).split("/")):
        if not part or at.name != part:
            break
        at = at.parent
    return at


def check_sources(source: Source) -> list[Problem]:
    """Look at every file a VRT names before GDAL does.

    Returns
    -------
    list of Problem
        Those that are missing.

    Raises
    ------
    SourceUnreadable
        If one lies outside the delivery or on the network, or is not a raster file by itself.
    """
    root = Path(os.path.realpath(delivered_root(source)))
    missing: list[str] = []
    seen: set[Path] = set()
    waiting = [(source.file, 0)]
    count = 0
    while waiting:
        file, depth = waiting.pop()
        for named in _named(file):
            count += 1
            target = _target(named, file, root, source)
            if target in seen:
                continue
            seen.add(target)
            if not target.is_file():
                missing.append(named.text)
                continue
            found = recognise(head_of(target))
            title = found[0].title if found else ""
            if title == "VRT":
                if depth >= _DEEPEST:
                    raise _refuse(source, "VRTs are nested too deep", named.text)
                waiting.append((target, depth + 1))
            elif found and not found[0].drivers:
                raise _refuse(source, f"it is made of what is not read ({title})", named.text)
    if not missing:
        return []
    return [
        Problem(
            "vrt-source-missing",
            "Rasters it is made of were not delivered; what they cover is empty.",
            "error",
            place=", ".join(missing[:5]),
            got=f"{len(missing)} of {count} missing",
            hint="Deliver them where the VRT names them, or deliver one GeoTIFF.",
        )
    ]


def _target(named: _Named, file: Path, root: Path, source: Source) -> Path:
    text = named.text
    if text.startswith(("/vsi", "<")) or "://" in text or _SCHEME.match(text):
        raise _refuse(source, "it points at the network or into a container", text)
    if not named.relative or text.startswith(("/", "\\")):
        raise _refuse(source, "it names its rasters by a place on its maker's machine", text)
    target = Path(os.path.realpath(file.parent / text))
    if not target.is_relative_to(root):
        raise _refuse(source, "it points outside the delivered folder", text)
    return target


def _refuse(source: Source, why: str, text: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"a virtual raster is read only from the files delivered with it: {why}",
        where=source.path,
        got=text[:200],
        expected='names relative to the VRT (relativeToVRT="1") inside the delivered folder',
        mend="Deliver one GeoTIFF instead, or the VRT with its rasters beside it.",
    )


def pam_problems(sidecars: dict[str, Path]) -> list[Problem]:
    """Tell of an .aux.xml that points at overviews elsewhere: they are not followed."""
    file = sidecars.get(".aux.xml")
    if file is None:
        return []
    with file.open("rb") as opened:
        said = opened.read(4_000_000)
    found = re.search(rb'key="OVERVIEW_FILE"[^>]*>([^<]*)', said)
    if found is None or not re.search(rb"/vsi|://|^\s*/|\.\.", found[1]):
        return []
    return [
        Problem(
            "overviews-elsewhere",
            "Its .aux.xml says that its overviews lie outside the delivery; they are not read.",
            place=file.name,
            got=found[1].decode("utf-8", "replace")[:200],
        )
    ]
