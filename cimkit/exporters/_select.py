"""Which objects an export is about: a version, a predicate, and an access level."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog import Catalog

__all__ = ["ACCESS", "Selection", "select"]

ACCESS = ("public", "internal", "secret")
"""Access levels, each including those before it."""

_RANK = "CASE {0} WHEN 'internal' THEN 1 WHEN 'secret' THEN 2 ELSE 0 END"
# What stands on an item or a dataset stands on all that came with it. Tables hold what each query
# asks again and is small: items without their properties, names. Objects stay in the lake.
_VIEWS = f"""
CREATE TEMP TABLE item_ranks AS
SELECT i.item_id, i.path, i.crs, i.vertical_datum, i.sha256,
    greatest({_RANK.format("i.access")}, {_RANK.format("d.access")}) AS rank
FROM items i LEFT JOIN datasets d USING (dataset_id);
CREATE TEMP VIEW ranked_items AS
SELECT i.*, r.rank FROM items i JOIN item_ranks r USING (item_id);
CREATE TEMP VIEW ranked AS
SELECT o.*, greatest({_RANK.format("o.access")}, coalesce(i.rank, 0)) AS rank,
    i.path AS path, i.crs AS item_crs, i.vertical_datum AS vertical_datum, i.sha256 AS sha256
FROM objects o LEFT JOIN item_ranks i USING (item_id) {{wanted}};
CREATE TEMP VIEW selected AS SELECT * FROM ranked WHERE rank <= {{rank}};
CREATE TEMP VIEW selected_items AS SELECT * FROM ranked_items WHERE rank <= {{rank}};
CREATE TEMP TABLE class_names AS
SELECT code, any_value(name_en ORDER BY standard) AS name_en,
    any_value(name_zh ORDER BY standard) AS name_zh,
    any_value(name_ja ORDER BY standard) AS name_ja
FROM classes GROUP BY code;
"""
_HELD = "held"


@dataclass(frozen=True, slots=True)
class Selection:
    """Objects of one version of a catalogue."""

    catalog: Catalog
    """Where they are."""
    version: int
    """As seen at this version."""
    rank: int
    """Index into `ACCESS`."""
    con: duckdb.DuckDBPyConnection
    """The lake at that version. Every statement is a transaction of its own, so that an export
    that takes long stands in no writer's way."""
    columns: str = ""
    """SQL expressions over ``selected s`` and ``class_names n``, with names: what tables of objects
    have beside the usual columns."""

    def fetch(self, sql: str, **tables: pa.Table) -> pa.Table:
        """Return the answer to a question over the views of the selection.

        ``selected`` is `objects` with path, item_crs, vertical_datum, sha256 and rank;
        ``selected_items`` is `items`; ``class_names`` has the names of classes; ``tables`` are
        there by their names.
        """
        for name, table in tables.items():
            self.con.register(name, table)
        try:
            return self.con.execute(sql).to_arrow_table()
        finally:
            for name in tables:
                self.con.unregister(name)

    def stream(self, sql: str, rows: int, **tables: pa.Table) -> Iterator[pa.RecordBatch]:
        """Yield the answer to a question, some rows at a time: it need not fit in memory."""
        for name, table in tables.items():
            self.con.register(name, table)
        try:
            yield from self.con.execute(sql).to_arrow_reader(rows)
        finally:
            for name in tables:
                self.con.unregister(name)

    def hold(self, name: str, sql: str) -> None:
        """Keep the answer to a question under a name, compressed, for the questions after it.

        What is held under that name already stays.
        """
        there = self.con.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
            [_HELD, name],
        ).fetchone()
        if there is None:
            self.con.execute(f"CREATE TABLE {_HELD}.{name} AS {sql}")
            # Only then it is compressed.
            self.con.execute(f"CHECKPOINT {_HELD}")
            self.con.execute(f"CREATE TEMP VIEW {name} AS FROM {_HELD}.{name}")

    def withheld(self) -> dict[str, int]:
        """Count the objects that the access asked for does not cover, by their own access."""
        return self._above("ranked")

    def withheld_items(self) -> dict[str, int]:
        """Count the items that the access asked for does not cover, by their own access."""
        return self._above("ranked_items")

    def _above(self, view: str) -> dict[str, int]:
        table = self.fetch(
            f"SELECT rank, count(*) AS n FROM {view} WHERE rank > {self.rank} GROUP BY 1 ORDER BY 1"
        )
        return {ACCESS[row["rank"]]: row["n"] for row in table.to_pylist()}


@contextmanager
def select(
    catalog: Catalog, *, where: str | None, as_of: str | int | None, access: str
) -> Iterator[Selection]:
    """Open the objects that an export is about.

    Parameters
    ----------
    catalog : Catalog
        An open catalogue.
    where : str, optional
        SQL predicate over ``objects``; it runs in the sandbox that analysts' queries run in.
    as_of : str or int, optional
        Version or time; None: the newest version.
    access : str
        ``public``, ``internal`` or ``secret``.

    Raises
    ------
    UsageError
        If there is no such access level.
    QueryError
        If the predicate is refused.
    """
    from cimkit.catalog import query, version_of

    if access not in ACCESS:
        raise UsageError("no such access", got=access, expected=", ".join(ACCESS))
    version = version_of(catalog, as_of)
    rank = ACCESS.index(access)
    wanted = None
    if where is not None:
        sql = f"SELECT object_id FROM objects WHERE ({where}\n)"
        wanted = query(catalog, sql, as_of=version)
    with catalog.connect(version=version) as con:
        join = ""
        if wanted is not None:
            con.register("wanted_", wanted)
            con.execute("CREATE TEMP TABLE wanted_ids AS FROM wanted_")
            con.unregister("wanted_")
            join = "SEMI JOIN wanted_ids USING (object_id)"
        con.execute(f"ATTACH ':memory:' AS {_HELD} (COMPRESS)")
        con.execute(_VIEWS.format(wanted=join, rank=rank))
        yield Selection(catalog, version, rank, con)
