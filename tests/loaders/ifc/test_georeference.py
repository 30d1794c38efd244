"""Where IFC models stand, and what of it contradicts itself."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders import ifc, stage
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Declaration, Place, Problem, Sheet, SheetRow
from tests.loaders.ifc.building import E0, N0, Model, load, source, world


def probed(model: Model, folder: Path, declared: Declaration | None = None) -> Asset:
    return ifc.probe(model.write(folder), ReadOptions(declared or Declaration()))


def one(asset: Asset, code: str) -> Problem:
    found = [p for p in asset.problems if p.code == code]
    assert len(found) == 1, [p.code for p in asset.problems]
    return found[0]


@pytest.mark.keeps("IFC", "crs", "geometry")
def test_forty_models_are_placed_by_one_line_of_the_sheet(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "bim"
    folder.mkdir(parents=True)
    keys = {}
    for number in range(40):
        model = Model()
        wall = model.put("IfcWall", (number, 2.0, 0.0), Name=f"{number}")
        if number in (7, 11):  # says itself that it stands 100 m away: the sheet is obeyed
            model.convert(at=(E0, N0 + 100.0), degrees=30.0)
        model.write(folder, f"{number}.ifc")
        keys[f"bim/{number}.ifc"] = wall.GlobalId
    place = Place(easting=E0, northing=N0, height=12.5, rotation=30.0, scale=1.0001)
    said = Declaration(crs="EPSG:4544", place=place, vertical_datum="EPSG:5737")
    sheet = Sheet((SheetRow("bim/*.ifc", said),))
    done = list(stage([tmp_path / "in"], tmp_path / "staging", sheet=sheet, jobs=2))
    assert len(done) == 40
    import pyarrow.parquet as pq

    cos, sin = 1.0001 * math.cos(math.radians(30)), 1.0001 * math.sin(math.radians(30))
    for staged in done:
        asset = staged.asset
        assert (asset.crs, asset.crs_origin, asset.vertical_datum) == (
            "EPSG:4544",
            "sheet",
            "EPSG:5737",
        )
        number = float(asset.path.split("/")[1].removesuffix(".ifc"))
        contradicted = ["georeference-contradiction"] if number in (7, 11) else []
        assert [p.code for p in asset.problems] == contradicted
        assert all("distance 212." in p.got for p in asset.problems)  # 187.5 m of it in height
        assert staged.folder is not None
        tables = {
            n: pq.read_table(staged.folder / f"{n}.parquet") for n in ("shapes", "placements")
        }
        corners = world(tables, keys[asset.path])
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        x, y, z = number, 2.0, 1.5
        expected = [E0 + cos * x - sin * y, N0 + sin * x + cos * y, 12.5 + 1.0001 * z]
        assert middle == pytest.approx(expected, abs=1e-3)


@pytest.mark.keeps("IFC", "crs")
@pytest.mark.parametrize(
    ("name", "epsg"),
    [
        ("EPSG:28992", 28992),
        ("epsg 28992", 28992),
        ("28992", 28992),
        ("urn:ogc:def:crs:EPSG::28992", 28992),
        ("http://www.opengis.net/def/crs/EPSG/0/28992", 28992),
        ("Amersfoort / RD New", 28992),
        ("EPSG:28992 - Amersfoort / RD New", 28992),
        ("EPSG:7415", 7415),
        ("EPSG:28992+5709", 7415),
    ],
)
def test_names_of_systems_as_they_are_written(tmp_path: Path, name: str, epsg: int) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert(name, at=(155_000.0, 463_000.0))
    asset = probed(model, tmp_path)
    assert str(asset.crs).split("+")[0] == f"EPSG:{epsg}"
    assert asset.vertical_datum == (
        "EPSG:5709" if "7415" in name or "5709" in name else "EPSG:5737"
    )


@pytest.mark.keeps("IFC", "crs", "vertical")
def test_well_known_text_and_two_codes(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2")
    model.put("IfcWall", (0, 0, 0))
    model.convert("site grid")
    target = model.file.by_type("IfcProjectedCRS")[0]
    wkt = parse_crs("EPSG:4544").to_wkt()
    model.file.create_entity("IfcWellKnownText", wkt, target)
    assert probed(model, tmp_path).crs == "EPSG:4544"
    target.Name, target.VerticalDatum = "EPSG:4544 + EPSG:5737", None
    asset = probed(model, tmp_path)
    assert asset.vertical_datum == "EPSG:5737"


def test_an_unusable_name_is_proposed_from_what_else_is_said(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert("UTM32N", at=(500_000.0, 5_500_000.0))
    asset = probed(model, tmp_path)
    assert asset.crs is None
    assert one(asset, "crs-unknown").proposal == (("crs", "EPSG:32632"),)


@pytest.mark.keeps("IFC", "contradictions")
def test_two_statements_are_measured_against_each_other(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    model.convert(at=(E0 + 3.0, N0 + 4.0))
    asset = probed(model, tmp_path)
    found = one(asset, "georeference-contradiction")
    assert "5.00 m apart" in found.message or "distance 5.00" in found.got
    assert asset.properties["georeference"]["stated_by"].startswith("IfcMapConversion #")
    place = Place(easting=E0, northing=N0 + 100.0, height=200.0)
    told = probed(model, tmp_path, Declaration(crs="EPSG:4544", place=place))
    first = next(p for p in told.problems if p.code == "georeference-contradiction")
    assert first.severity == "info"
    assert "distance 100.0" in first.got


@pytest.mark.keeps("IFC", "contradictions")
@pytest.mark.parametrize(
    ("degrees", "north", "code"),
    [
        (0.0, (0.0, 1.0), False),
        (30.0, (0.0, 1.0), True),
        (30.0, (math.sin(math.radians(30)), math.cos(math.radians(30))), False),
        (30.0, (-math.sin(math.radians(30)), math.cos(math.radians(30))), True),
    ],
)
def test_true_north_against_the_rotation(
    tmp_path: Path, degrees: float, north: tuple[float, float], code: bool
) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert(degrees=degrees)
    model.context.TrueNorth = model.file.create_entity("IfcDirection", north)
    codes = {p.code for p in probed(model, tmp_path).problems}
    assert ("true-north-contradiction" in codes) is code


@pytest.mark.keeps("IFC", "contradictions", "crs")
def test_a_model_in_map_coordinates_is_told_and_proposed(tmp_path: Path) -> None:
    model = Model()
    for i in range(3):
        model.put("IfcWall", (E0 + i, N0, 200.0))
    lon, lat = to_crs84(np.array([[E0, N0]]), parse_crs("EPSG:4544"))[0]
    for name, value in (("RefLatitude", lat), ("RefLongitude", lon)):
        whole, rest = divmod(float(value), 1)
        minutes, seconds = divmod(rest * 60, 1)
        setattr(model.site, name, (int(whole), int(minutes), int(seconds * 60)))
    asset = probed(model, tmp_path)
    found = dict(one(asset, "coordinates-look-projected").proposal)
    assert asset.crs is None
    # Any system in which the site is there will do: CGCS2000 and Beijing 1954 differ by less.
    there = to_crs84(np.array([[E0, N0]]), parse_crs(found["crs"]))[0]
    assert there == pytest.approx([lon, lat], abs=0.01)
    assert found["place_easting"] == "0"
    place = Place(easting=0.0, northing=0.0, height=0.0)
    obeyed = probed(model, tmp_path, Declaration(crs="EPSG:4544", place=place))
    assert obeyed.bbox is not None
    assert obeyed.bbox[:2] == pytest.approx([E0, N0])
    assert "coordinates-look-projected" not in {p.code for p in obeyed.problems}


@pytest.mark.keeps("IFC", "crs")
def test_scaled_conversion_and_rigid_operation_of_ifc4x3(tmp_path: Path) -> None:
    def placed(kind: str, **more: Any) -> np.ndarray:
        model = Model("IFC4X3_ADD2", millimetres=False)
        wall = model.put("IfcWall", (10.0, 20.0, 0.0))
        crs = model.file.create_entity("IfcProjectedCRS", Name="EPSG:4544")
        model.file.create_entity(kind, SourceCRS=model.context, TargetCRS=crs, **more)
        _, tables, _ = load(model.write(tmp_path))
        corners = world(tables, wall.GlobalId)
        return np.asarray((corners.min(axis=0) + corners.max(axis=0)) / 2)

    scaled = placed(
        "IfcMapConversionScaled",
        Eastings=E0,
        Northings=N0,
        OrthogonalHeight=0.0,
        Scale=1.0,
        FactorX=1.01,
        FactorY=0.99,
        FactorZ=1.0,
    )
    assert scaled == pytest.approx([E0 + 10.1, N0 + 19.8, 1.5], abs=1e-3)
    make = Model("IFC4X3_ADD2").file.create_entity
    rigid = placed(
        "IfcRigidOperation",
        FirstCoordinate=make("IfcLengthMeasure", E0),
        SecondCoordinate=make("IfcLengthMeasure", N0),
        Height=7.0,
    )
    assert rigid == pytest.approx([E0 + 10, N0 + 20, 8.5], abs=1e-3)


def test_an_operation_in_degrees_is_told(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2")
    model.put("IfcWall", (0, 0, 0))
    make = model.file.create_entity
    angles = [make("IfcPlaneAngleMeasure", v) for v in (106.5, 29.5)]
    crs = make("IfcGeographicCRS", Name="EPSG:4326")
    make("IfcRigidOperation", model.context, crs, *angles, 0.0)
    asset = probed(model, tmp_path)
    told = one(asset, "georeference-unsupported")
    assert told.place.startswith("IfcRigidOperation #")
    assert told.got == "IfcGeographicCRS EPSG:4326: 106.5, 29.5"
    assert asset.crs is None


@pytest.mark.keeps("IFC", "vertical")
@pytest.mark.parametrize(("said", "datum"), [("EPSG:5737", "EPSG:5737"), ("Site 0", "Site 0")])
def test_heights_are_named_and_never_shifted(tmp_path: Path, said: str, datum: str) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0))
    model.convert()
    model.file.by_type("IfcProjectedCRS")[0].VerticalDatum = said
    asset, tables, _ = load(model.write(tmp_path))
    assert asset.vertical_datum == datum
    assert world(tables, wall.GlobalId)[:, 2].min() == pytest.approx(200.0)


def test_source_is_named_in_the_hint(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    asset = ifc.probe(source(model.write(tmp_path, "a b.ifc").file), ReadOptions())
    assert 'glob = "a b.ifc"' in one(asset, "georeference-missing").hint


@pytest.mark.keeps("IFC", "contradictions")
@pytest.mark.parametrize(
    ("latitude", "longitude", "seen"),
    [
        ((-33, 51, 30), (151, 12, 0), [151.2, -33.858333]),  # the sign at the degrees alone
        ((-33, -51, -30), (151, 12, 0), [151.2, -33.858333]),
        ((0, -30, 0), (0, 30, 0, 0), [0.5, -0.5]),
        ((0, 0, 0), (0, 0, 0), None),  # what programs write that know no place
    ],
)
def test_the_position_of_the_site_is_read_in_all_its_spellings(
    tmp_path: Path, latitude: Any, longitude: Any, seen: list[float] | None
) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    model.site.RefLatitude, model.site.RefLongitude = latitude, longitude
    asset = probed(model, tmp_path)
    site = asset.properties["georeference"].get("site")
    assert (site is None) is (seen is None)
    if seen is not None:
        assert [site["longitude"], site["latitude"]] == pytest.approx(seen, abs=1e-6)
    codes = {p.code for p in asset.problems}
    assert ("georeference-contradiction" in codes) is (seen is not None)


@pytest.mark.keeps("IFC", "crs")
@pytest.mark.parametrize(
    ("names", "said", "offset"),
    [
        ("ePSet_MapConversion ePset_ProjectedCRS", {}, (0.0, 0.0)),
        ("EPset_MapConversion EPset_ProjectedCRS", {"Eastings": "500000,25"}, (0.25, 0.0)),
        ("Pset_MapConversion Pset_ProjectedCRS", {"Northings": "3'272'000.5"}, (0.0, 0.5)),
        ("epset_mapconversion epset_projectedcrs", {"Eastings": "unknown"}, None),
        ("ePSet_MapConversion ePSet_ProjectedCRS", {"Northings": ""}, None),
    ],
)
def test_property_sets_of_ifc2x3_in_their_spellings(
    tmp_path: Path, names: str, said: dict[str, str], offset: tuple[float, float] | None
) -> None:
    model = Model("IFC2X3")
    wall = model.put("IfcWall", (1.0, 2.0, 0.0))
    values = {"Eastings": f"{E0}", "Northings": f"{N0}", "OrthogonalHeight": "7", "Scale": "0.001"}
    conversion, crs = names.split()
    model.pset(conversion, values | said, [model.site])
    model.pset(crs, {"Name": "EPSG:4544", "VerticalDatum": "EPSG:5737"}, [model.site])
    asset = probed(model, tmp_path)
    if offset is None:
        assert one(asset, "georeference-unsupported").place.startswith("ePSet_MapConversion #")
        assert asset.crs is None
    else:
        assert (asset.crs, asset.vertical_datum) == ("EPSG:4544", "EPSG:5737")
        assert asset.bbox is not None
        assert asset.bbox[:3] == pytest.approx((E0 + 1 + offset[0], N0 + 2 + offset[1], 7))
    assert wall.GlobalId


def test_a_conversion_without_eastings_places_nothing(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    source = model.write(tmp_path)
    text = source.file.read_text()
    assert ",5.E+05," in text
    source.file.write_text(text.replace(",5.E+05,", ",$,"))
    asset = ifc.probe(source, ReadOptions())
    assert one(asset, "georeference-unsupported").got == "no Eastings"
    assert asset.crs is None


@pytest.mark.parametrize("axis", [(0.0, 0.0), (None, 0.0), (None, None), (1.0, 0.0)])
def test_an_x_axis_without_direction_is_told(
    tmp_path: Path, axis: tuple[float | None, float | None]
) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    conversion = model.file.by_type("IfcMapConversion")[0]
    conversion.XAxisAbscissa, conversion.XAxisOrdinate = axis
    codes = [p.code for p in probed(model, tmp_path).problems]
    assert ("georeference-rotation" in codes) is (axis[0] != 1.0 and axis[1] is not None)


def test_a_world_coordinate_system_in_map_coordinates_is_proposed(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (1.0, 2.0, 0.0))
    model.context.WorldCoordinateSystem = model.axes(E0 * 1000, N0 * 1000, 5000.0)
    told = one(probed(model, tmp_path), "coordinates-look-projected")
    assert told.place.endswith("WorldCoordinateSystem")
    assert dict(told.proposal) == {
        "place_easting": "500000",
        "place_northing": "3272000",
        "place_height": "5",
        "place_rotation": "0",
    }


@pytest.mark.keeps("IFC", "contradictions", "crs")
@pytest.mark.parametrize("converted", [True, False])
def test_geometry_in_map_coordinates_about_placements_at_the_origin(
    tmp_path: Path, converted: bool
) -> None:
    model = Model(millimetres=False)
    make = model.file.create_entity
    rows = [[E0 + 10.0 * i, N0 + 5.0 * i, 200.0] for i in range(3)]
    line = make("IfcPolyline", [make("IfcCartesianPoint", r) for r in rows])
    shape = make("IfcShapeRepresentation", model.context, "FootPrint", "Curve3D", [line])
    model.put("IfcGeographicElement", (0, 0, 0), shape=shape)
    if converted:
        model.convert(at=(0.0, 0.0), scale=1.0)
    asset = probed(model, tmp_path)
    codes = [p.code for p in asset.problems]
    if converted:
        assert (asset.crs, codes) == ("EPSG:4544", [])
    else:
        assert dict(one(asset, "coordinates-look-projected").proposal)["place_easting"] == "0"
