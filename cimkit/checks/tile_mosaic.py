"""Tiles of a set lie edge to edge, pixel on pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks._findings import conclude
from cimkit.checks._measured import bad_rows, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._tiles import tiles

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_MOST = 3_000  # tiles of which each is compared with each

SPEC = CheckSpec(
    name="tile_mosaic",
    title="Tiles fit together",
    counts="tiles",
    reads="items",
    kinds=("raster", "pointcloud"),
    parameters={"gap": True, "widest": 0.5, "overlap": 0.9, "shift": 0.05, "least": 2},
    words={
        "mosaic-gap": phrase(
            "a gap between the tiles, {area} large",
            "图幅之间存在空隙，面积 {area}",
            "タイルの間に {area} の隙間があります",
        ),
        "mosaic-overlap": phrase(
            "it covers {measured} of the ground of {other}",
            "覆盖了 {other} 范围的 {measured}",
            "{other} の範囲の {measured} を覆っています",
        ),
        "mosaic-shift": phrase(
            "its pixels are {measured} of a pixel off those of {other}",
            "其像元与 {other} 的像元错开 {measured} 个像元",
            "画素が {other} の画素から {measured} 画素ずれています",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find gaps between the tiles of a set, tiles that cover each other, and shifted pixels.

    A gap is ground that nothing covers and that tiles surround, or a slit between two of them; it
    has its polygon as geometry. A tile that is missing at the rim is for the coverage of the
    contract to say.

    Pixels are held against those of the tile that most others of their set agree with.

    Parameters of the rule: ``gap`` (whether gaps are asked for), ``widest`` (share of the mean
    width of a tile up to which an opening at the rim is a slit), ``overlap`` (greatest share of a
    tile that another may cover, 0 to 1), ``shift`` (share of a pixel), ``least`` (tiles that make a
    set).
    """
    said = parameters(SPEC, rule)
    tiles(context, rule, SPEC)
    rows = context.table(
        f"""SELECT path, crs, set_of, west, south, east, north, x, y, z, left_at, top_at, px, py,
                   ST_AsWKB(geometry) AS shape FROM tiles
            WHERE west IS NOT NULL AND geometry IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY set_of) >= {int(said["least"])}
            ORDER BY set_of, path"""
    ).to_pylist()
    bad: list[dict[str, Any]] = []
    sets: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sets.setdefault(row["set_of"], []).append(row)
    for members in sets.values():
        bad += _of(members, said)
    return conclude(context, rule, bad_rows(bad), len(rows))


