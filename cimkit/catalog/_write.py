"""Writing a delivery into the lake: each table once, in spatial order, without updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.catalog._details import details
from cimkit.catalog._items import item_rows
from cimkit.catalog._schema import columns
from cimkit.catalog._sources import files
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._sources import Group, Row

__all__ = ["load", "remove", "write"]

_DECLARED = ("owner", "producer", "licence", "access")
"""Columns of ``datasets`` that the delivery sheet says."""
_FILES_A_SCAN = 500


def load(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Make the temporary table ``staged``: the fresh objects, with n and a rowid_ that lasts."""
    from cimkit.model import empty

    given = files(rows, "objects")
    con.register("none_", empty("objects"))
    con.execute("CREATE TEMP TABLE staged AS SELECT 0::BIGINT n, 0::BIGINT rowid_, * FROM none_")
    con.unregister("none_")
    con.register("files_", given)
    paths = given["file"].unique().to_pylist()
    # A delivery may be of many files: what one scan holds of each adds up.
    for start in range(0, len(paths), _FILES_A_SCAN):
        con.execute(
            """
            INSERT INTO staged BY NAME
            SELECT s.n, (s.n << 32) + r.file_row_number - s.first AS rowid_,
                r.* EXCLUDE (filename, file_row_number)
            FROM read_parquet($1, filename = true, file_row_number = true) r
            JOIN files_ s ON r.filename = s.file
                AND r.file_row_number >= s.first AND r.file_row_number < s.after
            """,
            [paths[start : start + _FILES_A_SCAN]],
        )
    con.unregister("files_")


def remove(con: duckdb.DuckDBPyConnection) -> None:
    """Take out what gives way, before the new rows come.

    ``leaving_`` (item_id) holds items that go for good, ``gone_`` (object_id) objects that are
    retired or written anew. Codes stay for ever.
    """
    for table in ("objects", "geometries", "placements", "relations", "classifications"):
        con.execute(f"DELETE FROM lake.{table} WHERE object_id IN (SELECT object_id FROM gone_)")
    for table in ("items", "measures"):
        con.execute(f"DELETE FROM lake.{table} WHERE item_id IN (SELECT item_id FROM replaced_)")


def write(
    con: duckdb.DuckDBPyConnection,
    rows: list[Row],
    groups: list[Group],
    delivery: dict[str, Any],
) -> None:
    """Write everything of a delivery. Needs the temporary tables of the steps before.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction, after `remove`.
    rows, groups
        The sources and their datasets, ids set.
    delivery : dict
        Row of ``deliveries``, and ``root``.
    """
    _order(con)
    _objects(con, delivery)
    details(con, rows)
    con.execute("INSERT INTO lake.codes SELECT * FROM new_codes_ ORDER BY asset_code")
    _items(con, rows, delivery)
    _datasets(con, groups, rows, delivery)
    said = {k: v for k, v in delivery.items() if k != "root"}
    names = ", ".join(said)
    marks = ", ".join("?" for _ in said)
    con.execute(f"INSERT INTO lake.deliveries ({names}) VALUES ({marks})", list(said.values()))


def _order(con: duckdb.DuckDBPyConnection) -> None:
    """Place each object on a Hilbert curve over the delivery, so that row groups are local."""
    con.execute(
        """
        CREATE TEMP TABLE placed_ AS
        WITH box AS (
            SELECT {'min_x': min(bbox.xmin), 'min_y': min(bbox.ymin),
                    'max_x': max(bbox.xmax) + 1e-9, 'max_y': max(bbox.ymax) + 1e-9}::BOX_2D AS box
            FROM staged
        )
        SELECT i.*, ST_Hilbert((t.bbox.xmin + t.bbox.xmax) / 2, (t.bbox.ymin + t.bbox.ymax) / 2,
            box) AS h
        FROM ids_ i JOIN staged t USING (rowid_) CROSS JOIN box
        """
    )


def _objects(con: duckdb.DuckDBPyConnection, delivery: dict[str, Any]) -> None:
    own = {
        "object_id": "i.object_id",
        "dataset_id": "i.dataset_id",
        "item_id": "s.item_id",
        "delivery_id": "$delivery_id",
        "parent_id": "p.object_id",
        "class_code": "c.class_code",
        "asset_code": "k.asset_code",
        "level": "v.level",
        "district": "NULL",
        "access": "s.access",
        # A loader is trusted to write WKB, but one bad row must not cost the delivery.
        "geometry": "TRY(ST_GeomFromWKB(t.geometry))",
    }
    said = ", ".join(f"{own.get(c, f't.{c}')} AS {c}" for c in columns("objects"))
    con.execute(
        f"""
        INSERT INTO lake.objects BY NAME
        SELECT {said}
        FROM staged t JOIN placed_ i USING (rowid_) JOIN source_ s ON s.n = t.n
        LEFT JOIN classed_ c USING (rowid_) LEFT JOIN coded_ k USING (rowid_)
        LEFT JOIN levels_ v USING (rowid_)
        LEFT JOIN (
            SELECT n, key, min(object_id) AS object_id FROM ids_
            WHERE (n, key) IN (SELECT (n, parent_key) FROM staged WHERE parent_key IS NOT NULL)
            GROUP BY ALL
        ) p ON p.n = t.n AND p.key = t.parent_key
        ORDER BY i.h, i.object_id
        """,
        {"delivery_id": delivery["delivery_id"]},
    )
    con.execute(
        """
        INSERT INTO lake.classifications BY NAME
        SELECT i.object_id, d.scheme, d.edition, d.class_code, d.rule, d.confidence, d.decided_by
        FROM decided_ d JOIN placed_ i USING (rowid_) WHERE d.rule IS NOT NULL
        ORDER BY i.h, i.object_id, d.scheme
        """
    )


