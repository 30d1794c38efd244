"""Tilesets are what 3D Tiles 1.0 and 1.1 say: structure, files, volumes, metadata, contents."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._tiles3d.findings import asked, conclude_subject, told
from cimkit.checks._tiles3d.words import WORDS

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.issues import Issues
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="tileset_valid",
    title="Tilesets are sound",
    counts="things looked at",
    kinds=("tiles",),
    reads="items",
    problems=(
        *("tileset-*", "content-*", "extension-undeclared", "metadata-contradiction"),
        *("schema-missing", "version-unknown", "length-contradiction", "gltf-contradiction"),
        "batch-table-contradiction",
    ),
    parameters={"subject": "structure", "contents": 0, "least": "info"},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Look at all of a tileset, once for all rules, and return what is told of one subject."""
    return told(source, item, parameters, _look)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find what is wrong in tilesets, in one of the respects that there are rules for.

    Parameters of the rule: ``subject`` (structure, references, volumes, errors, extensions,
    metadata, implicit, contents, gltf or inside), ``contents`` (how many contents of a tileset are
    opened at most; 0: all) and ``least`` (the least severity that is told: error, warning, info).
    """
    return conclude_subject(context, rule, SPEC)


def _look(source: Source, issues: Issues, parameters: Mapping[str, Any]) -> None:
    from cimkit.checks._tiles3d.stores import Files, check_index
    from cimkit.checks._tiles3d.tree import Walk
    from cimkit.loaders.tiles3d.store import FileStore, TableStore, ZipStore

    most = int(parameters["contents"])
    with source.file.open("rb") as opened:
        start = opened.read(16)
    if start[:2] == b"PK":
        with zipfile.ZipFile(source.file) as archive:
            store = ZipStore(archive)
            files = Files(store, store.sizes)
            if store.size("tileset.json") is None:
                issues.unseen("structure", "scene-layer")
                return
            if source.path.lower().endswith(".3tz"):
                check_index(store, issues)
            Walk(files, most=most).document(store.read("tileset.json"), "tileset.json", issues)
        return
    if start == b"SQLite format 3\0":
        with TableStore.opened(source.file) as table:
            files = Files(table, table.sizes)
            Walk(files, most=most).document(table.read("tileset.json"), "tileset.json", issues)
        return
    local = FileStore(source)
    files = Files(local, local.files)
    data = local.read(source.path)
    if asked(start) or _is_part(data):
        _alone(data, source, files, issues)
    else:
        Walk(files, most=most).document(data, source.path, issues)


def _is_part(data: bytes) -> bool:
    """Return whether a JSON text is the subtree or the schema of a tileset."""
    from cimkit.checks._tiles3d.reading import load_json

    try:
        said = load_json(data)
    except (ValueError, RecursionError):
        return False  # the walk says what is wrong with it
    if not isinstance(said, dict) or "root" in said or "geometricError" in said:
        return False
    return bool(said.keys() & {"tileAvailability", "childSubtreeAvailability", "classes"})


def _alone(data: bytes, source: Source, files: Any, issues: Issues) -> None:
    """Look at one tile, subtree or schema that was delivered without its tileset."""
    from cimkit.checks._tiles3d.reading import load_json
    from cimkit.checks._tiles3d.schema import check_schema
    from cimkit.checks._tiles3d.subtree import check_subtree
    from cimkit.checks._tiles3d.tiles import check_content
    from cimkit.loaders._mesh.paths import resolve

    def read(uri: str) -> bytes | None:
        name = resolve(uri, source.path)
        return None if name is None else files.read(name)

    json = not asked(data)
    if json and "classes" in (said := load_json(data)):
        issues.count("metadata")
        check_schema(said, issues.on("metadata"))
    elif json or data[:4] == b"subt":
        check_subtree(data, issues, read, None, None, schema_broken=True)
    elif len(data) >= 12 and struct.unpack_from("<I", data, 4):
        check_content(data, issues, read)
