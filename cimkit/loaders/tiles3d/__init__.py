"""3D Tiles and glTF: recorded with their counts and their place, not taken apart."""

from __future__ import annotations

import json
import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = LoaderSpec(name="tiles3d", kind="tiles", title="3D Tiles and glTF", version=1)

_MAGIC = (b"glTF", b"b3dm", b"i3dm", b"pnts", b"cmpt", b"subt", b"geom", b"vctr")
_MEDIA = {"glTF": "model/gltf-binary", "tileset": "application/json", "gltf": "model/gltf+json"}
_TEMPLATE = re.compile(r"\\\{(level|x|y|z)\\\}")


def sniff(head: Head) -> int:
    """Recognise tiles by their magic, tilesets and glTF by the fields that only they have."""
    start = head.start
    if start[:4] in _MAGIC and len(start) >= 12:
        return 90
    if start[:4] == b"PK\x03\x04":
        return 80 if _is_3tz(head) else 0
    if head.name.endswith(".3tz"):
        return 5  # it says so and is none: it is refused, not passed over
    text = start.lstrip(b"\xef\xbb\xbf").lstrip()
    if text[:1] != b"{" or b'"stac_version"' in start or b'"CityJSON' in start:
        return 0
    if b'"geometricError"' in start and (b'"root"' in start or b'"asset"' in start):
        return 70
    own = (b'"meshes"', b'"accessors"', b'"bufferViews"', b'"scenes"', b'"nodes"')
    return 65 if b'"asset"' in start and any(word in start for word in own) else 0


def _is_3tz(head: Head) -> bool:
    if not head.name.endswith(".3tz") and b"3dtilesIndex" not in head.start:
        return False
    try:
        with zipfile.ZipFile(head.file) as archive:
            return "tileset.json" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return head.name.endswith(".3tz")


def _uris(value: Any) -> Iterator[str]:
    """Give the values of all ``uri`` and ``url`` fields."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("uri", "url", "schemaUri") and isinstance(inner, str):
                yield inner
            else:
                yield from _uris(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _uris(inner)


def siblings(path: str, listing: set[str], file: Path) -> set[str]:
    """Name the delivered files that a tileset or a glTF refers to."""
    try:
        said = _json(file)
    except (ValueError, OSError, RecursionError):
        return set()  # binary, or broken: `probe` says so
    found = set()
    folder = posixpath.dirname(path)
    for uri in _uris(said):
        if uri.startswith("data:") or "://" in uri:
            continue
        target = posixpath.normpath(posixpath.join(folder, unquote(uri.split("?")[0])))
        if "{" in target:
            pattern = re.compile(_TEMPLATE.sub(r"\\d+", re.escape(target)))
            found |= {name for name in listing if pattern.fullmatch(name)}
        elif target in listing:
            found.add(target)
    return found


def _json(file: Path) -> Any:
    with file.open("rb") as opened:
        if opened.read(1) not in (b"{", b"\xef", b" ", b"\n", b"\r", b"\t"):
            raise ValueError("no JSON object")
    return json.loads(file.read_bytes().decode("utf-8-sig"))


@dataclass(slots=True)
class _Found:
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    title: str = ""
    box: tuple[float, float, float, float] | None = None

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def trouble(self, code: str, message: str, place: str = "", **more: Any) -> None:
        self.problems.append(Problem(code, message, place=place, **more))


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count tiles and contents, and compare the lengths that headers state with the files'.

    Raises
    ------
    SourceUnreadable
        If it is neither what its first bytes nor what its name promise.
    """
    with source.file.open("rb") as opened:
        magic = opened.read(4)
    found = _Found()
    if magic in _MAGIC:
        _binary(source.file, found)
        kind, media = magic.decode(), _MEDIA.get(magic.decode(), "application/octet-stream")
    elif magic[:2] == b"PK" or source.file.suffix.lower() == ".3tz":
        _archive(source, found)
        kind, media = "tileset", "application/zip"
    else:
        try:
            said = _json(source.file)
        except ValueError as error:
            raise SourceUnreadable(
                "its JSON is broken", where=source.path, got=str(error)
            ) from error
        kind = "tileset" if "root" in said or "geometricError" in said else "gltf"
        (_tileset if kind == "tileset" else _gltf)(said, found)
        media = _MEDIA[kind]
    for member in source.members:
        beside = posixpath.relpath(member, posixpath.dirname(source.path) or ".")
        file = source.file.parent / beside
        if file.is_file() and options.depth != "header":
            with file.open("rb") as opened:
                is_tile = opened.read(4) in _MAGIC
            if is_tile:
                _binary(file, found, member)
            elif member.lower().endswith(".3tz") and not zipfile.is_zipfile(file):
                found.trouble(
                    "content-unreadable",
                    "An archive of tiles is no archive.",
                    member,
                    severity="error",
                )
    return Asset(
        path=source.path,
        kind="mesh" if kind in ("gltf", "glTF") else "tiles",
        format=found.title,
        media_type=media,
        counts=found.counts,
        crs="EPSG:4978" if found.box else None,
        crs_origin="assumed" if found.box else "none",
        bbox_wgs84=found.box,
        properties={"class": kind},
        problems=tuple(found.problems),
    )


