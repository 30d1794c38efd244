"""The coordinator: identity, class and code of what was read, in one transaction."""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from cimkit.catalog import _codes, _lake, _meshes, _same_as, _schema, _standards, _write
from cimkit.catalog._catalog import newest, open_catalog
from cimkit.catalog._classes import classify, delivered_lods
from cimkit.catalog._counts import compared, written
from cimkit.catalog._identity import NAMESPACE, recognise
from cimkit.catalog._matching import match
from cimkit.catalog._report import DatasetReport, IngestReport
from cimkit.catalog._sources import Group, Row, group, prepare

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._catalog import Catalog
    from cimkit.loaders import Staged
    from cimkit.model import Sheet
    from cimkit.model.source import Depth
    from cimkit.standard import Standard

__all__ = ["Delivery", "commit"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is said of a delivery as a whole."""

    name: str
    """For people."""
    author: str
    """Who commits."""
    message: str
    """Why."""
    root: str
    """Name of the folder that its paths are relative to."""
    depth: Depth
    """How much was read."""
    sheet: Sheet | None
    """The sheet that was obeyed."""


def commit(
    catalog: Catalog, staged: list[Staged], delivery: Delivery, *, dry_run: bool
) -> IngestReport:
    """Commit a delivery, or find that there is nothing to do. The lock must be held."""
    # Another process may have moved the catalogue to another standard since it was opened.
    catalog = open_catalog(catalog.folder)
    standard = catalog.standard()
    con = _lake.open_database(spill=catalog.staging / ".spill")
    try:
        # Each file is read once; the cache would keep 0.3 MB of each of many small ones.
        con.execute("SET enable_external_file_cache = false")
        # DuckDB 1.5.5 loses, without a word, every row that is inserted after an insert of no rows
        # into the same table in one transaction, if it keeps the order of insertion.
        con.execute("SET preserve_insertion_order = false")
        _lake.attach(con, catalog.lake, read_only=False)
        con.execute("BEGIN")
        _schema.complete(con)
        rows, report = _coordinate(con, catalog, staged, delivery, standard)
        report.dry_run = dry_run
        if report.nothing_to_do or dry_run:
            con.execute("ROLLBACK")
            return report
        _meshes.keep(rows, catalog.meshes)
        _codes.verify(con)
        con.execute(
            "CALL lake.set_commit_message(?, ?, extra_info => ?)",
            [
                delivery.author,
                delivery.message,
                orjson.dumps({"delivery_id": report.delivery_id}).decode(),
            ],
        )
        con.execute("COMMIT")
        report.version = newest(con)
        return report
    finally:
        con.close()


def _coordinate(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    staged: list[Staged],
    delivery: Delivery,
    standard: Standard | None,
) -> tuple[list[Row], IngestReport]:
    rows = prepare(con, staged, delivery.depth, standard.hash if standard else None, delivery.root)
    groups = group(rows)
    said = [delivery.name, newest(con), [(r.path, r.key) for r in rows]]
    digest = hashlib.sha256(orjson.dumps(said)).hexdigest()
    delivery_id = str(uuid.uuid5(NAMESPACE, f"delivery\n{digest}"))
    for row in rows:
        if not row.known:
            row.item_id = str(uuid.uuid5(NAMESPACE, f"item\n{delivery_id}\n{row.path}"))
    _write.load(con, rows)
    _source_table(con, rows, groups)
    recognise(con, groups)
    for row in rows:
        if row.twin_of is not None:
            row.dataset_id = row.twin_of.dataset_id
    _source_table(con, rows, groups)
    _leaving(con, groups)
    match(con)
    _gone(con, rows, delivery.root)
    report = IngestReport(name=delivery.name, known=sum(r.known for r in rows))
    report.datasets = [
        DatasetReport(g.dataset_id, g.name, g.recognised_by, g.action, len(g.rows)) for g in groups
    ]
    report.problems = dict(Counter(p.code for r in rows for p in r.problems))
    compared(con, report)
    if all(r.known for r in rows) and not report.objects["retired"]:
        return rows, report
    report.delivery_id = delivery_id
    delivered_lods(con, rows, standard)
    report.notes += classify(con, standard)
    if standard is not None:
        report.notes += _codes.allocate(con, standard, catalog.config.division)
        if not _standards.in_force(con, standard):
            _standards.write(con, standard)
    else:
        _codes.none(con)
    _write.remove(con)
    con.execute("RESET preserve_insertion_order")  # the lake is written in spatial order
    _write.write(con, rows, groups, _delivery_row(con, delivery, delivery_id, standard))
    con.execute(
        "CREATE TEMP TABLE changed_ AS SELECT object_id FROM ids_ UNION SELECT object_id FROM gone_"
    )
    _same_as.relate(con, standard, "changed_")
    written(con, report, levels=standard is not None and bool(standard.levels))
    return rows, report


def _source_table(con: duckdb.DuckDBPyConnection, rows: list[Row], groups: list[Group]) -> None:
    """Make ``source_``: the fresh sources with n, g, path, item_id, dataset_id, access."""
    number = {id(r): g.g for g in groups for r in g.rows}
    fresh = [r for r in rows if r.fresh]
    table = pa.table(
        {
            "n": pa.array([r.n for r in fresh], pa.int64()),
            "g": pa.array([number[id(r)] for r in fresh], pa.int64()),
            "path": pa.array([r.path for r in fresh], pa.string()),
            "item_id": pa.array([r.item_id for r in fresh], pa.string()),
            "dataset_id": pa.array([r.dataset_id for r in fresh], pa.string()),
            "access": pa.array([r.staged.declared.access or "public" for r in fresh], pa.string()),
        }
    )
    con.register("rows_", table)
    con.execute("CREATE OR REPLACE TEMP TABLE source_ AS FROM rows_")
    con.unregister("rows_")


def _leaving(con: duckdb.DuckDBPyConnection, groups: list[Group]) -> None:
    """Make ``leaving_``: items whose objects may be met again, and ``touched_``, the datasets.

    Items whose bytes are delivered again stay as they are (``kept_``, see `prepare`).
    """
    table = pa.table(
        {
            "dataset_id": pa.array([g.dataset_id for g in groups], pa.string()),
            "replace": pa.array([g.action == "replace" for g in groups], pa.bool_()),
            "named": pa.array([g.named for g in groups], pa.bool_()),
        }
    )
    con.register("rows_", table)
    con.execute(
        """
        CREATE TEMP TABLE touched_ AS
        SELECT dataset_id, bool_and(replace) AS replace, bool_or(named) AS named
        FROM rows_ GROUP BY ALL;
        CREATE TEMP TABLE leaving_ AS
        SELECT i.item_id, i.dataset_id, i.sha256, i.path, i.size, t.replace, t.named
        FROM lake.items i JOIN touched_ t USING (dataset_id) ANTI JOIN kept_ USING (item_id)
        """
    )
    con.unregister("rows_")


def _gone(con: duckdb.DuckDBPyConnection, rows: list[Row], root: str) -> None:
    """Make ``replaced_``, items that go, and ``gone_``, objects written anew or retired.

    A dataset that the sheet names is replaced as a whole. Without a sheet only the items go whose
    objects or bytes have come again: one file of a dataset says nothing about the others.
    """
    fresh = [r for r in rows if r.fresh]
    again = pa.table(
        {
            "dataset_id": pa.array([r.dataset_id for r in fresh], pa.string()),
            "sha256": pa.array([r.staged.asset.sha256 for r in fresh], pa.string()),
            "path": pa.array([r.path for r in fresh], pa.string()),
            "size": pa.array([r.staged.asset.size for r in fresh], pa.int64()),
        }
    )
    unread = [r.path for r in rows if not r.known and r.dataset_id is None]
    con.register("again_", again)
    con.register("unread_", pa.table({"path": pa.array(unread, pa.string())}))
    con.execute(
        """
        CREATE TEMP TABLE replaced_ AS
        SELECT item_id FROM leaving_ l WHERE replace AND (
            named
            OR item_id IN (SELECT o.item_id FROM old_ o JOIN matched_ USING (object_id))
            OR (dataset_id, sha256) IN (SELECT (dataset_id, sha256) FROM again_)
            OR (sha256 IS NULL AND (dataset_id, path, size) IN
                (SELECT (dataset_id, path, size) FROM again_)))
        UNION ALL
        SELECT i.item_id FROM lake.items i JOIN unread_ u USING (path)
        WHERE i.dataset_id IS NULL AND i.root = ?;
        """,
        [root],
    )
    con.execute(
        """
        CREATE TEMP TABLE gone_ AS
        SELECT object_id, false AS retired FROM matched_
        UNION ALL
        SELECT o.object_id, true FROM old_ o JOIN replaced_ USING (item_id)
        ANTI JOIN matched_ USING (object_id)
        """
    )
    con.unregister("again_")
    con.unregister("unread_")


def _delivery_row(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    delivery_id: str,
    standard: Standard | None,
) -> dict[str, object]:
    from cimkit import __version__

    before = con.execute(
        "SELECT DISTINCT delivery_id FROM lake.items "
        "WHERE item_id IN (SELECT item_id FROM replaced_)"
    ).fetchall()
    sheet = dataclasses.asdict(delivery.sheet) if delivery.sheet else None
    return {
        "delivery_id": delivery_id,
        "name": delivery.name,
        "author": delivery.author,
        "message": delivery.message,
        "received": datetime.now(UTC),
        "supersedes": ",".join(sorted(r[0] for r in before)) or None,
        "status": "submitted",
        "standard": standard.key if standard else None,
        "standard_hash": standard.hash if standard else None,
        "tool": f"cimkit {__version__}",
        "sheet": orjson.dumps(sheet, default=str).decode() if sheet else None,
        "root": delivery.root,
    }
