"""The layer of points: street furniture, trees, facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from cimkit.exporters.three_d_tiles.looks import look_at
from cimkit.exporters.three_d_tiles.outlines import TEXTS, Rows, shapes_of
from cimkit.exporters.three_d_tiles.sorting import number, texts
from cimkit.geometry.frames import ecef
from cimkit.standard.appearance import read_color
from cimkit.standard.rows import NO_CLASS
from cimkit.tiles import TEMPLATES, Instances, Layer, copies, scales

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]

_WORDS = "lower(concat_ws(' ', n.name_en, n.name_zh, n.name_ja, s.source_class))"
_GUESS = f"""CASE
    WHEN regexp_matches({_WORDS}, 'tree|树|樹') THEN 'tree'
    WHEN regexp_matches({_WORDS}, 'manhole|grating|cover|valve|井|マンホール') THEN 'manhole'
    WHEN regexp_matches({_WORDS}, 'lamp|light|灯') THEN 'lamp'
    WHEN regexp_matches({_WORDS}, 'pole|camera|sign|杆|柱') THEN 'pole'
    ELSE 'box' END AS guess"""
_PLACE = 44.0
"""Bytes of one copy before compression: place, turn, size, feature."""


def draw(making: Making) -> Drawn | None:
    """Points as copies of the models that the standard gives their classes.

    What no line of ``models.csv`` speaks of is drawn by the name of its class, in any of three
    languages, as tree, manhole, lamp or pole, else as a box; its height is that of the object.
    """
    looks = look_at(making, "points", [_GUESS], height="height", heading="heading")
    nothing = looks.model == NO_CLASS
    making.report.leave("the standard says that the class is not drawn", int(nothing.sum()))
    looks = looks.where(~nothing)
    table = looks.table
    model = looks.model.copy()
    guess = np.array(table["guess"].to_pylist(), dtype=object)
    plain = np.array([m not in TEMPLATES for m in model], bool)
    model[plain] = guess[plain]
    guessed = int(plain.sum())
    if guessed:
        making.report.notes.append(
            f"{guessed:,} points have no model in the standard: they are drawn by the name of "
            "their class"
        )
    size = np.column_stack([looks.width, looks.length, looks.height])
    tall = number(table, "height")
    size[:, 2] = np.where(np.isnan(size[:, 2]) & plain & (tall > 0), tall, size[:, 2])
    size[plain & (model == "manhole"), 2] = np.nan
    # A lid of more than 20 m is in millimetres.
    size[:, :2] = np.where(size[:, :2] > 20, size[:, :2] / 1000, size[:, :2])
    heading = np.nan_to_num(looks.heading)
    shapes, middle, span = shapes_of(table)
    level = making.heights.ellipsoidal(
        middle,
        making.heights.ground(middle, number(table, "z_min"), texts(table, "vertical_datum")),
        texts(table, "vertical_datum"),
    )
    own, part = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(part, np.arange(len(shapes) + 1))
    look = np.array([f"{m} {c}" for m, c in zip(model, looks.color, strict=True)], dtype=object)
    real = _real_size(model, size)

    def build(rows: Rows) -> list[Instances]:
        found = []
        for name in sorted(set(look[rows].tolist())):
            which = np.flatnonzero(look[rows] == name)
            # A multipoint is drawn at each of its points.
            count = np.diff(first)[rows[which]]
            feature = np.repeat(which, count)
            within = np.arange(len(feature)) - np.repeat(np.cumsum(count) - count, count)
            mine = rows[feature]
            at = np.column_stack([own[first[mine] + within], level[mine]])
            template, _, color = name.partition(" ")
            found.append(
                copies(template, at, size[mine], heading[mine], feature, read_color(color))
            )
        return found

    layer = Layer(
        table.drop_columns(["guess"]),
        ecef(middle[:, 0], middle[:, 1], level + real[:, 2] / 2),
        np.hypot(span, np.linalg.norm(real, axis=1)),
        np.diff(first) * _PLACE + TEXTS,
        build,
        color=(0.85, 0.6, 0.25, 1.0),
        inputs=pa.table(
            {
                "wkb": table["wkb"],
                "look": pa.array(look.tolist(), pa.string()),
                **{name: size[:, i] for i, name in enumerate(("width", "length", "tall"))},
                "heading": heading,
                "level": level,
            }
        ),
    )
    return making.draw("points", [layer])


def _real_size(
    model: np.ndarray[tuple[int], np.dtype[np.object_]],
    size: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Width, length and height that is drawn, metres, shape (n, 3)."""
    out = np.empty_like(size)
    for name in set(model.tolist()):
        rows = np.flatnonzero(model == name)
        found = TEMPLATES[name]
        out[rows] = scales(name, size[rows]) * [found.width, found.length, found.height]
    return out
