"""Which of the city's objects a delivery brings again.

=================  ==============================================================================
table              rows
=================  ==============================================================================
city.replaced      datasets delivered that the city has already: dataset_id, city_dataset_id,
                   action (replace, extend, patch)
city.same          objects delivered that the city has already: object_id, city_object_id
=================  ==============================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

    from cimkit.model import Sheet

__all__ = ["known_again"]

# As the catalogue recognises a dataset: by its name, else because half of its keys are known and
# half of those that are have kept shape, attributes or place (about 100 m). Numbers alone are no
# proof: every layer has a 1 and a 2.
_DATASETS = """
CREATE TABLE city.replaced AS
WITH total AS (SELECT dataset_id, count(*) AS total FROM objects GROUP BY ALL),
named AS (
    SELECT m.dataset_id, c.dataset_id AS city_dataset_id
    FROM (SELECT DISTINCT dataset_id, name FROM datasets SEMI JOIN items USING (dataset_id)) m
    JOIN city.datasets c ON c.dataset_id = m.dataset_id OR c.name = m.name
), hit AS (
    SELECT m.dataset_id, c.dataset_id AS city_dataset_id, m.object_id,
           bool_or(coalesce(c.content_hash[1:16] = m.content_hash[1:16]
                OR c.content_hash[17:] = m.content_hash[17:]
                OR (abs(c.x - (m.bbox.xmin + m.bbox.xmax) / 2) < 0.001
                    AND abs(c.y - (m.bbox.ymin + m.bbox.ymax) / 2) < 0.001), false)) AS kept
    FROM objects m JOIN city.objects c USING (kind, source_key) GROUP BY ALL
), share AS (
    SELECT dataset_id, city_dataset_id, count(*) / any_value(total) AS share, count(*) AS hits
    FROM hit JOIN total USING (dataset_id) GROUP BY ALL
    HAVING share >= 0.5 AND count(*) FILTER (kept) * 2 >= count(*)
), best AS (
    SELECT dataset_id, city_dataset_id, 2.0 AS share, 0 AS hits FROM named
    UNION ALL FROM share
)
SELECT dataset_id, city_dataset_id, 'replace' AS action FROM best
QUALIFY row_number() OVER (PARTITION BY dataset_id ORDER BY share DESC, hits DESC,
        city_dataset_id) = 1
    AND row_number() OVER (PARTITION BY city_dataset_id ORDER BY share DESC, hits DESC,
        dataset_id) = 1
"""

# By layer and key; layers that are called after the day of their delivery by key alone.
_SAME = """
CREATE TABLE city.same AS
WITH pair AS (
    SELECT m.object_id, c.object_id AS city_object_id,
           m.object_id = c.object_id OR coalesce(m.source_layer, '') = coalesce(c.source_layer, '')
               AS by_layer
    FROM objects m JOIN city.replaced r USING (dataset_id)
    JOIN city.objects c
        ON c.dataset_id = r.city_dataset_id AND c.kind = m.kind AND c.source_key = m.source_key
), told AS (
    SELECT *, count(*) OVER (PARTITION BY object_id) AS mine,
           count(*) OVER (PARTITION BY city_object_id) AS theirs FROM pair
)
SELECT object_id, city_object_id FROM told WHERE by_layer OR (mine = 1 AND theirs = 1)
QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY by_layer DESC, city_object_id) = 1
"""


def known_again(con: duckdb.DuckDBPyConnection, sheet: Sheet | None) -> None:
    """Make the tables ``city.replaced`` and ``city.same``.

    Parameters
    ----------
    con
        Its default schema shows a delivery, ``city`` the package.
    sheet
        Says of datasets whether they replace, extend or patch what there is.
    """
    con.execute(_DATASETS)
    con.execute(_SAME)
    if sheet is None or not any(row.declared.action for row in sheet.rows):
        return
    rows = con.execute(
        "SELECT dataset_id, min(path) FROM items SEMI JOIN city.replaced USING (dataset_id)"
        " GROUP BY ALL"
    ).fetchall()
    said = [(of, sheet.declared(path).action or "replace") for of, path in rows]
    given = pa.table(
        {"dataset_id": [of for of, _ in said], "action": [action for _, action in said]},
        schema=pa.schema([("dataset_id", pa.string()), ("action", pa.string())]),
    )
    con.register("actions_given", given)
    con.execute(
        "UPDATE city.replaced SET action = a.action FROM actions_given a"
        " WHERE a.dataset_id = replaced.dataset_id"
    )
    con.unregister("actions_given")
