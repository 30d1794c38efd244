"""All fixtures in one database, of which one is seen at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.checks._fixture_rows import Rows

__all__ = ["one_at_a_time"]

_TABLES = ("items", "objects", "geometries", "measures", "classifications", "codes")
"""Tables that fixtures fill."""


@contextmanager
def one_at_a_time(
    con: duckdb.DuckDBPyConnection, given: Sequence[Rows]
) -> Iterator[Callable[[int], None]]:
    """Make the tables of fixtures the default schema of a connection.

    Yields
    ------
    callable
        Given the number of a fixture, lets its rows alone be seen.
    """

    def show(number: int) -> None:
        con.execute(f"SET VARIABLE fixture = {number}")

    con.execute("ATTACH ':memory:' AS fixture")
    con.execute("USE fixture.main")
    con.execute("CREATE SCHEMA every")
    try:
        for name in _TABLES:
            schema = LAKE[name].append(pa.field("fixture_", pa.int64()))
            rows = [
                {**row, "fixture_": n} for n, one in enumerate(given) for row in one.tables[name]
            ]
            con.register("rows_", pa.Table.from_pylist(rows, schema=schema))
            con.execute(f"CREATE TABLE every.{name} AS FROM rows_")
            con.unregister("rows_")
            con.execute(
                f"CREATE VIEW {name} AS SELECT * EXCLUDE (fixture_) FROM fixture.every.{name} "
                "WHERE fixture_ = getvariable('fixture')"
            )
        yield show
    finally:
        con.execute("USE memory.main")
        con.execute("DETACH fixture")
