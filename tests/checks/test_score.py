"""Points, grades, vetoes and samples of an acceptance by score."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.checks._sample import draw, sample_size, seed_of
from cimkit.checks._score import FAILED, Score, score
from cimkit.model import LAKE
from cimkit.standard import Acceptance, Rule

RULES = (
    Rule("r/place", element="positional accuracy: absolute", defect_class="B"),
    Rule("r/shape", element="positional accuracy: relative", defect_class="C"),
    Rule("r/name", element="thematic accuracy", defect_class="D", weight=2.0),
    Rule("r/veto", element="usability", defect_class="A"),
    Rule("r/other", element="usability"),
)


def found(*rows: tuple[str, str, str, int], mistake: str = "", waived: str = "") -> pa.Table:
    """Make findings of rule, status, path and count."""
    made = [
        {
            "rule": f"r/{rule}",
            "status": status,
            "path": path,
            "count": count,
            "mistake": mistake,
            "waived": waived,
        }
        for rule, status, path, count in rows
    ]
    return pa.Table.from_pylist(made, schema=LAKE["findings"])


def scored(findings: pa.Table, files: str = "a b", seed: str = "s", **how: Any) -> Score:
    acceptance = Acceptance(method="score", **how)
    return score(findings, RULES, {name: name for name in files.split()}, acceptance, seed)


ALL = (("place", "pass", "", 99), ("shape", "pass", "", 99), ("name", "pass", "", 99))


def test_nothing_wrong_is_all_points() -> None:
    out = scored(found(*ALL))
    assert (out.passed, out.points, out.grade, out.judged, out.lot) == (
        *(True, 100.0, "excellent"),
        *(2, 2),
    )


def test_points_by_part_element_and_unit() -> None:
    out = scored(
        found(*ALL, ("place", "fail", "a", 1), ("shape", "fail", "a", 1), ("name", "fail", "a", 1)),
        weights={"positional accuracy": 3, "positional accuracy: absolute": 3},
        gross_ratio=0.0,
    )
    # position: (3 x 88 + 96) / 4 = 90; theme: 100 - 2 x 1 = 98; the unit: (3 x 90 + 98) / 4
    assert out.units[0]["points"] == 92.0
    assert out.units[1]["points"] == 100.0
    assert out.points == 96.0
    assert [(e["part"], e["points"]) for e in out.elements] == [
        ("absolute", 94.0),
        ("relative", 98.0),
        ("", 99.0),
    ]


def test_one_place_of_class_a_fails_its_unit_and_the_delivery() -> None:
    out = scored(found(*ALL, ("veto", "fail", "b", 1)))
    assert (out.passed, out.grade, out.reasons) == (False, FAILED, ("units",))
    assert [u["failed_by"] for u in out.units] == ["", "veto"]
    assert scored(found(*ALL, ("veto", "fail", "b", 1)), veto=()).units[1]["failed_by"] == "floor"


def test_one_part_below_the_floor() -> None:
    rows = [("place", "fail", "a", 1)] * 4
    out = scored(found(*ALL, *rows))
    assert out.units[0]["failed_by"] == "floor"
    assert not out.passed
    assert scored(found(*ALL, *rows), adjustment=2.0, gross_ratio=0.0).passed


def test_copies_of_one_mistake_are_one_place() -> None:
    rows = [("place", "fail", "a", 1)] * 9
    out = scored(pa.concat_tables([found(*ALL), found(*rows, mistake="origin")]), gross_ratio=0.0)
    assert out.units[0]["B"] == 1
    assert out.units[0]["points"] < 100


def test_what_is_waived_takes_no_points() -> None:
    out = scored(pa.concat_tables([found(*ALL), found(("veto", "fail", "a", 1), waived="W1")]))
    assert (out.passed, out.points) == (True, 100.0)


def test_the_delivery_as_a_whole() -> None:
    rows = [("place", "fail", "", 1)] * 4
    out = scored(found(*ALL, *rows), gross_ratio=0.0)
    assert out.overview == {"A": 0, "B": 4, "C": 0, "D": 0}
    assert out.reasons == ("overview",)
    assert scored(found(*ALL, *rows[:3]), gross_ratio=0.0).passed


def test_gross_errors() -> None:
    out = scored(found(("place", "pass", "", 94), ("place", "fail", "a", 6)))
    assert out.reasons == ("r/place",)
    assert scored(found(("place", "pass", "", 95), ("place", "fail", "a", 5))).passed


def test_rules_without_a_defect_class_are_told() -> None:
    out = scored(found(*ALL, ("other", "fail", "a", 5), ("other", "fail", "b", 1)))
    assert (out.passed, out.unscored) == (True, 2)


def test_only_the_sample_counts() -> None:
    files = " ".join(f"f{n:02}" for n in range(30))
    bad = found(*ALL, *[("veto", "fail", f"f{n:02}", 1) for n in range(30)])
    assert scored(bad, files, sample=((20, 3), (40, 5))).judged == 5
    drawn = set(draw(files.split(), 5, "s"))
    outside = next(f for f in files.split() if f not in drawn)
    inside = sorted(drawn)[0]
    one = found(*ALL, ("veto", "fail", outside, 1))
    assert scored(one, files, sample=((20, 3), (40, 5))).passed
    other = found(*ALL, ("veto", "fail", inside, 1))
    assert not scored(other, files, sample=((20, 3), (40, 5))).passed
    assert {u["unit"] for u in scored(one, files, sample=((40, 5),)).units if u["judged"]} == drawn


def test_no_units() -> None:
    out = scored(found(*ALL), "")
    assert (out.passed, out.points, out.lot) == (True, 100.0, 0)


@given(st.sets(st.text(max_size=5), max_size=40), st.integers(0, 40), st.text(max_size=8))
def test_a_sample_does_not_depend_on_the_order(names: set[str], size: int, seed: str) -> None:
    drawn = draw(names, size, seed)
    assert drawn == draw(sorted(names, reverse=True), size, seed)
    assert len(drawn) == min(size, len(names))
    assert set(drawn) <= names
    # one name more changes one place at most
    assert len(set(drawn) - set(draw(names | {"one more"}, size, seed))) <= 1


def test_the_seed_follows_from_the_bytes() -> None:
    files = [{"path": "a", "sha256": "1"}, {"path": "b", "sha256": "2"}]
    assert seed_of(files, "s") == seed_of(reversed(files), "s")
    assert seed_of(files, "s") != seed_of(files, "t")
    assert seed_of(files, "s") != seed_of([files[0], {"path": "b", "sha256": "3"}], "s")


@pytest.mark.parametrize(("lot", "size"), [(0, 0), (2, 2), (20, 3), (21, 5), (1000, 5)])
def test_sizes_of_samples(lot: int, size: int) -> None:
    assert sample_size(lot, ((20, 3), (40, 5))) == size
