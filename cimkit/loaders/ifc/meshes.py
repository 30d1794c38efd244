"""The tables ``shapes`` and ``placements`` of an IFC model, and how far each object extends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.ifc.outlines import Outline, covered, outline, placed
from cimkit.loaders.ifc.shapes import Element, Part
from cimkit.model import STAGED

__all__ = ["Extent", "Meshes"]

Reals = npt.NDArray[np.float64]
_CHUNK = 4_096


@dataclass(slots=True)
class Extent:
    """What one object covers, in metres of the CRS if the model is placed, else of the model."""

    ground: Any
    """shapely geometry."""
    bottom: float
    """Lowest z."""
    top: float
    """Highest z."""
    digest: str = ""
    """Hash of shapes and where they are; "" for what has none of its own."""


class Meshes:
    """Turn elements into tables, and remember their extents.

    Parameters
    ----------
    keys : dict
        Source key by instance number.
    hidden : set of int
        Objects that have an extent, but whose triangles are not kept: spaces.
    """

    def __init__(self, keys: dict[int, str], hidden: set[int]) -> None:
        self.extents: dict[int, Extent] = {}
        self._keys, self._hidden = keys, hidden
        self._outlines: dict[str, Outline] = {}
        self._told: set[str] = set()

    def tables(self, elements: Iterable[Element], world: Reals) -> Iterator[tuple[str, pa.Table]]:
        """Yield ``shapes`` before the ``placements`` that use them.

        Parameters
        ----------
        elements : iterable of Element
        world : (4, 4) array
            Takes metres of the model to metres of the CRS.
        """
        owners: list[Element] = []
        parts: list[Part] = []
        for element in elements:
            owners += [element] * len(element.parts)
            parts += element.parts
            if len(parts) >= _CHUNK:
                yield from self._flush(owners, parts, world)
                owners, parts = [], []
        if parts:
            yield from self._flush(owners, parts, world)

    def _flush(
        self, owners: list[Element], parts: list[Part], world: Reals
    ) -> Iterator[tuple[str, pa.Table]]:
        matrices = world @ np.stack([o.matrix for o in owners])
        centres = np.stack([p.centre for p in parts])
        matrices[:, :3, 3] += np.einsum("nij,nj->ni", matrices[:, :3, :3], centres)
        self._extend(owners, parts, matrices)
        shown = [n for n, o in enumerate(owners) if o.number not in self._hidden]
        fresh = {p.shape_id: p for n in shown if (p := parts[n]).shape_id not in self._told}
        self._told.update(fresh)
        if fresh:
            yield "shapes", _shapes(list(fresh.values()))
        if shown:
            keys = [self._keys[owners[n].number] for n in shown]
            yield "placements", _placements(keys, [parts[n] for n in shown], matrices[shown])

    def _extend(self, owners: list[Element], parts: list[Part], matrices: Reals) -> None:
        for part in parts:
            if part.shape_id not in self._outlines:
                self._outlines[part.shape_id] = outline(part.positions, part.indices)
        outlines = [self._outlines[p.shape_id] for p in parts]
        grounds, heights = placed(outlines, matrices, [p.positions for p in parts])
        rounded = np.round(matrices, 4) + 0.0
        start = 0
        while start < len(owners):
            number, stop = owners[start].number, start + len(owners[start].parts)
            digest = hashlib.sha256(rounded[start:stop].tobytes())
            for part in parts[start:stop]:
                digest.update(part.shape_id.encode())
            ground = grounds[start] if stop == start + 1 else _joined(grounds[start:stop])
            low, high = float(heights[start:stop].min()), float(heights[start:stop].max())
            held = self.extents.get(number)
            if held is not None:  # a second body of the same product
                digest.update(held.digest.encode())
                ground = _joined([held.ground, ground])
                low, high = min(low, held.bottom), max(high, held.top)
            self.extents[number] = Extent(ground, low, high, digest.hexdigest()[:16])
            start = stop


def _joined(grounds: Any) -> Any:
    import shapely

    return covered(grounds) or shapely.convex_hull(shapely.geometrycollections(grounds))


def _shapes(parts: list[Part]) -> pa.Table:
    columns = [
        pa.array([p.shape_id for p in parts]),
        _lists([p.positions.ravel() for p in parts]),
        _lists([p.indices.ravel() for p in parts]),
    ]
    return pa.Table.from_arrays(columns, schema=STAGED["shapes"])


def _lists(rows: list[npt.NDArray[Any]]) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(rows)))


def _placements(keys: list[str], parts: list[Part], matrices: Reals) -> pa.Table:
    schema = STAGED["placements"]
    # column-major
    flat = pa.array(np.ascontiguousarray(matrices.transpose(0, 2, 1)).ravel())
    columns = [
        pa.array([""] * len(keys)),
        pa.array(keys),
        pa.array([p.shape_id for p in parts]),
        pa.FixedSizeListArray.from_arrays(flat, 16),
        pa.nulls(len(keys), pa.string()),
        pa.array([p.color for p in parts], schema.field("color").type),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
