"""Foreign SQL: a SELECT over the catalogue, in a process that can be stopped."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from cimkit.errors import CimkitError, QueryError, UsageError

if TYPE_CHECKING:
    from cimkit.catalog._catalog import Catalog

__all__ = ["query", "version_of"]

_GRACE_S = 1.0
_LOADING_S = 300.0
_HEADROOM = 2**30  # Python, Arrow and the extensions, beside what DuckDB accounts for


def query(
    catalog: Catalog,
    sql: str,
    *,
    as_of: int | str | datetime | None = None,
    tables: Mapping[str, Path] | None = None,
    timeout_s: float = 60.0,
    memory: int = 4 * 2**30,
) -> pa.Table:
    """Answer one SELECT.

    It sees the tables of `cimkit.model.LAKE`, a typed view for each class whose standard gives it
    attributes (``class_0402_street_tree``), the view ``unclassed`` (as the verb), the macros of
    `Catalog.connect`, and `tables`. It runs in a process of its own that reads nothing else and is
    stopped at its limits.

    Parameters
    ----------
    catalog : Catalog
        What is asked.
    sql : str
        One SELECT.
    as_of : int, str or datetime, optional
        The catalogue as it was at a version, a time (ISO 8601, UTC unless it says otherwise) or at
        the end of a day.
    tables : mapping of str to Path, optional
        Files as further tables: CSV (UTF-8 or GBK), XLSX, Parquet, GeoPackage.
    timeout_s : float
        Seconds for the query; it is interrupted then, and killed a second later.
    memory : int
        Bytes for the query.

    Returns
    -------
    pa.Table
        GEOMETRY comes as WKB (binary, field metadata ``geoarrow.wkb``), CRS84.

    Raises
    ------
    QueryRefused
        If it is no SELECT, or uses tables or functions that are not let through.
    QueryError
        If the database refuses it, or it hits a limit.
    """
    version = version_of(catalog, as_of)
    with tempfile.TemporaryDirectory(prefix="cimkit-query-") as temp:
        folder = Path(temp)
        job = {
            "folder": temp,
            "lake": str(catalog.lake),
            "version": version,
            "sql": sql,
            "tables": {k: str(Path(v).absolute()) for k, v in (tables or {}).items()},
            "timeout_s": timeout_s,
            "memory": memory,
        }
        _run(job, folder)
        with pa.memory_map(str(folder / "answer.arrow")) as file:
            # The mapping outlives the name of the file.
            return pa.ipc.open_file(file).read_all()


def _run(job: dict[str, object], folder: Path) -> None:
    import psutil

    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "cimkit.catalog._child"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        assert child.stdin is not None
        with child.stdin as pipe:
            pipe.write(json.dumps(job).encode())
        # Loading extensions and the analyst's tables has its own limit; once the query runs, it is
        # interrupted from inside at its limit, and killed from here if that does not help.
        limit = time.monotonic() + _LOADING_S
        running = False
        process = psutil.Process(child.pid)
        stopped = ""
        while child.poll() is None:
            time.sleep(0.02)
            if not running and (folder / "running").exists():
                running = True
                limit = time.monotonic() + cast(float, job["timeout_s"]) + _GRACE_S
            try:
                used = process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            if used > cast(int, job["memory"]) + _HEADROOM:
                stopped = "the query needs too much memory"
            elif time.monotonic() > limit:
                stopped = "the query took too long and did not heed the interrupt"
            if stopped:
                child.kill()
                child.wait()
    if (folder / "error").exists():
        error = pickle.loads((folder / "error").read_bytes())
        assert isinstance(error, CimkitError)
        raise error
    if stopped or child.returncode != 0:
        said = (folder / "log").read_text(encoding="utf-8", errors="replace").strip()
        raise QueryError(
            stopped or "the query process died",
            got=f"exit {child.returncode}" + (f": {said[-500:]}" if said else ""),
            mend="Ask for less: fewer columns, a bbox, a LIMIT.",
        )


def version_of(catalog: Catalog, as_of: int | str | datetime | None) -> int:
    """Return the version that a number, a time or a day means.

    Raises
    ------
    UsageError
        If there is none.
    """
    newest = catalog.version()
    if as_of is None:
        return newest
    if isinstance(as_of, int) or (isinstance(as_of, str) and as_of.strip().isdecimal()):
        version = int(as_of)
        if not 1 <= version <= newest:  # 0 is the lake before it had tables
            raise UsageError("no such version", got=version, expected=f"1 to {newest}")
        return version
    moment = as_of if isinstance(as_of, datetime) else _moment(as_of)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    with catalog.metadata() as metadata:
        rows = metadata.execute(
            "SELECT snapshot_id, snapshot_time FROM ducklake_snapshot WHERE snapshot_id > 0 "
            "ORDER BY snapshot_id DESC"
        ).fetchall()
    for version, written in rows:
        if datetime.fromisoformat(written) <= moment:
            return int(version)
    raise UsageError(
        "the catalogue is younger than that", got=str(as_of), expected=f"from {rows[-1][1]} on"
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            "neither a version nor a time", got=text, expected="a number or ISO 8601"
        ) from error
    if len(text.strip()) == 10:
        moment += timedelta(days=1, microseconds=-1)
    return moment
