"""Parametric models of street furniture and trees: a foot at the origin, the front to the north."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cimkit.tiles.forms import Color, Form, ball, block, panel, prism, putting
from cimkit.tiles.mesh import Mesh

__all__ = ["TEMPLATES", "Template", "template_mesh"]


@dataclass(frozen=True, slots=True)
class Template:
    """A model in its usual size, in metres: x right of the front, y to the front, z up."""

    forms: tuple[Form, ...]
    """What it is put together from."""
    width: float
    """Across the front: the measure that a given width stands for."""
    length: float
    """From back to front."""
    height: float
    """From the foot to the top."""
    color: Color
    """sRGB of its main parts."""


_STEEL: Color = (120, 124, 128)
_DARK: Color = (52, 56, 60)
_BARK: Color = (94, 72, 52)
_GLOW: Color = (250, 232, 170)
_GLASS: Color = (150, 182, 196)
_WOOD: Color = (150, 108, 68)
_CONCRETE: Color = (158, 156, 150)


def _post(high: float, radius: float = 0.06, color: Color | None = None) -> Form:
    return prism(6, 0.0, high, radius * 1.3, radius * 0.8, color)


TEMPLATES: dict[str, Template] = {
    "bench": Template(
        (
            block(1.6, 0.45, 0.4, 0.46),
            block(1.6, 0.05, 0.5, 0.85, None, (0.0, -0.22)),
            block(0.06, 0.4, 0.0, 0.4, _DARK, (-0.65, 0.0)),
            block(0.06, 0.4, 0.0, 0.4, _DARK, (0.65, 0.0)),
        ),
        1.6, 0.55, 0.85, _WOOD,
    ),
    "bin": Template(
        (block(0.8, 0.4, 0.0, 0.9), block(0.84, 0.44, 0.9, 1.0, _DARK)),
        0.84, 0.44, 1.0, (62, 110, 84),
    ),
    "board": Template(
        (_post(0.9, 0.06, _STEEL), panel(2.0, 0.8, 2.4), panel(2.08, 2.4, 2.46, _DARK)),
        2.0, 0.2, 2.46, (196, 200, 202),
    ),
    "bollard": Template((prism(8, 0.0, 0.85, 0.09), prism(8, 0.85, 0.95, 0.09, 0.05, _DARK)),
                        0.18, 0.18, 0.95, (178, 174, 164)),
    "box": Template((block(1.0, 1.0, 0.0, 1.0),), 1.0, 1.0, 1.0, (214, 150, 62)),
    "bus-stop": Template(
        (
            block(6.0, 1.6, 2.4, 2.55),
            panel(5.8, 0.3, 2.2, _GLASS, -0.7),
            block(0.1, 0.1, 0.0, 2.4, _DARK, (-2.8, -0.7)),
            block(0.1, 0.1, 0.0, 2.4, _DARK, (2.8, -0.7)),
            block(4.0, 0.4, 0.42, 0.48, _WOOD, (0.0, -0.4)),
        ),
        6.0, 1.6, 2.55, (88, 116, 140),
    ),
    "cabinet": Template((block(0.96, 0.46, 0.1, 1.5), block(0.9, 0.4, 0.0, 0.1, _CONCRETE)),
                        0.96, 0.46, 1.5, (170, 178, 172)),
    "camera": Template(
        (
            _post(6.0, 0.08),
            block(0.08, 0.9, 5.75, 5.83, None, (0.0, 0.45)),
            block(0.16, 0.4, 5.5, 5.75, (236, 238, 240), (0.0, 0.8)),
        ),
        0.2, 1.1, 6.0, _STEEL,
    ),
    "conifer": Template(
        (
            prism(6, 0.0, 2.0, 0.18, 0.14, _BARK),
            prism(8, 1.2, 5.0, 1.7, 0.5),
            prism(8, 3.8, 9.0, 1.3, 0.0),
        ),
        3.4, 3.4, 9.0, (52, 92, 60),
    ),
    "fence": Template(
        (
            block(0.06, 2.0, 0.85, 1.1), block(0.04, 2.0, 0.35, 0.5),
            block(0.08, 0.08, 0.0, 1.1, None, (0.0, -0.9)),
            block(0.08, 0.08, 0.0, 1.1, None, (0.0, 0.9)),
        ),
        0.08, 2.0, 1.1, (204, 208, 210),
    ),
    "grating": Template(
        (block(0.75, 0.45, 0.0, 0.02), *(block(0.06, 0.35, 0.02, 0.025, _DARK, (x, 0.0))
                                       for x in (-0.24, -0.08, 0.08, 0.24))),
        0.75, 0.45, 0.025, (86, 88, 90),
    ),
    "hydrant": Template(
        (
            prism(8, 0.0, 0.65, 0.12), prism(8, 0.65, 0.85, 0.14, 0.05),
            block(0.44, 0.12, 0.45, 0.57),
        ),
        0.44, 0.3, 0.85, (186, 38, 34),
    ),
    "kiosk": Template(
        (block(2.4, 1.9, 0.0, 2.3), block(2.6, 2.1, 2.3, 2.6, _DARK),
         block(1.8, 0.04, 1.0, 2.0, _GLASS, (0.0, 0.96))),
        2.6, 2.1, 2.6, (196, 190, 176),
    ),
    "lamp": Template(
        (
            _post(7.8, 0.08),
            block(0.07, 1.8, 7.72, 7.8, None, (0.0, 0.9)),
            block(0.26, 0.7, 7.8, 7.9, _DARK, (0.0, 1.6)),
            block(0.22, 0.6, 7.76, 7.8, _GLOW, (0.0, 1.6)),
        ),
        0.26, 2.0, 7.9, _STEEL,
    ),
    "lamp-double": Template(
        (
            _post(8.8, 0.09),
            block(0.07, 3.6, 8.72, 8.8),
            *(f for y in (1.6, -1.6) for f in (
                block(0.26, 0.7, 8.8, 8.9, _DARK, (0.0, y)),
                block(0.22, 0.6, 8.76, 8.8, _GLOW, (0.0, y)))),
        ),
        0.26, 4.0, 8.9, _STEEL,
    ),
    "lamp-low": Template(
        (_post(3.0, 0.05), prism(8, 3.0, 3.4, 0.18, 0.26, _GLOW), prism(8, 3.4, 3.5, 0.28, 0.1)),
        0.56, 0.56, 3.5, _DARK,
    ),
    "manhole": Template(
        (prism(16, -0.05, 0.02, 0.35), prism(16, 0.02, 0.024, 0.28, None, _DARK)),
        0.7, 0.7, 0.024, (104, 102, 98),
    ),
    "manhole-square": Template(
        (block(0.6, 0.6, -0.05, 0.02), block(0.48, 0.48, 0.02, 0.024, _DARK)),
        0.6, 0.6, 0.024, (104, 102, 98),
    ),
    "planter": Template((block(1.2, 1.2, 0.0, 0.5, _CONCRETE), ball(0.5, 0.7, 0.6)),
                        1.2, 1.2, 0.95, (104, 142, 78)),
    "pole": Template((_post(7.0, 0.1),), 0.26, 0.26, 7.0, _STEEL),
    "shrub": Template((ball(0.75, 1.45, 0.725),), 1.5, 1.5, 1.45, (98, 132, 70)),
    "sign": Template(
        (_post(2.9, 0.04, _STEEL), panel(0.8, 2.2, 3.0, None, 0.06)), 0.8, 0.12, 3.0, (34, 84, 160)
    ),
    "tower": Template(
        (
            *(block(0.25, 0.25, 0.0, 34.0, None, (x, y)) for x in (-1, 1) for y in (-1, 1)),
            *(block(2.2, 2.2, z, z + 0.3) for z in (8.0, 16.0, 24.0)),
            block(7.0, 0.5, 27.0, 27.4), block(6.0, 0.5, 31.0, 31.4),
            prism(4, 34.0, 35.5, 1.6, 0.0),
        ),
        7.0, 2.3, 35.5, (146, 150, 154),
    ),
    "traffic-light": Template(
        (
            _post(5.4, 0.09),
            block(0.1, 3.2, 5.2, 5.32, None, (0.0, 1.6)),
            block(0.36, 0.28, 4.6, 5.5, _DARK, (0.0, 3.0)),
            *(block(0.2, 0.04, z, z + 0.2, c, (0.0, 3.16)) for z, c in (
                (5.22, (220, 40, 30)), (4.95, (240, 180, 30)), (4.68, (40, 190, 80)))),
        ),
        0.36, 3.4, 5.5, _STEEL,
    ),
    "tree": Template(
        (prism(6, 0.0, 2.8, 0.2, 0.12, _BARK), ball(2.25, 4.8, 4.6)),
        4.5, 4.5, 7.0, (84, 124, 62),
    ),
}  # fmt: skip
"""Templates by the name that a standard gives a class."""


@cache
def template_mesh(name: str, color: Color | None = None) -> Mesh:
    """Return the mesh of a template in its usual size, its main parts in a colour (sRGB)."""
    found = TEMPLATES[name]
    return putting(found.forms, color or found.color)
