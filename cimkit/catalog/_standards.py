"""The rows of the standard in force, in the lake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.errors import UsageError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from cimkit.standard import Standard

__all__ = ["check_division", "in_force", "insert", "load", "reopens", "write"]


def load(named: str | None) -> Standard | None:
    """Return a standard by name, or None for none."""
    if named is None:
        return None
    from cimkit import standard

    return standard.load(named)


def reopens(named: str, standard: Standard) -> str:
    """Return the name that finds a standard again from any folder: its key, or where it lies."""
    flag = standard.key.removeprefix(f"{standard.id}@{standard.edition}")
    place = Path(named.removesuffix(flag))
    return f"{place.resolve()}{flag}" if place.exists() else standard.key


def check_division(division: str, standard: Standard) -> None:
    """Raise `UsageError` if no identifier code of a standard can have a division."""
    grammar = standard.grammar
    if grammar is None or "division" not in grammar.segment_names:
        return
    segment = grammar.segment("division")
    if segment.reasons(division):
        raise UsageError(
            f"no identifier code of {standard.key} can have this division",
            got=division,
            expected=segment.says,
            mend="Name another, or none: then it is that of the standard's jurisdiction.",
        )


def in_force(con: duckdb.DuckDBPyConnection, standard: Standard) -> bool:
    """Return whether the lake's rows are those of this very standard."""
    named = con.execute("SELECT standard, scheme, hash FROM lake.standards").fetchall()
    if named != [(standard.key, standard.scheme, standard.hash)]:
        return False
    for table, rows in (("classes", standard.classes), ("attributes", standard.attribute_rows)):
        there = con.execute(f"FROM lake.{table} WHERE standard = ?", [standard.key])
        have, want = there.to_arrow_table().to_pylist(), rows.to_pylist()
        if sorted(have, key=repr) != sorted(want, key=repr):
            return False
    return True


def write(
    con: duckdb.DuckDBPyConnection,
    standard: Standard,
    *,
    adopted: bool = False,
    alone: bool = False,
) -> None:
    """Put the rows of a standard in the place of its former ones.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction.
    standard : Standard
        The one that is in force now.
    adopted : bool
        Whether all objects are classed by it, whenever they came.
    alone : bool
        Whether the rows of other standards go too.
    """
    from cimkit.standard.comparison._declared import declared_rows

    for table, rows in (("classes", standard.classes), ("attributes", standard.attribute_rows)):
        con.execute(f"DELETE FROM lake.{table} WHERE standard = ? OR ?", [standard.key, alone])
        insert(con, table, rows)
    # A saved crosswalk stays, unless it speaks of what was in force before.
    con.execute(
        "DELETE FROM lake.crosswalk WHERE standard = $1 "
        "OR ($2 AND NOT list_contains(string_split(standard, ' > '), $1))",
        [standard.key, alone],
    )
    insert(con, "crosswalk", declared_rows(standard))
    con.execute("DELETE FROM lake.standards")
    con.execute(
        "INSERT INTO lake.standards VALUES (?, ?, ?, ?)",
        [standard.key, standard.scheme, standard.hash, datetime.now(UTC) if adopted else None],
    )


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Add rows to a table of the lake."""
    con.register("rows_", rows)
    con.execute(f"INSERT INTO lake.{table} BY NAME SELECT * FROM rows_")
    con.unregister("rows_")