def _of(members: list[dict[str, Any]], said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    import shapely

    from cimkit.geometry.validity import made_valid

    boxes = np.array([[m["west"], m["south"], m["east"], m["north"]] for m in members])
    shapes = made_valid(shapely.from_wkb([m["shape"] for m in members]))
    near = shapely.box(*boxes.T)
    tree = shapely.STRtree(near)
    slack = 1e-9 + 0.02 * np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    one, other = tree.query(
        shapely.box(*(boxes + slack[:, None] * [-1, -1, 1, 1]).T), predicate="intersects"
    )
    pairs = np.column_stack([one, other])[one < other]
    met: set[int] = set()

    def of(n: int) -> dict[str, Any]:
        first = n not in met
        met.add(n)
        return {**{k: members[n][k] for k in ("path", "x", "y", "z")}, "things": int(first)}

    yield from _overlaps(members, shapes, pairs, float(said["overlap"]), of)
    yield from _shifts(members, pairs, float(said["shift"]), of)
    if said["gap"]:
        yield from _gaps(members, shapes, boxes, float(said["widest"]), of)


def _overlaps(
    members: list[dict[str, Any]], shapes: Any, pairs: Any, most: float, of: Any
) -> Iterator[dict[str, Any]]:
    import shapely

    if not len(pairs):
        return
    common = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    areas = shapely.area(shapes)
    smaller = np.minimum(areas[pairs[:, 0]], areas[pairs[:, 1]])
    share = np.divide(shapely.area(common), smaller, out=np.zeros(len(pairs)), where=smaller > 0)
    for n in np.flatnonzero(share > most):
        one, other = sorted(pairs[n].tolist(), key=lambda m: areas[m])
        yield {
            **of(one),
            "other": members[other]["path"],
            "reason": "mosaic-overlap",
            "measured": f"{100 * share[n]:.0f} %",
            "expected": f"≤ {100 * most:g} %",
            "geometry": shapely.to_wkb(common[n]),
        }


def _shifts(
    members: list[dict[str, Any]], pairs: Any, most: float, of: Any
) -> Iterator[dict[str, Any]]:
    placed = [n for n, m in enumerate(members) if m["px"] and m["crs"]]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for n in placed:
        m = members[n]
        groups.setdefault((m["crs"], f"{m['px']:.9g}", f"{m['py']:.9g}"), []).append(n)
    near = set(pairs.ravel().tolist())
    for alike in groups.values():
        phase = np.array(
            [
                [members[n]["left_at"] / members[n]["px"], members[n]["top_at"] / members[n]["py"]]
                for n in alike
            ]
        )
        apart = np.abs(phase[:, None] - phase[None]) if len(alike) <= _MOST else None
        if apart is None:
            apart = np.abs(phase[:, None] - phase[None, :1])
        apart = np.abs(apart - np.rint(apart)).max(axis=2)
        # Most tiles of a set lie in one lattice; the one most others agree with stands for it.
        best = int(np.argmax((apart <= most).sum(axis=0)))
        for k in np.flatnonzero(apart[:, best] > most).tolist():
            if alike[k] in near:
                yield {
                    **of(alike[k]),
                    "other": members[alike[best]]["path"],
                    "reason": "mosaic-shift",
                    "measured": f"{apart[k, best]:.2f}",
                    "expected": f"≤ {most:g}",
                }


def _gaps(
    members: list[dict[str, Any]], shapes: Any, boxes: Any, widest: float, of: Any
) -> Iterator[dict[str, Any]]:
    import shapely

    if len(members) < 3:
        return
    # Degrees of longitude are made as long as those of latitude, so that widths are widths.
    shrink = math.cos(math.radians(float(boxes[:, [1, 3]].mean())))
    flat = shapely.transform(shapes, lambda xy: xy * [shrink, 1.0])
    width = float(np.median(np.sqrt(shapely.area(flat))))
    grain = width * 1e-4
    whole = shapely.union_all(shapely.buffer(flat, grain, join_style="mitre"))
    closed = shapely.buffer(whole, widest * width / 2, join_style="mitre")
    closed = shapely.buffer(closed, -widest * width / 2, join_style="mitre")
    holes = [shapely.polygons(r) for p in shapely.get_parts(closed) for r in p.interiors]
    filled = shapely.union_all([closed, *holes])
    # Edges that were straight in another CRS leave slivers of millimetres between them.
    rest: Any = shapely.buffer(shapely.difference(filled, whole), -2 * grain, join_style="mitre")
    rest = shapely.get_parts(shapely.buffer(rest, 2 * grain, join_style="mitre"))
    own = shapely.union_all([_inner(s, width) for s in shapely.get_parts(flat)])
    tree = shapely.STRtree(flat)
    metre = 111_320.0
    for gap in rest:
        beside = tree.query(shapely.buffer(gap, 4 * grain), predicate="intersects")
        if len(beside) < 2 or shapely.covers(own, gap):
            continue
        first = min(beside.tolist(), key=lambda n: members[n]["path"])
        there = shapely.transform(gap, lambda xy: xy / [shrink, 1.0])
        point = shapely.point_on_surface(there)
        area = f"{gap.area * metre**2:,.0f} m²"
        yield {
            **of(first),
            "x": point.x,
            "y": point.y,
            "geometry": shapely.to_wkb(there),
            "reason": "mosaic-gap",
            "area": area,
            "measured": area,
            "expected": "0 m²",
            "other": "",
        }


def _inner(shape: Any, width: float) -> Any:
    """Return a tile with its own holes filled: voids inside a tile are no gaps between tiles."""
    import shapely

    if shape.geom_type != "Polygon":
        return shape
    return shapely.buffer(shapely.polygons(shape.exterior), width * 1e-3)
