"""What checks see of the lake: the tables of one delivery, under short names.

=============  ==================================================================================
view           rows
=============  ==================================================================================
items          of the delivery, ``geometry`` as GEOMETRY
objects        of the delivery, ``geometry`` as GEOMETRY
things         objects with ``path`` and ``sequence`` of their item, a point ``x``, ``y`` (centre
               of the box, CRS84 degrees), ``z`` (lowest), ``spot`` (where it is for a reader:
               place and key) and ``rank`` (order in the delivery)
flaws          problems the loaders met: item_id, path, kind, status, code, message, severity,
               place, got, expected, hint
geometries, placements, relations, measures, classifications
               of the delivery
known          classes of the standard's own scheme: code, parent, leaf, name
codes, ...     all other tables of the lake, whole
=============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cimkit.checks._sql import quote
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["delivery_views", "own_tables", "things_of"]

_FLAW = '[{"code":"VARCHAR","message":"VARCHAR","severity":"VARCHAR","place":"VARCHAR",' + (
    '"got":"VARCHAR","expected":"VARCHAR","hint":"VARCHAR"}]'
)

_THINGS = """
SELECT o.*, i.path, i.sequence,
       (o.bbox.xmin + o.bbox.xmax) / 2 AS x, (o.bbox.ymin + o.bbox.ymax) / 2 AS y, o.z_min AS z,
       CASE WHEN o.source_key IS NULL OR contains(coalesce(o.place, ''), o.source_key)
                 OR regexp_full_match(o.source_key, '[0-9a-f]{{32,64}}(#[0-9]+)?')
            THEN coalesce(o.place, '')
            WHEN coalesce(o.place, '') = '' THEN o.source_key
            ELSE o.place || ' (' || o.source_key || ')' END AS spot,
       concat(i.path, chr(1), coalesce(o.source_layer, ''), chr(1),
              lpad(regexp_extract(coalesce(o.place, ''), '[0-9]+'), 12, '0'), chr(1),
              coalesce(o.source_key, ''), chr(1), o.object_id) AS rank
FROM {objects} o JOIN items i USING (item_id)
"""

_FLAWS = f"""
CREATE VIEW flaws AS
SELECT item_id, path, kind, status, flaw.code, coalesce(flaw.message, '') AS message,
       coalesce(flaw.severity, 'warning') AS severity, coalesce(flaw.place, '') AS place,
       coalesce(flaw.got, '') AS got, coalesce(flaw.expected, '') AS expected,
       coalesce(flaw.hint, '') AS hint
FROM (SELECT *, unnest(from_json(problems, {quote(_FLAW)})) AS flaw FROM items
      WHERE problems IS NOT NULL)
"""

_SHORT = 2_000
"""Rows up to which a table is copied."""


@contextmanager
def delivery_views(
    con: duckdb.DuckDBPyConnection,
    standard: Standard,
    delivery_id: str | None,
    *,
    still: bool = False,
) -> Iterator[None]:
    """Make the views the default schema of a connection, and take them away at the end.

    Parameters
    ----------
    con
        Its default schema shows the tables of the lake (any that are missing are seen empty), and
        the spatial extension is loaded.
    standard
        Whose classes are shown as ``known``.
    delivery_id
        The delivery to look at; None: everything that is valid now.
    still
        The tables do not change meanwhile: short ones are copied, as each query of a lake takes a
        while before it begins, and rules ask many.
    """
    row = con.execute("SELECT current_database(), current_schema()").fetchone()
    home = '"{}"."{}"'.format(*row) if row else "memory.main"
    there = {
        name
        for (name,) in con.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_catalog = current_database() AND table_schema = current_schema()"
        ).fetchall()
    }
    short = _short(con, there & set(LAKE)) if still else set()
    con.execute("ATTACH ':memory:' AS checked")
    con.execute("USE checked.main")
    try:
        for name in LAKE:
            if name in there:
                kind = "TABLE" if name in short else "VIEW"
                con.execute(_shown(con, kind, name, f"{home}.{name}", delivery_id))
            else:
                con.register("absent", LAKE[name].empty_table())
                con.execute(f"CREATE TABLE {name} AS FROM absent")
                con.unregister("absent")
        con.execute(f"CREATE VIEW things AS {_THINGS.format(objects='objects')}")
        con.execute(_FLAWS)
        con.register("classes_given", standard.classes)
        con.execute(
            "CREATE TABLE known AS SELECT code, parent, leaf, name_en, name_zh, name_ja"
            f" FROM classes_given WHERE scheme = {quote(standard.scheme)}"
        )
        con.unregister("classes_given")
        yield
    finally:
        con.execute(f"USE {home}")
        con.execute("DETACH checked")


def things_of(table: str) -> str:
    """Return SQL for those ``things`` whose ``object_id`` a table has, to be joined with it.

    Only for them ``spot`` and ``rank`` are worked out: a join with the view does so for a whole
    city, to find the three objects that are wrong.

    Parameters
    ----------
    table
        Name of a table, or of rows registered.
    """
    among = f"(SELECT * FROM objects WHERE object_id IN (SELECT object_id FROM {table}))"
    return f"({_THINGS.format(objects=among)})"


@contextmanager
def own_tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Drop the temporary tables made inside, so that one check's do not burden the next."""
    # duckdb_tables() would count the rows of each table of the lake, a tenth of a second each time.
    listed = (
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'temp'"
        " EXCEPT SELECT view_name FROM duckdb_views() WHERE database_name = 'temp'"
    )
    before = set(con.execute(listed).fetchall())
    try:
        yield
    finally:
        for (name,) in set(con.execute(listed).fetchall()) - before:
            con.execute(f'DROP TABLE temp.main."{name}"')


def _short(con: duckdb.DuckDBPyConnection, names: set[str]) -> set[str]:
    """Return which tables of the default schema are short; geometries only if there are none."""
    ordered = sorted(names)
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in ordered)
    row = con.execute(f"SELECT {counts}").fetchone() if ordered else None
    return {
        name
        for name, count in zip(ordered, row or (), strict=True)
        if count <= (0 if name == "geometries" else _SHORT)
    }


def _shown(
    con: duckdb.DuckDBPyConnection, kind: str, name: str, table: str, delivery_id: str | None
) -> str:
    columns = "*"
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {table}").fetchall()}
    if name in ("items", "objects") and types["geometry"] == "BLOB":
        columns = "* REPLACE (TRY(ST_GeomFromWKB(geometry)) AS geometry)"
    where = "TRUE"
    if delivery_id is not None:
        if "delivery_id" in types and name in ("items", "objects"):
            where = f"delivery_id = {quote(delivery_id)}"
        elif name in ("geometries", "placements", "relations", "classifications"):
            where = "object_id IN (SELECT object_id FROM objects)"
        elif name == "measures":
            where = "item_id IN (SELECT item_id FROM items)"
    return f"CREATE {kind} {name} AS SELECT {columns} FROM {table} WHERE {where}"
