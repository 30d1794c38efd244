"""3D Tiles and I3S: recorded with their counts, their metadata and their place, not taken apart."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.packed import GZIP, LARGEST, beginning, unpacked
from cimkit.loaders._mesh.paths import resolve
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.tiles3d.named import named_files
from cimkit.loaders.tiles3d.store import FileStore, Store, TableStore, ZipStore
from cimkit.model import Asset, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders.tiles3d.found import Found
    from cimkit.loaders.tiles3d.place import Lies

SPEC = LoaderSpec(name="tiles3d", kind="tiles", title="3D Tiles", version=8)

_TILES = (b"b3dm", b"i3dm", b"pnts", b"cmpt", b"subt", b"geom", b"vctr")
_TEMPLATE = re.compile(r"\\\{(level|x|y|z)\\\}")
_PACKED = (".json", ".subtree", ".b3dm", ".i3dm", ".pnts", ".cmpt")
_DATABASE = b"SQLite format 3\0"
_PROPERTY_TYPES = (b"SCALAR", b"VEC2", b"VEC3", b"VEC4", b"MAT4", b"STRING", b"ENUM", b"BOOLEAN")


def sniff(head: Head) -> int:
    """Recognise tiles by their magic, tilesets by the fields that only they have."""
    start = head.start
    if start[:2] == GZIP and head.name.endswith(_PACKED):
        start = beginning(start)
    if start[:4] in _TILES and len(start) >= 12:
        return 90
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return 80 if _archive_kind(head) else 0
    if start[:16] == _DATABASE and head.name.endswith(".3dtiles"):
        return 95
    if head.name.endswith((".3tz", ".3dtiles", ".slpk")):
        return 5  # it says so and is none: it is refused, not passed over
    text = start.lstrip(b"\xef\xbb\xbf").lstrip()
    if text[:1] != b"{" or b'"stac_version"' in start or b'"CityJSON' in start:
        return 0
    tiled = b'"geometricError"' in start and (b'"root"' in start or b'"asset"' in start)
    if tiled:
        return 70
    model = head.name.endswith(".gltf") or b'"asset"' in start or b'"accessors"' in start
    return 40 if not model and _is_part(start) else 0


def _is_part(start: bytes) -> bool:
    """Return whether JSON has the fields of a subtree, or of a metadata schema."""
    if b'"tileAvailability"' in start or b'"childSubtreeAvailability"' in start:
        return True
    described = all(word in start for word in (b'"classes"', b'"properties"', b'"type"'))
    return described and any(b'"%s"' % kind in start for kind in _PROPERTY_TYPES)


def _archive_kind(head: Head) -> str | None:
    named = head.name.endswith((".3tz", ".slpk"))
    tiled = b"3dtilesIndex" in head.start or b"tileset.json" in head.start
    if not named and not tiled and b"3dSceneLayer.json" not in head.start:
        return None
    try:
        with zipfile.ZipFile(head.file) as archive:
            return _kind(archive.namelist(), head.name)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "broken" if named else None


def _kind(names: list[str], name: str) -> str | None:
    if "3dSceneLayer.json.gz" in names or "3dSceneLayer.json" in names:
        return "i3s"
    # an ordinary zip is unpacked, and its tileset found in it
    indexed = "@3dtilesIndex1@" in names or name.endswith(".3tz")
    return "3tz" if indexed and "tileset.json" in names else None


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the delivered files that a tileset, a subtree or a tile refers to."""
    try:
        named = list(named_files(file))
    except (ValueError, OSError, RecursionError):
        return set()  # points, or broken: `probe` says so
    found = set()
    lower: dict[str, str] = {}
    for uri in named:
        target = resolve(uri.replace("\\", "/"), path)
        if target is None:
            continue
        if "{" in target:
            pattern = re.compile(_TEMPLATE.sub(r"\\d+", re.escape(target)))
            found |= {name for name in listing if pattern.fullmatch(name)}
        elif target in listing:
            found.add(target)
        else:  # spelt otherwise, it is still the file that was meant: checks say so
            lower = lower or {name.lower(): name for name in listing}
            if target.lower() in lower:
                found.add(lower[target.lower()])
    return found


