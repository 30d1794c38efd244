"""Points on their way through a temporary folder: as they come, then dealt out by place.

A record is a row of 32-bit words: the place on a lattice in the first three, then whatever the
point carries. As they come the places are the source's own whole numbers or reals; which lattice
holds them all is known at the end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import ExportError
from cimkit.tiles.octree.cube import Cube
from cimkit.tiles.octree.curve import box_of
from cimkit.tiles.octree.dealing import begin
from cimkit.tiles.octree.lattice import FINEST_STEP, Kind, Lattice, lattice_of
from cimkit.tiles.octree.runs import Expected, Runs

__all__ = ["Batch", "Spool", "room"]

Reals = npt.NDArray[np.float64]
_SEGMENT = 64_000_000
_SPARE = 200_000_000
"""Bytes of the disk that are left alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some points as a source gives them."""

    places: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
    """x, y, z, each (n,): int32 with `scale` and `offset`, or float64."""
    columns: dict[str, npt.NDArray[Any]]
    """What else the points carry, by the names of the spool's payload; what is not given is 0."""
    scale: tuple[float, float, float] | None = None
    """Units of the source in one step of `places`, by axis; None for reals."""
    offset: tuple[float, float, float] | None = None
    """Added to the steps."""
    block: npt.NDArray[np.void] | None = None
    """The beginnings of whole records, x, y, z as int32 included, if the source has them so; of
    the columns only what is not in them is needed then."""


@dataclass(slots=True)
class _Segment:
    file: Path
    kind: Kind | None
    on: Lattice | None = None
    """The lattice on which the places are already."""
    rows: int = 0
    low: Reals = field(default_factory=lambda: np.full(3, np.inf))
    high: Reals = field(default_factory=lambda: np.full(3, -np.inf))


