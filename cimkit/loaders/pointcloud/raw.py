"""Point records of LAS as they are stored: for those who keep coordinates as whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.las import held_records
from cimkit.loaders.pointcloud.las_extra import ExtraField, extra_fields
from cimkit.loaders.pointcloud.las_header import LasHeader, read_header
from cimkit.loaders.pointcloud.las_points import layout
from cimkit.loaders.pointcloud.las_records import Records, read_records
from cimkit.loaders.pointcloud.survey import PARTED
from cimkit.model import Problem

__all__ = ["RawCloud", "open_raw"]


@dataclass(frozen=True, slots=True)
class RawCloud:
    """A LAS, LAZ or COPC file."""

    file: Path
    head: LasHeader
    records: Records
    extras: tuple[ExtraField, ...]

    @property
    def type(self) -> np.dtype[Any]:
        """NumPy type of a record: `X`, `Y`, `Z` …; the extra fields are ``+0``, ``+1`` …"""
        return layout(self.head, self.extras)

    @property
    def waves(self) -> bool:
        """Whether its points carry wave packets (point formats 4, 5, 9 and 10)."""
        return self.head.point_format in (4, 5, 9, 10)

    def chunks(self, size: int, wanted: frozenset[str]) -> Iterator[npt.NDArray[Any]]:
        """Yield the records, at most ``size`` at a time.

        Parameters
        ----------
        size : int
        wanted : frozenset of str
            As `cimkit.loaders.pointcloud.stream` takes it; what is not wanted need not be
            unpacked and may be 0.

        Raises
        ------
        SourceUnreadable
            Where the points break off, after those that could be read.
        """
        problems: list[Problem] = []
        yield from held_records(self.file, self.head, self.records, self.type, size, wanted,
                                problems)  # fmt: skip
        for problem in problems:
            if problem.code in PARTED:
                raise SourceUnreadable(
                    problem.message.rstrip("."),
                    where=self.file.name,
                    got=problem.got,
                    expected=problem.expected,
                    mend=problem.hint,
                )


def open_raw(file: Path) -> RawCloud | None:
    """Return a cloud whose records can be had as they are; None if it is no LAS.

    Raises
    ------
    SourceUnreadable
        If it begins like LAS and its header is broken.
    """
    with file.open("rb") as opened:
        if opened.read(4) != b"LASF":
            return None
    head = read_header(file)
    records = read_records(file, head)
    return RawCloud(file, head, records, tuple(extra_fields(head, records)[0]))
