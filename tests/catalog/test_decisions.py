from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.catalog import (
    Catalog,
    Decision,
    create,
    decide,
    ingest_staged,
    log,
    read_decisions,
    withdraw,
)
from cimkit.errors import UsageError
from cimkit.model import Declaration

from .conftest import Feature, Stage, rows

LAMP, POLE, TREE = "0118", "0117", "0402"
SAID = Declaration(dataset="lamps")
STATE = "SELECT source_key, class_code, level, asset_code FROM objects ORDER BY source_key"


@pytest.fixture
def city(tmp_path: Path) -> Catalog:
    return create(tmp_path / "city", definition="linjiang")


def put(
    city: Catalog,
    stage: Stage,
    *keys: str,
    path: str = "street_lamp.shp",
    said: Declaration = SAID,
    **fields: str,
) -> None:
    features = [
        Feature(k, 106.5 + n * 1e-4, 29.57, {"class": LAMP, **fields}) for n, k in enumerate(keys)
    ]
    report = ingest_staged(city, [stage(path, features, declared=said)], root=Path("/in"))
    assert not report.nothing_to_do


def state(city: Catalog) -> dict[str, tuple[str, ...]]:
    return {r[0]: r[1:] for r in rows(city, STATE)}


def why(city: Catalog, key: str) -> list[tuple[str, ...]]:
    return rows(
        city,
        "SELECT k.scheme, k.class_code, k.decided_by, k.rule FROM classifications k "
        f"JOIN objects USING (object_id) WHERE source_key = '{key}' ORDER BY 1",
    )


def test_a_decision_changes_class_level_and_code(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a", "b")
    before = state(city)
    done = decide(city, [Decision("a", POLE, "seen on the street", level="CIM5")], author="Li Hua")
    after = state(city)
    assert after["b"] == before["b"]
    assert after["a"] == (POLE, "CIM5", f"509912{POLE}000001")
    assert why(city, "a") == [("city.linjiang", POLE, "person", "decision")]
    assert [(c["old_class"], c["class_code"], c["old_code"]) for c in done.changes] == [
        (LAMP, POLE, f"509912{LAMP}000001")
    ]
    assert log(city).to_pylist()[0]["author"] == "Li Hua"
    assert log(city).to_pylist()[0]["message"] == "decide: seen on the street"
    assert rows(city, "SELECT class_code, level, author, reason FROM decisions") == [
        (POLE, "CIM5", "Li Hua", "seen on the street")
    ]
    # Its former code stays taken.
    put(city, stage, "a", "b", "c")
    assert state(city)["c"][2] == f"509912{LAMP}000003"


def test_it_is_kept_over_deliveries_and_file_names(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a", "b")
    decide(city, [Decision("a", POLE, "seen")])
    kept = state(city)["a"]
    put(city, stage, "a", "b", path="lights_2027.shp", colour="green")
    assert state(city)["a"] == kept
    assert why(city, "a") == [("city.linjiang", POLE, "person", "decision")]
    put(city, stage, "b", colour="red")
    put(city, stage, "a", "b", colour="blue")  # gone and back
    assert state(city)["a"] == kept


def test_withdrawn_the_rules_decide_again(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a")
    before = state(city)
    decide(city, [Decision("a", POLE, "seen")])
    withdraw(city, [before["a"][2]], author="Wang")  # its former code still means it
    assert state(city) == before
    assert rows(city, "SELECT count(*) FROM decisions") == [(0,)]
    with pytest.raises(UsageError, match="nobody has decided"):
        withdraw(city, ["a"])


def test_no_class_is_due(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a", "b")
    decide(city, [Decision("a", "-", "only a drawing")])
    assert state(city)["a"][0] is None
    assert state(city)["a"][2] is None
    assert why(city, "a") == [("city.linjiang", None, "person", "decision")]
    report = ingest_staged(
        city,
        [stage("x.shp", [Feature("a", 1, 2, {"class": LAMP})], declared=SAID)],
        root=Path("/in"),
    )
    assert (report.exempt, report.classed) == (1, 0)


def test_many_at_once_from_a_file(city: Catalog, stage: Stage, tmp_path: Path) -> None:
    put(city, stage, "a", "b", "c")
    file = tmp_path / "d.csv"
    file.write_bytes("object,class,reason\na,0117,现场核实\nb,-,虚构\n".encode("gb18030"))
    before = city.version()
    done = decide(city, read_decisions(file))
    assert (done.objects, done.version) == (2, before + 1)
    assert [v[0] for v in state(city).values()] == [POLE, None, LAMP]
    assert rows(city, "SELECT reason FROM decisions ORDER BY 1") == [("现场核实",), ("虚构",)]
    file.write_text("object,class\na,0402\nzz,0402\n")
    with pytest.raises(UsageError, match=r"d\.csv:3: no such object: got 'zz'"):
        decide(city, read_decisions(file, reason="r"))
    assert city.version() == before + 1
    file.write_text(
        "object,class,reason,level\na,0402,r,\nzz,0402,r,\nb,04x2,r,\nc,0402,r,CIM9\na,0117,r,\n"
    )
    with pytest.raises(UsageError) as caught:
        decide(city, read_decisions(file))
    lines = str(caught.value).splitlines()
    assert lines[0] == "4 of 5 decisions cannot be obeyed, so none was written:"
    assert [line.split()[0] for line in lines[1:5]] == [f"d.csv:{n}:" for n in (3, 4, 5, 6)]
    assert "no such object: got 'zz'" in lines[1]
    assert "0402" in lines[2]
    assert "the same object as at d.csv:2 gets another class" in lines[4]
    assert city.version() == before + 1
    file.write_text("object,class,reason\na,0402,tall, old, ill\n")
    with pytest.raises(UsageError, match=r"d\.csv:2: a row with more cells.*got ' old,  ill'"):
        read_decisions(file)
    file.write_text("object,class,reason\n")
    with pytest.raises(UsageError, match="without a row"):
        read_decisions(file)
    file.write_bytes(b"PK\x03\x04\x95\xff")
    with pytest.raises(UsageError, match="as CSV in UTF-8"):
        read_decisions(file)
    file.write_text("objekt,class\na,0402\n")
    with pytest.raises(UsageError, match="objekt"):
        read_decisions(file)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision("a", "street lmp", "x"), "0118 Street lamp"),
        (Decision("a", "0819", "x"), "0119"),
        (Decision("a", POLE, "x", level="CIM9"), "CIM1, CIM2"),
        (Decision("a", POLE, "x", scheme="elsewhere"), "city.linjiang"),
        (Decision("a", POLE, " "), "reason"),
        (Decision("nobody", POLE, "x"), "no such object"),
        (Decision("twin", POLE, "x"), "2 objects are called so"),
    ],
)
def test_what_cannot_be_is_refused(
    city: Catalog, stage: Stage, decision: Decision, said: str
) -> None:
    put(city, stage, "a", "twin")
    put(city, stage, "twin", path="other.shp", said=Declaration(dataset="other"), x="1")
    with pytest.raises(UsageError) as caught:
        decide(city, [decision])
    assert said in str(caught.value)
    assert rows(city, "SELECT count(*) FROM decisions") == [(0,)]


def test_without_a_standard_there_is_nothing_to_decide(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="cimkit adopt"):
        decide(catalog, [Decision("a", POLE, "x")])