def _json(file: Path) -> Any:
    with file.open("rb") as opened:
        if opened.read(1) not in (b"{", b"\xef", b" ", b"\n", b"\r", b"\t", GZIP[:1]):
            raise ValueError("no JSON object")
    if file.stat().st_size > LARGEST:
        raise ValueError(f"more than {LARGEST} bytes")
    return json.loads(unpacked(file.read_bytes()).decode("utf-8-sig"))


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count tiles and contents, look into them, and say what they hold and where they lie.

    At depth *header* no content is opened; *sample* opens the first 2,000, *full* all.

    Raises
    ------
    SourceUnreadable
        If it is neither what its first bytes nor what its name promise.
    """
    from cimkit.loaders.tiles3d.content import content
    from cimkit.loaders.tiles3d.found import Found

    found = Found()
    with source.file.open("rb") as opened:
        magic = opened.read(4)
    if magic[:2] == GZIP:
        magic = FileStore(source).read(source.path, 4)
    if magic in _TILES:
        data = FileStore(source).read(source.path)
        if len(data) < 12:
            raise SourceUnreadable("a tile shorter than its header", got=f"{len(data)} bytes")
        content(data, len(data), source.path, found)
        _alone(magic.decode(), source, found)
        return _asset(source, options, found, None, magic.decode(), f"{magic.decode()} {data[4]}")
    packages = (".3tz", ".3dtiles", ".slpk")
    if magic[:2] == b"PK" or source.file.suffix.lower() in packages:
        return _archive(source, options, found)
    try:
        said = _json(source.file)
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable("its JSON is broken", where=source.path, got=str(error)) from error
    if isinstance(said, dict) and "root" not in said and "geometricError" not in said:
        part = "subtree" if "tileAvailability" in said or "classes" not in said else "schema"
        _alone(part, source, found)
        return _asset(source, options, found, None, part, f"3D Tiles {part} (JSON)")
    return _tileset(said, source, options, FileStore(source), source.path, found, "")


def _alone(magic: str, source: Source, found: Found) -> None:
    """Say that a part of a tileset came without it."""
    if magic in ("subtree", "schema"):
        message = f"It is the {magic} of a tileset that was not delivered with it."
        hint = "Deliver the tileset.json that refers to it."
        found.trouble("tile-alone", message, severity="info", hint=hint)
    elif magic in ("b3dm", "i3dm", "pnts", "cmpt"):
        found.trouble(
            "tile-alone",
            "It is one tile of a tileset that was not delivered with it; only that says where it "
            "stands.",
            severity="info",
            hint="Deliver the tileset.json that refers to it.",
        )


def _archive(source: Source, options: ReadOptions, found: Found) -> Asset:
    try:
        if source.file.suffix.lower() == ".3dtiles":
            with TableStore.opened(source.file) as table:
                return _packed(table, source, options, found, "3DTILES, ")
        with zipfile.ZipFile(source.file) as archive:
            names = archive.namelist()
            if _kind(names, source.file.name.lower()) == "i3s":
                from cimkit.loaders.tiles3d.i3s import probe_i3s

                return probe_i3s(ZipStore(archive), source, options)
            return _packed(ZipStore(archive), source, options, found, "3TZ, ")
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RecursionError) as error:
        raise SourceUnreadable(
            "it is no archive of a tileset", where=source.path, got=str(error)
        ) from error


def _packed(store: Store, source: Source, options: ReadOptions, found: Found, prefix: str) -> Asset:
    said = json.loads(store.read("tileset.json").decode("utf-8-sig"))
    return _tileset(said, source, options, store, "tileset.json", found, prefix)


def _tileset(
    said: Any,
    source: Source,
    options: ReadOptions,
    store: Store,
    name: str,
    found: Found,
    prefix: str,
) -> Asset:
    from cimkit.loaders.tiles3d.place import volume_of
    from cimkit.loaders.tiles3d.tileset import Walk

    walk = Walk(store, found, options.depth)
    walk.base = name
    root = walk.tileset(said, name)
    lies = volume_of(root)
    if root and lies is None:
        found.trouble(
            "crs-missing",
            "Its root tile lies nowhere on the Earth: it is in local metres, and is not placed.",
            "root.boundingVolume",
            hint="Give the root tile a transform to earth-centred coordinates.",
        )
    version = found.properties.get("version")
    title = f"{prefix}3D Tiles {version or ''}".strip()
    return _asset(source, options, found, lies, "tileset", title)


def _asset(
    source: Source,
    options: ReadOptions,
    found: Found,
    lies: Lies | None,
    kind: str,
    title: str,
) -> Asset:
    properties = {"class": kind, **found.properties}
    if found.levels:
        properties["tiles_per_level"] = {str(k): v for k, v in sorted(found.levels.items())}
    if found.extensions:
        properties["extensions"] = sorted(found.extensions)
    if found.size:
        properties["content_bytes"] = found.size
    if lies is not None:
        properties["heights"] = list(lies.heights)
    problems = found.problems()
    datum = options.declared.vertical_datum
    if lies is not None:
        from cimkit.geometry.crs import parse_crs
        from cimkit.loaders._placing.heights import heights

        said = heights(
            "", parse_crs("EPSG:4979"), datum, "sheet" if datum else "none", lies.heights, source
        )
        problems += said.problems
        datum = said.datum
    packed = {".3tz": "application/zip", ".3dtiles": "application/vnd.sqlite3"}
    media = packed.get(source.file.suffix.lower(), "application/json")
    return Asset(
        path=source.path,
        kind="tiles",
        format=title,
        media_type=media if kind == "tileset" else "application/octet-stream",
        counts={k: v for k, v in found.counts.items() if v or k in ("tiles", "contents")},
        crs=lies.crs if lies else None,
        crs_origin="assumed" if lies else "none",
        vertical_datum=datum,
        bbox=lies.box if lies else None,
        bbox_wgs84=lies.shape.bounds if lies else None,
        footprint=lies.shape.wkb if lies else None,
        properties=properties,
        problems=tuple(problems),
    )


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give one object, the tileset as a whole, and its counts as measures."""
    from cimkit.loaders._mesh.rows import rows

    levels = asset.properties.get("tiles_per_level", {})
    more: list[tuple[str, str, float, str | None]]
    more = [("tiles", f"level {k}", float(v), None) for k, v in levels.items()]
    error = asset.properties.get("geometric_error")
    if isinstance(error, int | float):
        more.append(("geometric_error", "", float(error), "m"))
    heights = asset.properties.get("heights")
    yield from rows(source, asset, heights, more, PurePosixPath(source.path).stem)
