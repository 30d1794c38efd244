"""The CityGML loader, on models made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders import citygml
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.model import STAGED, Asset, Source

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"
 xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml"
 xmlns:gen="http://www.opengis.net/citygml/generics/2.0"
 xmlns:app="http://www.opengis.net/citygml/appearance/2.0">
<gml:boundedBy><gml:Envelope srsName="{srs}" srsDimension="3">
<gml:lowerCorner>0 0 0</gml:lowerCorner>
<gml:upperCorner>1 1 1</gml:upperCorner></gml:Envelope></gml:boundedBy>
"""


def ring(points: list[tuple[float, float, float]]) -> str:
    text = " ".join(str(v) for p in [*points, points[0]] for v in p)
    return (
        "<gml:Polygon><gml:exterior><gml:LinearRing>"
        f"<gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def square(x: float, y: float, z: float, w: float = 10.0) -> list[tuple[float, float, float]]:
    return [(x, y, z), (x + w, y, z), (x + w, y + w, z), (x, y + w, z)]


def surface(kind: str, polygon: str) -> str:
    return (
        f"<bldg:boundedBy><bldg:{kind}><bldg:lod2MultiSurface><gml:MultiSurface>"
        f"<gml:surfaceMember>{polygon}</gml:surfaceMember></gml:MultiSurface>"
        f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
    )


def building(key: str, inside: str, part: str = "") -> str:
    return (
        f'<core:cityObjectMember><bldg:Building gml:id="{key}"><gml:name>楼</gml:name>'
        "<gen:stringAttribute name='owner'><gen:value>局</gen:value></gen:stringAttribute>"
        f'<bldg:measuredHeight uom="m">6.0</bldg:measuredHeight>{inside}{part}'
        "</bldg:Building></core:cityObjectMember>\n"
    )


def write(folder: Path, members: str, srs: str = "EPSG:25832", name: str = "a.gml") -> Source:
    file = folder / name
    file.write_text(HEAD.format(srs=srs) + members + "</core:CityModel>\n", encoding="utf-8")
    return Source(path=name, file=file, size=file.stat().st_size, loader="citygml")


def load(
    given: Source,
) -> tuple[Asset, dict[str, dict[str, Any]], list[dict[str, Any]], list[str]]:
    options = ReadOptions()
    asset = citygml.probe(given, options)
    tables: dict[str, list[pa.Table]] = {"objects": [], "geometries": [], "relations": []}
    for name, table in citygml.read(given, asset, options):
        tables[name].append(table.cast(STAGED[name]))
    objects = [r for t in tables["objects"] for r in t.to_pylist()]
    geometries = [r for t in tables["geometries"] for r in t.to_pylist()]
    codes = [p.code for p in (*asset.problems, *options.problems)]
    return asset, {r["source_key"]: r for r in objects}, geometries, codes


def house(x: float = 691_000.0, y: float = 5_334_000.0) -> str:
    return surface("GroundSurface", ring(square(x, y, 500.0))) + surface(
        "RoofSurface", ring(square(x - 1, y - 1, 506.0, 12.0))
    )


def test_buildings_with_semantics_and_attributes(tmp_path: Path) -> None:
    asset, objects, geometries, codes = load(write(tmp_path, building("b1", house())))
    assert asset.counts["top_level"] == 1
    assert asset.format == "CityGML 2.0"
    assert (asset.crs, codes) == ("EPSG:25832", ["vertical-datum-unknown"])
    row = objects["b1"]
    assert (row["name"], row["source_class"]) == ("楼", "Building")
    assert row["area_m2"] == pytest.approx(100)  # the ground, not the eaves
    assert row["height"] == pytest.approx(6)
    assert json.loads(row["properties"])["attributes"] == {
        "owner": "局",
        "measuredHeight": 6.0,
        "measuredHeight_uom": "m",
    }
    (geometry,) = geometries
    said = json.loads(geometry["semantics"])
    kinds = [said["surfaces"][v]["type"] for v in said["values"]]
    assert kinds == ["GroundSurface", "RoofSurface"]
    assert geometry["lod"] == "2"


def test_parts_are_objects_of_their_own(tmp_path: Path) -> None:
    part = (
        '<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="p1">'
        f"{house()}</bldg:BuildingPart></bldg:consistsOfBuildingPart>"
    )
    asset, objects, _, _ = load(write(tmp_path, building("b1", "", part)))
    assert asset.counts == {"top_level": 1, "objects": 2}
    assert objects["p1"]["parent_key"] == "b1"
    assert objects["b1"]["area_m2"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("srs", "first", "second"),
    [
        ("http://www.opengis.net/def/crs/EPSG/0/6697", 35.0, 139.0),
        ("urn:ogc:def:crs:EPSG::4326", 35.0, 139.0),
    ],
)
def test_latitude_comes_first_where_the_authority_says_so(
    tmp_path: Path, srs: str, first: float, second: float
) -> None:
    inside = surface("GroundSurface", ring(square(first, second, 5.0, 0.001)))
    asset, objects, geometries, _ = load(write(tmp_path, building("b", inside), srs))
    box = shapely.bounds(shapely.from_wkb(objects["b"]["geometry"]))
    assert box == pytest.approx([139, 35, 139.001, 35.001], abs=1e-4)
    assert np.array(geometries[0]["vertices"]).reshape(-1, 3)[:, 0].min() == 139.0
    assert asset.bbox_wgs84 == pytest.approx(tuple(box))


def test_solid_and_german_crs_name(tmp_path: Path) -> None:
    x, y = 691_000.0, 5_334_000.0
    shell = "".join(
        f"<gml:surfaceMember>{ring(square(x, y, z))}</gml:surfaceMember>" for z in (0.0, 3.0)
    )
    inside = (
        "<bldg:lod1Solid><gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{shell}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod1Solid>"
    )
    given = write(tmp_path, building("b", inside), "urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH")
    asset, _, geometries, codes = load(given)
    assert (asset.crs, asset.vertical_datum, codes) == ("EPSG:5555", "EPSG:5783", [])
    assert (geometries[0]["geometry_type"], geometries[0]["lod"]) == ("Solid", "1")
    assert len(json.loads(geometries[0]["boundaries"])[0]) == 2


def test_bad_ring_is_told_with_its_line_and_the_rest_read(tmp_path: Path) -> None:
    bad = surface("WallSurface", ring([(691_000, 5_334_000, 0), (691_001, 5_334_000, 0)]))
    _, objects, _, codes = load(write(tmp_path, building("b", bad + house())))
    assert codes == ["vertical-datum-unknown", "ring-short"]
    assert objects["b"]["area_m2"] == pytest.approx(100)


def test_broken_xml_is_refused_with_its_line(tmp_path: Path) -> None:
    given = write(tmp_path, building("b", house()))
    given.file.write_text(given.file.read_text()[:-40])
    with pytest.raises(SourceUnreadable, match=r"line \d+"):
        citygml.probe(given, ReadOptions())


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    given = write(tmp_path, building("b", house()).replace("楼", "&x;"))
    doctype = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n<core:CityModel'
    given.file.write_text(given.file.read_text().replace("<core:CityModel", doctype, 1))
    _, objects, _, _ = load(given)
    assert "hidden" not in str(objects)


def test_textures_are_members(tmp_path: Path) -> None:
    uri = "<app:imageURI>appearance/roof.jpg</app:imageURI>"
    given = write(
        tmp_path, building("b", house()) + f"<app:appearanceMember>{uri}</app:appearanceMember>"
    )
    listing = {"udx/a.gml", "udx/appearance/roof.jpg", "udx/other.jpg"}
    assert citygml.siblings("udx/a.gml", listing, given.file) == {"udx/appearance/roof.jpg"}


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    def sure(start: bytes) -> int:
        return citygml.sniff(Head(tmp_path / "x", "x.gml", start))

    assert sure(HEAD.encode()) > 50
    assert sure(b"<gml:FeatureCollection>") == 0


def test_real_model_is_read_whole(shared_data: Path) -> None:
    folder = shared_data / "citymodel" / "opengeospatial-CityGML-3.0Encodings"
    file = folder / "53394517_bldg_6697_2_op_CityGML2.gml"
    asset, objects, _, _ = load(Source(path=file.name, file=file))
    tops = [r for r in objects.values() if r["parent_key"] is None]
    assert len(tops) == asset.counts["top_level"]
    assert asset.bbox_wgs84 is not None
    assert 139 < asset.bbox_wgs84[0] < 140
