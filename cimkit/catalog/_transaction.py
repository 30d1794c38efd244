"""Changing the lake other than by a delivery: one transaction, with author and reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from cimkit.catalog import _codes, _lake, _schema
from cimkit.catalog._catalog import newest

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._catalog import Catalog

__all__ = ["commit_as", "transaction"]


@contextmanager
def transaction(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the lake in a transaction, which is lost unless `commit_as` ends it.

    To write, the lock must be held. ``preserve_insertion_order`` is off: see the coordinator.
    """
    con = _lake.open_database(spill=catalog.staging / ".spill")
    try:
        con.execute("SET preserve_insertion_order = false")
        _lake.attach(con, catalog.lake, read_only=False)
        con.execute("BEGIN")
        _schema.complete(con)
        yield con
    finally:
        con.close()


def commit_as(
    con: duckdb.DuckDBPyConnection, author: str, message: str, about: dict[str, str]
) -> int:
    """Commit, and return the new version.

    Raises
    ------
    CatalogError
        If codes or ids would not be unique; nothing is written then.
    """
    _codes.verify(con)
    con.execute(
        "CALL lake.set_commit_message(?, ?, extra_info => ?)",
        [author, message, orjson.dumps(about).decode()],
    )
    con.execute("COMMIT")
    return newest(con)
