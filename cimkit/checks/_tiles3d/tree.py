"""The walk through a tileset: its head, its tiles, what they hold, and tilesets below it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.contents import Contents
from cimkit.checks._tiles3d.declarations import check_declarations, check_objects
from cimkit.checks._tiles3d.implicit import check_implicit
from cimkit.checks._tiles3d.inside import check_volume_inside
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.reading import load_json
from cimkit.checks._tiles3d.schema import schema_of
from cimkit.checks._tiles3d.shapes import fits, is_number
from cimkit.checks._tiles3d.statistics import check_statistics
from cimkit.checks._tiles3d.stores import Files
from cimkit.checks._tiles3d.tileset_members import CONTENT, TILE, TILESET
from cimkit.checks._tiles3d.values import check_entity
from cimkit.checks._tiles3d.volumes import Volume, check_volume, volume_of

__all__ = ["Frame", "Walk", "parsed"]

Matrix = npt.NDArray[np.float64]


def parsed(data: bytes, issues: Issues) -> Any:
    """Return the JSON in some bytes, None if there is none; tell of a byte order mark."""

    if data[:3] == b"\xef\xbb\xbf":
        issues.tell("json-bom", got="EF BB BF")
        data = data[3:]
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        issues.tell("json-bom", got=data[:2].hex(" ").upper())
        return None
    try:
        return load_json(data)
    except (ValueError, RecursionError) as error:
        issues.tell("json-broken", got=str(error))
        return None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a tile stands in its tree."""

    matrix: Matrix
    """(4, 4), from its own frame to that of the outermost tileset."""
    around: tuple[Volume, ...]
    """Volumes of the tiles above it, outermost first."""
    error: float
    """Geometric error of the tile above."""
    chain: tuple[str, ...]
    """Tilesets that led to it."""


class Walk:
    """One way through a tileset."""

    def __init__(self, files: Files, *, most: int = 0) -> None:
        self.files = files
        self.contents = Contents(files, self, most)
        self.done: set[str] = set()

    def document(self, data: bytes, name: str, issues: Issues) -> set[str]:
        """Look at the outermost tileset; return the extensions that it uses."""
        frame = Frame(np.eye(4), (), math.inf, ())
        with np.errstate(all="ignore"):  # numbers that overflow are told of as what they become
            return self.tileset(parsed(data, issues), name, frame, issues)

    def tileset(self, said: Any, name: str, frame: Frame, issues: Issues) -> set[str]:
        """Look at a tileset and all below it; return the extensions that it uses."""
        issues.count("structure")
        if said is None:
            return set()
        if not isinstance(said, dict):
            issues.tell("type-wrong", got=said, expected="object")
            return set()
        self.done.add(name)
        fits(said, TILESET, issues)
        self._head(said, issues)
        document = _Document(said, name, self, issues)
        document.metadata()
        if isinstance(said.get("root"), dict):
            document.tiles(frame)
        if said.get("extensions") is None or isinstance(said.get("extensions"), dict):
            check_declarations(said, issues, document.met)
            check_objects(said, issues, lambda uri, at: self.files.name(uri, name, issues, at))
        return issues.found | document.met

    def _head(self, said: dict[str, Any], issues: Issues) -> None:
        asset = said.get("asset")
        version = asset.get("version") if isinstance(asset, dict) else None
        if isinstance(version, str) and version not in ("1.0", "1.1"):
            issues.tell("version-unknown", "/asset/version", got=version, expected="1.0 | 1.1",
                        severity="warning")  # fmt: skip
        properties = said.get("properties")
        for key, about in properties.items() if isinstance(properties, dict) else ():
            if not isinstance(about, dict):
                continue
            low, high = about.get("minimum"), about.get("maximum")
            if is_number(low) and is_number(high) and float(low) > float(high):  # type: ignore[arg-type]
                got = f"{low:g} > {high:g}"
                issues.tell(
                    "range-turned", f"/properties/{key}", got=got, expected="minimum ≤ maximum"
                )


