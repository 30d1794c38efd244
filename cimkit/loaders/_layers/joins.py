"""Relationships that a database declares between its tables, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.loaders._layers.attributes import text_of
from cimkit.model import STAGED

if TYPE_CHECKING:
    from cimkit.loaders._layers.table import Table

__all__ = ["ROW_ID", "Join", "Joins"]

ROW_ID = "\0row"
"""Name of the column with the identifiers of rows that a format keeps beside the attributes."""
_NOTHING = pa.table({"value": pa.array([], pa.string()), "key": pa.array([], pa.string())})


@dataclass(frozen=True, slots=True)
class Join:
    """One relationship: rows belong together where the values of two fields are the same."""

    name: str
    """As the source calls it."""
    origin: tuple[str, str]
    """Layer and field."""
    destination: tuple[str, str]
    """Layer and field."""
    through: Callable[[], pa.Table] | None = None
    """Give the pairs of values (``one``, ``other``; text) that stand in a table between them."""


class Joins:
    """Rows met so far, of layers that relationships name."""

    def __init__(self, joins: Sequence[Join]) -> None:
        self.joins = joins
        self._met: dict[tuple[str, str], list[pa.Table]] = {
            end: [] for join in joins for end in (join.origin, join.destination)
        }

    def note(self, table: Table, batch: pa.RecordBatch, keys: pa.Array) -> None:
        """Keep the values by which rows of one batch are named, and the keys of the rows."""
        for (layer, field), met in self._met.items():
            column = ROW_ID if field == table.row_id else field
            if layer == table.name and column in batch.schema.names:
                met.append(pa.table({"value": text_of(batch, column), "key": keys}))

    def relations(self) -> Iterator[pa.Table]:
        """Give the relations, as the staged table has them."""
        for join in self.joins:
            one, other = (self._rows(end) for end in (join.origin, join.destination))
            if join.through is None:
                found = one.join(other, "value", join_type="inner", right_suffix="_other")
            else:
                pairs = join.through().filter(
                    pc.field("one").is_valid() & pc.field("other").is_valid()
                )
                found = one.join(pairs, "value", "one", join_type="inner").join(
                    other, "other", "value", join_type="inner", right_suffix="_other"
                )
            given = {
                "source_layer": pa.repeat(pa.scalar(join.origin[0]), found.num_rows),
                "source_key": found.column("key"),
                "relation": pa.repeat(pa.scalar(join.name), found.num_rows),
                "other_layer": pa.repeat(pa.scalar(join.destination[0]), found.num_rows),
                "other_key": found.column("key_other"),
            }
            order = [("source_key", "ascending"), ("other_key", "ascending")]
            yield pa.table(given, schema=STAGED["relations"]).sort_by(order)

    def _rows(self, end: tuple[str, str]) -> pa.Table:
        met = self._met[end]
        rows = pa.concat_tables(met) if met else _NOTHING
        return rows.filter(pc.field("value").is_valid())
