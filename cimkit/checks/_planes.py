"""Objects side by side in a plane of metres, whatever coordinates they were delivered in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._sql import quote
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from pyproj import CRS

    from cimkit.checks._spec import CheckContext
    from cimkit.geometry.local_plane import LocalPlane

__all__ = ["Plane", "located", "planes", "unplaced"]

Shapes = npt.NDArray[np.object_]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """Objects that can be measured against each other, in metres."""

    rows: pa.Table
    """``object_id``, ``sort`` (class, else layer), ``crs`` and what else was asked for."""
    shapes: Shapes
    """Their shapely geometries, in metres."""
    local: LocalPlane
    """About their midst; where `crs` is None the plane itself."""
    crs: CRS | None = None
    """The projected CRS they were delivered in, whose plane it is."""
    unit: float = 1.0
    """Metres in a unit of `crs`."""
    seam: bool = False
    """Whether sources of several CRSs meet in it: only pairs of two CRSs are new here."""

    def to_crs84(self, shapes: Shapes) -> Shapes:
        """Take shapes of the plane to degrees; heights stay."""
        import shapely

        from cimkit.geometry.crs import to_crs84

        if self.crs is None or not len(shapes):
            return self.local.shapes_from_plane(shapes)
        crs, deep = self.crs, bool(shapely.has_z(shapes).any())

        def move(points: Reals) -> Reals:
            moved = to_crs84(points[:, :2] / self.unit, crs)
            return np.column_stack([moved, points[:, 2:]]) if deep else moved

        moved: Shapes = shapely.transform(shapes, move, include_z=deep)
        return moved

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column as an array."""
        return np.asarray(self.rows[name].to_numpy(zero_copy_only=False))

    def groups(self, name: str = "sort") -> Iterator[npt.NDArray[np.intp]]:
        """Yield the indices of the rows of each value of a column, in its order."""
        codes = self.rows[name].combine_chunks().dictionary_encode().indices.fill_null(-1)
        held = np.asarray(codes.to_numpy(zero_copy_only=False))
        order = np.argsort(held, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(held[order])) + 1):
            if len(part):
                yield part


def planes(
    context: CheckContext, where: str, dimension: int, *, more: Sequence[str] = ()
) -> Iterator[Plane]:
    """Yield the placed objects of a scope, those of one projected CRS together.

    A layer is measured in its own coordinates, where its edges are straight and its nodes meet;
    what is in degrees, in a plane about its midst. Where sources of several systems meet, the
    objects there come once more, together.

    Parameters
    ----------
    where
        Predicate over ``things``.
    dimension
        1: lines, with their heights; 2: polygons.
    more
        Further columns of ``things`` to have in `Plane.rows`.
    """
    columns = "".join(f", {name}" for name in more)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE laid AS
        SELECT t.*, g.wkb, coalesce(g.crs, '') AS crs
        FROM (SELECT object_id, bbox, geometry, coalesce(class_code, source_layer, '') AS sort
                     {columns} FROM things
              WHERE bbox IS NOT NULL AND ST_Dimension(geometry) = {int(dimension)}
                AND ({where})) t
        LEFT JOIN (SELECT object_id, crs, wkb FROM geometries
                   WHERE lod IS NULL AND wkb IS NOT NULL) g USING (object_id)"""
    )
    listed = context.table(
        """SELECT crs, count(*) AS rows, min(bbox.xmin) AS west, min(bbox.ymin) AS south,
                  max(bbox.xmax) AS east, max(bbox.ymax) AS north
           FROM laid GROUP BY crs ORDER BY crs"""
    ).to_pylist()
    for group in listed:
        yield _plane(context, f"crs = {quote(group['crs'])}", group["crs"])
    meet = [_meet(a, b) for n, a in enumerate(listed) for b in listed[n + 1 :]]
    if meet:
        yield _plane(context, " OR ".join(meet), "", seam=True)


def _meet(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """Return the predicate of what lies where the boxes of two systems meet."""
    west, south = max(a["west"], b["west"]), max(a["south"], b["south"])
    east, north = min(a["east"], b["east"]), min(a["north"], b["north"])
    return (
        f"(crs IN ({quote(a['crs'])}, {quote(b['crs'])})"
        f" AND bbox.xmin <= {east!r} AND bbox.xmax >= {west!r}"
        f" AND bbox.ymin <= {north!r} AND bbox.ymax >= {south!r})"
    )


def _plane(context: CheckContext, where: str, crs: str, *, seam: bool = False) -> Plane:
    import shapely

    from cimkit.errors import UsageError
    from cimkit.geometry.crs import is_geographic, metres_per_unit, parse_crs
    from cimkit.geometry.local_plane import LocalPlane
    from cimkit.geometry.vector import parse_wkb

    projected = None
    if crs and not seam:
        try:
            found = parse_crs(crs)
            projected = None if is_geographic(found) else found
        except UsageError:  # it was known when it was read; the degrees are there still
            projected = None
    shape = "wkb" if projected is not None else "ST_AsWKB(geometry)"
    rows = context.table(
        f"""SELECT * EXCLUDE (geometry, wkb), {shape} AS shape FROM laid WHERE {where}
            ORDER BY object_id"""
    )
    shapes, _ = parse_wkb(rows["shape"].combine_chunks().cast(pa.binary()))
    box = rows["bbox"].combine_chunks()
    midst = [
        float(np.median((np.asarray(box.field(low)) + np.asarray(box.field(high))) / 2))
        if len(rows)
        else 0.0
        for low, high in (("xmin", "xmax"), ("ymin", "ymax"))
    ]
    local = LocalPlane(*midst)
    unit = 1.0
    if projected is None:
        shapes = local.shapes_to_plane(shapes)
    else:
        unit = metres_per_unit(projected)
        if unit != 1.0:
            deep = bool(shapely.has_z(shapes).any())
            factor = np.array([unit, unit, 1.0][: 3 if deep else 2])
            shapes = shapely.transform(shapes, lambda p: p * factor, include_z=deep)
    return Plane(rows.drop_columns(["shape", "bbox"]), shapes, local, projected, unit, seam)


def located(context: CheckContext, bad: pa.Table) -> pa.Table:
    """Return bad rows with path, layer and place of their ``object_id``, in order of the delivery.

    Its x, y and z are given, too, unless the rows have their own.
    """
    own = [n for n in ("x", "y", "z") if n not in bad.column_names]
    context.con.register("bad_given", bad)
    try:
        return context.table(
            f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, b.*
                {"".join(f", t.{n}" for n in own)}
                FROM bad_given b JOIN {things_of("bad_given")} t USING (object_id)
                ORDER BY t.rank"""
        )
    finally:
        context.con.unregister("bad_given")


def unplaced(context: CheckContext, where: str, dimension: int) -> list[dict[str, Any]]:
    """Return what has such a geometry and no place, as `conclude` takes what was not looked at."""
    sort = ("POINT", "LINESTRING", "POLYGON")[dimension]
    rows: list[dict[str, Any]] = context.table(
        f"""SELECT path, source_layer AS layer, 'unplaced' AS reason, count(*) AS count
            FROM things SEMI JOIN (SELECT object_id FROM geometries WHERE wkb IS NOT NULL
                                   AND contains(upper(geometry_type), '{sort}')) g
                 USING (object_id)
            WHERE bbox IS NULL AND ({where}) GROUP BY ALL ORDER BY path, layer"""
    ).to_pylist()
    return rows
