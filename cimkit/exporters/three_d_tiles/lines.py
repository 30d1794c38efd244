"""The layer of lines: pipes and roads.

What is drawn is said by the standard's ``models.csv`` (``pipe``, ``culvert``, ``road``,
``fence``); of a class without a line there, by the object's own properties: a ``diameter`` makes a
pipe, else it is a road of its ``width``.

Where a pipe lies, the first of:

1. the Z of its geometry: its axis;
2. heights at its ends, between which it falls evenly, in the source's vertical datum:
   ``start_z`` and ``end_z`` (``起点高程``, ``终点高程``) of the axis, ``start_invert`` and
   ``end_invert`` (``起点管底高程``, ``终点管底高程``) of its lower side, ``start_crown`` and
   ``end_crown`` (``起点管顶高程``, ``终点管顶高程``) of its upper side;
3. the ground, less the depth of its upper side at its ends, ``start_depth`` and ``end_depth``
   (``起点埋深``, ``终点埋深``), or one for all of it: what ``models.csv`` names, else ``depth``;
   depths are metres unless the standard declares another unit.

A width as ``1000x800`` (or a culvert's height) gives a rectangular section. A diameter whose unit
the standard does not declare is in millimetres if it is more than 20. Depths and ends known on one
side only hold for both. The colours of media that no line of the standard gives are ours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.exporters.three_d_tiles.clamping import ground_key, lifted
from cimkit.exporters.three_d_tiles.courses import ENDS, course, with_z
from cimkit.exporters.three_d_tiles.looks import Looks, attribute_sql, look_at
from cimkit.exporters.three_d_tiles.outlines import TEXTS, Reals, Rows, corners, shapes_of
from cimkit.exporters.three_d_tiles.sorting import texts
from cimkit.geometry.frames import ecef
from cimkit.standard.appearance import read_color
from cimkit.standard.rows import NO_CLASS
from cimkit.tiles import Layer, Mesh, culverts, join, ribbons, tubes
from cimkit.tiles.forms import linear

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["ROAD_ABOVE", "draw"]

Flags = npt.NDArray[np.bool_]

ROAD_ABOVE = 0.06
"""Metres that roads lie above the ground: more than areas do, so that neither flickers."""
_RAIL = 0.06
"""Metres that a fence is thick."""
_TRACK = 0.2
"""Metres across the track of a vehicle that took pictures or points."""
_WORDS = "lower(concat_ws(' ', n.name_en, n.name_zh, n.name_ja, s.source_class))"
_MEDIA = {
    "#7d5a3c": "sewer|sewage|drain|storm|污水|雨水|排水|下水|汚水",
    "#2f6db5": "water|给水|上水|配水|供水",
    "#d9b310": "gas|燃气|天然气|ガス",
    "#c23b32": "power|electric|电力|電力",
    "#3f8f4f": "telecom|communication|通信|通讯|光缆",
    "#e07b28": "heat|steam|热力|蒸汽|熱",
}
"""Our colours of media, sRGB, and how their names are known; the first that fits."""
_ROAD, _PIPE, _FENCE = "#5f6266", "#8a9097", "#c8ccd0"


def draw(making: Making) -> Drawn | None:
    """Lines as tubes, boxes and ribbons."""
    medium = " ".join(
        f"WHEN regexp_matches({_WORDS}, '{words}') THEN '{color}'"
        for color, words in _MEDIA.items()
    )
    given = [f"CASE {medium} ELSE '{_PIPE}' END AS medium"]
    given += [sql for names in ENDS.values() for n, name in names for sql in attribute_sql(name, n)]
    looks = look_at(making, "lines", given, width="diameter", depth="depth", length="width",
                    height="")  # fmt: skip
    nothing = looks.model == NO_CLASS
    making.report.leave("the standard says that the class is not drawn", int(nothing.sum()))
    looks = looks.where(~nothing)
    table = looks.table
    model, across, rise = _sections(looks)
    pipe = np.isin(model, ("pipe", "culvert"))
    shapes, middle, span = shapes_of(table)
    exact = with_z(making.selection, table)
    has_z = np.array([g is not None for g in exact])
    shapes, level, at_height = course(making, table, looks, shapes, exact, rise, pipe)
    lift = np.where(model == "fence", rise / 2, np.where(model == "road", ROAD_ABOVE, 0.0))
    level = making.heights.ellipsoidal(middle, level, texts(table, "vertical_datum")) + lift
    color = _colors(looks, model, table)
    terrain = making.heights.terrain

    def build(rows: Rows) -> Mesh:
        parts = []
        kind = model[rows]
        for name in ("pipe", "culvert", "fence", "road"):
            which = np.flatnonzero(kind == name)
            if not len(which):
                continue
            mine = rows[which]
            if name == "pipe":
                mesh = tubes(shapes[mine], level[mine], across[mine])
            elif name == "road":
                mesh = ribbons(shapes[mine], level[mine], across[mine])
                if terrain is not None:
                    on = lifted(mesh.positions, terrain, ROAD_ABOVE)
                    mesh = replace(mesh, positions=on)
            else:
                mesh = culverts(shapes[mine], level[mine], across[mine], rise[mine])
            shade = color[mine][mesh.feature]
            parts.append(Mesh(mesh.positions, mesh.indices, which[mesh.feature], shade))
        return join(parts)

    each = np.where(model == "pipe", 12 * 12.0, np.where(model == "road", 30.0, 100.0))
    layer = Layer(
        table.drop_columns(["medium", *(c for n in ENDS.values() for a, _ in n
                                        for c in (a, f"{a}_b"))]),
        ecef(middle[:, 0], middle[:, 1], level + at_height),
        np.maximum(span, np.maximum(across, rise)),
        corners(shapes) * each + TEXTS,
        build,
        inputs=pa.table(
            {
                "wkb": shapely.to_wkb(shapes, output_dimension=3).tolist(),
                "model": pa.array(model.tolist(), pa.string()),
                "across": across,
                "rise": rise,
                "level": level,
                "ground": pa.array([ground_key(making)] * table.num_rows, pa.string()),
                "color": pa.array([c.tobytes() for c in color], pa.binary()),
            }
        ),
    )  # fmt: skip
    made = int((~has_z & pipe).sum())
    if made:
        making.report.notes.append(
            f"{made:,} pipes have no heights in their geometry: they lie at their depth below the "
            "ground, or at the heights that their ends are said to have"
        )
    return making.draw("lines", [layer])


def _sections(looks: Looks) -> tuple[npt.NDArray[np.object_], Reals, Reals]:
    """Model, width and height of each line's section, metres."""
    model = looks.model.copy()
    plain = ~np.isin(model, ("pipe", "culvert", "road", "fence"))
    lent = plain & np.array([m is not None for m in model], bool)
    width, rise = looks.width.copy(), np.where(np.isfinite(looks.rise), looks.rise, looks.height)
    # A row of trees drawn as a line has the model of a tree, whose sizes are none of a line.
    width[lent] = np.nan
    # Of what no line speaks of, the width of a road stands in the place of a length.
    track = np.array([k == "trajectory" for k in looks.table["kind"].to_pylist()], bool)
    model[plain] = np.where(np.isfinite(width[plain]), "pipe", "road")
    road = plain & (model == "road")
    width[road] = np.where(track[road], _TRACK, np.where(lent[road], np.nan, looks.length[road]))
    pipe = np.isin(model, ("pipe", "culvert"))
    small = pipe & ~looks.declared & (width > 20)
    width[small] /= 1000
    rise[small & np.isfinite(looks.rise)] /= 1000
    model[(model == "pipe") & np.isfinite(looks.rise)] = "culvert"
    usual = np.where(pipe, 0.3, 1.0)
    fence = model == "fence"
    width = np.where(width > 0, width, usual)
    width[fence] = _RAIL
    rise = np.where(rise > 0, rise, np.where(fence, 1.1, width))
    return model, width, np.where(model == "pipe", width, np.where(model == "road", 0.0, rise))


def _colors(looks: Looks, model: npt.NDArray[np.object_], table: pa.Table) -> npt.NDArray[np.uint8]:
    """Linear RGBA bytes, shape (n, 4)."""
    medium = np.array(table["medium"].to_pylist(), dtype=object)
    own = np.where(model == "road", _ROAD, np.where(model == "fence", _FENCE, medium))
    said = np.where(looks.color == "", own, looks.color)
    known = {text: linear(read_color(text) or (0, 0, 0)) for text in set(said.tolist())}
    return np.array([known[text] for text in said], np.uint8).reshape(-1, 4)
