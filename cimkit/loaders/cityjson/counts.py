"""What a survey counts of a city model: objects, levels, vertices, and the box around them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.parts import Json, Part
from cimkit.model import Problem

__all__ = ["Counts", "repeated"]

Reals = npt.NDArray[np.float64]
_BATCH = 1 << 18
_MIX = ((32, 0x9E3779B97F4A7C15), (29, 0xBF58476D1CE4E5B9))
_BRACKETS = bytes.maketrans(b"[]", b"  ")
_ROOT = {
    *("type", "version", "metadata", "transform", "CityObjects", "vertices", "appearance"),
    *("geometry-templates", "extensions", "extraCityObjects", "id"),
}


class Counts:
    """Gathers them part by part."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.counts: Counter[str] = Counter({"objects": 0, "top_level": 0, "vertices": 0})
        self.levels: set[str] = set()
        self.low, self.high = np.full(3, np.inf), np.full(3, -np.inf)
        self.unused = self.double = self._rows = 0
        self._waiting: list[tuple[Reals, npt.NDArray[np.bool_]]] = []
        self.sequence = False
        self.head: Json = {}
        self.images: set[str] = set()
        self.extra: dict[str, Any] = {}

    def take(self, part: Part, tally: Tally) -> None:
        """Count one part and widen the box by its vertices."""
        self.head = part.head or self.head
        self.sequence |= part.place != "" or part.feature
        self.counts["vertices"] += len(part.vertices)
        self.counts["top_level"] += part.feature
        used = np.zeros(len(part.vertices), bool)
        keys: set[str] = set()
        for key, body in part.items(tally):
            self.counts["objects"] += 1
            if part.feature:
                keys.add(key)
            if not isinstance(body, dict):
                continue
            self.types[str(body.get("type"))] += 1
            if not part.feature and not (body.get("parents") or body.get("parent")):
                self.counts["top_level"] += 1
            self._shapes(body, used)
        self._box(part.vertices, used)
        for name in part.body.keys() - _ROOT:
            self.extra.setdefault(name, part.body[name])
        looks = part.body.get("appearance")
        if isinstance(looks, dict):
            for texture in looks.get("textures") or []:
                if isinstance(texture, dict) and texture.get("image"):
                    self.images.add(str(texture["image"]))
        if part.feature and part.body.get("id") not in (None, *keys):
            tally.add(
                Problem(
                    "feature-id-unknown",
                    "A feature is called by the key of no object in it.",
                    place=part.place,
                    got=str(part.body.get("id")),
                )
            )

    def _shapes(self, body: Json, used: npt.NDArray[np.bool_]) -> None:
        """Note the levels of an object and the vertices that it uses."""
        shapes = body.get("geometry")
        for shape in shapes if isinstance(shapes, list) else ():
            if not isinstance(shape, dict):
                continue
            if shape.get("lod") is not None:
                self.levels.add(str(shape["lod"]))
            numbers = _flat(shape.get("boundaries"))
            used[numbers[(numbers >= 0) & (numbers < len(used))]] = True

    def _box(self, points: Reals, used: npt.NDArray[np.bool_]) -> None:
        """Take vertices up; those of many features are looked at together."""
        in_use = int(np.count_nonzero(used))
        self.unused += len(used) - in_use
        self._waiting.append((points, used if in_use else ~used))
        self._rows += len(points)
        if self._rows >= _BATCH:
            self.finish()

    def finish(self) -> None:
        """Widen the box by the vertices that are waiting, and count those that are doubled."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        if not waiting:
            return
        points, wanted = waiting[0]
        owner = np.zeros(1, np.uint64)
        if len(waiting) > 1:
            points, wanted = (np.concatenate(part) for part in zip(*waiting, strict=True))
            sizes = [len(part) for part, _ in waiting]
            owner = np.repeat(np.arange(len(waiting), dtype=np.uint64), sizes)
        self.double += repeated(points, owner)
        for start in range(0, len(points), _BATCH):
            part = points[start : start + _BATCH][wanted[start : start + _BATCH]]
            good = part[np.isfinite(part).all(axis=1)]
            if len(good):
                self.low = np.minimum(self.low, good.min(axis=0))
                self.high = np.maximum(self.high, good.max(axis=0))


def repeated(points: Reals, owner: npt.NDArray[np.uint64]) -> int:
    """Return how many positions are those of another of one owner, told apart by 64 bits.

    Examples
    --------
    >>> same = np.array([[0.0, 1, 2], [-0.0, 1, 2], [2, 1, 0]])
    >>> repeated(same, np.zeros(3, np.uint64)), repeated(same, np.arange(3, dtype=np.uint64))
    (1, 0)
    """
    if len(points) < 2:
        return 0
    mixed = np.zeros(len(points), np.uint64)
    mixed += owner
    for axis in range(3):
        for shift, factor in _MIX:
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)
        mixed ^= (points[:, axis] + 0.0).view(np.uint64)
    for shift, factor in _MIX:
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed.sort()
    return int((mixed[1:] == mixed[:-1]).sum())


def _flat(nested: Any) -> npt.NDArray[np.int64]:
    """Return the indices in nested lists, in their order; none if there is anything else."""
    if not isinstance(nested, list):
        return np.empty(0, np.int64)
    try:
        text = orjson.dumps(nested)
    except (orjson.JSONEncodeError, RecursionError):
        return np.empty(0, np.int64)
    rows = [n for n in text.translate(_BRACKETS).split(b",") if n.strip()]
    try:
        return np.array(list(map(int, rows)), np.int64)
    except (ValueError, OverflowError):
        return np.empty(0, np.int64)
