"""Rows of a vector layer become objects and geometries, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
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
from cimkit.loaders.vector.fields import GROUND, HEIGHT, NAME, field_of, is_counter
from cimkit.loaders.vector.table import GEOMETRY, Table
from cimkit.model import STAGED, Problem

__all__ = ["Rows"]

_SHOWN = 20
"""Bad rows of one layer that are named; the rest are counted."""


def json_objects(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    """Return the attributes of each row as a JSON object.

    Dates and times are ISO 8601, bytes hexadecimal, what is no finite number is null.
    """
    if not names:
        return pa.array(["{}"] * batch.num_rows, pa.string())
    columns = [batch.column(batch.schema.get_field_index(name)) for name in names]
    plain = [c.storage if isinstance(c, pa.ExtensionArray) else c for c in columns]
    table = pa.table(plain, names=[f"c{i}" for i in range(len(columns))])
    pairs = []
    for i, name in enumerate(names):
        quoted = "'" + name.replace("'", "''").replace("\0", "") + "'"
        pairs.append(f"{quoted}, {_json_value(f'c{i}', columns[i].type)}")
    con = _database()
    con.register("given", table)
    rows = con.execute(f"SELECT json_object({', '.join(pairs)})::VARCHAR AS j FROM given")
    text = rows.to_arrow_table().column("j").combine_chunks().cast(pa.string())
    con.unregister("given")
    return text


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})


def _json_value(column: str, kind: pa.DataType) -> str:
    if isinstance(kind, pa.BaseExtensionType):  # GDAL's JSON: also where texts and numbers mix
        text = f"{column}::VARCHAR"
        return f"CASE WHEN json_valid({text}) THEN {text}::JSON ELSE to_json({text}) END"
    if pa.types.is_floating(kind):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"lower(hex({column}))"
    if pa.types.is_timestamp(kind):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%g')"
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return f"{column}::VARCHAR" if pa.types.is_temporal(kind) else f"{column}::DOUBLE"
    return column


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
    _seen: Counter[str] = field(default_factory=Counter)
    _bad: int = 0

    def read(self) -> Iterator[tuple[str, pa.Table]]:
        """Give staged tables, objects before geometries, batch by batch."""
        start = 0
        for batch in self.table.batches(None):
            if batch.num_rows:
                yield from self._chunk(batch, start)
            start += batch.num_rows
        if self._bad > _SHOWN:
            self.problems.append(
                Problem(
                    "geometry-unreadable",
                    f"{self._bad - _SHOWN} more rows have geometry that cannot be read.",
                    "error",
                    place=self.table.name,
                )
            )

    def _chunk(self, batch: pa.RecordBatch, start: int) -> Iterator[tuple[str, pa.Table]]:
        fields = [n for n in batch.schema.names if n != GEOMETRY]
        at = batch.schema.get_field_index(GEOMETRY)
        wkb = (
            pa.nulls(batch.num_rows, pa.binary()) if at < 0 else batch.column(at).cast(pa.binary())
        )
        shapes, bad = parse_wkb(wkb)
        self._report(bad, start)
        properties = json_objects(batch, fields)
        lasting = [n for n in fields if not is_counter(n)]
        hashes = content_hash(
            wkb, properties if lasting == fields else json_objects(batch, lasting)
        )
        placed = shapes_to_crs84(shapes, self.crs)
        keys = self._keys(batch, hashes)
        area, length, z_min, z_max = measures(shapes, self.crs)
        height, ground = _number(batch, fields, HEIGHT), _number(batch, fields, GROUND)
        z_min = np.where(np.isfinite(ground), ground, z_min)
        top = np.where(np.isfinite(z_max), z_max, z_min + height)
        count = batch.num_rows
        layer = pa.repeat(pa.scalar(self.table.name), count)
        name = field_of(fields, NAME)
        origin = pc.if_else(
            pa.array(shapely.is_missing(placed)), pa.scalar("none"), pa.scalar(self.position_origin)
        )
        columns: dict[str, Any] = {
            "source_layer": layer,
            "source_key": keys,
            "key_origin": pa.repeat(pa.scalar("field" if self.key_field else "hash"), count),
            "source_class": self._classes(batch, layer),
            "kind": pa.repeat(pa.scalar("gis"), count),
            "name": None if name is None else _text(batch, name),
            "geometry": write_wkb(placed),
            "bbox": boxes(placed),
            "z_min": pa.array(z_min, from_pandas=True),
            "z_max": pa.array(top, from_pandas=True),
            "height": pa.array(height, from_pandas=True),
            "area_m2": pa.array(area, from_pandas=True),
            "length_m": pa.array(length, from_pandas=True),
            "position_origin": origin,
            "observed": pa.array([self.observed] * count, pa.timestamp("us", tz="UTC")),
            "properties": properties,
            "content_hash": hashes,
            "place": pa.array([f"row {start + i + 1}" for i in range(count)]),
        }
        yield "objects", _staged("objects", columns, count)
        if at >= 0:
            yield from self._geometries(wkb, shapes, layer, keys)

    def _geometries(
        self, wkb: pa.Array, shapes: npt.NDArray[np.object_], layer: pa.Array, keys: pa.Array
    ) -> Iterator[tuple[str, pa.Table]]:
        there = wkb.is_valid()
        columns = {
            "source_layer": layer,
            "source_key": keys,
            "geometry_type": _types(shapes),
            "crs": pa.repeat(pa.scalar(self.crs_name, pa.string()), len(wkb)),
            "wkb": wkb,
        }
        yield "geometries", _staged("geometries", columns, len(wkb)).filter(there)

    def _classes(self, batch: pa.RecordBatch, layer: pa.Array) -> pa.Array:
        if self.class_field is None or self.class_field not in batch.schema.names:
            return layer
        return pc.coalesce(_text(batch, self.class_field), layer)

    def _keys(self, batch: pa.RecordBatch, hashes: pa.Array) -> pa.Array:
        """Make keys unique: what comes again gets ``#2``, ``#3``; equal rows may swap, no harm."""
        keys = (
            hashes if self.key_field is None else pc.coalesce(_text(batch, self.key_field), hashes)
        )
        given = keys.to_pylist()
        seen = self._seen
        for i, key in enumerate(given):
            seen[key] += 1
            if seen[key] > 1:
                given[i] = f"{key}#{seen[key]}"
        return pa.array(given, pa.string())

    def _report(self, bad: npt.NDArray[np.bool_], start: int) -> None:
        for i in np.flatnonzero(bad):
            self._bad += 1
            if self._bad <= _SHOWN:
                self.problems.append(
                    Problem(
                        "geometry-unreadable",
                        "The geometry of a row cannot be read.",
                        "error",
                        place=f"{self.table.name}, row {start + int(i) + 1}",
                    )
                )


