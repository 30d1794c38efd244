"""When rows were observed and when they hold, as attributes say that a format lays down."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from cimkit.loaders._city.times import moment
from cimkit.loaders._layers.attributes import has_member, text_of

__all__ = ["Times", "moments"]

_MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Times:
    """Attributes that hold times of what a row stands for, by the rules of its format."""

    observed: str | None = None
    """When it was seen so."""
    valid_from: str | None = None
    """Since when it is so in the world."""
    valid_to: str | None = None
    """Until when."""


def moments(batch: pa.RecordBatch, name: str | None, merged: str | None) -> pa.Array | None:
    """Return the moments of an attribute in UTC, NULL where it holds none; None without it."""
    if name is None:
        return None
    own = name in batch.schema.names
    if not own and (merged is None or not has_member(batch, name, merged)):
        return None
    coded = text_of(batch, name, merged).dictionary_encode()
    said = [moment(text) for text in coded.dictionary.to_pylist()]
    return pa.array(said, _MOMENT).take(coded.indices)
