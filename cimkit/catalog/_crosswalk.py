"""Keep the crosswalk of two standards in the lake, where queries find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog import _lake, _lock, _schema, _standards
from cimkit.catalog._catalog import newest

if TYPE_CHECKING:
    from cimkit.catalog._catalog import Catalog
    from cimkit.standard import Crosswalk

__all__ = ["save_crosswalk"]


def save_crosswalk(catalog: Catalog, found: Crosswalk, *, author: str | None = None) -> int:
    """Write a crosswalk into the table ``crosswalk``, in the place of an earlier one of the two.

    From then on ``translate_class``, ``translations`` and ``objects_as`` know it, in both
    directions.

    Parameters
    ----------
    catalog : Catalog
        Where to.
    found : Crosswalk
        From `cimkit.standard.crosswalk`.
    author : str, optional
        Who saves it; without it the user of this machine.

    Returns
    -------
    int
        The version that has it.

    Raises
    ------
    CatalogLocked
        If another process is writing.
    """
    import pyarrow as pa

    from cimkit.model import LAKE

    pair, back = f"{found.a} > {found.b}", f"{found.b} > {found.a}"
    rows = found.table.append_column("standard", pa.array([pair] * found.table.num_rows))
    with _lock.writer(catalog.folder, "crosswalk"):
        con = _lake.open_database()
        try:
            _lake.attach(con, catalog.lake, read_only=False)
            con.execute("BEGIN")
            _schema.complete(con)
            con.execute("DELETE FROM lake.crosswalk WHERE standard IN (?, ?)", [pair, back])
            _standards.insert(con, "crosswalk", rows.select(LAKE["crosswalk"].names))
            said = f"crosswalk {pair}: {rows.num_rows} rows"
            con.execute("CALL lake.set_commit_message(?, ?)", [author or _lock.user(), said])
            con.execute("COMMIT")
            return newest(con)
        finally:
            con.close()
