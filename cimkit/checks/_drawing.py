"""Objects to be looked at by people: a sample that both sides draw alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._sample import seed_of
from cimkit.checks._sql import quote
from cimkit.errors import UsageError

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["STRATA", "sample"]

STRATA = {
    "all": "''",
    "class": "coalesce(class_code, '')",
    "kind": "kind",
    "layer": "coalesce(source_layer, '')",
    "path": "path",
    "cell": "concat(floor((bbox.xmin + bbox.xmax) / 2 / {cell}), ' ',"
    " floor((bbox.ymin + bbox.ymax) / 2 / {cell}))",
}
"""What the objects may be divided by before so many of each part are drawn."""


def sample(
    catalog: Catalog,
    *,
    size: int = 0,
    share: float = 0.0,
    by: str = "class",
    cell: float = 0.01,
    class_code: str | None = None,
    kind: str | None = None,
    delivery: str | None = None,
    seed: str = "",
) -> tuple[str, pa.Table]:
    """Draw objects for people to look at.

    Those are drawn whose SHA-256 of seed, file, layer and key is smallest: whoever has the same
    delivery and the same seed draws the same objects, in whatever catalogue they are.

    Parameters
    ----------
    catalog
        The catalogue.
    size
        Objects of each part.
    share
        Share of each part in %, rounded up; with `size`, at least so many.
    by
        What divides the objects into parts: all, class, kind, layer, path or cell.
    cell
        Side of a cell in degrees.
    class_code, kind, delivery
        Draw from these only; a class stands for those under it.
    seed
        Any text; "": it follows from the delivered bytes and the standard.

    Returns
    -------
    str
        The seed.
    pyarrow.Table
        part, of (objects the part has), path, layer, place, source_key, class_code, name, x, y
        (CRS84 degrees), object_id; by part, then file.

    Raises
    ------
    UsageError
        If neither size nor share says how many, or there is no such division.
    """
    if by not in STRATA:
        raise UsageError("no such division", got=by, expected=", ".join(STRATA))
    if (size <= 0 and not 0 < share <= 100) or cell <= 0:
        raise UsageError("how many?", mend="Give a size, or a share of more than 0 and up to 100.")
    standard = catalog.standard()
    where = ["status = 'ok'"]
    if kind is not None:
        where.append(f"o.kind = {quote(kind)}")
    if delivery is not None:
        where.append(f"o.delivery_id = {quote(delivery)}")
    if class_code is not None:
        codes = sorted(standard.under((class_code,), standard.scheme)) if standard else []
        listed = ", ".join(quote(c) for c in codes or [class_code])
        where.append(f"o.class_code IN ({listed})")
    with catalog.connect() as con:
        files = con.execute("SELECT path, sha256 FROM items").to_arrow_table().to_pylist()
        seed = seed or seed_of(files, standard.hash if standard else "")
        found = con.execute(
            f"""WITH known AS (
                SELECT o.*, i.path FROM objects o JOIN items i USING (item_id)
                WHERE {" AND ".join(where)}),
            drawn AS (
                SELECT *, {STRATA[by].format(cell=float(cell))} AS part,
                       sha256(concat_ws(chr(31), $seed, path, coalesce(source_layer, ''),
                              coalesce(source_key, ''), coalesce(place, ''))) AS mark
                FROM known),
            ranked AS (
                SELECT *, count(*) OVER (PARTITION BY part) AS total,
                       row_number() OVER (PARTITION BY part ORDER BY mark, object_id) AS n
                FROM drawn)
            SELECT part, total AS "of", path, source_layer AS layer, place, source_key, class_code,
                   name, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                   object_id
            FROM ranked WHERE n <= greatest($size, ceil(total * $share / 100))
            ORDER BY part, path, layer, place, object_id""",
            {"seed": seed, "size": int(size), "share": float(share)},
        ).to_arrow_table()
    return seed, found
