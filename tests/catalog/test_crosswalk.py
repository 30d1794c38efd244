"""The crosswalk in the lake, and classes in terms of another scheme in SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.catalog import Catalog, create, ingest_staged, log, query, save_crosswalk
from cimkit.errors import CatalogLocked
from cimkit.standard import crosswalk, load

from .conftest import Feature, Stage, rows

HEAD = 'id = "{id}"\nedition = "1"\nclass_fields = ["class"]\n[titles]\nen = "{id}"\n'
TABLE = """from_scheme,from_code,to_scheme,to_code,relation,source
a,A1,b,B1,exact,the office
a,A2,b,B2,broad,
b,B3,a,A2,close,
a,A3,b,-,,
a,A,c,C,close,
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Packages a and b; a declares what it knows of b."""
    classes = {
        "a": "code,parent,name_en\nA,,All\nA1,A,Lamp\nA2,A,Cover\nA3,A,Tree\nA4,A,Bench\n",
        "b": "code,name_en\nB1,Light\nB2,Lid\nB3,Round lid\nB4,Seat\n",
    }
    for name, text in classes.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "standard.toml").write_text(HEAD.format(id=name))
        (folder / "classes.csv").write_text(text)
    (tmp_path / "a" / "crosswalk").mkdir()
    (tmp_path / "a" / "crosswalk" / "b.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def city(packages: Path, stage: Stage) -> Catalog:
    """A catalogue under a with an object of each class, and one that has none."""
    catalog = create(packages / "city", standard=str(packages / "a"))
    codes = ["A1", "A2", "A3", "A4", None]
    features = [
        Feature(str(n), n * 1e-3, 0, {"class": c} if c else {}) for n, c in enumerate(codes)
    ]
    ingest_staged(catalog, [stage("things.csv", features)], root=packages)
    return catalog


def test_what_the_standard_declares_is_there_from_the_start(packages: Path) -> None:
    catalog = create(packages / "city", standard=str(packages / "a"))
    found = rows(
        catalog,
        "SELECT from_scheme, from_code, to_scheme, to_code, relation, via, standard "
        "FROM crosswalk WHERE from_code IN ('A1', 'A2', 'A3') ORDER BY ALL",
    )
    assert ("a", "A1", "b", "B1", "exact", "declared", "a@1") in found
    # Written the other way round in the table: the lake has it from the standard's own class.
    assert ("a", "A2", "b", "B3", "close", "declared", "a@1") in found
    assert ("a", "A3", "b", "-", "exact", "declared", "a@1") in found
    assert ("a", "A1", "c", "C", "broad", "parent A", "a@1") in found


def test_one_class_in_terms_of_another_scheme(city: Catalog) -> None:
    def one(code: str, of: str = "a", other: str = "b") -> object:
        sql = f"SELECT translate_class('{of}', '{code}', '{other}') AS code"
        return query(city, sql).to_pylist()[0]["code"]

    assert one("A1") == "B1"
    assert one("A2") == "B3"  # close outranks broad
    assert one("A3") is None
    assert one("A4") is None
    assert one("B1", "b", "a") == "A1"
    assert one("B2", "b", "a") is None  # narrower classes are listed, never chosen
    assert one("A1", other="a") == "A1"
    assert one("A4", other="c") == "C"


def test_all_translations_with_their_relation(city: Catalog) -> None:
    sql = "SELECT translations('a', 'A2', 'b') AS found, translations('b', 'B2', 'a') AS back"
    row = query(city, sql).to_pylist()[0]
    assert [(t["code"], t["relation"]) for t in row["found"]] == [("B3", "close"), ("B2", "broad")]
    assert [(t["code"], t["relation"]) for t in row["back"]] == [("A2", "narrow")]


def test_objects_in_terms_of_another_scheme_none_is_dropped(city: Catalog) -> None:
    sql = "SELECT class_code, other_code, other_relation FROM objects_as('b') ORDER BY source_key"
    assert [tuple(r.values()) for r in query(city, sql).to_pylist()] == [
        ("A1", "B1", "exact"),
        ("A2", "B3", "close"),
        ("A3", None, None),
        ("A4", None, None),
        (None, None, None),
    ]
    own = query(city, "SELECT count(other_code) AS n FROM objects_as('a')").to_pylist()
    assert own == [{"n": 4}]


def test_a_saved_crosswalk_is_one_commit_and_is_found_by_queries(
    city: Catalog, packages: Path
) -> None:
    c = packages / "c2"
    c.mkdir()
    (c / "standard.toml").write_text(HEAD.format(id="c2"))
    (c / "classes.csv").write_text("code,name_en\nX,Bench\n")
    (c / "crosswalk").mkdir()
    table = "from_scheme,from_code,to_scheme,to_code,relation\nc2,X,a,A4,exact\n"
    (c / "crosswalk" / "a.csv").write_text(table)
    before = city.version()
    found = crosswalk(load(packages / "a"), load(c))
    version = save_crosswalk(city, found, author="officer")
    assert version == before + 1 == city.version()
    newest = log(city).to_pylist()[0]
    assert newest["author"] == "officer"
    assert "a@1 > c2@1" in newest["message"]
    sql = "SELECT translate_class('a', 'A4', 'c2') AS code"
    assert query(city, sql).to_pylist() == [{"code": "X"}]
    assert query(city, sql, as_of=before).to_pylist() == [{"code": None}]
    # Again, from the other end: it takes the place of the first.
    save_crosswalk(city, crosswalk(load(c), load(packages / "a")))
    saved = rows(city, "SELECT DISTINCT standard FROM crosswalk WHERE standard LIKE '% > %'")
    assert saved == [("c2@1 > a@1",)]
    assert query(city, sql).to_pylist() == [{"code": "X"}]


def test_saving_waits_for_nobody(city: Catalog, packages: Path) -> None:
    found = crosswalk(load(packages / "a"), load(packages / "b"))
    with city.connect(read_only=False), pytest.raises(CatalogLocked):
        save_crosswalk(city, found)


def test_a_lake_of_an_earlier_cimkit_lacks_columns_and_is_read(city: Catalog) -> None:
    with city.connect(read_only=False) as con:
        con.execute("ALTER TABLE lake.crosswalk DROP COLUMN via")
        con.execute("ALTER TABLE lake.crosswalk DROP COLUMN standard")
    assert query(city, "SELECT DISTINCT via FROM crosswalk").to_pylist() == [{"via": None}]
    sql = "SELECT translate_class('a', 'A1', 'b') AS code"
    assert query(city, sql).to_pylist() == [{"code": "B1"}]
