"""Layers made from footprints, lines and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.exporters._sorting import Heights, features, number
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, extrude, flatten, join, markers, ribbons, tubes, wkb_type

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["areas", "buildings", "lines", "photos", "points"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_WKB = "ST_AsWKB(s.geometry) AS wkb"
_TEXTS = 220.0  # bytes of a feature's row in the property table, about


def _property(name: str, kind: str = "DOUBLE") -> str:
    value = f"json_extract_string(s.properties, '$.{name}')"
    return f"TRY_CAST({value} AS {kind}) AS {name}"


def _shapes(table: pa.Table) -> tuple[npt.NDArray[Any], Reals, Reals]:
    """Geometries, middles of their boxes (n, 2), and the boxes' diagonals in metres (n,)."""
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    bounds = shapely.bounds(shapes)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    span = (bounds[:, 2:] - bounds[:, :2]) * 111_320.0
    span[:, 0] *= np.cos(np.radians(middle[:, 1]))
    return shapes, middle, np.hypot(span[:, 0], span[:, 1])


def _corners(shapes: npt.NDArray[Any]) -> Reals:
    count: Reals = shapely.get_num_coordinates(shapes).astype(np.float64)
    return count


def buildings(selection: Selection, heights: Heights) -> Layer:
    """Footprints that have a height, as blocks."""
    table = features(selection, "buildings", _WKB)
    shapes, middle, span = _shapes(table)
    base = heights.ellipsoidal(heights.ground(middle, number(table, "z_min")))
    height = number(table, "height")
    return Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], base + height / 2),
        np.hypot(span, height),
        _corners(shapes) * 180.0 + _TEXTS,
        lambda rows: extrude(shapes[rows], base[rows], height[rows]),
        color=(0.72, 0.68, 0.62, 1.0),
    )


def areas(selection: Selection, heights: Heights) -> Layer:
    """Polygons without a height, as flat surfaces."""
    table = features(selection, "areas", _WKB)
    shapes, middle, span = _shapes(table)
    level = heights.ellipsoidal(heights.ground(middle, number(table, "z_min")))
    return Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], level),
        span,
        _corners(shapes) * 40.0 + _TEXTS,
        lambda rows: flatten(shapes[rows], level[rows]),
        color=(0.62, 0.74, 0.55, 1.0),
    )


def lines(selection: Selection, heights: Heights) -> Layer:
    """Lines: tubes where a diameter is known, else ribbons."""
    given = ", ".join([_WKB, *(_property(n) for n in ("diameter", "width", "depth"))])
    table = features(selection, "lines", given)
    shapes, middle, span = _shapes(table)
    diameter, width = number(table, "diameter"), number(table, "width")
    depth = np.nan_to_num(number(table, "depth"))
    exact = _with_z(selection, table)
    has_z = np.array([g is not None for g in exact])
    unknown = np.where(has_z, 0.0, number(table, "z_min"))
    level = heights.ground(middle, unknown)
    # A depth counts from the ground; a line with Z says itself where it lies.
    level = heights.ellipsoidal(np.where(has_z | np.isfinite(unknown), level, level - depth))
    shapes = np.where(has_z, exact, shapely.force_2d(shapes))
    tube = diameter > 0
    # Pipes are given in millimetres; no pipe is wider than 20 m.
    across = np.where(tube, np.where(diameter > 20, diameter / 1000, diameter), width)
    across = np.where(across > 0, across, 1.0)

    def build(rows: Rows) -> Mesh:
        parts = []
        for chosen, make in ((tube[rows], tubes), (~tube[rows], ribbons)):
            if chosen.any():
                mine = rows[chosen]
                mesh = make(shapes[mine], level[mine], across[mine])
                feature = np.flatnonzero(chosen)[mesh.feature]
                parts.append(Mesh(mesh.positions, mesh.indices, feature))
        return join(parts)

    each = np.where(tube, 16 * 28 + 48 * 4, 4 * 28 + 24)
    z = np.array([np.nan_to_num(shapely.get_coordinates(g, include_z=True)[:, 2]).mean()
                  if g is not None else 0.0 for g in exact])  # fmt: skip
    return Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], level + z),
        np.maximum(span, across),
        _corners(shapes) * each + _TEXTS,
        build,
        color=(0.45, 0.5, 0.58, 1.0),
    )


