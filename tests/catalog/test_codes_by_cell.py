"""Codes with a grid cell and a check digit: given, kept, and never given again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cimkit.catalog import Catalog, create, ingest, ingest_staged

from .conftest import Feature, Stage, rows
from .test_codes import LAMP, POLE, SAID, codes, put

TOWN = """
id = "{id}"
edition = "1"
class_fields = ["class"]
[titles]
en = "Town"
[code]
class = ["kind"]
fields = ["ObjID"]
segments = [
  {{ name = "division", length = 6 }}, {{ text = "-" }}, {{ name = "kind", length = 4 }},
  {more} {{ name = "sequence", length = 4 }}, {{ name = "check", check = "{check}" }},
]
"""
CELL = '{ name = "cell", mesh = "jis-x-0410", level = 3 },'
DIVISION = "131016"
WEST, EAST = "53394525", "53394526"
ON_BORDER = 139.7


def town(tmp_path: Path, more: str = CELL, check: str = "luhn", id: str = "town") -> Path:
    folder = tmp_path / id
    folder.mkdir()
    (folder / "standard.toml").write_text(TOWN.format(id=id, more=more, check=check))
    (folder / "classes.csv").write_text(
        f"code,name_zh,name_en\n{LAMP},路灯,Street lamp\n{POLE},立杆,Pole\n"
    )
    return folder


@pytest.fixture
def meshed(tmp_path: Path) -> Catalog:
    """A catalogue whose codes hold a mesh of 1 km and a check digit."""
    return create(tmp_path / "meshed", standard=str(town(tmp_path)), division=DIVISION)


def code(city: Catalog, number: int, cell: str = WEST, kind: str = LAMP) -> str:
    standard = city.standard()
    assert standard is not None
    assert standard.grammar is not None
    return standard.grammar.format(DIVISION, kind, number, cell=cell)


def at(key: str, lon: float, lat: float = 35.685, kind: str = LAMP, **fields: str) -> Feature:
    return Feature(key, lon, lat, {"class": kind, **fields})


def test_numbers_run_within_division_class_and_cell(meshed: Catalog, stage: Stage) -> None:
    put(
        meshed,
        stage,
        at("a", 139.69),
        at("b", 139.705),
        at("c", 139.691),
        at("d", 139.692, kind=POLE),
        at("e", ON_BORDER),
    )
    given = codes(meshed)
    assert {given["a"], given["c"]} == {code(meshed, 1), code(meshed, 2)}
    assert {given["b"], given["e"]} == {code(meshed, 1, EAST), code(meshed, 2, EAST)}
    assert given["d"] == code(meshed, 1, kind=POLE)
    assert sorted(rows(meshed, "SELECT scope, class_code, count(*) FROM codes GROUP BY ALL")) == [
        (f"{DIVISION}/{WEST}", POLE, 1),
        (f"{DIVISION}/{WEST}", LAMP, 2),
        (f"{DIVISION}/{EAST}", LAMP, 2),
    ]


def test_a_moved_object_keeps_its_code_under_another_file_name(
    meshed: Catalog, stage: Stage
) -> None:
    put(meshed, stage, at("a", 139.69), at("b", 139.691), at("c", 139.692))
    first = codes(meshed)
    put(meshed, stage, at("c", 139.692), at("a", 139.71), at("b", 139.691), path="new.shp")
    assert codes(meshed) == first
    put(meshed, stage, at("d", 139.71), at("a", 139.71), path="third.shp")
    # The cell that a has moved to counts from one, and a's cell goes on after three.
    assert codes(meshed) == {"a": first["a"], "d": code(meshed, 1, EAST)}
    put(meshed, stage, at("e", 139.69), path="fourth.shp")
    assert codes(meshed) == {"e": code(meshed, 4)}


def test_a_code_is_not_given_again_after_another_class(meshed: Catalog, stage: Stage) -> None:
    put(meshed, stage, at("a", 139.69))
    put(meshed, stage, at("a", 139.69, kind=POLE), at("b", 139.69))
    assert codes(meshed) == {"a": code(meshed, 1, kind=POLE), "b": code(meshed, 2)}
    # Back in its class it is what it was.
    put(meshed, stage, at("a", 139.69), at("b", 139.69))
    assert codes(meshed) == {"a": code(meshed, 1), "b": code(meshed, 2)}


def test_a_delivered_code_is_kept_only_if_all_of_it_is_right(meshed: Catalog, stage: Stage) -> None:
    wrong_digit = code(meshed, 11)
    wrong_digit = wrong_digit[:-1] + str((int(wrong_digit[-1]) + 1) % 10)
    standard = meshed.standard()
    assert standard is not None
    assert standard.grammar is not None
    put(
        meshed,
        stage,
        at("right", 139.69, ObjID=code(meshed, 10)),
        at("digit", 139.69, ObjID=wrong_digit),
        at("cell", 139.69, ObjID=code(meshed, 12, EAST)),
        at("border", ON_BORDER - 1e-6, ObjID=code(meshed, 13, EAST)),
        at("class", 139.69, ObjID=code(meshed, 14, kind=POLE)),
        at("division", 139.69, ObjID=standard.grammar.format("131017", LAMP, 15, cell=WEST)),
        at("again", 139.69, ObjID=code(meshed, 10)),
    )
    given = codes(meshed)
    assert given["right"] == code(meshed, 10)
    assert given["border"] == code(meshed, 13, EAST)
    allocated = {given[k] for k in ("digit", "cell", "class", "division", "again")}
    assert allocated == {code(meshed, n) for n in range(1, 6)}
    # What somebody else has had is never kept, and ten is stepped over.
    put(meshed, stage, at("thief", 139.69, ObjID=code(meshed, 3)), path="x.shp")
    assert codes(meshed)["thief"] == code(meshed, 6)
    put(meshed, stage, *(at(f"n{n}", 139.69) for n in range(5)), path="y.shp")
    assert set(codes(meshed).values()) == {code(meshed, n) for n in (7, 8, 9, 11, 12)}


def test_a_failure_before_the_commit_uses_no_numbers(
    meshed: Catalog, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cimkit.catalog import _codes

    def fail(con: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_codes, "verify", fail)
        with pytest.raises(KeyboardInterrupt):
            put(meshed, stage, at("a", 139.69))
    assert rows(meshed, "SELECT * FROM codes") == []
    put(meshed, stage, at("b", 139.69), path="later.shp")
    assert codes(meshed) == {"b": code(meshed, 1)}


def geojson(file: Path, features: list[tuple[str, dict[str, Any] | None]]) -> None:
    file.parent.mkdir()
    listed = [
        {"type": "Feature", "properties": {"uuid": key, "class": LAMP}, "geometry": geometry}
        for key, geometry in features
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))


def test_areas_nowhere_and_abroad(meshed: Catalog, tmp_path: Path) -> None:
    # The point on the surface of this hook is in the western cell; its centre is in none of it.
    hook = [[139.69, 35.684], [139.712, 35.684], [139.712, 35.6842], [139.6902, 35.6842],
            [139.6902, 35.6908], [139.69, 35.6908], [139.69, 35.684]]  # fmt: skip
    features: list[tuple[str, dict[str, Any] | None]] = [
        ("a", {"type": "Polygon", "coordinates": [hook]}),
        ("b", None),
        ("c", {"type": "Point", "coordinates": [2.35, 48.85]}),
        ("d", {"type": "Point", "coordinates": [139.705, 35.685]}),
    ]
    geojson(tmp_path / "one" / "lamps.geojson", features)
    report = ingest(meshed, [tmp_path / "one"], jobs=1)
    given = codes(meshed)
    assert given == {"a": code(meshed, 1), "b": None, "c": None, "d": code(meshed, 1, EAST)}
    assert "1 objects have no place, so they got no identifier code." in report.notes
    assert "1 objects lie outside of the grid of the identifier codes." in report.notes
    # The same things in another order, in a file of another name, one of them moved.
    moved = {"type": "Point", "coordinates": [139.695, 35.685]}
    again = [("d", moved), *reversed(features[:3])]
    geojson(tmp_path / "two" / "20261101.geojson", again)
    ingest(meshed, [tmp_path / "two"], jobs=1)
    assert codes(meshed) == given


def test_segments_without_a_value_stop_the_allocation(tmp_path: Path, stage: Stage) -> None:
    free = '{ name = "vendor", length = 2 },'
    city = create(tmp_path / "city", standard=str(town(tmp_path, free)), division=DIVISION)
    one = stage("a.shp", [at("a", 139.69)], declared=SAID)
    report = ingest_staged(city, [one], root=Path("/in"))
    assert codes(city) == {"a": None}
    assert "No identifier codes were allocated: segment vendor has no default." in report.notes


def test_the_numbers_of_a_cell_are_spent(tmp_path: Path, stage: Stage) -> None:
    folder = town(tmp_path)
    text = (folder / "standard.toml").read_text()
    short = text.replace('"sequence", length = 4', '"sequence", length = 1')
    (folder / "standard.toml").write_text(short)
    city = create(tmp_path / "city", standard=str(folder), division=DIVISION)
    many = [at(f"k{n}", 139.69) for n in range(11)]
    one = stage("a.shp", [*many, at("e", 139.71)], declared=SAID)
    report = ingest_staged(city, [one], root=Path("/in"))
    assert f"The numbers of class {LAMP} are spent: 2 objects got none." in report.notes
    given = [c for c in codes(city).values() if c]
    assert len(set(given)) == len(given) == 10


def test_numbers_go_on_when_the_grammar_counts_within_less(tmp_path: Path, stage: Stage) -> None:
    year = '{ name = "year", date = "yyyy" },'
    folder = town(tmp_path, year, "iso7064-mod37-2")
    city = create(tmp_path / "city", standard=str(folder), division=DIVISION)
    put(city, stage, at("a", 139.69), at("b", 139.69))
    text = (folder / "standard.toml").read_text()
    scoped = '"sequence", length = 4, scope = ["division", "year"]'
    (folder / "standard.toml").write_text(text.replace('"sequence", length = 4', scoped))
    put(city, stage, at("c", 139.69, kind=POLE), at("d", 139.69), path="next.shp")
    numbers = sorted(rows(city, "SELECT sequence FROM codes"))
    assert numbers == [(1,), (2,), (3,), (4,)]
