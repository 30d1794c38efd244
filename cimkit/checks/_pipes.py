"""Pipes as axes in space with their diameters, from lines with heights and from BIM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._space_words import phrase
from cimkit.checks._sql import any_of, field_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cimkit.checks._spec import CheckContext
    from cimkit.geometry.local_plane import LocalPlane

__all__ = ["DIAMETER_FIELDS", "PIPE_WORDS", "Pipes", "metres_of", "pipes"]

Reals = npt.NDArray[np.float64]

DIAMETER_FIELDS = [
    *("diameter", "DIAMETER", "Diameter", "diameter_mm", "dn", "DN", "pipe_diameter", "PIPE_DIA"),
    *(
        "NominalDiameter",
        "管径",
        "管徑",
        "公称直径",
        "口径",
        "呼び径",
        "管径_mm",
        "GJ",
        "ps",
        "PSIZE",
    ),
]
_SEGMENTS = ("IfcPipeSegment", "IfcDuctSegment", "IfcCableCarrierSegment", "IfcFlowSegment")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_STEEP = 0.1  # of its length that a body may rise and its axis still be known from its box

PIPE_WORDS = {
    "no-heights": phrase("its lines have no heights", "管线没有高程", "線に高さがありません"),
    "no-axis": phrase(
        "the axis of a sloping pipe is not known from its box",
        "倾斜管段无法由外包盒确定轴线",
        "傾いた管の軸は外接する箱からはわかりません",
    ),
}


@dataclass(frozen=True, slots=True)
class Pipes:
    """Pipes in a plane of metres."""

    rows: pa.Table
    """``object_id``, ``item_id``, ``kind``, ``sort`` (class, else layer), ``datum``."""
    lines: npt.NDArray[np.object_]
    """Their axes, with heights."""
    radius: Reals
    """Metres; 0 where no diameter is said."""
    local: LocalPlane
    """Of the axes."""
    flat: int
    """How many lines have no heights."""
    unclear: int
    """How many bodies have no axis."""


def metres_of(text: str | None) -> float:
    """Return a diameter in metres: "DN300", "300x200" and 0.3 are the same, nothing is 0.

    Of two numbers the larger counts; from 5 upwards they are millimetres, for no pipe is that wide.

    Examples
    --------
    >>> metres_of("DN300"), metres_of("0.3"), metres_of("300x200"), metres_of("steel")
    (0.3, 0.3, 0.3, 0.0)
    """
    found = [float(n) for n in _NUMBER.findall(text or "")]
    if not found:
        return 0.0
    widest = max(found)
    return widest / 1000 if widest >= 5 else widest


def pipes(context: CheckContext, where: str, fields: Sequence[str]) -> Pipes:
    """Return the pipes of a scope.

    Parameters
    ----------
    where
        Predicate over ``things``: lines with heights, and the bodies of pipe and duct segments of
        BIM, whose axis is taken from the box about them.
    fields
        Attributes that may hold the diameter.
    """
    import shapely

    from cimkit.geometry.local_plane import LocalPlane

    rows = context.table(
        f"""SELECT object_id, t.item_id, t.kind, coalesce(class_code, source_layer, '') AS sort,
                   i.vertical_datum AS datum, {field_text(*fields)} AS said,
                   z_min, z_max, ST_AsWKB(t.geometry) AS shape, g.wkb
            FROM (SELECT * FROM things WHERE bbox IS NOT NULL AND ({where})
                  AND (ST_Dimension(geometry) = 1 AND kind = 'gis'
                       OR kind = 'bim' AND z_min IS NOT NULL
                          AND {any_of("source_class", _SEGMENTS)})) t
            JOIN (SELECT item_id, vertical_datum FROM items) i USING (item_id)
            LEFT JOIN (SELECT object_id, wkb FROM geometries
                       WHERE lod IS NULL AND wkb IS NOT NULL) g USING (object_id)
            ORDER BY object_id"""
    )
    shapes = shapely.from_wkb(rows["shape"].to_numpy(zero_copy_only=False))
    own = shapely.from_wkb(rows["wkb"].to_numpy(zero_copy_only=False), on_invalid="ignore")
    body = rows["kind"].to_numpy(zero_copy_only=False) == "bim"
    wide = [metres_of(said) / 2 for said in rows["said"].to_pylist()]
    radius = np.array(wide, dtype=np.float64)
    box = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    local = LocalPlane(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    level = ~body & shapely.has_z(own)
    level &= shapely.get_num_coordinates(own) == shapely.get_num_coordinates(shapes)
    at = np.flatnonzero(level)
    lifted = _lifted(shapes[at], own[at], local)
    parts, owner = shapely.get_parts(lifted, return_index=True)
    owner = at[owner]
    high = _known(parts)
    parts, owner = parts[high], owner[high]
    bodies = np.flatnonzero(body)
    axes, thick, clear = _axes(
        local.shapes_to_plane(shapes[bodies]),
        *(np.asarray(rows[c].to_numpy(), float)[bodies] for c in ("z_min", "z_max")),
    )
    bodies, axes = bodies[clear], axes[clear]
    radius[bodies] = thick[clear] / 2
    which = np.concatenate([owner, bodies])
    told = rows.select(["object_id", "item_id", "kind", "sort", "datum"]).take(pa.array(which))
    lost = int((~body).sum()) - len(np.unique(owner))
    lines = np.concatenate([parts, axes])
    return Pipes(told, lines, radius[which], local, lost, int((~clear).sum()))


def _lifted(shapes: Any, own: Any, local: LocalPlane) -> Any:
    """Return lines of CRS84 in the plane, with the heights of their own geometries."""
    import shapely

    z = shapely.get_coordinates(own, include_z=True)[:, 2]
    xy = local.to_plane(shapely.get_coordinates(shapes))
    return shapely.set_coordinates(shapely.force_3d(shapes), np.column_stack([xy, z]))


def _known(lines: Any) -> Any:
    import shapely

    xyz, owner = shapely.get_coordinates(lines, include_z=True, return_index=True)
    lost = np.bincount(owner[~np.isfinite(xyz).all(1)], minlength=len(lines))
    return (lost == 0) & (shapely.get_num_coordinates(lines) > 1)


def _axes(outlines: Any, low: Reals, high: Reals) -> tuple[Any, Reals, Any]:
    """Return axis, diameter and whether it is clear, of bodies known by outline and heights."""
    import shapely

    corners = np.zeros((len(outlines), 4, 2))
    turned = shapely.oriented_envelope(outlines) if len(outlines) else outlines
    for n in np.flatnonzero(shapely.get_num_coordinates(turned) == 5):
        corners[n] = shapely.get_coordinates(turned[n])[:4]
    one, two = (np.hypot(*(corners[:, k + 1] - corners[:, k]).T) for k in (0, 1))
    flip = (one < two)[:, None]
    length, thick = np.maximum(one, two), np.minimum(one, two)
    ends = [
        np.where(flip, corners[:, 0] + corners[:, 1], corners[:, 0] + corners[:, 3]) / 2,
        np.where(flip, corners[:, 2] + corners[:, 3], corners[:, 1] + corners[:, 2]) / 2,
    ]
    rise = high - low
    upright = (rise > 2 * length) & (thick > 0.7 * length)
    level = (rise - thick <= _STEEP * length) & ~upright
    middle = (low + high) / 2
    centre = (ends[0] + ends[1]) / 2
    start = np.where(upright[:, None], np.c_[centre, low], np.c_[ends[0], middle])
    stop = np.where(upright[:, None], np.c_[centre, high], np.c_[ends[1], middle])
    axes = np.empty(len(outlines), object)
    if len(axes):
        axes[:] = np.asarray(shapely.linestrings(np.stack([start, stop], axis=1)))
    return axes, thick, (level | upright) & (length > 0)
