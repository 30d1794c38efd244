"""A point cloud and the models of the same buildings lie in the same place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import fits_glob, quote, scope
from cimkit.checks._twins import BUILDING_LAYERS

if TYPE_CHECKING:
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "ask", "inspect", "run"]

SPEC = CheckSpec(
    name="cloud_agreement",
    title="Clouds and building models lie in one place",
    counts="comparisons",
    kinds=("gis", "citymodel", "bim"),
    parameters={"reach": 2.0, "points": 500.0, "roof": 0.5, "layers": BUILDING_LAYERS},
    words={
        "shifted": phrase(
            "its points lie {east} m east and {north} m north of the walls of the {kind} buildings",
            "点云相对 {kind} 建筑墙面偏东 {east} 米、偏北 {north} 米",
            "点群は {kind} の建物の壁に対して東へ {east} m、北へ {north} m ずれています",
        ),
        "raised": phrase(
            "its points lie {up} m above the roofs of the {kind} buildings",
            "点云相对 {kind} 建筑屋顶偏高 {up} 米",
            "点群は {kind} の建物の屋根より {up} m 高くなっています",
        ),
        "cloud-blind": phrase(
            "too few of its points lie on buildings that another source shows",
            "落在其他数据所示建筑上的点过少",
            "他のデータにある建物に当たる点が少なすぎます",
        ),
    },
)

_MOST = 400_000  # points that are held against walls: a sample, spread over the whole cloud
_BUILDINGS = 2_000
_FOOT, _SILL = 1.0, 0.7  # walls are seen from this height up to that share of the building's
_NOT_BUILT = (2, 3, 4, 5, 7, 9, 11, 17, 18)  # ASPRS: ground, plants, noise, water, road, bridge
_ASKED = pa.schema(
    [("kind", pa.string()), ("low", pa.float64()), ("high", pa.float64()), ("shape", pa.binary())]
)
_FOUND = pa.schema(
    [
        ("kind", pa.string()),
        ("buildings", pa.int64()),
        ("walls", pa.int64()),
        *((name, pa.float64()) for name in ("east", "north", "mean", "most")),
        ("roofs", pa.int64()),
        *((name, pa.float64()) for name in ("up", "roof_mean", "roof_most")),
    ]
)


def ask(context: CheckContext, rule: Rule) -> Mapping[str, pa.Table]:
    """Hand each cloud the buildings that stand in it, by the kind of source that shows them."""
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    named = " OR ".join(fits_glob("source_layer", g) for g in said["layers"]) or "FALSE"
    clouds = context.table(
        """SELECT item_id, bbox, vertical_datum AS datum FROM items
           WHERE status = 'ok' AND kind = 'pointcloud' AND bbox IS NOT NULL AND crs IS NOT NULL
             AND vertical_datum IS NOT NULL ORDER BY path"""
    ).to_pylist()
    asked = {}
    for cloud in clouds:
        box = cloud["bbox"]
        found = context.table(
            f"""SELECT t.kind, z AS low, greatest(z_max, z + height) AS high,
                       ST_AsWKB(t.geometry) AS shape
                FROM (SELECT * FROM things WHERE ({here}) AND z IS NOT NULL
                        AND bbox.xmin <= {box["xmax"]!r} AND bbox.xmax >= {box["xmin"]!r}
                        AND bbox.ymin <= {box["ymax"]!r} AND bbox.ymax >= {box["ymin"]!r}
                        AND ST_Dimension(geometry) = 2) t
                SEMI JOIN (SELECT item_id FROM items
                           WHERE vertical_datum = {quote(cloud["datum"])}) i USING (item_id)
                WHERE greatest(z_max, z + height) - z > 2
                  AND CASE kind WHEN 'gis' THEN {named}
                           WHEN 'citymodel' THEN parent_id IS NULL
                                AND source_class LIKE '%Building'
                           ELSE source_class LIKE 'IfcWall%' END
                ORDER BY t.kind, t.object_id LIMIT {_BUILDINGS}"""
        )
        if len(found):
            asked[cloud["item_id"]] = found.cast(_ASKED)
    return asked


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Hold a sample of the points against walls and roofs, in the cloud's own coordinates."""
    import shapely

    from cimkit.geometry.crs import from_crs84, is_geographic, metres_per_unit, parse_crs
    from cimkit.geometry.local_plane import LocalPlane

    asked = parameters["asked"]
    crs = parse_crs(item["crs"])
    shapes = shapely.force_2d(shapely.from_wkb(asked["shape"].to_numpy(zero_copy_only=False)))
    if is_geographic(crs):
        middle = shapely.get_coordinates(shapely.centroid(shapes[0]))[0]
        plane = LocalPlane(float(middle[0]), float(middle[1]))
        unit, shapes = 1.0, plane.shapes_to_plane(shapes)
        to_plane = plane.to_plane
    else:
        unit = metres_per_unit(crs)
        shapes = shapely.transform(shapes, lambda xy: from_crs84(xy, crs) * unit)

        def to_plane(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return lonlat * [unit, unit, 1.0]

    kinds = asked["kind"].to_numpy(zero_copy_only=False)
    low, high = (np.asarray(asked[c].to_numpy(), float) for c in ("low", "high"))
    xyz = _sample(source, item, to_plane, shapely.total_bounds(shapes))
    rows = [
        _against(xyz, shapes[kinds == kind], low[kinds == kind], high[kinds == kind], parameters)
        | {"kind": str(kind)}
        for kind in np.unique(kinds.astype(str))
    ]
    return pa.Table.from_pylist(rows, schema=_FOUND)


def _sample(source: Source, item: Mapping[str, Any], to_plane: Any, box: Any) -> Any:
    """Return every n-th point that may be of a building and lies in the box, at most `_MOST`."""
    from cimkit.loaders.pointcloud import stream

    count = int(json.loads(item["counts"] or "{}").get("points") or 0)
    step = max(1, count // (4 * _MOST))
    kept = []
    for chunk in stream(source, fields=frozenset({"classification"})):
        xyz = chunk.xyz[::step]
        if chunk.classification is not None:
            xyz = xyz[~np.isin(chunk.classification[::step], _NOT_BUILT)]
        xyz = to_plane(xyz)
        inside = (xyz[:, :2] > box[:2] - 3).all(1) & (xyz[:, :2] < box[2:] + 3).all(1)
        kept.append(xyz[inside])
    return np.concatenate(kept) if kept else np.empty((0, 3))


def _against(xyz: Any, shapes: Any, low: Any, high: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    import shapely

    from cimkit.geometry.coverage import sound
    from cimkit.geometry.walls import fit, walls

    polygons, owner = shapely.get_parts(sound(shapes), return_index=True)
    sides = walls(polygons)
    near = xyz[sides.near(xyz[:, :2])]
    near = near[:: max(1, len(near) // _MOST)]
    point, wall, away = sides.measure(near[:, :2], float(said["reach"]))
    whose = owner[sides.owner[wall]]
    z = near[point, 2]
    seen = (z > low[whose] + _FOOT) & (z < low[whose] + _SILL * (high - low)[whose])
    found = fit(sides.normal[wall[seen]], away[seen])
    flat = np.asarray(shapely.buffer(polygons, -1.0), object)
    top = xyz[:: max(1, len(xyz) // _MOST)]
    house, spot = shapely.STRtree(np.asarray(shapely.points(top[:, :2]), object)).query(
        flat, predicate="contains"
    )
    up = top[spot, 2] - high[owner[house]]
    up = up[np.abs(up) < 3.0]
    return {
        "buildings": len(np.unique(whose[seen])),
        "walls": found.count,
        "east": float(found.shift[0]),
        "north": float(found.shift[1]),
        "mean": found.mean,
        "most": found.most,
        "roofs": len(up),
        "up": float(np.median(up)) if len(up) else None,
        "roof_mean": float(np.abs(up).mean()) if len(up) else None,
        "roof_most": float(np.percentile(np.abs(up), 95)) if len(up) else None,
    }


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds that lie beside the walls or above the roofs of the buildings in other sources.

    A sample of the points near walls gives the shift in plan by which they would fit, points over
    footprints that in height. One finding says mean distance, the distance that 95 % of the points
    keep, and the direction. The rule's tolerance is the shift in metres (default 0.3).

    Parameters of the rule: ``reach`` (m from a wall at which a point may be of it), ``points``
    (fewer say nothing), ``roof`` (m in height) and ``layers`` (that hold buildings in GIS).
    """
    said = parameters(SPEC, rule)
    allowed = 0.3 if rule.tolerance is None else float(rule.tolerance)
    found = context.inspected(rule)
    bad: list[dict[str, Any]] = []
    blind: list[Mapping[str, Any]] = list(found.unchecked)
    count = 0
    judged: set[str] = set()
    for row in found.rows.to_pylist():
        place = _place(context, row["item_id"])
        told = {**place, "path": row["path"], "kind": row["kind"].upper(), "things": 0}
        enough = [row[name] >= said["points"] for name in ("walls", "roofs")]
        if not any(enough):
            continue
        judged.add(row["path"])
        count += 1
        start = len(bad)
        away = float(np.nan_to_num(np.hypot(row["east"] or 0.0, row["north"] or 0.0)))
        if enough[0] and away > allowed:
            told |= {"east": f"{row['east']:+.2f}", "north": f"{row['north']:+.2f}"}
            said_so = f"{away:.2f} m; mean {row['mean']:.2f} m, 95 % {row['most']:.2f} m"
            bad.append({**told, "reason": "shifted", "measured": said_so})
        # Only what is drawn with a flat roof has its top all over it.
        if enough[1] and row["kind"] == "gis" and abs(row["up"]) > float(said["roof"]):
            said_so = (
                f"{row['up']:+.2f} m; mean {row['roof_mean']:.2f} m, 95 % {row['roof_most']:.2f} m"
            )
            bad.append({**told, "reason": "raised", "measured": said_so, "up": f"{row['up']:+.2f}"})
        if len(bad) > start:
            bad[start]["things"] = 1
    seen = set(found.rows["path"].to_pylist()) - judged
    blind += [{"path": path, "reason": "cloud-blind", "count": 1} for path in sorted(seen)]
    return conclude(context, rule, _table(bad), count, unchecked=blind)


def _place(context: CheckContext, item_id: str) -> dict[str, Any]:
    rows = context.table(
        f"""SELECT (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y, z_min AS z
            FROM items WHERE item_id = {quote(item_id)}"""
    ).to_pylist()
    return dict(rows[0])


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.Table.from_pylist([{n: row.get(n) for n in names} for row in rows])
