"""Where a drawing lies: its GEODATA object, a ``.prj`` beside it, or the place in the sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import atan2, cos, isfinite, pi, radians, sin
from typing import Any, Literal

from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.dxf.wkb import Move, Point
from cimkit.model import Problem, Source

__all__ = ["UNITS", "Georeference", "georeference"]

UNITS = {
    1: ("inches", 0.0254),
    2: ("feet", 0.3048),
    3: ("miles", 1609.344),
    4: ("millimetres", 0.001),
    5: ("centimetres", 0.01),
    6: ("metres", 1.0),
    7: ("kilometres", 1000.0),
    10: ("yards", 0.9144),
    14: ("decimetres", 0.1),
    15: ("decametres", 10.0),
    16: ("hectometres", 100.0),
    21: ("US survey feet", 1200 / 3937),
}
"""``$INSUNITS`` of DXF, with metres of one."""


@dataclass(slots=True)
class Georeference:
    """What is known of the place of a drawing."""

    crs: str | None = None
    """As the drawing says it; the sheet's word comes later."""
    origin: Literal["declared", "none"] = "none"
    """Whether the drawing says it."""
    move: Move | None = None
    """From coordinates of the drawing to those of the CRS; None: they are the same."""
    properties: dict[str, Any] = field(default_factory=dict)
    """Units and GEODATA as they stand in the drawing."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong."""


def georeference(document: Any, source: Source, options: ReadOptions) -> Georeference:
    """Find where a drawing lies."""
    found = Georeference()
    number = document.header.get("$INSUNITS", 0)
    name, unit_m = UNITS.get(number, ("", 1.0))
    found.properties["units"] = name or ("unitless" if number == 0 else f"$INSUNITS {number}")
    place = options.declared.place
    if place is not None:
        s, turn = place.scale * unit_m, radians(place.rotation)
        to = (place.easting, place.northing, place.height)
        found.move = _similarity((0.0, 0.0, 0.0), to, s, s, turn)
        return found
    data = document.modelspace().get_geodata()
    if data is not None:
        _from_geodata(data, found)
    if found.crs is None:
        found.crs = _prj(source)
        found.origin = "declared" if found.crs else "none"
    placed = found.crs or options.declared.crs
    if placed and found.move is None and name not in ("", "metres"):
        found.problems.append(
            Problem(
                "drawing-units",
                f"The drawing is in {name}; its coordinates are taken in the unit of the "
                "coordinate system, as they are.",
                place="$INSUNITS",
                got=name,
                expected="metres",
                hint="If they are not, give the drawing a place in the delivery sheet: "
                f'glob = "{source.path}", place = {{ easting = …, northing = … }}.',
            )
        )
    return found


def _prj(source: Source) -> str | None:
    for ending in (".prj", ".PRJ"):
        file = source.file.with_suffix(ending)
        if file.is_file():
            return file.read_text("utf-8", "replace").strip() or None
    return None


def _from_geodata(data: Any, found: Georeference) -> None:
    """Take the CRS and the similarity of a GEODATA object."""
    said = str(data.coordinate_system_definition)
    found.crs = _crs(said)
    dxf = data.dxf
    design, reference, north = dxf.design_point, dxf.reference_point, dxf.north_direction
    found.properties["geodata"] = {
        "design_point": list(design),
        "reference_point": list(reference),
        "north_direction": [north.x, north.y],
        "unit_scale": [dxf.horizontal_unit_scale, dxf.vertical_unit_scale],
        "coordinate_system": found.crs or said[:500],
    }
    if found.crs is None:
        found.problems.append(
            Problem(
                "crs-unknown",
                "The drawing has a GEODATA object, but its coordinate system has no known code.",
                got=(re.search(r"<Name>(.*?)</Name>", said) or ["", said[:80]])[1],
                hint="Declare the crs in the delivery sheet.",
            )
        )
        return
    found.origin = "declared"
    if dxf.coordinate_type == 3:  # geographic: the points are longitude and latitude already
        return
    turn = pi / 2 - atan2(north.y, north.x)
    scale = dxf.horizontal_unit_scale or 1.0
    values = (*design, *reference, scale, turn)
    if not all(isfinite(v) for v in values):
        return
    if tuple(design) == tuple(reference) and scale == 1 and abs(turn) < 1e-12:
        return
    found.move = _similarity(
        tuple(design), tuple(reference), scale, dxf.vertical_unit_scale or 1.0, turn
    )
    if dxf.scale_estimation_method != 1 or data.faces or dxf.sea_level_correction:
        found.problems.append(
            Problem(
                "geodata-approximate",
                "Its GEODATA object stretches the drawing by a mesh or a scale factor; only the "
                "shift, the turn and the unit were applied.",
                got=f"scale estimation {dxf.scale_estimation_method}, {len(data.faces)} faces, "
                f"sea level correction {dxf.sea_level_correction}",
            )
        )


def _crs(said: str) -> str | None:
    """Find the EPSG code in AutoCAD's definition; a projected system's before its datum's."""
    if re.fullmatch(r"\s*(EPSG:)?\d{4,6}\s*", said):
        return f"EPSG:{said.strip().removeprefix('EPSG:')}"
    aliases = re.findall(
        r'<Alias id="(\d{4,6})" type="CoordinateSystem">.*?</Alias>', said, re.DOTALL
    )
    if aliases:
        return f"EPSG:{aliases[0]}"
    if said.lstrip().startswith(("PROJCS", "GEOGCS", "PROJCRS", "GEOGCRS", "COMPD")):
        return said.strip()
    return None


def _similarity(
    start: tuple[float, ...], to: tuple[float, ...], scale: float, scale_z: float, turn: float
) -> Move:
    """Return the shift of ``start`` to ``to`` with a turn counter-clockwise in radians."""
    c, s = scale * cos(turn), scale * sin(turn)
    x0, y0, z0 = start
    x1, y1, z1 = to

    def move(p: Point) -> Point:
        x, y, z = p[0] - x0, p[1] - y0, p[2] - z0
        return x1 + c * x - s * y, y1 + s * x + c * y, z1 + scale_z * z

    return move