class _Document:
    """One tileset JSON."""

    def __init__(self, said: dict[str, Any], name: str, walk: Walk, issues: Issues) -> None:
        self.said, self.name, self.walk, self.issues = said, name, walk, issues
        self.met: set[str] = set()
        self.schema: Any = None
        self.schema_given = False
        groups = said.get("groups")
        self.groups = len(groups) if isinstance(groups, list) else 0
        asset = said.get("asset")
        self.axis = asset.get("gltfUpAxis", "Y") if isinstance(asset, dict) else "Y"

    def metadata(self) -> None:
        said, issues = self.said, self.issues.on("metadata")
        self.schema_given = said.get("schema") is not None or said.get("schemaUri") is not None
        if self.schema_given:
            issues.count("metadata")
            self.schema = schema_of(said, issues, self._json)
        listed = said.get("groups")
        for i, group in enumerate(listed if isinstance(listed, list) else []):
            self.entity(group, f"/groups/{i}")
        if said.get("statistics") is not None and not self._hidden():
            check_statistics(said["statistics"], self.schema, issues)
        self.entity(said.get("metadata"), "/metadata")

    def entity(self, said: Any, pointer: str) -> None:
        """Hold metadata against the schema, unless that is broken and told of already."""
        if said is not None and not self._hidden():
            check_entity(said, self.schema, self.issues.on("metadata"), pointer)

    def _hidden(self) -> bool:
        return self.schema_given and self.schema is None

    def _json(self, uri: str, pointer: str) -> Any:
        if uri.startswith("data:"):
            from cimkit.checks._tiles3d.buffers import inline

            return parsed(inline(uri) or b"", self.issues.on("metadata"))
        found = self.walk.files.name(uri, self.name, self.issues, pointer)
        data = None if found is None else self.walk.files.read(found)
        return None if data is None else parsed(data, self.issues.on("metadata").into(uri))

    def tiles(self, frame: Frame) -> None:
        root = self.said["root"]
        if root.get("refine") is None:
            self.issues.on("structure").tell("member-missing", "/root", expected="refine")
        waiting = [(root, "/root", frame)]
        while waiting:
            tile, pointer, above = waiting.pop()
            inner = self.tile(tile, pointer, above)
            children = tile.get("children")
            if isinstance(children, list) and tile.get("implicitTiling") is None:
                if not children:
                    self.issues.tell("member-idle", f"{pointer}/children", got="[]",
                                     expected="≥ 1", severity="warning")  # fmt: skip
                waiting += [
                    (child, f"{pointer}/children/{i}", inner)
                    for i, child in reversed(list(enumerate(children)))
                    if isinstance(child, dict)
                ]

    def tile(self, tile: dict[str, Any], pointer: str, above: Frame) -> Frame:
        """Look at one tile; return where its children stand."""
        issues = self.issues
        issues.count("structure")
        fits(tile, TILE, issues, pointer)
        self._refine(tile, pointer)
        matrix = above.matrix @ self._transform(tile, pointer)
        sound = check_volume(tile.get("boundingVolume"), issues, f"{pointer}/boundingVolume")
        volume = volume_of(tile["boundingVolume"], matrix) if sound else None
        if tile.get("viewerRequestVolume") is not None:
            check_volume(tile["viewerRequestVolume"], issues, f"{pointer}/viewerRequestVolume")
        self.entity(tile.get("metadata"), f"{pointer}/metadata")
        error = self._error(tile, pointer, above)
        around = (*above.around, volume) if volume is not None else above.around
        inner = Frame(matrix, around, error, above.chain)
        listed = self._listed(tile, pointer)
        tiling = tile.get("implicitTiling")
        extension = (
            (tile.get("extensions") or {}) if isinstance(tile.get("extensions"), dict) else {}
        )
        if tiling is None and isinstance(extension.get("3DTILES_implicit_tiling"), dict):
            tiling, pointer_of = (
                extension["3DTILES_implicit_tiling"],
                "/extensions/3DTILES_implicit_tiling",
            )
        else:
            pointer_of = "/implicitTiling"
        if isinstance(tiling, dict):
            check_implicit(self, tile, tiling, listed, pointer, pointer_of, inner, volume)
        else:
            for content, at in listed:
                self.content(content, at, inner, volume)
        return inner

    def _refine(self, tile: dict[str, Any], pointer: str) -> None:
        refine = tile.get("refine")
        if not isinstance(refine, str) or refine in ("ADD", "REPLACE"):
            return
        wrong_case = refine.upper() in ("ADD", "REPLACE")
        self.issues.tell(
            "choice-wrong", f"{pointer}/refine", got=refine, expected="ADD | REPLACE",
            severity="warning" if wrong_case else "error",
        )  # fmt: skip

    def _transform(self, tile: dict[str, Any], pointer: str) -> Matrix:
        given = tile.get("transform")
        if not isinstance(given, list) or len(given) != 16 or not all(map(is_number, given)):
            return np.eye(4)
        matrix = np.asarray(given, np.float64).reshape(4, 4).T
        if not np.allclose(matrix[3], [0, 0, 0, 1]):
            self.issues.on("volumes").tell("transform-unaffine", f"{pointer}/transform", got=given)
            return np.eye(4)
        return matrix

    def _error(self, tile: dict[str, Any], pointer: str, above: Frame) -> float:
        issues = self.issues.on("errors")
        issues.count("errors")
        error = tile.get("geometricError")
        if not is_number(error):
            return above.error
        assert isinstance(error, int | float)
        if error > above.error:
            wanted = f"≤ {above.error:g}"
            issues.tell("error-grows", f"{pointer}/geometricError", got=error, expected=wanted)
        whole = self.said.get("geometricError")
        if pointer == "/root" and is_number(whole) and error > float(whole):  # type: ignore[arg-type]
            issues.tell(
                "error-root", f"{pointer}/geometricError", got=error, expected=f"≤ {whole:g}",
                severity="info",
            )  # fmt: skip
        return float(error)

    def _listed(self, tile: dict[str, Any], pointer: str) -> list[tuple[dict[str, Any], str]]:
        content, contents = tile.get("content"), tile.get("contents")
        if content is not None and contents is not None:
            wanted = "content | contents"
            self.issues.tell("both-given", pointer, got="content, contents", expected=wanted)
        found: list[tuple[Any, str]] = []
        if content is not None:
            found.append((content, f"{pointer}/content"))
        for i, one in enumerate(contents if isinstance(contents, list) else []):
            found.append((one, f"{pointer}/contents/{i}"))
        extensions = tile.get("extensions")
        several = (
            extensions.get("3DTILES_multiple_contents") if isinstance(extensions, dict) else None
        )
        if isinstance(several, dict):
            at = f"{pointer}/extensions/3DTILES_multiple_contents"
            name = "contents" if "contents" in several else "content"
            for i, one in enumerate(several.get(name) or []):
                found.append((one, f"{at}/{name}/{i}"))
        return [(one, at) for one, at in found if isinstance(one, dict)]

    def content(
        self, content: dict[str, Any], at: str, frame: Frame, volume: Volume | None
    ) -> None:
        """Look at one content of a tile."""
        if not fits(content, CONTENT, self.issues, at):
            return
        inner: Volume | None = None
        if content.get("boundingVolume") is not None:
            place = f"{at}/boundingVolume"
            if check_volume(content["boundingVolume"], self.issues, place):
                inner = volume_of(content["boundingVolume"], frame.matrix)
                check_volume_inside(inner, volume, self.issues, place)
        self.group(content, at)
        self.entity(content.get("metadata"), f"{at}/metadata")
        self.met |= self.contents(content["uri"], f"{at}/uri", frame, inner)

    def contents(self, uri: str, at: str, frame: Frame, inner: Volume | None) -> set[str]:
        """Open what an address stands for; return the extensions that it needs."""
        return self.walk.contents.open(uri, self.name, at, frame, inner, self.issues, self.axis)

    def group(self, content: dict[str, Any], at: str) -> None:
        """Hold the group of a content against those that there are."""
        group = content.get("group")
        if group is not None and group >= self.groups:
            wanted = f"< {self.groups}" if self.groups else "groups"
            self.issues.on("metadata").tell(
                "index-beyond", f"{at}/group", got=group, expected=wanted
            )
