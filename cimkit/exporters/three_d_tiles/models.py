"""Layers made from models: BIM shapes where they are placed, and surfaces of city models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.heights import Heights, to_earth
from cimkit.exporters.three_d_tiles.sorting import features, number, texts
from cimkit.geometry.frames import ecef
from cimkit.tiles import Layer, Mesh, ShapePack, place, surfaces_of, triangulate

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw_bim", "draw_citymodel"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_BATCH = 500_000  # placements fetched at one go


def draw_bim(making: Making) -> Drawn | None:
    """Draw every placed model, or the one asked for."""
    models = _bim(making.selection, making.heights, making.report, making.options.local)
    return making.draw("bim", models)


def draw_citymodel(making: Making) -> Drawn | None:
    """Draw the city objects."""
    layer = _citymodel(making.selection, making.heights, making.report)
    return None if layer is None else making.draw("citymodel", [layer])


def _bim(
    selection: Selection, heights: Heights, report: ExportReport, local: str | None = None
) -> Iterator[Layer]:
    """One layer for each placed model; with ``local`` that one alone, in its own metres."""
    table = features(selection, "bim", "s.item_crs, s.sha256", order="s.path, s.item_id, ")
    items = table.group_by("item_id", use_threads=False).aggregate(
        [
            ("item_crs", "first"),
            ("vertical_datum", "first"),
            ("sha256", "first"),
            ("source", "first"),
            ("object_id", "count"),
        ]
    )
    if local is not None:
        items = items.filter(
            pc.or_(pc.equal(items["item_id"], local), pc.equal(items["source_first"], local))
        )
    else:
        placed = pc.is_valid(items["item_crs_first"])
        report.leave(
            "not placed", pc.sum(items.filter(pc.invert(placed))["object_id_count"]).as_py() or 0
        )
        items = items.filter(placed)
    for batch in _batches(items):
        placements = selection.fetch(
            """SELECT p.item_id, p.object_id, p.shape_id, p.matrix, p.color FROM placements p
            SEMI JOIN batch_ b ON b.item_id = p.item_id
            ORDER BY p.item_id, p.object_id, p.shape_id, p.matrix""",
            batch_=batch.select(["item_id"]),
        )
        for item in batch.to_pylist():
            mine = table.filter(pc.equal(table["item_id"], item["item_id"]))
            own = placements.filter(pc.equal(placements["item_id"], item["item_id"]))
            crs = None if local is not None else item["item_crs_first"]
            pack = selection.catalog.meshes / f"{item['sha256_first']}.parquet"
            layer = _model(mine, own, pack, crs, item["vertical_datum_first"], heights, report)
            if layer is not None:
                yield layer


def _batches(items: pa.Table) -> Iterator[pa.Table]:
    heap = np.cumsum(items["object_id_count"].to_numpy()) // (_BATCH // 4)
    for step in dict.fromkeys(heap.tolist()):
        yield items.filter(pa.array(heap == step))


def _model(
    table: pa.Table,
    placements: pa.Table,
    file: Path,
    crs: str | None,
    datum: str | None,
    heights: Heights,
    report: ExportReport,
) -> Layer | None:
    import pyarrow.parquet as pq

    row = pc.index_in(placements["object_id"], value_set=table["object_id"].combine_chunks())
    placements = placements.append_column("row", row).filter(pc.is_valid(row))
    bare = table.num_rows - pc.count_distinct(placements["object_id"]).as_py()
    report.leave("no geometry of its own", bare)
    if placements.num_rows == 0:
        return None
    if not file.is_file():
        report.leave("its triangles are missing from the catalogue", table.num_rows - bare)
        return None
    wanted = pc.unique(placements["shape_id"])
    shapes = pq.read_table(file)
    pack = ShapePack(shapes.filter(pc.is_in(shapes["shape_id"], value_set=wanted)))
    shape = pack.rows(placements["shape_id"].combine_chunks())
    known = shape >= 0
    placements, shape = placements.filter(pa.array(known)), shape[known]
    feature = placements["row"].to_numpy().astype(np.int64)
    order = np.argsort(feature, kind="stable")
    feature, shape = feature[order], shape[order]
    matrix = (
        placements["matrix"].combine_chunks().flatten().to_numpy().reshape(-1, 4, 4)
        .transpose(0, 2, 1)[order]
    )  # fmt: skip
    color = _colors(placements)[order]

    # Keep the objects that have something to draw, as rows 0 .. n.
    kept, feature = np.unique(feature, return_inverse=True)
    report.leave("no geometry of its own", table.num_rows - bare - len(kept))
    if len(kept) == 0:
        return None
    table = table.take(kept)
    start = np.concatenate([[0], np.flatnonzero(np.diff(feature)) + 1, [len(feature)]])
    half = (pack.high[shape] - pack.low[shape]) / 2
    middle = np.einsum("nij,nj->ni", matrix[:, :3, :3], (pack.high[shape] + pack.low[shape]) / 2)
    middle = middle + matrix[:, :3, 3]
    radius = np.linalg.norm(np.einsum("nij,nj->ni", np.abs(matrix[:, :3, :3]), half), axis=1)
    low = np.minimum.reduceat(middle - radius[:, None], start[:-1])
    high = np.maximum.reduceat(middle + radius[:, None], start[:-1])
    vertices, faces = np.diff(pack.first)[shape], np.diff(pack.first_face)[shape]
    weight = np.add.reduceat(vertices * 32.0 + faces * 6.0, start[:-1]) + 220.0

    def earth(xyz: Reals) -> Reals:
        return xyz if crs is None else to_earth(xyz, crs, heights, datum)

    def build(rows: Rows) -> Mesh:
        which = np.concatenate([np.arange(start[r], start[r + 1]) for r in rows])
        of = np.repeat(np.arange(len(rows)), start[rows + 1] - start[rows])
        return place(pack, shape[which], matrix[which], color[which], of, earth)

    return Layer(
        table.drop_columns(["item_crs", "sha256"]),
        earth((low + high) / 2),
        np.linalg.norm(high - low, axis=1),
        weight,
        build,
        local=crs is None,
    )


def _colors(placements: pa.Table) -> npt.NDArray[np.float32]:
    column = placements["color"].combine_chunks()
    grey = np.tile(np.array([0.75, 0.75, 0.75, 1.0], np.float32), (len(column), 1))
    has = column.is_valid().to_numpy(zero_copy_only=False)
    if has.any():
        grey[has] = column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(-1, 4)
    return grey


def _citymodel(selection: Selection, heights: Heights, report: ExportReport) -> Layer | None:
    """City objects, each with its most detailed geometry that has surfaces."""
    table = features(
        selection,
        "citymodel",
        "(s.bbox.xmin + s.bbox.xmax) / 2 AS x, (s.bbox.ymin + s.bbox.ymax) / 2 AS y, s.z_max, "
        "111320 * sqrt(pow((s.bbox.xmax - s.bbox.xmin) * cos(radians(s.bbox.ymin)), 2) "
        "+ pow(s.bbox.ymax - s.bbox.ymin, 2)) AS span",
    )
    placed = table.filter(pc.is_valid(table["x"]))
    own = selection.fetch(
        """SELECT g.object_id, g.geometry_type, g.crs, g.wkb, g.vertices, g.boundaries
        FROM geometries g SEMI JOIN placed_ p ON p.object_id = g.object_id
        WHERE g.crs IS NOT NULL AND (g.boundaries IS NOT NULL OR g.wkb IS NOT NULL)
            AND g.geometry_type NOT IN ('MultiPoint', 'MultiLineString', 'Point', 'LineString')
        QUALIFY row_number() OVER (PARTITION BY g.object_id
            ORDER BY g.lod DESC NULLS LAST, length(g.boundaries) DESC NULLS LAST,
                g.geometry_type) = 1
        ORDER BY g.object_id""",
        placed_=placed.select(["object_id"]),
    )
    has = pc.index_in(own["object_id"], value_set=placed["object_id"].combine_chunks()).to_numpy()
    report.leave("not placed", table.num_rows - placed.num_rows)
    report.leave("no geometry of its own", placed.num_rows - own.num_rows)
    if own.num_rows == 0:
        return None
    table = placed.take(has)
    low, high = np.nan_to_num(number(table, "z_min")), np.nan_to_num(number(table, "z_max"))
    place = np.column_stack([number(table, "x"), number(table, "y")])
    datum = texts(table, "vertical_datum")
    level = heights.ellipsoidal(place, (low + high) / 2, datum)

    def build(rows: Rows) -> Mesh:
        found: list[list[Reals]] = []
        feature, names = [], []
        for at, row in enumerate(own.take(rows).to_pylist()):
            for surface in surfaces_of(row):
                found.append(surface)
                feature.append(at)
                names.append((row["crs"], datum[rows[at]]))
        return _surfaces(found, np.array(feature, np.int64), names, heights)

    size = pc.add(
        pc.fill_null(pc.list_value_length(own["vertices"]), 0),
        pc.fill_null(pc.binary_length(own["wkb"]), 0),
    )
    return Layer(
        table.drop_columns(["x", "y", "z_max", "span"]),
        ecef(place[:, 0], place[:, 1], level),
        np.hypot(number(table, "span"), high - low),
        size.to_numpy() * 40.0 + 220.0,
        build,
        color=(0.8, 0.74, 0.66, 1.0),
    )


def _surfaces(found: list[list[Reals]], feature: Rows, names: list[Any], heights: Heights) -> Mesh:
    rings = [ring for surface in found for ring in surface]
    if not rings:
        none = np.empty(0, np.int64)
        return Mesh(np.empty((0, 3)), none.reshape(0, 3), none)
    whole = np.concatenate(rings)
    number_of = {name: i for i, name in enumerate(dict.fromkeys(names))}
    system = np.repeat(
        [number_of[name] for name in names], [sum(len(r) for r in surface) for surface in found]
    )
    earth = np.empty_like(whole)
    for (crs, datum), i in number_of.items():
        mine = system == i
        earth[mine] = to_earth(whole[mine], crs, heights, datum)
    parts = iter(np.split(earth, np.cumsum([len(r) for r in rings])[:-1]))
    vertices, indices, surface = triangulate([[next(parts) for _ in one] for one in found])
    return Mesh(vertices, indices, feature[surface])
