"""What the points of clouds carry, and the points themselves, from sources of any format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.registry import entry
from cimkit.tiles.metadata import NO_HEIGHT, POINT, Property
from cimkit.tiles.points_glb import COMPONENTS, Measure

if TYPE_CHECKING:
    from cimkit.loaders.pointcloud.chunk import PointChunk
    from cimkit.loaders.pointcloud.raw import RawCloud
    from cimkit.model import Source
    from cimkit.tiles.octree import Batch

__all__ = ["Carried", "batches", "carried", "joined"]

_MOST = 1_000_000
_PEEK = 1_000
_USUAL = {
    "intensity": "<u2",
    "classification": "u1",
    "return_number": "u1",
    "return_count": "u1",
    "point_source": "<u2",
    "nir": "<u2",
}
_TITLES = {p.name: p for p in POINT}
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a cloud's points carry."""

    color: str | None
    """NumPy type of a colour's part: ``u1`` or ``<u2``; None without colours."""
    measures: tuple[Measure, ...]
    """In the order in which they are written."""
    waves: bool = False
    """Whether they carry wave packets, which are left out."""

    @property
    def payload(self) -> np.dtype[Any]:
        """What a record has behind its place."""
        fields: list[Any] = [] if self.color is None else [("rgb", self.color, (3,))]
        fields += [(m.known.name, m.type) for m in self.measures]
        return np.dtype(fields)


def joined(all_of: list[Carried]) -> Carried:
    """What the points of one tree carry; with several clouds also which of them they are from."""
    colors = [c.color for c in all_of if c.color is not None]
    found: dict[str, Measure] = {}
    for one in all_of:
        for measure in one.measures:
            known = found.setdefault(measure.known.name, measure)
            if known.type != measure.type:
                found[measure.known.name] = _measure(measure.known.name, "<f4")
    if len(all_of) > 1:
        found["cloud"] = Measure(_TITLES["cloud"], "<u2")
    return Carried(max(colors) if colors else None, tuple(found.values()))


def carried(source: Source, loader: str) -> Carried:
    """Look at what a cloud's points carry.

    Raises
    ------
    SourceUnreadable
        If nothing of it can be read.
    """
    raw = _raw(source, loader)
    if raw is None:
        for chunk in entry("cimkit.loaders", loader).stream(source, chunk=_PEEK, fields=_fields()):
            return _of_chunk(chunk)
        return Carried(None, ())
    names = raw.type.names or ()
    kinds = {n: t for n, t in _USUAL.items() if n != "nir" or "nir" in names}
    for number, extra in enumerate(raw.extras):
        if extra.count == 1:
            plain = extra.scale is None and extra.offset is None and extra.no_data is None
            kinds[_name(extra.name)] = _kind(raw.type[f"+{number}"] if plain else np.dtype("f8"))
    return Carried(
        "<u2" if "red" in names else None,
        tuple(_measure(n, t) for n, t in kinds.items()),
        raw.waves,
    )


def batches(source: Source, loader: str, all_of: Carried, cloud: int) -> Iterator[Batch]:
    """Yield the points of a cloud.

    Parameters
    ----------
    source, loader
        Where it is.
    all_of : Carried
        Of the tree that they go into.
    cloud : int
        Number of the cloud in that tree.

    Raises
    ------
    SourceUnreadable
        Where the points break off, after those that could be read.
    """
    from cimkit.tiles.octree import Batch

    names = {m.known.name for m in all_of.measures}
    raw = _raw(source, loader)
    if raw is None:
        for chunk in entry("cimkit.loaders", loader).stream(source, fields=_fields()):
            columns = _columns_of_chunk(chunk, names, all_of)
            yield Batch(tuple(chunk.xyz.T), _with(columns, cloud, names, len(chunk.xyz)))
        return
    # The header's scale may be negative, which no whole number minds.
    scale, offset = raw.head.scales, raw.head.offsets
    wanted = {"rgb"} if all_of.color is not None else set()
    wanted |= {"returns" if n.startswith("return_") else n for n in names & _USUAL.keys()}
    wanted |= {e.name for e in raw.extras if _name(e.name) in names}
    for held in raw.chunks(_MOST, frozenset(wanted)):
        columns = _columns_of_raw(raw, held, names, all_of)
        places = (held["X"], held["Y"], held["Z"])
        yield Batch(places, _with(columns, cloud, names, len(held)), scale, offset)


