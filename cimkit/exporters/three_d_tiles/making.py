"""One export in the making: what every layer of the tileset needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.exporters.three_d_tiles.things import Things, find_things
from cimkit.geometry.frames import box_corners
from cimkit.tiles import Layer, Tile, Tiled, frame_at, write_layer, write_tileset
from cimkit.tiles.ladder import Climbed, write_ladder
from cimkit.tiles.rungs import Ladder
from cimkit.tiles.tileset import outer_box
from cimkit.tiles.tree import Branch, grow

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.exporters.three_d_tiles.heights import Heights
    from cimkit.tiles import Encoding, Store

__all__ = ["Drawn", "Making", "Options", "over"]

_TOGETHER = 16  # trees that stand side by side in one tile


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of the tiles."""

    layers: tuple[str, ...] = ()
    """Layers to draw; () draws all."""
    attributes: tuple[str, ...] = ()
    """Names of properties that the property tables carry beside the usual ones."""
    local: str | None = None
    """Item id or path of one BIM model: it alone, in its own metres."""
    clamp: bool = False
    """Objects without a height of their own stand on the terrain."""
    cap: int = 1_000_000
    """Bytes of content that a tile may hold."""
    thumbnails: bool = False
    """Photographs show small pictures of themselves, made from their sources."""
    compress: str = "none"
    """Files are compressed: ``none``, ``gzip`` or ``brotli``."""
    levels: tuple[str, ...] = ()
    """Codes of the levels of detail to draw, e.g. ``CIM2``; () draws all."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A layer that is written."""

    name: str
    """Of its folder, which holds its tileset.json."""
    count: int
    """Objects drawn."""
    root: Tile
    """Its tree."""


@dataclass(slots=True)
class Making:
    """An export in the making."""

    selection: Selection
    """The objects."""
    heights: Heights
    """From the sources' heights to the ellipsoid."""
    report: ExportReport
    """What is written and what is not."""
    options: Options
    """What the user asked for."""
    folder: Path
    """Of the export in the making."""
    store: Store
    """Where contents go; its names are relative to `folder`."""
    encoding: Encoding
    """How contents are written."""
    _things: Things | None = None
    large: int = 0
    """Contents above the cap: of one object each, which is not taken apart."""

    def joined(self) -> Things:
        """Which objects show the same building."""
        if self._things is None:
            self._things = find_things(self.selection)
        return self._things

    def draw(self, name: str, parts: Iterable[Layer]) -> Drawn | None:
        """Tile a layer of one part or several, and write its tileset; None if nothing is drawn."""
        roots, count = [], 0
        for part in parts:
            done = self.tile(name, part)
            self.report.leave("no surface to draw", len(done.bare))
            count += part.features.num_rows - len(done.bare)
            roots += [] if done.root is None else [done.root]
        return self.finish(name, count, roots)

    def tile(self, name: str, layer: Layer) -> Tiled:
        """Tile features into the folder of a layer."""
        (self.folder / name).mkdir(exist_ok=True)
        done = write_layer(layer, self.store, name, cap=self.options.cap, encoding=self.encoding)
        self.large += done.large
        return done

    def climb(self, name: str, ladder: Ladder) -> Climbed:
        """Tile things with several levels into the folder of a layer."""
        (self.folder / name).mkdir(exist_ok=True)
        done = write_ladder(
            ladder, self.store, name, cap=self.options.cap, encoding=self.encoding
        )  # fmt: skip
        self.large += done.large
        return done

    def finish(self, name: str, count: int, roots: list[Tile]) -> Drawn | None:
        """Write the tileset of a layer from its trees; None if there is none."""
        if not roots:
            return None
        return self.write(name, count, roots[0] if len(roots) == 1 else over(roots))

    def write(self, name: str, count: int, root: Tile, **metadata: Any) -> Drawn:
        """Write a layer's tileset; ``metadata`` are further arguments of `write_tileset`."""
        write_tileset(self.folder / name / "tileset.json", root, **metadata)
        self.report.counts[name] = count
        return Drawn(name, count, root)


def over(roots: list[Tile]) -> Tile:
    """Return a tile without content over others; many of them stand in a tree by place.

    What is far is not looked at: below the first tile the error is that of the largest thing.
    """
    boxes = [box_corners(*outer_box(root), root.frame) for root in roots]
    low = np.array([corners.min(axis=0) for corners in boxes])
    high = np.array([corners.max(axis=0) for corners in boxes])
    size = np.linalg.norm(high - low, axis=1)
    one = np.ones(len(roots))
    local = bool(np.linalg.norm(low.mean(axis=0)) < 1e6)

    def gather(branch: Branch) -> Tile:
        children: list[Tile] = [roots[i] for i in branch.rows.tolist()]
        children += [gather(inner) for inner in branch.children]
        if len(children) == 1:
            return children[0]
        area = branch.area
        frame = frame_at((low[area].min(axis=0) + high[area].max(axis=0)) / 2)
        error = max(float(size[area].max()), *(child.error for child in children))
        return Tile(
            frame, np.full(3, np.inf), np.full(3, -np.inf), error, children=children
        )  # fmt: skip

    tile = gather(grow((low + high) / 2, size, one, cap=_TOGETHER, reach=np.inf, local=local))
    least, most = outer_box(tile)
    # Nothing is drawn here: the error is the whole extent.
    tile.error = max(float(np.linalg.norm(most - least)), tile.error)
    return tile
