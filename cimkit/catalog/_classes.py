"""Class and level of objects on their way into the lake: by the standard, and by people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal
from cimkit.catalog._sources import files
from cimkit.errors import StandardError

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._sources import Row
    from cimkit.standard import Standard

__all__ = ["HIGHEST_LOD", "classify", "delivered_lods", "limited"]

HIGHEST_LOD = "arg_max(lod, TRY_CAST(trim(ltrim(lower(lod), 'lod ')) AS DOUBLE))"
"""SQL aggregate: the highest level of detail among geometries, by number."""
_SECONDS = 300.0
_SECONDS_AN_OBJECT = 0.001
"""What the mapping of a standard may take: three hundred times what 500 rules do."""


def delivered_lods(
    con: duckdb.DuckDBPyConnection, rows: list[Row], standard: Standard | None
) -> None:
    """Make ``lods_`` (rowid_, lod) of the staged geometries, if the standard asks for it."""
    given = files(rows, "geometries") if _asks_for_lod(standard) else None
    if given is None or not given.num_rows:
        con.execute("CREATE TEMP TABLE lods_ (rowid_ BIGINT, lod VARCHAR)")
        return
    con.register("files_", given)
    con.execute(
        f"""
        CREATE TEMP TABLE lods_ AS
        SELECT i.rowid_, {HIGHEST_LOD} AS lod
        FROM read_parquet($1, filename = true) r JOIN files_ f ON r.filename = f.file
        JOIN ids_ i ON i.n = f.n AND i.layer = coalesce(r.source_layer, '') AND i.key = r.source_key
        GROUP BY i.rowid_
        """,
        [given["file"].to_pylist()],
    )
    con.unregister("files_")


def classify(con: duckdb.DuckDBPyConnection, standard: Standard | None) -> list[str]:
    """Make ``decided_``, a row an object and scheme, and what follows from it.

    Needs ``staged`` (objects with rowid_), ``ids_`` (rowid_, object_id) and ``lods_`` (rowid_,
    lod). Of the primary scheme ``classed_`` (rowid_, class_code) holds the objects that have a
    class, ``exempt_`` (rowid_) those to which none is due, ``levels_`` (rowid_, level) those that
    have a level.

    Returns
    -------
    list of str
        What a person should know.
    """
    notes = []
    if standard is None:
        con.execute(
            """
            CREATE TEMP TABLE decided_ (rowid_ BIGINT, scheme VARCHAR, edition VARCHAR,
                class_code VARCHAR, rule VARCHAR, confidence DOUBLE, decided_by VARCHAR,
                level VARCHAR)
            """
        )
    else:
        from cimkit.standard import classify_sql

        relation = _WITH_LOD if _asks_for_lod(standard) else "staged"
        with limited(con, standard, "staged"):
            con.execute(f"CREATE TEMP TABLE decided_ AS {classify_sql(standard, relation)}")
        notes = _by_people(con, standard)
    scheme = standard.scheme if standard else ""
    for table, columns, of in (
        ("classed_", "rowid_, class_code", "class_code IS NOT NULL"),
        ("exempt_", "rowid_", "class_code IS NULL AND rule IS NOT NULL"),
        ("levels_", "rowid_, level", "level IS NOT NULL"),
    ):
        con.execute(
            f"CREATE TEMP TABLE {table} AS SELECT {columns} FROM decided_ "
            f"WHERE scheme = $1 AND {of}",
            [scheme],
        )
    return notes


@contextmanager
def limited(con: duckdb.DuckDBPyConnection, standard: Standard, table: str) -> Iterator[None]:
    """Stop the mapping of a standard over a table if it asks more than there is time for.

    Raises
    ------
    StandardError
        If it took too long; the transaction is lost.
    """
    import duckdb

    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    objects = row[0] if row else 0
    seconds = _SECONDS + _SECONDS_AN_OBJECT * objects
    timer = threading.Timer(seconds, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise StandardError(
            f"the mapping took more than {seconds:.0f} s for {objects} objects",
            where=standard.key,
            got=f"{len(standard.mapping)} rows",
            mend="Ask for equal values where you can; shorten regular expressions.",
        ) from error
    finally:
        timer.cancel()


def _asks_for_lod(standard: Standard | None) -> bool:
    return standard is not None and any(r.lod for r in standard.level_rules)


_WITH_LOD = "(SELECT t.*, l.lod FROM staged t LEFT JOIN lods_ l USING (rowid_))"


def _by_people(con: duckdb.DuckDBPyConnection, standard: Standard) -> list[str]:
    """Put what people decided in the place of what the standard says."""
    from cimkit.standard import levels_sql

    if con.execute("SELECT count(*) FROM lake.decisions").fetchone() == (0,):
        return []
    con.register("classes_", standard.classes)
    con.execute(
        """
        CREATE TEMP TABLE heard_ AS
        SELECT i.rowid_, d.*, d.scheme IN (SELECT scheme FROM classes_) AND (d.class_code IS NULL
            OR (d.scheme, d.class_code) IN (SELECT (scheme, code) FROM classes_)) AS holds
        FROM lake.decisions d JOIN ids_ i USING (object_id)
        """
    )
    con.unregister("classes_")
    settled = (
        f"(SELECT t.*, h.class_code FROM {_WITH_LOD} t JOIN heard_ h USING (rowid_) "
        f"WHERE holds AND scheme = {literal(standard.scheme)})"
    )
    con.execute(
        f"""
        DELETE FROM decided_ WHERE (rowid_, scheme) IN (
            SELECT (rowid_, scheme) FROM heard_ WHERE holds);
        INSERT INTO decided_ BY NAME
        SELECT h.rowid_, h.scheme, $edition AS edition, h.class_code, 'decision' AS rule,
            1.0::DOUBLE AS confidence, 'person' AS decided_by, coalesce(h.level, v.level) AS level
        FROM heard_ h LEFT JOIN ({levels_sql(standard, settled)}) v
            ON v.rowid_ = h.rowid_ AND h.scheme = $scheme
        WHERE h.holds
        """,
        {"edition": standard.edition, "scheme": standard.scheme},
    )
    idle = con.execute("SELECT count(*) FROM heard_ WHERE NOT holds").fetchone()
    if idle in (None, (0,)):
        return []
    return [
        f"{idle[0]} decisions of people name a class that {standard.key} does not have; there the "
        "rules decided."
    ]
