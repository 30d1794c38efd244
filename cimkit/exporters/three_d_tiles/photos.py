"""The layer of photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import shapely

from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, Rows, property_sql
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, join, markers

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Photographs as cameras along their heading; those without one, and panoramas, as balls."""
    given = ", ".join(
        [
            WKB,
            property_sql("altitude"),
            property_sql("heading"),
            property_sql("panorama", "BOOLEAN"),
        ]
    )
    table = features(making.selection, "photos", given)
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    altitude = number(table, "altitude")
    z = np.where(np.isfinite(altitude), altitude, number(table, "z_min"))
    level = making.heights.ellipsoidal(
        middle, making.heights.ground(middle, z), texts(table, "vertical_datum")
    )
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

    layer = Layer(
        table.drop_columns(["altitude", "panorama"]),
        ecef(at[:, 0], at[:, 1], at[:, 2]),
        np.full(len(at), 3.0),
        np.full(len(at), 26 * 40.0 + TEXTS),
        build,
        color=(0.2, 0.45, 0.8, 1.0),
    )
    return making.draw("photos", [layer])
