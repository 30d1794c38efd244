"""A delivery covers what it should: where the city has something, or all of the jurisdiction."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_DEGREE = 111_320.0  # metres a degree of latitude, near enough for cells to look at
_MOST = 4_000_000

SPEC = CheckSpec(
    name="city_coverage",
    title="The area is covered",
    counts="cells",
    needs=("context",),
    parameters={"of": "dataset", "cell": 250.0, "least": 1},
    words={
        "cells-empty": {
            "en": "{cells} cells of {cell} m ({area}) are empty; the city has {there} objects",
            "zh": "{cells} 个 {cell} 米网格为空（{area}），而城市在此有 {there} 个对象",
            "ja": "{cell} m メッシュ {cells} 個が空（{area}）ですが、都市には {there} 件あります",
        },
        "cells-uncovered": {
            "en": "{cells} cells of {cell} m ({area}) of the jurisdiction are not covered",
            "zh": "管辖范围内有 {cells} 个 {cell} 米网格（{area}）未覆盖",
            "ja": "管轄区域のうち {cell} m メッシュ {cells} 個（{area}）が未整備です",
        },
        "no-area": {
            "en": "neither the standard nor the context package names an area of jurisdiction",
            "zh": "标准和上下文包均未给出管辖范围",
            "ja": "標準にもコンテキストパッケージにも管轄区域がありません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find cells of a grid that should hold something and do not; neighbours are one finding.

    A cell is covered by an object whose middle lies in it, or by a survey, a raster or an area
    over its middle. The rule's tolerance is the share of cells that may be empty (default 0).

    Parameters of the rule: ``of`` (``dataset``: the cells where the datasets that are replaced
    have objects; ``city``: those where the city has any that the rule speaks of;
    ``jurisdiction``), ``cell`` (its side in metres), ``least`` (objects that the city must have in
    a cell for it to count).

    Raises
    ------
    StandardError
        If a parameter has no such value, or there would be millions of cells.
    """
    said = parameters(SPEC, rule)
    if said["of"] not in ("dataset", "city", "jurisdiction") or said["cell"] <= 0:
        raise StandardError(
            f"a parameter of {SPEC.name} has no such value",
            where=rule.origin,
            got={"of": said["of"], "cell": said["cell"]},
            expected="of = dataset, city or jurisdiction; cell > 0",
        )
    here = scope(rule, SPEC, context.standard)
    area = _area(context) if said["of"] == "jurisdiction" else None
    if said["of"] == "jurisdiction" and area is None:
        return not_checked(context, rule, "no-area", mender="office")
    latitude = context.table("SELECT avg(y) AS y FROM city.objects WHERE isfinite(y)")["y"][0]
    middle = area.centroid.y if area is not None else float(latitude.as_py() or 0.0)
    tall = said["cell"] / _DEGREE
    wide = tall / max(cos(radians(middle)), 0.01)
    if area is not None:
        _keep(context, _cells_of(area, wide, tall, rule))
    else:
        _former_cells(context, here, said, (wide, tall))
    wanted = context.count("SELECT count(*) FROM wanted")
    empty = _empty(context, here, wide, tall)
    if empty.num_rows <= (rule.tolerance or 0.0) * wanted:
        empty = empty.slice(0, 0)
    reason = "cells-uncovered" if area is not None else "cells-empty"
    bad = [
        {**gap, "reason": reason, "cell": f"{said['cell']:g}"}
        for gap in _gaps(empty, wide, tall, said["cell"])
    ]
    return conclude(context, rule, pa.Table.from_pylist(bad), wanted)


def _area(context: CheckContext) -> Any:
    import shapely

    polygon = context.standard.jurisdiction.polygon
    if polygon is None:
        rows = context.table("SELECT ST_AsWKB(geometry)::BLOB AS g FROM city.jurisdiction")
        polygon = rows["g"][0].as_py() if rows.num_rows else None
    return None if polygon is None else shapely.from_wkb(polygon)


def _cells_of(area: Any, wide: float, tall: float, rule: Rule) -> pa.Table:
    """Return the cells whose middle lies in an area: cx, cy, n."""
    import shapely

    west, south, east, north = area.bounds
    columns = np.arange(np.floor(west / wide), np.floor(east / wide) + 1)
    rows = np.arange(np.floor(south / tall), np.floor(north / tall) + 1)
    if len(columns) * len(rows) > _MOST:
        raise StandardError(
            "too many cells",
            where=rule.origin,
            got=len(columns) * len(rows),
            expected=f"at most {_MOST:,}",
            mend="Give `cell` a larger side.",
        )
    cx, cy = (a.ravel() for a in np.meshgrid(columns, rows))
    shapely.prepare(area)
    inside = shapely.contains_xy(area, (cx + 0.5) * wide, (cy + 0.5) * tall)
    cx, cy = cx[inside].astype(np.int64), cy[inside].astype(np.int64)
    return pa.table({"cx": cx, "cy": cy, "n": np.zeros(len(cx), np.int64)})


