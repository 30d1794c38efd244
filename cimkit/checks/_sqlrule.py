"""Rules without code: SQL of a standard package that selects the bad rows.

The SQL is foreign. It must be one SELECT over known tables with listed functions, and it runs in a
process of its own, on copies of the delivery's tables, in a database that can reach neither files
nor network, with limited time and memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.catalog._guard import guard
from cimkit.catalog._lake import extension_file
from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import quote, scope
from cimkit.checks._views import things_of
from cimkit.runtime.workers import WorkerFailure, run

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SQL_SPEC", "TABLES", "run_jobs", "run_sql", "sql_findings", "sql_job"]

SQL_SPEC = CheckSpec(name="sql", title="SQL of the standard")
"""Stands for the check of rules that are SQL."""

TABLES = ("geometries", "items", "known", "measures", "objects", "things")
"""What the SQL of a rule sees; `cimkit.checks._views` says what is in them."""

Job = tuple[str, tuple[str, ...], str]
"""Folder of the tables, their names, and the SQL."""
_TEXTS = ("path", "layer", "place", "object_id", "measured", "expected")
"""Columns of findings that are texts, whatever the SQL makes of them."""
_SECONDS = 120.0
_BYTES = 4 * 1024**3
_loaded: set[str] = set()


def run_sql(context: CheckContext, rule: Rule) -> pa.Table:
    """Run a rule that is SQL.

    Its columns are those of findings (path, layer, place, object_id, x, y, z, measured, expected)
    as far as it gives them, and any others that the message names. With ``object_id`` the rest of
    the place is filled in, and the count of those that passed is that of the objects the rule
    applies to; without it, that of the sources.

    Raises
    ------
    QueryError
        If the SQL is not let through.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-rule-") as folder:
        _, found = next(run_jobs([sql_job(context, rule, Path(folder))]))
    return sql_findings(context, rule, found)


def sql_job(context: CheckContext, rule: Rule, folder: Path) -> Job:
    """Write the tables that the SQL of a rule names into a folder, for `run_jobs`.

    Raises
    ------
    QueryError
        If the SQL is not let through.
    """
    sql = rule.sql or ""
    wanted = _wanted(sql)
    for table in wanted:
        context.con.execute(
            f"COPY (FROM {table}) TO {quote(str(Path(folder, table)))} (FORMAT parquet)"
        )
    return str(folder), wanted, sql


@cache
def _wanted(sql: str) -> tuple[str, ...]:
    """Return the tables that a rule's SQL names; asked once, as its fixtures are many."""
    return tuple(sorted(guard(sql, set(TABLES))))


def run_jobs(jobs: Sequence[Job]) -> Iterator[tuple[Job, pa.Table | WorkerFailure]]:
    """Run the SQL of rules in one worker process, each in a database of its own."""
    return run(_select, jobs, workers=1, timeout_s=_SECONDS, memory_bytes=_BYTES)


def sql_findings(context: CheckContext, rule: Rule, found: pa.Table | WorkerFailure) -> pa.Table:
    """Return what the rows that the SQL of a rule selected come to."""
    if isinstance(found, WorkerFailure):
        return not_checked(context, rule, "sql-failed", mender="office", error=found.message)
    for column, name in enumerate(found.column_names):
        if name in _TEXTS:
            found = found.set_column(column, name, found[name].cast(pa.string()))
    by_object = "object_id" in found.column_names
    if not by_object and "path" not in found.column_names:
        return not_checked(context, rule, "sql-columns", mender="office")
    if by_object:
        found = _placed(context, found)
    met: set[str] = set()
    things = []
    for key in found["object_id" if by_object else "path"].to_pylist():
        things.append(0 if key in met else 1)
        met.add(key)
    bad = found.append_column("things", pa.array(things, pa.int64()))
    here = scope(rule, SQL_SPEC, context.standard, items=not by_object)
    table = "things" if by_object else "(SELECT * FROM items WHERE status = 'ok')"
    return conclude(context, rule, bad, context.count(f"SELECT count(*) FROM {table} WHERE {here}"))


def _placed(context: CheckContext, found: pa.Table) -> pa.Table:
    """Fill in where the objects of bad rows are, as far as the rule's SQL does not say."""
    given = [c for c in ("path", "layer", "place", "x", "y", "z") if c in found.column_names]
    own = {"layer": "t.source_layer AS layer", "place": "t.spot AS place"}
    more = [
        own.get(c, f"t.{c}") for c in ("path", "layer", "place", "x", "y", "z") if c not in given
    ]
    context.con.register("found", found)
    placed = context.table(
        f"""SELECT {", ".join(["f.*", *more])}
            FROM found f JOIN {things_of("found")} t USING (object_id) ORDER BY t.rank"""
    )
    context.con.unregister("found")
    return placed


def _select(job: Job) -> pa.Table:
    """Run in a worker: load the tables, shut every door, run the SQL."""
    import duckdb

    folder, tables, sql = job
    spatial = str(extension_file("spatial"))
    # What this process has loaded with its signature checked is not read from the file again.
    known = spatial in _loaded
    # Without a folder to spill to, what does not fit in memory fails; it does not fill the disk.
    con = duckdb.connect(
        config={"threads": 1, "temp_directory": "", "allow_unsigned_extensions": known}
    )
    con.execute(f"LOAD {quote(spatial)}")
    _loaded.add(spatial)
    for table in tables:
        con.execute(f"CREATE TABLE {table} AS FROM read_parquet({quote(str(Path(folder, table)))})")
    con.execute(f"SET memory_limit = '{_BYTES * 3 // 4}B'")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con.execute(sql).to_arrow_table()