def _with_z(selection: Selection, table: pa.Table) -> npt.NDArray[Any]:
    """The lines' own geometry with Z, its x and y in CRS84; None where the source has no Z."""
    out = np.full(table.num_rows, None, dtype=object)
    own = selection.fetch(
        """SELECT g.object_id, any_value(g.wkb) AS wkb, any_value(g.crs) AS crs
        FROM geometries g SEMI JOIN lines_ l ON l.object_id = g.object_id
        WHERE g.wkb IS NOT NULL AND g.crs IS NOT NULL GROUP BY 1 ORDER BY 1""",
        lines_=table.select(["object_id"]),
    )
    # Arcs are drawn from the linearised geometry of `objects`, which is flat.
    own = own.filter(pa.array([wkb_type(w) in (2, 5) for w in own["wkb"].to_pylist()], pa.bool_()))
    if own.num_rows == 0:
        return out
    row = pc.index_in(own["object_id"], value_set=table["object_id"].combine_chunks()).to_numpy()
    shapes = shapely.from_wkb(own["wkb"].to_numpy(), on_invalid="ignore")
    solid = shapely.has_z(shapes)
    crs = np.array(own["crs"].to_pylist(), dtype=object)
    for name in dict.fromkeys(crs[solid].tolist()):
        mine = solid & (crs == name)

        def move(xyz: Reals, name: str = name) -> Reals:
            return np.column_stack([to_crs84(xyz[:, :2].copy(), parse_crs(name)), xyz[:, 2]])

        out[row[mine]] = shapely.transform(shapes[mine], move, include_z=True)
    return out


_TEMPLATE = """CASE
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'tree|树|樹') THEN 'tree'
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'lamp|light|pole|camera|sign|signal|杆|灯') THEN 'post'
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'manhole|grating|cover|valve|井') THEN 'disc'
    ELSE 'box' END AS template"""
_SIZE = {"tree": 6.0, "post": 6.0, "disc": 0.1, "box": 1.0}


def points(selection: Selection, heights: Heights) -> Layer:
    """Points as simple solids by the name of their class."""
    table = features(selection, "points", f"{_WKB}, {_TEMPLATE}")
    shapes, middle, span = _shapes(table)
    level = heights.ellipsoidal(heights.ground(middle, number(table, "z_min")))
    template = np.array(table["template"].to_pylist(), dtype=object)
    height = number(table, "height")
    default = np.array([_SIZE[t] for t in template])
    size = np.where((height > 0) & (template != "disc"), height, default)
    own, part = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(part, np.arange(len(shapes) + 1))

    def build(rows: Rows) -> Mesh:
        meshes = []
        for name in dict.fromkeys(template[rows].tolist()):
            which = np.flatnonzero(template[rows] == name)
            # A multipoint is drawn at each of its points.
            count = np.diff(first)[rows[which]]
            feature = np.repeat(which, count)
            within = np.arange(len(feature)) - np.repeat(np.cumsum(count) - count, count)
            mine = rows[feature]
            at = np.column_stack([own[first[mine] + within], level[mine]])
            mesh = markers(name, at, size[mine], np.zeros(len(mine)))
            meshes.append(Mesh(mesh.positions, mesh.indices, feature[mesh.feature]))
        return join(meshes)

    return Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], level + size / 2),
        np.hypot(span, size),
        np.diff(first) * 60 * 32.0 + _TEXTS,
        build,
        color=(0.85, 0.6, 0.25, 1.0),
    )


def photos(selection: Selection, heights: Heights) -> Layer:
    """Photographs as cameras along their heading; those without one, and panoramas, as balls."""
    given = ", ".join(
        [_WKB, _property("altitude"), _property("heading"), _property("panorama", "BOOLEAN")]
    )
    table = features(selection, "photos", given)
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    altitude = number(table, "altitude")
    z = np.where(np.isfinite(altitude), altitude, number(table, "z_min"))
    level = heights.ellipsoidal(heights.ground(middle, z))
    heading = number(table, "heading")
    panorama = pc.fill_null(table["panorama"], False).to_numpy()
    looks = np.isfinite(heading) & ~panorama
    at = np.column_stack([middle, level])

    def build(rows: Rows) -> Mesh:
        meshes = []
        for name, chosen in (("camera", looks[rows]), ("ball", ~looks[rows])):
            if chosen.any():
                mine = rows[chosen]
                turn = np.nan_to_num(heading[mine])
                mesh = markers(name, at[mine], np.full(len(mine), 1.5), turn)
                feature = np.flatnonzero(chosen)[mesh.feature]
                meshes.append(Mesh(mesh.positions, mesh.indices, feature))
        return join(meshes)

    return Layer(
        table.drop_columns(["altitude", "panorama"]),
        ecef(at[:, 0], at[:, 1], at[:, 2]),
        np.full(len(at), 3.0),
        np.full(len(at), 26 * 40.0 + _TEXTS),
        build,
        color=(0.2, 0.45, 0.8, 1.0),
    )
