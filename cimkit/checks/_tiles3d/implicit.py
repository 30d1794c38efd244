"""Implicit tilings: what they may say, and the tiles, subtrees and contents that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import TEXT, fits
from cimkit.checks._tiles3d.subtree import Shape, Subtree, check_subtree
from cimkit.checks._tiles3d.tileset_members import TILING
from cimkit.checks._tiles3d.volumes import Volume

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.tree import Frame

__all__ = ["check_implicit"]

_BRANCHING = {"QUADTREE": 4, "OCTREE": 8}
_WIDEST = 2**24
"""Tiles on the level below a subtree, at most: 12 levels of a quadtree, 8 of an octree."""
_ABSENT = 10_000
"""Files of one tiling that may be missing before no more are looked for."""
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_OWN_PLACE = ("TILE_BOUNDING", "TILE_MINIMUM_HEIGHT", "TILE_MAXIMUM_HEIGHT", "CONTENT_URI")


def check_implicit(
    document: Any,
    tile: dict[str, Any],
    tiling: dict[str, Any],
    listed: list[tuple[dict[str, Any], str]],
    pointer: str,
    name: str,
    frame: Frame,
    whole: Volume | None,
) -> None:
    """Look at an implicit tiling, its subtrees and its contents.

    Parameters
    ----------
    document
        The tileset it is in.
    tile
        The tile that has it.
    listed
        Contents of that tile, and where they are.
    pointer, name
        Of the tile, and of the tiling below it.
    frame
        Where the tile stands.
    whole
        Its volume, if that is sound.
    """
    issues: Issues = document.issues.on("implicit")
    issues.count("implicit")
    at = f"{pointer}{name}"
    sound = fits(tiling, TILING, issues, at)
    scheme = tiling.get("subdivisionScheme")
    if scheme is not None and (not isinstance(scheme, str) or scheme not in _BRANCHING):
        place = f"{at}/subdivisionScheme"
        issues.tell("choice-wrong", place, got=scheme, expected="QUADTREE | OCTREE")
        sound = False
    volume = tile.get("boundingVolume")
    for member, given in (
        ("children", tile.get("children")),
        ("metadata", tile.get("metadata")),
        ("boundingVolume/sphere", volume.get("sphere") if isinstance(volume, dict) else None),
        *(
            (f"{a.removeprefix(pointer)[1:]}/boundingVolume", c.get("boundingVolume"))
            for c, a in listed
        ),
    ):
        if given is not None:
            issues.tell("implicit-member", f"{pointer}/{member}", got=member, expected="–")
            sound = sound and member not in ("children", "boundingVolume/sphere")
    if not sound:
        return
    variables = {"level", "x", "y"} | ({"z"} if scheme == "OCTREE" else set())
    templates = [(tiling["subtrees"]["uri"], f"{at}/subtrees/uri")]
    for content, place in listed:
        if content.get("uri") is None:
            issues.on("structure").tell("member-missing", place, expected="uri")
        elif fits(content["uri"], TEXT, issues.on("structure"), f"{place}/uri"):
            templates.append((content["uri"], f"{place}/uri"))
    for template, place in templates:
        sound &= _template(template, variables, issues, place)
    if sound:
        levels = int(tiling["subtreeLevels"])
        branching = _BRANCHING[str(scheme)]
        if levels > 24 or branching**levels > _WIDEST:
            issues.unseen("implicit", "subtrees-deep")
            return
        shape = Shape(branching, levels)
        _Walk(document, tile, tiling, templates, shape, frame, whole, issues).run()


def _template(template: str, variables: set[str], issues: Issues, at: str) -> bool:
    given = set(_VARIABLE.findall(template))
    wanted = " ".join(f"{{{v}}}" for v in sorted(variables))
    stray = sorted(given - variables)
    if stray:
        issues.tell("template-unknown", at, got=template, expected=wanted)
        return False
    if given != variables:
        issues.tell("template-short", at, got=template, expected=wanted, severity="warning")
    return True


class _Walk:
    def __init__(
        self,
        document: Any,
        tile: dict[str, Any],
        tiling: dict[str, Any],
        templates: list[tuple[str, str]],
        shape: Shape,
        frame: Frame,
        whole: Volume | None,
        issues: Issues,
    ) -> None:
        self.document, self.tiling, self.shape = document, tiling, shape
        self.subtrees, self.contents = templates[0], templates[1:]
        self.frame, self.issues, self.root = frame, issues, whole
        given = tile.get("boundingVolume")
        # S2 cells are divided along their own curve.
        plain = isinstance(given, dict) and ("box" in given or "region" in given)
        if not plain or _placed_by_metadata(document.schema):
            self.root = None
        self.met: set[str] = set()
        # Those that may name one file for many tiles.
        wanted = {"level", "x", "y"} | ({"z"} if shape.branching == 8 else set())
        self.short = {t for t, _ in templates if set(_VARIABLE.findall(t)) != wanted}
        self.before = self.issues.told.absent

    @property
    def _hopeless(self) -> bool:
        return self.issues.told.absent - self.before > _ABSENT

    def run(self) -> None:
        dimension = 2 if self.shape.branching == 4 else 3
        # Children are named one by one: all of a subtree's would fill the memory.
        waiting: list[Iterator[tuple[int, tuple[int, ...]]]] = [iter([(0, (0,) * dimension)])]
        while waiting:
            if self._hopeless:
                self.issues.unseen("implicit", "implicit-many")
                return
            following = next(waiting[-1], None)
            if following is None:
                waiting.pop()
                continue
            level, place = following
            tree = self._subtree(level, place)
            if tree is not None:
                self._contents(tree, level, place)
                waiting.append(self._children(tree, level, place))

    def _children(
        self, tree: Subtree, level: int, place: tuple[int, ...]
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        levels, dimension = self.shape.levels, len(place)
        for index in np.flatnonzero(tree.children).astype(np.int32):
            yield level + levels, _child(place, int(index), levels, dimension)

    def _subtree(self, level: int, place: tuple[int, ...]) -> Subtree | None:
        template, at = self.subtrees
        uri = _fill(template, level, place)
        if uri in self.met:
            return None
        self.met.add(uri)
        files, base = self.document.walk.files, self.document.name
        found = files.name(uri, base, self.issues, f"{at}{_label(level, place)}")
        data = None if found is None else files.read(found)
        if data is None:
            return None
        from cimkit.checks._tiles3d.tiles import unzipped
        from cimkit.loaders._mesh.paths import resolve

        def read(address: str) -> bytes | None:
            name = resolve(address, str(found))
            return None if name is None else files.read(name)

        own = self.issues.into(str(found), own_extensions=False)
        tree = check_subtree(
            unzipped(data), own, read, self.shape, self.document.schema,
            schema_broken=self.document.schema_given and self.document.schema is None,
        )  # fmt: skip
        if tree is None:
            return None
        if not bool(tree.tiles[0]):
            own.tell(
                "root-unavailable", "/tileAvailability", severity="error" if level else "warning"
            )
        if len(tree.contents) > len(self.contents):
            got, wanted = len(tree.contents), f"≤ {len(self.contents)}"
            own.tell("length-wrong", "/contentAvailability", got=got, expected=wanted,
                     severity="warning")  # fmt: skip
        deepest = int(self.tiling["availableLevels"])
        for local in range(self.shape.levels):
            here = tree.tiles[self.shape.start(local) : self.shape.start(local + 1)]
            if level + local >= deepest and bool(here.any()):
                got, wanted = level + local, f"< {deepest}"
                own.tell("level-beyond", "/tileAvailability", got=got, expected=wanted,
                         severity="warning")  # fmt: skip
                break
        return tree

    def _contents(self, tree: Subtree, level: int, place: tuple[int, ...]) -> None:
        dimension = len(place)
        for (template, at), held in zip(self.contents, tree.contents, strict=False):
            for local in range(self.shape.levels):
                start = self.shape.start(local)
                for index in np.flatnonzero(held[start : self.shape.start(local + 1)]):
                    inner = _child(place, int(index), local, dimension)
                    uri = _fill(template, level + local, inner)
                    if template in self.short:
                        if uri in self.met:
                            continue
                        self.met.add(uri)
                    if self._hopeless:
                        return
                    label = _label(level + local, inner)
                    volume = self._volume(level + local, inner)
                    around = self.frame.around
                    if volume is not None:
                        around = (*around, volume)
                    frame = replace(self.frame, around=around)
                    self.document.met |= self.document.contents(uri, f"{at}{label}", frame, None)

    def _volume(self, level: int, place: tuple[int, ...]) -> Volume | None:
        """Return the part of the root's volume that a tile has (OGC 22-025r4, implicit tiling)."""
        root = self.root
        if root is None or level == 0:
            return root
        many = 2**level
        if root.kind == "box":
            axes = root.numbers[3:].reshape(3, 3).copy()
            centre = root.numbers[:3].copy()
            for axis, index in enumerate(place):
                centre += axes[axis] * ((2 * index + 1) / many - 1)
                axes[axis] /= many
            return Volume("box", np.concatenate([centre, axes.ravel()]), root.matrix)
        west, south, east, north, low, high = root.numbers
        wide = (east - west) % (2 * pi) or (2 * pi if east != west else 0.0)
        ends = [west, south, west + wide, north, low, high]
        for (first, last), index in zip(((0, 2), (1, 3), (4, 5)), place, strict=False):
            step = (ends[last] - ends[first]) / many
            ends[first], ends[last] = ends[first] + index * step, ends[first] + (index + 1) * step
        return Volume("region", np.asarray(ends), root.matrix)


def _placed_by_metadata(schema: Any) -> bool:
    """Return whether tiles have volumes of their own in their metadata."""
    return any(
        str(about.get("semantic") or "").startswith(_OWN_PLACE)
        for one in ((schema or {}).get("classes") or {}).values()
        for about in (one.get("properties") or {}).values()
    )


def _fill(template: str, level: int, place: tuple[int, ...]) -> str:
    values: Iterator[tuple[str, int]] = zip(("level", "x", "y", "z"), (level, *place), strict=False)
    for word, value in values:
        template = template.replace("{" + word + "}", str(value))
    return template


def _label(level: int, place: tuple[int, ...]) -> str:
    return f"[{level}: {', '.join(map(str, place))}]"


def _child(place: tuple[int, ...], index: int, levels: int, dimension: int) -> tuple[int, ...]:
    """Return the coordinates of a tile from those of its subtree and its Morton index."""
    out = [v << levels for v in place]
    for bit in range(levels):
        for axis in range(dimension):
            out[axis] |= ((index >> (bit * dimension + axis)) & 1) << bit
    return tuple(out)
