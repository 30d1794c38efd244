"""Classing anew what lies in the lake: for a decision, or for another standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog import _codes
from cimkit.catalog._classes import HIGHEST_LOD, classify
from cimkit.catalog._schema import columns

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["compare", "write"]


def compare(
    con: duckdb.DuckDBPyConnection, standard: Standard, division: str | None, of: str
) -> list[str]:
    """Class objects of the lake anew and compare; nothing is written.

    Makes the temporary tables of `classify` and ``_codes.allocate``, and ``moved_`` (rowid_,
    object_id, old_class, old_level, old_code, class_code, level, asset_code) of the objects whose
    class, level or code would be another.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction, without order of insertion.
    standard : Standard
        By which.
    division : str or None
        Of new codes.
    of : str
        Condition on ``lake.objects AS o``.

    Returns
    -------
    list of str
        What a person should know.
    """
    lods = any(r.lod for r in standard.level_rules)
    own = {"geometry": "ST_AsWKB(o.geometry) AS geometry"}
    said = ", ".join(own.get(c, f"o.{c}") for c in _FACTS)
    con.execute(
        f"""
        CREATE TEMP TABLE ids_ AS
        SELECT row_number() OVER () AS rowid_, o.object_id FROM lake.objects o WHERE {of};
        CREATE TEMP VIEW staged AS
        SELECT i.rowid_, {said} FROM lake.objects o JOIN ids_ i USING (object_id);
        CREATE TEMP TABLE lods_ AS
        SELECT i.rowid_, {HIGHEST_LOD} AS lod FROM lake.geometries g JOIN ids_ i USING (object_id)
        WHERE {lods} GROUP BY i.rowid_
        """
    )
    notes = classify(con, standard) + _codes.allocate(con, standard, division)
    con.execute(
        """
        CREATE TEMP TABLE moved_ AS
        SELECT i.rowid_, i.object_id, o.class_code AS old_class, o.level AS old_level,
            o.asset_code AS old_code, c.class_code, v.level, k.asset_code
        FROM lake.objects o JOIN ids_ i USING (object_id) LEFT JOIN classed_ c USING (rowid_)
        LEFT JOIN levels_ v USING (rowid_) LEFT JOIN coded_ k USING (rowid_)
        WHERE o.class_code IS DISTINCT FROM c.class_code OR o.level IS DISTINCT FROM v.level
            OR o.asset_code IS DISTINCT FROM k.asset_code
        """
    )
    return notes


_FACTS = (
    "kind", "source_layer", "source_key", "source_class", "name", "geometry", "bbox", "height",
    "area_m2", "length_m", "z_min", "z_max", "properties",
)  # fmt: skip
"""What classes and codes depend on."""


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Write what `compare` found. Objects are written in spatial order."""
    con.execute("RESET preserve_insertion_order")
    own = {c: f"m.{c}" for c in ("class_code", "level", "asset_code")}
    said = ", ".join(f"{own.get(c, f'o.{c}')} AS {c}" for c in columns("objects"))
    # Out of the lake and in again, since an update would leave them in no order.
    con.execute(
        f"""
        CREATE TEMP TABLE renewed_ AS
        SELECT {said} FROM lake.objects o JOIN moved_ m USING (object_id);
        DELETE FROM lake.objects WHERE object_id IN (SELECT object_id FROM moved_)
        """
    )
    _insert(
        con,
        "objects",
        """
        WITH box AS (
            SELECT {'min_x': min(bbox.xmin), 'min_y': min(bbox.ymin),
                    'max_x': max(bbox.xmax) + 1e-9, 'max_y': max(bbox.ymax) + 1e-9}::BOX_2D AS box
            FROM renewed_
        )
        SELECT r.* FROM renewed_ r CROSS JOIN box
        ORDER BY ST_Hilbert((bbox.xmin + bbox.xmax) / 2, (bbox.ymin + bbox.ymax) / 2, box),
            object_id
        """,
        "renewed_",
    )
    con.execute(
        """
        CREATE TEMP TABLE reasons_ AS
        SELECT i.object_id, d.scheme, d.edition, d.class_code, d.rule, d.confidence, d.decided_by
        FROM decided_ d JOIN ids_ i USING (rowid_) WHERE d.rule IS NOT NULL
        """
    )
    con.execute("DELETE FROM lake.classifications WHERE object_id IN (SELECT object_id FROM ids_)")
    order = "SELECT * FROM reasons_ ORDER BY object_id, scheme"
    _insert(con, "classifications", order, "reasons_")
    _insert(con, "codes", "SELECT * FROM new_codes_ ORDER BY asset_code", "new_codes_")
    con.execute(
        """
        UPDATE lake.items AS i SET class_code = m.class_code, level = m.level
        FROM (
            SELECT item_id, any_value(object_id) AS object_id FROM lake.objects
            GROUP BY item_id HAVING count(*) = 1
        ) AS one JOIN moved_ m USING (object_id)
        WHERE i.item_id = one.item_id
        """
    )


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: str, of: str) -> None:
    # Not even no rows: see the coordinator about inserts of nothing.
    if con.execute(f"SELECT count(*) FROM {of}").fetchone() != (0,):
        con.execute(f"INSERT INTO lake.{table} BY NAME {rows}")
