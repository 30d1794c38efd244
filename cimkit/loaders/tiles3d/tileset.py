"""The tree of a tileset: tiles by level, their contents, tilesets below it, its metadata."""

from __future__ import annotations

import json
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.gltf import describe, schema_of
from cimkit.loaders._mesh.paths import resolve
from cimkit.loaders.tiles3d.checks import (
    check_inside,
    check_refine,
    check_transform,
    check_volume,
    listing,
    mapping,
)
from cimkit.loaders.tiles3d.content import MAGIC, content
from cimkit.loaders.tiles3d.declared import (
    check_declared,
    check_entity,
    check_groups,
    check_tiling,
)
from cimkit.loaders.tiles3d.found import Found
from cimkit.loaders.tiles3d.implicit import walk_subtrees
from cimkit.loaders.tiles3d.store import Store

__all__ = ["Walk"]

_DEEPEST = 64
"""Tilesets in tilesets."""
_READ = 2_000
"""Contents that are opened at depth *sample*; at *full* all are."""


class Walk:
    """One way through a tileset and what it refers to."""

    def __init__(self, store: Store, found: Found, depth: str) -> None:
        self.store, self.found, self.depth = store, found, depth
        self.seen: set[str] = set()
        self.contents: set[str] = set()

    def tileset(self, said: Any, name: str, depth: int = 0, nested: int = 0) -> dict[str, Any]:
        """Take up a tileset; return its root tile, {} if it has none."""
        found = self.found
        self.seen.add(name)
        if not isinstance(said, dict):
            found.trouble("tileset-invalid", "It is no JSON object.", name, severity="error")
            return {}
        at = f"{name} " if nested else ""
        self._head(said, at, first=not nested)
        root = said.get("root")
        if not isinstance(root, dict):
            found.trouble("tileset-invalid", "It has no root tile.", f"{at}root", severity="error")
            return {}
        if root.get("refine") is None:
            message = "The root tile does not say how it is refined."
            found.trouble("tileset-invalid", message, f"{at}root.refine", expected="ADD or REPLACE")
        groups = said.get("groups")
        self.groups = len(groups) if isinstance(groups, list) else 0
        self._tiles(root, name, at, depth, nested)
        return root

    def _head(self, said: dict[str, Any], at: str, *, first: bool) -> None:
        found = self.found
        asset = said.get("asset")
        version = asset.get("version") if isinstance(asset, dict) else None
        if version not in ("0.0", "1.0", "1.1"):
            found.trouble(
                "version-unknown",
                "The tileset does not say which version of 3D Tiles it is.",
                f"{at}asset.version",
                got=str(version),
                expected="1.0 or 1.1",
            )
        if not isinstance(said.get("extensions", {}), dict):
            found.trouble("tileset-invalid", "Its extensions are no object.", f"{at}extensions")
        error = said.get("geometricError")
        if not isinstance(error, int | float) or isinstance(error, bool) or error < 0:
            message = "Its geometric error is no number from 0 up."
            found.trouble("tileset-invalid", message, f"{at}geometricError", got=str(error))
        used = [e for e in listing(said.get("extensionsUsed")) if isinstance(e, str)]
        found.extensions |= set(used)
        undeclared = set(mapping(said.get("extensions"))) - set(used)
        if undeclared:
            message = "It uses extensions that it does not declare."
            found.trouble("extension-undeclared", message, at, got=", ".join(sorted(undeclared)))
        check_declared(said, at, found)
        if not first:
            return
        about = found.properties
        about["version"], about["geometric_error"] = version, error
        if isinstance(asset, dict):
            for key in ("tilesetVersion", "gltfUpAxis", "generator", "copyright"):
                if isinstance(asset.get(key), str):
                    about[key] = [asset[key]] if key == "copyright" else asset[key]
        required = said.get("extensionsRequired")
        if isinstance(required, list) and required:
            about["extensions_required"] = [str(e) for e in required]
        self._metadata(said)

    def _metadata(self, said: dict[str, Any]) -> None:
        found = self.found
        schema, uri = said.get("schema"), said.get("schemaUri")
        extension = mapping(said.get("extensions")).get("3DTILES_metadata")
        if isinstance(extension, dict):
            schema, uri = extension.get("schema", schema), extension.get("schemaUri", uri)
        if uri is not None and not isinstance(uri, str):
            message = "The address of its metadata schema is no text."
            found.trouble("tileset-invalid", message, "schemaUri", got=str(uri)[:100])
            uri = None
        if uri is not None:
            found.properties["schema_uri"] = uri
            schema = self._json(uri, "", "The metadata schema was not delivered.") or schema
        if isinstance(schema, dict):
            found.properties["schema"] = schema_of(schema)
            self.classes = mapping(schema.get("classes"))
            found.counts["metadata_classes"] = len(self.classes)
        for key in ("properties", "statistics", "metadata", "extras"):
            if isinstance(said.get(key), dict) and len(json.dumps(said[key])) < 20_000:
                found.properties[f"tileset_{key}"] = said[key]
        check_entity(said.get("metadata"), self.classes, "metadata", found)
        check_groups(said, self.classes, found)

    def _tiles(self, root: dict[str, Any], name: str, at: str, depth: int, nested: int) -> None:
        found = self.found
        waiting: list[tuple[dict[str, Any], str, int, float, Any]]
        waiting = [(root, f"{at}root", depth, float("inf"), None)]
        while waiting:
            tile, place, level, above, around = waiting.pop()
            error = self._tile(tile, place, above)
            own = mapping(tile.get("boundingVolume")).get("region")
            check_inside(own, around, place, found)
            check_tiling(tile, place, found)
            check_entity(tile.get("metadata"), self.classes, f"{place}.metadata", found)
            listed = self._contents(tile, place)
            extension = mapping(tile.get("extensions")).get("3DTILES_implicit_tiling")
            tiling = tile.get("implicitTiling", extension)
            if isinstance(tiling, dict):
                found.extensions.add("implicit tiling")
                for inner in walk_subtrees(tiling, listed, name, level, self.store, found):
                    self._content(inner, place, level, nested)
            else:
                found.counts["tiles"] += 1
                found.levels[level] += 1
                found.counts["contents"] += len(listed)
                for uri in listed:
                    inner_name = resolve(uri, name)
                    if inner_name is None:
                        inline = uri.startswith("data:")
                        if not inline:
                            message = "A content lies on the network; it was not fetched."
                            found.trouble("content-remote", message, place, got=uri[:100])
                        continue
                    self._content(inner_name, place, level, nested)
            children = tile.get("children", [])
            for i, child in enumerate(children if isinstance(children, list) else []):
                if isinstance(child, dict):
                    waiting.append((child, f"{place}.children[{i}]", level + 1, error, own))
                else:
                    message = "A child of a tile is no tile."
                    found.trouble("tileset-invalid", message, f"{place}.children[{i}]")

    def _tile(self, tile: dict[str, Any], place: str, above: float) -> float:
        found = self.found
        volume = tile.get("boundingVolume")
        if not isinstance(volume, dict) or not volume:
            found.trouble("tileset-invalid", "A tile has no bounding volume.", place)
        else:
            check_volume(volume, place, found)
        error = tile.get("geometricError")
        if not isinstance(error, int | float) or isinstance(error, bool):
            found.trouble("tileset-invalid", "A tile has no geometric error.", place)
            error = above
        elif error < 0:
            message = "A tile has a geometric error below 0."
            found.trouble("tileset-invalid", message, place, got=f"{error:g}")
        elif error > above:
            found.trouble(
                "tileset-invalid",
                "A tile has a greater geometric error than the one above it.",
                place,
                got=f"{error:g}",
                expected=f"at most {above:g}",
            )
        check_refine(tile.get("refine"), place, found)
        if tile.get("transform") is not None:
            check_transform(tile["transform"], place, found)
        return float(error)

    def _contents(self, tile: dict[str, Any], place: str) -> list[str]:
        listed = tile.get("contents")
        extension = mapping(tile.get("extensions")).get("3DTILES_multiple_contents")
        if listed is None and isinstance(extension, dict):
            listed = extension.get("contents", extension.get("content"))
        if listed is None:
            listed = [tile["content"]] if tile.get("content") is not None else []
        uris = []
        for i, one in enumerate(listed if isinstance(listed, list) else [listed]):
            uri = one.get("uri", one.get("url")) if isinstance(one, dict) else None
            if not isinstance(uri, str):
                self.found.trouble(
                    "tileset-invalid", "A content has no address.", f"{place}.content[{i}]"
                )
                continue
            uris.append(uri)
            at = f"{place}.content[{i}].metadata"
            check_entity(one.get("metadata"), self.classes, at, self.found)
            group = one.get("group")
            if group is not None and not (isinstance(group, int) and 0 <= group < self.groups):
                message = "A content is of a group that there is not."
                self.found.trouble("tileset-invalid", message, place, got=str(group))
        return uris

    def _content(self, name: str, place: str, level: int, nested: int) -> None:
        found = self.found
        size = self.store.size(name)
        if size is None:
            found.trouble(
                "content-missing",
                "A content that the tiles refer to was not delivered.",
                name,
                severity="error",
                hint="Deliver it where the tileset names it.",
            )
            return
        if name in self.contents or name in self.seen:
            if name in self.seen and name not in self.contents:
                message = "Tilesets refer to each other in a ring."
                found.trouble("tileset-cycle", message, place, got=name)
            return
        self.contents.add(name)
        found.size += size
        if self.depth == "header":
            return
        try:
            start = self.store.read(name, 12)
            if start[:4] in MAGIC:
                whole = self.depth == "full" or len(self.contents) <= _READ
                if whole:
                    data = self.store.read(name)
                    content(data, len(data), name, found)
                else:
                    found.counts[start[:4].decode("latin-1")] += 1
                return
            text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
            if text[:1] == b"{":
                self._document(name, place, level, nested)
            elif name.lower().endswith((".3tz", ".zip")) and start[:2] != b"PK":
                message = "An archive of tiles is no archive."
                found.trouble("content-unreadable", message, name, severity="error")
            else:
                found.counts[name.rsplit(".", 1)[-1].lower()[:12]] += 1
        except (SourceUnreadable, ValueError, RecursionError) as error:
            message = "A content of the tiles cannot be read."
            found.trouble(
                "content-unreadable", message, name, got=str(error)[:200], severity="error"
            )

    def _document(self, name: str, place: str, level: int, nested: int) -> None:
        said = json.loads(self.store.read(name).decode("utf-8-sig"))
        if isinstance(said, dict) and ("root" in said or "geometricError" in said):
            self.found.counts["tilesets"] += 1
            if nested >= _DEEPEST:
                message = "Tilesets are nested too deep."
                self.found.trouble("tileset-cycle", message, place, got=name)
                return
            own = self.groups
            self.tileset(said, name, level + 1, nested + 1)
            self.groups = own
        elif isinstance(said, dict) and "asset" in said:
            self.found.counts["gltf"] += 1
            model = describe(said)
            for key in ("triangles", "vertices", "features"):
                self.found.counts[key] += model.counts.get(key, 0)
        else:
            self.found.counts["json"] += 1

    def _json(self, uri: str, base: str, message: str) -> Any:
        name = resolve(uri, base or self.base)
        if name is None or self.store.size(name) is None:
            self.found.trouble("schema-missing", message, "schemaUri", got=uri[:200])
            return None
        try:
            return json.loads(self.store.read(name).decode("utf-8-sig"))
        except (SourceUnreadable, ValueError, RecursionError) as error:
            self.found.trouble(
                "schema-missing", "The metadata schema is no JSON.", name, got=str(error)
            )
            return None

    base = ""
    """Name of the outermost tileset."""
    groups = 0
    """Of the tileset at hand."""
    classes: dict[str, Any] | None = None
    """Of the schema of the outermost tileset."""
