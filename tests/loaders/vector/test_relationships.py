"""Relationships that databases declare, as relations between rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest

from cimkit.loaders.vector import ogr
from cimkit.loaders.vector.container import describe_geodatabase

from .made import Rows, frame, properties, read, write


def pairs(rows: Rows) -> set[tuple[str, ...]]:
    return {tuple(r.values()) for r in rows["relations"]}


def definition(name: str, destination: str, keys: dict[str, str]) -> str:
    said = "".join(
        f"<RelationshipClassKey><ObjectKeyName>{field}</ObjectKeyName>"
        f"<KeyRole>esriRelKeyRole{role}</KeyRole></RelationshipClassKey>"
        for role, field in keys.items()
    )
    return (
        f"<DERelationshipClassInfo><Name>{name}</Name><OriginClassNames><Name>roads</Name>"
        f"</OriginClassNames><DestinationClassNames><Name>{destination}</Name>"
        f"</DestinationClassNames><OriginClassKeys>{said}</OriginClassKeys>"
        "</DERelationshipClassInfo>"
    )


@pytest.mark.keeps("File geodatabase", "relations")
def test_relationship_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GDAL writes no relationship classes by itself: their definitions are given here."""
    file = tmp_path / "a.gdb"
    write(file, frame(code=["r1", "r2", "r3"]), layer="roads", driver="OpenFileGDB")
    lamps = frame(code=["l1", "l2", "l3"], road=["r2", "r9", None], of=np.array([3, 3, 1], "int32"))
    between = pd.DataFrame({"from_id": ["r1", "r2", "r9"], "to_id": ["l3", "l3", "l1"]})
    for layer, data in (("lamps", lamps), ("crossing", between)):
        pyogrio.write_dataframe(data, file, layer=layer, driver="OpenFileGDB", append=True)
    primary = {"OriginPrimary": "code"}
    told = [
        definition("lit", "lamps", {**primary, "OriginForeign": "road"}),
        definition("by", "lamps", {"OriginPrimary": "OBJECTID", "OriginForeign": "of"}),
        definition(
            "crossing",
            "lamps",
            {
                **primary,
                "OriginForeign": "from_id",
                "DestinationPrimary": "code",
                "DestinationForeign": "to_id",
            },
        ),
        definition("gone", "nowhere", primary),
    ]
    monkeypatch.setattr(ogr, "describe_geodatabase", lambda _: describe_geodatabase(told))
    asset, rows = read(file)
    assert len(asset.properties["relationships"]) == 4
    assert pairs(rows) == {
        ("roads", "r2", "lit", "lamps", "l1"),
        ("roads", "r3", "by", "lamps", "l1"),
        ("roads", "r3", "by", "lamps", "l2"),
        ("roads", "r1", "by", "lamps", "l3"),
        ("roads", "r1", "crossing", "lamps", "l3"),
        ("roads", "r2", "crossing", "lamps", "l3"),
    }
    assert properties(rows)[0] == {"code": "r1"}


@pytest.mark.keeps("GeoPackage", "relations")
def test_related_tables(tmp_path: Path) -> None:
    file = write(tmp_path / "a.gpkg", frame(code=["r1", "r2", "r3"]), layer="roads")
    pyogrio.write_dataframe(frame(code=["p1", "p2", "p3"]), file, layer="photos", append=True)
    with sqlite3.connect(file) as con:
        con.executescript(
            """CREATE TABLE gpkgext_relations (id INTEGER, base_table_name TEXT,
            base_primary_column TEXT, related_table_name TEXT, related_primary_column TEXT,
            relation_name TEXT, mapping_table_name TEXT);
            INSERT INTO gpkgext_relations VALUES
            (1,'roads','fid','photos','fid','media','seen'),
            (2,'roads','fid','photos','fid','other','gone');
            CREATE TABLE seen (base_id INTEGER, related_id INTEGER);
            INSERT INTO seen VALUES (1, 3), (2, 3), (3, NULL), (3, 9);"""
        )
    con.close()
    _, rows = read(file)
    assert pairs(rows) == {
        ("roads", "r1", "media", "photos", "p3"),
        ("roads", "r2", "media", "photos", "p3"),
    }
