"""The layer of lines: pipes and roads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.exporters.three_d_tiles.outlines import (
    TEXTS,
    WKB,
    Reals,
    Rows,
    corners,
    property_sql,
    shapes_of,
)
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, join, ribbons, tubes, wkb_type

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Lines: tubes where a diameter is known, else ribbons."""
    given = ", ".join([WKB, *(property_sql(n) for n in ("diameter", "width", "depth"))])
    table = features(making.selection, "lines", given)
    shapes, middle, span = shapes_of(table)
    diameter, width = number(table, "diameter"), number(table, "width")
    depth = np.nan_to_num(number(table, "depth"))
    exact = _with_z(making.selection, table)
    has_z = np.array([g is not None for g in exact])
    unknown = np.where(has_z, 0.0, number(table, "z_min"))
    level = making.heights.ground(middle, unknown)
    # A depth counts from the ground; a line with Z says itself where it lies.
    level = making.heights.ellipsoidal(
        middle,
        np.where(has_z | np.isfinite(unknown), level, level - depth),
        texts(table, "vertical_datum"),
    )
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
    layer = Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], level + z),
        np.maximum(span, across),
        corners(shapes) * each + TEXTS,
        build,
        color=(0.45, 0.5, 0.58, 1.0),
    )
    return making.draw("lines", [layer])


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
