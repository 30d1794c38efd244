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

from cimkit.exporters.three_d_tiles.element_levels import Model
from cimkit.exporters.three_d_tiles.placed import ELEMENTS, Placed
from cimkit.exporters.three_d_tiles.sorting import features
from cimkit.tiles import ShapePack

if TYPE_CHECKING:
    from cimkit.exporters._spec import ExportReport
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["ELEMENTS", "element_models", "elements"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_BATCH = 500_000  # placements fetched at one go


def elements(making: Making) -> pa.Table:
    """All elements of the selection, a model after the other."""
    return features(making.selection, "bim", "s.item_crs, s.sha256", order="s.path, s.item_id, ")


def element_models(
    making: Making, table: pa.Table, *, local: bool = False
) -> Iterator[tuple[str, Model]]:
    """Yield the elements of each model and group.

    Parameters
    ----------
    making : Making
        The export.
    table : pyarrow.Table
        Rows of `elements` with a further column ``group``, given back with each model.
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
            yield from _models(making, mine, own, file, local=local)


def _batches(items: pa.Table) -> Iterator[pa.Table]:
    heap = np.cumsum(items["object_id_count"].to_numpy()) // (_BATCH // 4)
    for step in dict.fromkeys(heap.tolist()):
        yield items.filter(pa.array(heap == step))


def _models(
    making: Making, table: pa.Table, placements: pa.Table, file: Path, *, local: bool
) -> Iterator[tuple[str, Model]]:
    import pyarrow.parquet as pq

    report = making.report
    left = _Left(table, placements, report)
    left.keep(np.ones(placements.num_rows, bool), "no geometry of its own")
    matrix = _matrices(left.placements)
    usable = np.asarray(np.isfinite(matrix).all(axis=(1, 2)))
    usable[usable] = np.abs(np.linalg.det(matrix[usable, :3, :3])) > 0
    left.keep(usable, "not placed by finite numbers")
    if left.placements.num_rows == 0:
        return
    try:
        shapes = pq.read_table(file, columns=["shape_id", "positions", "indices"])
    except (OSError, pa.ArrowInvalid):
        report.leave("its triangles are missing from the catalogue", left.count)
        return
    wanted = pc.unique(left.placements["shape_id"])
    shapes = shapes.filter(pc.is_in(shapes["shape_id"], value_set=wanted))
    pack, digest = ShapePack(shapes), _digests(shapes)
    shape = pack.rows(left.placements["shape_id"].combine_chunks())
    known = shape >= 0
    left.keep(known, "its triangles are missing from the catalogue")
    shape = shape[known]
    drawn = np.diff(pack.first_face)[shape] > 0
    left.keep(drawn, "no surface to draw")
    if left.placements.num_rows == 0:
        return
    feature = left.placements["row"].to_numpy().astype(np.int64)
    order = np.argsort(feature, kind="stable")
    # Keep the objects that have something to draw, as rows 0 .. n.
    kept, feature = np.unique(feature[order], return_inverse=True)
    placed = Placed(
        table.take(kept),
        pack,
        digest,
        shape[drawn][order],
        _matrices(left.placements)[order],
        _colors(left.placements)[order],
        np.concatenate([[0], np.flatnonzero(np.diff(feature)) + 1, [len(feature)]]),
    )
    groups = np.array(placed.table["group"].to_pylist(), dtype=object)
    for group in dict.fromkeys(groups.tolist()):
        mine = placed.sound(making, np.flatnonzero(groups == group), local=local)
        if len(mine):
            name = f"{placed.table['item_id'][0].as_py()} {group}"
            layer = placed.layer(making, mine, name, local=local)
            yield group, Model(placed, mine, name, layer, local)


class _Left:
    """Placements that are left, and the elements that have any."""

    def __init__(self, table: pa.Table, placements: pa.Table, report: ExportReport) -> None:
        row = pc.index_in(placements["object_id"], value_set=table["object_id"].combine_chunks())
        self.placements = placements.append_column("row", row)
        self.count = table.num_rows
        self._report = report

    def keep(self, mask: npt.NDArray[np.bool_], reason: str) -> None:
        """Keep some placements; elements that lose all of theirs are counted."""
        known = pc.and_(pa.array(mask), pc.is_valid(self.placements["row"]))
        self.placements = self.placements.filter(known)
        count = pc.count_distinct(self.placements["row"]).as_py()
        self._report.leave(reason, self.count - count)
        self.count = count


def _matrices(placements: pa.Table) -> Reals:
    """Shape (n, 4, 4), for column vectors; NaN where there are not 16 numbers."""
    column = placements["matrix"].combine_chunks()
    length = pc.fill_null(pc.list_value_length(column), 0)
    whole = pc.equal(length, 16)
    out = np.full((len(column), 16), np.nan)
    values = column.filter(whole).flatten().to_numpy(zero_copy_only=False)
    out[whole.to_numpy(zero_copy_only=False)] = values.reshape(-1, 16)
    return out.reshape(-1, 4, 4).transpose(0, 2, 1)


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


def _colors(placements: pa.Table) -> npt.NDArray[np.float32]:
    column = placements["color"].combine_chunks()
    grey = np.tile(np.array([0.75, 0.75, 0.75, 1.0], np.float32), (len(column), 1))
    has = column.is_valid().to_numpy(zero_copy_only=False)
    if has.any():
        grey[has] = column.drop_null().flatten().to_numpy(zero_copy_only=False).reshape(-1, 4)
    return grey
