from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.catalog import Catalog, create, ingest_staged
from cimkit.errors import UsageError
from cimkit.model import Declaration

from .conftest import Feature, Stage, rows

LAMP, POLE = "0118", "0117"
SAID = Declaration(dataset="lamps")


@pytest.fixture
def city(tmp_path: Path) -> Catalog:
    return create(tmp_path / "city", definition="linjiang")


def lamp(key: str, n: int, **fields: str) -> Feature:
    return Feature(key, 106.5 + n * 1e-4, 29.57, {"class": LAMP, **fields})


def put(city: Catalog, stage: Stage, *features: Feature, path: str = "lamp.shp") -> None:
    one = stage(path, list(features), declared=SAID)
    ingest_staged(city, [one], root=Path("/delivered"))


def codes(city: Catalog) -> dict[str, str]:
    return dict(rows(city, "SELECT source_key, asset_code FROM objects"))


def test_every_classed_object_gets_a_code_of_its_own(city: Catalog, stage: Stage) -> None:
    put(city, stage, *(lamp(f"k{n}", n) for n in range(30)))
    given = codes(city)
    assert sorted(given.values()) == [f"509912{LAMP}{n:06d}" for n in range(1, 31)]
    assert rows(city, "SELECT count(*) FROM classifications WHERE class_code = '0118'") == [(30,)]
    assert rows(city, "SELECT DISTINCT scope, class_code, origin FROM codes") == [
        ("509912", LAMP, "allocated")
    ]


def test_codes_are_kept_over_a_new_delivery_and_never_given_again(
    city: Catalog, stage: Stage
) -> None:
    put(city, stage, lamp("a", 1), lamp("b", 2), lamp("c", 3))
    first = codes(city)
    put(city, stage, lamp("c", 3), lamp("d", 4), lamp("a", 1, height="7"))
    second = codes(city)
    assert {k: second[k] for k in "ac"} == {k: first[k] for k in "ac"}
    assert second["d"] not in first.values()
    put(city, stage, lamp("e", 5), path="third.shp")
    assert codes(city)["e"] not in {*first.values(), *second.values()}
    # Who comes back is the same as before.
    put(city, stage, lamp("b", 2), lamp("e", 5))
    assert codes(city)["b"] == first["b"]


def test_valid_delivered_codes_are_kept(city: Catalog, stage: Stage) -> None:
    mine, other = f"509912{LAMP}000002", f"509912{LAMP}999999"
    put(
        city,
        stage,
        lamp("a", 1),
        lamp("b", 2, ObjID=mine),
        lamp("c", 3, ObjID=mine),
        lamp("d", 4, ObjID=f"509912{POLE}000001"),
        lamp("e", 5, ObjID="12"),
        lamp("f", 6, ObjID=other),
        lamp("g", 7, ObjID=f"110101{LAMP}000001"),
    )
    given = codes(city)
    assert given["b"] == mine
    assert given["f"] == other
    allocated = {k: int(given[k][-6:]) for k in "acdeg"}
    # Number 2 is taken; a delivered 999999 does not use up the class.
    assert sorted(allocated.values()) == [1, 3, 4, 5, 6]
    kinds = dict(rows(city, "SELECT asset_code, origin FROM codes"))
    assert kinds[mine] == kinds[other] == "delivered"
    assert list(kinds.values()).count("allocated") == 5


def test_a_code_of_a_retired_object_stays_taken(city: Catalog, stage: Stage) -> None:
    mine = f"509912{LAMP}000001"
    put(city, stage, lamp("a", 1, ObjID=mine))
    put(city, stage, lamp("z", 50, ObjID=mine))
    assert codes(city)["z"] != mine
    assert rows(city, "SELECT count(*) FROM codes") == [(2,)]


def test_typed_views_of_the_standard(city: Catalog, stage: Stage) -> None:
    from cimkit.catalog import query

    tree = Feature("t", 106.5, 29.57, {"class": "0402", "dbh_cm": "12.5", "species": "樟"})
    put(city, stage, tree, path="tree.shp")
    with city.connect() as con:
        from cimkit.catalog._views import class_views

        view = next(v for v, code in class_views(con, only=set()) if code == "0402")
    row = query(city, f"SELECT species, dbh_cm FROM {view}").to_pylist()
    assert row == [{"species": "樟", "dbh_cm": 12.5}]
    below = query(city, "SELECT count(*) AS n FROM class_in('city.linjiang', '04')")
    assert below["n"].to_pylist() == [1]


def test_what_is_no_asset_lacks_no_class(city: Catalog, stage: Stage) -> None:
    layers = {
        "IfcWall": [Feature("w", 106.5, 29.57)],
        "IfcOpeningElement": [Feature("o1", 106.5, 29.57), Feature("o2", 106.5, 29.57)],
        "IfcCivilElement": [Feature("c", 106.5, 29.57)],
    }
    report = ingest_staged(city, [stage("a.ifc", layers=layers, kind="bim")], root=Path("/in"))
    assert (report.written, report.classed, report.exempt) == (4, 1, 2)
    assert report.to_json()["classed_share"] == 0.5
    assert [u["source_class"] for u in report.unclassed] == ["IfcCivilElement"]
    assert "Classed 50.0%, coded 1.\nNo class is due to 2 objects" in report.to_text()
    assert rows(
        city,
        "SELECT source_key, k.class_code, o.class_code, asset_code IS NULL, rule LIKE '%no_assets%'"
        " FROM objects o JOIN classifications k USING (object_id) ORDER BY 1",
    ) == [
        ("o1", None, None, True, True),
        ("o2", None, None, True, True),
        ("w", "5011", "5011", False, False),
    ]


def test_a_division_that_no_code_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can have this division: got '500112', expected 509912"):
        create(tmp_path / "city", standard="city.linjiang", division="500112")
    assert not (tmp_path / "city").exists()
    with pytest.raises(UsageError, match="got '12', expected 6 digits"):
        create(tmp_path / "city", standard="cn.components", division="12")
