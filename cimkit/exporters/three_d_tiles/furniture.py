"""The layer of points: street furniture, trees, facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, Rows, shapes_of
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, join, markers

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


_TEMPLATE = """CASE
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'tree|树|樹') THEN 'tree'
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'lamp|light|pole|camera|sign|signal|杆|灯') THEN 'post'
    WHEN regexp_matches(lower(coalesce(n.name_en, '') || ' ' || coalesce(s.source_class, '')),
        'manhole|grating|cover|valve|井') THEN 'disc'
    ELSE 'box' END AS template"""
_SIZE = {"tree": 6.0, "post": 6.0, "disc": 0.1, "box": 1.0}


def draw(making: Making) -> Drawn | None:
    """Points as simple solids by the name of their class."""
    table = features(making.selection, "points", f"{WKB}, {_TEMPLATE}")
    shapes, middle, span = shapes_of(table)
    level = making.heights.ellipsoidal(
        middle,
        making.heights.ground(middle, number(table, "z_min")),
        texts(table, "vertical_datum"),
    )
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

    layer = Layer(
        table,
        ecef(middle[:, 0], middle[:, 1], level + size / 2),
        np.hypot(span, size),
        np.diff(first) * 60 * 32.0 + TEXTS,
        build,
        color=(0.85, 0.6, 0.25, 1.0),
    )
    return making.draw("points", [layer])
