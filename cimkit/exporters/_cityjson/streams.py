"""Rows of the catalogue in the order of the city objects, a heap at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["Heap", "heaps"]

_AT_ONCE = 1_000
_OBJECTS = """
SELECT r.pos, r.depth, r.up, r.key, r.type, s.kind, s.source_class, s.class_code, s.asset_code,
    s.name, s.level, s.object_id, s.item_id, s.item_crs, s.path AS source,
    s.properties, s.height, s.z_min,
    CASE WHEN s.kind NOT IN ('citymodel', 'bim') THEN ST_AsWKB(s.geometry) END AS wkb
FROM order_ r JOIN selected s ON s.object_id = r.object_id ORDER BY r.pos
"""
_GEOMETRIES = """
SELECT r.pos, g.item_id, g.lod, g.geometry_type, g.crs, g.wkb, g.vertices, g.boundaries,
    g.semantics, g.appearance
FROM order_ r JOIN geometries g ON g.object_id = r.object_id ORDER BY r.pos
"""
_PLACEMENTS = """
SELECT r.pos, p.shape_id, p.matrix, p.color, s.sha256, s.item_crs
FROM order_ r JOIN placements p ON p.object_id = r.object_id
JOIN selected s ON s.object_id = r.object_id ORDER BY r.pos
"""
_RELATIONS = """
SELECT r.pos, l.relation, o.pos AS other, o.key
FROM order_ r JOIN relations l ON l.object_id = r.object_id
JOIN order_ o ON o.object_id = l.other_id
WHERE l.relation = 'parent' OR l.relation = 'groupMember' OR l.relation LIKE 'groupMember:%'
ORDER BY r.pos, o.key, l.relation
"""

_SORTED = {
    "objects": _OBJECTS,
    "geometries": _GEOMETRIES,
    "placements": _PLACEMENTS,
    "relations": _RELATIONS,
}


@dataclass(frozen=True, slots=True)
class Heap:
    """Some objects, whole families, with all that belongs to them."""

    objects: pa.Table
    """By ``pos``."""
    geometries: pa.Table
    """By ``pos``."""
    placements: pa.Table
    """By ``pos``."""
    relations: pa.Table
    """By ``pos``."""


class _Stream:
    """Rows that come by ``pos``, taken up to some place at a time."""

    def __init__(self, file: Path) -> None:
        # Not mapped: mapped pages would count as this process's memory.
        self._reader = pa.ipc.open_stream(pa.OSFile(str(file)))
        self._schema: pa.Schema = self._reader.schema
        self._waiting: list[pa.RecordBatch] = []
        self._done = False

    def _next(self) -> bool:
        if self._done:
            return False
        try:
            self._waiting.append(self._reader.read_next_batch())
        except StopIteration:
            self._done = True
            return False
        return True

    def upto(self, pos: int) -> pa.Table:
        """Return all rows before a place."""
        while not self._waiting or not _last(self._waiting[-1]) >= pos:
            if not self._next():
                break
        taken, kept = [], []
        for batch in self._waiting:
            at = int(np.searchsorted(batch.column("pos").to_numpy(), pos))
            if at:
                taken.append(batch.slice(0, at))
            if at < batch.num_rows:
                kept.append(batch.slice(at))
        self._waiting = kept
        return pa.Table.from_batches(taken, self._schema)

    def families(self) -> Iterator[pa.Table]:
        """Yield rows until the end, cut where an object begins that is part of nothing."""
        while self._next():
            whole = pa.Table.from_batches(self._waiting, self._schema)
            starts = np.flatnonzero(whole["depth"].to_numpy() == 0)
            cut = int(starts[-1]) if len(starts) else 0
            if cut:
                yield whole.slice(0, cut)
                self._waiting = whole.slice(cut).combine_chunks().to_batches()
        if self._waiting:
            yield pa.Table.from_batches(self._waiting, self._schema)
            self._waiting = []


def _last(batch: pa.RecordBatch) -> int:
    return int(batch.column("pos")[batch.num_rows - 1].as_py()) if batch.num_rows else -1


def heaps(selection: Selection, folder: Path) -> Iterator[Heap]:
    """Yield all city objects; needs the temporary table ``order_``.

    Parameters
    ----------
    selection : Selection
    folder : Path
        Where sorted rows may lie meanwhile: one connection streams one answer at a time.
    """
    files = []
    for name, sql in _SORTED.items():
        files.append(folder / f"{name}.arrows")
        reader = selection.con.execute(sql).to_arrow_reader(_AT_ONCE)
        with pa.OSFile(str(files[-1]), "wb") as sink, pa.ipc.new_stream(sink, reader.schema) as out:
            for batch in reader:
                out.write_batch(batch)
    details = [_Stream(file) for file in files[1:]]
    for objects in _Stream(files[0]).families():
        end = int(objects["pos"][objects.num_rows - 1].as_py()) + 1
        yield Heap(objects, *(stream.upto(end) for stream in details))
