"""Keep the crosswalk of two standards in the lake, where queries find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog import _lock, _standards
from cimkit.catalog._transaction import commit_as, transaction

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
    with _lock.writer(catalog.folder, "crosswalk"), transaction(catalog) as con:
        con.execute("DELETE FROM lake.crosswalk WHERE standard IN (?, ?)", [pair, back])
        _standards.insert(con, "crosswalk", rows.select(LAKE["crosswalk"].names))
        said = f"crosswalk {pair}: {rows.num_rows} rows"
        return commit_as(con, author or _lock.user(), said, {"crosswalk": pair})
