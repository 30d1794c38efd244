"""Relations of a source become relations of objects."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import cimkit
from cimkit.loaders import Staged
from cimkit.model import STAGED, Asset, Declaration


def _staged(folder: Path) -> Staged:
    folder.mkdir()
    keys = ("wall", "opening", "door")
    objects = pa.Table.from_pylist(
        [
            {"source_key": k, "key_origin": "globalid", "kind": "bim", "content_hash": k, "name": k}
            for k in keys
        ],
        schema=STAGED["objects"],
    )
    relations = pa.Table.from_pylist(
        [
            {"source_key": "wall", "relation": "IfcRelVoidsElement", "other_key": "opening"},
            {"source_key": "opening", "relation": "IfcRelFillsElement", "other_key": "door"},
            {"source_key": "door", "relation": "IfcRelAssignsToGroup", "other_key": "not there"},
            {"source_key": "nobody", "relation": "IfcRelVoidsElement", "other_key": "wall"},
        ],
        schema=STAGED["relations"],
    )
    pq.write_table(objects, folder / "objects.parquet")
    pq.write_table(relations, folder / "relations.parquet")
    asset = Asset(path="a.ifc", kind="bim", format="IFC4", sha256=folder.name, loader="ifc")
    return Staged(asset, folder, False, Declaration())


def test_relations_name_objects_and_go_with_them(tmp_path: Path) -> None:
    from cimkit.catalog import ingest_staged

    city = cimkit.create(tmp_path / "city")
    ingest_staged(city, [_staged(tmp_path / "one")], root=tmp_path)
    asked = (
        "SELECT a.name AS name, relation, b.name AS other, other_key FROM relations "
        "JOIN objects a USING (object_id) LEFT JOIN objects b ON b.object_id = other_id "
        "ORDER BY relation, name"
    )
    expected = [
        ("door", "IfcRelAssignsToGroup", None, "not there"),
        ("opening", "IfcRelFillsElement", "door", "door"),
        ("wall", "IfcRelVoidsElement", "opening", "opening"),
    ]
    rows = cimkit.query(city, asked).to_pylist()
    assert [tuple(r.values()) for r in rows] == expected
    ingest_staged(city, [_staged(tmp_path / "two")], root=tmp_path)
    rows = cimkit.query(city, asked).to_pylist()
    assert [tuple(r.values()) for r in rows] == expected
