from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cimkit.catalog import Catalog, ingest_staged, query, version_of
from cimkit.errors import QueryError, QueryRefused, UsageError

from .conftest import Feature, Stage


@pytest.fixture
def filled(catalog: Catalog, stage: Stage) -> Catalog:
    features = [Feature(f"L{i}", 106.5 + i * 1e-3, 29.5, {"name": f"灯 {i}"}) for i in range(10)]
    ingest_staged(catalog, [stage("lamps.shp", features)], root=Path("/delivered"))
    return catalog


def test_answers_with_geometry_as_wkb(filled: Catalog) -> None:
    table = query(filled, "SELECT name, geometry FROM objects ORDER BY name LIMIT 1")
    assert table["name"].to_pylist() == ["灯 0"]
    assert table.schema.field("geometry").type == pa.binary()
    assert table["geometry"][0].as_py()[:5] == b"\x01\x01\x00\x00\x00"


def test_measures_in_metres(filled: Catalog) -> None:
    sql = """
        SELECT distance_m(ST_Point(106.5, 29.5), ST_Point(106.6, 29.6)) AS distance,
            area_m(buffer_m(ST_Point(106.5, 29.5), 100)) AS area,
            (SELECT count(*) FROM objects
             WHERE within_m(geometry, ST_Point(106.5, 29.5), 250)) AS near
    """
    row = query(filled, sql).to_pylist()[0]
    # The first by GeographicLib (pyproj.Geod, WGS 84); the circle less its polygon's corners.
    assert row["distance"] == pytest.approx(14724.06, rel=1e-5)
    assert row["area"] == pytest.approx(31415.9, rel=0.01)
    assert row["near"] == 3


def test_sees_earlier_versions(filled: Catalog, stage: Stage) -> None:
    before = filled.version()
    moment = datetime.now(UTC)
    ingest_staged(filled, [stage("tree.shp", [Feature("T", 106, 29)])], root=Path("/delivered"))
    count = "SELECT count(*) AS n FROM objects"
    assert query(filled, count)["n"].to_pylist() == [11]
    assert query(filled, count, as_of=before)["n"].to_pylist() == [10]
    assert query(filled, count, as_of=moment.isoformat())["n"].to_pylist() == [10]
    assert version_of(filled, str(moment.date())) >= before
    with pytest.raises(UsageError, match="no such version"):
        query(filled, count, as_of=99)
    for early in (0, "0"):
        with pytest.raises(UsageError, match="no such version"):
            query(filled, count, as_of=early)
    with pytest.raises(UsageError, match="younger"):
        query(filled, count, as_of="1999-12-31")


def test_joins_files_of_the_analyst(filled: Catalog, tmp_path: Path) -> None:
    gbk, xlsx, parquet = (tmp_path / f"t.{s}" for s in ("csv", "xlsx", "parquet"))
    gbk.write_bytes("名称,公司\n灯 1,临江照明\n".encode("gbk"))
    book = openpyxl.Workbook()
    for row in (["lamp", "owner"], ["灯 2", "Wang"], ["灯 3", 7]):
        book.active.append(row)
    book.save(xlsx)
    pq.write_table(pa.table({"lamp": ["灯 3"], "n": [3]}), parquet)
    sql = """
        SELECT o.name, c.公司, x.owner, p.n FROM objects o
        LEFT JOIN c ON c.名称 = o.name LEFT JOIN x ON x.lamp = o.name
        LEFT JOIN p ON p.lamp = o.name WHERE o.source_key IN ('L1', 'L2', 'L3') ORDER BY 1
    """
    table = query(filled, sql, tables={"c": gbk, "x": xlsx, "p": parquet})
    assert table.to_pylist() == [
        {"name": "灯 1", "公司": "临江照明", "owner": None, "n": None},
        {"name": "灯 2", "公司": None, "owner": "Wang", "n": None},
        {"name": "灯 3", "公司": None, "owner": "7", "n": 3},
    ]
    with pytest.raises(UsageError, match="of that name"):
        query(filled, "SELECT 1", tables={"objects": gbk})
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(QueryError, match="cannot be read"):
        query(filled, "SELECT 1", tables={"x": broken})


def test_refuses_in_the_child_too(filled: Catalog) -> None:
    with pytest.raises(QueryRefused, match="only SELECT"):
        query(filled, "COPY objects TO '/tmp/x.csv'")
    with pytest.raises(QueryError, match="refuses the query"):
        query(filled, "SELECT no_such_column FROM objects")


def test_stops_at_the_limits(filled: Catalog) -> None:
    endless = (
        "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range"
    )
    with pytest.raises(QueryError, match="too long"):
        query(filled, endless, timeout_s=0.5)
    greedy = "SELECT list(a.range::VARCHAR || repeat('x', 1000)) FROM range(50000000) a"
    with pytest.raises(QueryError, match="memory"):
        query(filled, greedy, memory=200 * 2**20)


def test_no_progress_bar_is_drawn_on_standard_output() -> None:
    # DuckDB takes a program without a file, as a notebook is, for a person at a terminal.
    code = (
        "from cimkit.catalog._lake import open_database as o; "
        "print(o().execute(\"SELECT current_setting('enable_progress_bar')\").fetchone()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
