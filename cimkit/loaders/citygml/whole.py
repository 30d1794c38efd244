"""The rows of a city model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from cimkit.geometry.crs import parse_crs
from cimkit.loaders._city.model import CityObject
from cimkit.loaders._city.rows import rows
from cimkit.loaders._city.tally import Tally
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.citygml.appearance import read_appearance
from cimkit.loaders.citygml.assembly import Pending, assemble
from cimkit.loaders.citygml.attributes import Attributes
from cimkit.loaders.citygml.codelists import Codes
from cimkit.loaders.citygml.features import objects_of
from cimkit.loaders.citygml.links import Links, index
from cimkit.loaders.citygml.looks import Looks
from cimkit.loaders.citygml.names import local
from cimkit.loaders.citygml.reading import Reading
from cimkit.loaders.citygml.reference import Frame, Frames
from cimkit.loaders.citygml.stream import members
from cimkit.model import Asset, Source

__all__ = ["tables"]

_BATCH = 4_096
"""Coordinate lists that are parsed together."""


def tables(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of a model; see `cimkit.loaders.citygml.read`."""
    said = asset.properties
    tally = Tally()
    frame = Frame(
        int(said.get("dimension", 3)),
        bool(said.get("axes_swapped")),
        degrees=bool(said.get("degrees")),
        place=options.declared.place,
    )
    frames = Frames(frame, said.get("srs"), fixed=asset.crs_origin == "sheet")
    reading = Reading(source, frames, Attributes(Codes(source, tally)), Links(), tally, Looks(), {})
    reading.lighter = options.lighter
    try:
        if said.get("indexed"):
            paint = partial(
                read_appearance, looks=reading.looks, tally=tally, find=reading.links.find
            )
            index(source, reading.links, reading.looks, paint)
        crs = parse_crs(asset.crs) if asset.crs and said.get("placed") else None
        origin = "sheet" if asset.crs_origin == "sheet" else "file"
        yield from rows(_objects(source, reading), crs, asset.crs, origin, tally)
    finally:
        reading.links.close()
        reading.looks.close()
        options.problems.extend(tally.problems())


def _objects(source: Source, reading: Reading) -> Iterator[CityObject]:
    number = waiting = 0
    batch: list[Pending] = []
    for name, element in members(source.file, reading.tally, reading.packed):
        if name == "appearanceMember":
            continue
        for pending in objects_of(element, reading, f"{local(element)}-{number}"):
            batch.append(pending)
            waiting += len(pending.texts.text)
        number += 1
        if waiting > _BATCH or len(batch) > _BATCH:
            yield from _assembled(batch, reading)
            batch, waiting = [], 0
    yield from _assembled(batch, reading)


def _assembled(batch: list[Pending], reading: Reading) -> Iterator[CityObject]:
    assemble(batch, reading.frames, reading.tally)
    yield from (pending.item for pending in batch)
