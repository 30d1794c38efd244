"""Timetables of public transport (GTFS): the ways of vehicles, which stand there point by point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from cimkit.geometry.vector import write_wkb
from cimkit.loaders._layers.table import GEOMETRY, Table
from cimkit.loaders.vector.cells import Positions, numbers

if TYPE_CHECKING:
    from cimkit.loaders.vector.columns import Position
    from cimkit.loaders.vector.textrows import TextRows

__all__ = ["is_shapes", "shapes_table"]

_NUMBERS = {"shape_id", "shape_pt_sequence"}


def is_shapes(names: Sequence[str]) -> bool:
    """Return whether the columns are those of ``shapes.txt``.

    Reference: https://gtfs.org/schedule/reference/#shapestxt.
    """
    return set(names) >= _NUMBERS


def shapes_table(rows: TextRows, position: Position, name: str) -> Table:
    """Return the lines of ``shapes.txt``, a row for each ``shape_id`` in the order of the file."""
    keys: list[str] = []
    order, x, y = [], [], []
    for batch in rows.batches():
        columns = dict(zip(rows.names, batch.columns, strict=True))
        keys += columns["shape_id"].to_pylist()
        order.append(numbers(columns["shape_pt_sequence"], False))
        points = shapely.from_wkb(Positions(position).wkb(batch.columns).to_numpy(False))
        x.append(shapely.get_x(points))
        y.append(shapely.get_y(points))
    names, first, index = np.unique(
        np.array(keys, dtype=object), return_index=True, return_inverse=True
    )
    xy = np.column_stack([np.concatenate(x), np.concatenate(y)])
    along = np.lexsort((np.concatenate(order), index))
    along = along[np.isfinite(xy[along]).all(axis=1)]
    counts = np.bincount(index[along], minlength=len(names))
    lines = np.full(len(names), None, dtype=object)
    long = counts > 1
    kept = along[long[index[along]]]
    lines[long] = shapely.linestrings(xy[kept], indices=(np.cumsum(long) - 1)[index[kept]])
    as_given = np.argsort(first, kind="stable")
    made = pa.RecordBatch.from_pydict(
        {
            "shape_id": pa.array(names[as_given], pa.string()),
            "points": pa.array(counts[as_given]),
            GEOMETRY: write_wkb(lines[as_given]),
        }
    )
    return Table(
        name=name,
        features=len(names),
        geometry_type="LineString",
        crs="OGC:CRS84",
        crs_origin="assumed",  # GTFS is in WGS 84
        fields=(("shape_id", "string"), ("points", "integer")),
        bounds=None,
        batches=partial(_given, made),
        key_field="shape_id",
    )


def _given(made: pa.RecordBatch, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    yield made if columns is None else made.select(list(columns))