def _keep(context: CheckContext, cells: pa.Table) -> None:
    context.con.register("cells_given", cells)
    context.con.execute("CREATE OR REPLACE TEMP TABLE wanted AS FROM cells_given")
    context.con.unregister("cells_given")


def _former_cells(
    context: CheckContext, here: str, said: dict[str, Any], size: tuple[float, float]
) -> None:
    """Make ``wanted`` (cx, cy, n): the cells where the city has something."""
    only = "TRUE"
    if said["of"] == "dataset":
        only = "dataset_id IN (SELECT city_dataset_id FROM city.replaced WHERE action = 'replace')"
    wide, tall = size
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT floor(x / {wide!r})::BIGINT AS cx, floor(y / {tall!r})::BIGINT AS cy, count(*) AS n
        FROM city.objects WHERE x IS NOT NULL AND {only} AND {here}
        GROUP BY ALL HAVING n >= {int(said["least"])}"""
    )


def _empty(context: CheckContext, here: str, wide: float, tall: float) -> pa.Table:
    """Return the wanted cells that nothing delivered covers."""
    return context.table(
        f"""
        WITH points AS (
            SELECT DISTINCT floor(x / {wide!r})::BIGINT AS cx, floor(y / {tall!r})::BIGINT AS cy
            FROM things WHERE x IS NOT NULL AND {here}
        ), left_over AS (
            SELECT *, (cx + 0.5) * {wide!r} AS mx, (cy + 0.5) * {tall!r} AS my
            FROM wanted ANTI JOIN points USING (cx, cy)
        ), areas AS (
            SELECT bbox, geometry FROM things
            WHERE {here} AND bbox.xmax - bbox.xmin > {wide / 2!r}
                AND ST_GeometryType(geometry)::VARCHAR IN ('POLYGON', 'MULTIPOLYGON')
            UNION ALL
            SELECT bbox, geometry FROM items
            WHERE status = 'ok' AND kind IN ('raster', 'pointcloud', 'mesh', 'tiles')
                AND geometry IS NOT NULL
                AND {here.replace("source_layer", "''").replace("object_id", "item_id")}
        ), covered AS (
            SELECT DISTINCT cx, cy FROM left_over JOIN areas
                ON mx BETWEEN bbox.xmin AND bbox.xmax AND my BETWEEN bbox.ymin AND bbox.ymax
                AND ST_Intersects(geometry, ST_Point(mx, my))
        )
        SELECT cx, cy, n FROM left_over ANTI JOIN covered USING (cx, cy) ORDER BY cx, cy"""
    )


def _gaps(empty: pa.Table, wide: float, tall: float, cell: float) -> list[dict[str, Any]]:
    """Return one row for each group of empty cells that touch along an edge, the largest first."""
    import shapely

    if not empty.num_rows:
        return []
    cx: npt.NDArray[np.float64] = empty["cx"].to_numpy().astype(float)
    cy: npt.NDArray[np.float64] = empty["cy"].to_numpy().astype(float)
    boxes = shapely.box(cx, cy, cx + 1, cy + 1)  # in cells: there whole numbers meet exactly
    parts = shapely.get_parts(shapely.union_all(boxes))
    tree = shapely.STRtree(parts)
    inside, part = tree.query(shapely.points(cx + 0.5, cy + 0.5), predicate="within")
    cells = np.bincount(part, minlength=len(parts))
    things = np.bincount(part, empty["n"].to_numpy()[inside], minlength=len(parts))
    rows = []
    for n in np.argsort(-cells, kind="stable"):
        shape = shapely.transform(parts[n], lambda xy: xy * [wide, tall])
        at = shapely.point_on_surface(shape)
        square = cells[n] * cell * cell
        size = f"{square / 1e6:,.2f} km²" if square >= 1e6 else f"{square / 1e4:,.1f} ha"
        rows.append(
            {
                "path": "",
                "x": at.x,
                "y": at.y,
                "geometry": shapely.to_wkb(shape),
                "measured": size,
                "count": int(cells[n]),
                "cells": int(cells[n]),
                "area": size,
                "things": int(cells[n]),
                "there": int(things[n]),
            }
        )
    return rows
