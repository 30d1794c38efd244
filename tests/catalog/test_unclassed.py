from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.catalog import (
    Catalog,
    Decision,
    adopt,
    create,
    decide,
    doctor,
    find,
    ingest_staged,
    query,
    suggest,
    unclassed,
)
from cimkit.standard import load

from .conftest import Feature, Stage, rows


@pytest.fixture
def city(tmp_path: Path) -> Catalog:
    return create(tmp_path / "city", standard="cn.components", division="509912")


def put(city: Catalog, stage: Stage, path: str, **layers: int) -> dict[str, object]:
    made = {
        layer: [
            Feature(f"{layer}{i}", 106.5 + i * 1e-4, 29.57, {"种类": "榕", "n": i})
            for i in range(n)
        ]
        for layer, n in layers.items()
    }
    return ingest_staged(city, [stage(path, layers=made)], root=Path("/in")).to_json()


def test_what_to_map_next_comes_first(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a.gpkg", 古樹=3, street_lamp=9, zzz=5)
    found = unclassed(city).to_pylist()
    assert [(r["source_layer"], r["objects"], r["fields"]) for r in found] == [
        ("zzz", 5, ["n", "种类"]),
        ("古樹", 3, ["n", "种类"]),
    ]
    assert query(city, "FROM unclassed").to_pylist() == found
    assert suggest(load("cn.components"), city)[0].class_code == "0401"
    # By another standard, other things are unmapped.
    assert "street_lamp" in {p.layer for p in suggest(load("int.ifc"), city, least=0.3)}


def test_levels_are_counted(tmp_path: Path, stage: Stage) -> None:
    folder = tmp_path / "p"
    (folder / "mapping").mkdir(parents=True)
    for name, text in {
        "standard.toml": 'id = "p"\nedition = "1"\n[titles]\nen = "p"\n',
        "classes.csv": "code,name_en\n1,Lamp\n",
        "levels.csv": "code,name_en\nL1,a\n",
        "mapping/m.csv": "layer,class,level\nlamp,1,L1\nbin,1,\n",
        "level_rules.csv": "kind,source_class,level\n,tree,L1\n",
    }.items():
        (folder / name).write_text(text)
    city = create(tmp_path / "c", standard=str(folder))
    report = put(city, stage, "a.gpkg", lamp=2, bin=3, tree=4, rock=1)
    assert (report["levelled"], report["classed"]) == (6, 5)
    assert report["unlevelled"] == [
        {"kind": "gis", "source_class": "bin", "count": 3},
        {"kind": "gis", "source_class": "rock", "count": 1},
    ]
    levels = dict(rows(city, "SELECT source_layer, any_value(level) FROM objects GROUP BY ALL"))
    assert levels == {"lamp": "L1", "bin": None, "tree": "L1", "rock": None}
    # An object of which the level alone is known has no row among the classifications.
    assert rows(city, "SELECT count(*) FROM classifications") == [(5,)]


def test_a_lake_of_an_earlier_cimkit(city: Catalog, stage: Stage) -> None:
    put(city, stage, "a.gpkg", street_lamp=2, zzz=1)
    with city.connect(read_only=False) as con:
        con.execute("DROP TABLE lake.decisions")
        con.execute("DROP TABLE lake.standards")
    assert rows(city, "SELECT count(*) FROM decisions") == [(0,)]
    assert unclassed(city).num_rows == 1
    assert next(d for d in doctor(city) if d.name == "standard").ok
    assert adopt(city, "cn.components", dry_run=True).changed == 0
    decide(city, [Decision("street_lamp1", "0117", "a pole")])
    assert rows(city, "SELECT class_code FROM decisions") == [("0117",)]
    assert rows(city, "SELECT standard FROM standards") == [("cn.components@2007",)]
    # As it was then, too.
    early = find(city.folder)
    assert rows(early, "SELECT count(*) FROM decisions", version=2) == [(0,)]
