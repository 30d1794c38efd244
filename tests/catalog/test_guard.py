from __future__ import annotations

import pytest

from cimkit.catalog._guard import guard
from cimkit.errors import QueryError, QueryRefused

TABLES = {"objects", "items", "class_0118_street_lamp"}

GOOD = [
    "SELECT kind, class_code, count(*) FROM objects GROUP BY ALL ORDER BY 3 DESC LIMIT 20",
    "FROM objects",
    "WITH a AS (SELECT 1 AS x) SELECT * FROM a JOIN objects o ON o.z_min = a.x",
    "WITH RECURSIVE t AS (SELECT 1 n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t",
    "SELECT list_transform([1, 2], x -> x + 1), properties->>'$.a', name ILIKE '%a%' FROM items",
    "SELECT * FROM objects WHERE bbox.xmin > 1 AND ST_Intersects(geometry, ST_Point(1, 2))",
    "SELECT distance_m(a.geometry, b.geometry) FROM objects a, objects b",
    "SELECT * FROM class_in('x', '01')",
    "SELECT row_number() OVER (PARTITION BY kind ORDER BY name) FROM objects QUALIFY 1 = 1",
    "SELECT * FROM range(3), generate_series(1, 2), unnest([1]), json_each('{}')",
    "SELECT CASE WHEN name IS NULL THEN 1 END, coalesce(name, 'x'), name || 'y', -1, NOT true, "
    "name BETWEEN 'a' AND 'b', name IN ('a'), EXISTS (SELECT 1), now(), CAST(1 AS VARCHAR), "
    "split_part(name, ',', 1), bbox['xmin'], [1, 2][1:2], DATE '2020-01-01' + INTERVAL 1 DAY "
    "FROM objects",
    "SELECT count(*) FILTER (kind = 'gis'), median(height), string_agg(name, ',' ORDER BY name), "
    "quantile_cont(height, 0.5), mode(kind), any_value(name), max_by(name, height) FROM objects",
    "SELECT * FROM objects UNION ALL BY NAME SELECT * FROM items",
    "VALUES (1, 2)",
    "SELECT * EXCLUDE (geometry) REPLACE (upper(name) AS name), COLUMNS('z_.*') FROM objects",
    "SELECT * FROM objects USING SAMPLE 10",
    "SELECT * FROM objects o LEFT JOIN LATERAL (SELECT 1 FROM items i WHERE i.item_id = o.item_id)"
    " ON true",
]

BAD = [
    "SELECT * FROM sqlite_scan('x.sqlite', 't')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('x.parquet')",
    "SELECT * FROM '/etc/passwd.csv'",
    'SELECT * FROM "a.parquet"',
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('objects')",
    "SELECT * FROM histogram('objects', name)",
    "SELECT * FROM ducklake_cleanup_old_files('lake', dry_run => true)",
    "CALL ducklake_cleanup_old_files('lake')",
    "COPY objects TO 'x.csv'",
    "COPY (SELECT 1) TO 'x.csv'",
    "ATTACH 'x.db'",
    "PRAGMA database_list",
    "SET memory_limit = '1TB'",
    "INSTALL httpfs",
    "LOAD spatial",
    "DELETE FROM objects",
    "CREATE TABLE x AS SELECT 1",
    "EXPLAIN SELECT 1",
    "DESCRIBE objects",
    "SHOW TABLES",
    "SUMMARIZE objects",
    "SELECT * FROM (DESCRIBE objects)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM objects",
    "",
    "SELECT * FROM lake.objects",
    "SELECT * FROM lake.main.objects",
    "SELECT * FROM __ducklake_metadata_lake.ducklake_snapshot",
    "SELECT * FROM __ducklake_metadata_lake.main.ducklake_data_file",
    "SELECT * FROM lake.snapshots()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM st_read('x.shp')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM objects WHERE name IN (SELECT filename FROM read_blob('/etc/*'))",
    "WITH a AS (SELECT * FROM read_csv('x')) SELECT * FROM a",
    "WITH a AS MATERIALIZED (SELECT * FROM sqlite_scan('x', 'y')) SELECT 1",
    'SELECT * FROM (WITH "/etc/p.csv" AS (SELECT 1) SELECT 1), "/etc/p.csv"',
    "SELECT list_transform([1], x -> getenv('HOME'))",
    "SELECT 1 ORDER BY (SELECT count(*) FROM read_csv('x'))",
    "SELECT 1 LIMIT (SELECT count(*) FROM read_csv('x'))",
    "SELECT count(*) OVER (ORDER BY getenv('HOME')) FROM objects",
    "SELECT count(*) FILTER (WHERE getenv('HOME') = '') FROM objects",
    "SELECT sum(1) FROM objects GROUP BY getenv('x') HAVING getenv('x') = ''",
    "SELECT * FROM objects QUALIFY getenv('x') = ''",
    "SELECT * FROM objects o JOIN items i ON getenv('x') = i.name",
    "SELECT DISTINCT ON (getenv('x')) * FROM objects",
    "VALUES (getenv('x'))",
    "SELECT * REPLACE (getenv('x') AS name) FROM objects",
    "SELECT CASE WHEN true THEN getenv('x') END",
    "SELECT main.getenv('x')",
    "SELECT system.main.getenv('x')",
    "SELECT * FROM objects UNION SELECT * FROM read_csv('x')",
    "SELECT * FROM objects AT (VERSION => 1)",
    "SELECT nextval('s')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "PIVOT objects ON kind",
]


@pytest.mark.parametrize("sql", GOOD)
def test_lets_through(sql: str) -> None:
    guard(sql, TABLES)


@pytest.mark.parametrize("sql", BAD)
def test_refuses(sql: str) -> None:
    with pytest.raises(QueryRefused):
        guard(sql, TABLES)


def test_says_which_tables_are_used() -> None:
    sql = "WITH items AS (SELECT 1) SELECT * FROM objects, Class_0118_Street_Lamp"
    assert guard(sql, TABLES) == {"objects", "class_0118_street_lamp"}


def test_nonsense_is_no_refusal() -> None:
    with pytest.raises(QueryError, match="parsed") as caught:
        guard("SELEC 1", TABLES)
    assert not isinstance(caught.value, QueryRefused)
