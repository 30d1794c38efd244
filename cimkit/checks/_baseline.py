"""What became of the failures of the last delivery: still open, mended, or not looked at again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.model import Status

__all__ = ["Baseline", "Comparison", "compare", "read_baseline"]

_NAMED = ("fingerprint", "rule", "reason", "path", "layer", "place", "severity", "message")
_KIN = ("rule", "reason", "layer", "place")


@dataclass(frozen=True)
class Baseline:
    """The failures of an earlier check."""

    file: str
    """The report they were read from."""
    failures: pa.Table
    """fingerprint, rule, reason, path, layer, place, severity, message of each."""
    checked: str = ""
    """When, if the report says so."""


@dataclass(frozen=True)
class Comparison:
    """This delivery held against the last one."""

    file: str
    """Report of the last one."""
    checked: str
    """When that was."""
    new: int
    """Failures that were not there."""
    open: int
    """Failures that were there already."""
    fixed: pa.Table
    """Failures that are gone, as the last report had them."""
    unseen: pa.Table
    """Failures that are not met again because their rule, or their file, was not checked."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return {
            "file": self.file,
            "checked": self.checked,
            "new": self.new,
            "open": self.open,
            "fixed": self.fixed.to_pylist(),
            "unseen": self.unseen.to_pylist(),
        }


def read_baseline(file: Path) -> Baseline:
    """Read the failures of an earlier report.

    Parameters
    ----------
    file
        A report written with ``--report``: JSON, or the findings as Parquet.

    Raises
    ------
    UsageError
        If it cannot be read, or is no such report.
    """
    import pyarrow.parquet as pq

    checked = ""
    try:
        if Path(file).suffix.lower() == ".parquet":
            table = pq.read_table(file)
        else:
            report = json.loads(Path(file).read_bytes())
            if not isinstance(report, dict) or not isinstance(report.get("findings"), list):
                raise UsageError("this is no report of cimkit", where=str(file))
            checked = str((report.get("receipt") or {}).get("checked") or "")
            table = pa.Table.from_pylist(report["findings"], schema=_schema("status"))
    except OSError as error:
        raise UsageError(
            "the baseline cannot be read", where=str(file), got=error.strerror or str(error)
        ) from error
    except (ValueError, pa.ArrowException) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            "the baseline is neither a JSON report nor Parquet",
            where=str(file),
            mend="Give the file that the last check wrote with --report FILE.json.",
        ) from error
    if not {*_NAMED, "status"} <= set(table.column_names):
        raise UsageError("these are no findings of cimkit", where=str(file))
    failures = _failed(table)
    if "" in failures["fingerprint"].fill_null("").to_pylist():
        raise UsageError("its failures have no fingerprints", where=str(file))
    columns = [failures[name].cast(pa.string()).fill_null("") for name in _NAMED]
    return Baseline(str(file), pa.table(columns, schema=_schema()), checked)


def compare(
    findings: pa.Table, baseline: Baseline, files: Sequence[str]
) -> tuple[pa.Table, Comparison]:
    """Return findings marked new or open, and what became of the failures of the last delivery.

    A failure is the same by its fingerprint. One whose file is called otherwise now is the same if
    rule, reason, layer and place agree and neither side has a second one like it.

    Parameters
    ----------
    findings
        With fingerprints.
    baseline
        The last delivery's failures.
    files
        Paths of the delivered files.
    """
    import duckdb

    con = duckdb.connect(config={"threads": 1})
    con.execute("SET enable_progress_bar = false")  # standard output is data
    try:
        now = findings.select([*_NAMED[:6], "status"])
        con.register("now_", now.append_column("n", pa.array(range(len(now)), pa.int64())))
        con.register("was_", baseline.failures)
        paths = pa.table({"path": pa.array(files, pa.string())})
        con.register("here", paths)
        kin = ", ".join(_KIN)
        con.execute(
            f"""CREATE TABLE was AS SELECT *, row_number() OVER () AS k FROM was_;
            CREATE TABLE failed AS SELECT * FROM now_ WHERE status = 'fail';
            CREATE TABLE same AS SELECT n, k FROM failed JOIN was USING (fingerprint);
            INSERT INTO same SELECT any_value(f.n), any_value(w.k)
            FROM (SELECT * FROM failed WHERE n NOT IN (SELECT n FROM same)
                  AND path NOT IN (SELECT path FROM was)) f
            JOIN (SELECT * FROM was WHERE k NOT IN (SELECT k FROM same)
                  AND path NOT IN (SELECT path FROM here)) w USING ({kin})
            GROUP BY {", ".join(f"f.{name}" for name in _KIN)} HAVING count(*) = 1"""
        )
        marks = con.execute(
            """SELECT CASE WHEN status <> 'fail' THEN ''
                           WHEN n IN (SELECT n FROM same) THEN 'open' ELSE 'new' END AS mark
               FROM now_ ORDER BY n"""
        ).to_arrow_table()["mark"]
        # Gone is not mended where the rule, or the file, was not looked at this time.
        gone = con.execute(
            f"""SELECT {", ".join(_NAMED)},
                   rule NOT IN (SELECT rule FROM now_)
                   OR rule IN (SELECT rule FROM now_ WHERE status = 'not checked'
                               AND (now_.path = '' OR now_.path = was.path))
                   OR (path <> '' AND path NOT IN (SELECT path FROM here)) AS unseen
                FROM was WHERE k NOT IN (SELECT k FROM same) ORDER BY k"""
        ).to_arrow_table()
    finally:
        con.close()
    at = findings.schema.get_field_index("compared")
    counts = [sum(1 for m in marks.to_pylist() if m == mark) for mark in ("new", "open")]
    fixed, unseen = (
        gone.filter(pa.array([u is flag for u in gone["unseen"].to_pylist()], pa.bool_())).drop(
            ["unseen"]
        )
        for flag in (False, True)
    )
    comparison = Comparison(baseline.file, baseline.checked, counts[0], counts[1], fixed, unseen)
    return findings.set_column(at, findings.schema.field(at), marks), comparison


def _failed(table: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["status"], str(Status.FAIL)))


def _schema(*more: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in (*_NAMED, *more)])