def _raw(source: Source, loader: str) -> RawCloud | None:
    if loader != "pointcloud":
        return None
    from cimkit.loaders.pointcloud.raw import open_raw

    return open_raw(source.file)


def _fields() -> frozenset[str]:
    return frozenset({"rgb", "intensity", "classification", "returns", "point_source", "nir",
                      "extra"})  # fmt: skip


def _with(columns: Columns, cloud: int, names: set[str], count: int) -> Columns:
    if "cloud" in names:
        columns["cloud"] = np.full(count, cloud, np.uint16)
    return columns


def _of_chunk(chunk: PointChunk) -> Carried:
    kinds = {n: t for n, t in _USUAL.items() if getattr(chunk, n) is not None}
    for name, values in chunk.extra.items():
        if values.ndim == 1 and values.dtype.kind in "iufb":
            kinds[_name(name)] = _kind(values.dtype)
    return Carried(
        None if chunk.rgb is None else "u1", tuple(_measure(n, t) for n, t in kinds.items())
    )


def _columns_of_chunk(chunk: PointChunk, names: set[str], all_of: Carried) -> Columns:
    found: Columns = {}
    for name in _USUAL:
        values = getattr(chunk, name)
        if values is not None and name in names:
            found[name] = values
    for name, values in chunk.extra.items():
        if _name(name) in names and values.ndim == 1:
            found[_name(name)] = _plain(values)
    if chunk.rgb is not None and all_of.color is not None:
        found["rgb"] = chunk.rgb
    return found


def _columns_of_raw(
    raw: RawCloud, held: npt.NDArray[Any], names: set[str], all_of: Carried
) -> Columns:
    found: Columns = {}
    old = raw.head.point_format < 6
    for name, field in (("intensity", "intensity"), ("point_source", "point_source_id"),
                        ("nir", "nir")):  # fmt: skip
        if name in names and field in (held.dtype.names or ()):
            found[name] = held[field]
    if "classification" in names:
        found["classification"] = held["classification"] & 31 if old else held["classification"]
    if "return_number" in names:
        found["return_number"] = held["returns"] & (7 if old else 15)
    if "return_count" in names:
        found["return_count"] = held["returns"] >> 3 & 7 if old else held["returns"] >> 4
    for number, extra in enumerate(raw.extras):
        if _name(extra.name) in names and extra.count == 1:
            found[_name(extra.name)] = _plain(extra.values(held[f"+{number}"]))
    if all_of.color is not None and "red" in (held.dtype.names or ()):
        rgb = np.empty((len(held), 3), np.uint16)
        for i, band in enumerate(("red", "green", "blue")):
            rgb[:, i] = held[band]
        found["rgb"] = rgb
    return found


def _plain(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    return np.where(np.isfinite(small), small, np.float32(NO_HEIGHT))


def _kind(dtype: np.dtype[Any]) -> str:
    """The type as which a vertex attribute can hold it."""
    known = {np.dtype(t): t for t in COMPONENTS}
    return known.get(dtype.newbyteorder("<") if dtype.itemsize > 1 else dtype, "<f4")


def _measure(name: str, kind: str) -> Measure:
    known = _TITLES.get(name)
    if known is None or known.kind != COMPONENTS[kind]:
        known = Property(name, known.title if known else name, COMPONENTS[kind],
                         known.description if known else "As the cloud has it")  # fmt: skip
    return Measure(known, kind)


def _name(text: str) -> str:
    """An identifier of 3D Metadata, in lower case as glTF's attribute has it in upper case."""
    plain = re.sub(r"[^0-9a-z_]+", "_", text.lower()).strip("_")
    return plain if plain and not plain[0].isdigit() else f"field_{plain}"
