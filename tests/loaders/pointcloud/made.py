"""Clouds made here, byte by byte where libraries would not write what is wanted."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pyarrow as pa

from cimkit.loaders import pointcloud
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.loaders.pointcloud.chunk import PointChunk
from cimkit.model import STAGED, Asset, Declaration, Problem, Source
from cimkit.model.source import Depth

E0, N0 = 500_000.0, 3_272_000.0
EVERYTHING = frozenset(
    {
        *("rgb", "intensity", "classification", "gps_time", "returns", "flags", "channel"),
        *("point_source", "nir", "extra"),
    }
)


def source(file: Path, members: tuple[str, ...] = ()) -> Source:
    return Source(file.name, file, members, file.stat().st_size, "pointcloud")


def sure(file: Path) -> int:
    with file.open("rb") as opened:
        return pointcloud.sniff(Head(file, file.name.lower(), opened.read(65_536)))


class Loaded:
    """A cloud through `probe` and `read`."""

    def __init__(
        self, given: Source | Path, declared: Declaration | None = None, depth: Depth = "full"
    ) -> None:
        given = source(given) if isinstance(given, Path) else given
        options = ReadOptions(declared or Declaration(), depth)
        self.asset: Asset = pointcloud.probe(given, options)
        tables: dict[str, pa.Table] = {}
        if depth == "full":
            for name, table in pointcloud.read(given, self.asset, options):
                tables.setdefault(name, table.cast(STAGED[name]))
        self.row: dict[str, Any] = tables["objects"].to_pylist()[0] if tables else {}
        rows = tables["measures"].to_pylist() if "measures" in tables else []
        self.measured = {(r["name"], r["cell"]): r["value"] for r in rows}
        self.problems: list[Problem] = [*self.asset.problems, *options.problems]
        self.said: dict[str, Any] = self.asset.properties

    @property
    def codes(self) -> list[str]:
        usual = ("crs-missing", "vertical-datum-unknown")
        return [p.code for p in self.problems if p.code not in usual]

    def problem(self, code: str) -> Problem:
        return next(p for p in self.problems if p.code == code)


def points(file: Path, fields: frozenset[str] = EVERYTHING) -> PointChunk:
    """All points in one chunk."""
    held = list(pointcloud.stream(source(file), fields=fields))
    assert len(held) == 1
    return held[0]


def las_file(
    file: Path,
    n: int = 1000,
    *,
    version: str = "1.4",
    form: int = 6,
    change: Any = None,
    crs: str | None = None,
    **fields: Any,
) -> Path:
    """A LAS or LAZ file by laspy; ``change`` may alter the header."""
    rng = np.random.default_rng(n)
    header = laspy.LasHeader(version=version, point_format=form)
    header.scales, header.offsets = np.full(3, 0.001), np.array([E0, N0, 0.0])
    if crs:
        from pyproj import CRS

        header.add_crs(CRS.from_user_input(crs))
    if change is not None:
        change(header)
    las = laspy.LasData(header)
    las.x, las.y = E0 + rng.uniform(0, 50, n), N0 + rng.uniform(0, 50, n)
    las.z = rng.uniform(100, 101, n)
    las.return_number[:] = 1
    las.number_of_returns[:] = 1
    for name, values in fields.items():
        las[name] = values
    las.write(file)
    return file


def patched(file: Path, at: int, form: str, *values: Any) -> Path:
    """Write other values into a header."""
    raw = bytearray(file.read_bytes())
    struct.pack_into(form, raw, at, *values)
    file.write_bytes(raw)
    return file


def lines(rows: Iterable[Iterable[Any]], between: str = " ") -> str:
    return "\n".join(between.join(str(v) for v in row) for row in rows) + "\n"
