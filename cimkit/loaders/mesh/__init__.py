"""Meshes of reality capture and of designers: OBJ, STL, DAE, OFF, POLY counted; others told.

They are catalogued as a whole. An OBJ's materials and textures belong to it, and so does the
``metadata.xml`` that says in which CRS, and from which origin, its coordinates count.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._mesh.local import Stands
    from cimkit.loaders.mesh.shape import Shape

SPEC = LoaderSpec(name="mesh", kind="mesh", title="Mesh", version=4)

_OBJ = re.compile(rb"^(?:v[ \t]+[-+\d.]|vn[ \t]+[-+\d.]|vt[ \t]+[-+\d.]|f[ \t]+\d)", re.M)
_OFF = re.compile(
    rb"\s*(?:#[^\n]*\n\s*)*(?:ST)?C?N?4?n?OFF(?:[ \t]+BINARY|\s+(?:#[^\n]*\n\s*)*\d+\s)"
)
_POLY = re.compile(
    rb"\s*(?:#[^\n]*\n\s*)*\d+[ \t]+3(?:[ \t]+\d+){0,2}[ \t]*(?:#[^\n]*)?\r?\n\s*[#\d]"
)
_OSG = b"\xa1\x91\xfb\x6c"
_TITLES = {
    "obj": ("OBJ", "model/obj"),
    "stl": ("STL", "model/stl"),
    "dae": ("COLLADA", "model/vnd.collada+xml"),
    "off": ("OFF", "text/plain"),
    "poly": ("POLY", "text/plain"),
    "osgb": ("OSGB", "application/octet-stream"),
    "fbx": ("FBX", "application/octet-stream"),
    "usd": ("USD", "model/vnd.usd"),
    "3mf": ("3MF", "model/3mf"),
}
_PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".tga", ".webp", ".dds")


def sniff(head: Head) -> int:
    """Recognise meshes by their content; of an OBJ or POLY the name must say so, too."""
    kind = _kind(head)
    return 0 if kind is None else {"obj": 60, "3mf": 60, "poly": 60, "dae": 70}.get(kind, 75)


def _kind(head: Head) -> str | None:
    start, name = head.start, head.name
    if head.is_dir:
        return None
    if start[:4] in (_OSG, _OSG[::-1]) or start.startswith(b"#Ascii Scene"):
        return "osgb"
    if start.startswith(b"Kaydara FBX Binary") or start.startswith(b"; FBX "):
        return "fbx"
    if start.startswith((b"PXR-USDC", b"#usda")):
        return "usd"
    if start[:4] == b"PK\x03\x04":
        return _in_zip(head)
    if re.match(rb"\s*solid\b", start) and b"facet" in start[:4096]:
        return "stl"
    if name.endswith(".stl") and len(start) >= 84:
        count = int.from_bytes(start[80:84], "little")
        return "stl" if head.file.stat().st_size == 84 + 50 * count else None
    if b"<COLLADA" in start[:2048]:
        return "dae"
    if _OFF.match(start):
        return "off"
    if name.endswith(".poly") and _POLY.match(start):
        return "poly"
    if name.endswith(".obj") and (_OBJ.search(start) or b"mtllib" in start):
        return "obj"
    return None


def _in_zip(head: Head) -> str | None:
    if head.name.endswith(".usdz"):
        return "usd"
    if not head.name.endswith(".3mf"):
        return None
    try:
        with zipfile.ZipFile(head.file) as archive:
            return "3mf" if "3D/3dmodel.model" in archive.namelist() else None
    except (zipfile.BadZipFile, OSError):
        return None


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the materials, the textures these name, and what says where a mesh stands."""
    folder, name = posixpath.split(path)
    suffix = posixpath.splitext(name)[1].lower()
    found = set()
    if suffix == ".obj":
        for library in _words(file, rb"mtllib"):
            target = posixpath.normpath(posixpath.join(folder, library))
            if target in listing:
                found.add(target)
                beside = file.parent / library
                if beside.is_file():
                    found |= _textures(beside, posixpath.dirname(target), listing)
    stem = posixpath.splitext(path)[0]
    named = {f"{stem}.mtl", f"{stem}.xyz", f"{stem}.prj"}
    found |= named & listing
    for up in (folder, posixpath.dirname(folder), posixpath.dirname(posixpath.dirname(folder))):
        notes = posixpath.join(up, "metadata.xml")
        if notes in listing:
            found.add(notes)
            break
    return found - {path}


def _words(file: Path, word: bytes) -> list[str]:
    with file.open("rb") as opened:
        start = opened.read(1_000_000)
    lines = re.findall(rb"^\s*" + word + rb"[ \t]+(.+?)[ \t\r]*$", start, re.M)
    return [line.decode("utf-8", "replace").replace("\\", "/") for line in lines[:1000]]


def _textures(library: Path, folder: str, listing: set[str]) -> set[str]:
    found = set()
    for line in _words(library, rb"(?:map_\w+|bump|disp|decal|refl|norm)"):
        for text in (line, line.split()[-1]):  # options may stand before the name
            target = posixpath.normpath(posixpath.join(folder, text))
            if target in listing and target.lower().endswith(_PICTURES):
                found.add(target)
    return found


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count vertices and faces, find the box around them, and place it if anything says where.

    Raises
    ------
    SourceUnreadable
        If it is no mesh that is known.
    """
    from cimkit.errors import SourceUnreadable
    from cimkit.loaders._spec import HEAD_BYTES
    from cimkit.loaders.mesh.origin import origin_of
    from cimkit.loaders.mesh.reading import shape_of

    with source.file.open("rb") as opened:
        head = Head(source.file, source.file.name.lower(), opened.read(HEAD_BYTES))
    kind = _kind(head)
    if kind is None:
        raise SourceUnreadable("it is no mesh that is known", where=source.path)
    title, media = _TITLES[kind]
    shape = shape_of(kind, source, options.depth)
    problems = list(shape.problems)
    origin = origin_of(source, problems)
    properties: dict[str, Any] = {"class": kind, **shape.properties, **origin.properties}
    stands = _stands(shape, source, options, origin.crs, origin.offset)
    placed = None
    if stands is not None:
        problems += stands.problems
        placed = stands.shape
        if placed is not None and stands.box is not None:
            properties["heights"] = [stands.box[2], stands.box[5]]
    return Asset(
        path=source.path,
        kind="mesh",
        format=title,
        media_type=media,
        counts=shape.counts,
        crs=stands.crs if stands else origin.crs,
        crs_origin=stands.origin if stands else "declared" if origin.crs else "none",  # type: ignore[arg-type]
        vertical_datum=stands.datum if stands else None,
        bbox=stands.box if stands else None,
        bbox_wgs84=None if placed is None else placed.bounds,
        footprint=None if placed is None else placed.wkb,
        properties=properties,
        problems=tuple(problems),
    )


def _stands(
    shape: Shape,
    source: Source,
    options: ReadOptions,
    crs: str | None,
    offset: tuple[float, float, float] | None,
) -> Stands | None:
    from cimkit.loaders._mesh.local import stand

    if shape.low is None or shape.high is None:
        return None
    return stand(shape.low, shape.high, source, options, crs=crs, origin=offset)


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give one object, the mesh as a whole, and its counts as measures."""
    from cimkit.loaders._mesh.rows import rows

    heights = asset.properties.get("heights")
    yield from rows(source, asset, heights, [], PurePosixPath(source.path).stem)
