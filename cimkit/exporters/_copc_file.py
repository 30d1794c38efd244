"""A COPC 1.0 file: an octree of points, each node one chunk of a LAZ file.

Specification: copc.io, version 1.0; LAS 1.4 R15; the chunks are LASzip's, by lazrs.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.exporters._copc_records import Layout
from cimkit.tiles.octree import BUCKET, Batch, Cell, Cube, Expected, Lattice, Octree, Spool
from cimkit.tiles.octree.curve import box_of, in_order, radix_order

__all__ = ["CopcHead", "write_copc"]

_NODE = 65_536
_STEP = 1e-4
"""Units of a lattice for sources that have none of their own."""
_HEADER = 375
_VLR = struct.Struct("<H16sHH32s")
_EVLR = struct.Struct("<H16sHQ32s")
_ENTRY = struct.Struct("<4iQ2i")


@dataclass(frozen=True, slots=True)
class CopcHead:
    """What the header says that the points do not."""

    wkt: bytes
    """CRS, OGC WKT; it ends with a 0."""
    layout: Layout
    """Of the records."""
    standard_time: bool = True
    """Whether GPS times are adjusted standard time."""
    source_id: int = 0
    """File source id."""
    day: int = 0
    """Of the year in which the points were made, as their source has it."""
    year: int = 0
    """In which the points were made, as their source has it."""
    expected: Expected | None = None
    """What the sources' own headers say of where the points lie."""


@dataclass(slots=True)
class _Facts:
    """What is counted on the way."""

    count: int = 0
    returns: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(16, np.int64))
    low: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(3, 2**62))
    high: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(3, -(2**62)))
    times: tuple[float, float] = (np.inf, -np.inf)


def write_copc(
    batches: Iterable[Batch], head: CopcHead, out: Path, *, bucket: int = BUCKET
) -> tuple[int, int]:
    """Write a COPC file, at whatever number of points in the same memory.

    Parameters
    ----------
    batches : iterable of Batch
        Points with the payload of `CopcHead.layout`.
    head : CopcHead
    out : Path
        Its folder takes the temporary files too.
    bucket : int
        See `Octree`.

    Returns
    -------
    written, dropped
        Points; those without a place are dropped. Nothing is written if there are none.

    Raises
    ------
    ExportError
        If the disk is too small.
    """
    import lazrs

    layout = head.layout
    with tempfile.TemporaryDirectory(prefix=".copc-", dir=out.parent) as work:
        spool = Spool(Path(work), layout.payload, step=_STEP, expected=head.expected)
        for batch in batches:
            spool.add(batch)
        if not spool.count:
            return 0, spool.dropped
        lattice = spool.lattice()
        low, high = (np.rint((c - lattice.origin) / lattice.step) for c in spool.box)
        cube = Cube.over(low.astype(np.int64), high.astype(np.int64), lattice.step)
        record = lazrs.LazVlr.new_for_compression(
            layout.format, layout.length - 20 - _standard(layout.format), True
        )
        nodes = _Nodes(layout, spool.record, record, Path(work) / "chunks")
        with nodes.file:
            Octree(spool, cube, nodes, bucket=bucket).root()
        _assemble(out, head, lattice, cube, nodes, record)
        return nodes.facts.count, spool.dropped


def _standard(form: int) -> int:
    return {6: 10, 7: 16, 8: 18}[form]


