"""A standard of three schemes, from the delivery to what a person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.catalog import (
    Catalog,
    Decision,
    adopt,
    create,
    decide,
    explain,
    find,
    ingest_staged,
    query,
    search,
    withdraw,
)
from cimkit.catalog._views import class_views

from .conftest import Feature, Stage, rows

HEAD = """id = "town"
edition = "1"
[titles]
en = "t"
[[scheme]]
id = "town"
primary = true
[[scheme]]
id = "elements"
[[scheme]]
id = "tasks"
"""
CLASSES = """scheme,code,parent,name_en
town,01,,Facilities
town,0101,01,Lamp
elements,14,,Elements
elements,14-10,14,Luminaire
elements,14-20,14,Bin
tasks,T,,Tasks
tasks,T1,T,Lighting
"""
MAPPING = """layer,scheme,class
lamp,,0101
lamp,elements,14-10
lamp,tasks,T1
bin,elements,14-20
frame,elements,-
"""


@pytest.fixture
def town(tmp_path: Path, stage: Stage) -> Catalog:
    folder = tmp_path / "town"
    (folder / "mapping").mkdir(parents=True)
    (folder / "standard.toml").write_text(HEAD)
    (folder / "classes.csv").write_text(CLASSES)
    (folder / "mapping" / "m.csv").write_text(MAPPING)
    town = create(tmp_path / "c", standard=str(folder))
    layers = {n: [Feature(n[0], 106.5, 29.5)] for n in ("lamp", "bin", "frame")}
    report = ingest_staged(town, [stage("x.gpkg", layers=layers)], root=Path("/in"))
    assert (report.classed, report.exempt) == (1, 0)
    assert [u["source_layer"] for u in report.unclassed] == ["bin", "frame"]
    return town


def classes(town: Catalog, key: str) -> list[tuple[str, str, str]]:
    return rows(
        town,
        "SELECT k.scheme, k.class_code, k.decided_by FROM classifications k "
        f"JOIN objects USING (object_id) WHERE source_key = '{key}' ORDER BY 1",
    )


def test_an_object_has_a_class_in_each(town: Catalog) -> None:
    assert classes(town, "l") == [
        ("elements", "14-10", "rule"),
        ("tasks", "T1", "rule"),
        ("town", "0101", "rule"),
    ]
    assert rows(town, "SELECT source_key, class_code FROM objects ORDER BY 1") == [
        ("b", None),
        ("f", None),
        ("l", "0101"),
    ]
    found = query(town, "SELECT count(*) AS n FROM class_in('elements', '14')")
    assert found["n"].to_pylist() == [2]
    # That no class is due in another scheme does not excuse it from one in the primary.
    unclassed = query(town, "SELECT source_layer FROM unclassed")
    assert unclassed["source_layer"].to_pylist() == ["bin", "frame"]


def test_a_decision_in_one_leaves_the_others(town: Catalog) -> None:
    decide(town, [Decision("l", "14-20", "it is a bin with a lamp", scheme="elements")])
    assert classes(town, "l") == [
        ("elements", "14-20", "person"),
        ("tasks", "T1", "rule"),
        ("town", "0101", "rule"),
    ]
    assert rows(town, "SELECT class_code FROM objects WHERE source_key = 'l'") == [("0101",)]
    decide(town, [Decision("l", "-", "no asset")])
    assert [c for c in classes(town, "l") if c[2] == "person"] == [
        ("elements", "14-20", "person"),
        ("town", None, "person"),
    ]
    said = explain(town, "l")
    assert [r["scheme"] for r in said.classifications] == ["elements", "tasks", "town"]
    assert said.classifications[0]["lineage"] == ["14 Elements", "14-20 Bin"]
    assert {c.scheme: c.class_code for c in said.candidates if not c.why} == {
        "elements": "14-10",
        "tasks": "T1",
        "town": "0101",
    }
    withdraw(town, ["l"], scheme="town")
    assert [c[0] for c in classes(town, "l") if c[2] == "person"] == ["elements"]


def test_they_are_moved_together(town: Catalog, tmp_path: Path) -> None:
    mapping = tmp_path / "town" / "mapping" / "m.csv"
    mapping.write_text(MAPPING.replace("tasks,T1", "tasks,T"))
    said = adopt(town, tmp_path / "town")
    assert (said.gained, said.changed) == (0, 0)
    town = find(town.folder)
    assert [c[:2] for c in classes(town, "l")] == [
        ("elements", "14-10"),
        ("tasks", "T"),
        ("town", "0101"),
    ]


def test_what_is_below_a_class_is_known_by_the_tree_not_by_the_code(
    tmp_path: Path, stage: Stage
) -> None:
    folder = tmp_path / "trees"
    (folder / "mapping").mkdir(parents=True)
    (folder / "standard.toml").write_text('id = "trees"\nedition = "1"\n[titles]\nen = "t"\n')
    (folder / "classes.csv").write_text(
        "code,parent,name_en\nBuilt,,Built\nWall,Built,Wall\nWallpaper,,Paper\n1,,One\n10,,Ten\n"
    )
    (folder / "mapping" / "m.csv").write_text("layer,class\nwall,Wall\npaper,Wallpaper\nten,10\n")
    (folder / "attributes.csv").write_text("class,name\nBuilt,thickness\n1,colour\nWall,kind\n")
    town = create(tmp_path / "c", standard=str(folder))
    layers = {n: [Feature(n, 106.5, 29.5)] for n in ("wall", "paper", "ten")}
    ingest_staged(town, [stage("x.gpkg", layers=layers)], root=Path("/in"))

    def found(code: str) -> list[str]:
        return sorted(search(town, class_code=code, objects=True)["source_key"].to_pylist())

    assert (found("Built"), found("Wall"), found("1"), found("10")) == (
        ["wall"],
        ["wall"],
        [],
        ["ten"],
    )
    assert search(town, class_code="Built").num_rows == 1
    with town.connect() as con:
        assert class_views(con) == [("class_1_one", "1"), ("class_Wall_wall", "Wall")]
        columns = [c[0] for c in con.execute("DESCRIBE class_Wall_wall").fetchall()]
        assert {"thickness", "kind"} <= set(columns)
        assert "colour" not in columns
