"""The history of a catalogue: what was committed, and what changed between two versions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.catalog import _lake
from cimkit.catalog._query import version_of

if TYPE_CHECKING:
    from cimkit.catalog._catalog import Catalog

__all__ = ["diff", "log"]

_LOG = pa.schema(
    [
        ("version", pa.int64()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("author", pa.string()),
        ("message", pa.string()),
        ("delivery_id", pa.string()),
    ]
)


def log(catalog: Catalog) -> pa.Table:
    """Return the versions, newest first: version, time, author, message, delivery_id."""
    with catalog.metadata() as metadata:
        found = metadata.execute(
            """
            SELECT snapshot_id, snapshot_time, author, commit_message, commit_extra_info
            FROM ducklake_snapshot LEFT JOIN ducklake_snapshot_changes USING (snapshot_id)
            WHERE snapshot_id > 0 ORDER BY snapshot_id DESC
            """
        ).fetchall()
    rows = [
        {
            "version": version,
            "time": datetime.fromisoformat(time),
            "author": author,
            "message": message,
            "delivery_id": json.loads(extra).get("delivery_id") if extra else None,
        }
        for version, time, author, message, extra in found
    ]
    return pa.Table.from_pylist(rows, schema=_LOG)


_COMPARED = "object_id, content_hash, class_code, level"


def diff(catalog: Catalog, a: int | str, b: int | str) -> pa.Table:
    """Compare the objects of two versions by their content, class and level.

    Parameters
    ----------
    a, b : int or str
        Versions, or times, as for `query`.

    Returns
    -------
    pa.Table
        object_id, change (``added``, ``removed``, ``changed``; ``reclassed``: as delivered, but of
        another class or level), what (``geometry``, ``attributes`` or ``both``; of what was
        reclassed ``class``, ``level`` or ``both``; else NULL), path, source_layer, source_key,
        name, class_code: as in ``b``, of removed objects as in ``a``; class_before: that in ``a``.
    """
    first, second = version_of(catalog, a), version_of(catalog, b)
    con = _lake.open_database(spill=catalog.staging / ".spill")
    try:
        _lake.attach(con, catalog.lake, read_only=True)
        said = con.execute(
            f"""
            WITH pair AS (
                SELECT coalesce(n.object_id, o.object_id) AS object_id,
                    CASE WHEN o.object_id IS NULL THEN 'added'
                        WHEN n.object_id IS NULL THEN 'removed'
                        WHEN o.content_hash IS NOT DISTINCT FROM n.content_hash
                            THEN 'reclassed' ELSE 'changed' END AS change,
                    CASE WHEN o.object_id IS NULL OR n.object_id IS NULL THEN NULL
                        WHEN o.content_hash IS NOT DISTINCT FROM n.content_hash
                            THEN CASE WHEN o.level IS NOT DISTINCT FROM n.level THEN 'class'
                                WHEN o.class_code IS NOT DISTINCT FROM n.class_code THEN 'level'
                                ELSE 'both' END
                        WHEN o.content_hash[17:] IS NOT DISTINCT FROM n.content_hash[17:]
                            THEN 'geometry'
                        WHEN o.content_hash[1:16] IS NOT DISTINCT FROM n.content_hash[1:16]
                            THEN 'attributes'
                        ELSE 'both' END AS what
                FROM (SELECT {_COMPARED} FROM lake.objects AT (VERSION => {first})) o
                FULL JOIN (SELECT {_COMPARED} FROM lake.objects AT (VERSION => {second})) n
                USING (object_id)
                WHERE o.object_id IS NULL OR n.object_id IS NULL
                    OR o.content_hash IS DISTINCT FROM n.content_hash
                    OR o.class_code IS DISTINCT FROM n.class_code
                    OR o.level IS DISTINCT FROM n.level
            ), {_details("was", first)}, {_details("is_", second)}
            SELECT p.object_id, p.change, p.what,
                coalesce(n.path, o.path) AS path,
                coalesce(n.source_layer, o.source_layer) AS source_layer,
                coalesce(n.source_key, o.source_key) AS source_key,
                coalesce(n.name, o.name) AS name,
                CASE WHEN change = 'removed' THEN o.class_code ELSE n.class_code END AS class_code,
                o.class_code AS class_before
            FROM pair p LEFT JOIN is_ n USING (object_id) LEFT JOIN was o USING (object_id)
            ORDER BY change, path, source_layer, source_key, object_id
            """
        )
        return said.to_arrow_table()
    finally:
        con.close()


def _details(label: str, version: int) -> str:
    return f"""{label} AS (
        SELECT b.object_id, i.path, b.source_layer, b.source_key, b.name, b.class_code
        FROM (FROM lake.objects AT (VERSION => {version})) b SEMI JOIN pair USING (object_id)
        LEFT JOIN (FROM lake.items AT (VERSION => {version})) i ON i.item_id = b.item_id
    )"""
