"""Contents of tiles: their headers, how many features they have, what they are made of."""

from __future__ import annotations

import json
import struct
from typing import Any

from cimkit.loaders._mesh.gltf import Gltf, describe, parse_gltf
from cimkit.loaders.tiles3d.found import Found

__all__ = ["MAGIC", "content"]

MAGIC = (b"glTF", b"b3dm", b"i3dm", b"pnts", b"cmpt", b"subt", b"geom", b"vctr")
_VERSIONS = {"glTF": (1, 2)}
_DEEPEST = 8
"""Composites of composites."""


def content(data: bytes, size: int, place: str, found: Found, depth: int = 0) -> Gltf | None:
    """Take up a binary content; return the glTF it is or holds.

    Parameters
    ----------
    data : bytes
        All of it.
    size : int
        Bytes that it has on disk.
    place : str
        Its name, for the problems.
    found : Found
        Gets counts and problems.
    """
    magic = data[:4].decode("latin-1")
    if len(data) < 12 or (magic == "subt" and len(data) < 24):
        message = "A content of tiles is shorter than its header."
        found.trouble("content-unreadable", message, place, got=f"{size} bytes", severity="error")
        return None
    version, length = struct.unpack_from("<II", data, 4)
    found.counts[magic] += 1
    if magic == "subt":
        texts, binary = struct.unpack_from("<QQ", data, 8)
        length = 24 + texts + binary
    if length != size:
        found.trouble(
            "length-contradiction",
            "Its header states another length than the file has.",
            place,
            got=f"{size} bytes, stated {length}",
            hint="Was it cut off on the way? Deliver it again.",
        )
    expected = _VERSIONS.get(magic, (1,))
    if version not in expected:
        found.trouble(
            "version-unknown",
            f"There is no version {version} of {magic}.",
            place,
            got=str(version),
            expected=str(expected[-1]),
        )
    if magic == "glTF":
        return _model(data, place, found)
    if magic == "cmpt":
        return _composite(data, place, found, depth)
    if magic in ("b3dm", "i3dm", "pnts"):
        return _tables(magic, data, place, found)
    return None


def _model(data: bytes, place: str, found: Found) -> Gltf | None:
    try:
        said, binary = parse_gltf(data)
        model = describe(said, binary)
    except (ValueError, struct.error, RecursionError) as error:
        message = "A model of the tiles cannot be read."
        found.trouble("content-unreadable", message, place, got=str(error)[:200], severity="error")
        return None
    for name in ("triangles", "vertices", "features", "points", "materials", "textures"):
        found.counts[name] += model.counts.get(name, 0)
    found.extensions |= set(model.properties.get("extensionsUsed", ()))
    for where, what in model.contradictions:
        found.trouble(
            "gltf-contradiction", f"A model does not fit together: {what}.", f"{place} {where}"
        )
    if "copyright" in model.properties:
        held = found.properties.setdefault("copyright", [])
        if model.properties["copyright"] not in held and len(held) < 20:
            held.append(model.properties["copyright"])
    return model


def _composite(data: bytes, place: str, found: Found, depth: int) -> Gltf | None:
    count = struct.unpack_from("<I", data, 12)[0] if len(data) >= 16 else 0
    at, first = 16, None
    for n in range(min(count, 100_000)):
        if at + 12 > len(data) or depth >= _DEEPEST:
            message = "A composite tile holds fewer tiles than it states."
            found.trouble("content-unreadable", message, place, got=f"{n} of {count}")
            break
        (length,) = struct.unpack_from("<I", data, at + 8)
        inner = data[at : at + length]
        if length < 12:
            message = "A tile in a composite one has no length."
            found.trouble("content-unreadable", message, place, got=str(length))
            break
        model = content(inner, len(inner), f"{place}[{n}]", found, depth + 1)
        first = first or model
        at += length
    return first


def _tables(magic: str, data: bytes, place: str, found: Found) -> Gltf | None:
    header = 32 if magic == "i3dm" else 28
    if len(data) < header:
        message = "A content of tiles is shorter than its header."
        found.trouble("content-unreadable", message, place, severity="error")
        return None
    lengths = struct.unpack_from("<4I", data, 12)
    at = [header]
    for n in lengths:
        at.append(at[-1] + n)
    if at[-1] > len(data):
        found.trouble(
            "content-unreadable",
            "The tables of a tile reach beyond its end.",
            place,
            got=f"{at[-1]} bytes of {len(data)}",
            severity="error",
        )
        return None
    features = _table(data[at[0] : at[1]], place, found)
    batches = _table(data[at[2] : at[3]], place, found)
    name = {"b3dm": "BATCH_LENGTH", "i3dm": "INSTANCES_LENGTH", "pnts": "POINTS_LENGTH"}[magic]
    many = features.get(name, 0)
    if isinstance(many, int) and many >= 0:
        found.counts[{"b3dm": "features", "i3dm": "instances", "pnts": "points"}[magic]] += many
    elif features:
        found.trouble("content-unreadable", f"{name} is no number.", place, got=str(many)[:100])
    fields = {k for k in batches if k not in ("extensions", "extras")}
    if fields:
        held = found.properties.setdefault("batch_table", [])
        found.properties["batch_table"] = sorted({*held, *fields})[:500]
        short = [k for k in fields if isinstance(batches[k], list) and len(batches[k]) != many]
        if short and isinstance(many, int) and magic != "pnts":
            found.trouble(
                "batch-table-contradiction",
                "A batch table has another number of rows than its tile has features.",
                place,
                got=f"{short[0]}: {len(batches[short[0]])}",
                expected=str(many),
            )
    if magic == "b3dm" and at[4] % 8:
        found.trouble("content-misaligned", "The model of a tile does not begin at 8 bytes.", place)
    body = data[at[4] :]
    if magic == "b3dm":
        return _model(body, place, found)
    if magic == "i3dm" and struct.unpack_from("<I", data, 28)[0] == 1:
        return _model(body, place, found)
    return None


def _table(raw: bytes, place: str, found: Found) -> dict[str, Any]:
    if not raw.strip(b" \0"):
        return {}
    try:
        said = json.loads(raw.rstrip(b" \0").decode("utf-8"))
    except (ValueError, RecursionError) as error:
        message = "A table of a tile is no JSON."
        found.trouble("content-unreadable", message, place, got=str(error)[:200], severity="error")
        return {}
    return said if isinstance(said, dict) else {}
