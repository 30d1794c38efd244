"""Elements of building models: shapes where they are placed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.exporters.three_d_tiles.heights import to_earth
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.tiles import Layer, Mesh, ShapePack, place

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["ELEMENTS", "element_layers", "elements"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
ELEMENTS = ["item_crs", "sha256"]
"""Columns of `elements` that are no properties."""
_BATCH = 500_000  # placements fetched at one go


def elements(making: Making) -> pa.Table:
    """All elements of the selection, a model after the other."""
    return features(making.selection, "bim", "s.item_crs, s.sha256", order="s.path, s.item_id, ")


def element_layers(
    making: Making, table: pa.Table, *, local: bool = False
) -> Iterator[tuple[str, Layer]]:
    """Yield a layer for each model and group.

    Parameters
    ----------
    making : Making
        The export.
    table : pyarrow.Table
        Rows of `elements` with a further column ``group``, given back with each layer.
    local : bool
        In the metres of the model, which need not be placed then.
    """
    report = making.report
    items = table.group_by("item_id", use_threads=False).aggregate(
        [("item_crs", "first"), ("sha256", "first"), ("object_id", "count")]
    )
    if not local:
        placed = pc.is_valid(items["item_crs_first"])
        lost = pc.sum(items.filter(pc.invert(placed))["object_id_count"]).as_py()
        report.leave("not placed", lost or 0)
        items = items.filter(placed)
    for batch in _batches(items):
        placements = making.selection.fetch(
            """SELECT p.item_id, p.object_id, p.shape_id, p.matrix, p.color FROM placements p
            SEMI JOIN batch_ b ON b.item_id = p.item_id
            ORDER BY p.item_id, p.object_id, p.shape_id, p.matrix""",
            batch_=batch.select(["item_id"]),
        )
        for item in batch.to_pylist():
            mine = table.filter(pc.equal(table["item_id"], item["item_id"]))
            own = placements.filter(pc.equal(placements["item_id"], item["item_id"]))
            file = making.selection.catalog.meshes / f"{item['sha256_first']}.parquet"
            yield from _model(making, mine, own, file, local=local)


def _batches(items: pa.Table) -> Iterator[pa.Table]:
    heap = np.cumsum(items["object_id_count"].to_numpy()) // (_BATCH // 4)
    for step in dict.fromkeys(heap.tolist()):
        yield items.filter(pa.array(heap == step))


def _model(
    making: Making, table: pa.Table, placements: pa.Table, file: Path, *, local: bool
) -> Iterator[tuple[str, Layer]]:
    import pyarrow.parquet as pq

    report = making.report
    row = pc.index_in(placements["object_id"], value_set=table["object_id"].combine_chunks())
    placements = placements.append_column("row", row).filter(pc.is_valid(row))
    bare = table.num_rows - pc.count_distinct(placements["object_id"]).as_py()
    report.leave("no geometry of its own", bare)
    if placements.num_rows == 0:
        return
    if not file.is_file():
        report.leave("its triangles are missing from the catalogue", table.num_rows - bare)
        return
    wanted = pc.unique(placements["shape_id"])
    shapes = pq.read_table(file)
    shapes = shapes.filter(pc.is_in(shapes["shape_id"], value_set=wanted))
    pack, digest = ShapePack(shapes), _digests(shapes)
    shape = pack.rows(placements["shape_id"].combine_chunks())
    known = shape >= 0
    placements, shape = placements.filter(pa.array(known)), shape[known]
    feature = placements["row"].to_numpy().astype(np.int64)
    order = np.argsort(feature, kind="stable")
    # Keep the objects that have something to draw, as rows 0 .. n.
    kept, feature = np.unique(feature[order], return_inverse=True)
    report.leave("no geometry of its own", table.num_rows - bare - len(kept))
    if len(kept) == 0:
        return
    whole = _Placed(
        table.take(kept),
        pack,
        digest,
        shape[order],
        placements["matrix"].combine_chunks().flatten().to_numpy().reshape(-1, 4, 4)
        .transpose(0, 2, 1)[order],
        _colors(placements)[order],
        np.concatenate([[0], np.flatnonzero(np.diff(feature)) + 1, [len(feature)]]),
    )  # fmt: skip
    groups = np.array(whole.table["group"].to_pylist(), dtype=object)
    for group in dict.fromkeys(groups.tolist()):
        yield group, whole.layer(making, np.flatnonzero(groups == group), group, local=local)


class _Placed:
    """Elements of one model with the shapes they consist of."""

    def __init__(
        self,
        table: pa.Table,
        pack: ShapePack,
        digest: pa.Array,
        shape: Rows,
        matrix: Reals,
        color: npt.NDArray[np.float32],
        start: Rows,
    ) -> None:
        self.table, self.pack, self.shape = table, pack, shape
        self.matrix, self.color, self.start = matrix, color, start
        half = (pack.high[shape] - pack.low[shape]) / 2
        middle = (pack.high[shape] + pack.low[shape]) / 2
        middle = np.einsum("nij,nj->ni", matrix[:, :3, :3], middle) + matrix[:, :3, 3]
        radius = np.einsum("nij,nj->ni", np.abs(matrix[:, :3, :3]), half)
        self.low = np.minimum.reduceat(middle - radius, start[:-1])
        self.high = np.maximum.reduceat(middle + radius, start[:-1])
        vertices, faces = np.diff(pack.first)[shape], np.diff(pack.first_face)[shape]
        self.weight = np.add.reduceat(vertices * 12.0 + faces * 3.0, start[:-1]) + 220.0
        self.inputs = pa.table(
            {
                "shapes": _listed(start, digest.take(pa.array(shape))),
                "matrix": _listed(start * 16, pa.array(matrix.reshape(-1))),
                "color": _listed(start * 4, pa.array(color.reshape(-1))),
                "crs": table["item_crs"],
                "datum": table["vertical_datum"],
            }
        )

    def layer(self, making: Making, mine: Rows, group: str, *, local: bool) -> Layer:
        """Layer of some of the elements."""
        crs = None if local else self.table["item_crs"][0].as_py()
        datum, heights = self.table["vertical_datum"][0].as_py(), making.heights

        def earth(xyz: Reals) -> Reals:
            return xyz if crs is None else to_earth(xyz, crs, heights, datum)

        def build(rows: Rows) -> Mesh:
            own = mine[rows]
            which = np.concatenate([np.arange(self.start[r], self.start[r + 1]) for r in own])
            of = np.repeat(np.arange(len(own)), self.start[own + 1] - self.start[own])
            shape, matrix = self.shape[which], self.matrix[which]
            return place(self.pack, shape, matrix, self.color[which], of, earth)

        name = f"{self.table['item_id'][0].as_py()} {group}".encode()
        return Layer(
            self.table.take(mine).drop_columns([*ELEMENTS, "group"]),
            earth((self.low + self.high)[mine] / 2),
            np.linalg.norm((self.high - self.low)[mine], axis=1),
            self.weight[mine],
            build,
            local=local,
            inputs=self.inputs.take(mine),
            name=hashlib.blake2b(name, digest_size=6).hexdigest() + "-",
        )


def _digests(shapes: pa.Table) -> pa.Array:
    """What tells shapes apart, 16 bytes each."""
    found = []
    for batch in shapes.select(["positions", "indices"]).to_batches():
        ends = [column.offsets.to_numpy() for column in batch.columns]
        flat = [np.ascontiguousarray(column.values.to_numpy()) for column in batch.columns]
        for i in range(batch.num_rows):
            digest = hashlib.blake2b(digest_size=16)
            for at, values in zip(ends, flat, strict=True):
                digest.update(values[at[i] : at[i + 1]].tobytes() + b"|")
            found.append(digest.digest())
    return pa.array(found, pa.binary(16))


def _listed(start: Rows, values: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(start, pa.int64()), values)


def _colors(placements: pa.Table) -> npt.NDArray[np.float32]:
    column = placements["color"].combine_chunks()
    grey = np.tile(np.array([0.75, 0.75, 0.75, 1.0], np.float32), (len(column), 1))
    has = column.is_valid().to_numpy(zero_copy_only=False)
    if has.any():
        grey[has] = column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(-1, 4)
    return grey