def _staged(name: str, columns: dict[str, Any], count: int) -> pa.Table:
    arrays = [
        pa.nulls(count, f.type) if columns.get(f.name) is None else columns[f.name].cast(f.type)
        for f in STAGED[name]
    ]
    return pa.table(arrays, schema=STAGED[name])


def _text(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(batch.schema.get_field_index(name))
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _number(batch: pa.RecordBatch, fields: list[str], wanted: list[str]) -> npt.NDArray[np.float64]:
    """Return the numbers of the first field that is wanted; NaN where there is none."""
    name = field_of(fields, wanted)
    none = np.full(batch.num_rows, np.nan)
    if name is None:
        return none
    column = batch.column(batch.schema.get_field_index(name))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        number = pc.match_substring_regex(column, r"^\s*-?\d+(\.\d+)?\s*$")
        text = pc.if_else(number, pc.utf8_trim_whitespace(column), pa.scalar(None, column.type))
        return np.asarray(text.cast(pa.float64()).fill_null(np.nan))
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64()).fill_null(np.nan))
    return none


_NAMES = np.array(
    [
        "Point",
        "LineString",
        "LinearRing",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ]
)


def _types(shapes: npt.NDArray[np.object_]) -> pa.Array:
    numbers = shapely.get_type_id(shapes)
    named = _NAMES[np.maximum(numbers, 0)].astype(object)
    z = np.where(shapely.has_z(shapes), " Z", "")
    return pa.array(named + z, mask=numbers < 0)
