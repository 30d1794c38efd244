"""What is the same thing, city-wide: 170,000 buildings in GIS and again as city models.

The floor is what no way of doing it can leave out: reading both outlines of each building from the
lake and finding whose boxes meet.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from meter import measure, show

from cimkit.catalog import create
from cimkit.catalog._lake import literal
from cimkit.catalog._same_as import relate
from cimkit.catalog._transaction import transaction

_SIDE = 1.2e-4  # degrees: a house of 12 m in a row of houses

_ROWS = """
INSERT INTO lake.objects BY NAME
SELECT {kind} || '-' || i AS object_id, 'd' AS dataset_id, {kind} AS item_id, {kind} AS kind,
    {layer} AS source_layer, {sort} AS source_class, '50' AS class_code, 'CIM2' AS level,
    {kind} || i AS source_key, '{{"floors": 3}}' AS properties, 9.0 AS height, 144.0 AS area_m2,
    {{'xmin': x, 'ymin': y, 'xmax': x + {side}, 'ymax': y + {side}}} AS bbox,
    ST_GeomFromText(format('POLYGON (({{0}} {{1}}, {{2}} {{1}}, {{2}} {{4}}, {{3}} {{4}}, '
        '{{3}} {{5}}, {{0}} {{5}}, {{0}} {{1}}))',
        x, y, x + {side}, x + {side} / 2, y + {side} / 2, y + {side})) AS geometry
FROM (SELECT i, 106.4 + (i % 600) * {side} * 1.1 + {off} AS x,
    29.5 + floor(i / 600) * {side} * 1.5 + {off} AS y FROM range({count}) t(i))
"""
_ITEM = "INSERT INTO lake.items (item_id, path, kind) VALUES ({0}, {0}, {0})"


def main() -> None:
    """Join all buildings, then again after one delivery of a hundred."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--buildings", type=int, default=170_000)
    count = parser.parse_args().buildings
    with TemporaryDirectory() as folder:
        catalog = create(Path(folder) / "city")
        with transaction(catalog) as con:
            for kind, layer, sort, off in (
                ("gis", "'building'", "'building'", 0.0),
                ("citymodel", "NULL", "'Building'", 1e-5),
            ):
                said = literal(kind)
                con.execute(
                    _ROWS.format(
                        kind=said, layer=layer, sort=sort, off=off, count=count, side=_SIDE
                    )
                )
                con.execute(_ITEM.format(said))

            def floor() -> int:
                import shapely

                wkb = con.execute(
                    "SELECT kind = 'gis', ST_AsWKB(geometry) AS g FROM lake.objects"
                ).to_arrow_table()
                shapes = shapely.from_wkb(wkb["g"].to_numpy(zero_copy_only=False))
                return len(shapely.STRtree(shapes).query(shapes)[0])

            steps = [measure("outlines read, boxes met", floor)[0]]
            steps.append(measure("all joined", lambda: relate(con, None))[0])
            (joined,) = con.execute("SELECT count(*) FROM lake.same_as").fetchone() or (0,)
            con.execute(
                "CREATE TEMP TABLE some_ AS SELECT object_id FROM lake.objects "
                "WHERE kind = 'citymodel' ORDER BY object_id LIMIT 100"
            )
            step, again = measure("joined again around 100", lambda: relate(con, None, "some_"))
            steps.append(step)
    show(f"{count:,} buildings twice: {joined:,} pairs; {again:,} compared again", steps)


if __name__ == "__main__":
    main()
