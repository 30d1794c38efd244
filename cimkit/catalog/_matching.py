"""Which delivered object is which object of before, within a recognised dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog._identity import NAMESPACE

if TYPE_CHECKING:
    import duckdb

__all__ = ["match", "uuid5_sql"]

# What to compare, and of which fresh objects. Each step joins only what is alone in having its
# value, in the dataset, on both sides, and what no step before has joined. The names of layers
# stand back: that of a shapefile is its file name, which changes with every delivery.
_GEOMETRY, _ATTRIBUTES = "content_hash[1:16]", "content_hash[17:]"
_STRONG = "key_origin IN ('globalid', 'hash', 'sha256')"
_STEPS = (
    ("source_key, content_hash", "true"),
    ("unit, source_key", "unit IS NOT NULL"),
    ("source_key", f"unit IS NULL OR {_STRONG}"),
    (_GEOMETRY, "key_origin = 'hash'"),
    (_ATTRIBUTES, "key_origin = 'hash'"),
)


def match(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary tables ``old_``, ``matched_`` and ``ids_``.

    Needs ``staged`` (the objects, with n and rowid_), ``source_`` (n, g, dataset_id, path) and
    ``leaving_`` (item_id of items that may give way to this delivery).

    ``old_`` holds the objects that may be met again, ``matched_`` (rowid_, object_id, old_hash)
    those that were, ``ids_`` (rowid_, n, layer, key, dataset_id, object_id) every fresh object.
    """
    con.execute(
        """
        CREATE TEMP TABLE old_ AS
        SELECT o.object_id, o.dataset_id, o.item_id, coalesce(o.source_layer, '') AS layer,
            o.source_key, o.content_hash, NULL::BIGINT AS unit
        FROM lake.objects o WHERE o.item_id IN (SELECT item_id FROM leaving_);
        CREATE TEMP TABLE fresh_ AS
        SELECT t.rowid_, s.dataset_id, t.n, coalesce(t.source_layer, '') AS layer,
            t.source_key, t.key_origin, t.content_hash, NULL::BIGINT AS unit
        FROM staged t JOIN source_ s USING (n);
        CREATE TEMP TABLE matched_ (rowid_ BIGINT, object_id VARCHAR, old_hash VARCHAR);
        """
    )
    before = con.execute("SELECT count(*) FROM old_").fetchone()
    steps = _STEPS if before != (0,) else ()
    for step, (keys, of) in enumerate(steps):
        if step == 1:
            _pair_layers(con)
        names = [f"k{i}" for i in range(keys.count(", ") + 1)]
        given = ", ".join(f"{key} AS {k}" for key, k in zip(keys.split(", "), names, strict=True))
        present = " AND ".join(f"{k} IS NOT NULL" for k in names)
        con.execute(
            f"""
            INSERT INTO matched_
            WITH f AS (
                SELECT dataset_id, {given}, any_value(rowid_) AS rowid_
                FROM fresh_ ANTI JOIN matched_ USING (rowid_) WHERE {of}
                GROUP BY ALL HAVING count(*) = 1
            ), o AS (
                SELECT dataset_id, {given}, any_value(object_id) AS object_id,
                    any_value(content_hash) AS old_hash
                FROM old_ ANTI JOIN matched_ USING (object_id)
                GROUP BY ALL HAVING count(*) = 1
            )
            SELECT rowid_, object_id, old_hash FROM f JOIN o USING (dataset_id, {", ".join(names)})
            WHERE {present}
            """
        )
    _name(con)


