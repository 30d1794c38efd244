"""glTF models: the container, the document, and what it refers to."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cimkit.checks._tiles3d.accessors import Accessors
from cimkit.checks._tiles3d.buffers import Buffers, inline
from cimkit.checks._tiles3d.compression import MESHOPT, check_packed, unpacked
from cimkit.checks._tiles3d.copies import check_copies
from cimkit.checks._tiles3d.gltf_members import DOCUMENT
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.meshes import check_meshes
from cimkit.checks._tiles3d.nodes import check_nodes
from cimkit.checks._tiles3d.reading import load_json
from cimkit.checks._tiles3d.shapes import fits

__all__ = ["Model", "check_model"]

Read = Callable[[str], bytes | None]
"""Bytes of a file by its address in the document; None if it is not there."""

_COMPRESSED = {
    "KHR_draco_mesh_compression",
    *MESHOPT,
    "KHR_gaussian_splatting_compression_spz",
    "KHR_gaussian_splatting_compression_spz_2",
}


@dataclass(slots=True)
class Model:
    """A document that could be read."""

    said: dict[str, Any]
    buffers: Buffers
    accessors: Accessors
    sound: bool
    """Its structure holds: what is in it can be relied on."""


def check_model(data: bytes, issues: Issues, read: Read, *, padded: bool = False) -> Model | None:
    """Tell of what is wrong with a .gltf or .glb; return it if it can be read.

    Parameters
    ----------
    read
        Gives buffers and images that lie in other files.
    padded
        It is part of a tile, which may end with zeros after it.
    """
    issues = issues.on("gltf")
    issues.count("gltf")
    before = issues.number
    parts = _parts(data, issues, padded)
    if parts is None:
        return None
    said, binary = parts
    version = (said.get("asset") or {}).get("version") if isinstance(said.get("asset"), dict) else 0
    if isinstance(version, str) and version.split(".")[0] != "2":
        issues.tell("version-unknown", "/asset/version", got=version, expected="2.0")
        return None
    issues.found.clear()
    if not fits(said, DOCUMENT, issues):
        return Model(said, Buffers([], [], lambda i: None), Accessors({}, None, issues), False)
    _extensions(said, issues)
    right = check_packed(said, issues) and _references(said, issues)
    buffers = Buffers(
        said.get("buffers") or [],
        said.get("bufferViews") or [],
        lambda i: _buffer(said, i, binary, issues, read),
        lambda i, inner, packed: unpacked(inner, packed, issues, f"/bufferViews/{i}"),
    )
    accessors = Accessors(said, buffers, issues)
    if right:
        accessors.check()
        check_meshes(said, accessors, issues)
        check_nodes(said, issues)
        check_copies(said, accessors, issues)
        _images(said, buffers, issues, read)
    return Model(said, buffers, accessors, right and issues.number == before)


def _parts(data: bytes, issues: Issues, padded: bool) -> tuple[dict[str, Any], bytes | None] | None:
    if data[:4] != b"glTF":
        said = _json(data, issues)
        return None if said is None else (said, None)
    if len(data) < 12:
        issues.tell("bytes-number", got=len(data), expected="≥ 12")
        return None
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        issues.tell("version-unknown", got=version, expected="2")
        return None
    if length > len(data) or (length < len(data) and not padded):
        issues.tell("bytes-number", got=len(data), expected=str(length))
        return None
    at, binary, order = 12, None, 0
    said = None
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if size % 4:
            issues.tell("bytes-misaligned", got=size, expected="n × 4")
        if at + 8 + size > length:
            issues.tell("bytes-beyond", got=at + 8 + size, expected=f"≤ {length}")
            return None
        body = data[at + 8 : at + 8 + size]
        if kind == 0x4E4F534A:
            if order:
                issues.tell("chunk-unfit", got=f"JSON [{order}]", expected="JSON [0]")
            else:
                said = _json(body, issues)
                if said is None:
                    return None
        elif kind == 0x004E4942:
            if order != 1:
                issues.tell("chunk-unfit", got=f"BIN [{order}]", expected="BIN [1]")
            binary = body
        elif not order:
            issues.tell("chunk-unfit", got=f"{kind:#x}", expected="JSON [0]")
            return None
        at += 8 + size + (-size % 4)
        order += 1
    if at < length:
        issues.tell("bytes-number", got=length - at, expected="≥ 8")
    if said is None:
        issues.tell("chunk-unfit", got="–", expected="JSON [0]")
        return None
    return said, binary


def _json(raw: bytes, issues: Issues) -> dict[str, Any] | None:
    if raw[:3] == b"\xef\xbb\xbf":
        issues.tell("json-bom", got="EF BB BF")
        raw = raw[3:]
    try:
        said = load_json(raw)
    except (ValueError, RecursionError) as error:
        issues.tell("json-broken", got=str(error))
        return None
    if not isinstance(said, dict):
        issues.tell("type-wrong", got=said, expected="object")
        return None
    return said


def _extensions(said: dict[str, Any], issues: Issues) -> None:
    used = set(said.get("extensionsUsed") or [])
    for name in sorted(set(said.get("extensionsRequired") or []) - used):
        issues.tell("extension-required-unused", "/extensionsRequired", got=name)
    for name in sorted(issues.found - used):
        issues.tell("extension-undeclared", "/extensionsUsed", got=name, expected=name)


def _references(said: dict[str, Any], issues: Issues) -> bool:
    """Hold the indices of one object in another against how many of these there are."""
    right = True
    for pointer, index, of in _indices(said):
        many = len(said.get(of) or [])
        if index >= many:
            issues.tell("index-beyond", pointer, got=index, expected=f"< {many} ({of})")
            right = False
    for i, view in enumerate(said.get("bufferViews") or []):
        if view["buffer"] < len(said.get("buffers") or []):
            end = int(view.get("byteOffset") or 0) + int(view["byteLength"])
            size = int(said["buffers"][view["buffer"]]["byteLength"])
            if end > size:
                issues.tell("bytes-beyond", f"/bufferViews/{i}", got=end, expected=f"≤ {size}")
                right = False
    for i, image in enumerate(said.get("images") or []):
        given = [k for k in ("uri", "bufferView") if image.get(k) is not None]
        if len(given) != 1:
            got = ", ".join(given) or "–"
            issues.tell("both-given", f"/images/{i}", got=got, expected="uri | bufferView")
            right = False
        elif given == ["bufferView"] and image.get("mimeType") is None:
            issues.tell("member-missing", f"/images/{i}", expected="mimeType")
    return right


def _indices(said: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    plain = {
        "bufferViews": {"buffer": "buffers"},
        "accessors": {"bufferView": "bufferViews"},
        "images": {"bufferView": "bufferViews"},
        "textures": {"sampler": "samplers", "source": "images"},
        "nodes": {"mesh": "meshes", "camera": "cameras", "skin": "skins"},
        "skins": {"inverseBindMatrices": "accessors", "skeleton": "nodes"},
    }
    for of, members in plain.items():
        for i, one in enumerate(said.get(of) or []):
            for name, to in members.items():
                if one.get(name) is not None:
                    yield f"/{of}/{i}/{name}", one[name], to
    for of, name in (("nodes", "children"), ("scenes", "nodes"), ("skins", "joints")):
        for i, one in enumerate(said.get(of) or []):
            for n, index in enumerate(one.get(name) or []):
                yield f"/{of}/{i}/{name}/{n}", index, "nodes"
    if said.get("scene") is not None:
        yield "/scene", said["scene"], "scenes"
    for i, mesh in enumerate(said.get("meshes") or []):
        for n, primitive in enumerate(mesh["primitives"]):
            at = f"/meshes/{i}/primitives/{n}"
            for name, to in (("indices", "accessors"), ("material", "materials")):
                if primitive.get(name) is not None:
                    yield f"{at}/{name}", primitive[name], to
            for name, index in primitive["attributes"].items():
                yield f"{at}/attributes/{name}", index, "accessors"
            for t, target in enumerate(primitive.get("targets") or []):
                for name, index in target.items():
                    yield f"{at}/targets/{t}/{name}", index, "accessors"
    for i, material in enumerate(said.get("materials") or []):
        metal = material.get("pbrMetallicRoughness") or {}
        for name in ("baseColorTexture", "metallicRoughnessTexture"):
            if metal.get(name) is not None:
                at = f"/materials/{i}/pbrMetallicRoughness/{name}/index"
                yield at, metal[name]["index"], "textures"
        for name in ("normalTexture", "occlusionTexture", "emissiveTexture"):
            if material.get(name) is not None:
                yield f"/materials/{i}/{name}/index", material[name]["index"], "textures"
    for i, animation in enumerate(said.get("animations") or []):
        for n, sampler in enumerate(animation["samplers"]):
            for name in ("input", "output"):
                yield f"/animations/{i}/samplers/{n}/{name}", sampler[name], "accessors"
        for n, channel in enumerate(animation["channels"]):
            if channel["target"].get("node") is not None:
                yield (
                    f"/animations/{i}/channels/{n}/target/node",
                    channel["target"]["node"],
                    "nodes",
                )


def _buffer(
    said: dict[str, Any], index: int, binary: bytes | None, issues: Issues, read: Read
) -> bytes | None:
    buffer, at = said["buffers"][index], f"/buffers/{index}"
    size, uri = int(buffer["byteLength"]), buffer.get("uri")
    if uri is None:
        if _COMPRESSED & set(buffer.get("extensions") or ()):
            return None  # stands for what a compressed view unpacks to
        data = binary if index == 0 else None
        if data is None:
            issues.tell("member-missing", at, expected="uri")
            return None
    else:
        data = inline(uri) if uri.startswith("data:") else read(uri)
        if data is None:
            issues.tell("file-missing", f"{at}/uri", got=uri)
            return None
    if len(data) < size:
        issues.tell("bytes-number", at, got=len(data), expected=str(size))
        return None
    if uri is None and len(data) - size > 3:
        issues.tell(
            "bytes-number", at, got=len(data), expected=f"{size} … {size + 3}", severity="warning"
        )
    return data


def _images(said: dict[str, Any], buffers: Buffers, issues: Issues, read: Read) -> None:
    for i, image in enumerate(said.get("images") or []):
        at, uri = f"/images/{i}", image.get("uri")
        if uri is None:
            data = buffers.view(image["bufferView"])
            if data is None:
                continue
        else:
            data = inline(uri) if uri.startswith("data:") else read(uri)
            if data is None:
                remote = "://" in uri
                issues.tell(
                    "file-remote" if remote else "file-missing", f"{at}/uri", got=uri,
                    severity="warning" if remote else "error",
                )  # fmt: skip
                continue
        kind = _picture(data)
        if not kind:
            issues.tell("image-unknown", at, got=data[:4].hex(" "), severity="warning")
        elif image.get("mimeType") not in (None, kind):
            issues.tell("image-type", f"{at}/mimeType", got=image["mimeType"], expected=kind)


def _picture(data: bytes) -> str:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/ktx2" if data[:12] == b"\xabKTX 20\xbb\r\n\x1a\n" else ""
