"""What an ingest did, counted from its temporary tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._report import IngestReport

__all__ = ["compared", "written"]


def compared(con: duckdb.DuckDBPyConnection, report: IngestReport) -> None:
    """Count the objects against the version before, as matched."""
    row = con.execute(
        """
        SELECT
            (SELECT count(*) FROM ids_) - (SELECT count(*) FROM matched_),
            count(*) FILTER (m.old_hash IS DISTINCT FROM t.content_hash),
            count(*) FILTER (m.old_hash IS NOT DISTINCT FROM t.content_hash)
                + (SELECT count(*) FROM lake.objects WHERE item_id IN (SELECT item_id FROM kept_)),
            (SELECT count(*) FROM gone_ WHERE retired)
        FROM matched_ m JOIN staged t USING (rowid_)
        """
    ).fetchone()
    assert row is not None
    report.objects = dict(zip(("new", "changed", "unchanged", "retired"), row, strict=True))


def written(con: duckdb.DuckDBPyConnection, report: IngestReport, *, levels: bool) -> None:
    """Count what was written, with class, exempt from one and with code; list what has none.

    Levels are counted if the standard has any.
    """
    row = con.execute(
        "SELECT (SELECT count(*) FROM ids_), (SELECT count(*) FROM classed_), "
        "(SELECT count(*) FROM exempt_), (SELECT count(*) FROM coded_), "
        "(SELECT count(*) FROM levels_)"
    ).fetchone()
    assert row is not None
    report.written, report.classed, report.exempt, report.coded, report.levelled = row
    columns = "kind, source_layer, source_class"
    report.unclassed = _top(con, columns, "ANTI JOIN classed_ USING (rowid_) ANTI JOIN exempt_")
    if levels:
        report.unlevelled = _top(con, "kind, source_class", "ANTI JOIN levels_")


def _top(con: duckdb.DuckDBPyConnection, columns: str, lacking: str) -> list[dict[str, Any]]:
    top = con.execute(
        f"""
        SELECT {columns}, count(*) AS count FROM staged {lacking} USING (rowid_)
        GROUP BY ALL ORDER BY count(*) DESC, {columns} LIMIT 20
        """
    )
    rows: list[dict[str, Any]] = top.to_arrow_table().to_pylist()
    return rows
