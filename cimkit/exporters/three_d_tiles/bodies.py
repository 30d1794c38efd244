"""Geometries of city objects: on disk while they are tiled, a tile's in memory at a time."""

from __future__ import annotations

import mmap
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["Bodies", "read_bodies"]

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_BATCH = 1_024
_SQL = """SELECT g.object_id, TRY_CAST(g.lod AS DOUBLE) AS lod,
    coalesce(length(g.boundaries), -1) AS length,
    coalesce(len(g.vertices), 0) + coalesce(octet_length(g.wkb), 0) AS size,
    hash(g.geometry_type, g.crs, g.wkb, g.vertices, g.boundaries) AS print,
    g.geometry_type, g.crs, g.wkb, g.vertices, g.boundaries
FROM geometries g SEMI JOIN placed_ p ON p.object_id = g.object_id
WHERE g.crs IS NOT NULL AND (g.boundaries IS NOT NULL OR g.wkb IS NOT NULL)
    AND g.geometry_type NOT IN ('MultiPoint', 'MultiLineString', 'Point', 'LineString')"""
_KNOWN = ("object_id", "lod", "length", "size", "print")
_KEPT = ("geometry_type", "crs", "wkb", "vertices", "boundaries")


@dataclass(frozen=True, slots=True)
class Bodies:
    """For each object one geometry for each whole level of detail: the finest.

    They are in the order of their objects and levels.
    """

    owner: Rows
    """Shape (m,): the object of each, as a row of the ids asked for."""
    lod: Rows
    """Shape (m,): level of detail as a whole number; 0 also where the source says none."""
    size: Reals
    """Shape (m,): bytes that it takes, about."""
    print: npt.NDArray[np.uint64]
    """Shape (m,): of all that it is made of; another one if that changes."""
    _row: Rows
    _starts: Rows
    _reader: Any

    def rows(self, bodies: Rows) -> list[dict[str, Any]]:
        """Return ``geometry_type``, ``crs``, ``wkb``, ``vertices``, ``boundaries`` of some."""
        row = self._row[bodies]
        batch = np.searchsorted(self._starts, row, side="right") - 1
        out: list[dict[str, Any]] = [{}] * len(row)
        for b in np.unique(batch).tolist():
            mine = np.flatnonzero(batch == b)
            found = self._reader.get_batch(b).take(pa.array(row[mine] - self._starts[b]))
            for at, one in zip(mine.tolist(), found.to_pylist(), strict=True):
                out[at] = one
        return out


def read_bodies(selection: Selection, ids: pa.Array, folder: Path) -> Bodies:
    """Read the geometries with surfaces of some objects.

    Parameters
    ----------
    selection : Selection
        What is exported.
    ids : pyarrow.Array
        Of the objects, ascending.
    folder : Path
        Where they lie on disk, in a file without a name, as long as the answer is in use.
    """
    known: list[pa.Table] = []
    starts = [0]
    placed = pa.table({"object_id": ids})
    with tempfile.TemporaryFile(dir=folder) as file:
        writer = None
        for batch in selection.stream(_SQL, _BATCH, placed_=placed):
            part = pa.table(batch)
            known.append(part.select(list(_KNOWN)))
            kept = part.select(list(_KEPT)).combine_chunks()
            if writer is None:
                writer = pa.ipc.new_file(file, kept.schema)
            writer.write_table(kept)
            starts.append(starts[-1] + batch.num_rows)
        if writer is None:
            none = np.empty(0, np.int64)
            return Bodies(none, none, none.astype(float), none.astype(np.uint64), none, none, None)
        writer.close()
        file.flush()
        # The map stays when the file is closed.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped)))

    whole = pa.concat_tables(known)
    owner = pc.index_in(whole["object_id"], value_set=ids).to_numpy().astype(np.int64)
    exact = whole["lod"].to_numpy().astype(np.float64)
    lod = np.floor(np.nan_to_num(exact)).astype(np.int64)
    print_ = whole["print"].to_numpy()
    # Of one level the finest; of those the one with most boundaries; then any, but the same always.
    finer = np.where(np.isnan(exact), np.inf, -exact)
    order = np.lexsort((print_, -whole["length"].to_numpy(), finer, lod, owner))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(owner[order]) != 0) | (np.diff(lod[order]) != 0)
    row = order[first]
    size = whole["size"].to_numpy().astype(np.float64)[row]
    return Bodies(
        owner[row], lod[row], size, print_[row], row, np.array(starts[:-1], np.int64), reader
    )