def _items(con: duckdb.DuckDBPyConnection, rows: list[Row], delivery: dict[str, Any]) -> None:
    con.register("rows_", item_rows(rows))
    own = {
        "delivery_id": "$delivery_id",
        "root": "$root",
        "class_code": "o.class_code",
        "level": "o.level",
        "geometry": "coalesce(TRY(ST_GeomFromWKB(r.footprint)), CASE WHEN l.bbox IS NULL THEN NULL "
        "WHEN l.bbox.xmin = l.bbox.xmax AND l.bbox.ymin = l.bbox.ymax "
        "THEN ST_Point(l.bbox.xmin, l.bbox.ymin) "
        "ELSE ST_MakeEnvelope(l.bbox.xmin, l.bbox.ymin, l.bbox.xmax, l.bbox.ymax) END)",
        "bbox": "l.bbox",
        "z_min": "l.z_min",
        "z_max": "l.z_max",
        "observed_start": "TRY_CAST(r.observed_start AS TIMESTAMPTZ)",
        "observed_end": "TRY_CAST(r.observed_end AS TIMESTAMPTZ)",
    }
    said = ", ".join(f"{own.get(c, f'r.{c}')} AS {c}" for c in columns("items"))
    # A source that is one object (a cloud, a photograph, a raster) has the class of that object.
    # It lies where its objects do: of a model, the probe saw the origins of placements only.
    con.execute(
        f"""
        INSERT INTO lake.items BY NAME
        WITH united AS (
            SELECT n, min(bbox.xmin) AS west, min(bbox.ymin) AS south,
                max(bbox.xmax) AS east, max(bbox.ymax) AS north,
                min(z_min) FILTER (isfinite(z_min)) AS z_min,
                max(z_max) FILTER (isfinite(z_max)) AS z_max
            FROM staged GROUP BY n
        ), lies AS (
            SELECT r.n, coalesce(u.z_min, r.z_min) AS z_min, coalesce(u.z_max, r.z_max) AS z_max,
                CASE WHEN u.west IS NOT NULL AND r.footprint IS NULL THEN
                    {{'xmin': u.west, 'ymin': u.south, 'xmax': u.east, 'ymax': u.north}}
                WHEN r.west IS NOT NULL THEN
                    {{'xmin': r.west, 'ymin': r.south, 'xmax': r.east, 'ymax': r.north}} END AS bbox
            FROM rows_ r LEFT JOIN united u USING (n)
        )
        SELECT {said} FROM rows_ r JOIN lies l USING (n)
        LEFT JOIN (
            SELECT i.n, any_value(c.class_code) AS class_code, any_value(v.level) AS level
            FROM ids_ i LEFT JOIN classed_ c USING (rowid_) LEFT JOIN levels_ v USING (rowid_)
            GROUP BY i.n HAVING count(*) = 1
        ) o USING (n)
        ORDER BY r.n
        """,
        {"delivery_id": delivery["delivery_id"], "root": delivery["root"]},
    )
    con.unregister("rows_")
    con.execute(
        """
        INSERT INTO lake.lineage
        SELECT DISTINCT s.item_id, o.item_id, 'replaces'
        FROM matched_ m JOIN old_ o USING (object_id) JOIN ids_ i ON i.rowid_ = m.rowid_
        JOIN source_ s ON s.n = i.n ORDER BY ALL
        """
    )


def _datasets(
    con: duckdb.DuckDBPyConnection,
    groups: list[Group],
    rows: list[Row],
    delivery: dict[str, Any],
) -> None:
    """Write the datasets that are new; of the others what the sheet says of them now."""
    there = {r[0] for r in con.execute("SELECT dataset_id FROM lake.datasets").fetchall()}
    together: dict[str, list[Group]] = {}
    for group in groups:
        together.setdefault(group.dataset_id, []).append(group)
    made, said = [], []
    for dataset_id, parts in together.items():
        declared = [r.staged.declared for g in parts for r in g.rows]
        row: dict[str, Any] = {"dataset_id": dataset_id}
        for name in _DECLARED:
            row[name] = next((v for d in declared if (v := getattr(d, name))), None)
        if dataset_id in there:
            said.append(row)
        else:
            row |= {"name": parts[0].name, "recognised_by": parts[0].recognised_by}
            row |= {"access": row["access"] or "public", "standard": delivery["standard"]}
            made.append(row)
    schema = LAKE["datasets"]
    con.register("said_", pa.Table.from_pylist(said, schema=schema))
    news = ", ".join(f"{c} = coalesce(s.{c}, d.{c})" for c in _DECLARED)
    other = " OR ".join(f"coalesce(s.{c}, d.{c}) IS DISTINCT FROM d.{c}" for c in _DECLARED)
    con.execute(
        f"UPDATE lake.datasets AS d SET {news} FROM said_ AS s "
        f"WHERE s.dataset_id = d.dataset_id AND ({other})"
    )
    con.unregister("said_")
    con.register("rows_", pa.Table.from_pylist(made, schema=schema))
    con.execute("INSERT INTO lake.datasets BY NAME SELECT * FROM rows_")
    con.unregister("rows_")
