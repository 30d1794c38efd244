"""Layers of Mapbox Vector Tiles, version 2.1."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from cimkit.tiles.maps.clip import clip_line, clip_ring
from cimkit.tiles.maps.values import Values
from cimkit.tiles.maps.zoom import BUFFER, EXTENT, Zoomed

__all__ = ["Encoder"]

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


class Encoder:
    """Layers of one name: the features of one zoom, for all of its tiles."""

    def __init__(self, name: str, values: Values) -> None:
        text = name.encode()
        self._head = b"\x78\x02\x0a" + _varint(len(text)) + text
        self._tail = values.keys + b"\x28" + _varint(EXTENT)
        self._values = values
        self._local = np.full(len(values.start), -1, np.int32)

    def layer(self, at: Zoomed, x: int, y: int, features: Ints) -> tuple[bytes, int]:
        """Return one tile's layer as a field of the tile, and how many features it holds.

        Parameters
        ----------
        at : Zoomed
            The features of the zoom.
        x, y : int
            The tile.
        features : ndarray (m,)
            Those of the tile in the order of drawing.
        """
        body, count = _features(
            at.xy, at.part, at.inner, at.feature, at.kind, at.box, features, x * EXTENT, y * EXTENT,
            self._values.code, self._values.data, self._values.start, self._local,
        )  # fmt: skip
        if count == 0:
            return b"", 0
        data = self._head + body.tobytes() + self._tail
        return b"\x1a" + _varint(len(data)) + data, count


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


@nb.njit(cache=True, nogil=True)
def _put(out: Bytes, at: int, value: int) -> int:
    while value > 127:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@nb.njit(cache=True, nogil=True)
def _step(out: Bytes, at: int, delta: int) -> int:
    return _put(out, at, (delta << 1) ^ (delta >> 63))


@nb.njit(cache=True, nogil=True)
def _features(
    xy: Ints, part: Ints, inner: npt.NDArray[np.bool_], feature: Ints, kind: npt.NDArray[np.int8],
    box: Ints, chosen: Ints, left: int, up: int, code: npt.NDArray[np.int32], data: Bytes,
    start: Ints, local: npt.NDArray[np.int32],
) -> tuple[Bytes, int]:  # fmt: skip
    """The features and values of one layer."""
    low_x, low_y = left - BUFFER, up - BUFFER
    high_x, high_y = left + EXTENT + BUFFER, up + EXTENT + BUFFER
    most = 4
    for f in chosen:
        most = max(most, part[feature[f + 1]] - part[feature[f]])
    room = 6 * most + 8
    one, two = np.empty((room, 2), np.int64), np.empty((room, 2), np.int64)
    starts = np.empty(room, np.int64)
    shape = np.empty(12 * room + 64, np.uint8)
    tags = np.empty(12 * code.shape[1] + 8, np.uint8)
    out = np.empty(64 * len(chosen) + 1024, np.uint8)
    used = np.empty(len(chosen) * code.shape[1] + 1, np.int64)
    values = size = 0
    p = count = 0
    for f in chosen:
        cut = box[f, 0] < low_x or box[f, 1] < low_y or box[f, 2] > high_x or box[f, 3] > high_y
        g = 0
        at_x, at_y = left, up
        if kind[f] == 1:
            inside = 0
            for i in range(part[feature[f]], part[feature[f + 1]]):
                x, y = xy[i, 0], xy[i, 1]
                if low_x <= x <= high_x and low_y <= y <= high_y:
                    one[inside, 0], one[inside, 1] = x, y
                    inside += 1
            if inside:
                g = _put(shape, g, inside << 3 | 1)
                for i in range(inside):
                    g = _step(shape, g, one[i, 0] - at_x)
                    g = _step(shape, g, one[i, 1] - at_y)
                    at_x, at_y = one[i, 0], one[i, 1]
        else:
            dropped = False  # the outer ring of the hole at hand
            for q in range(feature[f], feature[f + 1]):
                n = part[q + 1] - part[q]
                one[:n] = xy[part[q] : part[q + 1]]
                if kind[f] == 3:
                    if not inner[q]:
                        dropped = False
                    if dropped:
                        continue
                    if cut:
                        n = clip_ring(one, n, low_x, low_y, high_x, high_y, two)
                        if n < 3 or _twice(one, n) == 0:
                            dropped = dropped or not inner[q]
                            continue
                    g, at_x, at_y = _path(shape, g, one, 0, n, at_x, at_y)
                    g = _put(shape, g, 15)  # ClosePath
                elif cut:
                    _, pieces = clip_line(one, n, low_x, low_y, high_x, high_y, two, starts)
                    for k in range(pieces):
                        g, at_x, at_y = _path(shape, g, two, starts[k], starts[k + 1], at_x, at_y)
                else:
                    g, at_x, at_y = _path(shape, g, one, 0, n, at_x, at_y)
        if g == 0:
            continue
        t = 0
        for k in range(code.shape[1]):
            value = code[f, k]
            if value < 0:
                continue
            if local[value] < 0:
                local[value] = values
                used[values] = value
                values += 1
                size += start[value + 1] - start[value]
            t = _put(tags, t, k)
            t = _put(tags, t, local[value])
        if p + g + t + 64 > len(out):
            more = np.empty(2 * len(out) + g + t + 64, np.uint8)
            more[:p] = out[:p]
            out = more
        out[p] = 0x12
        p = _put(out, p + 1, 2 + _width(g) + 1 + g + (1 + _width(t) + t if t else 0))
        if t:
            out[p] = 0x12
            p = _put(out, p + 1, t)
            out[p : p + t] = tags[:t]
            p += t
        out[p], out[p + 1], out[p + 2] = 0x18, kind[f], 0x22
        p = _put(out, p + 3, g)
        out[p : p + g] = shape[:g]
        p += g
        count += 1
    whole = np.empty(p + size, np.uint8)
    whole[:p] = out[:p]
    for i in range(values):
        a, b = start[used[i]], start[used[i] + 1]
        whole[p : p + b - a] = data[a:b]
        p += b - a
        local[used[i]] = -1
    return whole, count


@nb.njit(cache=True, nogil=True)
def _path(
    shape: Bytes, g: int, points: Ints, first: int, end: int, at_x: int, at_y: int
) -> tuple[int, int, int]:
    """MoveTo the first point, LineTo the others."""
    for i in range(first, end):
        if i == first:
            g = _put(shape, g, 9)
        elif i == first + 1:
            g = _put(shape, g, (end - first - 1) << 3 | 2)
        g = _step(shape, g, points[i, 0] - at_x)
        g = _step(shape, g, points[i, 1] - at_y)
        at_x, at_y = points[i, 0], points[i, 1]
    return g, at_x, at_y


@nb.njit(cache=True, nogil=True)
def _twice(ring: Ints, n: int) -> int:
    twice = 0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        twice += ring[i, 0] * ring[j, 1] - ring[j, 0] * ring[i, 1]
    return twice


@nb.njit(cache=True, nogil=True)
def _width(value: int) -> int:
    width = 1
    while value > 127:
        value >>= 7
        width += 1
    return width
