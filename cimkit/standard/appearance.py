"""What objects look like: names of models, and sizes that come from attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["METRES", "MODELS", "Size", "read_color", "read_size"]

MODELS = (
    *("bench", "bin", "board", "bollard", "box", "bus-stop", "cabinet", "camera", "conifer"),
    *("culvert", "fence", "grating", "hydrant", "kiosk", "lamp", "lamp-double", "lamp-low"),
    *("manhole", "manhole-square", "pipe", "planter", "pole", "road", "shrub", "sign", "tower"),
    *("traffic-light", "tree"),
)
"""Names of models; ``pipe``, ``culvert`` and ``road`` are for lines, ``fence`` for both."""
METRES = {
    **{"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "米": 1.0},
    **{
        "dm": 0.1,
        "cm": 0.01,
        "厘米": 0.01,
        "mm": 0.001,
        "毫米": 0.001,
        "km": 1000.0,
        "公里": 1000.0,
    },
    **{"ft": 0.3048, "in": 0.0254},
}
"""Metres of a unit of length, by its name in lower case."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Size:
    """Where a size is taken from."""

    attributes: tuple[str, ...] = ()
    """Names of attributes; the first that has a number counts."""
    default: float | None = None
    """Metres (degrees, if it is a heading) where none has; None: the model's own."""


def read_size(text: str) -> Size:
    """Read a size: names of attributes and, last, a number, ``|`` between them.

    Raises
    ------
    ValueError
        If a part is empty, or a number stands before a name.

    Examples
    --------
    >>> read_size("tree_height|height|8")
    Size(attributes=('tree_height', 'height'), default=8.0)
    """
    if not text:
        return Size()
    parts = [part.strip() for part in text.split("|")]
    default = None
    if _NUMBER.fullmatch(parts[-1]):
        default = float(parts.pop())
    if any(not part or _NUMBER.fullmatch(part) for part in parts):
        raise ValueError("names of attributes and, last, a number, with | between them")
    return Size(tuple(parts), default)


def read_color(text: str) -> tuple[int, int, int] | None:
    """Read ``#rrggbb`` as sRGB bytes; None if it is empty.

    Raises
    ------
    ValueError
        If it is no such colour.
    """
    if not text:
        return None
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError("#rrggbb")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
