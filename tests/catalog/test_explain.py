from __future__ import annotations

import json
from pathlib import Path

import pytest

from cimkit.catalog import Catalog, Decision, create, decide, explain, ingest_staged, query
from cimkit.errors import UsageError
from cimkit.model import Declaration

from .conftest import Feature, Stage, rows


@pytest.fixture
def city(tmp_path: Path, stage: Stage) -> Catalog:
    city = create(tmp_path / "city", definition="linjiang")
    layers = {
        "street_lamp": [Feature("a", 106.5, 29.57, {"name": "路灯"}), Feature("twin", 106.5, 29.5)],
        "zzz": [Feature(f"u{n}", 106.6, 29.57, {"what": "x", "n": n}) for n in range(7)],
    }
    ingest_staged(city, [stage("x.gpkg", layers=layers)], root=Path("/in"))
    bim = {"IfcOpeningElement": [Feature("o", 106.5, 29.57)], "IfcFoo": [Feature("f", 106.5, 29)]}
    one = stage("a.ifc", layers=bim, kind="bim", declared=Declaration(dataset="model"))
    ingest_staged(city, [one], root=Path("/in"))
    return city


def test_why_it_has_its_class(city: Catalog) -> None:
    code = rows(city, "SELECT asset_code FROM objects WHERE source_key = 'a'")[0][0]
    for name in (
        "a",
        code,
        rows(city, "SELECT object_id FROM objects WHERE source_key = 'a'")[0][0],
    ):
        said = explain(city, name)
        assert (said.class_code, said.asset_code, said.object["path"]) == ("0118", code, "x.gpkg")
    stored = said.classifications[0]
    assert stored["lineage"] == ["01 Public utility facilities", "0118 Street lamp"]
    assert [c.rule for c in said.candidates if not c.why] == [stored["rule"]]
    assert any(c.why.startswith("confidence") for c in said.candidates)
    assert said.level == "CIM3"
    assert "level_rules.csv" in said.level_reason
    assert said.notes == []
    assert json.loads(json.dumps(said.to_json(), default=str))["class_code"] == "0118"
    text = said.to_text()
    assert f"✓ city.linjiang 0118  {stored['rule']}" in text
    assert "met street_lamp" in text


def test_what_a_person_decided(city: Catalog) -> None:
    before = explain(city, "a")
    decide(city, [Decision("a", "0117", "seen on the street", level="CIM5")], author="Li")
    said = explain(city, "a")
    assert (said.class_code, said.level, said.level_reason) == (
        "0117",
        "CIM5",
        "a person's decision",
    )
    assert said.former_codes == [before.asset_code]
    assert said.candidates == before.candidates
    assert "Decided by Li" in said.to_text()
    assert explain(city, before.asset_code or "").object == said.object


def test_nothing_fits(city: Catalog) -> None:
    said = explain(city, "u1")
    assert (said.class_code, said.classifications) == (None, [])
    assert "class none" in said.to_text()
    exempt = explain(city, "o")
    assert exempt.class_code is None
    assert "no class is due" in exempt.to_text()


def test_a_stated_class_that_is_not_known(city: Catalog, stage: Stage) -> None:
    spots = [Feature("s", 106.5, 29.57, {"CLASS": "0199"}), Feature("t", 106.5, 29, {"class": 118})]
    said = Declaration(dataset="stated")
    ingest_staged(city, [stage("yyy.shp", spots, declared=said)], root=Path("/in"))
    assert explain(city, "s").notes == [
        "The delivery states the class 0199, which city.linjiang@2026 does not have."
    ]
    assert explain(city, "t").notes[0].startswith("The delivery states the class 118, which")


def test_who_is_meant(city: Catalog, stage: Stage) -> None:
    with pytest.raises(UsageError, match="no such object"):
        explain(city, "nobody")
    said = Declaration(dataset="other")
    twin = stage("y.gpkg", layers={"bin": [Feature("twin", 106.7, 29.5)]}, declared=said)
    ingest_staged(city, [twin], root=Path("/in"))
    with pytest.raises(UsageError, match=r"2 objects are called so.*street_lamp.*bin|bin.*lamp"):
        explain(city, "twin")


def test_a_catalogue_without_a_standard(catalog: Catalog, stage: Stage) -> None:
    ingest_staged(catalog, [stage("a.shp", [Feature("k", 1, 2)])], root=Path("/in"))
    said = explain(catalog, "k")
    assert (said.standard, said.candidates, said.class_code) == (None, [], None)
    assert "class none" in said.to_text()


def test_the_unclassed_in_a_query(city: Catalog) -> None:
    found = query(city, "SELECT * FROM unclassed").to_pylist()
    assert found == [
        {
            "kind": "gis",
            "source_class": "zzz",
            "source_layer": "zzz",
            "objects": 7,
            "keys": ["u0", "u1", "u2", "u3", "u4"],
            "fields": ["n", "what"],
        },
        {
            "kind": "bim",
            "source_class": "IfcFoo",
            "source_layer": "IfcFoo",
            "objects": 1,
            "keys": ["f"],
            "fields": [],
        },
    ]
