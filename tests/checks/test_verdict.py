from __future__ import annotations

import dataclasses

import pytest

from cimkit.checks import check_tables
from cimkit.errors import UsageError
from cimkit.model import LAKE, Severity
from cimkit.standard import Acceptance, AppliesTo, Rule


def rule(name, **more):
    check = None if "sql" in more else name.replace("-", "_")
    return Rule(id=f"test.town/{name}", check=check, message={"en": "{measured} {reason}"}, **more)


@pytest.fixture
def verdict(lake, standard):
    def make(*rules, acceptance=None, **more):
        used = dataclasses.replace(
            standard, rules=rules, acceptance=acceptance or standard.acceptance
        )
        with lake.open() as con:
            return check_tables(con, used, delivery_id="d1", **more)

    return make


def result(verdict, name):
    return next(r for r in verdict.rules if r.rule.endswith(name))


@pytest.fixture
def delivery(lake):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={"class": "0117", "ObjID": "5099120117000001"})
    lake.object("a.gpkg", (106.51, 29.57), properties={"class": "0117"})
    return lake


def test_accepted(delivery, verdict):
    found = verdict(rule("class-known"), rule("code-grammar"), rule("photo-heading"))
    assert (found.accepted, found.complete, found.exit_code) == (True, True, 0)
    assert result(found, "class-known").passed == 2
    assert result(found, "code-grammar").passed == 1
    assert result(found, "photo-heading").status == "not applicable"
    assert found.findings.schema == LAKE["findings"]
    assert found.receipt["standard_hash"] == "f" * 32
    assert found.receipt["files"][0]["path"] == "a.gpkg"


def test_rejected_by_one_error_and_not_by_warnings(delivery, verdict):
    delivery.object("a.gpkg", properties={"class": "0999"})
    found = verdict(rule("class-known"))
    assert (found.accepted, found.exit_code) == (False, 1)
    assert found.counts["failures"] == {"error": 1, "warning": 0, "info": 0}
    mild = verdict(rule("class-known", severity=Severity.WARNING))
    assert (mild.accepted, mild.exit_code) == (True, 0)
    assert mild.counts["failures"]["warning"] == 1
    lenient = verdict(rule("class-known"), acceptance=Acceptance(maximum=1))
    assert lenient.exit_code == 0


def test_what_a_rule_needs_and_has_not_is_not_checked(delivery, verdict):
    needy = rule("class-known", needs=("catalogue", "context"))
    found = verdict(needy)
    assert (found.accepted, found.complete, found.exit_code) == (False, False, 3)
    assert result(found, "class-known").status == "not checked"
    assert result(found, "class-known").passed == 0
    assert "context" in result(found, "class-known").reasons[0]
    optional = verdict(dataclasses.replace(needy, mandatory=False))
    assert optional.exit_code == 0
    assert result(optional, "class-known").status == "not checked"


def test_objects_that_nobody_read_have_not_passed(delivery, verdict):
    delivery.item("b.gpkg", counts='{"features": 3}')
    delivery.item("table.csv", counts='{"features": 0}')
    found = verdict(rule("class-known"), rule("crs-declared"))
    known, crs = found.rules[:2]
    assert (known.status, known.passed, known.not_checked) == ("not checked", 2, 1)
    assert known.reasons == ("the objects of 1 sources were not read",)
    assert crs.status == "pass"
    assert found.exit_code == 3


def test_the_same_bytes_twice_leave_nothing_unread(delivery, verdict):
    same = delivery.rows["items"][0]["sha256"]
    delivery.item("copy/a.gpkg", counts='{"features": 2}', sha256=same)
    found = verdict(rule("class-known"))
    assert (found.complete, found.exit_code) == (True, 0)


def test_a_check_that_breaks_is_said_to_be_broken(delivery, verdict, monkeypatch):
    from cimkit.checks import class_leaf

    def broken(context, rule):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(class_leaf, "run", broken)
    delivery.object("a.gpkg", properties={"class": "0999"})
    found = verdict(rule("class-leaf"), rule("class-known"))
    leaf = result(found, "class-leaf")
    assert leaf.status == "not checked"
    assert leaf.reasons == (
        "cimkit itself failed here, the data is not to blame: ZeroDivisionError: by zero",
    )
    assert found.findings["mender"].to_pylist()[0] == "tool"
    assert not found.complete
    assert found.exit_code == 1  # what was not looked at cannot undo a failure
    assert result(found, "class-known").places == 1


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"name": "no-such-check"}, "no check"),
        ({"name": "class-leaf", "parameters": {"deepness": 3}}, "no such parameter"),
    ],
)
def test_rules_that_cannot_run_say_why(delivery, verdict, made, reason):
    found = verdict(rule(made.pop("name"), **made))
    assert found.exit_code == 3
    assert reason in found.rules[0].reasons[0]


