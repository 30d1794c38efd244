"""The files that tiles refer to: opened once each, told of by what they are."""

from __future__ import annotations

import io
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cimkit.checks._tiles3d.buffers import inline
from cimkit.checks._tiles3d.inside import check_points_inside
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.positions import Points
from cimkit.checks._tiles3d.stores import Files, check_index
from cimkit.checks._tiles3d.tiles import check_content, unzipped
from cimkit.checks._tiles3d.volumes import Volume
from cimkit.loaders._mesh.paths import resolve
from cimkit.loaders.tiles3d.store import ZipStore

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.tree import Frame, Walk

__all__ = ["Contents"]

_MAGIC = (b"b3dm", b"i3dm", b"pnts", b"cmpt", b"geom", b"vctr", b"glTF")
_HELD = 16
"""Contents whose positions are kept for the next tile that refers to them."""
_DEEPEST = 64
"""Tilesets that lead to one another, archives among them, before none is followed."""
_GLTF, _3TZ, _GEOJSON = "3DTILES_content_gltf", "MAXAR_content_3tz", "MAXAR_content_geojson"


class Contents:
    """Opens contents of a tileset, each file once."""

    def __init__(self, files: Files, walk: Walk, most: int) -> None:
        self.files, self.walk, self.most = files, walk, most
        self.told: dict[str, set[str]] = {}
        self.held: OrderedDict[str, list[Points]] = OrderedDict()

    def open(
        self,
        uri: str,
        base: str,
        at: str,
        frame: Frame,
        inner: Volume | None,
        issues: Issues,
        axis: str,
    ) -> set[str]:
        """Look at the content that an address in a tileset stands for.

        Returns
        -------
        set of str
            Extensions of 3D Tiles that the tileset must declare for it.
        """
        if uri.startswith("data:"):
            data, name = inline(uri), at
            if data is None:
                issues.on("references").tell("uri-broken", at, got=uri)
                return set()
        else:
            found = self.files.name(uri, base, issues, at)
            if found is None:
                return set()
            name, data = found, None
        if name in frame.chain or name == base:
            issues.on("references").tell("tileset-ring", at, got=uri)
            return set()
        if name in self.told and name not in self.held and name in self.walk.done:
            return self.told[name]
        if name not in self.told and self.most and len(self.told) >= self.most:
            issues.unseen("contents", "contents-many")
            return set()
        if name not in self.held or name not in self.told:
            data = self.files.read(name) if data is None else data
            if data is None:
                issues.on("references").tell("file-unreadable", at, got=uri)
                return set()
            again = Issues() if name in self.told else issues
            shown = name if not uri.startswith("data:") else f"{at} data:"
            self.told[name] = self._look(unzipped(data), name, shown, at, frame, again, axis)
        points = self.held.get(name)
        if points:
            self.held.move_to_end(name)
            placed = [p.placed(frame.matrix) for p in points]
            volumes = [(inner, "content-out-own")] if inner is not None else []
            volumes += [(v, "content-out-tile") for v in frame.around[-1:]]
            volumes += [(v, "content-out-above") for v in frame.around[:-1]]
            check_points_inside(placed, volumes, issues, f"{at.removesuffix('/uri')}")
        return self.told[name]

    def _look(
        self,
        data: bytes,
        name: str,
        shown: str,
        at: str,
        frame: Frame,
        issues: Issues,
        axis: str,
    ) -> set[str]:
        own = issues.into(shown)
        if data[:4] in _MAGIC:
            content = check_content(data, own, self._reader(name, own), axis)
            self._hold(name, content.points)
            return {_GLTF} if content.kind == "glTF" else set()
        if data[:2] == b"PK" or name.lower().endswith(".3tz"):
            if self._deep(frame, issues):
                return {_3TZ}
            self._archive(data, name, own, frame)
            return {_3TZ}
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
            return self._document(data, name, frame, own, axis)
        known = data[:4].decode("latin-1").isprintable()
        got = data[:4].decode("latin-1") if known else data[:4].hex(" ")
        issues.on("contents").tell("content-unknown", at, got=got or "–", severity="warning",
                                   expected="b3dm | i3dm | pnts | cmpt | glTF")  # fmt: skip
        return set()

    def _document(
        self, data: bytes, name: str, frame: Frame, issues: Issues, axis: str
    ) -> set[str]:
        from cimkit.checks._tiles3d.tree import Frame, parsed

        said = parsed(data, issues.on("contents"))
        if not isinstance(said, dict):
            return set()
        if "root" in said or "geometricError" in said:
            if self._deep(frame, issues):
                return set()
            chain = Frame(frame.matrix, frame.around, frame.error, (*frame.chain, name))
            found = self.walk.tileset(said, name, chain, issues.on("structure"))
            return found - {_GLTF}
        if "asset" in said:
            content = check_content(data, issues, self._reader(name, issues), axis)
            self._hold(name, content.points)
            return {_GLTF}
        if said.get("type") in ("Feature", "FeatureCollection"):
            return {_GEOJSON}
        got = ", ".join(list(said)[:5])
        issues.on("contents").tell("content-unknown", got=got, severity="warning",
                                   expected="tileset | glTF")  # fmt: skip
        return set()

    def _deep(self, frame: Frame, issues: Issues) -> bool:
        """Return whether a tileset is below so many that it is not followed, and say so."""
        deep = len(frame.chain) >= _DEEPEST
        if deep:
            issues.unseen("references", "tilesets-deep")
        return deep

    def _archive(self, data: bytes, name: str, issues: Issues, frame: Frame) -> None:
        from cimkit.checks._tiles3d.tree import Frame, Walk

        issues = issues.on("structure")
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                store = ZipStore(archive)
                files = Files(store, store.sizes)
                inside = files.read("tileset.json")
                if inside is None:
                    issues.tell("file-missing", got="tileset.json")
                    return
                check_index(store, issues)
                walk = Walk(files, most=self.most)
                # Names in the archive are its own: those outside must not be taken for them.
                chain = tuple(f"{one}/.." for one in (*frame.chain, name))
                below = Frame(frame.matrix, frame.around, frame.error, chain)
                from cimkit.checks._tiles3d.tree import parsed

                walk.tileset(parsed(inside, issues), "tileset.json", below, issues)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            issues.tell("archive-broken", got=str(error))

    def _reader(self, name: str, issues: Issues) -> Callable[[str], bytes | None]:
        def read(uri: str) -> bytes | None:
            if uri.startswith("data:"):
                return inline(uri)
            found = resolve(uri, name)
            return None if found is None else self.files.read(found)

        return read

    def _hold(self, name: str, points: Any) -> None:
        self.held[name] = points
        while len(self.held) > _HELD:
            self.held.popitem(last=False)
