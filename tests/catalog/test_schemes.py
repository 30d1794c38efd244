"""An object with a class in each of several schemes of one standard."""

from __future__ import annotations

import json
from pathlib import Path

from cimkit.catalog import create, ingest

HEAD = """id = "tables"
edition = "1"
titles.en = "Tables"
[[scheme]]
id = "t.14"
primary = true
[[scheme]]
id = "t.30"
"""


def test_classifications_of_all_schemes_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    (folder / "mapping").mkdir(parents=True)
    (folder / "standard.toml").write_text(HEAD)
    (folder / "classes.csv").write_text(
        "scheme,code,parent,name_en\nt.14,01,,Structure\nt.14,0101,01,Column\n"
        "t.30,01,,Concrete\nt.30,0101,01,Ready-mixed\n"
    )
    (folder / "mapping/m.csv").write_text(
        "scheme,field,op,value,class\n,name,equals,column,0101\nt.30,name,equals,column,01\n"
    )
    (folder / "attributes.csv").write_text("class,name,type\n01,load,number\n")
    point = {"type": "Point", "coordinates": [106.5, 29.5]}
    features = [
        {"type": "Feature", "geometry": point, "properties": {"id": n, "name": name, "load": "7"}}
        for n, name in enumerate(("column", "chair"))
    ]
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    catalog = create(tmp_path / "lake", standard=str(folder))
    ingest(catalog, [data], jobs=1)
    with catalog.connect() as con:
        found = con.execute("SELECT scheme, class_code FROM classifications ORDER BY 1").fetchall()
        assert found == [("t.14", "0101"), ("t.30", "01")]
        classed = con.execute("SELECT class_code FROM objects WHERE name = 'column'").fetchall()
        assert classed == [("0101",)]
        for scheme in ("t.14", "t.30"):
            count = con.execute("SELECT count(*) FROM class_in(?, '01')", [scheme]).fetchone()
            assert count == (1,)
