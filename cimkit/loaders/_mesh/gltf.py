"""What a glTF 2.0 document says, without decoding its textures or compressed geometry."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._mesh.bounds import bounds
from cimkit.loaders._mesh.jsons import child, item, items

__all__ = ["Gltf", "describe", "parse_gltf", "schema_of", "uris"]

Reals = npt.NDArray[np.float64]

_COUNTED = ("meshes", "nodes", "materials", "textures", "images", "animations", "accessors")
_SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_PARTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


@dataclass(slots=True)
class Gltf:
    """What is known of a model."""

    counts: dict[str, int] = field(default_factory=dict)
    """meshes, primitives, triangles, vertices, materials, textures, images, nodes, features …"""
    properties: dict[str, Any] = field(default_factory=dict)
    """Version, generator, copyright, extensions, schema of its metadata; JSON values."""
    bounds: tuple[Reals, Reals] | None = None
    """Least and greatest (x, y, z) over its scenes, y up, in metres; None if it has no vertices."""
    rtc: tuple[float, float, float] | None = None
    """Centre of CESIUM_RTC, earth-centred metres."""
    contradictions: list[tuple[str, str]] = field(default_factory=list)
    """(where, what) does not fit together."""


def parse_gltf(data: bytes) -> tuple[dict[str, Any], int]:
    """Return the JSON of a .gltf or .glb, and how many bytes its binary chunk has.

    Raises
    ------
    ValueError
        If it is neither, or broken.
    """
    if data[:4] != b"glTF":
        said = json.loads(data.decode("utf-8-sig"))
        if not isinstance(said, dict):
            raise ValueError("the JSON is no object")
        return said, 0
    if len(data) < 20:
        raise ValueError("shorter than its header")
    version, _ = struct.unpack_from("<II", data, 4)
    if version == 1:
        length, kind = struct.unpack_from("<II", data, 12)
        return json.loads(data[20 : 20 + length].decode("utf-8", "replace")), len(
            data
        ) - 20 - length
    at, said, binary = 12, None, 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from("<II", data, at)
        if kind == 0x4E4F534A and said is None:
            if at + 8 + length > len(data):
                raise ValueError("its JSON is cut off")
            said = json.loads(data[at + 8 : at + 8 + length].decode("utf-8"))
        elif kind == 0x004E4942:
            binary = min(length, len(data) - at - 8)
        at += 8 + length
        if data[at + 4 : at + 8] not in _CHUNKS:  # some writers leave out the padding, as some
            at += -length % 4  # leave it out of the length
    if not isinstance(said, dict):
        raise ValueError("it has no JSON chunk")
    return said, binary


def describe(said: dict[str, Any], binary: int = 0) -> Gltf:
    """Count what a document holds, and find its bounds with the transforms of its nodes.

    Parameters
    ----------
    said : dict
        The JSON.
    binary : int
        Bytes of the binary chunk of a .glb.
    """
    found = Gltf()
    found.counts = {n: len(v) for n in _COUNTED if isinstance(v := said.get(n), list | dict)}
    listed = all(isinstance(said.get(n, []), list) for n in ("meshes", "accessors", "nodes"))
    if listed:
        _primitives(said, found)
    _texts(said, found)
    metadata = child(said, "extensions", "EXT_structural_metadata")
    if metadata:
        found.properties["schema"] = schema_of(child(metadata, "schema"))
        if isinstance(metadata.get("schemaUri"), str):
            found.properties["schema_uri"] = metadata["schemaUri"]
        tables = items(metadata, "propertyTables")
        found.counts["property_tables"] = len(tables)
        counts = [t.get("count") for t in tables if isinstance(t, dict)]
        found.counts["features"] = sum(c for c in counts if isinstance(c, int) and c > 0)
    _check(said, binary, found)
    _check_nodes(said, found)
    found.bounds = bounds(said)
    centre = child(said, "extensions", "CESIUM_RTC").get("center")
    if isinstance(centre, list) and len(centre) == 3:
        try:
            found.rtc = (float(centre[0]), float(centre[1]), float(centre[2]))
        except (TypeError, ValueError):
            found.contradictions.append(("extensions.CESIUM_RTC", "its centre is no position"))
    return found


def uris(said: dict[str, Any]) -> Iterator[str]:
    """Give the addresses of buffers, images and the metadata schema."""
    for owner in (*_each(said, "buffers"), *_each(said, "images"), *_each(said, "shaders")):
        if isinstance(owner, dict) and isinstance(owner.get("uri"), str):
            yield owner["uri"]
    schema = child(said, "extensions", "EXT_structural_metadata").get("schemaUri")
    if isinstance(schema, str):
        yield schema


def _each(said: dict[str, Any], name: str) -> list[Any]:
    """Return what glTF 2 has in an array, and glTF 1 by name in an object."""
    return items(said, name) or list(child(said, name).values())


def _texts(said: dict[str, Any], found: Gltf) -> None:
    asset = child(said, "asset")
    for name in ("version", "minVersion", "generator", "copyright"):
        if isinstance(asset.get(name), str):
            found.properties[name] = asset[name][:1000]
    for name in ("extensionsUsed", "extensionsRequired"):
        listed = [e for e in items(said, name) if isinstance(e, str)]
        if listed:
            found.properties[name] = listed
    for owner, extras in (("asset", asset.get("extras")), ("document", said.get("extras"))):
        if isinstance(extras, dict):
            text = json.dumps(extras)
            found.properties[f"{owner}_extras"] = (
                extras if len(text) < 4000 else sorted(extras)[:100]
            )
    names = [n["name"] for n in items(said, "nodes") if isinstance(n, dict) and "name" in n]
    if names:
        found.properties["node_names"] = [str(n)[:200] for n in names[:20]]


def _primitives(said: dict[str, Any], found: Gltf) -> None:
    accessors = items(said, "accessors")
    totals: Counter[str] = Counter()
    modes: Counter[int] = Counter()
    for at, mesh in enumerate(items(said, "meshes")):
        if not items(mesh, "primitives"):
            found.contradictions.append((f"meshes[{at}]", "it has no list of primitives"))
        for primitive in items(mesh, "primitives"):
            mode = primitive.get("mode", 4) if isinstance(primitive, dict) else 4
            position = item(accessors, child(primitive, "attributes").get("POSITION"))
            vertices = position.get("count", 0)
            indexed = (
                item(accessors, primitive.get("indices")) if isinstance(primitive, dict) else {}
            )
            many = indexed.get("count", vertices)
            _check_corners(f"meshes[{at}]", indexed, position, found)
            if not isinstance(many, int) or not isinstance(vertices, int):
                continue
            totals["primitives"] += 1
            totals["vertices"] += vertices
            modes[mode if isinstance(mode, int) else -1] += 1
            if mode == 4:
                totals["triangles"] += many // 3
            elif mode in (5, 6):
                totals["triangles"] += max(0, many - 2)
            elif mode == 0:
                totals["points"] += many
    if totals:
        found.counts |= {"triangles": 0, **totals}


def _check(said: dict[str, Any], binary: int, found: Gltf) -> None:
    """Tell of references to what there is not, and of views that reach beyond their buffer."""
    views, buffers = items(said, "bufferViews"), items(said, "buffers")
    for i, view in enumerate(views):
        buffer = item(buffers, view.get("buffer")) if isinstance(view, dict) else {}
        size = buffer.get("byteLength")
        start, length = (view.get(n, 0) if isinstance(view, dict) else 0 for n in _VIEW)
        if not all(isinstance(v, int) for v in (size, start, length)):
            found.contradictions.append((f"bufferViews[{i}]", "it has no buffer or no length"))
        elif start + length > size:  # type: ignore[operator]
            found.contradictions.append((f"bufferViews[{i}]", "it reaches beyond its buffer"))
    first = item(buffers, 0)
    stated = first.get("byteLength")
    if buffers and "uri" not in first and isinstance(stated, int) and binary < stated:
        found.contradictions.append(
            (f"buffers[0] {binary} of {stated} bytes", "its buffer is longer than its binary part")
        )
    for i, accessor in enumerate(items(said, "accessors")):
        if not isinstance(accessor, dict):
            continue
        view = item(views, accessor.get("bufferView"))
        kind, shape = accessor.get("componentType"), accessor.get("type")
        width = 0
        if isinstance(kind, int) and isinstance(shape, str):
            width = _SIZES.get(kind, 0) * _PARTS.get(shape, 0)
        start, count, length = accessor.get("byteOffset", 0), accessor.get("count"), None
        length = view.get("byteLength")
        if not view or not width or not isinstance(length, int) or not isinstance(count, int):
            continue
        stride = view.get("byteStride")
        step = stride if isinstance(stride, int) else width
        if isinstance(start, int) and start + (count - 1) * step + width > length:
            found.contradictions.append((f"accessors[{i}]", "it reaches beyond its buffer view"))


_CHUNKS = (b"JSON", b"BIN\0")
_VIEW = ("byteOffset", "byteLength")


def _check_corners(
    where: str, indexed: dict[str, Any], position: dict[str, Any], found: Gltf
) -> None:
    """Tell of indices beyond the vertices, and of positions that do not say where they are."""
    vertices, most = position.get("count"), items(indexed, "max")
    counted = most and isinstance(most[0], int | float) and isinstance(vertices, int)
    if counted and most[0] >= vertices:
        corner = f"{where} {most[0]:g} of {vertices}"
        found.contradictions.append((corner, "its indices reach beyond its vertices"))
    for name in {"min", "max"} & position.keys():
        ends = items(position, name)
        if len(ends) != 3 or not all(isinstance(v, int | float) and isfinite(v) for v in ends):
            found.contradictions.append((where, f"its positions have no finite {name}"))


def _check_nodes(said: dict[str, Any], found: Gltf) -> None:
    """Tell of nodes that are not there, that have two parents, or that are in a circle."""
    nodes = items(said, "nodes")
    above: dict[int, int] = {}
    for i, node in enumerate(nodes):
        for below in items(node, "children"):
            if not isinstance(below, int) or not 0 <= below < len(nodes):
                found.contradictions.append((f"nodes[{i}]", "it has a child that is not there"))
            elif below in above:
                found.contradictions.append((f"nodes[{below}]", "it is below two nodes"))
            else:
                above[below] = i
    sound: set[int] = set()
    for start in above:
        path: list[int] = []
        at: int | None = start
        while at is not None and at not in sound:
            if at in path[-1:] or (len(path) > len(nodes)):
                found.contradictions.append((f"nodes[{start}]", "it is below itself"))
                return
            path.append(at)
            at = above.get(at)
        sound.update(path)


def schema_of(said: dict[str, Any]) -> dict[str, Any]:
    """Return the classes of a metadata schema: {class: {property: type}}."""
    classes = {}
    for name, one in child(said, "classes").items():
        fields = {}
        for prop, about in child(one, "properties").items():
            kind = child(about)
            words = [str(kind.get(k)) for k in ("type", "componentType", "enumType") if k in kind]
            fields[prop] = " ".join([*words, *(["array"] if kind.get("array") else [])])
        classes[name] = fields
    found: dict[str, Any] = {"classes": classes}
    if isinstance(said.get("id"), str):
        found["id"] = said["id"]
    if isinstance(said.get("enums"), dict):
        found["enums"] = sorted(said["enums"])
    return found
