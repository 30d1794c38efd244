"""Objects lie where the standard holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="inside_jurisdiction",
    title="Inside the jurisdiction",
    parameters={"whole": True},
)


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
        f"""CREATE OR REPLACE TEMP TABLE placed AS
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, rank, kind,
               geometry IS NULL AND bbox IS NULL AS nowhere,
               CASE WHEN ST_Within({box}, {area}) THEN NULL
                    ELSE ST_AsWKB(coalesce(geometry, {box})) END AS suspect
        FROM things WHERE {here}"""
    )
    rows = context.table("SELECT * FROM placed WHERE suspect IS NOT NULL ORDER BY rank")
    beyond, touches = _beyond(rows["suspect"].to_pylist(), polygon)
    outside = beyond > (rule.tolerance or 0.0)
    if not said["whole"]:
        outside &= ~touches
    rows = rows.drop_columns(["suspect"]).append_column("beyond", pa.array(beyond))
    rows = rows.append_column("touches", pa.array(touches)).filter(pa.array(outside))
    sizes = context.table(
        "SELECT path, layer, count(*) AS n FROM placed WHERE NOT nowhere GROUP BY ALL"
    ).to_pylist()
    bad = _grouped(rows.to_pylist(), {(s["path"], s["layer"]): s["n"] for s in sizes})
    blind = context.table(
        """SELECT path, layer, 'unplaced' AS reason, count(*) AS count
           FROM placed WHERE nowhere GROUP BY path, layer ORDER BY path, layer"""
    ).to_pylist()
    applicable = context.count("SELECT count(*) FROM placed WHERE NOT nowhere")
    return conclude(context, rule, pa.Table.from_pylist(bad), applicable, unchecked=blind)


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