def _binary(file: Path, found: _Found, place: str = "") -> None:
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(28)
    if len(start) < 12:
        raise SourceUnreadable("a tile shorter than its header", got=f"{size} bytes")
    magic, version, length = start[:4].decode(), *struct.unpack_from("<II", start, 4)
    found.title = found.title or f"{magic} {version}"
    found.add(magic)
    if magic == "subt" and len(start) >= 24:
        texts, binary = struct.unpack_from("<QQ", start, 8)
        length = 24 + texts + binary
    if length != size:
        found.trouble(
            "length-contradiction",
            "Its header states another length than the file has.",
            place,
            got=f"{size} bytes",
            expected=f"{length} bytes",
            hint="Was it cut off on the way? Deliver it again.",
        )
    expected = (1, 2) if magic == "glTF" else (1,)
    if version not in expected:
        found.trouble(
            "version-unknown",
            f"There is no version {version} of {magic}.",
            place,
            got=str(version),
            expected=str(expected[-1]),
        )


def _archive(source: Source, found: _Found) -> None:
    try:
        with zipfile.ZipFile(source.file) as archive:
            found.add("contents", len(archive.namelist()))
            said = json.loads(archive.read("tileset.json").decode("utf-8-sig"))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise SourceUnreadable(
            "it is no archive of a tileset", where=source.path, got=str(error)
        ) from error
    _tileset(said, found)
    found.title = f"3TZ, {found.title}"


def _gltf(said: dict[str, Any], found: _Found) -> None:
    version = said.get("asset", {}).get("version", "")
    found.title = f"glTF {version}".strip()
    for name in ("meshes", "nodes", "materials", "accessors"):
        found.add(name, len(said.get(name, ())))


def _tileset(said: dict[str, Any], found: _Found) -> None:
    asset = said.get("asset")
    version = asset.get("version") if isinstance(asset, dict) else None
    found.title = f"3D Tiles {version or ''}".strip()
    if version not in ("0.0", "1.0", "1.1"):
        found.trouble(
            "version-unknown",
            "The tileset does not say which version of 3D Tiles it is.",
            "asset.version",
            got=str(version),
            expected="1.0 or 1.1",
        )
    error = said.get("geometricError")
    if not isinstance(error, int | float) or error < 0:
        message = "Its geometric error is no number from 0 up."
        found.trouble("tileset-invalid", message, "geometricError", got=str(error))
    root = said.get("root")
    if not isinstance(root, dict):
        found.trouble("tileset-invalid", "It has no root tile.", "root", severity="error")
        return
    waiting = [(root, "root")]
    while waiting:
        tile, place = waiting.pop()
        found.add("tiles")
        _tile(tile, place, found)
        children = tile.get("children", [])
        for i, child in enumerate(children if isinstance(children, list) else []):
            if isinstance(child, dict):
                waiting.append((child, f"{place}.children[{i}]"))
    from cimkit.loaders.tiles3d.place import box_of

    found.box = box_of(root)


def _tile(tile: dict[str, Any], place: str, found: _Found) -> None:
    contents = tile.get("contents") or [tile.get("content")]
    found.add("contents", sum(isinstance(c, dict) for c in contents))
    if not isinstance(tile.get("boundingVolume"), dict):
        found.trouble("tileset-invalid", "A tile has no bounding volume.", place)
    if not isinstance(tile.get("geometricError"), int | float):
        found.trouble("tileset-invalid", "A tile has no geometric error.", place)
    if tile.get("refine") not in (None, "ADD", "REPLACE"):
        found.trouble(
            "tileset-invalid",
            "A tile refines in a way that there is not.",
            place,
            got=str(tile.get("refine")),
            expected="ADD or REPLACE",
        )


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Give one object: the tileset, or the model, as a whole."""
    import numpy as np
    import pyarrow as pa
    import shapely

    from cimkit.geometry.vector import boxes, content_hash, write_wkb
    from cimkit.model import STAGED

    box = asset.bbox_wgs84
    shape = np.array([shapely.box(*box) if box else None], dtype=object)
    text = json.dumps({**asset.counts, **asset.properties})
    hashed = json.dumps({"sha256": asset.sha256})
    row = {
        "source_layer": "",
        "source_key": asset.sha256 or source.path,
        "key_origin": "sha256",
        "source_class": asset.properties["class"],
        "kind": asset.kind,
        "name": PurePosixPath(source.path).stem,
        "geometry": write_wkb(shape)[0].as_py(),
        "bbox": boxes(shape)[0].as_py(),
        "position_origin": "file" if box else "none",
        "properties": text,
        "content_hash": content_hash(write_wkb(shape), pa.array([hashed]))[0].as_py(),
    }
    yield "objects", pa.Table.from_pylist([row], schema=STAGED["objects"])