def _pair_layers(con: duckdb.DuckDBPyConnection) -> None:
    """Number the layers that are the same before and now, so that their keys can be compared.

    Numbers in key fields repeat from layer to layer; which layer is which is told by the objects
    that have not changed, else by a name that only one layer has.
    """
    # The votes do not join on the dataset too: the planner would begin with it, a cross product.
    con.execute(
        """
        CREATE TEMP TABLE units_ AS
        WITH votes AS (
            SELECT f.dataset_id, f.n, f.layer, o.item_id, o.layer AS old_layer, count(*) AS votes
            FROM matched_ m JOIN fresh_ f USING (rowid_) JOIN old_ o USING (object_id)
            GROUP BY ALL
        ), ranked AS (
            SELECT *,
                row_number() OVER (PARTITION BY n, layer
                    ORDER BY votes DESC, layer <> old_layer, item_id, old_layer) AS mine,
                row_number() OVER (PARTITION BY item_id, old_layer
                    ORDER BY votes DESC, layer <> old_layer, n, layer) AS theirs
            FROM votes
        )
        SELECT dataset_id, n, layer, item_id, old_layer FROM ranked WHERE mine = 1 AND theirs = 1;
        INSERT INTO units_
        WITH f AS (
            SELECT dataset_id, layer, any_value(n) AS n FROM (
                SELECT DISTINCT dataset_id, n, layer FROM fresh_ ANTI JOIN units_ USING (n, layer))
            GROUP BY ALL HAVING count(*) = 1
        ), o AS (
            SELECT dataset_id, layer, any_value(item_id) AS item_id FROM (
                SELECT DISTINCT dataset_id, item_id, layer FROM old_
                ANTI JOIN (SELECT item_id, old_layer AS layer FROM units_) USING (item_id, layer))
            GROUP BY ALL HAVING count(*) = 1
        )
        SELECT dataset_id, n, layer, item_id, layer FROM f JOIN o USING (dataset_id, layer);
        CREATE TEMP TABLE numbered_ AS
            SELECT row_number() OVER (ORDER BY n, layer) AS unit, * FROM units_;
        UPDATE fresh_ SET unit = u.unit FROM numbered_ u
            WHERE fresh_.n = u.n AND fresh_.layer = u.layer;
        UPDATE old_ SET unit = u.unit FROM numbered_ u
            WHERE old_.item_id = u.item_id AND old_.layer = u.old_layer;
        """
    )


def uuid5_sql(digest: str) -> str:
    """Return SQL that makes a UUID of version 5 from the SHA-1 digest (hexadecimal) in a column."""
    variant = f"substr('89ab89ab89ab89ab', ('0x' || {digest}[17])::INTEGER + 1, 1)"
    return (
        f"{digest}[1:8] || '-' || {digest}[9:12] || '-5' || {digest}[14:16] || '-' || "
        f"{variant} || {digest}[18:20] || '-' || {digest}[21:32]"
    )


def _name(con: duckdb.DuckDBPyConnection) -> None:
    """Give every fresh object its id: that of before, or one made of dataset and source key.

    Where keys repeat within the dataset the layer is added, then the path and a number.
    """
    names = (
        "source_key",
        "layer || chr(10) || source_key",
        "path || chr(10) || layer || chr(10) || source_key",
        "path || chr(10) || layer || chr(10) || source_key || chr(10) || rank",
    )
    con.execute(
        """
        CREATE TEMP TABLE ids_ AS
        SELECT rowid_, n, layer, source_key AS key, dataset_id, object_id
        FROM fresh_ JOIN matched_ USING (rowid_);
        CREATE TEMP TABLE nameless_ AS
        SELECT f.rowid_, f.n, f.layer, coalesce(f.source_key, '') AS source_key, f.dataset_id,
            s.path, row_number() OVER (PARTITION BY f.n, f.layer, f.source_key ORDER BY f.rowid_)
                AS rank
        FROM fresh_ f JOIN source_ s USING (n) ANTI JOIN matched_ USING (rowid_);
        CREATE TEMP TABLE used_ AS
        SELECT object_id FROM lake.objects
            WHERE dataset_id IN (SELECT DISTINCT dataset_id FROM source_);
        """
    )
    for step, text in enumerate(names):
        last = step == len(names) - 1
        con.execute(
            f"""
            INSERT INTO ids_
            WITH hashed AS (
                SELECT *, sha1(unhex('{NAMESPACE.hex}') || encode(
                    'object' || chr(10) || dataset_id || chr(10) || {text})) AS h
                FROM nameless_ ANTI JOIN ids_ USING (rowid_)
            ), named AS (SELECT *, {uuid5_sql("h")} AS object_id FROM hashed)
            SELECT rowid_, n, layer, source_key, dataset_id, object_id
            FROM named ANTI JOIN (
                SELECT object_id FROM used_ UNION ALL SELECT object_id FROM ids_
            ) USING (object_id)
            {"" if last else "QUALIFY count(*) OVER (PARTITION BY object_id) = 1"}
            """
        )
