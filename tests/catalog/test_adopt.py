from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cimkit.catalog import (
    Catalog,
    Decision,
    Diagnosis,
    adopt,
    create,
    decide,
    diff,
    doctor,
    explain,
    find,
    ingest_staged,
)
from cimkit.catalog import _config as config_file
from cimkit.errors import StandardNotFound, UsageError
from cimkit.model import STAGED, Declaration
from cimkit.standard import load

from .conftest import Feature, Stage, rows

CODE = """
[code]
segments = [{ name = "division", length = 6 }, { name = "major", length = 2 },
            { name = "minor", length = 2 }, { name = "sequence", length = 6 }]
fields = ["ObjID"]
[jurisdiction]
division = "110101"
"""
LEVELS = "code,name_en\nL1,a\nL2,b\n"
OLD = """code,parent,name_en,level
01,,Facilities,L1
0101,01,Cover,
0102,01,Lamp,
0103,01,Bin,
"""
NEW = """code,parent,name_en,level,replaces
01,,Facilities,L1,
0101,01,Cover,,
0104,01,Street lamp,L2,0102
0105,01,Bench,,
"""


def package(folder: Path, edition: str, classes: str, mapping: str, more: str = "") -> Path:
    folder.mkdir()
    head = f'id = "town"\nedition = "{edition}"\n[titles]\nen = "t"\n{more}{CODE}'
    for name, text in {
        "standard.toml": head,
        "classes.csv": classes,
        "levels.csv": LEVELS,
        "mapping/m.csv": "layer,class\n" + mapping,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return package(tmp_path / "old", "1", OLD, "cover,0101\nlamp,0102\nbin,0103\nframe,-\n")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return package(tmp_path / "new", "2", NEW, "cover,0101\nlamp,0104\nframe,-\nbench,0105\n")


@pytest.fixture
def town(tmp_path: Path, stage: Stage, old: Path) -> Catalog:
    town = create(tmp_path / "town", standard=str(old))
    deliver(town, stage)
    return town


def deliver(town: Catalog, stage: Stage) -> bool:
    layers = {
        layer: [Feature(f"{layer}{i}", 106.5 + i * 1e-4, 29.57) for i in range(n)]
        for layer, n in {"cover": 3, "lamp": 4, "bin": 2, "bench": 1, "frame": 1}.items()
    }
    one = stage("things.gpkg", layers=layers, declared=Declaration(dataset="things"))
    return ingest_staged(town, [one], root=Path("/in")).nothing_to_do


FACTS = "SELECT source_key, class_code, level, asset_code FROM objects ORDER BY 1"
REST = (
    "SELECT object_id, scheme, edition, class_code, rule FROM classifications ORDER BY ALL",
    "SELECT asset_code, object_id FROM codes ORDER BY ALL",
    "SELECT standard, scheme, code FROM classes ORDER BY ALL",
    "SELECT standard, hash FROM standards",
    "SELECT path, class_code, level FROM items",
)


def everything(folder: Path) -> list[object]:
    town = find(folder)
    said = town.standard()
    assert said is not None
    return [said.edition, *(rows(town, q) for q in (FACTS, *REST))]


def test_what_would_change_is_counted(town: Catalog, new: Path) -> None:
    before = everything(town.folder)
    said = adopt(town, new, dry_run=True)
    assert everything(town.folder) == before
    assert (said.before, said.standard, said.version) == ("town@1", "town@2", None)
    assert (said.objects, said.changed, said.lost, said.gained) == (11, 4, 2, 1)
    assert (said.levels, said.codes) == (7, 5)
    assert [tuple(m.values()) for m in said.moves] == [
        ("0102", "Lamp", "0104", "Street lamp", 4),
        ("0103", "Bin", None, None, 2),
        (None, None, "0105", "Bench", 1),
    ]
    assert {(m["from_level"], m["to_level"]): m["objects"] for m in said.level_moves} == {
        ("L1", "L2"): 4,
        ("L1", None): 2,
        (None, "L1"): 1,
    }
    text = said.to_text()
    assert "4 objects change class, 2 lose theirs, 1 get one; 7 change level; 5 new codes" in text
    assert "Dry run" in text


def test_it_is_written_as_it_was_said(town: Catalog, new: Path, stage: Stage) -> None:
    before = dict(r[::3] for r in rows(town, FACTS))
    said = adopt(town, new, author="Li", message="edition 2")
    town = find(town.folder)
    assert said.version == town.version()
    assert town.standard_id == str(new)
    assert (town.folder / "cimkit.toml").read_text().startswith("# A cimkit catalogue.")
    got = {r[0]: r[1:] for r in rows(town, FACTS)}
    assert got["cover0"] == ("0101", "L1", before["cover0"])
    assert got["lamp0"][:2] == ("0104", "L2")
    assert got["lamp0"][2].startswith("1101010104")
    assert got["bin0"] == got["frame0"] == (None, None, None)
    assert got["bench0"][:2] == ("0105", "L1")
    codes = {r[0] for r in rows(town, "SELECT asset_code FROM codes")}
    assert codes >= set(filter(None, before.values()))  # taken for ever
    assert rows(town, "SELECT DISTINCT edition FROM classifications") == [("2",)]
    assert rows(town, "SELECT DISTINCT standard FROM classes") == [("town@2",)]
    assert rows(town, "SELECT count(*) FROM objects") == [(11,)]
    # All is classed by it: the same bytes are nothing to do, and a second adoption changes nothing.
    assert deliver(town, stage)
    again = adopt(town, new, dry_run=True)
    assert (again.changed, again.lost, again.gained, again.levels, again.codes) == (0,) * 5
    # And back: each gets its former code again.
    adopt(town, new.parent / "old")
    assert dict(r[::3] for r in rows(find(town.folder), FACTS)) == before


def test_the_difference_of_versions_lists_it(town: Catalog, new: Path) -> None:
    before = town.version()
    said = adopt(town, new)
    assert said.version is not None
    table = diff(town, before, said.version).to_pylist()
    found = Counter((r["change"], r["what"], r["class_before"], r["class_code"]) for r in table)
    assert found == {
        ("reclassed", "both", "0102", "0104"): 4,
        ("reclassed", "both", "0103", None): 2,
        ("reclassed", "both", None, "0105"): 1,
    }


def test_decisions_are_kept_and_those_that_do_not_hold_are_listed(town: Catalog, new: Path) -> None:
    decide(town, [Decision("cover1", "0102", "a lamp"), Decision("bin1", "0101", "a cover")])
    said = adopt(town, new)
    assert [(d["class_code"], d["replaced_by"]) for d in said.idle_decisions] == [("0102", "0104")]
    assert "does not hold" in said.to_text()
    assert "0104 takes its place" in said.to_text()
    town = find(town.folder)
    got = {r[0]: r[1] for r in rows(town, FACTS)}
    assert (got["cover1"], got["bin1"]) == ("0101", "0101")
    assert rows(town, "SELECT count(*) FROM decisions") == [(2,)]
    (note,) = explain(town, "cover1").notes
    assert "does not hold: town@2 has no class 0102 in town, 0104 took its place" in note
    assert explain(town, "bin1").notes == []
    back = adopt(town, new.parent / "old")
    assert back.idle_decisions == []
    assert {r[0]: r[1] for r in rows(find(town.folder), FACTS)}["cover1"] == "0102"


def test_an_item_of_one_object_has_its_class(
    tmp_path: Path, stage: Stage, old: Path, new: Path
) -> None:
    town = create(tmp_path / "town", standard=str(old))
    ingest_staged(town, [stage("lamp.shp", [Feature("a", 106.5, 29.5)])], root=Path("/in"))
    adopt(town, new)
    assert rows(find(town.folder), "SELECT class_code, level FROM items") == [("0104", "L2")]


def test_a_first_standard(tmp_path: Path, catalog: Catalog, stage: Stage, new: Path) -> None:
    ingest_staged(catalog, [stage("lamp.shp", [Feature("a", 106.5, 29.5)])], root=Path("/in"))
    said = adopt(catalog, new)
    assert (said.before, said.gained) == (None, 1)
    catalog = find(catalog.folder)
    assert catalog.config.division == "110101"
    assert rows(catalog, FACTS) == [("a", "0104", "L2", "1101010104000001")]


def test_the_level_of_detail_of_geometries_in_the_lake(
    tmp_path: Path, stage: Stage, old: Path, new: Path
) -> None:
    import pyarrow as pa

    rules = "lod,level\n2,L2\n1,L1\n"
    (old / "level_rules.csv").write_text(rules)
    (new / "level_rules.csv").write_text(rules.replace("L2", "L1"))
    town = create(tmp_path / "town", standard=str(old))
    geometries = [
        {"source_layer": "lamp", "source_key": key, "lod": lod}
        for key, lod in (("a", "1"), ("a", "2.1"), ("a", "0"), ("b", "1"), ("b", None))
    ]
    tables = {"geometries": pa.Table.from_pylist(geometries, schema=STAGED["geometries"])}
    features = [Feature("a", 106.5, 29.5), Feature("b", 106.6, 29.5), Feature("c", 106.7, 29.5)]
    one = stage("lamp.shp", features, tables=tables)
    report = ingest_staged(town, [one], root=Path("/in"))
    assert report.levelled == 3
    assert [r[2] for r in rows(town, FACTS)] == ["L2", "L1", "L1"]  # c: of its class
    assert adopt(town, new, dry_run=True).level_moves == [
        {"from_level": "L1", "to_level": "L2", "objects": 1},
        {"from_level": "L2", "to_level": "L1", "objects": 1},
    ]


def test_a_standard_that_is_not_there_changes_nothing(town: Catalog, new: Path) -> None:
    before = everything(town.folder)
    with pytest.raises(StandardNotFound):
        adopt(town, "no.such@1")
    loaded = load(new)
    with pytest.raises(UsageError, match="by its id or path"):
        adopt(town, loaded)
    assert adopt(town, loaded, dry_run=True).changed == 4
    assert everything(town.folder) == before


_KILLED = """
import os, sys
from cimkit.catalog import _adopt, _config, find
moment, town = sys.argv[3], find(sys.argv[1])
def die(*args, **more):
    os.kill(os.getpid(), 9)
if moment == "before the settings":
    _config.write = die
elif moment == "before the commit":
    _adopt.commit_as = die
elif moment == "after the commit":
    _config.adopted = die
_adopt.adopt(town, sys.argv[2])
"""


@pytest.mark.parametrize(
    ("moment", "edition"),
    [("before the settings", "1"), ("before the commit", "1"), ("after the commit", "2")],
)
def test_killed_it_is_as_before_or_as_after(
    town: Catalog, new: Path, tmp_path: Path, moment: str, edition: str
) -> None:
    before = everything(town.folder)
    script = tmp_path / "run.py"
    script.write_text(_KILLED)
    done = subprocess.run([sys.executable, script, town.folder, new, moment], check=False)
    assert done.returncode == -9
    after = everything(town.folder)
    assert after[0] == edition
    assert (after == before) == (edition == "1")
    assert next(d for d in doctor(find(town.folder)) if d.name == "standard").ok
    adopt(find(town.folder), new)
    final = everything(town.folder)
    assert final[0] == "2"
    if edition == "2":
        assert final == after
    assert not (town.folder / config_file.NEXT).exists()


def test_settings_against_the_lake_are_noticed(town: Catalog, new: Path, old: Path) -> None:
    file = town.folder / "cimkit.toml"
    file.write_text(file.read_text().replace(str(old), str(new)))
    found = next(d for d in doctor(find(town.folder)) if d.name == "standard")
    assert not found.ok
    assert found.state == "cimkit.toml names town@2, the lake is classed by town@1"
    assert found.mend == f"cimkit adopt {new}"
    os.rename(old, old.parent / "away")
    assert adopt(find(town.folder), new).before == "town@1"  # the former one need not be there
    assert next(d for d in doctor(find(town.folder)) if d.name == "standard").ok


def test_a_standard_edited_in_place_is_noticed(town: Catalog, old: Path, stage: Stage) -> None:
    def seen() -> Diagnosis:
        return next(d for d in doctor(find(town.folder)) if d.name == "standard")

    file = old / "mapping/m.csv"
    file.write_text(file.read_text().replace("lamp,0102", "lamp,0103"))
    said = Declaration(dataset="late")
    late = stage("late.gpkg", layers={"lamp": [Feature("l", 106.7, 29.5)]}, declared=said)
    ingest_staged(find(town.folder), [late], root=Path("/in"))
    assert not seen().ok
    assert seen().state.startswith("town@1, but 11 objects came before its text was changed")
    assert seen().mend == f"cimkit adopt {old}"
    assert f"cimkit adopt {old} would give" in explain(find(town.folder), "lamp1").notes[0]
    assert adopt(find(town.folder), old).changed == 4
    assert seen().ok


def test_a_standard_that_is_gone_is_named_with_its_mend(town: Catalog, old: Path) -> None:
    os.rename(old, old.parent / "away")
    with pytest.raises(StandardNotFound, match="is not where it was") as error:
        find(town.folder).standard()
    assert error.value.where == f"{town.folder / 'cimkit.toml'}, standard"
    told = next(d for d in doctor(find(town.folder)) if d.name == "standard")
    assert not told.ok
    assert error.value.mend == told.mend
    assert told.mend not in told.state
    adopt(find(town.folder), old.parent / "away")
    assert find(town.folder).standard() is not None


def test_a_catalogue_opened_before_goes_with_the_new_standard(
    town: Catalog, new: Path, stage: Stage
) -> None:
    adopt(find(town.folder), new)
    late = stage("bench.shp", [Feature("late", 106.7, 29.5)])
    ingest_staged(town, [late], root=Path("/in"))
    assert rows(town, "SELECT class_code FROM objects WHERE source_key = 'late'") == [("0105",)]
    assert rows(town, "SELECT DISTINCT standard FROM classes") == [("town@2",)]
