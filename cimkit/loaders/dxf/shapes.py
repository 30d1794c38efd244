"""The shape of an entity of a drawing, exact where WKB can say it.

Arcs, circles and bulges become circular strings; ellipses and splines straight pieces that are off
by at most `TOLERANCE` of their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from cimkit.loaders.dxf.wkb import Shape, collection, line, point, polygon

__all__ = ["DRAWN", "TOLERANCE", "WRITTEN", "insert_point", "shape_of"]

TOLERANCE = 1e-4
"""Largest distance of a straight piece from its curve, as a share of the curve's extent."""
WRITTEN = ("TEXT", "MTEXT", "ATTDEF", "POINT")
"""Entities of a block that are no lines of what it shows."""


def _wcs(entity: Any, points: Iterable[Any]) -> list[Any]:
    return list(entity.ocs().points_to_wcs([_vec(p) for p in points]))


def _vec(p: Any) -> Any:
    from ezdxf.math import Vec3

    return Vec3(p)


def _upright(entity: Any) -> bool:
    """Whether its plane is level, seen from above or from below: there arcs stay arcs."""
    return bool(abs(abs(entity.dxf.extrusion.z) - 1) < 1e-9)


def _flattened(entity: Any) -> Shape | None:
    from ezdxf.path import make_path

    path = make_path(entity)
    if not len(path):
        return None
    size = _extent(path.control_vertices())
    return line(path.flattening(max(size * TOLERANCE, 1e-9), segments=8))


def _extent(points: Iterable[Any]) -> float:
    xyz = [(p.x, p.y, p.z) for p in points]
    return max((max(axis) - min(axis) for axis in zip(*xyz, strict=True)), default=0.0)


def _line(entity: Any) -> Shape:
    return line([entity.dxf.start, entity.dxf.end])


def _point(entity: Any) -> Shape:
    return point(entity.dxf.location)


def _circle(entity: Any) -> Shape | None:
    if not _upright(entity):
        return _flattened(entity)
    x, y, z = entity.dxf.center
    r = entity.dxf.radius
    if r == 0:
        return point(_wcs(entity, [(x, y, z)])[0])
    return line(_wcs(entity, [(x + r, y, z), (x - r, y, z), (x + r, y, z)]), "arcs")


