"""The layer of photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.exporters.three_d_tiles.outlines import TEXTS, WKB, Reals, Rows, property_sql
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.exporters.three_d_tiles.thumbnails import Thumbnails
from cimkit.geometry.frames import ecef
from cimkit.tiles import Instances, Layer, Mesh
from cimkit.tiles.atlas import atlas
from cimkit.tiles.cameras import axes_of, balls, frusta, pictures, reach, spheres

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]

_AHEAD = 1.5
"""Metres from a lens to the far face of its frustum."""
_RADIUS = 0.6
_ACROSS, _ASPECT = 60.0, 1.5
"""Field of view (degrees) and shape of an image of which neither is known."""
_PICTURE = 7_000.0
"""Bytes of a thumbnail, about."""
_NAMES = ("altitude", "heading", "pitch", "roll", "field_of_view", "width", "height")
_AXIS = [
    f"TRY_CAST(json_extract_string(s.properties, '$.axis.{n}') AS DOUBLE) AS axis_{n}"
    for n in ("heading", "pitch", "roll")
]


def draw(making: Making) -> Drawn | None:
    """Photographs as frusta along their axes, with what they show if thumbnails are asked for.

    Heading, pitch and roll are those of the optical axis (of a camera that looks down, of its
    ``axis``), the width of a frustum is that of the field of view. Photographs without a heading,
    and panoramas, are balls; a panorama with a thumbnail is a sphere, each of its directions as
    it was seen.
    """
    given = [WKB, *_AXIS, property_sql("panorama", "BOOLEAN")]
    # The height of an image is no height of an object: these columns have names of their own.
    given += [property_sql(n).replace(f" AS {n}", f" AS photo_{n}") for n in _NAMES]
    table = features(making.selection, "photos", ", ".join(given))
    said = {n: number(table, f"photo_{n}") for n in _NAMES}
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    z = np.where(np.isfinite(said["altitude"]), said["altitude"], number(table, "z_min"))
    datum = texts(table, "vertical_datum")
    level = making.heights.ellipsoidal(middle, making.heights.ground(middle, z, datum), datum)
    at = np.column_stack([middle, level])
    axis = {
        n: np.where(np.isfinite(number(table, f"axis_{n}")), number(table, f"axis_{n}"), said[n])
        for n in ("heading", "pitch", "roll")
    }
    panorama = np.array(pc.fill_null(table["panorama"], False).to_numpy(), bool)
    looks = np.isfinite(axis["heading"]) & ~panorama
    axes = axes_of(at, *(np.nan_to_num(axis[n]) for n in ("heading", "pitch", "roll")))
    across = np.where(said["field_of_view"] > 0, said["field_of_view"], _ACROSS)
    with np.errstate(invalid="ignore", divide="ignore"):
        aspect = said["width"] / said["height"]
    size = reach(_AHEAD, across, np.where(np.isfinite(aspect) & (aspect > 0), aspect, _ASPECT))
    items = table["item_id"].to_pylist()
    small = Thumbnails(making) if making.options.thumbnails else None
    marks = pa.nulls(len(items), pa.string()) if small is None else small.marks(items)

    def build(rows: Rows) -> list[Mesh | Instances]:
        shown: npt.NDArray[np.bool_] = np.zeros(len(rows), bool)
        found: list[Mesh | Instances] = []
        if small is not None:
            made = small.of([items[i] for i in rows], panorama[rows].tolist())
            # A picture has to face somewhere; a panorama without a heading faces north.
            turned = looks[rows] | panorama[rows]
            shown = np.array([m is not None for m in made], bool) & turned
            if shown.any():
                found += _shown(
                    rows, shown, [m for m, s in zip(made, shown, strict=True) if s and m]
                )
        plain = np.flatnonzero(~shown)
        cameras, others = plain[looks[rows[plain]]], plain[~looks[rows[plain]]]
        if len(cameras):
            mine = rows[cameras]
            found.append(frusta(at[mine], axes[mine], size[mine], cameras))
        if len(others):
            found.append(balls(at[rows[others]], others))
        return found

    def _shown(
        rows: Rows, shown: npt.NDArray[np.bool_], made: list[bytes]
    ) -> list[Mesh | Instances]:
        image, window = atlas(made)
        feature = np.flatnonzero(shown)
        mine = rows[feature]
        out: list[Mesh | Instances] = []
        wide = panorama[mine]
        if (~wide).any():
            flat = mine[~wide]
            out.append(
                pictures(at[flat], axes[flat], size[flat], feature[~wide], window[~wide], image)
            )
        if wide.any():
            turn = np.nan_to_num(axis["heading"][mine[wide]])
            out.append(spheres(at[mine[wide]], _RADIUS, turn, feature[wide], window[wide], image))
        return out

    have = np.array(pc.is_valid(marks).to_numpy(zero_copy_only=False), bool)
    layer = Layer(
        table.drop_columns(
            [*(f"photo_{n}" for n in _NAMES), *(f"axis_{n}" for n in axis), "panorama"]
        ),
        ecef(at[:, 0], at[:, 1], at[:, 2]),
        np.full(len(at), 2 * _AHEAD),
        have * _PICTURE + 60.0 + TEXTS,
        build,
        color=(0.2, 0.45, 0.8, 1.0),
        inputs=_inputs(at, axes, size, looks, marks),
    )
    drawn = making.draw("photos", [layer])
    if small is not None:
        absent = int((~have).sum())
        if absent:
            making.report.notes.append(
                f"{absent:,} photographs have no thumbnail: their sources are not where they were"
            )
        if small.unread:
            making.report.notes.append(
                f"{len(small.unread):,} photographs have no thumbnail: they cannot be read again "
                f"({next(iter(sorted(small.unread.values())))})"
            )
    return drawn


def _inputs(
    at: Reals, axes: Reals, size: Reals, looks: npt.NDArray[np.bool_], marks: pa.Array
) -> pa.Table:
    numbers = np.column_stack([at, axes.reshape(len(at), 9), size])
    columns = {f"n{i}": numbers[:, i] for i in range(numbers.shape[1])}
    return pa.table({**columns, "looks": looks, "mark": marks})
