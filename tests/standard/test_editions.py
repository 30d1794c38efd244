"""Which edition governs on a day, and why."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardError, StandardNotFound, UsageError
from cimkit.standard import governing, load

Make = Callable[..., Path]

OLD = {"effective_from": "2020-01-01"}
NEW = {"effective_from": "2026-01-01"}


@pytest.fixture
def edition(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Write one edition of ``city`` where it is found by id."""
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))

    def write(
        number: str, accepts: str = "", until: str = "", id_: str = "city", **said: str
    ) -> Path:
        head = f'id = "{id_}"\nedition = "{number}"\ntitles.en = "x"\n'
        head += "".join(f'{k} = "{v}"\n' for k, v in said.items())
        if accepts:
            head += f'[transition]\nuntil = "{until}"\naccepts = ["{accepts}"]\n'
        return make(f"{id_}-{number}", {"standard.toml": head})

    return write


def test_the_edition_in_force_is_chosen(edition: Callable[..., Path]) -> None:
    edition("2020", **OLD)
    edition("2026", **NEW)
    edition("2030", effective_from="2030-01-01")
    for day, key in (
        ("2020-01-01", "city@2020"),
        ("2025-12-31", "city@2020"),
        ("2026-01-01", "city@2026"),
        (datetime.date(2031, 1, 1), "city@2030"),
        ("2026-05-01T09:30:00+08:00", "city@2026"),
    ):
        found = governing("city", day)
        assert (found.standard_key, found.warning, found.load) == (key, False, key)
    assert governing("city", "2026-05-01").reason == {
        "en": "city@2026 governs on 2026-05-01: in force from 2026-01-01",
        "zh": "2026-05-01 适用 city@2026：自 2026-01-01 起施行",
        "ja": "2026-05-01 には city@2026 を適用します：2026-01-01 施行",
    }
    assert load("city").edition == "2030"


def test_today_is_the_default(edition: Callable[..., Path]) -> None:
    edition("1", effective_from="2000-01-01")
    assert governing("city").date == datetime.date.today().isoformat()


def test_nothing_in_force_is_said(edition: Callable[..., Path]) -> None:
    edition("2020", effective_from="2020-01-01", effective_to="2021-12-31")
    early, late = governing("city", "2019-06-01"), governing("city", "2022-01-01")
    assert early.warning
    assert "the first, from 2020-01-01" in early.reason["en"]
    assert late.warning
    assert "the last, until 2021-12-31" in late.reason["en"]


def test_a_named_edition_is_taken_and_judged(edition: Callable[..., Path]) -> None:
    edition("2020", **OLD)
    edition("2026", **NEW)
    for key, day, warning, alternatives, reason in (
        ("city@2020", "2024-01-01", False, (), "governs on"),
        ("city@2020", "2026-03-01", True, ("city@2026",), "city@2026 is in force (since 2026-01"),
        ("city@2026", "2025-03-01", True, ("city@2020",), "comes into force on 2026-01-01 only"),
        ("city@2026", "2026-03-01", False, (), "governs on"),
    ):
        found = governing(key, day)
        assert found.standard_key == key
        assert (found.warning, found.alternatives) == (warning, alternatives)
        assert reason in found.reason["en"]
        assert {"en", "zh", "ja"} == found.reason.keys()


def test_a_transition_accepts_the_former_one_for_a_time(edition: Callable[..., Path]) -> None:
    edition("2020", **OLD)
    edition("2026", "city@2020", "2026-06-30", **NEW)
    assert governing("city", "2026-06-30").alternatives == ("city@2020",)
    assert governing("city", "2026-07-01").alternatives == ()
    found = governing("city@2020", "2026-06-30")
    assert found.warning
    assert "city@2026 accepts it until 2026-06-30" in found.reason["en"]
    assert found.alternatives == ("city@2026",)
    assert "does not accept it" in governing("city@2020", "2026-07-01").reason["en"]


