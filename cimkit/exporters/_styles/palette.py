"""Colours that people with any kind of colour vision tell apart."""

from __future__ import annotations

import re

from cimkit.errors import UsageError

__all__ = ["OTHER", "RAMPS", "category_colors", "ramp_colors"]

OTHER = "#bbbbbb"
"""Of what has no class."""
_CATEGORIES = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000",
    "#332288", "#999933", "#882255", "#44aa99",
)  # fmt: skip
# Okabe and Ito (2008), then those of Tol's muted scheme (2021) that are not among them.
RAMPS: dict[str, tuple[str, ...]] = {
    "viridis": ("#440154", "#482878", "#3e4a89", "#31688e", "#26838f", "#1f9d8a", "#6cce5a",
                "#b6de2b", "#fee825"),
    "cividis": ("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74",
                "#c3b369", "#fee838"),
    "magma": ("#000004", "#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d",
              "#fd9668", "#fcfdbf"),
    "blues": ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5",
              "#08519c", "#08306b"),
    "greens": ("#f7fcf5", "#e5f5e0", "#c7e9c0", "#a1d99b", "#74c476", "#41ab5d", "#238b45",
               "#006d2c", "#00441b"),
    "oranges": ("#fff5eb", "#fee6ce", "#fdd0a2", "#fdae6b", "#fd8d3c", "#f16913", "#d94801",
                "#a63603", "#7f2704"),
    "purple-orange": ("#2d004b", "#542788", "#8073ac", "#b2abd2", "#f7f7f7", "#fdb863", "#e08214",
                      "#b35806", "#7f3b08"),
    "red-blue": ("#67001f", "#b2182b", "#d6604d", "#f4a582", "#f7f7f7", "#92c5de", "#4393c3",
                 "#2166ac", "#053061"),
}  # fmt: skip
"""Scales from low to high: viridis, cividis and magma (Smith, van der Walt, Nuñez), ColorBrewer."""
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def category_colors(count: int) -> list[str]:
    """Return colours for things without an order; they repeat, lighter, after twelve."""
    colors = []
    for i in range(count):
        turn, which = divmod(i, len(_CATEGORIES))
        colors.append(_mixed(_CATEGORIES[which], "#ffffff", min(0.25 * turn, 0.75)))
    return colors


def ramp_colors(ramp: str | list[str], count: int) -> list[str]:
    """Return colours from low to high.

    Parameters
    ----------
    ramp : str or list of str
        A name of `RAMPS`, with ``-r`` after it from high to low; or colours, #rrggbb.
    count : int
        How many.

    Raises
    ------
    UsageError
        If there is no such ramp, or a colour is none.

    Examples
    --------
    >>> ramp_colors("blues", 3)
    ['#deebf7', '#6baed6', '#08519c']
    >>> ramp_colors(["#000000", "#ffffff"], 3)
    ['#000000', '#808080', '#ffffff']
    """
    if isinstance(ramp, str):
        name = ramp.removesuffix("-r")
        if name not in RAMPS:
            raise UsageError("no such ramp of colours", got=ramp, expected=", ".join(RAMPS))
        stops = list(RAMPS[name])
        # The ends of ColorBrewer's are paper and ink.
        if name in {"blues", "greens", "oranges"}:
            stops = stops[1:-1]
        if ramp != name:
            stops.reverse()
    else:
        stops = ramp
        wrong = [c for c in stops if not _HEX.fullmatch(str(c))]
        if wrong or not stops:
            raise UsageError("no colour", got=", ".join(map(str, wrong)), expected="#rrggbb")
        if len(stops) == count:
            return [c.lower() for c in stops]
    if len(stops) == 1:
        return stops * count
    colors = []
    for i in range(count):
        at = (i / (count - 1) if count > 1 else 0.5) * (len(stops) - 1)
        low = min(int(at), len(stops) - 2)
        colors.append(_mixed(stops[low], stops[low + 1], at - low))
    return colors


def _mixed(a: str, b: str, share: float) -> str:
    parts = [
        round(int(a[i : i + 2], 16) * (1 - share) + int(b[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{p:02x}" for p in parts)
