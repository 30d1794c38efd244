"""The context package: what leaves the city, what stays, and that one version gives one package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from click.testing import CliRunner

import cimkit
from cimkit.catalog import Catalog, create
from cimkit.checks._context import open_context
from cimkit.errors import ContextError, ExportError, UsageError
from cimkit.exporters import export
from cimkit.model import LAKE

LON, LAT = 106.5, 29.57
HOUSE = shapely.box(LON, LAT, LON + 0.0002, LAT + 0.0002)
GRID = 'PROJCRS["our own grid",CONVERSION["x",PARAMETER["False easting",4711]]]'


def rows(table: str, given: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(given, schema=LAKE[table])


def thing(key: str, kind: str, shape: Any, **more: Any) -> dict[str, Any]:
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
    row = {"object_id": f"id-{key}", "dataset_id": "d", "item_id": f"item-{kind}", "kind": kind}
    row |= {"source_layer": kind, "source_key": key, "name": f"名 {key}", "access": "public"}
    shown = {"geometry": shapely.to_wkb(shape), "bbox": box, "content_hash": "0" * 32}
    return {**row, **shown, **more, "properties": json.dumps(more.get("properties", {}))}


def _insert(catalog: Catalog, tables: dict[str, list[dict[str, Any]]]) -> None:
    with catalog.connect(read_only=False) as con:
        for name, given in tables.items():
            con.register("given", rows(name, given))
            columns = [
                "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f.name
                for f in LAKE[name]
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(columns)} FROM given")


def _item(name: str, kind: str, **more: Any) -> dict[str, Any]:
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), HOUSE.bounds, strict=True))
    row = {"item_id": name, "dataset_id": "d", "path": f"{name}.x", "root": "r", "status": "ok"}
    shape = {"bbox": box, "geometry": shapely.to_wkb(HOUSE), "crs": "EPSG:4544"}
    return {
        **row,
        "kind": kind,
        "size": 3,
        "sha256": "ab" * 32,
        "access": "public",
        **shape,
        **more,
    }


def _code(number: int, of: str) -> dict[str, Any]:
    code = f"509912011700000{number}"
    return {"asset_code": code, "scope": "s", "class_code": "0117", "object_id": f"id-{of}"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    catalog = create(tmp_path_factory.mktemp("town") / "city", standard="city.linjiang")
    tables = {
        "datasets": [
            {"dataset_id": "d", "name": "everything", "owner": "office"},
            {"dataset_id": "s", "name": "hidden work", "access": "secret"},
        ],
        "items": [
            _item("item-gis", "gis"),
            _item("terrain", "raster", properties=json.dumps({"class": "dem"}), crs=GRID),
            _item("ortho", "raster", properties=json.dumps({"class": "orthophoto"})),
            _item("bunker", "pointcloud", access="secret"),
            _item("hut", "gis", dataset_id="s"),
        ],
        "objects": [
            thing(
                "house", "gis", HOUSE, class_code="5001", area_m2=400.0, properties={"a": "SECRET"}
            ),
            thing("pole", "gis", shapely.Point(LON + 0.5, LAT), class_code="0117"),
            thing("post", "gis", shapely.Point(LON, LAT), class_code="0117", access="internal"),
            thing("camp", "gis", HOUSE, class_code="5001", dataset_id="s", item_id="hut"),
            thing("old", "gis", shapely.Point(LON, LAT), class_code="0117"),
            thing("oldsecret", "gis", shapely.Point(LON, LAT), access="secret"),
        ],
        "codes": [
            *(_code(n, k) for n, k in enumerate(("pole", "post", "camp", "old", "oldsecret"), 1)),
            _code(7, "nobody"),
        ],
    }
    _insert(catalog, tables)
    with catalog.connect(read_only=False) as con:
        con.execute("DELETE FROM lake.objects WHERE object_id IN ('id-old', 'id-oldsecret')")
    return catalog


Read = Callable[..., dict[str, list[dict[str, Any]]]]


@pytest.fixture
def published(town: Catalog, tmp_path: Path) -> Read:
    def read(**options: Any) -> dict[str, list[dict[str, Any]]]:
        export(town, "context", tmp_path / "ctx", **options)
        return {f.stem: pq.read_table(f).to_pylist() for f in (tmp_path / "ctx").glob("*.parquet")}

    return read


def test_what_is_above_the_access_stays_and_is_counted(
    town: Catalog, tmp_path: Path, published: Read
) -> None:
    tables = published()
    assert [o["source_key"] for o in tables["objects"]] == ["house", "pole"]
    assert [d["name"] for d in tables["datasets"]] == ["everything"]
    assert [c["kind"] for c in tables["coverage"]] == ["raster", "raster"]
    assert [f["object_id"] for f in tables["footprints"]] == ["id-house"]
    said = json.loads((tmp_path / "ctx" / "context.json").read_text())
    assert said["withheld"] == {
        "codes": {"internal": 1, "secret": 3},
        "items": {"secret": 2},
        "objects": {"internal": 1, "secret": 1},
    }
    assert [o["source_key"] for o in published(access="internal")["objects"]][-1] == "post"
    assert len(published(access="secret")["codes"]) == 6


def test_codes_of_what_is_no_more_have_the_access_it_had(published: Read) -> None:
    codes = {c["asset_code"][-1]: c for c in published()["codes"]}
    assert sorted(codes) == ["1", "4"]
    assert codes["1"]["source_key"] == "pole"
    assert codes["4"]["object_id"] is None  # given once, never again


def test_nothing_secret_leaves(town: Catalog, tmp_path: Path, published: Read) -> None:
    tables = published(access="secret")
    text = json.dumps(tables, default=str) + (tmp_path / "ctx" / "context.json").read_text()
    for word in ("4711", "our own grid", "SECRET", "名 house", str(town.folder)):
        assert word not in text
    (dem,) = tables["dem"]
    assert (dem["path"], dem["crs"], dem["file"]) == ("terrain.x", None, None)
    assert published(dem="none")["dem"] == []


def test_one_version_gives_one_package(town: Catalog, tmp_path: Path) -> None:
    for name in ("a", "b.zip", "c.zip"):
        export(town, "context", tmp_path / name)
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()
    with open_context(tmp_path / "a") as a, open_context(tmp_path / "b.zip") as b:
        assert a.hash == b.hash
        assert a.standard == "city.linjiang@2026"
        standard = town.standard()
        assert standard is not None
        assert a.told(standard)["same_standard"]
    export(town, "context", tmp_path / "a", access="internal")  # an earlier one is replaced
    with open_context(tmp_path / "a") as c:
        assert c.hash != a.hash


def test_counts_are_by_district_where_areas_are_given(tmp_path: Path, published: Read) -> None:
    file = tmp_path / "districts.geojson"
    area = {
        "type": "Feature",
        "properties": {"名称": "老城"},
        "geometry": _json(HOUSE.buffer(0.01)),
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), "utf-8")
    tables = published(districts=file)
    found = {(c["class_code"], c["district"]): c["objects"] for c in tables["counts"]}
    assert found == {("5001", "老城"): 1, ("0117", None): 1}
    assert [d["name"] for d in tables["districts"]] == ["老城"]
    file.write_text(
        json.dumps({"type": "FeatureCollection", "features": [{**area, "properties": {}}]})
    )
    with pytest.raises(UsageError, match="without a name"):
        published(districts=file)


def _json(shape: Any) -> Any:
    return json.loads(shapely.to_geojson(shape))


def test_the_jurisdiction_is_that_of_the_standard_or_the_one_given(
    tmp_path: Path, published: Read
) -> None:
    assert shapely.from_wkb(published()["jurisdiction"][0]["geometry"]).area > 0
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps(_json(HOUSE)))
    (row,) = published(jurisdiction=file)["jurisdiction"]
    assert shapely.from_wkb(row["geometry"]).equals(HOUSE)
    assert row["division"] == "509912"


@pytest.mark.parametrize(
    "text",
    ["no json", '{"type": "Point", "coordinates": [1, 2]}', "[]", '{"features": [{}]}',
     '{"type":"Polygon","coordinates":[[[500000,30],[500001,30],[500001,31],[500000,30]]]}'],
)  # fmt: skip
def test_areas_that_are_none_are_refused(tmp_path: Path, published: Read, text: str) -> None:
    file = tmp_path / "area.geojson"
    file.write_text(text)
    with pytest.raises(UsageError):
        published(jurisdiction=file)


def test_other_things_are_not_overwritten(town: Catalog, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"my thesis")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").touch()
    for name in ("a.zip", "b"):
        with pytest.raises(ExportError, match="something else"):
            export(town, "context", tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == b"my thesis"
    with pytest.raises(UsageError, match="elevation"):
        export(town, "context", tmp_path / "c", dem="all")


def test_from_the_city_to_the_vendor_and_back(tmp_path: Path) -> None:
    """What was delivered is exported, and a poorer delivery of the same is held against it."""
    from cimkit_cli.main import cli

    def deliver(name: str, count: int, first: int = 1) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [LON + n / 10_000, LAT]},
                "properties": {"ObjID": f"5099120117{n:06}", "ObjName": f"pole {n}"},
            }
            for n in range(first, count + first)
        ]
        file = folder / "509912_fac_pole_20260901.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        sheet = folder / "delivery.toml"
        sheet.write_text('[[source]]\nglob = "*.geojson"\nkey_field = "ObjID"\ndataset = "poles"\n')
        return folder

    def run(*args: str) -> Any:
        return CliRunner().invoke(cli, args, catch_exceptions=False)

    first, lake = deliver("first", 30), str(tmp_path / "lake")
    assert run("init", lake, "--standard", "city.linjiang").exit_code == 0
    assert run("-C", lake, "ingest", str(first), "--sheet", f"{first}/delivery.toml").exit_code == 0
    told = run("-C", lake, "export", "context", str(tmp_path / "ctx.zip"))
    assert told.exit_code == 0
    assert "objects: 30" in told.output
    second = deliver("second", 20)
    verdict = cimkit.check(
        second,
        standard="city.linjiang",
        sheet=cimkit.read_sheet(second / "delivery.toml"),
        context=tmp_path / "ctx.zip",
    )
    rules = {r.rule: r for r in verdict.rules}
    assert rules["city.linjiang/former-there"].failed == 10
    assert rules["city.linjiang/count-agrees"].failed == 1
    assert rules["city.linjiang/code-free"].passed == 20  # they are the very same poles
    assert verdict.receipt["context_hash"] in told.output
    with pytest.raises(ContextError):
        cimkit.check(second, standard="city.linjiang", context=second)