def test_no_problem_of_a_source_is_silent(lake, verdict):
    odd = {"code": "layer-skipped", "message": "no driver", "severity": "warning", "place": "x"}
    lost = {"code": "features-lost", "message": "3 rows", "severity": "error"}
    lake.item("a.gpkg", problems=[odd, {**odd, "place": "y"}, lost])
    found = verdict(rule("class-known"), rule("crs-declared"))
    rows = [r for r in found.findings.to_pylist() if r["rule"] == "cimkit/source-problem"]
    assert [(r["severity"], r["count"], r["message"]) for r in rows] == [
        ("error", 1, "features-lost: 3 rows"),
        ("warning", 2, "layer-skipped: no driver"),
    ]
    assert found.exit_code == 1


def test_no_problem_is_reported_by_two_rules(lake, verdict):
    missing = {"code": "crs-missing", "message": "no .prj", "severity": "warning"}
    gone = {"code": "las-truncated", "message": "ends too soon", "severity": "error"}
    lake.item("a.shp", crs=None, problems=[missing])
    lake.item("b.las", "pointcloud", status="refused", problems=[gone])
    rules = (rule("crs-declared"), rule("source-readable"))
    found = verdict(*rules)
    failed = [r for r in found.findings.to_pylist() if r["status"] == "fail"]
    assert [(r["path"], r["rule"]) for r in failed] == [
        ("a.shp", "test.town/crs-declared"),
        ("b.las", "test.town/source-readable"),
    ]
    # without the rules that speak of them, the tool does
    bare = verdict(rule("class-known"))
    assert {r["path"] for r in bare.findings.to_pylist() if r["status"] == "fail"} == {
        "a.shp",
        "b.las",
    }


def test_only_the_delivery_asked_for_is_checked(delivery, verdict):
    delivery.item("old.gpkg", delivery_id="d0")
    delivery.object("old.gpkg", properties={"class": "0999"})
    found = verdict(rule("class-known"))
    assert found.exit_code == 0
    assert [f["path"] for f in found.receipt["files"]] == ["a.gpkg"]


def test_views_are_taken_away_again(delivery, standard):
    with delivery.open() as con:
        for _ in range(2):
            check_tables(con, dataclasses.replace(standard, rules=(rule("class-leaf"),)))
        assert con.execute("SELECT current_database()").fetchone() == ("home",)


def test_unknown_language(delivery, verdict):
    with pytest.raises(UsageError, match="en, ja or zh"):
        verdict(language="fr")


SQL = "SELECT object_id, z AS depth, 'high up' AS measured FROM things WHERE z > 2"


def test_a_rule_that_is_sql(delivery, verdict):
    delivery.object("a.gpkg", z_min=3.0)
    high = dataclasses.replace(rule("high", sql=SQL), message={"en": "{depth} m is {measured}"})
    found = verdict(high)
    (bad,) = [r for r in found.findings.to_pylist() if r["status"] == "fail"]
    assert (bad["path"], bad["place"], bad["x"]) == ("a.gpkg", "row 3 (K3)", 106.5)
    assert bad["message"] == "3.0 m is high up"
    assert result(found, "high").passed == 2
    scoped = dataclasses.replace(
        high, applies_to=AppliesTo(classes=("04",)), sql=SQL + " AND FALSE"
    )
    assert verdict(scoped).rules[0].status == "not applicable"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT path FROM read_csv('/etc/passwd')",
        "COPY items TO '/tmp/stolen.csv'",
        "SELECT path FROM items; DROP TABLE items",
        "SELECT path FROM lake.items",
        "SELEC",
        "SELECT 1 AS one",
    ],
)
def test_sql_of_a_standard_reaches_nothing_else(delivery, verdict, sql):
    found = verdict(rule("evil", sql=sql))
    assert found.exit_code == 3
    assert found.rules[0].status == "not checked"
