"""Many small pictures in one image."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["EDGE", "atlas"]

Reals = npt.NDArray[np.float64]
EDGE = 16
"""Pictures begin at multiples of so many pixels: blocks of a JPEG, colours halved, do not mix."""


def atlas(pictures: Sequence[bytes], quality: int = 75) -> tuple[bytes, Reals]:
    """Put pictures onto shelves of one JPEG.

    Parameters
    ----------
    pictures : sequence of bytes
        JPEG or PNG files, at least one.
    quality : int
        Of the JPEG.

    Returns
    -------
    image : bytes
        JPEG.
    window : ndarray, shape (n, 4)
        Left, top, right, bottom of each picture, 0 to 1 from the upper left, half a pixel within.
    """
    from PIL import Image

    opened = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in pictures]
    size = np.array([pixels.shape[1::-1] for pixels in opened], np.int64)
    room = -(-size // EDGE) * EDGE
    corner, width, height = _shelves(room)
    sheet = np.full((height, width, 3), 60, np.uint8)
    for pixels, (x, y), (wide, high) in zip(opened, corner.tolist(), room.tolist(), strict=True):
        # A picture's rim goes on to the end of its blocks, so that nothing else bleeds into it.
        rest = ((0, high - pixels.shape[0]), (0, wide - pixels.shape[1]), (0, 0))
        sheet[y : y + high, x : x + wide] = np.pad(pixels, rest, mode="edge")
    held = io.BytesIO()
    Image.fromarray(sheet).save(held, "JPEG", quality=quality)
    window = np.column_stack([corner + 0.5, corner + size - 0.5])
    return held.getvalue(), window / [width, height, width, height]


def _shelves(room: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int, int]:
    """Place boxes (n, 2) on shelves, the highest first; corners (n, 2), width and height of all."""
    width = int(max(room[:, 0].max(), np.sqrt(room.prod(axis=1).sum() * 1.1)))
    corner = np.zeros_like(room)
    x = y = shelf = 0
    for i in np.lexsort((np.arange(len(room)), -room[:, 0], -room[:, 1])).tolist():
        wide, high = room[i].tolist()
        if x and x + wide > width:
            x, y, shelf = 0, y + shelf, 0
        corner[i] = x, y
        x, shelf = x + wide, max(shelf, high)
    return corner, int((corner[:, 0] + room[:, 0]).max()), y + shelf
