"""Contents of tiles: b3dm, i3dm, pnts, cmpt and models, with the positions they hold."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cimkit.checks._tiles3d.features import check_features as check_feature_ids
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.model import check_model
from cimkit.checks._tiles3d.positions import Points, instances, points_of_model, points_of_table
from cimkit.checks._tiles3d.reading import load_json
from cimkit.checks._tiles3d.structural import check_structural
from cimkit.checks._tiles3d.tile_tables import check_batches, check_features

__all__ = ["LEGACY", "Content", "check_content", "unzipped"]

Read = Callable[[str], bytes | None]

LEGACY = ("geom", "vctr")
_DEEPEST = 8
_LARGEST = 512_000_000


@dataclass(slots=True)
class Content:
    """What was found in a content."""

    kind: str
    """b3dm, i3dm, pnts, cmpt, glTF, or "" if it is none of them."""
    points: list[Points] = field(default_factory=list)
    """Positions it draws, in the tile's own frame."""


def unzipped(data: bytes) -> bytes:
    """Return content as it is once a server's gzip is taken off."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return unpacker.decompress(data, _LARGEST)
    except (zlib.error, gzip.BadGzipFile):
        return data


def check_content(
    data: bytes, issues: Issues, read: Read, axis: str = "Y", depth: int = 0
) -> Content:
    """Tell of what is wrong with the bytes of a content.

    Parameters
    ----------
    read
        Gives files by their address in the content.
    axis
        Which axis of models is up, as the tileset says (``asset.gltfUpAxis``).
    """
    magic = data[:4].decode("latin-1")
    if magic == "glTF" or data.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"{":
        return Content("glTF", _model(data, issues, read, axis))
    issues = issues.on("contents")
    issues.count("contents")
    if magic == "cmpt":
        return _composite(data, issues, read, axis, depth)
    if magic in LEGACY:
        issues.tell("content-legacy", got=magic, severity="info")
        return Content(magic)
    return _tables(magic, data, issues, read, axis)


def _model(
    data: bytes, issues: Issues, read: Read, axis: str, *, padded: bool = False
) -> list[Points]:
    issues = issues.on("gltf").into(issues.file)
    model = check_model(data, issues, read, padded=padded)
    if model is None or not model.sound:
        return []
    metadata = issues.on("metadata")
    check_structural(model, metadata, read, _json_of(read, metadata))
    check_feature_ids(model, metadata, read)
    return points_of_model(model, axis, issues)


def _json_of(read: Read, issues: Issues) -> Callable[[str, str], Any]:
    def load(uri: str, pointer: str) -> Any:
        data = read(uri)
        if data is None:
            issues.tell("file-missing", pointer, got=uri)
            return None
        try:
            return load_json(data)
        except (ValueError, RecursionError) as error:
            issues.tell("json-broken", pointer, got=str(error))
            return None

    return load


def _header(data: bytes, size: int, issues: Issues) -> int | None:
    """Return the length a header states, None if the content cannot be read on."""
    if len(data) < size:
        issues.tell("bytes-number", got=len(data), expected=f"≥ {size}")
        return None
    version, length = struct.unpack_from("<II", data, 4)
    if version != 1:
        issues.tell("version-unknown", got=version, expected="1")
        return None
    if length != len(data):
        issues.tell("bytes-number", got=len(data), expected=str(length))
        return None
    return int(length)


def _composite(data: bytes, issues: Issues, read: Read, axis: str, depth: int) -> Content:
    content = Content("cmpt")
    if _header(data, 16, issues) is None:
        return content
    if len(data) % 8:
        issues.tell("bytes-misaligned", got=len(data), expected="n × 8")
    (count,) = struct.unpack_from("<I", data, 12)
    if depth >= _DEEPEST:
        issues.tell("nested-deep", got=depth, expected=f"< {_DEEPEST}")
        return content
    at = 16
    for n in range(count):
        if at + 12 > len(data):
            issues.tell("bytes-number", f"/tiles/{n}", got=n, expected=str(count))
            break
        (length,) = struct.unpack_from("<I", data, at + 8)
        inner = data[at : at + length]
        inside = issues.into(f"{issues.file}[{n}]")
        if length < 12 or at + length > len(data):
            issues.tell("bytes-beyond", f"/tiles/{n}", got=length, expected=f"≤ {len(data) - at}")
            break
        if at % 8:
            issues.tell("bytes-misaligned", f"/tiles/{n}", got=at, expected="n × 8")
        if inner[:4] not in (b"b3dm", b"i3dm", b"pnts", b"cmpt"):
            issues.tell("magic-wrong", f"/tiles/{n}", got=inner[:4].decode("latin-1"),
                        expected="b3dm | i3dm | pnts | cmpt")  # fmt: skip
        else:
            content.points += check_content(inner, inside, read, axis, depth + 1).points
        at += length
    return content


def _tables(magic: str, data: bytes, issues: Issues, read: Read, axis: str) -> Content:
    content = Content(magic)
    header = 32 if magic == "i3dm" else 28
    length = _header(data, header, issues)
    if length is None:
        return content
    embedded = magic == "b3dm"
    if magic == "i3dm":
        (form,) = struct.unpack_from("<I", data, 28)
        if form > 1:
            issues.tell("range-wrong", "/header/gltfFormat", got=form, expected="0 | 1")
            return content
        embedded = form == 1
    sizes = struct.unpack_from("<4I", data, 12)
    if magic == "b3dm" and (sizes[2] >= 570425344 or sizes[3] >= 570425344):
        issues.tell("version-unknown", "/header", got="b3dm 20/24", expected="b3dm 28")
        return content
    ends = [header]
    for size in sizes:
        ends.append(ends[-1] + size)
    names = ("featureTableBinary", "batchTable", "batchTableBinary", "gltf")
    for name, end in zip(names, ends[1:], strict=True):
        if end % 8 and (name != "gltf" or embedded):
            issues.tell("bytes-misaligned", f"/{name}", got=end, expected="n × 8")
    if length % 8:
        issues.tell("bytes-misaligned", "/header/byteLength", got=length, expected="n × 8")
    if ends[-1] > length:
        issues.tell("bytes-beyond", "/header", got=ends[-1], expected=f"≤ {length}")
        return content
    features = _json(data[ends[0] : ends[1]], issues, "/featureTable")
    batches = _json(data[ends[2] : ends[3]], issues, "/batchTable")
    if features is None or batches is None:
        return content
    binary = data[ends[1] : ends[2]]
    many = check_features(magic, features, binary, issues)
    rows = many
    if magic == "pnts" and isinstance(features.get("BATCH_LENGTH"), int):
        rows = features["BATCH_LENGTH"]
    check_batches(batches, data[ends[3] : ends[4]], rows, issues)
    if magic == "pnts":
        content.points = points_of_table("pnts", features, many, binary, issues)
        return content
    body = data[ends[4] : length]
    if embedded:
        shapes = _model(body, issues, read, axis, padded=True)
    else:
        uri = body.rstrip(b" \0").decode("utf-8", "replace")
        found = read(uri)
        if found is None:
            issues.on("references").tell("file-missing", "/gltf", got=uri)
            return content
        shapes = _model(found, issues.into(uri), read, axis)
    if magic == "i3dm":
        content.points = instances(features, many, binary, shapes)
    else:
        centre = np.zeros(3)
        given = features.get("RTC_CENTER")
        if isinstance(given, list) and len(given) == 3:
            centre = np.asarray(given, np.float64)
        elif isinstance(given, dict):
            centre = _centre(given, binary)
        content.points = [shape.moved(centre) for shape in shapes]
    return content


def _centre(given: dict[str, Any], binary: bytes) -> Any:
    at = given.get("byteOffset")
    if not isinstance(at, int) or at < 0 or at + 12 > len(binary):
        return np.zeros(3)
    return np.frombuffer(binary, "<f4", 3, at).astype(np.float64)


def _json(raw: bytes, issues: Issues, at: str) -> dict[str, Any] | None:
    if not raw.strip(b" \0"):
        return {}
    try:
        said = load_json(raw.rstrip(b" \0"))
    except (ValueError, RecursionError) as error:
        issues.tell("json-broken", at, got=str(error))
        return None
    if not isinstance(said, dict):
        issues.tell("type-wrong", at, got=said, expected="object")
        return None
    return said
