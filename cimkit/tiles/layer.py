"""A layer of features: its tree, its contents, its tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.tiles.content import content_glb
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import box
from cimkit.tiles.mesh import Instances, Mesh
from cimkit.tiles.property_table import table_code
from cimkit.tiles.store import Store
from cimkit.tiles.tileset import Tile, frame_at
from cimkit.tiles.tree import CAP, Branch, grow

__all__ = ["Layer", "Tiled", "drawn_rows", "table_bytes", "write_layer"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Parts = Mesh | Sequence[Mesh | Instances]


@dataclass(frozen=True, slots=True)
class Layer:
    """Features to be tiled, and how their triangles are made when their tile's turn comes."""

    features: pa.Table
    """Columns of the class ``feature`` of the schema, one row a feature."""
    centre: Reals
    """Shape (n, 3), earth-centred metres (or local ones)."""
    size: Reals
    """Shape (n,): diagonal, metres."""
    weight: Reals
    """Shape (n,): estimated bytes of content."""
    build: Callable[[Rows], Parts]
    """Triangles of the given rows; ``feature`` counts within these rows."""
    color: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    """Linear RGBA of what has no colour of its own."""
    local: bool = False
    """The coordinates are not earth-centred but those of one model."""
    inputs: pa.Table | None = None
    """One row a feature: all that decides what `build` makes of it, beside `features`. With it
    a tile whose rows are as they were is not built again; None: each is."""
    name: str = ""
    """Lasting name within the tileset, put before those of contents; "" if it is the only one."""

    def take(self, rows: Rows, name: str = "") -> Layer:
        """Return a layer of some of the features, with a name of its own."""
        return replace(
            self,
            features=self.features.take(rows),
            centre=self.centre[rows],
            size=self.size[rows],
            weight=self.weight[rows],
            build=lambda own: self.build(rows[own]),
            inputs=None if self.inputs is None else self.inputs.take(rows),
            name=name,
        )


@dataclass(slots=True)
class Tiled:
    """What tiling a layer gave."""

    root: Tile | None = None
    """None if no feature had a triangle."""
    files: list[str] = field(default_factory=list)
    """Names of the contents, made or kept."""
    bare: list[int] = field(default_factory=list)
    """Rows of features that had no triangle."""
    large: int = 0
    """Contents above the cap: of one feature, which is not taken apart."""


def write_layer(
    layer: Layer,
    store: Store,
    folder: str = "",
    *,
    cap: float = CAP,
    encoding: Encoding | None = None,
) -> Tiled:
    """Write the contents of a layer and return its tiles.

    Parameters
    ----------
    layer : Layer
        Memory in use at one time is that of one tile's triangles.
    store : Store
        Where contents go.
    folder : str
        Folder in the store of the tileset that the tiles will stand in; "" is the store's own.
    cap : float
        Bytes of content in a tile.
    encoding : Encoding, optional
        How contents are written.
    """
    done = Tiled()
    if layer.features.num_rows == 0:
        return done
    tree = grow(layer.centre, layer.size, layer.weight, cap=cap, local=layer.local)
    writer = _Writer(layer, store, folder, cap, encoding or Encoding(), done)
    done.root = writer.tile(tree)
    done.bare.sort()
    return done


def drawn_rows(parts: Sequence[Mesh | Instances], count: int) -> npt.NDArray[np.bool_]:
    """Which of ``count`` features have a triangle or a copy."""
    seen = np.zeros(count, bool)
    for part in parts:
        rows = part.feature
        seen[rows if isinstance(part, Instances) else rows[part.indices.reshape(-1)]] = True
    return seen


def table_bytes(table: pa.Table) -> bytes:
    """Return bytes that are the same for tables with the same columns and values alone."""
    sink = pa.BufferOutputStream()
    whole = table.replace_schema_metadata(None).combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as stream:
        stream.write_table(whole)
    found: bytes = sink.getvalue().to_pybytes()
    return found


