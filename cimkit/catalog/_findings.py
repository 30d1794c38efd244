"""What checks said of a delivery, into the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog import _lake, _lock
from cimkit.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.catalog._catalog import Catalog

__all__ = ["write_findings"]


def write_findings(
    catalog: Catalog,
    delivery_id: str,
    table: pa.Table,
    *,
    status: str | None = None,
    verdict: str | None = None,
    context_hash: str | None = None,
    wait_s: float = 60.0,
) -> int:
    """Put the findings of a delivery in the place of its former ones; return the new version.

    Parameters
    ----------
    table : pa.Table
        Schema ``LAKE["findings"]``.
    status : {"submitted", "accepted", "rejected"}, optional
        New status of the delivery.
    verdict, context_hash : str, optional
        New values of these columns of ``deliveries``.
    wait_s : float
        How long to wait for another writer.

    Raises
    ------
    UsageError
        If there is no such delivery.
    CatalogLocked
        If another process is writing.
    """
    with _lock.writer(catalog.folder, "write findings", wait_s=wait_s):
        con = _lake.open_database(spill=catalog.staging / ".spill")
        try:
            _lake.attach(con, catalog.lake, read_only=False)
            con.execute("BEGIN")
            row = con.execute(
                "SELECT name FROM lake.deliveries WHERE delivery_id = ?", [delivery_id]
            ).fetchone()
            if row is None:
                raise UsageError("no such delivery", got=delivery_id)
            con.execute("DELETE FROM lake.findings WHERE delivery_id = ?", [delivery_id])
            con.register("rows_", table)
            con.execute("INSERT INTO lake.findings BY NAME SELECT * FROM rows_")
            new = {"status": status, "verdict": verdict, "context_hash": context_hash}
            said = {k: v for k, v in new.items() if v is not None}
            if said:
                sets = ", ".join(f"{k} = ?" for k in said)
                con.execute(
                    f"UPDATE lake.deliveries SET {sets} WHERE delivery_id = ?",
                    [*said.values(), delivery_id],
                )
            con.execute(
                "CALL lake.set_commit_message(?, ?)", [_lock.user(), f"findings of {row[0]}"]
            )
            con.execute("COMMIT")
        finally:
            con.close()
    return catalog.version()
