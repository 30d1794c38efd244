"""Everything that an overlay says otherwise than its parents, undeclared, is told at once."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard import Place, load

Make = Callable[..., Path]

# The shape of a real list: a city goes on counting in the national numbers, for things of its own.
NATION = """code,parent,name_zh,name_ja,name_en,geometry
01,,公用设施,公共施設,Utilities,
0107,01,通讯井盖,通信マンホール,Telecom manhole cover,
0120,01,景观灯,景観照明,Landscape lamp,Point
0128,01,公交井盖,,Public-transport manhole cover,
0129,01,输油(气)井盖,,Oil or gas manhole cover,
0135,01,燃气调压站(箱),,Gas regulator,
"""
CITY = """change,code,parent,name_zh,geometry
rename,0107,01,电信井盖,
,0120,01,射灯,
,0128,01,输油（气）井盖,
,0129,01,园林井盖,
,0135,01,燃气调压站（箱）,
,0139,01,铁塔,
"""


def test_all_are_told_with_both_meanings_and_both_places(make: Make) -> None:
    make("nation", {"classes.csv": NATION})
    city = make("city", {"classes.csv": CITY}, ("nation@1",))
    with pytest.raises(StandardConflict) as caught:
        load(city)
    found = caught.value.conflicts
    assert [c.code for c in found] == ["0120", "0128", "0129"]
    assert (found[0].where, found[0].got) == ("city/classes.csv:3", "射灯")
    assert found[0].expected == "景观灯 / 景観照明 / Landscape lamp"
    assert (found[0].expected_by, found[0].expected_where) == ("nation@1", "nation/classes.csv:4")
    # The city counts a thing under another number than the nation: worth a hint.
    assert found[1].what.endswith("what it is here has code 0129 already")
    assert "already" not in found[0].what
    text = str(caught.value)
    assert text.startswith("3 conflicts")
    for shown in ("射灯", "景观灯", "nation/classes.csv:4", "园林井盖", "city/classes.csv:5"):
        assert shown in text
    assert text.count("rename (the same thing") == 1
    declared = CITY.replace("\n,012", "\nreplace,012")
    (city / "classes.csv").write_text(declared, "utf-8")
    assert load(city).by_code["0128"].name("zh") == "输油（气）井盖"


def test_a_long_list_is_counted(make: Make) -> None:
    rows = range(1, 41)
    make("base", {"classes.csv": "code,name_en\n" + "".join(f"{n:02},old {n}\n" for n in rows)})
    mine = "code,name_en\n" + "".join(f"{n:02},new {n}\n" for n in rows)
    with pytest.raises(StandardConflict) as caught:
        load(make("city", {"classes.csv": mine}, ("base@1",)))
    text = str(caught.value)
    assert len(caught.value.conflicts) == 40
    assert "'new 10' here, 'old 10'" in text
    assert "new 11" not in text
    assert "30 more" in text


def test_classes_lists_and_attributes_are_told_together(make: Make) -> None:
    head = "name,type,unit,obligation\n"
    make(
        "base",
        {
            "classes.csv": NATION,
            "domains/state.csv": "code,name_zh,name_en\n01,完好,intact\n02,破损,broken\n",
            "attributes.csv": head + "height,number,m,M\nstate,text,,O\n",
        },
    )
    city = make(
        "city",
        {
            "classes.csv": "change,code,name_zh,geometry\n,0120,,Polygon\n",
            "domains/state.csv": "code,name_zh\n01,丢失\n02,破损\n",
            "attributes.csv": head + "height,number,cm,M\nstate,integer,,M\n",
            # What stumbles over the conflicts does not hide them.
            "mapping/m.csv": "layer,class\nlamp,9999\n",
        },
        ("base@1",),
    )
    with pytest.raises(StandardConflict) as caught:
        load(city)
    assert [(c.code, c.where.rpartition("/")[2]) for c in caught.value.conflicts] == [
        ("0120", "classes.csv:2, column geometry"),
        ("01", "state.csv:2"),
        ("height", "attributes.csv:2, column unit"),
        ("state", "attributes.csv:3, column type"),
    ]
    assert caught.value.conflicts[1].expected == "完好 / intact"
    assert isinstance(caught.value.__cause__, StandardError)


def test_a_conflict_crosses_to_another_process_whole(make: Make) -> None:
    make("nation", {"classes.csv": NATION})
    with pytest.raises(StandardConflict) as caught:
        load(make("city", {"classes.csv": CITY}, ("nation@1",)))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is StandardConflict
    assert again.conflicts == caught.value.conflicts
    assert str(again) == str(caught.value)
    assert again.where == "city/classes.csv:3"


def test_a_place_in_a_workbook_crosses_as_text() -> None:
    place = Place("book.xlsx, classes!7", lambda column: f"book.xlsx, classes!{column}7")
    error = pickle.loads(pickle.dumps(StandardError("wrong", where=place)))
    assert str(error) == "book.xlsx, classes!7: wrong"
    assert pickle.loads(pickle.dumps(place)) == place


def test_a_code_that_was_retired_is_not_free(make: Make) -> None:
    make("nation", {"classes.csv": NATION})
    make("province", {"classes.csv": "change,code\nretire,0120\n"}, ("nation@1",))
    city = make("city", {"classes.csv": "change,code,name_zh\n,0120,景观灯\n"}, ("province@1",))
    with pytest.raises(StandardConflict, match="is retired"):
        load(city)
    (city / "classes.csv").write_text("change,code,name_zh\nadd,0120,射灯\n", "utf-8")
    with pytest.raises(StandardConflict, match="two meanings"):
        load(city)
    (city / "classes.csv").write_text("change,code,name_zh\nadd,0120,景观灯\n", "utf-8")
    lamp = load(city).by_code["0120"]
    assert (lamp.parent, lamp.geometry, lamp.changes) == ("01", ("Point",), ("retire", "add"))


def test_a_real_list_of_a_city(make: Make, shared_data: Path) -> None:
    with (shared_data.parent / "facts/component_local_variants.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["city"].startswith("Beijing")]
    lines = "".join(f"{r['code']},{r['parent']},{r['name_zh']}\n" for r in rows)
    city = make("city", {"classes.csv": "code,parent,name_zh\n" + lines}, ("cn.components@2007",))
    with pytest.raises(StandardConflict) as caught:
        load(city)
    said = {r["code"]: r["relation"] for r in rows}
    found = {c.code for c in caught.value.conflicts}
    assert {c for c in found if said[c] == "conflicts"} == {
        c for c, relation in said.items() if relation == "conflicts"
    }
    assert sum(said[c] == "conflicts" for c in found) == 19
    assert {said[c] for c in found} == {"conflicts", "renames"}