class Spool:
    """Points of one cloud or several, on disk.

    Parameters
    ----------
    folder : Path
        Exists; for temporary files.
    payload : numpy dtype
        What a record has behind its place; its size is filled up to whole words.
    step : float
        Least step of a lattice for reals, in units of the source.
    expected : Expected, optional
        What is known beforehand of the points: then they need not be dealt out later.
    """

    def __init__(
        self,
        folder: Path,
        payload: np.dtype[Any],
        *,
        step: float = FINEST_STEP,
        expected: Expected | None = None,
    ) -> None:
        self.folder = folder
        self.payload = payload
        self.step = step
        self.pad = -payload.itemsize % 4
        self.count = 0
        self.dropped = 0
        self._segments: list[_Segment] = []
        self._memory = np.empty(0, np.uint8)
        self._runs = None if expected is None else Runs(expected, step)

    @property
    def record(self) -> np.dtype[Any]:
        """Type of a record."""
        fields: list[Any] = [("xyz", "<i4", (3,)), ("with", self.payload)]
        if self.pad:
            fields.append(("pad", "u1", (self.pad,)))
        return np.dtype(fields)

    def add(self, batch: Batch) -> None:
        """Take some points; those without a finite place are dropped and counted.

        Raises
        ------
        ExportError
            If the disk of the temporary folder is all but full.
        """
        kind = None if batch.scale is None else (batch.scale, batch.offset or (0.0, 0.0, 0.0))
        count = len(batch.places[0])
        columns = batch.columns
        places: Any = batch.places
        if kind is None:
            sound = np.isfinite(places[0]) & np.isfinite(places[1]) & np.isfinite(places[2])
            if not sound.all():
                self.dropped += int(count - sound.sum())
                places = [p[sound] for p in places]
                columns = {k: v[sound] for k, v in columns.items()}
                count = len(places[0])
        if not count:
            return
        first = self.record if kind is not None else self._with_reals()
        held = self._buffer(count, first)
        if batch.block is not None:
            size = batch.block.dtype.itemsize
            word = "<i4" if size % 4 == 0 else "u1"
            begin(batch.block.view(word).reshape(count, -1), held.view(word).reshape(count, -1))
        else:
            held.view("u1").fill(0)
            for i, axis in enumerate(places):
                held["xyz"][:, i] = axis
        for name, column in columns.items():
            held["with"][name] = column
        ends = np.stack(box_of(held["xyz"]))
        if kind is not None:
            ends = ends * np.array(kind[0]) + np.array(kind[1])
        low, high = ends.min(axis=0), ends.max(axis=0)
        if self._runs is not None and (kind is None or not self._runs.holds(low, high)):
            self._runs = None  # not as expected: from here on as they come
        on = None if self._runs is None else self._runs.lattice
        segment = self._segments[-1] if self._segments else None
        if (
            segment is None
            or (segment.kind, segment.on is None) != (kind, on is None)
            or segment.rows * first.itemsize > _SEGMENT
        ):
            room(self.folder, 2 * _SEGMENT)
            segment = _Segment(self.folder / f"come{len(self._segments)}", kind, on)
            self._segments.append(segment)
        segment.low = np.minimum(segment.low, low)
        segment.high = np.maximum(segment.high, high)
        if self._runs is not None and kind is not None:
            rows = held.view("<i4").reshape(count, -1)
            self._runs.lattice.take(rows, kind)
            held = self._runs.order(rows, segment.file, segment.rows)
        with segment.file.open("ab") as out:
            held.tofile(out)
        segment.rows += count
        self.count += count

    def runs(self, lattice: Lattice, cube: Cube) -> Runs | None:
        """Return the points in order of place, if they all were where they were expected."""
        runs = self._runs
        return runs if runs is not None and runs.fit(lattice, cube) else None

    def _buffer(self, count: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """Memory for records, the same for each batch: fresh memory costs more than the copy."""
        if self._memory.nbytes < count * kind.itemsize:
            self._memory = np.empty(count * kind.itemsize, np.uint8)
        return self._memory[: count * kind.itemsize].view(kind)

    def _with_reals(self) -> np.dtype[Any]:
        return np.dtype([("xyz", "<f8", (3,)), ("with", self.payload)])

    @property
    def box(self) -> tuple[Reals, Reals]:
        """Least and greatest coordinates."""
        low = np.min([s.low for s in self._segments], axis=0)
        high = np.max([s.high for s in self._segments], axis=0)
        return low, high

    def lattice(self) -> Lattice:
        """Return the lattice that holds all places, exactly where the sources' own agree."""
        return lattice_of({s.kind for s in self._segments}, *self.box, self.step)

    def rows(
        self, lattice: Lattice, most: int, *, keep: bool = False
    ) -> Iterator[npt.NDArray[np.int32]]:
        """Yield all records on the lattice, at most ``most`` at a time.

        The files are used up, one after the other, unless they are to be kept.
        """
        words = self.record.itemsize // 4
        for segment in self._segments:
            with segment.file.open("rb") as source:
                kind = segment.kind
                if kind is not None:
                    if segment.on is not None:
                        kind = tuple(segment.on.step.tolist()), tuple(segment.on.origin.tolist())
                    while len(raw := np.fromfile(source, "<i4", most * words)):
                        held = raw.reshape(-1, words)
                        lattice.take(held, kind)
                        yield held
                else:
                    real_type = self._with_reals()
                    while len(part := np.fromfile(source, real_type, most)):
                        made = np.zeros(len(part), self.record)
                        made["xyz"] = np.rint((part["xyz"] - lattice.origin) / lattice.step)
                        made["with"] = part["with"]
                        yield made.view("<i4").reshape(-1, words)
            if not keep:
                segment.file.unlink()


def room(folder: Path, need: int) -> None:
    """Refuse to begin what the disk of a temporary folder cannot hold.

    Raises
    ------
    ExportError
        With what is needed and what is free.
    """
    free = shutil.disk_usage(folder).free
    if free < need + _SPARE:
        raise ExportError(
            "the disk of the temporary folder is too small for these points",
            where=str(folder),
            got=f"{free / 1e9:.1f} GB free",
            expected=f"{(need + _SPARE) / 1e9:.1f} GB",
            mend="Set TMPDIR to a folder on a larger disk, or export fewer clouds (--where).",
        )
