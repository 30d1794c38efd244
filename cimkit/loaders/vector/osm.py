"""OpenStreetMap: all tags of all objects, who changed them when, and the members of relations."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.model import STAGED

__all__ = ["LAYERS", "TAGS", "fields", "keyed", "members", "osm_options"]

TAGS = "other_tags"
LAYERS = {
    "points": "Point",
    "lines": "LineString",
    "multilinestrings": "MultiLineString",
    "multipolygons": "MultiPolygon",
    "other_relations": "GeometryCollection",
}
"""What GDAL makes of OpenStreetMap, and the geometries it gives."""
_KINDS = {
    "points": "node",
    "lines": "way",
    "multilinestrings": "relation",
    "other_relations": "relation",
}
_AREAS = (
    "aeroway,amenity,boundary,building,craft,geological,historic,landuse,leisure,military,natural,"
    "office,place,shop,sport,tourism,highway=platform,public_transport=platform"
)
_PLAIN = "created_by,converted_by,source,time,ele,attribution"
"""Tags that make no object of a node, as GDAL has it; they are kept all the same."""
_LEAST_MB, _MOST_MB = 10, 400
_CUSTOM_BYTES = 200 * 2**20
_BLOCK_LIMIT = 64 * 2**20
_ROWS = 65_536
_ELEMENTS = ("node", "way", "relation")


def osm_options(file: Path, scratch: Path) -> dict[str, str]:
    """Return GDAL's options for keeping all tags, ids, versions and times."""
    lines = [f"closed_ways_are_polygons={_AREAS}", "attribute_name_laundering=no", ""]
    for layer in LAYERS:
        lines += [
            f"[{layer}]",
            "osm_id=yes",
            *(f"osm_{n}=yes" for n in ("version", "timestamp", "uid", "user", "changeset")),
            "attributes=name",
            "other_tags=yes",
            "ignore=",
        ]
        if layer == "points":
            lines.append(f"unsignificant={_PLAIN}")
        lines.append("")
    settings = scratch / "osm.ini"
    settings.write_text("\n".join(lines), encoding="utf-8")
    size = file.stat().st_size
    memory = min(max(_LEAST_MB, 4 * size >> 20), _MOST_MB)
    options = {
        **{"CONFIG_FILE": str(settings), "TAGS_FORMAT": "JSON"},
        # GDAL takes this memory at once, each time it opens the file.
        "MAX_TMPFILE_SIZE": str(memory),
    }
    if size < _CUSTOM_BYTES:
        options["USE_CUSTOM_INDEXING"] = "NO"  # the other index wants nodes in order
    return options


def keyed(layer: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Add the column ``@id``: ``node/1``, ``way/2``, ``relation/3``, as OpenStreetMap says it."""

    def of(kind: str, column: str) -> pa.Array:
        number = batch.column(batch.schema.get_field_index(column)).cast(pa.string())
        return pc.binary_join_element_wise(pa.scalar(kind), number, "/")

    if "osm_id" not in batch.schema.names:
        return batch
    if "osm_way_id" in batch.schema.names:
        key = pc.coalesce(of("relation", "osm_id"), of("way", "osm_way_id"))
    else:
        key = of(_KINDS.get(layer, "relation"), "osm_id")
    return batch.append_column("@id", key)


def members(file: Path) -> Iterator[pa.Table]:
    """Give the members of all relations, with their roles."""
    rows: list[tuple[str, str, str]] = []
    with file.open("rb") as opened:
        binary = opened.read(15)[4:15] == b"\x0a\x09OSMHeader"
    for row in _of_pbf(file) if binary else _of_xml(file):
        rows.append(row)
        if len(rows) == _ROWS:
            yield _table(rows)
            rows = []
    if rows:
        yield _table(rows)


def _table(rows: list[tuple[str, str, str]]) -> pa.Table:
    keys, roles, others = (list(column) for column in zip(*rows, strict=True))
    none = pa.nulls(len(rows), pa.string())
    given = [none, pa.array(keys), pa.array([f"member:{r}" for r in roles]), none, pa.array(others)]
    return pa.table([c.cast(pa.string()) for c in given], schema=STAGED["relations"])


def _of_xml(file: Path) -> Iterator[tuple[str, str, str]]:
    from lxml import etree

    found = etree.iterparse(
        str(file),
        events=("end",),
        tag="relation",
        resolve_entities=False,
        no_network=True,
        recover=True,
    )
    for _, element in found:
        for member in element.iterfind("member"):
            other = f"{member.get('type')}/{member.get('ref')}"
            yield f"relation/{element.get('id')}", member.get("role") or "", other
        element.clear()


def _of_pbf(file: Path) -> Iterator[tuple[str, str, str]]:
    """Walk the blocks of a PBF file and read the relations in them.

    Format: https://wiki.openstreetmap.org/wiki/PBF_Format.
    """
    with file.open("rb") as opened:
        while head := opened.read(4):
            (size,) = struct.unpack(">I", head)
            if size > _BLOCK_LIMIT:
                return
            about = dict(fields(opened.read(size)))
            length = about.get(3, 0)
            if not isinstance(length, int) or length > _BLOCK_LIMIT:
                return
            data = opened.read(length)
            if about.get(1) != b"OSMData":
                continue
            blob = dict(fields(data))
            raw = blob.get(1) or zlib.decompressobj().decompress(blob.get(3, b""), _BLOCK_LIMIT)
            yield from _of_block(raw)


def _of_block(raw: bytes) -> Iterator[tuple[str, str, str]]:
    texts: list[str] = []
    groups = []
    for number, value in fields(raw):
        if number == 1:
            texts = [v.decode("utf-8", "replace") for n, v in fields(value) if n == 1]
        elif number == 2:
            groups.append(value)
    for group in groups:
        for number, relation in fields(group):
            if number != 4:
                continue
            said = dict(fields(relation))
            at = 0
            roles, steps, kinds = (list(_varints(said.get(n, b""))) for n in (8, 9, 10))
            for role, step, kind in zip(roles, steps, kinds, strict=False):
                at += (step >> 1) ^ -(step & 1)
                if role < len(texts) and kind < len(_ELEMENTS):
                    yield f"relation/{said.get(1)}", texts[role], f"{_ELEMENTS[kind]}/{at}"


def _varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Give (number, value) of a protocol buffer's message; damage ends it."""
    at, end = 0, len(data)

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while at < end:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        return value

    while at < end:
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            size = varint()
            yield tag >> 3, data[at : at + size]
            at += size
        elif tag & 7 in (1, 5):
            at += 8 if tag & 7 == 1 else 4
        else:
            return