class _Nodes:
    """Compresses the nodes of the octree, each as a chunk."""

    cap = _NODE
    few = 0
    regular = True

    def __init__(self, layout: Layout, record: np.dtype[Any], vlr: Any, file: Path) -> None:
        self.layout, self.record, self.vlr = layout, record, vlr
        self.path = file
        self.file = file.open("wb")
        self.entries: list[tuple[Cell, int, int, int]] = []
        """Of each node: where its chunk begins, its bytes, its points."""
        self.facts = _Facts()
        self._at = 0
        self._lock = threading.Lock()

    def node(
        self, cell: Cell, rows: npt.NDArray[np.int32], children: list[None], spacing: float
    ) -> None:
        """Compress a node's points, in the order in which they came."""
        import lazrs

        if not len(rows):
            with self._lock:
                self.entries.append((cell, 0, 0, 0))
            return
        held = rows.view(self.record)[:, 0]["with"]
        order = radix_order(held["sequence"].astype(np.uint64))
        words = -(-self.layout.length // 4)
        data = in_order(rows[:, :words], order).view(np.uint8).reshape(len(rows), -1)
        if data.shape[1] != self.layout.length:
            data = np.ascontiguousarray(data[:, : self.layout.length])
        packed = lazrs.compress_points(self.vlr, data.reshape(-1), False)
        # Before the chunk stands where the table of chunks begins, behind it the table.
        end = int.from_bytes(packed[:8], "little")
        chunk = memoryview(packed)[8:end]
        low, high = (end.astype(np.int64) for end in box_of(rows))
        returns = np.bincount(held["returns"] & 15, minlength=16)
        times = float(held["gps_time"].min()), float(held["gps_time"].max())
        with self._lock:
            facts = self.facts
            facts.count += len(rows)
            facts.returns += returns
            facts.low, facts.high = np.minimum(facts.low, low), np.maximum(facts.high, high)
            facts.times = min(facts.times[0], times[0]), max(facts.times[1], times[1])
            self.file.write(chunk)
            self.entries.append((cell, self._at, len(chunk), len(rows)))
            self._at += len(chunk)


def _assemble(
    out: Path, head: CopcHead, lattice: Lattice, cube: Cube, nodes: _Nodes, vlr: Any
) -> None:
    import lazrs

    # Which thread was first decides where a chunk lies among the temporary ones: sort them.
    entries = sorted(nodes.entries)
    laz = bytes(vlr.record_data())
    records = [
        _VLR.pack(0, b"laszip encoded", 22204, len(laz), b"lazperf variant") + laz,
        _VLR.pack(0, b"LASF_Projection", 2112, len(head.wkt), b"OGC WKT") + head.wkt,
    ]
    if head.layout.descriptions:
        told = head.layout.descriptions
        records.append(_VLR.pack(0, b"LASF_Spec", 4, len(told), b"Extra Bytes") + told)
    start = _HEADER + 54 + 160 + sum(len(r) for r in records)
    pages: list[bytes] = []
    with out.open("wb") as target, nodes.path.open("rb") as source:
        target.write(bytes(start))
        target.write(struct.pack("<q", 0))
        table = []
        for cell, at, size, points in entries:
            place = target.tell() if points else 0
            pages.append(_ENTRY.pack(cell.level, cell.x, cell.y, cell.z, place, size, points))
            if points:
                source.seek(at)
                target.write(source.read(size))
                table.append((points, size))
        ends = target.tell()
        lazrs.write_chunk_table(target, table, vlr)
        extended = target.tell()
        page = b"".join(pages)
        target.write(_EVLR.pack(0, b"copc", 1000, len(page), b"EPT Hierarchy") + page)
        target.seek(start)
        target.write(struct.pack("<q", ends))
        target.seek(0)
        target.write(_header(head, lattice, nodes.facts, start, extended, len(records) + 1))
        target.write(_info(lattice, cube, nodes.facts, extended + _EVLR.size, len(page)))
        target.write(b"".join(records))
    shutil.copymode(nodes.path, out)


def _header(
    head: CopcHead, lattice: Lattice, facts: _Facts, start: int, extended: int, records: int
) -> bytes:
    low, high = lattice.real(facts.low), lattice.real(facts.high)
    ends = [v for pair in zip(high.tolist(), low.tolist(), strict=True) for v in pair]
    return struct.pack(
        "<4sHH16sBB32s32sHHHIIBHI5I3d3d6dQQIQ15Q",
        b"LASF",
        head.source_id,
        16 | head.standard_time,
        bytes(16),
        1,
        4,
        b"",
        b"cimkit",
        head.day,
        head.year,
        _HEADER,
        start,
        records,
        head.layout.format | 0x80,
        head.layout.length,
        0,
        *[0] * 5,
        *lattice.step.tolist(),
        *lattice.origin.tolist(),
        *ends,
        0,
        extended,
        1,
        facts.count,
        *facts.returns[1:].tolist(),
    )


def _info(lattice: Lattice, cube: Cube, facts: _Facts, at: int, size: int) -> bytes:
    half = cube.metres / 2
    middle = lattice.real(cube.low) + half
    spacing = cube.metres / 128
    info = struct.pack("<5d2Q2d", *middle.tolist(), half, spacing, at, size, *facts.times)
    return _VLR.pack(0, b"copc", 1, 160, b"COPC info") + info.ljust(160, b"\0")
