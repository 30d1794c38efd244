"""Rows of a layer become objects and geometries, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyproj import CRS

from cimkit.geometry.vector import (
    boxes,
    content_hash,
    measures,
    parse_wkb,
    shapes_to_crs84,
    write_wkb,
)
from cimkit.loaders._layers.attributes import has_member, is_flat, json_objects, text_of
from cimkit.loaders._layers.fields import GROUND, HEIGHT, NAME, field_of, is_counter
from cimkit.loaders._layers.joins import ROW_ID, Joins
from cimkit.loaders._layers.keys import Seen
from cimkit.loaders._layers.shapes import Oddities, geometry_types
from cimkit.loaders._layers.sound import legible
from cimkit.loaders._layers.survey import beyond
from cimkit.loaders._layers.table import GEOMETRY, Table
from cimkit.loaders._layers.times import moments
from cimkit.model import STAGED, Problem

__all__ = ["Rows"]

_CELLS = 2_000_000
"""So many are made JSON of at once: tags that became fields make thousands of these."""
_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


@dataclass(slots=True)
class Rows:
    """What turns the batches of one layer into staged tables."""

    table: Table
    """The layer."""
    crs: CRS | None
    """Its CRS, where its coordinates can be placed; None: they cannot."""
    crs_name: str | None
    """The CRS as the asset names it, placed or not."""
    position_origin: str
    """Who said where it is: file, sheet or none."""
    key_field: str | None
    """The attribute that identifies a row, or None."""
    class_field: str | None = None
    """The attribute that says what a row is, or None: the layer's name does."""
    observed: Any = None
    """Moment of the survey (datetime in UTC), if known."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong with single rows."""
    joins: Joins = field(default_factory=lambda: Joins(()))
    """Takes note of rows that relationships name."""
    _seen: Seen = field(default_factory=Seen)

    def read(self) -> Iterator[tuple[str, pa.Table]]:
        """Give staged tables, objects before geometries, batch by batch."""
        first = self.table.numbered_from
        odd = Oddities(self.table.name)
        for given in self.table.batches(None):
            batch, unread = legible(given)
            odd.add("text-unreadable", unread, first)
            some = max(1, _CELLS // max(1, batch.num_columns))  # tables without columns, too
            for at in range(0, batch.num_rows, some):
                yield from self._chunk(batch.slice(at, some), first + at, odd)
            first += batch.num_rows
        self.problems += odd.problems()
        count = first - self.table.numbered_from
        if count != self.table.features:
            self.problems.append(
                Problem(
                    "row-count-differs",
                    f"The layer says that it has {self.table.features} rows, but gave {count}.",
                    "error" if count < self.table.features else "warning",
                    self.table.name,
                    str(count),
                    str(self.table.features),
                )
            )

    def _chunk(
        self, batch: pa.RecordBatch, first: int, odd: Oddities
    ) -> Iterator[tuple[str, pa.Table]]:
        fields = [n for n in batch.schema.names if not n.startswith((GEOMETRY, ROW_ID))]
        at = batch.schema.get_field_index(GEOMETRY)
        wkb = (
            pa.nulls(batch.num_rows, pa.binary()) if at < 0 else batch.column(at).cast(pa.binary())
        )
        shapes, bad = parse_wkb(wkb)
        if at >= 0:
            odd.look(wkb, shapes, bad, first)
        merged = self.table.merged
        properties = json_objects(batch, fields, merged)
        lasting = [n for n in fields if not is_counter(n)]
        flat = merged is None and is_flat(batch, lasting)
        if flat:
            lasting.sort()
        told = properties if lasting == fields else json_objects(batch, lasting, merged)
        hashes = content_hash(wkb, told, (shapes, bad), ordered=flat)
        placed = shapes_to_crs84(shapes, self.crs)
        placed[beyond(shapely.bounds(placed))] = None
        keys = self._keys(batch, hashes)
        self.joins.note(self.table, batch, keys)
        area, length, z_min, z_max = measures(shapes, self.crs)
        height, ground = self._number(batch, HEIGHT), self._number(batch, GROUND)
        z_min = np.where(np.isfinite(ground), ground, z_min)
        top = np.where(np.isfinite(z_max), z_max, z_min + height)
        count = batch.num_rows
        layer = pa.repeat(pa.scalar(self.table.name), count)
        name = self._field(batch, NAME)
        origin = pc.if_else(
            pa.array(shapely.is_missing(placed)), pa.scalar("none"), pa.scalar(self.position_origin)
        )
        columns: dict[str, Any] = {
            "source_layer": layer,
            "source_key": keys,
            "key_origin": pa.repeat(pa.scalar(self._key_origin()), count),
            "source_class": self._classes(batch, layer),
            "kind": pa.repeat(pa.scalar("gis"), count),
            "parent_key": self._parents(batch),
            "name": None if name is None else text_of(batch, name, merged),
            "geometry": write_wkb(placed),
            "bbox": boxes(placed),
            "z_min": pa.array(z_min, from_pandas=True),
            "z_max": pa.array(top, from_pandas=True),
            "height": pa.array(height, from_pandas=True),
            "area_m2": pa.array(area, from_pandas=True),
            "length_m": pa.array(length, from_pandas=True),
            "position_origin": origin,
            "observed": self._observed(batch),
            "valid_from": moments(batch, self.table.times.valid_from, merged),
            "valid_to": moments(batch, self.table.times.valid_to, merged),
            "properties": properties,
            "content_hash": hashes,
            "place": _places(first, count),
        }
        yield "objects", _staged("objects", columns, count)
        if at >= 0:
            yield self._geometries(wkb, layer, keys, None)
        for name in batch.schema.names:
            if name.startswith(GEOMETRY) and name != GEOMETRY:
                more = batch.column(batch.schema.get_field_index(name)).cast(pa.binary())
                yield self._geometries(more, layer, keys, name.removeprefix(GEOMETRY))

    def _observed(self, batch: pa.RecordBatch) -> pa.Array | None:
        """Return the moment that the sheet declares, else those that the rows say themselves."""
        if self.observed is None:
            return moments(batch, self.table.times.observed, self.table.merged)
        return pa.array([self.observed] * batch.num_rows, pa.timestamp("us", tz="UTC"))

    def _key_origin(self) -> str:
        if self.key_field is None:
            return "hash"
        return "id" if self.key_field == self.table.key_field else "field"

    def _geometries(
        self, wkb: pa.Array, layer: pa.Array, keys: pa.Array, column: str | None
    ) -> tuple[str, pa.Table]:
        columns = {
            "source_layer": layer,
            "source_key": keys,
            "geometry_type": geometry_types(wkb),
            "crs": pa.repeat(pa.scalar(self.crs_name, pa.string()), len(wkb)),
            "wkb": wkb,
        }
        if column is not None:  # which of the row's geometries this is
            said = json.dumps({"column": column}, ensure_ascii=False)
            columns["semantics"] = pa.repeat(pa.scalar(said), len(wkb))
        return "geometries", _staged("geometries", columns, len(wkb)).filter(wkb.is_valid())

    def _parents(self, batch: pa.RecordBatch) -> pa.Array | None:
        name = self.table.parent_field
        return None if name is None else text_of(batch, name)

    def _field(self, batch: pa.RecordBatch, wanted: list[str]) -> str | None:
        """Return the first of the wanted attributes that the rows have."""
        merged = self.table.merged
        found = field_of([n for n in batch.schema.names if not n.startswith("\0")], wanted)
        if found is not None or merged is None:
            return found
        return next((n for n in wanted if has_member(batch, n, merged)), None)

    def _number(self, batch: pa.RecordBatch, wanted: list[str]) -> npt.NDArray[np.float64]:
        """Return the numbers of the first field that is wanted; NaN where there is none."""
        name = self._field(batch, wanted)
        if name is None:
            return np.full(batch.num_rows, np.nan)
        kind = batch.schema.field(name).type if name in batch.schema.names else pa.string()
        if any(is_so(kind) for is_so in _NUMBERS):
            column = batch.column(batch.schema.get_field_index(name))
            return np.asarray(column.cast(pa.float64()).fill_null(np.nan))
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            return np.full(batch.num_rows, np.nan)
        text = text_of(batch, name, self.table.merged)
        number = pc.match_substring_regex(text, r"^-?\d+(\.\d+)?$")
        plain = pc.if_else(number, text, pa.scalar(None, pa.string()))
        return np.asarray(plain.cast(pa.float64()).fill_null(np.nan))

    def _classes(self, batch: pa.RecordBatch, layer: pa.Array) -> pa.Array:
        if self.class_field is None or self.class_field not in batch.schema.names:
            return layer
        return pc.coalesce(text_of(batch, self.class_field), layer)

    def _keys(self, batch: pa.RecordBatch, hashes: pa.Array) -> pa.Array:
        if self.key_field is None:
            return self._seen.unique(hashes)
        return self._seen.unique(
            pc.coalesce(text_of(batch, self.key_field, self.table.merged), hashes)
        )


def _staged(name: str, columns: dict[str, Any], count: int) -> pa.Table:
    arrays = [
        pa.nulls(count, f.type) if columns.get(f.name) is None else columns[f.name].cast(f.type)
        for f in STAGED[name]
    ]
    return pa.table(arrays, schema=STAGED[name])


def _places(first: int, count: int) -> pa.Array:
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar("row"), numbers, " ")
