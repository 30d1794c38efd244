"""City objects (CityJSON, CityGML) with all their levels of detail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.bodies import Bodies, read_bodies
from cimkit.exporters.three_d_tiles.cityparts import BESIDE, PART, WHOLE, shown
from cimkit.exporters.three_d_tiles.heights import Heights, to_earth
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, surfaces_of, triangulate
from cimkit.tiles.rungs import Level

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["BESIDE", "PART", "WHOLE", "CityObjects", "city_levels", "city_objects"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_COLOR = (0.8, 0.74, 0.66, 1.0)


@dataclass(frozen=True, slots=True)
class CityObjects:
    """City objects that are placed and have surfaces."""

    table: pa.Table
    """One row an object: its features, in the order of their ids."""
    place: Reals
    """Shape (n, 2): longitude and latitude of its middle, degrees."""
    height: Reals
    """Shape (n,): of its middle, as the source counts."""
    size: Reals
    """Shape (n,): diagonal, metres."""
    bodies: Bodies
    """Their geometries."""


def city_objects(making: Making, wanted: pa.Array, *, leave: bool = True) -> CityObjects:
    """Read city objects with one geometry for each whole level of detail: the finest.

    Parameters
    ----------
    making : Making
        The export.
    wanted : pyarrow.Array
        Their ids.
    leave : bool
        Count those that cannot be drawn.
    """
    selection = making.selection
    table = features(
        selection,
        "citymodel",
        "(s.bbox.xmin + s.bbox.xmax) / 2 AS x, (s.bbox.ymin + s.bbox.ymax) / 2 AS y, s.z_max, "
        "111320 * sqrt(pow((s.bbox.xmax - s.bbox.xmin) * cos(radians(s.bbox.ymin)), 2) "
        "+ pow(s.bbox.ymax - s.bbox.ymin, 2)) AS span",
    )
    table = table.filter(pc.is_in(table["object_id"], value_set=wanted))
    placed = table.filter(pc.is_valid(table["x"]))
    ids = placed["object_id"].combine_chunks()
    bodies = read_bodies(selection, ids, making.folder)
    has = np.bincount(bodies.owner, minlength=len(ids)) > 0
    drawn = placed.filter(pa.array(has))
    if leave:
        making.report.leave("not placed", table.num_rows - placed.num_rows)
        making.report.leave("no geometry of its own", placed.num_rows - drawn.num_rows)
    low, high = np.nan_to_num(number(drawn, "z_min")), np.nan_to_num(number(drawn, "z_max"))
    return CityObjects(
        drawn.drop_columns(["x", "y", "z_max", "span"]),
        np.column_stack([number(drawn, "x"), number(drawn, "y")]),
        (low + high) / 2,
        np.hypot(number(drawn, "span"), high - low),
        replace(bodies, owner=(np.cumsum(has) - 1)[bodies.owner]),
    )


def city_levels(
    found: CityObjects,
    heights: Heights,
    thing: Rows,
    role: npt.NDArray[np.int8],
    covered: npt.NDArray[np.bool_],
) -> list[Level]:
    """Levels of things that city objects show, the coarsest first.

    Parameters
    ----------
    found : CityObjects
        The objects.
    heights : Heights
        To the ellipsoid.
    thing : ndarray, shape (n,)
        The thing that each object shows.
    role : ndarray, shape (n,)
        `WHOLE`, `PART` (with its likes it stands for the whole above it) or `BESIDE`.
    covered : ndarray, shape (things,)
        Something else shows this thing at the least level already.

    Notes
    -----
    At each level an object has its best geometry up to it. Of a whole and its parts the ones
    that are finer there are shown (see `cimkit.exporters.three_d_tiles.cityparts.shown`);
    footprints (level 0) only of what has nothing else.
    """
    bodies = found.bodies
    levels = []
    count = len(covered)
    finest = covered.astype(np.int64)
    np.maximum.at(finest, thing[bodies.owner], bodies.lod)
    solid = np.flatnonzero((bodies.lod > 0) | (finest[thing[bodies.owner]] == 0))
    for lod in sorted(set(bodies.lod[solid].tolist())):
        within = solid[bodies.lod[solid] <= lod]
        # Geometries are in the order of object and level: the last one up to this is the best.
        last = np.append(bodies.owner[within][1:] != bodies.owner[within][:-1], True)
        best = within[last]
        kept = best[shown(bodies, best, thing, role, count)]
        # Only things that have something at this very level.
        here = np.zeros(count, bool)
        here[thing[bodies.owner[kept[bodies.lod[kept] == lod]]]] = True
        rows = kept[here[thing[bodies.owner[kept]]]]
        if len(rows):
            layer = _layer(found, rows, heights)
            levels.append(Level(f"lod{lod}", layer, thing[bodies.owner[rows]]))
    return levels


def _layer(found: CityObjects, bodies: Rows, heights: Heights) -> Layer:
    """Draw some geometries."""
    own = found.bodies
    owner = own.owner[bodies]
    table = found.table.take(owner)
    datum = texts(table, "vertical_datum")
    place, height = found.place[owner], found.height[owner]
    level = heights.ellipsoidal(place, height, datum)

    def build(rows: Rows) -> Mesh:
        surfaces: list[list[Reals]] = []
        feature, names = [], []
        for at, row in enumerate(own.rows(bodies[rows])):
            for surface in surfaces_of(row):
                surfaces.append(surface)
                feature.append(at)
                names.append((row["crs"], datum[rows[at]]))
        return _surfaces(surfaces, np.array(feature, np.int64), names, heights)

    return Layer(
        table,
        ecef(place[:, 0], place[:, 1], level),
        found.size[owner],
        own.size[bodies] * 14.0 + 220.0,
        build,
        color=_COLOR,
        inputs=pa.table({"print": own.print[bodies], "level": level}),
    )


def _surfaces(found: list[list[Reals]], feature: Rows, names: list[Any], heights: Heights) -> Mesh:
    rings = [ring for surface in found for ring in surface]
    if not rings:
        none = np.empty(0, np.int64)
        return Mesh(np.empty((0, 3)), none.reshape(0, 3), none)
    whole = np.concatenate(rings)
    number_of = {name: i for i, name in enumerate(dict.fromkeys(names))}
    system = np.repeat(
        [number_of[name] for name in names], [sum(len(r) for r in surface) for surface in found]
    )
    earth = np.empty_like(whole)
    for (crs, datum), i in number_of.items():
        mine = system == i
        earth[mine] = to_earth(whole[mine], crs, heights, datum)
    parts = iter(np.split(earth, np.cumsum([len(r) for r in rings])[:-1]))
    vertices, indices, surface = triangulate([[next(parts) for _ in one] for one in found])
    return Mesh(vertices, indices, feature[surface])
