"""CityJSON: what goes in comes out, and everything else of the catalogue has a place in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings

from cimkit.catalog import Catalog, create
from cimkit.checks.citymodel_cityjson.document import examine
from cimkit.checks.citymodel_cityjson.notes import Notes
from cimkit.errors import ExportError
from cimkit.exporters import export
from cimkit.loaders import cityjson
from cimkit.loaders._spec import ReadOptions
from cimkit.model import LAKE, Source
from tests.exporters.city_documents import documents, meaning, merged
from tests.exporters.conftest import at, thing

FACTS = ("class_code", "asset_code", "name", "level", "source", "object_id")
TABLES = ("objects", "geometries", "relations")


def fill(catalog: Catalog, document: dict[str, Any], folder: Path) -> None:
    """Put a document in the place of all that is in the catalogue, by way of its loader."""
    file = folder / "in.city.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    source = Source(path=file.name, file=file)
    asset = cityjson.probe(source, ReadOptions())
    staged: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for name, table in cityjson.read(source, asset, ReadOptions()):
        staged[name] += table.to_pylist()
    known = {row["source_key"] for row in staged["objects"]}

    def own(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"item_id": "i", "object_id": f"id-{row['source_key']}"}

    rows = {name: [own(row) for row in staged[name]] for name in TABLES}
    for row in rows["objects"]:
        row["parent_id"] = f"id-{row['parent_key']}" if row["parent_key"] in known else None
    for row in rows["relations"]:
        row["other_id"] = f"id-{row['other_key']}" if row["other_key"] in known else None
    rows["items"] = [
        {"item_id": "i", "path": asset.path, "root": "r", "crs": asset.crs, "kind": asset.kind,
         "loader": "cityjson-3", "properties": json.dumps(asset.properties)}
    ]  # fmt: skip
    with catalog.connect(read_only=False) as con:
        for name, found in rows.items():
            schema = LAKE[name]
            con.execute(f"DELETE FROM lake.{name}")
            table = pa.table({f.name: pa.array([r.get(f.name) for r in found], f.type)
                              for f in schema}, schema)  # fmt: skip
            con.register("given", table)
            columns = [
                "ST_GeomFromWKB(geometry) AS geometry" if c == "geometry" else c
                for c in schema.names
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(columns)} FROM given")
            con.unregister("given")


def wrong(file: Path) -> list[dict[str, Any]]:
    notes = Notes()
    examine(Source(path=file.name, file=file), notes)
    found: list[dict[str, Any]] = notes.table().to_pylist()
    return found


def without_facts(found: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """Take off what the catalogue added; nothing of the source may be missing under its name."""
    for key, body in found.items():
        own = source[key].get("attributes", {})
        for name in list(body["attributes"]):
            plain = name.removeprefix("catalogue_").removesuffix("_2")
            if name not in own and plain in FACTS:
                del body["attributes"][name]
    return found


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return create(tmp_path_factory.mktemp("round") / "city")


# A lake is written for each example: to shrink one would take minutes.
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(document=documents())
def test_round_trip(lake: Catalog, document: dict[str, Any]) -> None:
    folder = lake.folder
    fill(lake, document, folder)
    report = export(lake, "cityjson", folder / "out.city.json")
    written = json.loads((folder / "out.city.json").read_bytes())
    assert report.left_out == {}
    source = meaning(copy.deepcopy(document))
    assert without_facts(meaning(written), source) == source
    assert [w for w in wrong(folder / "out.city.json") if w["reason"] != "vertices-unused"] == []
    for name in ("extensions", "+census", "version"):
        assert written[name] == document[name]
    said = {k: v for k, v in written["metadata"].items() if k != "geographicalExtent"}
    assert said == document["metadata"]
    if "materials" in written.get("appearance", {}):
        assert written["appearance"]["default-theme-material"] == "夏"
    trees = [k for k in document["CityObjects"] if k.startswith("tree")]
    assert len(written.get("geometry-templates", {}).get("templates", ())) == bool(trees)

    export(lake, "cityjsonseq", folder / "out.city.jsonl")
    lines = [json.loads(line) for line in (folder / "out.city.jsonl").read_bytes().splitlines()]
    found: dict[str, Any] = {}
    for feature in merged(lines):
        assert feature["id"] in feature["CityObjects"]
        found |= meaning(feature)
    if "g" in source:
        members = found["g"]["attributes"].pop("group_members")
        found["g"]["children"] = sorted(m["key"] for m in members)
        found["g"]["children_roles"] = {m["key"]: m.get("role", "") for m in members}
    assert without_facts(found, source) == source
    assert [w for w in wrong(folder / "out.city.jsonl") if w["reason"] != "vertices-unused"] == []


def test_everything_of_the_catalogue(city: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "city.city.json"
    report = export(city, "cityjson", out, crs="EPSG:4544", access="secret")
    assert wrong(out) == []
    found = json.loads(out.read_bytes())
    assert found["metadata"]["referenceSystem"] == "https://www.opengis.net/def/crs/EPSG/0/4544"
    objects = found["CityObjects"]
    house = objects["id-house"]
    assert {(g["type"], g["lod"]) for g in house["geometry"]} == {
        ("Solid", "1"),
        ("MultiSurface", "0"),
    }
    low, high = house["geographicalExtent"][2], house["geographicalExtent"][5]
    assert (low, high) == (200.0, 230.0)
    assert house["attributes"]["asset_code"] == "5099125001000001"
    assert [g["type"] for g in objects["id-pipe"]["geometry"]] == ["MultiLineString"]
    assert len(objects["id-tree"]["geometry"][0]["boundaries"]) == 2
    wall = objects["wall"]
    assert wall["type"] == "GenericCityObject"  # nothing above it is a building
    assert [g["type"] for g in wall["geometry"]] == ["MultiSurface"]
    assert len(wall["geometry"][0]["boundaries"]) == 24
    colours = found["appearance"]["materials"]
    assert sorted(c.get("transparency", 0) for c in colours) == [0, 0.6]
    assert report.left_out == {
        "geometry collections": 1,
        "photographs are no city objects": 2,
        "rasters are no city objects": 1,
    }
    first = out.read_bytes()
    export(city, "cityjson", out, crs="EPSG:4544", access="secret")
    assert out.read_bytes() == first


def test_solids_of_blocks_close(city: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "yard.city.json"
    export(city, "cityjson", out, where="source_key = 'yard'")
    found = json.loads(out.read_bytes())
    body = found["CityObjects"]["id-yard"]
    solid = next(g for g in body["geometry"] if g["type"] == "Solid")
    edges = [
        edge
        for surface in solid["boundaries"][0]
        for ring in surface
        for edge in zip(ring, [*ring[1:], ring[0]], strict=True)
    ]
    assert len(set(edges)) == len(edges)
    assert {(b, a) for a, b in edges} == set(edges)


def test_only_a_level(city: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "tower.city.json"
    export(city, "cityjson", out, where="source_key = 'tower'", lod="2")
    tower = json.loads(out.read_bytes())["CityObjects"]["tower"]
    assert [(g["type"], g["lod"]) for g in tower["geometry"]] == [("Solid", "2")]


def test_degenerate_rings_are_counted(lake: Catalog) -> None:
    points = [[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0], [1, 1, 0], [1.0001, 1, 0], [1, 1.0002, 0]]
    document = {
        "type": "CityJSON", "version": "2.0", "vertices": points,
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4544"},
        "CityObjects": {"a": {"type": "Building", "geometry": [
            {"type": "MultiSurface", "lod": "2",
             "boundaries": [[[0, 1, 2, 3], [4, 5, 6]], [[4, 5, 6]]],
             "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [0, None]}}
        ]}},
    }  # fmt: skip
    fill(lake, document, lake.folder)
    report = export(lake, "cityjson", lake.folder / "rings.city.json")
    found = json.loads((lake.folder / "rings.city.json").read_bytes())
    shape = found["CityObjects"]["a"]["geometry"][0]
    assert len(shape["boundaries"]) == 1
    assert len(shape["boundaries"][0]) == 1
    assert shape["semantics"]["values"] == [0]
    assert report.left_out == {"rings that fall into a point or a line when rounded": 2}


def test_an_earlier_export_alone_gives_way(city: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "a.city.json"
    out.write_text('{"mine": 1}')
    with pytest.raises(ExportError, match="something else"):
        export(city, "cityjson", out)


def test_nothing_to_write(city: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no object"):
        export(city, "cityjson", tmp_path / "a.city.json", where="false")


def test_real_documents(lake: Catalog, shared_data: Path) -> None:
    files = sorted((shared_data / "citymodel").rglob("*.json"))
    counted = 0
    for file in files:
        document = json.loads(file.read_bytes())
        if document.get("type") != "CityJSON" or not document["CityObjects"]:
            continue
        fill(lake, document, lake.folder)
        report = export(lake, "cityjson", lake.folder / "real.city.json")
        written = json.loads((lake.folder / "real.city.json").read_bytes())
        assert written["CityObjects"].keys() == document["CityObjects"].keys(), file.name
        fallen = report.left_out.get("rings that fall into a point or a line when rounded", 0)
        assert abs(faces(document) - faces(written)) <= fallen, file.name
        assert wrong(lake.folder / "real.city.json") == [], file.name
        counted += 1
    assert counted > 5


def faces(document: dict[str, Any]) -> int:
    depth = {"MultiSurface": 1, "CompositeSurface": 1, "Solid": 2, "MultiSolid": 3}
    total = 0
    for body in document["CityObjects"].values():
        for own in body.get("geometry") or ():
            shape = own
            if own["type"] == "GeometryInstance":
                shape = document["geometry-templates"]["templates"][own["template"]]
            found = shape["boundaries"]
            for _ in range(depth.get(shape["type"], 3 if "Solid" in shape["type"] else 0) - 1):
                found = [face for part in found for face in part]
            total += len(found) if shape["type"] != "MultiPoint" else 0
    return total


def test_a_tin_in_a_collection_leaves_the_flat_geometry(
    make_city: Callable[..., Catalog], tmp_path: Path
) -> None:
    road = shapely.LineString([at(0, 0), at(9, 0)])
    tin = bytes.fromhex("011000000000000000")
    mixed = bytes.fromhex("010700000001000000") + tin
    own = {"object_id": "id-road", "item_id": "item-gis", "crs": "EPSG:4544", "wkb": mixed}
    city = make_city(thing("road", "gis", road), geometries=[own])
    out = tmp_path / "city.json"
    export(city, "cityjson", out)
    body = json.loads(out.read_text("utf-8"))["CityObjects"]["id-road"]
    assert [g["type"] for g in body["geometry"]] == ["MultiLineString"]
    assert export(city, "gltf", tmp_path / "city.glb").counts == {"GenericCityObject": 1}


def test_what_the_coordinate_system_does_not_reach_is_counted(
    make_city: Callable[..., Catalog], tmp_path: Path
) -> None:
    near = thing("near", "gis", shapely.Point(at(0, 0)))
    far = thing("far", "gis", shapely.Point(15.0, 0.0))
    out = tmp_path / "city.json"
    report = export(make_city(near, far), "cityjson", out, crs="EPSG:4544")
    found = json.loads(out.read_text("utf-8"))
    assert len(found["vertices"]) == 1
    assert "geometry" not in found["CityObjects"]["id-far"]
    assert report.left_out == {"geometries that the coordinate system does not reach": 1}
