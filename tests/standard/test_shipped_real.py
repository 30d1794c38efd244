"""The shipped packages on real files that nobody here made."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cimkit.loaders import stage
from cimkit.standard import classify_sql, load

PLATEAU = "citymodel/MIERUNE-plateau-gis-converter"


def read(folders: list[Path], staging: Path) -> duckdb.DuckDBPyConnection:
    """Stage what lies in folders; the objects are the table ``things``."""
    for _ in stage(folders, staging, jobs=2):
        pass
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE things AS SELECT row_number() OVER () AS rowid_, *"
        f" FROM read_parquet('{staging}/*/objects.parquet', union_by_name = true)"
    )
    return con


@pytest.fixture(scope="module")
def models(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Models of buildings from five programs' collections."""
    collections = (
        "opensourceBIM-TestFiles",
        "andrewisen-bim-whale-ifc-samples",
        "ThatOpen-engine_web-ifc",
        "stijngoedertier-georeference-ifc",
        "xBimTeam-XbimEssentials",
    )
    folders = [shared_data / "ifc" / name for name in collections]
    with read(folders, tmp_path_factory.mktemp("ifc")) as con:
        yield con


# What is left, by class: nothing says more of it, or no code for it was seen.
LEFT = {
    "int.ifc": (1.0, set()),
    "cn.cim-data": (0.95, {"IfcBuildingElementProxy"}),
    "city.linjiang": (0.95, {"IfcBuildingElementProxy", "IfcFacilityPart"}),
    "cn.gbt51269": (
        0.7,
        {"IfcBuildingElementProxy", "IfcFurnishingElement", "IfcPavement", "IfcKerb"},
    ),
}


@pytest.mark.parametrize("name", sorted(LEFT))
def test_share_of_ifc_products_classed(models: duckdb.DuckDBPyConnection, name: str) -> None:
    standard = load(name)
    least, left = LEFT[name]
    models.execute(f"CREATE OR REPLACE TEMP TABLE decided AS {classify_sql(standard, 'things')}")
    rows = models.execute(
        "SELECT source_class, d.class_code, d.rule IS NOT NULL FROM things"
        f" LEFT JOIN (FROM decided WHERE scheme = '{standard.scheme}') d USING (rowid_)"
    ).fetchall()
    classed = sum(code is not None for _, code, _ in rows)
    exempt = sum(decided and code is None for _, code, decided in rows)
    rest = Counter(said for said, _, decided in rows if not decided)
    assert len(rows) > 2000
    assert classed + exempt + rest.total() == len(rows)
    assert classed / (len(rows) - exempt) >= least, rest.most_common()
    assert {said for said, count in rest.items() if count > 20} <= left
    if name == "int.ifc":
        assert exempt == 0


def test_a_wall_says_whether_it_is_outside(models: duckdb.DuckDBPyConnection) -> None:
    models.execute(
        f"CREATE OR REPLACE TEMP TABLE decided AS {classify_sql(load('cn.gbt51269'), 'things')}"
    )
    rows = models.execute(
        "SELECT properties, d.class_code FROM things JOIN decided d USING (rowid_)"
        " WHERE scheme = 'cn.gbt51269.14' AND source_class IN ('IfcWall', 'IfcWallStandardCase')"
    ).fetchall()
    seen = Counter()
    for text, code in rows:
        said = json.loads(text).get("pset", {}).get("Pset_WallCommon", {}).get("IsExternal")
        if code in ("14-10.20.03.03", "14-10.20.03.06"):
            assert said is (code == "14-10.20.03.06")
        seen[code] += 1
    assert seen["14-10.20.03.03"] > 50
    assert seen["14-10.20.03.06"] > 50


def test_several_tables_class_one_object(models: duckdb.DuckDBPyConnection) -> None:
    models.execute(
        f"CREATE OR REPLACE TEMP TABLE decided AS {classify_sql(load('cn.gbt51269'), 'things')}"
    )
    found = models.execute(
        "SELECT DISTINCT scheme, class_code FROM things JOIN decided USING (rowid_)"
        " WHERE source_class = 'IfcSpace' ORDER BY scheme"
    ).fetchall()
    assert found == [("cn.gbt51269.12", "12"), ("cn.gbt51269.14", None)]


@pytest.fixture(scope="module")
def plateau(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    with read([shared_data / PLATEAU], tmp_path_factory.mktemp("plateau")) as con:
        yield con


def test_plateau_files_are_classed_by_prefix_and_use(plateau: duckdb.DuckDBPyConnection) -> None:
    standard = load("jp.plateau")
    plateau.execute(f"CREATE OR REPLACE TEMP TABLE decided AS {classify_sql(standard, 'things')}")
    rows = plateau.execute(
        "SELECT source_class, class_code FROM things LEFT JOIN"
        " (FROM decided WHERE scheme = 'jp.plateau') USING (rowid_)"
    ).fetchall()
    assert {code for _, code in rows} == {"bldg", "dem", "urf"}
    uses = plateau.execute(
        "SELECT DISTINCT class_code FROM decided WHERE scheme = 'jp.plateau.Building_usage'"
    ).fetchall()
    assert ("422",) in uses


def test_plateau_files_are_called_as_the_standard_says(shared_data: Path) -> None:
    naming = load("jp.plateau").naming
    assert naming is not None
    files = sorted((shared_data / PLATEAU).rglob("*.gml"))
    assert len(files) == 11
    assert {f.name: naming.explain(f.name) for f in files} == {f.name: [] for f in files}
    lists = [f.relative_to(shared_data / PLATEAU) for f in (shared_data / PLATEAU).rglob("*.xml")]
    assert lists
    assert all(naming.is_exempt(p.as_posix()) for p in lists)


def test_the_lists_are_those_that_are_published(shared_data: Path) -> None:
    definition = re.compile(
        r"<gml:Definition[^>]*>\s*<gml:description>([^<]*)</gml:description>"
        r"\s*<gml:name>([^<]*)</gml:name>"
    )
    for name, table in load("jp.plateau").domains.items():
        file = shared_data / PLATEAU / "kawasaki-shi" / "codelists" / f"{name}.xml"
        published = {code for _, code in definition.findall(file.read_text("utf-8"))}
        assert set(table["code"].to_pylist()) == published, name
