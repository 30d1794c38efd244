"""What an ingest did, counted from its temporary tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def written(con: duckdb.DuckDBPyConnection, report: IngestReport) -> None:
    """Count what was written, with class, exempt from one and with code; list what has none."""
    row = con.execute(
        "SELECT (SELECT count(*) FROM ids_), (SELECT count(*) FROM classed_), "
        "(SELECT count(*) FROM exempt_), (SELECT count(*) FROM coded_)"
    ).fetchone()
    assert row is not None
    report.written, report.classed, report.exempt, report.coded = row
    top = con.execute(
        """
        SELECT kind, source_layer, source_class, count(*) AS count
        FROM staged ANTI JOIN classed_ USING (rowid_) ANTI JOIN exempt_ USING (rowid_)
        GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3
        LIMIT 20
        """
    )
    report.unclassed = top.to_arrow_table().to_pylist()
