"""Objects lie where the standard holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="inside_jurisdiction",
    title="Inside the jurisdiction",
    parameters={"whole": True},
)

_CELLS = 64  # of the grid over a jurisdiction, each way


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects outside the jurisdiction's polygon, with their distance from it.

    Where the standard has no polygon, that of the city's context package is taken.

    A layer all of whose objects lie outside is one finding: its coordinate system is wrong, not
    each of its rows. The rule's tolerance is in metres beyond the border. Objects whose place is
    unknown are not checked.

    Parameters of the rule: ``whole`` (an object that reaches over the border is outside).
    """
    said = parameters(SPEC, rule)
    polygon = context.standard.jurisdiction.polygon
    if polygon is None and "context" in context.provided:
        rows = context.table("SELECT ST_AsWKB(geometry)::BLOB AS area FROM city.jurisdiction")
        polygon = rows["area"][0].as_py() if rows.num_rows else None
    if polygon is None:
        return not_checked(
            context, rule, "no-jurisdiction", mender="office", standard=context.standard.key
        )
    here = scope(rule, SPEC, context.standard)
    area = f"ST_GeomFromHEXWKB('{polygon.hex()}')"
    box = "ST_MakeEnvelope(bbox.xmin, bbox.ymin, bbox.xmax, bbox.ymax)"
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE layers AS
        SELECT i.path, t.source_layer AS layer, count(*) FILTER (NOT nowhere) AS n,
               count(*) FILTER (nowhere) AS unplaced
        FROM (SELECT *, geometry IS NULL AND bbox IS NULL AS nowhere FROM things WHERE {here}) t
        JOIN items i USING (item_id) GROUP BY ALL;
        CREATE OR REPLACE TEMP TABLE suspects AS
        SELECT object_id, ST_AsWKB(coalesce(geometry, {box})) AS suspect
        FROM things WHERE ({here}) AND (geometry IS NOT NULL OR bbox IS NOT NULL)
          AND CASE WHEN {_deep(polygon)} THEN FALSE ELSE NOT coalesce(ST_Within({box}, {area}),
                                                                      FALSE) END"""
    )
    rows = context.table(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
                   t.kind, s.suspect
            FROM suspects s JOIN {things_of("suspects")} t USING (object_id)
            WHERE s.suspect IS NOT NULL ORDER BY t.rank"""
    )
    beyond, touches = _beyond(rows["suspect"].to_pylist(), polygon)
    outside = beyond > (rule.tolerance or 0.0)
    if not said["whole"]:
        outside &= ~touches
    rows = rows.drop_columns(["suspect"]).append_column("beyond", pa.array(beyond))
    rows = rows.append_column("touches", pa.array(touches)).filter(pa.array(outside))
    sizes = context.table("SELECT path, layer, n FROM layers WHERE n > 0").to_pylist()
    bad = _grouped(rows.to_pylist(), {(s["path"], s["layer"]): s["n"] for s in sizes})
    blind = context.table(
        """SELECT path, layer, 'unplaced' AS reason, unplaced AS count
           FROM layers WHERE unplaced > 0 ORDER BY path, layer"""
    ).to_pylist()
    applicable = sum(s["n"] for s in sizes)
    return conclude(context, rule, pa.Table.from_pylist(bad), applicable, unchecked=blind)


def _deep(polygon: bytes) -> str:
    """Return the predicate that a box lies in cells of a grid that are all inside a polygon.

    It spares nearly all objects of a city the comparison with the polygon itself.
    """
    import shapely

    area = shapely.from_wkb(polygon)
    x0, y0, x1, y1 = (float(v) for v in area.bounds)
    if not (x1 > x0 and y1 > y0):
        return "FALSE"
    wide, high = (x1 - x0) / _CELLS, (y1 - y0) / _CELLS
    column, row = np.meshgrid(np.arange(_CELLS), np.arange(_CELLS), indexing="ij")
    west, south = x0 + column * wide, y0 + row * high
    shapely.prepare(area)
    inner = shapely.contains_properly(area, shapely.box(west, south, west + wide, south + high))
    cells = "".join("1" if cell else "0" for cell in inner.ravel())

    def at(value: str, origin: float, size: float) -> str:
        return f"least(floor((bbox.{value} - {origin!r}) / {size!r}), {_CELLS - 1})"

    def cell(x: str, y: str) -> str:
        number = f"{at(x, x0, wide)} * {_CELLS} + {at(y, y0, high)}"
        return f"get_bit('{cells}'::BIT, ({number})::INTEGER) = 1"

    # Within two cells each way, the four corners say it all.
    corners = " AND ".join(cell(x, y) for x in ("xmin", "xmax") for y in ("ymin", "ymax"))
    return f"""CASE WHEN bbox.xmin > {x0!r} AND bbox.xmax < {x1!r} AND bbox.ymin > {y0!r}
        AND bbox.ymax < {y1!r} AND bbox.xmax - bbox.xmin < {wide!r}
        AND bbox.ymax - bbox.ymin < {high!r} THEN {corners} ELSE FALSE END"""


def _beyond(wkb: list[bytes], polygon: bytes) -> tuple[Any, Any]:
    """Return how many metres each geometry reaches beyond a polygon, and whether it touches it."""
    import shapely
    from pyproj import Geod

    area = shapely.from_wkb(polygon)
    geometries = shapely.from_wkb(wkb)
    touches = shapely.intersects(geometries, area)
    beyond = np.zeros(len(geometries))
    points, owner = shapely.get_coordinates(geometries, return_index=True)
    if len(points):
        dots = shapely.points(points)
        lines = shapely.get_coordinates(shapely.shortest_line(dots, area)).reshape(-1, 4)
        _, _, metres = Geod(ellps="GRS80").inv(*lines.T)
        # Of an object across the border the farthest vertex counts, of one outside the nearest.
        np.maximum.at(beyond, owner, np.where(touches[owner], metres, 0.0))
        nearest = np.full(len(geometries), np.inf)
        np.minimum.at(nearest, owner, metres)
        beyond = np.where(touches, beyond, nearest)
    return beyond, touches


def _grouped(
    rows: list[dict[str, Any]], sizes: dict[tuple[str, str | None], int]
) -> list[dict[str, Any]]:
    layers: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for row in rows:
        row["distance"] = f"{row['beyond']:,.0f}" if row["beyond"] >= 10 else f"{row['beyond']:.2f}"
        row["measured"] = f"{row['distance']} m"
        row["reason"] = "outside-part" if row["touches"] else "outside"
        layers.setdefault((row["path"], row["layer"]), []).append(row)
    out = []
    for key, members in layers.items():
        if len(members) == sizes[key] > 1 and not any(r["touches"] for r in members):
            nearest = min(members, key=lambda r: r["beyond"])
            out.append({**nearest, "reason": "outside-layer", "count": len(members)})
            out[-1].update(place="", object_id=None)
        else:
            out += members
    return out
