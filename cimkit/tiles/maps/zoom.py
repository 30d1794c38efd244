"""Features of one zoom: on its grid of whole numbers, simplified, and which tiles they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from cimkit.tiles.maps.shapes import Shapes

__all__ = ["BUFFER", "EXTENT", "Zoomed", "joined", "pairs", "thinned", "zoomed"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.int8]

EXTENT = 4096
"""Units along the side of a tile."""
BUFFER = 64
"""Units that a tile reads over its edges."""
_TOLERANCE = 4.0  # units: half a pixel where a tile is 512 of them
_DOT = 8  # units: one pixel
_ALONE = 32 * _DOT  # a dot stands for what is no farther away


@dataclass(frozen=True, slots=True)
class Zoomed:
    """n features on the grid of a zoom: 4096 units a tile, x east, y south, from the corner."""

    xy: Ints
    """(v, 2) units."""
    part: Ints
    """(p + 1,) first vertex of each part."""
    inner: npt.NDArray[np.bool_]
    """(p,) whether a ring is a hole."""
    feature: Ints
    """(n + 1,) first part of each feature."""
    kind: Marks
    """(n,) as in `Shapes`."""
    box: Ints
    """(n, 4) least x and y, greatest x and y."""
    fate: Marks
    """(n,) 0 drawn, 1 drawn as a dot for itself and those before it, 2 smaller than a pixel."""


def zoomed(
    shapes: Shapes, significance: Reals, zoom: int, *, last: bool, dots: bool = False
) -> Zoomed:
    """Return features on the grid of a zoom.

    Parameters
    ----------
    shapes : Shapes
        Features in an order where neighbours follow each other.
    significance : ndarray (v,)
        See `cimkit.tiles.maps.significance.significance`.
    zoom : int
        0 to 18.
    last : bool
        At the last zoom nothing is simplified and nothing is too small.
    dots : bool
        What is smaller than a pixel is a dot for others, which are not among the features.
    """
    xy, part, feature, box, fate, inner = _zoomed(
        shapes.xy, significance, shapes.part, shapes.inner, shapes.feature, shapes.kind,
        float(EXTENT << zoom), last, dots,
    )  # fmt: skip
    return Zoomed(xy, part, inner, feature, shapes.kind, box, fate)


@nb.njit(cache=True, nogil=True)
def _zoomed(
    xy: Reals, significance: Reals, part: Ints, inner: npt.NDArray[np.bool_], feature: Ints,
    kind: Marks, scale: float, last: bool, dots: bool,
) -> tuple[Ints, Ints, Ints, Ints, Marks, npt.NDArray[np.bool_]]:  # fmt: skip
    count = len(kind)
    out = np.empty((len(xy) + 4 * count + 4, 2), np.int64)
    parts = np.empty(len(part) + count, np.int64)
    holes = np.empty(len(part) + count, np.bool_)
    features = np.empty(count + 1, np.int64)
    box = np.empty((count, 4), np.int64)
    fate = np.zeros(count, np.int8)
    tolerance = -1.0 if last else _TOLERANCE / scale
    waiting = 0.0
    dot_x = dot_y = -2 * _ALONE
    v = p = 0
    top = int(scale)
    for f in range(count):
        features[f] = p
        v0, p0 = v, p
        low_x, low_y, high_x, high_y = top, top, 0, 0
        size = 0.0
        whole = True
        for q in range(feature[f], feature[f + 1]):
            start = v
            for i in range(part[q], part[q + 1]):
                x = min(max(int(np.rint(xy[i, 0] * scale)), 0), top)
                y = min(max(int(np.rint(xy[i, 1] * scale)), 0), top)
                low_x, low_y = min(low_x, x), min(low_y, y)
                high_x, high_y = max(high_x, x), max(high_y, y)
                if kind[f] != 1:
                    if significance[i] <= tolerance:
                        continue
                    if v > start and out[v - 1, 0] == x and out[v - 1, 1] == y:
                        continue
                out[v, 0], out[v, 1] = x, y
                v += 1
            n = v - start
            if kind[f] == 2:
                for i in range(part[q], part[q + 1] - 1):
                    dx, dy = xy[i + 1, 0] - xy[i, 0], xy[i + 1, 1] - xy[i, 1]
                    size += np.sqrt(dx * dx + dy * dy) * scale
                if n == 1:
                    if not last:
                        v = start
                        continue
                    # A line shorter than the grid still shows where it lies.
                    out[v, 0] = out[start, 0] + (1 if out[start, 0] < top else -1)
                    out[v, 1] = out[start, 1]
                    v += 1
            elif kind[f] == 3:
                if n > 1 and out[v - 1, 0] == out[start, 0] and out[v - 1, 1] == out[start, 1]:
                    v -= 1
                    n -= 1
                area = 0.0
                for i in range(part[q], part[q + 1]):
                    j = i + 1 if i + 1 < part[q + 1] else part[q]
                    area += (xy[i, 0] - xy[j, 0]) * (xy[i, 1] + xy[j, 1] - 2 * xy[part[q], 1])
                size += (
                    -abs(area) * scale * scale / 2 if inner[q] else abs(area) * scale * scale / 2
                )
                twice = 0.0
                for i in range(start, v):
                    j = i + 1 if i + 1 < v else start
                    twice += float(out[i, 0] * out[j, 1] - out[j, 0] * out[i, 1])
                if not inner[q]:
                    whole = twice != 0
                if n < 3 or twice == 0 or (inner[q] and not whole):
                    v = start
                    continue
                # MVT 2.1, 4.3.4.4: outer rings have a positive area, with y to the south.
                if (twice < 0) != inner[q]:
                    for i in range(n // 2):
                        a, b = start + i, v - 1 - i
                        for k in range(2):
                            out[a, k], out[b, k] = out[b, k], out[a, k]
            parts[p] = start
            holes[p] = inner[q]
            p += 1
        if (kind[f] == 3 and (size < _DOT * _DOT if not last else p == p0)) or (
            kind[f] == 2 and not last and size < _DOT
        ):
            v, p = v0, p0
            waiting += size / _DOT if kind[f] == 3 else size
            side = 1 if last else _DOT
            x0 = min(max((low_x + high_x - side) // 2, 0), top - side)
            y0 = min(max((low_y + high_y - side) // 2, 0), top - side)
            alone = max(abs(x0 - dot_x), abs(y0 - dot_y)) > _ALONE
            if last or dots or alone or waiting >= _DOT:
                waiting = 0.0 if alone else waiting - _DOT
                dot_x, dot_y = x0, y0
                for k in range(4 if kind[f] == 3 else 2):
                    out[v, 0] = x0 + (side if k in (1, 2) else 0)
                    out[v, 1] = y0 + (side if k >= 2 else 0)
                    v += 1
                parts[p], holes[p] = v0, False
                p += 1
                fate[f] = 0 if last else 1
                low_x, low_y, high_x, high_y = x0, y0, x0 + side, y0 + side
            else:
                fate[f] = 2
        box[f, 0], box[f, 1], box[f, 2], box[f, 3] = low_x, low_y, high_x, high_y
    features[count] = p
    parts[p] = v
    return out[:v].copy(), parts[: p + 1].copy(), features, box, fate, holes[:p].copy()


def joined(several: Sequence[Zoomed]) -> Zoomed:
    """Return the features of several as one."""
    if len(several) == 1:
        return several[0]
    parts, features, v, p = [], [], 0, 0
    for one in several:
        parts.append(one.part[:-1] + v)
        features.append(one.feature[:-1] + p)
        v += len(one.xy)
        p += len(one.inner)
    return Zoomed(
        np.concatenate([one.xy for one in several]),
        np.concatenate([*parts, [v]]),
        np.concatenate([one.inner for one in several]),
        np.concatenate([*features, [p]]),
        np.concatenate([one.kind for one in several]),
        np.concatenate([one.box for one in several]),
        np.concatenate([one.fate for one in several]),
    )


def thinned(at: Zoomed, rank: Ints) -> None:
    """Let the most important of the points on one pixel stand for the others."""
    small = (at.box[:, 2:] - at.box[:, :2]).max(axis=1, initial=0) < _DOT
    points = np.flatnonzero((at.kind == 1) & small)
    pixel = at.box[points, :2] // _DOT
    order = np.lexsort((rank[points], pixel[:, 0], pixel[:, 1]))
    same = (np.diff(pixel[order], axis=0) == 0).all(axis=1)
    at.fate[points[order][1:][same]] = 2


def pairs(at: Zoomed, zoom: int, window: tuple[int, int, int, int]) -> tuple[Ints, Ints]:
    """Return tiles (x + y 2^zoom) and features that meet, with the tiles' buffers.

    Parameters
    ----------
    at : Zoomed
        The features.
    zoom : int
        Of the grid.
    window : (x0, y0, x1, y1)
        Tiles to look at, the last ones included.
    """
    tile, feature = _pairs(at.box, at.fate, 1 << zoom, *window)
    return tile, feature


@nb.njit(cache=True, nogil=True)
def _pairs(
    box: Ints, fate: Marks, wide: int, x0: int, y0: int, x1: int, y1: int
) -> tuple[Ints, Ints]:
    count = 0
    for f in range(len(box)):
        if fate[f] != 2:
            count += _across(box[f, 0], box[f, 2], x0, x1) * _across(box[f, 1], box[f, 3], y0, y1)
    tile = np.empty(count, np.int64)
    feature = np.empty(count, np.int64)
    k = 0
    for f in range(len(box)):
        if fate[f] == 2:
            continue
        for y in range(
            max((box[f, 1] - BUFFER) // EXTENT, y0), min((box[f, 3] + BUFFER) // EXTENT, y1) + 1
        ):
            for x in range(
                max((box[f, 0] - BUFFER) // EXTENT, x0), min((box[f, 2] + BUFFER) // EXTENT, x1) + 1
            ):
                tile[k], feature[k] = x + y * wide, f
                k += 1
    return tile, feature


@nb.njit(cache=True, nogil=True)
def _across(low: int, high: int, first: int, last: int) -> int:
    a = max((low - BUFFER) // EXTENT, first)
    b = min((high + BUFFER) // EXTENT, last)
    return max(b - a + 1, 0)
