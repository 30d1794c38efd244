"""The process that runs a foreign query: ``python -m cimkit.catalog._child``, job on stdin."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.catalog import _lake, _schema, _views
from cimkit.catalog._guard import guard
from cimkit.catalog._usertables import load_table
from cimkit.errors import CimkitError, QueryError, UsageError
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb


def main() -> int:
    """Run one query; its answer goes to a file, its error as a pickle beside it."""
    job: dict[str, Any] = json.load(sys.stdin)
    folder = Path(job["folder"])
    try:
        _answer(job, folder)
    except CimkitError as error:
        (folder / "error").write_bytes(pickle.dumps(error))
        return 1
    return 0


def _answer(job: dict[str, Any], folder: Path) -> None:
    con = _lake.open_database(spill=folder / "spill")
    try:
        _run(con, job, folder)
    finally:
        con.close()


def _run(con: duckdb.DuckDBPyConnection, job: dict[str, Any], folder: Path) -> None:
    import duckdb
    import pyarrow as pa

    lake = Path(job["lake"])
    _lake.attach(con, lake, read_only=True, version=job["version"])
    con.execute(f"SET memory_limit = '{int(job['memory'])}B'")
    con.execute("SET max_temp_directory_size = '20GB'")
    _schema.views(con)
    _views.macros(con)
    views = {view.lower() for view, _ in _views.class_views(con, only=set())} | set(_views.VIEWS)
    own = {label.lower(): Path(file) for label, file in job["tables"].items()}
    for label, file in own.items():
        if label in LAKE or label in views:
            raise UsageError("the catalogue has a table of that name", got=label)
        load_table(con, label, file, folder)
    used = guard(job["sql"], set(LAKE) | views | set(own))
    _views.class_views(con, only=used & views)
    data = _lake.literal(f"{lake / 'data'}/")
    con.execute(f"SET allowed_directories = [{data}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    timer = threading.Timer(job["timeout_s"], con.interrupt)
    timer.daemon = True
    timer.start()
    (folder / "running").touch()
    try:
        reader = con.execute(job["sql"]).to_arrow_reader(65_536)
        with (
            pa.OSFile(str(folder / "answer.part"), "wb") as out,
            pa.ipc.new_file(out, reader.schema) as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
    except duckdb.InterruptException as error:
        raise QueryError(
            "the query took too long",
            expected=f"at most {job['timeout_s']:g} seconds",
            mend="Ask for less (a bbox first), or allow more time (--timeout).",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise QueryError(
            "the query needs too much memory",
            expected=f"at most {job['memory'] / 2**30:.1f} GiB",
            got=str(error),
        ) from error
    except duckdb.Error as error:
        raise QueryError("the database refuses the query", got=str(error)) from error
    finally:
        timer.cancel()
    (folder / "answer.part").rename(folder / "answer.arrow")


if __name__ == "__main__":
    sys.exit(main())