def test_another_standard_may_accept_it(edition: Callable[..., Path]) -> None:
    edition("9", id_="old", effective_from="2010-01-01", effective_to="2025-12-31")
    edition("1", "old@9", "2026-12-31", **NEW)
    found = governing("old@9", "2026-03-01")
    assert (found.warning, found.alternatives) == (True, ("city@1",))
    assert "city@1 accepts it" in found.reason["en"]
    assert "only until 2025-12-31" in governing("old@9", "2027-03-01").reason["en"]


def test_two_in_force_at_once_are_told(edition: Callable[..., Path]) -> None:
    edition("2020", effective_from="2020-01-01", effective_to="2026-12-31")
    edition("2026", **NEW)
    assert governing("city", "2026-03-01").alternatives == ("city@2020",)
    found = governing("city@2020", "2026-03-01")
    assert (found.warning, found.alternatives) == (False, ("city@2026",))
    assert "city@2026 is in force on 2026-03-01, too" in found.reason["en"]


def test_without_dates_the_greatest_edition_governs(edition: Callable[..., Path]) -> None:
    for number in ("2.9", "2.10", "2.1"):
        edition(number)
    found = governing("city", "2026-01-01")
    assert (found.standard_key, found.warning) == ("city@2.10", False)
    assert "no dates" in found.reason["en"]
    assert load("city").edition == "2.10"
    # A later one without dates says nothing of when it takes the other's place.
    assert governing("city@2.9", "2026-01-01").warning


def test_a_path_or_a_loaded_standard_is_judged_as_named(
    edition: Callable[..., Path], tmp_path: Path
) -> None:
    edition("2026", **NEW)
    folder = edition("2020", **OLD)
    by_path = governing(str(folder), "2026-03-01")
    assert (by_path.load, by_path.standard_key) == (str(folder), "city@2020")
    assert by_path.warning
    loaded = governing(load(folder), "2026-03-01")
    assert (loaded.reason, loaded.warning) == (by_path.reason, True)
    assert governing("city+unverified", "2026-03-01").load == "city@2026+unverified"
    assert load(governing("city+unverified", "2026-03-01").load).unverified


def test_what_cannot_be(edition: Callable[..., Path]) -> None:
    edition("1")
    with pytest.raises(UsageError, match="no date"):
        governing("city", "soon")
    with pytest.raises(StandardNotFound, match="city@1"):
        governing("nobody")
    with pytest.raises(StandardNotFound, match="city@1"):
        governing("city@7")


@pytest.mark.parametrize(
    "line",
    [
        'effective_from = "2026"',
        'effective_to = "20260101"',
        "[transition]",
        '[transition]\nuntil = "2026-01-01"',
        '[transition]\nuntil = "soon"\naccepts = ["a@1"]',
        '[transition]\nuntil = "2026-01-01"\naccepts = ["a"]',
        '[transition]\nuntil = "2026-01-01"\naccepts = ["a@1"]\nmore = 1',
    ],
)
def test_dates_and_transitions_are_checked(make: Make, line: str) -> None:
    head = f'id = "p"\nedition = "1"\ntitles.en = "p"\n{line}\n'
    with pytest.raises(StandardError) as caught:
        load(make("p", {"standard.toml": head}))
    assert caught.value.where.startswith("p/standard.toml")


def test_an_edition_is_no_overlay_of_another_edition_of_itself(make: Make) -> None:
    make("city-1", {"standard.toml": 'id = "city"\nedition = "1"\ntitles.en = "x"\n'})
    head = 'id = "city"\nedition = "2"\ntitles.en = "x"\nextends = ["city@1"]\n'
    with pytest.raises(StandardError, match="cannot extend another edition of itself") as caught:
        load(make("city-2", {"standard.toml": head}))
    assert caught.value.got == "city@1"
    assert "Copy the package" in caught.value.mend
