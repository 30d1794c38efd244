"""One subtree of an implicit tiling: its container, its availability, its metadata."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.buffers import Buffers, check_buffers, inline
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.reading import load_json
from cimkit.checks._tiles3d.shapes import Kind, array, fits, integer, record
from cimkit.checks._tiles3d.tables import check_table
from cimkit.checks._tiles3d.values import check_entity

__all__ = ["Shape", "Subtree", "check_subtree"]

Bits = npt.NDArray[np.bool_]

_AVAILABLE = record(
    bitstream=integer(0), bufferView=integer(0),
    constant=Kind("integer", choices=(0, 1)), availableCount=integer(0),
)  # fmt: skip
_SUBTREE = record(
    tileAvailability_=_AVAILABLE,
    contentAvailability=array(_AVAILABLE, 1),
    childSubtreeAvailability_=_AVAILABLE,
    propertyTables=array(Kind("object"), 1),
    tileMetadata=integer(0),
    contentMetadata=array(integer(0), 1),
    subtreeMetadata=Kind("object"),
)
_LEGACY = "3DTILES_multiple_contents"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the subtrees of a tiling are cut."""

    branching: int
    """4 or 8."""
    levels: int
    """Of tiles in one subtree."""

    def start(self, level: int) -> int:
        """Return how many tiles are above a level."""
        return int((self.branching**level - 1) // (self.branching - 1))


@dataclass(slots=True)
class Subtree:
    """What a subtree says that there is."""

    tiles: Bits
    contents: list[Bits] = field(default_factory=list)
    children: Bits = field(default_factory=lambda: np.zeros(0, np.bool_))


def check_subtree(
    data: bytes,
    issues: Issues,
    read: Callable[[str], bytes | None],
    shape: Shape | None,
    schema: Any,
    *,
    schema_broken: bool = False,
) -> Subtree | None:
    """Tell of what is wrong with a subtree; return what it says, None if it cannot be followed.

    Parameters
    ----------
    read
        Gives buffers in other files.
    shape
        How subtrees are cut; None if that is not known, as in one delivered alone.
    schema
        That of the tileset.
    """
    issues = issues.on("implicit")
    issues.count("implicit")
    parts = _parts(data, issues)
    if parts is None:
        return None
    said, own = parts
    if "contentAvailability" in said and isinstance(said["contentAvailability"], dict):
        given = said["contentAvailability"]
        issues.tell("type-wrong", "/contentAvailability", got=given, expected="array")
        return None
    extra = (
        (said.get("extensions") or {}).get(_LEGACY)
        if isinstance(said.get("extensions"), dict)
        else None
    )
    if isinstance(extra, dict) and "contentAvailability" not in said:
        said = {**said, "contentAvailability": extra.get("contentAvailability")}
    sound = check_buffers(said, issues, own=own is not None)
    if not fits(said, _SUBTREE, issues) or not sound:
        return None
    buffers = Buffers(
        said.get("buffers") or [], said.get("bufferViews") or [],
        lambda i: _buffer(said["buffers"][i], i, own, read, issues),
    )  # fmt: skip
    tree = _Available(said, buffers, issues, shape).read() if shape is not None else None
    metadata = issues.on("metadata")
    if not schema_broken:
        _tables(said, buffers, tree, schema, metadata)
        check_entity(said.get("subtreeMetadata"), schema, metadata, "/subtreeMetadata")
    return tree


def _parts(data: bytes, issues: Issues) -> tuple[dict[str, Any], bytes | None] | None:
    own: bytes | None = None
    if data[:4] == b"subt":
        if len(data) < 24:
            issues.tell("bytes-number", got=len(data), expected="≥ 24")
            return None
        (version,) = struct.unpack_from("<I", data, 4)
        if version != 1:
            issues.tell("version-unknown", got=version, expected="1")
            return None
        texts, binary = struct.unpack_from("<QQ", data, 8)
        for name, length in (("jsonByteLength", texts), ("binaryByteLength", binary)):
            if length % 8:
                issues.tell("bytes-misaligned", f"/header/{name}", got=length, expected="n × 8")
                return None
        if 24 + texts + binary != len(data):
            issues.tell("bytes-number", got=len(data), expected=str(24 + texts + binary))
            return None
        raw = data[24 : 24 + texts]
        own = data[24 + texts :] if binary else None
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        raw = data
        if data[:3] == b"\xef\xbb\xbf":
            issues.tell("json-bom", got="EF BB BF")
            return None
    else:
        issues.tell("magic-wrong", got=data[:4].decode("latin-1"), expected="subt | JSON")
        return None
    try:
        said = load_json(raw)
    except (ValueError, RecursionError) as error:
        issues.tell("json-broken", got=str(error))
        return None
    if not isinstance(said, dict):
        issues.tell("type-wrong", got=said, expected="object")
        return None
    return said, own


def _buffer(
    buffer: dict[str, Any],
    index: int,
    own: bytes | None,
    read: Callable[[str], bytes | None],
    issues: Issues,
) -> bytes | None:
    uri, at = buffer.get("uri"), f"/buffers/{index}"
    if uri is None:
        data = own
    elif uri.startswith("data:"):
        data = inline(uri)
    else:
        data = read(uri)
    if data is None:
        issues.on("references").tell("file-missing", f"{at}/uri", got=uri)
        return None
    if len(data) < int(buffer["byteLength"]):
        issues.tell("bytes-number", at, got=len(data), expected=str(buffer["byteLength"]))
        return None
    return data


class _Available:
    def __init__(
        self, said: dict[str, Any], buffers: Buffers, issues: Issues, shape: Shape
    ) -> None:
        self.said, self.buffers, self.issues, self.shape = said, buffers, issues, shape

    def read(self) -> Subtree | None:
        shape, said = self.shape, self.said
        whole = shape.start(shape.levels)
        tiles = self._bits(said["tileAvailability"], whole, "/tileAvailability")
        children = self._bits(
            said["childSubtreeAvailability"], shape.branching**shape.levels,
            "/childSubtreeAvailability",
        )  # fmt: skip
        if tiles is None:
            return None
        contents = []
        for i, one in enumerate(said.get("contentAvailability") or []):
            at = f"/contentAvailability/{i}"
            held = self._bits(one, whole, at)
            if held is None:
                continue
            stray = np.flatnonzero(held & ~tiles)
            if stray.size:
                got = f"{stray[:5].tolist()} ({stray.size})"
                self.issues.tell("content-without-tile", at, got=got)
            contents.append(held)
        self._parents(tiles)
        if children is None:
            return Subtree(tiles, contents)
        last = tiles[shape.start(shape.levels - 1) :]
        orphans = np.flatnonzero(children & ~np.repeat(last, shape.branching))
        if orphans.size:
            got = f"{orphans[:5].tolist()} ({orphans.size})"
            self.issues.tell("tile-without-parent", "/childSubtreeAvailability", got=got)
        return Subtree(tiles, contents, children)

    def _parents(self, tiles: Bits) -> None:
        shape = self.shape
        for level in range(1, shape.levels):
            above = tiles[shape.start(level - 1) : shape.start(level)]
            here = tiles[shape.start(level) : shape.start(level + 1)]
            orphans = np.flatnonzero(here & ~np.repeat(above, shape.branching))
            if orphans.size:
                got = f"{(orphans[:5] + shape.start(level)).tolist()} ({orphans.size})"
                self.issues.tell("tile-without-parent", "/tileAvailability", got=got)

    def _bits(self, said: dict[str, Any], count: int, at: str) -> Bits | None:
        index: Any = said.get("bitstream", said.get("bufferView"))
        constant = said.get("constant")
        if index is not None and constant is not None:
            wanted = "bitstream | constant"
            self.issues.tell("both-given", at, got="bitstream, constant", expected=wanted)
            return None
        if index is None and constant is None:
            self.issues.tell("member-missing", at, expected="bitstream | constant")
            return None
        if constant is not None:
            bits = np.full(count, bool(constant))
        else:
            views = len(self.buffers.views)
            if index >= views:
                self.issues.tell(
                    "index-beyond", f"{at}/bitstream", got=index, expected=f"< {views}"
                )
                return None
            length, wanted_bytes = int(self.buffers.views[index]["byteLength"]), (count + 7) // 8
            if length != wanted_bytes:
                place = f"{at}/bitstream"
                self.issues.tell("bytes-number", place, got=length, expected=str(wanted_bytes))
                return None
            raw = self.buffers.view(index)
            if raw is None:
                return None
            packed = np.frombuffer(raw, np.uint8)
            bits = np.unpackbits(packed, bitorder="little")[:count].astype(np.bool_)
        stated = said.get("availableCount")
        if stated is not None and int(stated) != int(bits.sum()):
            got, wanted = stated, str(int(bits.sum()))
            self.issues.tell("available-number", f"{at}/availableCount", got=got, expected=wanted)
        return bits


def _tables(
    said: dict[str, Any], buffers: Buffers, tree: Subtree | None, schema: Any, issues: Issues
) -> None:
    tables = said.get("propertyTables") or []
    for i, table in enumerate(tables):
        check_table(table, schema, buffers, issues, f"/propertyTables/{i}")
    uses = [("/tileMetadata", said.get("tileMetadata"), None if tree is None else tree.tiles)]
    for i, index in enumerate(said.get("contentMetadata") or []):
        held = tree.contents[i] if tree is not None and i < len(tree.contents) else None
        uses.append((f"/contentMetadata/{i}", index, held))
    for at, index, bits in uses:
        if index is None:
            continue
        if not tables:
            issues.tell("member-missing", at, got=index, expected="propertyTables")
        elif index >= len(tables):
            issues.tell("index-beyond", at, got=index, expected=f"< {len(tables)}")
        elif bits is not None and isinstance(tables[index].get("count"), int):
            rows, wanted = tables[index]["count"], int(bits.sum())
            if rows < wanted:
                issues.tell("rows-number", at, got=rows, expected=str(wanted))
