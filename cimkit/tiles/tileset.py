"""Tiles to the JSON of 3D Tiles 1.1."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from cimkit.geometry.frames import box_corners, enu_frame, inverse, to_frame

__all__ = ["Tile", "frame_at", "outer_box", "write_tileset"]

Reals = npt.NDArray[np.float64]


@dataclass(slots=True)
class Tile:
    """A tile in a local frame of its own."""

    frame: Reals
    """Shape (4, 4), rigid: the tile's east, north, up to earth-centred coordinates."""
    low: Reals
    """Least corner of the content in the frame, metres; +inf without content."""
    high: Reals
    """Greatest corner of the content in the frame, metres; -inf without content."""
    error: float
    """Metres by which the area is wrong if the children are not drawn."""
    uri: str | None = None
    """Content, relative to the tileset; None: nothing is drawn here."""
    group: int | None = None
    """Index into the groups of the tileset."""
    children: list[Tile] = field(default_factory=list)
    """Tiles below this one."""
    refine: str = "ADD"
    """``ADD``: the children add to this tile; ``REPLACE``: they stand for it, all together."""


def frame_at(xyz: Reals, *, local: bool = False) -> Reals:
    """Frame of a tile about a point: east-north-up on the earth, unturned in a local model."""
    if local or float(np.linalg.norm(xyz)) < 1e6:  # far below the ground there is no up
        frame = np.eye(4)
        frame[:3, 3] = xyz
        return frame
    return enu_frame(xyz)


def outer_box(tile: Tile) -> tuple[Reals, Reals]:
    """Least and greatest corner, in the tile's frame, of its content and all below it."""
    return _outer(tile, {})


def _outer(tile: Tile, known: dict[int, tuple[Reals, Reals]]) -> tuple[Reals, Reals]:
    if id(tile) in known:
        return known[id(tile)]
    corners = [c for c in (tile.low, tile.high) if np.isfinite(c).all()]
    low = np.min(corners, axis=0) if corners else np.full(3, np.inf)
    high = np.max(corners, axis=0) if corners else np.full(3, -np.inf)
    for child in tile.children:
        inner = box_corners(*_outer(child, known), child.frame)
        at = to_frame(inner, tile.frame)
        low, high = np.minimum(low, at.min(axis=0)), np.maximum(high, at.max(axis=0))
    if tile.children:
        # A hair more than the children, whose corners went through two float64 frames.
        slack = 1e-4
        low, high = low - slack, high + slack
    known[id(tile)] = low, high
    return low, high


def _settle(tile: Tile) -> float:
    """Let no tile be more right than one below it: errors fall on every way down."""
    tile.error = max([tile.error, *(_settle(child) for child in tile.children)])
    return tile.error


def write_tileset(
    file: Path,
    root: Tile,
    *,
    unframed: bool = False,
    within: Reals | None = None,
    schema: dict[str, Any] | str | None = None,
    groups: list[dict[str, Any]] | None = None,
    metadata: dict[str, Any] | None = None,
    statistics: dict[str, Any] | None = None,
    extras: dict[str, Any] | None = None,
) -> None:
    """Write a tileset.json.

    Parameters
    ----------
    file : Path
        Where.
    root : Tile
        Its frame becomes the transform of the root.
    unframed : bool
        No transforms are written and the boxes are in outer coordinates: for a tileset whose
        contents are tilesets, which bring their own transforms.
    within : ndarray, shape (4, 4), optional
        Frame of the tile whose content this tileset is; the root's transform is relative to it.
    schema, groups, metadata, statistics, extras : optional
        Metadata of 3D Tiles 1.1, and ``asset.extras``; as schema also the address of its file.

    Notes
    -----
    Errors are raised to those of the tiles below first, in the tiles themselves.
    """
    asset: dict[str, Any] = {"version": "1.1", "generator": "cimkit"}
    if extras:
        asset["extras"] = extras
    _settle(root)
    known: dict[int, tuple[Reals, Reals]] = {}
    low, high = _outer(root, known)
    whole: dict[str, Any] = {"asset": asset}
    if schema is not None:
        whole["schemaUri" if isinstance(schema, str) else "schema"] = schema
    if groups:
        whole["groups"] = groups
    if metadata is not None:
        whole["metadata"] = metadata
    if statistics is not None:
        whole["statistics"] = statistics
    # With nothing drawn at all the error is the whole thing.
    whole["geometricError"] = _metres(max(float(np.linalg.norm(high - low)), root.error))
    outer = np.eye(4) if within is None else within
    whole["root"] = _tile(root, None if unframed else outer, known)
    whole["root"]["refine"] = root.refine
    file.write_bytes(orjson.dumps(whole) + b"\n")


def _tile(
    tile: Tile, parent: Reals | None, known: dict[int, tuple[Reals, Reals]]
) -> dict[str, Any]:
    low, high = _outer(tile, known)
    centre, axes = (low + high) / 2, np.diag(np.maximum((high - low) / 2, 1e-3))
    out: dict[str, Any] = {}
    if parent is None:
        centre = tile.frame[:3, :3] @ centre + tile.frame[:3, 3]
        axes = axes @ tile.frame[:3, :3].T
    elif not np.array_equal(parent, tile.frame):
        step = inverse(parent) @ tile.frame
        out["transform"] = [float(v) + 0.0 for v in step.T.reshape(-1)]
    box = [*centre, *axes.reshape(-1)]
    out["boundingVolume"] = {"box": [float(v) + 0.0 for v in box]}
    out["geometricError"] = _metres(tile.error)
    if tile.uri is not None:
        out["content"] = {"uri": tile.uri}
        if tile.group is not None:
            out["content"]["group"] = tile.group
    if tile.children:
        inner = None if parent is None else tile.frame
        out["children"] = [_tile(child, inner, known) for child in tile.children]
        for said, child in zip(out["children"], tile.children, strict=True):
            if child.refine != tile.refine:
                said["refine"] = child.refine
    return out


def _metres(value: float | np.floating[Any]) -> float:
    return round(float(value), 3)