def _arc(entity: Any) -> Shape | None:
    from math import cos, radians, sin

    if not _upright(entity):
        return _flattened(entity)
    x, y, z = entity.dxf.center
    r, begin, end = entity.dxf.radius, entity.dxf.start_angle, entity.dxf.end_angle
    if end <= begin:
        end += 360 * (1 + (begin - end) // 360)
    middle = (begin + end) / 2
    on = [(x + r * cos(radians(a)), y + r * sin(radians(a)), z) for a in (begin, middle, end)]
    return line(_wcs(entity, on), "arcs")


def _bulged(points: list[tuple[float, float, float, float]], closed: bool) -> Shape | None:
    """Return the line through (x, y, z, bulge): straight pieces and exact arcs in turn."""
    if len(points) < 2:
        return point(points[0][:3]) if points else None
    if closed and points[0][:3] != points[-1][:3]:
        points = [*points, (*points[0][:3], 0.0)]
    if not any(p[3] for p in points[:-1]):
        return line(p[:3] for p in points)
    parts: list[Shape] = []
    for (x0, y0, z0, bulge), (x1, y1, z1, _) in pairwise(points):
        if bulge:
            top = ((x0 + x1 + bulge * (y1 - y0)) / 2, (y0 + y1 - bulge * (x1 - x0)) / 2)
            parts.append(line([(x0, y0, z0), (*top, (z0 + z1) / 2), (x1, y1, z1)], "arcs"))
        elif parts and parts[-1].kind == "line":
            parts[-1] = line([*parts[-1].points, (x1, y1, z1)])
        else:
            parts.append(line([(x0, y0, z0), (x1, y1, z1)]))
    return parts[0] if len(parts) == 1 else Shape("compound", parts=tuple(parts))


def _lwpolyline(entity: Any) -> Shape | None:
    z = entity.dxf.elevation
    own = [(x, y, z, b) for x, y, b in entity.get_points("xyb")]
    return _in_ocs(entity, own, bool(entity.closed))


def _in_ocs(
    entity: Any, own: list[tuple[float, float, float, float]], closed: bool
) -> Shape | None:
    if not _upright(entity):
        return _flattened(entity)
    turn = 1.0 if entity.dxf.extrusion.z > 0 else -1.0  # seen from below, arcs turn the other way
    world = _wcs(entity, [p[:3] for p in own])
    given = [(p.x, p.y, p.z, turn * o[3]) for p, o in zip(world, own, strict=True)]
    return _bulged(given, closed)


def _polyline(entity: Any) -> Shape | None:
    if entity.is_poly_face_mesh or entity.is_polygon_mesh:
        from ezdxf.render.mesh import MeshBuilder

        return _surface(MeshBuilder.from_polyface(entity))
    if entity.is_3d_polyline:
        points = [v.dxf.location for v in entity.vertices]
        if entity.is_closed and points:
            points.append(points[0])
        return line(points) if len(points) > 1 else None
    z = entity.dxf.elevation.z if entity.dxf.hasattr("elevation") else 0.0
    own = [
        (v.dxf.location.x, v.dxf.location.y, z or v.dxf.location.z, v.dxf.get("bulge", 0.0))
        for v in entity.vertices
        if not v.dxf.get("flags", 0) & 16  # the frame a spline was drawn by
    ]
    return _in_ocs(entity, own, bool(entity.is_closed))


def _surface(mesh: Any) -> Shape | None:
    faces = [polygon([face]) for face in mesh.faces_as_vertices()]
    return Shape("surface", parts=tuple(faces)) if faces else None


def _mesh(entity: Any) -> Shape | None:
    from ezdxf.render.mesh import MeshBuilder

    return _surface(MeshBuilder.from_mesh(entity))


def _face(entity: Any) -> Shape:
    corners = list(entity.wcs_vertices())
    distinct = [c for i, c in enumerate(corners) if i == 0 or not c.isclose(corners[i - 1])]
    return polygon([distinct]) if len(distinct) > 2 else line(distinct)


def _hatch(entity: Any) -> Shape | None:
    """Areas with their holes: what lies within an odd number of boundaries."""
    import shapely
    from ezdxf.path import from_hatch

    from cimkit.geometry.validity import made_valid

    rings = []
    height = 0.0
    for path in from_hatch(entity):
        size = _extent(path.control_vertices())
        points = list(path.flattening(max(size * TOLERANCE, 1e-9), segments=8))
        if len(points) > 2:
            height = points[0].z
            rings.append(shapely.Polygon([(p.x, p.y) for p in points]))
    if not rings:
        return None
    area = made_valid(rings[0])
    for ring in rings[1:]:
        area = shapely.symmetric_difference(area, made_valid(ring))
    parts = [
        polygon([[(*xy, height) for xy in ring.coords] for ring in (p.exterior, *p.interiors)])
        for p in shapely.get_parts(area)
        if p.geom_type == "Polygon" and not p.is_empty
    ]
    return collection(parts)


def insert_point(entity: Any) -> Shape:
    """Return the point at which a block, or a shape of a font, is set."""
    return point(_wcs(entity, [entity.dxf.insert])[0])


def _mtext(entity: Any) -> Shape:
    return point(entity.dxf.insert)


def _text(entity: Any) -> Shape:
    place = entity.dxf.insert
    if entity.dxf.get("halign", 0) or entity.dxf.get("valign", 0):
        place = entity.dxf.get("align_point", place) or place
    return point(_wcs(entity, [place])[0])


def _image(entity: Any) -> Shape:
    corners = list(entity.boundary_path_wcs())
    return polygon([corners]) if len(corners) > 2 else point(entity.dxf.insert)


def _drawn_out(entity: Any) -> Shape | None:
    """The lines that a dimension, a leader or a table is drawn with."""
    parts = []
    for part in entity.virtual_entities():
        draw = DRAWN.get(part.dxftype())
        if draw is not None and part.dxftype() not in (*WRITTEN, "INSERT"):
            shape = draw(part)
            if shape is not None:
                parts.append(shape)
    return collection(parts)


DRAWN: dict[str, Callable[[Any], Shape | None]] = {
    "LINE": _line,
    "POINT": _point,
    "CIRCLE": _circle,
    "ARC": _arc,
    "ELLIPSE": _flattened,
    "SPLINE": _flattened,
    "HELIX": _flattened,
    "LWPOLYLINE": _lwpolyline,
    "POLYLINE": _polyline,
    "MESH": _mesh,
    "3DFACE": _face,
    "SOLID": _face,
    "TRACE": _face,
    "HATCH": _hatch,
    "MPOLYGON": _hatch,
    "INSERT": insert_point,
    "SHAPE": insert_point,
    "MTEXT": _mtext,
    "TEXT": _text,
    "ATTRIB": _text,
    "ATTDEF": _text,
    "IMAGE": _image,
    "WIPEOUT": _image,
    "DIMENSION": _drawn_out,
    "ARC_DIMENSION": _drawn_out,
    "LEADER": _drawn_out,
    "MULTILEADER": _drawn_out,
    "MLINE": _drawn_out,
    "ACAD_PROXY_ENTITY": _drawn_out,
    "ACAD_TABLE": _drawn_out,
}
"""How each type of entity is drawn; what is not here has no shape of its own."""


def shape_of(entity: Any) -> Shape | None:
    """Return the shape of an entity, in the world's coordinates of the drawing; None if none."""
    draw = DRAWN.get(entity.dxftype())
    return None if draw is None else draw(entity)