@dataclass(frozen=True, slots=True)
class _Writer:
    layer: Layer
    store: Store
    folder: str
    cap: float
    encoding: Encoding
    done: Tiled

    def tile(self, branch: Branch) -> Tile | None:
        layer = self.layer
        tile = (
            self._content(branch.rows, f"{layer.name}{branch.cell}", branch.error)
            if len(branch.rows)
            else None
        )
        written = [t for t in map(self.tile, branch.children) if t is not None]
        if tile is None:
            if not written:
                return None
            low, high = box(layer.centre[branch.area])
            frame = frame_at((low + high) / 2, local=layer.local)
            tile = Tile(frame, np.full(3, np.inf), np.full(3, -np.inf), branch.error)
        tile.children += written
        return tile

    def _content(self, rows: Rows, name: str, error: float) -> Tile | None:
        """Write the content of some rows; what goes beyond the cap goes to a tile below."""
        layer = self.layer
        low, high = box(layer.centre[rows])
        frame = frame_at((low + high) / 2, local=layer.local)
        file = f"{self.folder}/{name}.glb" if self.folder else f"{name}.glb"
        key = self._key(rows, frame)
        kept = None if key is None else self.store.keep(file, key)
        if kept is not None:
            said = kept.said
            own = rows[said["own"]] if "own" in said else rows
        else:
            own, data, said = self._make(rows, frame)
            if not data:
                self.done.bare += own.tolist()
                rest = np.setdiff1d(rows, own)
                return self._content(rest, name, error) if len(rest) else None
            self.store.put(file, key or self.store.key(data), data, said)
        self.done.bare += own[said["bare"]].tolist() if said["bare"] else []
        self.done.large += bool(said.get("large"))
        self.done.files.append(file)
        tile = Tile(frame, np.array(said["low"]), np.array(said["high"]), error, f"{name}.glb")
        if len(own) < len(rows):
            rest = np.setdiff1d(rows, own)
            tile.error = max(error, float(layer.size[rest].max()))
            below = self._content(rest, f"{name}-", error)
            tile.children = [below] if below is not None else []
        return tile

    def _make(self, rows: Rows, frame: Reals) -> tuple[Rows, bytes, dict[str, object]]:
        """The rows that fit, their content (none without a triangle), and what is said of it."""
        layer, own = self.layer, rows
        while True:
            built = layer.build(own)
            parts = [built] if isinstance(built, Mesh) else built
            features = layer.features.take(own)
            content = content_glb(
                parts, frame, features, color=layer.color, encoding=self.encoding
            )  # fmt: skip
            if content is None:
                return own, b"", {}
            size = len(content.data)
            if size <= self.cap or len(own) == 1:
                break
            # The largest stay: as many as fit if bytes go by estimated weight.
            order = own[np.lexsort((own, -layer.size[own]))]
            heap = np.cumsum(layer.weight[order])
            fit = int(np.searchsorted(heap, heap[-1] * 0.95 * self.cap / size, side="right"))
            own = np.sort(order[: min(max(fit, 1), len(own) - 1)])
        said: dict[str, object] = {
            "low": content.low.tolist(),
            "high": content.high.tolist(),
            "bare": np.flatnonzero(~drawn_rows(parts, len(own))).tolist(),
        }
        if len(own) < len(rows):
            said["own"] = np.searchsorted(rows, own).tolist()
        if size > self.cap:
            said["large"] = True
        return own, content.data, said

    def _key(self, rows: Rows, frame: Reals) -> str | None:
        layer = self.layer
        if layer.inputs is None:
            return None
        features = layer.features.take(rows)
        return self.store.key(
            table_bytes(features),
            table_code(features, self.encoding.schema),
            table_bytes(layer.inputs.take(rows)),
            frame.tobytes(),
            layer.size[rows].tobytes(),
            layer.weight[rows].tobytes(),
            np.array([*layer.color, self.cap]).tobytes(),
        )
